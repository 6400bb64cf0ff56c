"""A deployment of a release, held to the pin and to its own document: what it says, what it does, and what not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click import testing

from contracts import deployment
from contracts.__main__ import main
from contracts.candidate import read
from contracts.deployment import by_word
from contracts.errors import NoVerdict
from contracts.report.release import Behaviour
from contracts.report.result import Finding, Result, write
from contracts.rules.document import DOCUMENTS, load
from contracts.vendor.model import Vendor
from tests.suite.forked import python_m
from tests.suite.kills import TOKENS
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT, environment_of, release
from tests.suite.vendors import vendor_named

# Of the contract what these tests are about: a deployment is held to it twice.
SELECTED = {"PYTEST_ADDOPTS": "-k 'published or small_change or absent or json_that_breaks'"}
V1 = str(DOCUMENTS / "v1.yaml")
DOCS = str(DOCUMENTS / "docs.yaml")


Checked = Callable[..., testing.Result]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Checked:
    """What `release` says of this vendor as the deployment of this candidate, in this process; its runs are forked."""
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(deployment, "_ended", lambda command, _: python_m(command[2:], env, ROOT, 180))
    env = environment_of(TOKENS | SELECTED)

    def checked(vendor: Vendor, *arguments: str) -> testing.Result:
        folders = ("--evidence", str(tmp_path / "evidence"), "--journal", str(tmp_path / "journal"))
        with serving(vendor) as server:
            return testing.CliRunner().invoke(main, ["release", "--base-url", server.url, *folders, *arguments])

    return checked


def said(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Standard error, without the lines that a slow machine gets on what is under way."""
    return [line for line in result.stderr.splitlines() if not line.startswith("… ")]


@pytest.fixture
def compatible(tmp_path: Path) -> str:
    """A release like v1, without what breaks who keeps to docs: its errors are never null."""
    path = tmp_path / "compatible.yaml"
    path.write_text(Path(V1).read_text(encoding="utf-8").replace("[array, 'null']", "array"), encoding="utf-8")
    return str(path)


def broken(*promise_ids: str) -> list[Finding]:
    """What a run found broken: these promises."""
    return [Finding(promise, "", "", "documented", "this", "that") for promise in promise_ids]


@pytest.mark.parametrize(
    ("of_pin", "of_own", "words"),
    [
        pytest.param(["problem.members"], [], [Behaviour.SAID], id="said-and-done"),
        pytest.param(["update.stored"], ["update.stored"], [Behaviour.UNSAID], id="done-without-saying"),
        pytest.param([], ["problem.required"], [Behaviour.NOT_DONE], id="said-and-not-done"),
        pytest.param([], [], [], id="as-promised"),
        pytest.param(
            ["problem.members", "update.stored"],
            ["update.stored", "problem.required"],
            [Behaviour.UNSAID, Behaviour.SAID, Behaviour.NOT_DONE],
            id="all-of-them-the-gravest-first",
        ),
    ],
)
def test_what_is_said_and_what_is_done_are_told_apart(
    of_pin: list[str], of_own: list[str], words: list[Behaviour]
) -> None:
    """A promise of the pin that is broken was announced where the release's own document is kept."""
    assert [word for word, _ in by_word(broken(*of_pin), broken(*of_own))] == words


def test_a_release_that_does_what_it_says_is_safe(checked: Checked, compatible: str) -> None:
    """A deployment that behaves as its compatible document says is safe; its drift is seen."""
    result = checked(Vendor(load(compatible)), "--candidate", compatible)

    assert result.exit_code == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1].startswith("safe: docs → ")
    assert "says and does: problem.members: " in result.stdout
    assert "does without saying" not in result.stdout


def test_a_change_that_is_not_announced_is_not_safe(checked: Checked, tmp_path: Path) -> None:
    """A deployment that breaks a promise which its document still makes is not safe; a request of it is named."""
    result = checked(vendor_named("TitleInLowerCase")(load("docs")), "--candidate", DOCS)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("not safe: docs → ")
    assert "behaviour at http://127.0.0.1:" in result.stdout
    assert "does without saying: problem.title: " in result.stdout
    assert "  request   PUT /customers/contract-test-" in result.stdout
    assert list((tmp_path / "evidence" / "release" / "pin").glob("problem.title*.har"))


def test_what_is_announced_and_not_done_is_told(checked: Checked, compatible: str) -> None:
    """A deployment that behaves as before is told apart from its document, and is safe for who keeps to the pin."""
    result = checked(Vendor(load("docs")), "--candidate", compatible)

    assert result.exit_code == 0, result.stdout + result.stderr
    assert "says and does not do: problem.required: " in result.stdout


