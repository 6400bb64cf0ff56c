"""A finding: one promise that was broken in one circumstance, and the request that shows it best."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from contracts.attempt import Attempt
from contracts.evidence import har
from contracts.evidence.har import Source
from contracts.fuzz.payloads import Payload, payloads
from contracts.http.credential import Headers
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import CUSTOMER, Request, update
from contracts.plugin_process import cause_of, findings
from contracts.report.result import Finding
from contracts.rules.judge import judge
from contracts.rules.oracle import predict
from contracts.vendor.model import MOCK_TOKENS
from tests.suite.results import TARGET, TEST
from tests.suite.samples import DOCUMENTS, PROBLEM, REQUESTS, answer, problem

DOCS = DOCUMENTS["docs"]
NULL = Payload("null", "names", "The name is null.", frozenset(), frozenset(), REQUESTS[422])
WRONG_TITLE = Response(422, PROBLEM, problem(422, title="Unprocessable Content"), b"", "Unprocessable Entity")


def attempt(outcome: Response | Failure, request: Request = REQUESTS[422], repeated: bool | None = None) -> Attempt:
    """What came of a request: this answer."""
    response, failure = (None, outcome) if isinstance(outcome, Failure) else (outcome, None)
    exchange = Exchange(request, response, failure, 0.0021)
    prediction = predict(request, DOCS, {"acme"})
    return Attempt(
        request, exchange, prediction, violations=judge(exchange, prediction, DOCS).violations, repeated=repeated
    )


def seen(of: Attempt, payload: Payload | None = None) -> list[Finding]:
    """What an attempt broke."""
    return [*findings(of, DOCS, Source("docs", TARGET, 42, TEST), payload)]


def cause(request: Request, payload: Payload | None = None) -> str:
    """The circumstance of a request in words."""
    return cause_of(attempt(answer(500), request), DOCS, payload)


def test_a_finding_has_everything_that_is_shown_of_it() -> None:
    """What was promised, what came, the request, the answer, and how to send it again."""
    (finding,) = seen(attempt(WRONG_TITLE, repeated=True), NULL)

    assert finding == Finding(
        promise="problem.title",
        place="title",
        cause="name breaks type",
        layer="exact",
        expected="Unprocessable Entity",
        actual='"Unprocessable Content"',
        request="PUT /customers/acme, 13 bytes of application/json",
        answer=f'422 Unprocessable Entity, {len(WRONG_TITLE.body)} bytes, 2 ms: "It went wrong."',
        curl=finding.curl,
        why="The name is null.",
        size=[13, 15],
        repeated=True,
        har=finding.har,
        tests=[TEST],
        again=1,
    )
    assert finding.curl.endswith(f"--data-binary '{{\"name\":null}}' {TARGET}/customers/acme")


def test_a_finding_carries_its_evidence() -> None:
    """The HAR file of a finding has the exchange, the promise, and where it comes from."""
    (finding,) = seen(attempt(WRONG_TITLE))

    (evidence,) = har.evidence_in(finding.har)

    assert evidence.promise == "problem.title"
    assert evidence.failing.template.body == REQUESTS[422].body
    assert evidence.source == Source("docs", TARGET, 42, TEST)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, "status.internal_error"), (302, "response.redirect"), (418, "status.documented"), (404, "")],
    ids=["internal-error", "redirect", "undocumented", "another-documented"],
)
def test_a_wrong_status_breaks_the_promise_of_the_request_too(status: int, kind: str) -> None:
    """A wrong status is a finding of its kind, where it has one, and of the promise that bound the request."""
    broken = [finding.promise for finding in seen(attempt(answer(status))) if finding.place == f"HTTP status {status}"]

    assert broken == [*filter(None, [kind]), "status.schema"]


def test_one_promise_at_several_places_is_one_finding() -> None:
    """What breaks one promise at several places of one answer is seen once, with the other places."""
    broken = attempt(WRONG_TITLE)
    (first,) = broken.violations
    elsewhere = replace(first, place="elsewhere")
    several = replace(broken, violations=(first, elsewhere, elsewhere))

    (finding,) = seen(several)

    assert (finding.place, finding.also) == ("title", ["elsewhere"])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"name": ""}, "name breaks minLength"),
        ({"name": None}, "name breaks type"),
        ({}, "body breaks required"),
        ({"name": "a", "x": 1}, "body breaks additionalProperties"),
        ([], "body breaks type"),
    ],
    ids=["too-short", "type", "missing", "unknown", "no-object"],
)
def test_the_cause_of_a_refused_body_is_the_keyword_that_it_breaks(value: object, said: str) -> None:
    """Of a body that breaks the request schema the circumstance is the member, and the keyword that it breaks."""
    assert cause(update("acme", json.dumps(value).encode()), NULL) == said


def test_the_cause_of_any_other_payload_names_its_family() -> None:
    """What is no question of the schema is told apart by the family of its payload, too."""
    assert cause(REQUESTS[204], NULL) == "a request in which nothing is wrong (payloads: names)"
    assert cause(REQUESTS[422], NULL) == "name breaks type"


def test_the_cause_of_an_absurd_body_names_its_family() -> None:
    """Of a very deep body that breaks the schema the family of the payload is told, too: its depth may be the cause."""
    deep = next(each for each in payloads() if each.id == "name-arrays-1000-deep")

    assert cause(deep.request.addressed("acme"), deep) == "name breaks type (payloads: deep-and-large)"


@pytest.mark.parametrize(
    ("status", "said"),
    [(204, "a request in which nothing is wrong"), (400, "a body that is absent, or is not JSON text")],
)
def test_the_cause_of_any_other_request_is_in_its_promise(status: int, said: str) -> None:
    """Without a payload the circumstance is what the promise is about."""
    assert cause(REQUESTS[status]) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (413, "a body of 1 MiB or more"),
        (422, "body breaks type"),
        (404, "a slug that names no customer"),
        (500, "body breaks type"),
    ],
)
def test_of_several_circumstances_the_cause_is_the_one_that_was_answered(status: int, said: str) -> None:
    """Of a request with several things wrong it is what the status that came is about, else what is read first."""
    large = update("nobody", b"[" + b" " * 1024 * 1024 + b"]")

    assert cause_of(attempt(answer(status), large), DOCS) == said


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ((), "PUT /customers/acme, 12 bytes of no media type"),
        ((("Content-Type", "application/json"),), "PUT /customers/acme, 12 bytes of application/json"),
        (
            (("Content-Type", "application/json"), ("transfer-encoding", "chunked")),
            "PUT /customers/acme, 12 bytes of application/json in chunks",
        ),
    ],
    ids=["no-type", "usual", "chunked"],
)
def test_a_request_is_told_with_its_media_type_and_its_framing(headers: Headers, shown: str) -> None:
    """A body that is sent in chunks looks like any other, but servers read it by other code."""
    (finding, *_) = seen(attempt(answer(500), Request("PUT", "/customers/acme", headers, b'{"name":"x"}')))

    assert finding.request == shown


def test_no_answer_is_told_with_its_reason() -> None:
    """Where nothing came, the finding says why."""
    (finding,) = seen(attempt(Failure.TIMEOUT))

    assert (finding.promise, finding.answer) == ("answer.given", "none: no complete answer came in time")


def test_a_finding_names_the_trace() -> None:
    """Where the request had a trace id, the finding says by what the vendor finds it."""
    broken = attempt(WRONG_TITLE)
    traced = replace(broken.exchange, sent_headers=(("traceparent", f"00-{'4b' * 16}-{'00f1' * 4}-01"),))

    (finding,) = seen(replace(broken, exchange=traced))

    assert finding.trace == f"{'4b' * 16}, for the vendor's own logs"


def test_the_curl_line_is_for_a_customer_of_the_reader() -> None:
    """The line names no customer that is gone."""
    sent = attempt(WRONG_TITLE)
    (finding,) = seen(replace(sent, template=replace(sent.template, path=f"/customers/{CUSTOMER}")))

    assert finding.curl.endswith(f'"{TARGET}/customers/$CUSTOMER"')


def test_a_curl_line_of_a_mile_is_not_shown() -> None:
    """A body that would flood the terminal is left to the replay."""
    noise = bytes(range(256)) * 30 + b"".join(i.to_bytes(2, "big") for i in range(5000))
    finding, *_ = seen(attempt(answer(500), update("acme", noise)))

    assert finding.curl.startswith("(a curl line of ")
    assert max(map(len, (finding.curl, finding.request, finding.answer, finding.actual, finding.cause))) < 300


def test_no_finding_shows_a_token() -> None:
    """Neither what is shown nor the evidence has a token in it."""
    (finding,) = seen(attempt(WRONG_TITLE))
    text = json.dumps(vars(finding))

    assert "$KAITEN_AUTH_TOKEN" in text
    assert not [token for token in MOCK_TOKENS if token in text]
