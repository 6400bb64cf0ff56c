"""Cases of Schemathesis as requests of ours: what is fixed, what is varied, and what the two schemas draw."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from contracts.fuzz import Round
from contracts.fuzz.generation import Generation
from contracts.fuzz.schema import loaded, request_of
from contracts.fuzz.strategies import breaking, fitting, slugs_of_nobody
from contracts.http.credential import WRITE_TOKEN
from contracts.http.request import CUSTOMER, OPERATION, Request
from contracts.rules.body import read
from contracts.rules.document import load
from contracts.rules.operation import PATH
from contracts.rules.oracle import predict
from contracts.vendor.model import Vendor
from tests.suite.samples import DOCUMENTS
from tests.suite.served import serving
from tests.suite.suite_run import run_suite

OURS = {"headers": {"Authorization": f"Bearer {WRITE_TOKEN}"}, "path_parameters": {"customerSlug": CUSTOMER}}
CONTRACTS = pytest.mark.parametrize("contract", ["docs", "v1"])


@cache
def drawn(contract: str, mode: GenerationMode) -> list[Request]:
    """Requests that are drawn for a contract, of those that fit its schema or of those that break it."""
    document = DOCUMENTS[contract]
    schema = loaded(document, breaking=mode is GenerationMode.NEGATIVE)
    requests: list[Request] = []

    @Round(0, 200, Generation(seed=1)).settings_and_seed
    @given(schema[PATH][OPERATION].as_strategy(generation_mode=mode, **OURS))
    def explore(case: Case[Any]) -> None:
        requests.append(request_of(case))

    explore()
    return requests


def case(**changes: Any) -> Case[Any]:
    """A case of the operation, as Schemathesis makes one of the parts that are given."""
    parts = {"body": {"name": "x"}, "media_type": "application/json", "path_parameters": {"customerSlug": "0"}}
    return loaded(DOCUMENTS["docs"], breaking=False)[PATH][OPERATION].Case(**parts | changes)


@pytest.mark.parametrize(
    ("schema", "broken_by"),
    [
        ({"type": "object", "maxProperties": 5}, 6),
        ({"type": "object", "maxProperties": 10**9}, None),
        ({"type": "string", "maxLength": 300}, 301),
        ({"type": "string", "maxLength": 2**31 - 1}, None),
    ],
    ids=["few-members", "any-number-of-members", "short", "of-any-length"],
)
def test_a_limit_is_broken_where_a_request_can_break_it(schema: dict[str, Any], broken_by: int | None) -> None:
    """A member that a release limits is drawn just past its limit, unless that is past what a request can hold."""
    content = json.loads(json.dumps(DOCUMENTS["docs"].content))
    schemas = content["paths"][PATH]["put"]["requestBody"]["content"]["application/json"]
    schemas["schema"] = {"type": "object", "properties": {"limited": schema}}
    sizes: list[int] = []

    @Round(0, 300, Generation(seed=1)).settings_and_seed
    @given(st.one_of(*breaking(load("limited", content))))
    def explore(body: Any) -> None:
        limited = body.get("limited") if isinstance(body, dict) else None
        sizes.extend([len(limited)] if isinstance(limited, str if schema["type"] == "string" else dict) else [])

    explore()

    assert (broken_by in sizes) is (broken_by is not None)
    assert max(sizes, default=0) < 1000


@pytest.mark.parametrize(("contract", "least"), [("docs", 1.0), ("v1", 0.4)])
def test_what_fits_the_schema_is_accepted(contract: str, least: float) -> None:
    """What is drawn to fit the schema has to be accepted, or may be; in v1 only where what is said in prose lets it."""
    requests = drawn(contract, GenerationMode.POSITIVE)

    predictions = [predict(request.addressed("acme"), DOCUMENTS[contract], {"acme"}) for request in requests]

    assert len([said for said in predictions if 204 in said.allowed]) >= least * len(predictions)
    assert not [
        request.body for request, said in zip(requests, predictions, strict=True) if not said.allowed & {204, 422}
    ]


@CONTRACTS
def test_our_own_bodies_that_fit_do_fit(contract: str) -> None:
    """Each body that we draw ourselves to fit is taken by the release, by its schema and by its prose."""
    document = DOCUMENTS[contract]
    wrong: list[Any] = []

    @Round(0, 200, Generation(seed=1)).settings_and_seed
    @given(fitting(document))
    def explore(body: Any) -> None:
        if any(document.request_mismatches(body, "acme")):
            wrong.append(body)

    explore()

    assert wrong == []


@pytest.mark.parametrize(
    ("contract", "share"),
    [
        pytest.param("docs", 1.0, id="docs"),
        # Of a body that is wrong in a read-only member alone a server may ignore that member.
        pytest.param("v1", 0.8, id="v1"),
    ],
)
def test_what_breaks_the_schema_breaks_it_in_the_body(contract: str, share: float) -> None:
    """Whatever is drawn to break the schema keeps slug and credential as they are, and breaks the body."""
    requests = drawn(contract, GenerationMode.NEGATIVE)

    allowed = [predict(request.addressed("acme"), DOCUMENTS[contract], {"acme"}).allowed for request in requests]

    assert {request.path for request in requests} == {f"/customers/{CUSTOMER}"}
    assert {request.header("Authorization") for request in requests} == {f"Bearer {WRITE_TOKEN}"}
    assert {request.method for request in requests} == {"PUT"}
    assert len([statuses for statuses in allowed if 204 not in statuses]) >= share * len(requests)


@CONTRACTS
def test_every_settable_member_is_drawn(contract: str) -> None:
    """Bodies that fit have each member that an update stores, also left out, and also null where it may be."""
    document = DOCUMENTS[contract]
    bodies = [read(request.body).values[0] for request in drawn(contract, GenerationMode.POSITIVE)]

    for name in document.settable_members:
        assert any(isinstance(body.get(name), str) for body in bodies), name
        assert any(name not in body for body in bodies) is (name not in document.required_members), name
        assert any(name in body and body[name] is None for body in bodies) is (name in document.nullable_members), name


def test_ours_are_plugged_in_beside_those_of_schemathesis() -> None:
    """Bodies that break the schema have members whose names a lenient server may take for documented ones."""
    bodies = [read(request.body).values for request in drawn("docs", GenerationMode.NEGATIVE)]

    names = {name for values in bodies for value in values if isinstance(value, dict) for name in value}

    alike = {name for name in names if re.sub("[^a-z]", "", name.lower()) in ("name", "externalcustomerid")}
    assert alike - {"name", "externalCustomerId"}


def test_slugs_of_nobody_are_also_made_from_a_slug_of_ours() -> None:
    """Half of them have something around the slug of a customer of ours, and none of them is that slug."""
    found: list[str] = []

    @Round(0, 200, Generation(seed=1)).settings_and_seed
    @given(slugs_of_nobody())
    def explore(request: Request) -> None:
        found.append(request.addressed("acme").slug.decode())

    explore()

    assert "acme" not in found
    assert 50 < len([slug for slug in found if "acme" in slug]) < 150


def test_a_case_goes_to_a_customer_of_ours() -> None:
    """Whatever slug a case has, the request goes to the customer under test, by PUT, with the case's body."""
    request = request_of(case(path_parameters={"customerSlug": "somebody's"}, body={"name": "\u00e9"}))

    assert (request.method, request.path) == ("PUT", f"/customers/{CUSTOMER}")
    assert request.body == '{"name":"\u00e9"}'.encode()
    assert request.header("Content-Type") == "application/json"


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        pytest.param({}, [], id="absent-stays-absent"),
        pytest.param({"Authorization": "Bearer "}, [f"Bearer {WRITE_TOKEN}"], id="filler-is-ours"),
        pytest.param({"Authorization": "Bearer"}, [f"Bearer {WRITE_TOKEN}"], id="filler-without-a-space-is-ours"),
        pytest.param({"Authorization": f"Bearer {WRITE_TOKEN}"}, [f"Bearer {WRITE_TOKEN}"], id="ours-is-ours"),
        pytest.param({"Authorization": "Bearer x"}, ["Bearer x"], id="another-is-sent-as-it-is"),
        pytest.param({"Authorization": "Basic x"}, ["Basic x"], id="another-scheme-is-sent-as-it-is"),
    ],
)
def test_a_credential_of_a_case_is_sent_as_it_is_varied(headers: dict[str, str], sent: list[str]) -> None:
    """An absent credential stays absent, Schemathesis's filler stands for ours, and anything else is sent."""
    request = request_of(case(headers=headers))

    assert [value for name, value in request.headers if name.lower() == "authorization"] == sent


