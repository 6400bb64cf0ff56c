"""The catalogue of payloads is complete, unambiguous and safe to send; what it expects is what the oracle predicts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from contracts.customers.journal import NOBODY
from contracts.errors import WrongCall
from contracts.fuzz import payloads as catalogue
from contracts.fuzz.payloads import PAYLOADS, Payload, entry_of, expecting, payloads
from contracts.http.request import CUSTOMER, update
from contracts.options import OPTIONS, options_from
from contracts.rules.oracle import predict
from tests.suite.samples import DOCUMENTS

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
    "framing",
    "headers",
)
SEGMENT = re.compile(r"/customers/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
NOBODY_S = re.compile(rb"contract-test-nobody|[^A-Za-z0-9]*\Z")
BY_ID = {payload.id: payload for payload in payloads()}
SLUG = "contract-test-somebody"
# The least that an entry says.
LEAST = {"id": "plain", "why": "Plain.", "expect": 204}


def catalogue_of(folder: Path, monkeypatch: pytest.MonkeyPatch, *entries: dict[str, object]) -> tuple[Payload, ...]:
    """The catalogue that holds just these entries."""
    path = folder / "payloads.yaml"
    content = {"families": [{"id": "family", "about": "", "requests": list(entries)}]}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
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
    assert len([payload for payload in payloads() if payload.family == family]) >= (
        3 if family in ("framing", "headers") else 5
    )


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

    assert [slug for slug in elsewhere if not NOBODY_S.match(slug)] == []


@pytest.mark.parametrize("own", ["acme", "acme-12", "42"])
def test_a_payload_to_a_given_customer_meets_no_other(own: str) -> None:
    """With `--customer` a payload that is made of the customer's slug is to that customer, or its slug is no slug."""
    asked = {payload.request.addressed(own).slug for payload in payloads() if payload.request.is_template}

    assert {slug for slug in asked if re.fullmatch(rb"[a-z0-9][a-z0-9-]{0,98}[a-z0-9]", slug)} == {own.encode()}


def test_every_name_has_its_twin_as_external_id() -> None:
    """What the names are chosen for is tried in the other text too."""
    names = {json.loads(payload.request.body)["name"] for payload in payloads() if payload.family == "names"}
    twins = [json.loads(payload.request.body) for payload in payloads() if payload.family == "external-ids"]

    assert {twin["externalCustomerId"] for twin in twins} == names
    assert {twin["name"] for twin in twins} == {"Contract Test"}


def test_every_entry_says_which_statuses_may_answer() -> None:
    """An entry has the statuses that may answer, in ascending order, beside what is sent and why; 500 is never one."""
    content = yaml.safe_load(PAYLOADS.read_text(encoding="ascii"))
    entries = [entry for family in content["families"] for entry in family.get("requests", ())]
    given = [entry[field] for entry in entries for field in ("expect", "expect_v1") if field in entry]
    lists = [statuses for statuses in given if isinstance(statuses, list)]

    assert [entry["id"] for entry in entries if "expect" not in entry] == []
    assert [entry["id"] for entry in entries if entry.get("expect_v1") == entry["expect"]] == []
    assert [statuses for statuses in lists if statuses != sorted(set(statuses)) or len(statuses) < 2] == []
    assert {status for statuses in given for status in ([statuses] if isinstance(statuses, int) else statuses)} == {
        *(204, 400, 401, 403, 404, 413, 415, 422)
    }


@pytest.mark.parametrize("contract", ["docs", "v1"])
def test_what_a_payload_expects_is_what_the_oracle_predicts(contract: str) -> None:
    """The statuses written down by hand are those that the oracle works out: two sources, each checks the other."""
    expected = {payload: payload.expect_v1 if contract == "v1" else payload.expect for payload in payloads()}

    said = {payload: predict(payload.request.addressed(SLUG), DOCUMENTS[contract], {SLUG}) for payload in expected}

    assert [
        f"{payload.id}: payloads.yaml expects {sorted(statuses)}, the oracle allows {sorted(said[payload].allowed)}, "
        f"by {', '.join(reason.id for reason in said[payload].reasons)}"
        for payload, statuses in expected.items()
        if said[payload].allowed != statuses
    ] == []


def test_a_twin_expects_what_the_name_expects() -> None:
    """An external id takes any text that a name takes, so each twin has the statuses of the entry it is made from."""
    pairs = [
        (BY_ID[id_.removeprefix("external-id-of-")], BY_ID[id_]) for id_ in BY_ID if id_.startswith("external-id-of")
    ]

    assert len(pairs) > 50
    assert [twin.id for name, twin in pairs if (twin.expect, twin.expect_v1) != (name.expect, name.expect_v1)] == []


