"""A file that is given to replay is read with care: the suite's own, a browser's, or none of both."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import WrongCall
from contracts.evidence import har
from contracts.evidence.har import Evidence, Step
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.exchange import Failure
from contracts.http.request import CUSTOMER
from tests.suite.evidence.test_har import evidence
from tests.suite.samples import problem

URL = "https://app.example.com/api/customers/acme"
BODY = '{"name":"caf\u00e9"}'
SENT = {
    "content-type": "application/json",
    "content-length": "15",
    "authorization": "Bearer ksh_theirs",
    "cookie": "a=b",
}


def browser_s(
    method: str = "PUT",
    url: str = URL,
    status: int = 500,
    *,
    headers: dict[str, str | None] = SENT,
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An entry as a browser exports it, with changes to its request and its response."""
    sent = [{"name": name, "value": value} for name, value in headers.items()]
    post_data = {"mimeType": "application/json", "text": BODY}
    sizes = {"headersSize": -1, "bodySize": 15}
    asked = {"method": method, "url": url, "httpVersion": "http/2.0", "headers": sent, "postData": post_data, **sizes}
    coded = [{"name": "content-encoding", "value": "gzip"}]
    content = {"size": 4, "mimeType": "text/plain", "text": "oops"}
    answered = {"status": status, "statusText": "", "headers": coded, "content": content, "bodySize": -1}
    return {
        "startedDateTime": "2026-11-24T10:00:00.000Z",
        "time": 12,
        "request": asked | (request or {}),
        "response": answered | (response or {}),
    }


def recording(*entries: Any, **members: Any) -> str:
    """A HAR file with these entries."""
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)} | members})


def recorded(folder: Path, *entries: Any) -> Path:
    """The path of a HAR file with these entries."""
    path = folder / "recorded.har"
    path.write_text(recording(*entries), encoding="utf-8")
    return path


def step_of(entry: dict[str, Any]) -> Step:
    """The only step of a recording with this entry."""
    (found,) = har.evidence_in(recording(entry))
    return found.failing


def refused(text: str | bytes) -> str:
    """Why the text of a file is a wrong call, in one line that names the file."""
    with pytest.raises(WrongCall, match="the file") as caught:
        har.evidence_in(text, "the file")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not json", id="no-json"),
        pytest.param(b"\xff\xfe\x00", id="no-text"),
        pytest.param(b"[" * 100_000, id="absurd-depth"),
        pytest.param(b"[]", id="array"),
        pytest.param(b"{}", id="no-log"),
        pytest.param(b'{"log":null}', id="log-null"),
        pytest.param(b'{"log":{"entries":{}}}', id="entries-object"),
        pytest.param(b'{"log":{"entries":[1]}}', id="entry-number"),
        pytest.param(b'{"log":{"entries":[{"request":{}}]}}', id="request-empty"),
        pytest.param(b'{"log":{"entries":[],"_contract":1}}', id="ours-number"),
        pytest.param(b'{"log":{"entries":[],"_contract":{"seed":1}}}', id="ours-cut-short"),
        pytest.param(recording(browser_s(status="500")).encode(), id="status-text"),
        pytest.param(recording(browser_s() | {"response": None}).encode(), id="response-null"),
    ],
)
def test_a_broken_file_is_a_wrong_call(content: bytes) -> None:
    """A file that cannot be read is refused in one line that names it."""
    assert refused(content)


def test_evidence_of_an_unknown_promise_is_a_wrong_call() -> None:
    """A file of another version, about a promise that this one does not have, is refused."""
    assert refused(har.to_har(evidence()).replace('"promise": "problem.title"', '"promise": "problem.tittle"'))


def test_a_recording_without_the_operation_is_a_wrong_call() -> None:
    """A HAR file in which nobody updated a customer has nothing to replay."""
    urls = ("https://x/customers/", "https://x/customers/a/b", "https://x/customers/..", "https://customers/acme")

    said = refused(recording(browser_s("GET"), *(browser_s(url=url) for url in urls)))

    assert said == "the file has no PUT /customers/{customerSlug} in it"