def test_an_accepted_deviation_makes_no_release_unsafe(checked: Checked, tmp_path: Path) -> None:
    """What somebody has accepted counts as little as in a run, and is told; so is what no test has seen."""
    deviations = tmp_path / "deviations.toml"
    deviations.write_text(
        '[[deviation]]\npromise = "status.schema"\nreason = "Known."\nuntil = 2999-12-31\n'
        '[[deviation]]\npromise = "problem.title"\nreason = "Old."\nuntil = 2999-12-31\n'
    )

    vendor = vendor_named("AcceptsUnknownMembers")(load("docs"))
    result = checked(vendor, "--candidate", DOCS, "--deviations", str(deviations))

    assert result.exit_code == 0, result.stdout + result.stderr
    assert "as promised" in result.stdout
    assert "ACCEPTED until 2999-12-31" in result.stdout
    assert "NOT SEEN in the tests that ran: problem.title" in result.stdout


@pytest.mark.parametrize(
    ("candidate", "code", "verdict", "says"),
    [
        pytest.param(DOCS, 6, "by the documents alone, safe: docs → ", "No verdict: the target does not", id="safe"),
        pytest.param(V1, 1, "by the documents alone, not safe: docs → ", "Nothing is known of the", id="not-safe"),
    ],
)
def test_what_the_documents_say_is_told_of_a_deployment_that_is_dead(
    candidate: str, code: int, verdict: str, says: str, tmp_path: Path
) -> None:
    """A deployment that does not answer gives no verdict, and takes none away."""
    folders = ("--evidence", str(tmp_path / "evidence"), "--journal", str(tmp_path / "journal"))

    result = release("--candidate", candidate, "--base-url", "http://127.0.0.1:9", "--patience", "0.5", *folders)

    assert result.returncode == code
    assert result.stdout.splitlines()[-1].startswith(verdict)
    (line,) = said(result)
    assert line.startswith(says)


def test_the_candidate_may_be_what_the_deployment_serves(checked: Checked) -> None:
    """Without --candidate the document is the one that the deployment serves itself."""
    vendor = Vendor(load("docs"))

    result = checked(vendor)

    last = result.stdout.splitlines()[-1]
    assert last.startswith("safe: docs → http://127.0.0.1:")
    assert last.endswith("/openapi.yaml: no change (the deployment: as promised)")
    assert (result.exit_code, result.stderr) == (0, "")
    assert vendor.customers == {}


def methods(server: RawServer) -> list[str]:
    """The methods of the requests that came, in their order."""
    return [method for method, _ in server.calls]


@pytest.mark.parametrize(
    ("number", "has_come"),
    [
        pytest.param(signal.SIGINT, lambda server: "POST" in methods(server), id="ctrl-c-at-the-beginning"),
        pytest.param(signal.SIGTERM, lambda server: len(server.calls) > 60, id="sigterm-while-it-is-held-to-the-pin"),
        pytest.param(
            signal.SIGINT,
            # The first run has removed its customers.
            lambda server: "DELETE" in methods(server) and methods(server)[-1] == "PUT",
            id="ctrl-c-while-it-is-held-to-its-own-document",
        ),
    ],
)
def test_an_interrupted_check_leaves_no_customer(
    number: signal.Signals, has_come: Callable[[RawServer], bool], tmp_path: Path
) -> None:
    """Ctrl-C and SIGTERM at any moment leave nothing behind, and what the documents say is told."""
    folders = ["--evidence", str(tmp_path / "evidence"), "--journal", str(tmp_path / "journal")]
    with serving(Vendor(load("docs")), delay=0.02) as server:
        command = [sys.executable, "-m", "contracts", "release", "--base-url", server.url, *folders]
        environment = os.environ | TOKENS | SELECTED
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while not has_come(server) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(number)
            printed = process.communicate(timeout=60)[0]

    assert process.returncode == 130
    assert printed.splitlines()[-1].startswith("by the documents alone, safe: docs → ")
    assert server.vendor.customers == {}
    assert [*(tmp_path / "journal").iterdir()] == []


def test_a_red_run_that_names_no_broken_promise_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that failed otherwise, by a fault of the suite say, has kept no promise."""

    def failed(command: Sequence[str], what: str) -> subprocess.CompletedProcess[str]:
        path = Path(command[command.index("--result") + 1])
        path.parent.mkdir(parents=True, exist_ok=True)
        write(Result("http://127.0.0.1:1", "docs", "0", failed=["test_that_failed"]), path)
        return subprocess.CompletedProcess(command, 1, "", "")

    monkeypatch.setattr(deployment, "_ended", failed)

    with pytest.raises(NoVerdict, match="failed without a broken promise: test_that_failed"):
        deployment.observed("docs", read(DOCS), "http://127.0.0.1:1", [], tmp_path, None)


def test_a_wrong_file_of_deviations_is_exit_2(tmp_path: Path) -> None:
    """An unknown promise in the deviations is a wrong call, with its line."""
    deviations = tmp_path / "deviations.toml"
    deviations.write_text('[[deviation]]\npromise = "status.shema"\nreason = "Known."\nuntil = 2999-12-31\n')

    result = release("--candidate", V1, "--deviations", str(deviations))

    assert result.returncode == 2
    assert "deviation 1: unknown promise 'status.shema'" in result.stderr
