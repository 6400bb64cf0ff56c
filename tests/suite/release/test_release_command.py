"""`python -m contracts release`, as its user sees it: the verdict line, the blocks, the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from contracts.__main__ import run
from contracts.rules.document import DOCUMENTS
from tests.suite.suite_run import ROOT

Release = Callable[..., subprocess.CompletedProcess[str]]

V1 = str(DOCUMENTS / "v1.yaml")
DOCS = (DOCUMENTS / "docs.yaml").read_text(encoding="utf-8")
NAME = "name: {type: string, minLength: 1}"
TITLE = "title: {type: string}"


@pytest.fixture
def release(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Release:
    """The command line in this process, with its exit code."""
    monkeypatch.setattr("contracts.http.retries.heed_signals", lambda: None)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    def release(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["contracts", "release", *arguments])
        with pytest.raises(SystemExit) as ended:
            run()
        return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), *capsys.readouterr())

    return release


@contextmanager
def served(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """An address that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/openapi.yaml"
    finally:
        server.shutdown()
        server.server_close()


def changed(folder: Path, old: str, new: str) -> str:
    """A candidate that is docs.yaml with other words in one place."""
    path = folder / "candidate.yaml"
    path.write_text(DOCS.replace(old, new), encoding="utf-8")
    return str(path)


def test_a_safe_release_exits_0_and_lists_the_drift(release: Release, tmp_path: Path) -> None:
    """A safe release exits 0, with a block for each change, what to do next, and the verdict as the last line."""
    path = changed(tmp_path, TITLE, f"{TITLE}\n        code: {{type: string}}")

    result = release("--candidate", path)

    assert result.returncode == 0
    assert result.stdout == (
        "drift: answer 400, 401, 403, 404, 422 and 500: the member code is new, and optional"
        "  (oasdiff: response-optional-property-added)\n\n"
        "next: upgrade; --adopt NAME saves it as a contract, for --contract NAME; "
        "with --contract docs, a run on it may report the drift as broken promises\n"
        f"safe: docs → {path}: 1 drift\n"
    )


def test_a_release_that_no_answer_can_keep_is_told(release: Release, tmp_path: Path) -> None:
    """A document that allows no title that answers are held to cannot be adopted: that is not advised, and told."""
    result = release("--candidate", changed(tmp_path, TITLE, "title: {const: Unprocessable Content}"))

    assert result.returncode == 0
    assert "next: upgrade; it cannot be adopted: no answer 400 can also be as every answer has to be" in result.stdout
    assert "--adopt NAME" not in result.stdout


def test_exact_makes_drift_fail(release: Release, tmp_path: Path) -> None:
    """With --exact drift exits 1, and the verdict says why."""
    result = release("--candidate", changed(tmp_path, TITLE, f"{TITLE}\n        code: {{type: string}}"), "--exact")

    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].endswith(": 1 drift (with --exact, drift is not safe)")


def test_the_published_release_exits_1_with_the_answer(release: Release) -> None:
    """From docs to v1 one thing breaks, and the smallest answer proves it: errors may be null."""
    result = release("--candidate", V1)

    assert result.returncode == 1
    assert result.stdout.startswith(
        "breaking: answer 400, 401, 403, 404, 422 and 500: an answer may come that was not promised"
        "  (oasdiff: response-property-became-nullable)\n"
        '  answer    {"errors":null}\n'
        '  pin       refuses it: null is not of type "array" [at errors]\n'
        "  candidate allows it\n"
    )
    assert result.stdout.endswith(f"\nnot safe: docs → {V1}: 1 breaking, 2 drift, 4 compatible\n")


def test_a_release_that_breaks_exits_1_with_the_payload(release: Release, tmp_path: Path) -> None:
    """A release that is not safe exits 1, with the smallest payload that proves it."""
    result = release("--candidate", changed(tmp_path, NAME, "name: {type: string, minLength: 3}"))

    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].startswith("not safe: docs → ")
    assert result.stdout.splitlines()[:4] == [
        "breaking: request body: a body that was allowed is refused  (oasdiff: request-property-min-length-increased)",
        '  payload   {"name":"0"}',
        "  pin       allows it",
        '  candidate refuses it: "0" is shorter than 3 characters [at name]',
    ]


@pytest.mark.parametrize(("options", "code"), [([], 1), (["--allow-undecided"], 0)], ids=["refused", "let-pass"])
def test_what_is_not_decided_is_not_safe_unless_allowed(
    release: Release, options: list[str], code: int, tmp_path: Path
) -> None:
    """A pattern that may or may not take everything is listed, and passes with --allow-undecided alone."""
    path = changed(tmp_path, NAME, r"name: {type: string, minLength: 1, pattern: '^[\s\S]+$'}")

    result = release("--candidate", path, *options)

    assert result.returncode == code
    assert "not decided: request body: " in result.stdout


def test_the_verdict_for_machines_is_json(release: Release, tmp_path: Path) -> None:
    """With --format json the whole is one JSON text, with oasdiff's names and each proof."""
    path = changed(tmp_path, NAME, "name: {type: string, minLength: 1, maxLength: 5}")

    result = release("--candidate", path, "--format", "json")

    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert (report["verdict"], report["pin"], report["candidate"]) == ("not safe", "docs", path)
    assert report["counts"] == {"breaking": 1, "not decided": 0, "drift": 0, "compatible": 0}
    assert report["changes"] == [
        {
            "kind": "breaking",
            "where": "request body",
            "what": "a body that was allowed is refused",
            "oasdiff": "request-property-max-length-set",
            "proof": {
                "value": {"name": "000000"},
                "reasons": ['"000000" is longer than 5 characters [at name]'],
            },
        }
    ]