@pytest.mark.parametrize(
    ("there", "put"),
    [
        pytest.param('"path": "/customers/<CUSTOMER>"', '"path": "/customers/<CUSTOMER>?x=1"', id="query"),
        pytest.param('"path": "/customers/<CUSTOMER>"', '"path": "/companies/<CUSTOMER>"', id="another-operation"),
        pytest.param('"path": "/customers/<CUSTOMER>"', '"path": "/customers/<CUSTOMER> HTTP/1.1"', id="white-space"),
        pytest.param('"application/json"', '"application/json\\r\\nX: y"', id="header-with-a-line-break"),
        pytest.param('"application/json"', '"application/\u2028"', id="header-that-cannot-be-sent"),
    ],
)
def test_evidence_that_asks_for_another_request_is_refused(there: str, put: str) -> None:
    """A file that was edited to send anything but an update of a customer is broken."""
    text = har.to_har(evidence())

    assert there in text
    assert refused(text.replace(there, put)) == "the file is not a HAR file, or is broken"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/customers/acme", "its customer was not made by the suite"),
        ("/customers/%61cme", "its customer was not made by the suite"),
        ("/customers/contract-test-1%2F..%2Facme", "its customer was not made by the suite"),
        ("/customers/<CUSTOMER>%2F..%2Facme", "its customer was not made by the suite"),
        ("/customers/<CUSTOMER_CUT>", "its customer was not made by the suite"),
        ("/customers/<CUSTOMER>%20", ""),
        ("/customers/contract-test-nobody%2Fx", ""),
        ("/customers/%E2%80%8B", ""),
    ],
)
def test_evidence_names_no_customer_but_the_suite_s_own(path: str, said: str) -> None:
    """A file that was edited to update somebody's customer is not sent; slugs that are nobody's are."""
    (found,) = har.evidence_in(har.to_har(evidence()).replace("/customers/<CUSTOMER>", path))

    assert found.failing.unsendable == said


def test_nothing_but_an_update_is_ever_sent() -> None:
    """A file that was edited to have another method is for an update all the same."""
    (found,) = har.evidence_in(har.to_har(evidence()).replace('"method": "PUT"', '"method": "DELETE"'))

    assert {step.template.method for step in found.steps} == {"PUT"}


def test_a_browser_s_recording_is_read() -> None:
    """An update in a browser's recording is for any customer, as it was, with our credential for theirs."""
    (found,) = har.evidence_in(recording(browser_s("GET"), browser_s()))

    step = found.failing
    assert (step.template.path, step.template.body) == (f"/customers/{CUSTOMER}", BODY.encode())
    assert step.template.header("Content-Type") == "application/json"
    assert step.template.header("Authorization") == f"Bearer {WRITE_TOKEN}"
    assert step.template.header("Cookie") is None
    assert (step.unsendable, step.answer_known, found.violation) == ("", True, None)
    assert (step.exchange.request.path, step.exchange.sent_path) == ("/customers/acme", "/api/customers/acme")
    assert (step.exchange.status, step.exchange.response.body) == (500, b"oops")
    assert step.exchange.response.values("Content-Encoding") == []
    assert "ksh_theirs" not in repr(found)


@pytest.mark.parametrize(
    ("status", "credential"),
    [(204, f"Bearer {WRITE_TOKEN}"), (403, f"Bearer {READ_TOKEN}"), (401, "Bearer ksh_contract-test-unknown")],
)
def test_a_recorded_credential_is_told_by_its_answer(status: int, credential: str) -> None:
    """Which role a recorded credential had shows in what it got."""
    assert step_of(browser_s(status=status)).template.header("Authorization") == credential


