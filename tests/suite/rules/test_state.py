"""What is stored, judged by what was answered: accepted updates are stored whole, refused ones change nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import Request, update
from contracts.rules.judge import Circumstance, Verdict
from contracts.rules.oracle import Prediction, predict
from contracts.rules.state import HIDDEN, Stored, judge_other, judge_state, stored_in, unchanged, would_show
from tests.suite.samples import DOCUMENTS, answer, promise_ids

BEFORE = {"id": "1", "slug": "acme", "name": "Before", "externalCustomerId": "old", "updatedAt": "then"}
AFTER = BEFORE | {"name": "x", "externalCustomerId": None, "updatedAt": "now"}
UPDATE = b'{"name":"x"}'
READ = Exchange(Request("GET", "/customers/acme"), None)


def sent(body: bytes, status: int, contract: str = "docs") -> tuple[Prediction, Exchange]:
    """An update of acme and its answer."""
    request = update("acme", body)
    return predict(request, DOCUMENTS[contract], {"acme"}), Exchange(request, answer(status))


def judged(after: dict[str, Any], *updates: tuple[Prediction, Exchange], contract: str = "docs") -> Verdict:
    """The verdict on what these updates left behind."""
    return judge_state(updates, BEFORE, after, DOCUMENTS[contract])


@pytest.mark.parametrize(
    ("body", "after"),
    [
        pytest.param(UPDATE, AFTER, id="left-out-is-cleared"),
        pytest.param(b'{"name":"x","externalCustomerId":null}', AFTER, id="null-is-cleared"),
        pytest.param(b'{"name":"x","externalCustomerId":""}', AFTER | {"externalCustomerId": ""}, id="empty-is-stored"),
        pytest.param(b'{"name":" \xc3\xa9 "}', AFTER | {"name": " \u00e9 "}, id="exactly-as-sent"),
        pytest.param(b'{"name":"a\\u0000b"}', AFTER | {"name": "a\0b"}, id="nul-kept"),
        pytest.param(b'{"name":"a\xffb"}', AFTER | {"name": "a\ufffdb"}, id="bad-utf-8-repaired"),
        pytest.param(b'{"name":"a\\ud800b"}', AFTER | {"name": "a\ufffd\ufffd\ufffdb"}, id="surrogate-repaired"),
        pytest.param('{"name":"x"}'.encode("utf-16"), AFTER, id="as-decoded-from-utf-16"),
        pytest.param(b'\xef\xbb\xbf{"name":"x"}', AFTER, id="without-the-byte-order-mark"),
        pytest.param(b'{"name":"x","name":"y"}', AFTER, id="first-of-two-counts"),
        pytest.param(b'{"name":"x","name":"y"}', AFTER | {"name": "y"}, id="last-of-two-counts"),
        pytest.param(UPDATE, {key: AFTER[key] for key in ("id", "slug", "name")}, id="null-may-be-left-out-of-a-read"),
    ],
)
def test_what_an_accepted_update_may_store(body: bytes, after: dict[str, Any]) -> None:
    """A 204 stored exactly what was sent, or what a server may make of text that is no text."""
    assert judged(after, sent(body, 204)).violations == ()


@pytest.mark.parametrize(
    ("body", "changes", "promise"),
    [
        pytest.param(UPDATE, {"name": "Before"}, "update.stored", id="nothing-stored"),
        pytest.param(b'{"name":"a\\u0000b"}', {"name": "ab"}, "update.stored", id="nul-dropped"),
        pytest.param(b'{"name":"a\xffb"}', {"name": "ab"}, "update.stored", id="bad-utf-8-dropped"),
        pytest.param(UPDATE, {"name": "X"}, "update.stored", id="other-letter-case"),
        pytest.param(UPDATE, {"name": "x\ufffd"}, "update.stored", id="repaired-without-need"),
        pytest.param('{"name":"\u00e9"}'.encode("utf-16"), {"name": "\u00c3\u00a9"}, "update.stored", id="mojibake"),
        pytest.param(b'{"name":" x "}', {"name": "x"}, "update.stored", id="trimmed"),
        pytest.param('{"name":"\u00e9"}'.encode(), {"name": "e\u0301"}, "update.stored", id="normalised"),
        pytest.param(b'{"name":"x","externalCustomerId":""}', {}, "update.stored", id="empty-became-null"),
        pytest.param(b'{"name":"x","externalCustomerId":"new"}', {}, "update.stored", id="optional-not-stored"),
        pytest.param(UPDATE, {"externalCustomerId": "old"}, "update.cleared", id="left-out-is-kept"),
        pytest.param(
            b'{"name":"x","externalCustomerId":null}',
            {"externalCustomerId": "old"},
            "update.cleared",
            id="null-is-kept",
        ),
        pytest.param(UPDATE, {"externalCustomerId": ""}, "update.cleared", id="cleared-to-empty"),
        pytest.param(UPDATE, {"id": "2"}, "update.stored", id="another-id"),
        pytest.param(UPDATE, {"slug": "x"}, "update.stored", id="another-slug"),
    ],
)
def test_what_an_accepted_update_may_not_store(body: bytes, changes: dict[str, Any], promise: str) -> None:
    """Whatever else is stored after a 204 is found, under the promise for what is stored or for what is cleared."""
    assert promise_ids(judged(AFTER | changes, sent(body, 204))) == [promise]


def test_a_later_member_is_stored_too() -> None:
    """In v1 a domain is stored as sent, and is cleared when it is left out."""
    with_domain = sent(b'{"name":"x","domain":"a.b"}', 204, "v1")
    without = sent(UPDATE, 204, "v1")

    assert promise_ids(judged(AFTER | {"domain": "a.b"}, with_domain, contract="v1")) == []
    assert promise_ids(judged(AFTER, with_domain, contract="v1")) == ["update.stored"]
    assert promise_ids(judged(AFTER | {"domain": "a.b"}, without, contract="v1")) == ["update.cleared"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 414, 415, 422, 431])
def test_a_refused_update_changes_nothing(status: int) -> None:
    """After a refusal everything is as before, but for who looked after the customer and when."""
    refused = sent(UPDATE, status)

    assert promise_ids(judged(BEFORE | {"updatedAt": "now"}, refused)) == []
    assert promise_ids(judged(BEFORE | {"name": "x"}, refused)) == ["refused.unchanged"]
    assert promise_ids(judged(BEFORE | {"slug": "another"}, refused)) == ["refused.unchanged"]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param({"age": 1}, {"age": 2}, False, id="an-age"),
        pytest.param({}, {"status": "active"}, False, id="shown-since-a-deploy"),
        pytest.param({"foo": "a"}, {"foo": "bar"}, True, id="named-by-the-request"),
        pytest.param({}, {"foo": "bar"}, True, id="made-by-the-request"),
        pytest.param(
            {"createdAt": "2026-01-01T12:00:00.577403Z"},
            {"createdAt": "2026-01-01T12:00:00.577+00:00"},
            False,
            id="a-moment-in-two-ways",
        ),
        pytest.param(
            {"createdAt": "2026-01-01T12:00:00.577Z"}, {"createdAt": "2026-01-01T12:00:00.587Z"}, True, id="two-moments"
        ),
        pytest.param({"createdAt": "noon"}, {"createdAt": "midnight"}, True, id="no-moments"),
        pytest.param({"createdBy": {"id": "1"}}, {"createdBy": {"id": "1", "name": "A"}}, False, id="a-name-later"),
        pytest.param({"createdBy": {"id": "1"}}, {"createdBy": {"id": "2"}}, True, id="somebody-else"),
    ],
)
def test_what_changes_by_itself_was_not_changed(before: Stored, after: Stored, changed: bool) -> None:
    """Of what a read shows, the members of a customer count, and those that the refused request has named."""
    refused = [sent(b'{"name":"x","foo":"bar"}', 422)]

    verdict = judge_state(refused, BEFORE | before, BEFORE | after, DOCUMENTS["docs"])

    assert promise_ids(verdict) == (["refused.unchanged"] if changed else [])


def test_a_customer_that_is_gone_was_changed() -> None:
    """After a refusal the customer is still there."""
    assert "refused.unchanged" in promise_ids(judged({HIDDEN: "GET answered 404"}, sent(UPDATE, 422)))


def test_a_customer_that_cannot_be_read_was_not_stored() -> None:
    """After a 204 a read that shows no customer is found, with what came instead."""
    verdict = judged({HIDDEN: "GET answered 500 oops"}, sent(UPDATE, 204))

    assert set(promise_ids(verdict)) == {"update.stored"}
    assert all("GET answered 500" in violation.actual for violation in verdict.violations)


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        pytest.param(AFTER, [], id="the-first"),
        pytest.param(AFTER | {"name": "y", "externalCustomerId": "new"}, [], id="the-second"),
        pytest.param(AFTER | {"name": "y"}, ["update.stored"], id="a-mixture"),
        pytest.param(BEFORE, ["update.stored"], id="neither"),
        pytest.param(AFTER | {"name": "refused"}, ["update.stored"], id="the-one-that-was-refused"),
    ],
)
def test_of_several_updates_one_is_stored_whole(after: dict[str, Any], broken: list[str]) -> None:
    """After several updates in any order, what is stored is one of those that were accepted."""
    updates = [
        sent(UPDATE, 204),
        sent(b'{"name":"y","externalCustomerId":"new"}', 204),
        sent(b'{"name":"refused"}', 422),
    ]

    assert promise_ids(judged(after, *updates)) == broken


@pytest.mark.parametrize(
    ("body", "status", "tried"),
    [
        pytest.param(UPDATE, 204, {"update.stored", "update.cleared"}, id="something-to-clear"),
        pytest.param(b'{"name":"x","externalCustomerId":"y"}', 204, {"update.stored"}, id="nothing-to-clear"),
        pytest.param(UPDATE, 422, {"refused.unchanged"}, id="refused"),
    ],
)
def test_a_verdict_says_which_rules_were_put_to_the_test(body: bytes, status: int, tried: set[str]) -> None:
    """A promise that the update gave no occasion to break does not count as kept."""
    assert judged(AFTER, sent(body, status)).tried == tried


NOON = BEFORE | {"updatedAt": "2026-01-01T12:00:00.500Z"}


@pytest.mark.parametrize("status", [204, 422])
@pytest.mark.parametrize(
    ("shown", "back"),
    [
        pytest.param("2026-01-01T12:00:00Z", True, id="older"),
        pytest.param("2026-01-01T13:00:00+02:00", True, id="older-in-another-zone"),
        pytest.param("2026-01-01T12:00:00.500Z", False, id="the-same"),
        pytest.param("2026-01-01T12:00:01Z", False, id="newer"),
        pytest.param("2026-01-01T11:00:00", False, id="without-a-zone"),
        pytest.param("then", False, id="no-time"),
        pytest.param(None, False, id="none"),
    ],
)
def test_a_read_that_goes_back_in_time_is_no_fault_of_a_request(shown: str | None, back: bool, status: int) -> None:
    """A read that shows an older state than the one before it, by `updatedAt`, says nothing of what a request did."""
    older = NOON | {"name": "Older", "updatedAt": shown}
    verdicts = [
        judge_state([sent(UPDATE, status)], NOON, older, DOCUMENTS["docs"]),
        judge_other(Circumstance.BESIDE_OTHERS, "acme", DOCUMENTS["docs"], NOON, older),
    ]

    assert [set(promise_ids(verdict)) == {"update.linearizable"} for verdict in verdicts] == [back, back]
    assert all(verdict.violations for verdict in verdicts)


def test_a_bystander_is_judged_under_the_rule_that_is_asked_for() -> None:
    """A change of another customer is found under the promise about other customers."""
    verdict = unchanged(BEFORE, BEFORE | {"name": "x"}, "update.isolated", DOCUMENTS["docs"])

    assert (promise_ids(verdict), verdict.tried) == (["update.isolated"], {"update.isolated"})
    assert verdict.violations[0].place == "name"
    assert promise_ids(unchanged(BEFORE, BEFORE | {"updatedBy": "me"}, "update.isolated", DOCUMENTS["docs"])) == []


@pytest.mark.parametrize("after", [{HIDDEN: "GET answered 404, incident 2"}, BEFORE], ids=["nor-after", "but-after"])
def test_nothing_is_said_of_what_could_not_be_read_before(after: Stored) -> None:
    """Of a customer that could not be read nobody knows whether it changed."""
    assert unchanged({HIDDEN: "GET answered 404, incident 1"}, after, "update.isolated", DOCUMENTS["docs"]) == Verdict()


def test_a_customer_is_what_a_read_shows() -> None:
    """What is stored is the JSON object of a 200."""
    assert stored_in(replace(READ, response=Response(200, (), b'{"id":"1"}', b""))) == {"id": "1"}


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        pytest.param(replace(READ, failure=Failure.MALFORMED), "not HTTP", id="no-answer"),
        pytest.param(replace(READ, response=Response(404, (), b'{"id":"1"}', b"")), "404", id="not-found"),
        pytest.param(replace(READ, response=Response(200, (), b"oops", b"")), "200 oops", id="no-json"),
        pytest.param(replace(READ, response=Response(200, (), b"[1]", b"")), "200 [1]", id="no-object"),
        pytest.param(replace(READ, response=Response(200, (), b"\xff", b"")), "200", id="no-text"),
        pytest.param(replace(READ, response=Response(200, (), b"[" * 10**5, b"")), "200", id="absurd-depth"),
    ],
)
def test_what_shows_no_customer_says_what_came(exchange: Exchange, said: str) -> None:
    """A read that shows no customer gives one member, which says what came instead."""
    stored = stored_in(exchange)

    assert list(stored) == [HIDDEN]
    assert said in stored[HIDDEN]


@pytest.mark.parametrize("depth", [100, 900, 100_000])
def test_a_customer_that_is_nested_deeply_can_be_compared(depth: int) -> None:
    """However deep a read is nested, what it shows can be compared with what was stored."""
    shown = (b'{"id":"1","name":' + b"[" * depth + name + b"]" * depth + b"}" for name in (b"1", b"[]"))
    before, after = (stored_in(replace(READ, response=Response(200, (), body, b""))) for body in shown)

    assert unchanged(before, after, "refused.unchanged", DOCUMENTS["docs"]).violations == ()
    assert promise_ids(unchanged(before, {"id": "1"}, "refused.unchanged", DOCUMENTS["docs"])) == ["refused.unchanged"]


@pytest.mark.parametrize(
    ("body", "stored", "shows"),
    [
        pytest.param(UPDATE, BEFORE, True, id="another-name"),
        pytest.param(UPDATE, AFTER, False, id="just-this-is-stored"),
        pytest.param(b'{"name":"x","externalCustomerId":"y"}', AFTER, True, id="another-identifier"),
        pytest.param(b'{"name":""}', BEFORE, True, id="refused"),
        pytest.param(b'{"name":"Before","id":1}', BEFORE, False, id="refused-with-the-name-that-is-stored"),
        pytest.param(b'{"name":""}', BEFORE | {"externalCustomerId": None}, False, id="refused-and-nothing-to-clear"),
    ],
)
def test_what_a_request_does_shows_only_against_something_else(body: bytes, stored: Any, shows: bool) -> None:
    """Whether a request stored what it should, or nothing, is seen only where something else was stored before."""
    prediction, _ = sent(body, 204)

    assert would_show([(body, prediction)], stored, DOCUMENTS["docs"]) is shows
