"""The catalogue of payloads is complete, unambiguous and safe to send; the oracle knows what to say of each."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from contracts import payload as catalogue
from contracts.payload import PAYLOADS, Payload, allowed, payloads
from contracts.rules.document import load

FAMILIES = (
    "names",
    "external-ids",
    "valid-bodies",
    "wrong-types",
    "unknown-members",
    "read-only-members",
    "later-members",
    "other-json",
    "not-json",
    "doubtful-json",
    "deep-and-large",
    "media-types",
    "slugs",
    "credentials",
)
SEGMENT = re.compile(r"/customers/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
NOBODY = re.compile(rb"contract-test-nobody|[^A-Za-z0-9]*\Z")
BY_ID = {payload.id: payload for payload in payloads()}
SLUG = "contract-test-somebody"
DOCUMENTS = {name: load(name) for name in ("docs", "v1")}


def catalogue_of(folder: Path, monkeypatch: pytest.MonkeyPatch, *entries: dict[str, object]) -> tuple[Payload, ...]:
    """The catalogue that holds just these entries."""
    path = folder / "payloads.yaml"
    path.write_text(yaml.safe_dump({"families": [{"id": "family", "about": "", "requests": list(entries)}]}))
    monkeypatch.setattr(catalogue, "PAYLOADS", path)
    return payloads.__wrapped__()


def test_there_are_plenty_of_payloads() -> None:
    """The catalogue has at least 120 payloads, each under an id of its own, and none of the file's is lost."""
    entries = re.findall(r"^ +- id: \S+\n +why:", PAYLOADS.read_text(encoding="ascii"), re.MULTILINE)

    assert len(payloads()) >= 120
    twins = [payload for payload in payloads() if payload.family == "external-ids"]
    assert len(BY_ID) == len(payloads()) == len(entries) + len(twins)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_there(family: str) -> None:
    """Every kind of request that was asked for has several payloads."""
    assert len([payload for payload in payloads() if payload.family == family]) >= 5


def test_a_payload_is_named_in_words() -> None:
    """An id is ASCII words with hyphens, so that -k finds it."""
    assert [id_ for id_ in BY_ID if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", id_)] == []


def test_a_payload_has_a_reason() -> None:
    """Each payload says in one sentence why it is there."""
    assert [payload.id for payload in payloads() if not re.fullmatch(r"[A-Z0-9][^\n]+[^.]\.", payload.why)] == []


def test_a_payload_is_an_update_of_one_customer() -> None:
    """Each payload is a PUT to one non-empty path segment, validly encoded, that is no dot segment."""
    requests = [payload.request.addressed(SLUG) for payload in payloads()]

    assert {request.method for request in requests} == {"PUT"}
    assert [request.path for request in requests if not SEGMENT.fullmatch(request.path)] == []
    assert [request.path for request in requests if request.slug in (b"", b".", b"..")] == []


def test_a_payload_never_meets_somebody_else_s_customer() -> None:
    """A payload goes to the customer under test, or to a slug that can be nobody's."""
    elsewhere = {payload.request.slug for payload in payloads() if not payload.request.is_template}

    assert [slug for slug in elsewhere if not NOBODY.match(slug)] == []


def test_every_name_has_its_twin_as_external_id() -> None:
    """What the names are chosen for is tried in the other text too."""
    names = {json.loads(payload.request.body)["name"] for payload in payloads() if payload.family == "names"}
    twins = [json.loads(payload.request.body) for payload in payloads() if payload.family == "external-ids"]

    assert {twin["externalCustomerId"] for twin in twins} == names
    assert {twin["name"] for twin in twins} == {"Contract Test"}


def test_no_payload_says_how_it_must_be_answered() -> None:
    """An entry has fields for what is sent and why; which statuses may answer is the oracle's business alone."""
    content = yaml.safe_load(PAYLOADS.read_text(encoding="ascii"))
    fields = {field for family in content["families"] for entry in family.get("requests", ()) for field in entry}

    assert fields == {
        *("id", "why", "content_type", "authorization", "slug"),
        *("json", "text", "base64", "repeat", "nest"),
    }


@pytest.mark.parametrize("contract", ["docs", "v1"])
def test_the_oracle_predicts_every_payload(contract: str) -> None:
    """For each payload some documented or tolerated statuses may answer, and never a 500."""
    document = DOCUMENTS[contract]

    predicted = allowed(document)

    assert set(predicted) == set(payloads())
    assert [payload.id for payload, statuses in predicted.items() if not statuses] == []
    assert frozenset().union(*predicted.values()) == document.documented - {500} | document.tolerated


@pytest.mark.parametrize(
    ("id_", "docs", "v1"),
    [
        pytest.param("published-example", {204}, {204}, id="valid"),
        pytest.param("slug-upper-case", {404}, {404}, id="other-customer"),
        pytest.param("slug-unknown-name-missing", {404, 422}, {404, 422}, id="two-things-wrong"),
        pytest.param("domain-valid", {422}, {204}, id="later-member"),
        pytest.param("slug-other", {422}, {422}, id="renaming"),
        pytest.param("read-only-id", {422}, {204, 422}, id="read-only-member"),
        pytest.param("credential-none", {401}, {401}, id="no-credential"),
    ],
)
def test_a_payload_is_predicted_by_the_contract_of_the_run(id_: str, docs: set[int], v1: set[int]) -> None:
    """The same payload may have another right answer in another release."""
    payload = BY_ID[id_]

    assert payload.prediction(DOCUMENTS["docs"]).allowed == docs
    assert payload.prediction(DOCUMENTS["v1"]).allowed == v1


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 422])
def test_every_documented_status_has_payloads_of_its_own(contract: str, status: int) -> None:
    """Each documented status but 500 is the only right answer to some payloads."""
    alone = [payload.id for payload, statuses in allowed(DOCUMENTS[contract]).items() if statuses == {status}]

    assert alone