def test_a_credential_that_was_left_out_and_refused_is_none() -> None:
    """A 401 without a recorded credential is tried again without one."""
    assert step_of(browser_s(status=401, headers={})).template.header("Authorization") is None


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [('{"name":"x","slug":"acme"}', "<SLUG_ON_RECORD>"), ('{"name":"x","slug":"acme-2"}', "acme-2")],
    ids=["on-record", "another"],
)
def test_a_recorded_slug_that_was_on_record_is_that_of_our_customer(recorded: str, sent: str) -> None:
    """A client may send the slug on record along: then ours is sent to our customer, and nothing else is changed."""
    entry = browser_s(request={"postData": {"text": recorded}, "bodySize": len(recorded)}, headers={})

    step = step_of(entry)

    assert json.loads(step.template.body) == {"name": "x", "slug": sent}
    assert step.exchange.request.body == recorded.encode()
    assert step.unsendable == ""


def test_a_customer_that_was_not_there_is_nobody() -> None:
    """What was answered 404 is tried again on a slug that is nobody's, never on one that may be there by now."""
    assert step_of(browser_s(status=404)).template.path == "/customers/contract-test-nobody"


def test_every_update_of_a_recording_is_read() -> None:
    """A recording with several updates gives each of them."""
    assert len(har.evidence_in(recording(browser_s(), browser_s(), browser_s("POST")))) == 2


@pytest.mark.parametrize(
    "neighbour",
    [
        {"request": None},
        {"request": {"method": "PUT", "url": None}},
        {"request": {"method": "PUT"}},
        {"request": {"method": "GET", "url": "http://[fe80::bad/x"}},
        {"request": {"method": "PUT", "url": "http://[fe80::bad/x"}},
        {},
        None,
    ],
)
def test_other_entries_may_be_broken(neighbour: Any) -> None:
    """An entry that is not an update of a customer hinders none that is."""
    assert len(har.evidence_in(recording(neighbour, browser_s()))) == 1


@pytest.mark.parametrize(
    ("request_", "headers", "body"),
    [
        pytest.param({}, SENT, BODY.encode(), id="text"),
        pytest.param(
            {"postData": {"text": base64.b64encode(BODY.encode()).decode(), "encoding": "base64"}},
            *(SENT, BODY.encode()),
            id="base64",
        ),
        pytest.param({"postData": {"text": '"\ud800"'}, "bodySize": 5}, {}, b'"\xed\xa0\x80"', id="lone-surrogate"),
        pytest.param({"postData": None, "bodySize": 0}, {}, b"", id="empty-by-its-size"),
        pytest.param({"postData": None, "bodySize": -1}, {"content-length": "0"}, b"", id="empty-by-its-header"),
        pytest.param({"postData": {"text": ""}, "bodySize": -1}, {}, b"", id="empty-text"),
        pytest.param({"postData": None, "bodySize": 45}, {}, None, id="missing-by-its-size"),
        pytest.param({"postData": None, "bodySize": 0}, {"content-length": "45"}, None, id="missing-by-its-header"),
        pytest.param({"postData": None, "bodySize": -1}, {}, None, id="nothing-is-known-of-it"),
        pytest.param({"postData": {"text": ""}, "bodySize": 45}, {}, None, id="text-left-out"),
        pytest.param({"postData": {"text": '{"na'}, "bodySize": 15}, {}, None, id="text-cut-short"),
        pytest.param({"postData": {"params": [{"name": "a"}]}, "bodySize": -1}, {}, None, id="form"),
    ],
)
def test_a_body_is_known_empty_or_not_in_the_file(
    request_: dict[str, Any], headers: dict[str, str | None], body: bytes | None
) -> None:
    """Only a body that is known is sent; one that is not wholly in the file is never taken for an empty one."""
    step = step_of(browser_s(headers=headers, request=request_))

    said = "its whole body is not in the file" if body is None else ""
    assert (step.unsendable, step.template.body) == (said, body or b"")