def test_github_shows_what_breaks_beside_the_run(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where GitHub Actions runs it, each breaking change is an annotation, too."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    result = release("--candidate", changed(tmp_path, NAME, "name: {type: string, minLength: 2}"))

    (line,) = [line for line in result.stdout.splitlines() if line.startswith("::error ")]
    assert line == '::error title=breaking%3A request body::a body that was allowed is refused: {"name":"0"}'


def test_a_candidate_may_come_on_standard_input() -> None:
    """With - the document is read from standard input."""
    command = [sys.executable, "-m", "contracts", "release", "--candidate", "-"]

    result = subprocess.run(command, input=DOCS, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "safe: docs → standard input: no change")


def test_what_the_documents_say_outlives_an_adoption_that_fails(release: Release, tmp_path: Path) -> None:
    """Where a release cannot be adopted its changes are told all the same."""
    path = changed(tmp_path, TITLE, "title: {type: integer}")

    result = release("--candidate", path, "--adopt", "never-written")

    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].startswith("not safe: docs → ")
    assert "cannot be adopted: no answer 400 can also be as every answer has to be" in result.stderr


def test_a_pin_may_be_a_file_in_which_no_name_stands_twice(release: Release, tmp_path: Path) -> None:
    """The pin is read as strictly as the candidate."""
    path = changed(tmp_path, NAME, f"{NAME}\n        {NAME}")

    result = release("--candidate", V1, "--contract", path)

    assert result.returncode == 2
    assert f"contract {path!r} has the name 'name' twice in one object (line" in result.stderr


def test_a_long_payload_is_shown_by_its_ends(release: Release, tmp_path: Path) -> None:
    """A payload of thousands of characters is shown by its beginning, its end and its size."""
    result = release("--candidate", changed(tmp_path, NAME, "name: {type: string, minLength: 1, maxLength: 70000}"))

    assert result.returncode == 1
    assert "(70,012 characters)" in result.stdout
    assert len(result.stdout) < 1000


def test_a_candidate_may_be_at_an_address(release: Release) -> None:
    """A candidate is fetched from an http address; a query may hold a secret, and is not shown."""
    with served(200, DOCS.encode()) as url:
        result = release("--candidate", f"{url}?key=secret")

    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, f"safe: docs → {url}: no change")


def test_an_address_that_cannot_be_reached_is_no_verdict(release: Release) -> None:
    """Where nothing listens there is no verdict."""
    result = release("--candidate", "http://127.0.0.1:9/openapi.yaml")

    assert result.returncode == 6
    assert result.stderr.startswith("No verdict: http://127.0.0.1:9/openapi.yaml cannot be read")


@pytest.mark.parametrize(
    ("status", "body", "headers", "code", "says"),
    [
        pytest.param(503, b"", {}, 6, "answers 503", id="unavailable"),
        pytest.param(404, b"", {}, 2, "answers 404", id="not-there"),
        pytest.param(302, b"", {"Location": "http://127.0.0.1:9/"}, 2, "not followed", id="redirect"),
        pytest.param(200, b"<html>", {}, 2, "web page", id="html"),
        pytest.param(200, b"a" * 5_000_000, {}, 2, "larger than 4 MiB", id="large"),
    ],
)
def test_an_address_without_a_document(
    release: Release, status: int, body: bytes, headers: dict[str, str], code: int, says: str
) -> None:
    """What answers and has no document is a wrong call; what is out of order is no verdict."""
    with served(status, body, **headers) as url:
        result = release("--candidate", url)

    assert result.returncode == code
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param([], "--candidate", id="no-candidate"),
        pytest.param(["--candidate", V1, "--contract", "v9"], "unknown contract 'v9'", id="no-such-contract"),
        pytest.param(["--candidate", "https://me:secret@example.com/a.yaml"], "user info", id="user-info"),
        pytest.param(["--candidate", V1, "--adopt", "docs"], "exists; choose another name", id="name-taken"),
    ],
)
def test_a_wrong_call_exits_2(release: Release, arguments: list[str], says: str) -> None:
    """A call that cannot be answered exits 2 and says what to give instead."""
    result = release(*arguments)

    assert result.returncode == 2
    assert (result.stdout, says in result.stderr) == ("", True)
    assert "secret" not in result.stderr


@pytest.mark.parametrize(
    ("where", "code"), [("none.yaml", 2), ("http://127.0.0.1:9/openapi.yaml", 6)], ids=["wrong-call", "no-verdict"]
)
def test_a_machine_reads_why_there_is_no_verdict(release: Release, where: str, code: int) -> None:
    """With --format json there is one JSON text in any case; the line for people is on standard error."""
    result = release("--candidate", where, "--format", "json")

    content = json.loads(result.stdout)
    assert (result.returncode, content["verdict"]) == (code, None)
    assert content["stopped"] in result.stderr
    assert result.stderr.count("\n") == 1