@pytest.mark.parametrize(
    ("id_", "body"),
    [
        pytest.param("name-only", b'{"name":"Contract Test"}', id="json"),
        pytest.param("name-e-acute-composed", '{"name":"caf\u00e9"}'.encode(), id="json-beyond-ascii"),
        pytest.param("body-null", b"null", id="json-null"),
        pytest.param("json-escaped-member-name", b'{"\\u006eame":"Contract Test"}', id="text"),
        pytest.param("empty-body", b"", id="text-empty"),
        pytest.param("format-binary", bytes([0, 1, 2, 3, 254, 255]), id="base64"),
        pytest.param("name-256-characters", b'{"name":"%s"}' % (b"a" * 256), id="repeat"),
        pytest.param("body-arrays-100-deep", b"[" * 100 + b"]" * 100, id="nest"),
        pytest.param("name-objects-100-deep", b'{"name":' * 101 + b'"x"' + b"}" * 101, id="nest-with-inside"),
        pytest.param("credential-none", b'{"name":"credential-none"}', id="left-out"),
    ],
)
def test_each_way_to_write_a_body_gives_its_exact_bytes(id_: str, body: bytes) -> None:
    """A body is sent exactly as its entry says."""
    assert BY_ID[id_].request.body == body


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param({"json": 1, "text": "1"}, "more than one body", id="two-bodies"),
        pytest.param({"json": 1, "expect": 422}, "unknown fields", id="unknown-field"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused(
    entry: dict[str, object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry with two bodies, or with a field that nobody knows, is named and not guessed at."""
    with pytest.raises(ValueError, match=f"'odd' has .*{said}"):
        catalogue_of(tmp_path, monkeypatch, {"id": "odd", "why": "Odd."} | entry)


def test_an_id_that_is_taken_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two payloads under one id are refused."""
    with pytest.raises(ValueError, match="'twice' is in family and family"):
        catalogue_of(tmp_path, monkeypatch, {"id": "twice", "why": "Once."}, {"id": "twice", "why": "Twice."})


def test_an_entry_may_leave_everything_out_but_id_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out is a plain update of the customer under test, by someone who may."""
    (found,) = catalogue_of(tmp_path, monkeypatch, {"id": "plain", "why": "Plain."})

    assert found.request == replace(BY_ID["name-only"].request, body=b'{"name":"plain"}')