@pytest.mark.parametrize("statuses", [(204,), (400,), (401,), (404,), (422,), ()], ids=str)
def test_the_tables_of_the_tests_are_found_by_what_is_expected(statuses: tuple[int, ...]) -> None:
    """The payloads of a test are those that only its status may answer; without one, those left open."""
    found = expecting(*statuses)

    assert found
    assert {len(payload.expect) > 1 for payload in found} == {not statuses}
    assert {payload.expect for payload in found if statuses} <= {frozenset(statuses)}


def test_no_payload_is_left_out_of_the_tables() -> None:
    """Each payload is in the table of one test: by its one status, or among those left open."""
    single = [payload.id for status in (204, 400, 401, 404, 422) for payload in expecting(status)]

    assert sorted([*single, *(payload.id for payload in expecting())]) == sorted(BY_ID)


@pytest.mark.parametrize(
    ("id_", "docs", "v1"),
    [
        pytest.param("name-255-characters", {204}, {204}, id="valid"),
        pytest.param("domain-valid", {422}, {204}, id="later-member"),
        pytest.param("slug-other", {422}, {422}, id="renaming"),
        pytest.param("read-only-id", {422}, {204, 422}, id="read-only-member"),
    ],
)
def test_a_payload_speaks_of_both_releases(id_: str, docs: set[int], v1: set[int]) -> None:
    """The same payload may have another right answer in another release."""
    assert (BY_ID[id_].expect, BY_ID[id_].expect_v1) == (docs, v1)


@pytest.mark.parametrize(
    ("id_", "body"),
    [
        pytest.param("name-trailing-space", b'{"name":"Contract Test "}', id="json"),
        pytest.param("name-e-acute-composed", '{"name":"caf\u00e9"}'.encode(), id="json-beyond-ascii"),
        pytest.param("json-escaped-member-name", b'{"\\u006eame":"Contract Test"}', id="text"),
        pytest.param("format-binary", bytes([0, 1, 2, 3, 254, 255]), id="base64"),
        pytest.param("name-256-characters", b'{"name":"%s"}' % (b"a" * 256), id="repeat"),
        pytest.param("body-arrays-100-deep", b"[" * 100 + b"]" * 100, id="nest"),
        pytest.param("name-objects-100-deep", b'{"name":' * 101 + b'"x"' + b"}" * 101, id="nest-with-inside"),
    ],
)
def test_each_way_to_write_a_body_gives_its_exact_bytes(id_: str, body: bytes) -> None:
    """A body is sent exactly as its entry says."""
    assert BY_ID[id_].request.body == body