def test_other_headers_of_a_case_are_sent() -> None:
    """A header that a case varies is sent beside those that each request has, and the media type once."""
    request = request_of(case(headers={"X-Any": "1", "Authorization": "Bearer "}, media_type="application/json"))

    assert request.header("X-Any") == "1"
    names = [name.lower() for name, _ in request.headers]
    assert sorted(names) == ["accept", "authorization", "content-type", "x-any"]


@pytest.mark.parametrize("body", [None, [], 1, "x", {}, {"name": None}, {"name": "\ud800"}], ids=repr)
def test_a_body_of_any_kind_is_sent_as_json(body: Any) -> None:
    """A body that is no object is sent as the JSON that it is; a lone surrogate goes out as its three bytes."""
    sent = request_of(case(body=body)).body

    assert sent.decode("utf-8", "surrogatepass") == json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def test_nothing_but_updates_goes_to_the_operation(tmp_path: Path) -> None:
    """The examples and boundaries of the document are tried with PUT alone: a DELETE would remove the customer."""
    with serving(Vendor(DOCUMENTS["docs"])) as server:
        arguments = ("--base-url", server.url, "-k", "examples_and_boundaries")
        result = run_suite(*arguments, journal=tmp_path, file="test_generated_requests.py")

    assert result.returncode == 0, result.stdout
    assert {method for method, _ in server.calls} == {"PUT", "GET", "POST", "DELETE"}
    assert len([method for method, _ in server.calls if method == "PUT"]) > 20
    # Each customer is removed once, after everything else.
    removed = [path for method, path in server.calls if method == "DELETE"]
    assert len(removed) == len(set(removed))
    assert {method for method, _ in server.calls[-len(removed) :]} == {"DELETE"}