@pytest.mark.parametrize(
    ("status", "content", "known"),
    [
        pytest.param(422, {"size": 4, "text": "oops"}, True, id="text"),
        pytest.param(422, {"size": 0}, True, id="empty"),
        pytest.param(204, {"size": -1}, True, id="no-content"),
        pytest.param(422, {"size": 160}, False, id="text-missing"),
        pytest.param(422, {"size": 160, "text": "oops"}, False, id="text-cut-short"),
        pytest.param(422, {"size": -1}, False, id="size-unknown"),
        pytest.param(422, None, False, id="content-missing"),
    ],
)
def test_of_an_answer_it_is_known_whether_its_body_is_in_the_file(
    status: int, content: dict[str, Any] | None, known: bool
) -> None:
    """An answer whose text was not recorded is not taken for an empty one."""
    assert step_of(browser_s(status=status, response={"content": content})).answer_known is known


@pytest.mark.parametrize("status", [0, -1])
def test_a_status_of_none_is_no_answer(status: int) -> None:
    """Where the browser got no answer it writes 0 or -1 as its status, and -1 for how long it took."""
    step = step_of(browser_s(status=status) | {"time": -1})

    assert (step.exchange.response, step.exchange.failure) == (None, Failure.BROKEN)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{URL}?dryRun=true&_=17", "its URL has a query"),
        (f"{URL}?", "its URL has a query"),
        (f"{URL}#top", ""),
        (f"{URL} x", "its URL is not percent-encoded"),
        (f"{URL}\n", "its URL is not percent-encoded"),
        ("https://x/customers/caf\u00e9", "its URL is not percent-encoded"),
    ],
)
def test_a_url_that_was_not_sent_so_is_told(url: str, said: str) -> None:
    """A query is not left out silently, and a URL that no browser sends as it is written is not sent otherwise."""
    assert step_of(browser_s(url=url)).unsendable.partition(",")[0].partition(":")[0] == said


def test_a_header_without_a_value_is_told_where_it_matters() -> None:
    """The word None is never sent: a Content-Type without its value is told, another header is left out anyway."""
    incomplete = step_of(browser_s(headers={"content-type": None, "cookie": None}))
    fine = step_of(browser_s(headers={"content-type": "text/plain", "cookie": None}))

    assert incomplete.unsendable == "the value of its header Content-Type is not in the file"
    assert "None" not in str(incomplete.template.headers)
    assert (fine.unsendable, fine.template.header("Content-Type")) == ("", "text/plain")


def test_an_answer_with_a_header_without_its_value_is_not_known() -> None:
    """Whether the header was right cannot be told."""
    step = step_of(browser_s(response={"headers": [{"name": "content-type", "value": None}, {"name": "date"}]}))

    assert (step.answer_known, step.exchange.response.headers) == (False, ())


def named(found: list[tuple[Path, Evidence]]) -> list[str]:
    """The names of the files that evidence is from."""
    return [path.name for path, _ in found]


def test_the_files_of_a_folder_are_those_that_end_in_har(tmp_path: Path) -> None:
    """A folder stands for the HAR files in it, each once."""
    for name in ("b.har", "a.har", "c.txt"):
        (tmp_path / name).write_text(recording(browser_s()))

    assert named(har.read([tmp_path, tmp_path / "a.har"])) == ["a.har", "b.har"]


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere", "cannot be read: No such file or directory"), ("empty", "has no .har file in it")]
)
def test_a_folder_without_a_har_file_is_a_wrong_call(name: str, said: str, tmp_path: Path) -> None:
    """Nothing to replay is a wrong call."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(WrongCall) as caught:
        har.read([tmp_path / name])

    assert str(caught.value) == f"{tmp_path / name} {said}"


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Some tools begin a file with a byte order mark."""
    (tmp_path / "bom.har").write_text(
        recording(browser_s(response={"content": {"text": problem(422).decode()}})), "utf-8-sig"
    )

    assert named(har.read([tmp_path / "bom.har"])) == ["bom.har"]