@pytest.mark.parametrize(
    ("entry", "body"),
    [
        pytest.param({"json": None}, b"null", id="json-null"),
        pytest.param({"json": {"b": "\u00e9", "a": [1, True]}}, '{"b":"\u00e9","a":[1,true]}'.encode(), id="json"),
        pytest.param({"text": ""}, b"", id="text-empty"),
        pytest.param({"text": '"\\u0041"'}, b'"\\u0041"', id="text-with-an-escape"),
        pytest.param({"base64": "AP8="}, b"\0\xff", id="base64"),
        pytest.param({"repeat": {"unit": "ab", "times": 2}}, b"abab", id="repeat"),
        pytest.param({"repeat": {"before": "<", "unit": "a", "times": 2, "after": ">"}}, b"<aa>", id="repeat-inside"),
        pytest.param({"nest": {"open": "[", "times": 2, "close": "]"}}, b"[[]]", id="nest"),
        pytest.param(
            {"nest": {"before": " ", "open": "[", "times": 1, "inside": "0", "close": "]", "after": ","}},
            b" [0],",
            id="nest-with-everything",
        ),
        pytest.param(
            {"members": {"before": "{", "prefix": "m", "times": 2, "after": "}"}},
            b'{"m0000":1,"m0001":1}',
            id="members",
        ),
        pytest.param({}, b'{"name":"plain"}', id="left-out"),
    ],
)
def test_an_entry_gives_the_bytes_that_it_says(
    entry: dict[str, object], body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way to write a body, and its parts, is as the head of the file describes it."""
    (found,) = catalogue_of(tmp_path, monkeypatch, LEAST | entry)

    assert found.request.body == body


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param({"json": 1, "text": "1", "expect": 422}, "more than one body", id="two-bodies"),
        pytest.param({"json": 1, "expect": 422, "expects": 422}, "unknown fields {'expects'}", id="unknown-field"),
        pytest.param({"json": 1, "expect": 422, "expect_v2": 204}, "unknown fields {'expect_v2'}", id="other-release"),
        pytest.param({"json": 1}, "no field expect", id="no-expect"),
        pytest.param({"json": 1, "expect_v1": 422}, "no field expect", id="expect-of-v1-alone"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused(
    entry: dict[str, object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry with two bodies, a field that nobody knows, or without its statuses, is named and not guessed at."""
    with pytest.raises(WrongCall, match=f"^payload 'odd' has .*{said}"):
        catalogue_of(tmp_path, monkeypatch, {"id": "odd", "why": "Odd."} | entry)


def test_an_id_that_is_taken_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two payloads under one id are refused."""
    with pytest.raises(WrongCall, match="'plain' is in family and family"):
        catalogue_of(tmp_path, monkeypatch, LEAST, LEAST | {"why": "Once more."})


def test_an_entry_may_leave_out_what_is_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out is a plain update of the customer under test, by someone who may; v1 answers as docs does."""
    (found,) = catalogue_of(tmp_path, monkeypatch, LEAST)

    assert found.request == update(CUSTOMER, b'{"name":"plain"}')
    assert found.expect == found.expect_v1 == {204}


@pytest.mark.parametrize(
    ("given", "statuses"), [(422, {422}), ([422], {422}), ([400, 422], {400, 422})], ids=["one", "list", "two"]
)
def test_statuses_are_one_or_a_list(
    given: object, statuses: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statuses that may answer are written as one number or as a list, for either release."""
    (found,) = catalogue_of(tmp_path, monkeypatch, LEAST | {"expect": given, "expect_v1": 204})

    assert (found.expect, found.expect_v1) == (statuses, {204})


def test_a_body_may_be_sent_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry may say how its body is framed; the body stays the same."""
    (found,) = catalogue_of(tmp_path, monkeypatch, LEAST | {"framing": "chunked"})

    assert found.request.header("Transfer-Encoding") == "chunked"
    assert found.request.body == b'{"name":"plain"}'


@pytest.mark.parametrize(
    "payload", [*payloads()[::9], BY_ID["framing-chunked-valid"], BY_ID["headers-of-others-valid"]], ids=str
)
def test_a_request_can_be_pasted_into_the_file(
    payload: Payload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a replay prints as an entry gives the same request and statuses when it is read again."""
    (entry,) = yaml.safe_load(entry_of("Some name.har", payload.request, min(payload.expect)))

    (found,) = catalogue_of(tmp_path, monkeypatch, entry)

    assert (found.request, found.expect) == (payload.request, payload.expect)
    assert (found.id, found.why) == ("replayed-some-name", "Recorded in Some name.har.")


STRANGERS = (
    *("acme", "%61cme", "%2561cme", "acme%2F", "%EF%BD%81", "a", "xcontract-test-1", "CUSTOMER"),
    *("acme%2Fx%2F..", "acme..", "acme%2F<CUSTOMER>", "acme;<CUSTOMER>", "<CUSTOMER_CUT>%20", "customers%2Facme"),
    *("contract-test-1%2F..%2Facme", "<CUSTOMER>%2F..%5Cacme", "<CUSTOMER>%252F..%252Facme", "<CUSTOMER_CUT>"),
)


@pytest.mark.parametrize("slug", STRANGERS)
def test_a_payload_for_a_stranger_s_customer_is_refused(
    slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slug that a customer may have which the suite did not make is refused in one line, before anything is sent."""
    with pytest.raises(WrongCall, match=f"^payload 'plain' has the slug '{re.escape(slug)}', .* give <CUSTOMER>, or "):
        catalogue_of(tmp_path, monkeypatch, LEAST | {"slug": slug})


@pytest.mark.parametrize("slug", STRANGERS)
@pytest.mark.parametrize(("status", "path"), [(204, CUSTOMER), (422, CUSTOMER), (None, CUSTOMER), (404, NOBODY)])
def test_a_recording_of_a_stranger_s_customer_becomes_an_entry_for_ours(
    slug: str, status: int | None, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went to a customer is printed for the customer under test, and what went to nobody for nobody."""
    (entry,) = yaml.safe_load(entry_of("theirs.har", update(slug, b'{"name":"x"}'), status))

    (found,) = catalogue_of(tmp_path, monkeypatch, entry)

    assert found.request == update(path, b'{"name":"x"}')
    assert found.expect == {404 if status == 404 else 204}


@pytest.mark.parametrize("content", ["families: [", "[]", "families: [{id: x, requests: [{id: y}, {why: z}]}]", "{}"])
def test_a_file_that_cannot_be_read_is_a_wrong_call(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is no YAML, or has not the members that it has to have, ends a run before its first test."""
    (tmp_path / "payloads.yaml").write_text(content)
    monkeypatch.setattr(catalogue, "PAYLOADS", tmp_path / "payloads.yaml")
    payloads.cache_clear()
    try:
        with pytest.raises(WrongCall, match=r"^pay.*[^\n]+$"):
            options_from({option.name: option.default for option in OPTIONS}, None, None, {})
    finally:
        payloads.cache_clear()
