"""Evidence is kept as HAR 1.2: nothing is lost on the way there and back, and a browser's recordings are read too."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts import __version__
from contracts.attempt import Attempt
from contracts.evidence import har
from contracts.evidence.har import Evidence, Source, Step, evidence_of
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import CUSTOMER, Request, update
from contracts.rules.judge import judge
from contracts.rules.oracle import predict
from contracts.rules.promise import violation
from tests.suite.samples import DOCUMENTS, PROBLEM, problem

SLUG = "contract-test-1"
SOURCE = Source("docs", "https://staging.example.com/api", 42, "tests/contract/test_x.py::test_y[name-null]")
WRONG = Response(422, PROBLEM, problem(422, title="Oops"), problem(422, title="Oops"), "Unprocessable Entity")
REFUSED = update(CUSTOMER, b'{"name":null}')
EMPTY = Response(204, (), b"", b"", "No Content")


def attempt(template: Request, outcome: Response | Failure, **changes: Any) -> Attempt:
    """What came of a request to a disposable customer."""
    response, failure = (None, outcome) if isinstance(outcome, Failure) else (outcome, None)
    request = template.addressed(SLUG)
    prediction = predict(request, DOCUMENTS["docs"], {SLUG})
    exchange = Exchange(request, response, failure, 0.5, sent_headers=request.headers, started=1_700_000_000.25)
    found = {"violations": judge(exchange, prediction, DOCUMENTS["docs"]).violations}
    return Attempt(template, exchange, prediction, **found | changes)


def evidence(template: Request = REFUSED, outcome: Response | Failure = WRONG) -> Evidence:
    """The evidence of the first thing that is wrong with this answer."""
    failed = attempt(template, outcome, before=attempt(update(CUSTOMER, b'{"name":"x"}'), EMPTY))
    return evidence_of(failed, failed.violations[0], SOURCE)


def read_back(kept: Evidence) -> Evidence:
    """The evidence as it comes out of a file."""
    (found,) = har.evidence_in(har.to_har(kept))
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
        b'{"name":"x","slug":"<SLUG_ON_RECORD>"}',
    ],
    ids=[
        "empty",
        "json",
        "unicode",
        "controls",
        "no-text",
        "every-byte",
        "lone-surrogate",
        "byte-order-mark",
        "slug-on-record",
    ],
)
def test_the_bytes_are_kept(body: bytes) -> None:
    """Request and response bodies come out of the file byte by byte, text or not."""
    kept = evidence(update(CUSTOMER, body, content_type="text/x"), replace(WRONG, body=body, wire_body=body))

    found = read_back(kept)

    assert found.failing.template.body == body
    assert found.failing.exchange.response == kept.failing.exchange.response


def test_everything_else_is_kept_too() -> None:
    """The violation, its rate, where it comes from and each step come out of the file as they went in."""
    kept = replace(evidence(), broke=2, tried=40)

    found = read_back(kept)

    assert (found.broke, found.tried) == (kept.broke, kept.tried) == (2, 40)
    assert (found.violation, found.source) == (kept.violation, SOURCE)
    assert [(step.part, step.template) for step in found.steps] == [(step.part, step.template) for step in kept.steps]
    assert [step.part for step in found.steps] == ["before", "failing"]


def test_what_the_client_adds_is_kept_beside_the_request() -> None:
    """URL, time, a trace id and the headers of --header are in the file, and no part of the request to send again."""
    kept = evidence()
    added = (("traceparent", f"00-{'4b' * 16}-{'00f1' * 4}-01"), ("X-Gateway-Key", "<KAITEN_HEADER_1>"))
    sent = replace(kept.failing.exchange, sent_headers=(*added, *kept.failing.template.headers))
    kept = replace(kept, steps=(replace(kept.failing, exchange=sent),))

    (entry,) = written(kept)["entries"]

    assert entry["request"]["url"] == f"https://staging.example.com/api/customers/{SLUG}"
    assert entry["request"]["headers"][:2] == [{"name": name, "value": value} for name, value in added]
    assert (entry["startedDateTime"], entry["time"]) == ("2023-11-14T22:13:20.250000+00:00", 500)
    assert read_back(kept).failing.template == kept.failing.template


def test_a_header_that_the_client_would_add_is_kept_where_the_request_has_it() -> None:
    """A request that chooses its own Accept-Encoding is sent again with it."""
    template = REFUSED.with_header("Accept-Encoding", "gzip")

    assert read_back(evidence(template)).failing.template == template


@pytest.mark.parametrize("seen_once", [True, False])
def test_whether_it_repeated_is_kept(seen_once: bool) -> None:
    """A failure that did not repeat is marked."""
    failed = attempt(update(CUSTOMER, b"{}"), WRONG, repeated=not seen_once)

    assert read_back(evidence_of(failed, failed.violations[0], SOURCE)).seen_once is seen_once


@pytest.mark.parametrize("failure", [Failure.BROKEN, Failure.TIMEOUT, Failure.MALFORMED])
def test_no_answer_is_kept(failure: Failure) -> None:
    """Where no answer came, the file says why."""
    found = read_back(evidence(outcome=failure))

    assert (found.failing.exchange.failure, found.failing.exchange.response) == (failure, None)


def test_bytes_after_a_204_are_kept() -> None:
    """What followed a 204 is kept beside the body that HTTP says it does not have."""
    kept = evidence(update(CUSTOMER, b'{"name":"x"}'), replace(EMPTY, wire_body=b"\xff{}"))

    assert read_back(kept).failing.exchange.response.wire_body == b"\xff{}"


def test_what_showed_the_state_is_kept() -> None:
    """Where what is stored is wrong, what was sent at once and the read are in the file; the read is not sent again."""
    read = Exchange(Request("GET", f"/customers/{SLUG}"), Response(200, (), b"{}", b"{}"))
    beside = attempt(update(CUSTOMER, b'{"name":"y"}'), EMPTY)
    found = (violation("update.stored", "x", "y", "name"),)
    failed = attempt(update(CUSTOMER, b'{"name":"x"}'), EMPTY, violations=found, beside=(beside,), read=read)

    kept = evidence_of(failed, failed.violations[0], SOURCE)

    entries = written(kept)["entries"]
    assert [entry["_part"] for entry in entries] == ["beside", "failing", "read"]
    assert (entries[2]["request"]["method"], entries[2]["response"]["content"]["text"]) == ("GET", "{}")
    assert [step.part for step in read_back(kept).steps] == ["beside", "failing"]


def test_the_file_is_har_1_2() -> None:
    """Every member that HAR 1.2 asks for is there, and each of ours begins with an underscore."""
    log = written(evidence(outcome=replace(WRONG, body=b"\xff")))

    for entry in log["entries"]:
        assert log["version"] == "1.2"
        assert log["creator"] == {"name": "kaiten-contract-tests", "version": __version__}
        assert {name for name in entry if not name.startswith("_")} == {
            *("startedDateTime", "time", "request", "response", "cache", "timings")
        }
        assert set(entry["request"]) == {
            *("method", "url", "httpVersion", "cookies", "headers", "queryString", "postData"),
            *("headersSize", "bodySize"),
        }
        assert set(entry["request"]["postData"]) == {"mimeType", "text"}
        assert set(entry["response"]) == {
            *("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"),
            *("headersSize", "bodySize"),
        }
        assert [entry["timings"][name] >= 0 for name in ("send", "wait", "receive")] == [True] * 3


def test_the_file_says_what_broke_and_where_it_comes_from() -> None:
    """The promise in words, what came, test, contract, seed and whose customer are there for whoever gets the file."""
    log = written(evidence(outcome=replace(WRONG, status=403)))

    own, failing = log["_contract"], log["entries"][-1]
    assert own["violation"]["promise"] == "status.schema"
    assert own["violation"]["sentence"] == "JSON that breaks the request schema is answered 422."
    assert own["violation"]["actual"] == "403 Unprocessable Entity"
    assert own["source"] == {"contract": "docs", "base_url": SOURCE.base_url, "seed": 42, "test": SOURCE.test}
    assert failing["_template"]["path"] == "/customers/<CUSTOMER>"


def test_a_rate_is_written_when_it_is_known() -> None:
    """How often the promise was broken in the whole run is put into the text that was made before."""
    text = har.with_rate(har.to_har(evidence()), 3, 40, comes_and_goes=True)

    (found,) = har.evidence_in(text)

    assert (found.broke, found.tried, found.seen_once) == (3, 40, True)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What cannot be written leaves no part of a file that would be read as evidence."""
    har.write(tmp_path / "e" / "kept.har", har.to_har(evidence()))
    (tmp_path / "e" / "taken.har").mkdir()

    with pytest.raises(OSError, match="taken"):
        har.write(tmp_path / "e" / "taken.har", "{}")
    (tmp_path / "e" / "taken.har").rmdir()

    assert [path for path, _ in har.read([tmp_path])] == [tmp_path / "e" / "kept.har"]


def test_a_step_says_which_part_it_is() -> None:
    """The steps of evidence can be asked for by their part."""
    steps = evidence().steps

    assert evidence().part("before") == [steps[0]]
    assert isinstance(steps[0], Step)
    assert evidence().part("beside", "read") == []
