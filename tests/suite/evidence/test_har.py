"""Evidence is kept as HAR 1.2: nothing is lost on the way there and back, and a browser's recordings are read too."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts import __version__
from contracts.attempt import Attempt
from contracts.evidence import har, recording
from contracts.evidence.evidence import Evidence, Part, Source, Step, evidence_of
from contracts.http.exchange import CUSTOMER, Exchange, Failure, Request, Response, update
from contracts.rules.judge import judge
from contracts.rules.oracle import predict
from contracts.rules.promise import violation
from tests.suite.samples import DOCUMENTS, PROBLEM, problem

SLUG = "contract-test-1"
SOURCE = Source("docs", "https://staging.example.com/api", 42, "tests/contract/test_x.py::test_y[name-null]")
WRONG = Response(422, PROBLEM, problem(422, title="Oops"), problem(422, title="Oops"), "Unprocessable Entity")
REFUSED = update(CUSTOMER, b'{"name":null}')
EMPTY = Response(204, (), b"", b"", "No Content")


def attempt(template: Request, came: Response | Failure, **changes: Any) -> Attempt:
    """What came of a request to a disposable customer."""
    response, failure = (None, came) if isinstance(came, Failure) else (came, None)
    request = template.addressed(SLUG)
    prediction = predict(request, DOCUMENTS["docs"], {SLUG})
    exchange = Exchange(request, response, failure, 0.5, sent_headers=request.headers, started=1_700_000_000.25)
    found = {"violations": judge(exchange, prediction, DOCUMENTS["docs"]).violations}
    return Attempt(template, exchange, prediction, **found | changes)


def evidence(template: Request = REFUSED, came: Response | Failure = WRONG) -> Evidence:
    """The evidence of the first thing that is wrong with this answer."""
    failed = attempt(template, came, before=attempt(update(CUSTOMER, b'{"name":"x"}'), EMPTY))
    return evidence_of(failed, failed.violations[0], SOURCE)


def read_back(kept: Evidence, folder: Path) -> Evidence:
    """The evidence as it comes out of a file."""
    har.write(folder / "kept.har", har.to_har(kept))
    (found,) = recording.read(folder / "kept.har")
    return found


def written(kept: Evidence) -> dict[str, Any]:
    """What stands in the file, under `log`."""
    return json.loads(har.to_har(kept))["log"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"name":null}',
        '{"name":"\U0001f600\u2028"}'.encode(),
        b"\0\x1b\x7f",
        b"\xff\xfe",
        bytes(range(256)),
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf{}",
    ],
    ids=["empty", "json", "unicode", "controls", "no-text", "every-byte", "lone-surrogate", "byte-order-mark"],
)
def test_the_bytes_are_kept(body: bytes, tmp_path: Path) -> None:
    """Request and response bodies come out of the file byte by byte, text or not."""
    kept = evidence(update(CUSTOMER, body, content_type="text/x"), replace(WRONG, body=body, wire_body=body))

    found = read_back(kept, tmp_path)

    assert found.failing.template.body == body
    assert found.failing.exchange.response == kept.failing.exchange.response


def test_everything_else_is_kept_too(tmp_path: Path) -> None:
    """The violation, the rules, its rate, where it comes from and each step come out of the file as they went in."""
    kept = replace(evidence(), broke=2, tried=40)

    found = read_back(kept, tmp_path)

    assert (found.broke, found.tried) == (kept.broke, kept.tried) == (2, 40)
    assert (found.violation, found.rules, found.source) == (kept.violation, kept.rules, SOURCE)
    assert [(step.part, step.template) for step in found.steps] == [(step.part, step.template) for step in kept.steps]
    assert [step.part for step in found.steps] == [Part.BEFORE, Part.FAILING]
    assert found.failing.exchange.started == pytest.approx(1_700_000_000.25)
    assert found.failing.exchange.seconds == 0.5


def test_the_path_that_was_sent_is_kept(tmp_path: Path) -> None:
    """Beside the template stands which customer the request went to."""
    found = read_back(evidence(), tmp_path)

    assert [step.template.path for step in found.steps] == [f"/customers/{CUSTOMER}"] * 2
    assert [step.exchange.request.path for step in found.steps] == [f"/customers/{SLUG}"] * 2


def test_what_the_client_adds_is_kept_beside_the_request(tmp_path: Path) -> None:
    """A trace id and the headers of --header are in the file, and no part of the request that is sent again."""
    kept = evidence()
    added = (("traceparent", f"00-{'4b' * 16}-{'00f1' * 4}-01"), ("X-Gateway-Key", "<KAITEN_HEADER_1>"))
    sent = replace(kept.failing.exchange, sent_headers=(*added, *kept.failing.template.headers))
    kept = replace(kept, steps=(replace(kept.failing, exchange=sent),))

    found = read_back(kept, tmp_path).failing

    assert found.template == kept.failing.template
    assert (found.exchange.trace_id, found.exchange.headers_in_front) == ("4b" * 16, added[1:])


@pytest.mark.parametrize("seen_once", [True, False])
def test_whether_it_repeated_is_kept(seen_once: bool, tmp_path: Path) -> None:
    """A failure that did not repeat is marked."""
    failed = attempt(update(CUSTOMER, b"{}"), WRONG, repeated=not seen_once)

    assert read_back(evidence_of(failed, failed.violations[0], SOURCE), tmp_path).seen_once is seen_once


@pytest.mark.parametrize("failure", [Failure.BROKEN, Failure.TIMEOUT, Failure.MALFORMED])
def test_no_answer_is_kept(failure: Failure, tmp_path: Path) -> None:
    """Where no answer came, the file says why."""
    found = read_back(evidence(came=failure), tmp_path)

    assert (found.failing.exchange.failure, found.failing.exchange.response) == (failure, None)


def test_bytes_after_a_204_are_kept(tmp_path: Path) -> None:
    """What followed a 204 is kept beside the body that HTTP says it does not have."""
    kept = evidence(update(CUSTOMER, b'{"name":"x"}'), replace(EMPTY, wire_body=b"\xff{}"))

    assert read_back(kept, tmp_path).failing.exchange.response.wire_body == b"\xff{}"


def test_what_showed_the_state_is_kept(tmp_path: Path) -> None:
    """Where what is stored is wrong, the exchanges that were sent at once and the read are there, in order."""
    read = Exchange(Request("GET", f"/customers/{SLUG}"), Response(200, (), b"{}", b"{}"))
    beside = attempt(update(CUSTOMER, b'{"name":"y"}'), EMPTY)
    found = (violation("update.stored", "x", "y", "name"),)
    failed = attempt(update(CUSTOMER, b'{"name":"x"}'), EMPTY, violations=found, beside=(beside,), read=read)

    found = read_back(evidence_of(failed, failed.violations[0], SOURCE), tmp_path)

    assert [step.part for step in found.steps] == [Part.BESIDE, Part.FAILING, Part.READ]


def test_the_file_is_har_1_2() -> None:
    """Every member that HAR 1.2 asks for is there, and each of ours begins with an underscore."""
    log = written(evidence())

    entry = log["entries"][1]
    assert log["version"] == "1.2"
    assert log["creator"] == {"name": "kaiten-contract-tests", "version": __version__}
    assert {"startedDateTime", "time", "request", "response", "cache", "timings", "_part"} == set(entry)
    assert {name for name in entry["request"] if not name.startswith("_")} == {
        *("method", "url", "httpVersion", "cookies", "headers", "queryString", "postData", "headersSize", "bodySize")
    }
    assert {name for name in entry["response"] if not name.startswith("_")} == {
        *("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"),
        *("headersSize", "bodySize"),
    }
    assert [entry["timings"][name] >= 0 for name in ("send", "wait", "receive")] == [True] * 3


def test_the_file_says_what_broke_whose_customer_and_which_credential() -> None:
    """Rules, test, contract, seed, version, the credential's role and whether the customer was disposable are there."""
    log = written(evidence(update(CUSTOMER, b"{}", authorization=("Bearer ksh_x",)), replace(WRONG, status=403)))

    own, request = log["_contract"], log["entries"][-1]["request"]
    assert own["rule"] == "status.credential"
    assert (own["test"], own["contract"], own["seed"], own["suite"]) == (SOURCE.test, "docs", 42, __version__)
    assert (request["_credential"], request["_disposable"]) == ("invalid", True)
    assert written(evidence(update("contract-test-nobody", b"{}")))["entries"][-1]["request"]["_disposable"] is False


def test_a_step_says_which_part_it_is() -> None:
    """The steps of evidence can be asked for by their part."""
    steps = evidence().steps

    assert evidence().part(Part.BEFORE) == [steps[0]]
    assert isinstance(steps[0], Step)
    assert evidence().part(Part.BESIDE, Part.READ) == []
