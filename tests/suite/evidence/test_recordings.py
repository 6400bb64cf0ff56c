"""A file that is given to replay is read with care: the suite's own, a browser's, or none of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import WrongCall
from contracts.evidence import har, recording
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from tests.suite.evidence.test_har import evidence


def recorded(folder: Path, *entries: dict[str, Any], **members: Any) -> Path:
    """A HAR file with these entries."""
    path = folder / "recorded.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)} | members}), encoding="utf-8")
    return path


def browser_s(method: str = "PUT", url: str = "https://app.example.com/api/customers/acme", **changes: Any) -> Any:
    """An entry as a browser exports it."""
    headers = {"content-type": "application/json", "authorization": "Bearer ksh_theirs", "cookie": "a=b", **changes}
    request = {
        "method": method,
        "url": url,
        "httpVersion": "http/2.0",
        "headers": [{"name": name, "value": value} for name, value in headers.items() if name not in ("status",)],
        "postData": {"mimeType": "application/json", "text": '{"name":"caf\u00e9"}'},
    }
    coded = [{"name": "content-encoding", "value": "gzip"}]
    response = {"status": changes.get("status", 500), "statusText": "", "headers": coded, "content": {"text": "oops"}}
    return {"startedDateTime": "2026-11-24T10:00:00.000Z", "time": 12, "request": request, "response": response}


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
        pytest.param(b'{"log":{"entries":[],"_contract":{}}}', id="ours-without-members"),
        pytest.param(b'{"log":{"entries":[],"_contract":{"format":1}}}', id="ours-cut-short"),
    ],
)
def test_a_broken_file_is_a_wrong_call(content: bytes, tmp_path: Path) -> None:
    """A file that cannot be read is refused in one line that names it."""
    path = tmp_path / "broken.har"
    path.write_bytes(content)

    with pytest.raises(WrongCall, match=r"broken\.har") as caught:
        recording.read(path)

    assert "\n" not in str(caught.value)


def test_a_recording_without_the_operation_is_a_wrong_call(tmp_path: Path) -> None:
    """A HAR file in which nobody updated a customer has nothing to replay."""
    entries = [browser_s("GET"), browser_s(url="https://x/customers/"), browser_s(url="https://x/customers/a/b")]

    with pytest.raises(WrongCall, match="has no PUT /customers/"):
        recording.read(recorded(tmp_path, *entries, browser_s(url="https://x/customers/..")))


def test_a_newer_format_is_a_wrong_call(tmp_path: Path) -> None:
    """A file of a later version says so, and is not guessed at."""
    content = json.loads(har.to_har(evidence()))
    content["log"]["_contract"]["format"] = 2
    path = recorded(tmp_path, *content["log"]["entries"], _contract=content["log"]["_contract"])

    with pytest.raises(WrongCall, match="has format 2, newer than 1"):
        recording.read(path)


def test_a_file_without_a_rate_is_read(tmp_path: Path) -> None:
    """A file of an earlier version does not say how often the failure was seen."""
    content = json.loads(har.to_har(evidence()))
    own = {name: value for name, value in content["log"]["_contract"].items() if name not in ("broke", "tried")}

    (found,) = recording.read(recorded(tmp_path, *content["log"]["entries"], _contract=own))

    assert (found.broke, found.tried) == (0, 0)


def test_a_file_that_is_too_large_is_a_wrong_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file past the limit is not read."""
    monkeypatch.setattr(recording, "LARGEST", 1000)
    har.write(tmp_path / "large.har", har.to_har(evidence()))

    with pytest.raises(WrongCall, match=r"large\.har is larger than"):
        recording.read(tmp_path / "large.har")


def test_evidence_that_asks_for_another_request_is_refused(tmp_path: Path) -> None:
    """A file that was edited to send anything but an update of one customer is broken."""
    text = har.to_har(evidence()).replace('"method": "PUT"', '"method": "DELETE"')
    (tmp_path / "edited.har").write_text(text, encoding="utf-8")

    with pytest.raises(WrongCall, match="is broken"):
        recording.read(tmp_path / "edited.har")


def test_a_browser_s_recording_is_read(tmp_path: Path) -> None:
    """An update in a browser's recording is sent as it was, to the same slug, with our credential for theirs."""
    (found,) = recording.read(recorded(tmp_path, browser_s("GET"), browser_s()))

    template = found.failing.template
    assert (template.path, template.body) == ("/customers/acme", '{"name":"caf\u00e9"}'.encode())
    assert template.header("Content-Type") == "application/json"
    assert template.header("Authorization") == f"Bearer {WRITE_TOKEN}"
    assert template.header("Cookie") is None
    assert found.violation is None
    assert found.failing.exchange.response.values("Content-Encoding") == []
    assert "ksh_theirs" not in repr(found)


@pytest.mark.parametrize(
    ("status", "credential"),
    [(204, f"Bearer {WRITE_TOKEN}"), (403, f"Bearer {READ_TOKEN}"), (401, "Bearer ksh_contract-test-unknown")],
)
def test_a_recorded_credential_is_told_by_its_answer(status: int, credential: str, tmp_path: Path) -> None:
    """Which role a recorded credential had shows in what it got."""
    (found,) = recording.read(recorded(tmp_path, browser_s(status=status)))

    assert found.failing.template.header("Authorization") == credential


def test_every_update_of_a_recording_is_read(tmp_path: Path) -> None:
    """A recording with several updates gives each of them."""
    assert len(recording.read(recorded(tmp_path, browser_s(), browser_s(), browser_s("POST")))) == 2


def test_the_files_of_a_folder_are_those_that_end_in_har(tmp_path: Path) -> None:
    """A folder stands for the HAR files in it, each once."""
    for name in ("b.har", "a.har", "c.txt"):
        (tmp_path / name).write_text("")

    found = recording.files([tmp_path, tmp_path / "a.har"])

    assert [path.name for path in found] == ["a.har", "b.har"]


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_a_har_file_is_a_wrong_call(name: str, tmp_path: Path) -> None:
    """Nothing to replay is a wrong call."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(WrongCall, match=name):
        recording.files([tmp_path / name])
