"""A deployment of a release, held to the pin and to its own document: what it says, what it does, and what not."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from contracts.release.behaviour import Word, compared
from contracts.result import Finding
from contracts.rules.document import DOCUMENTS, load
from contracts.vendor import Vendor
from tests.suite.served import serving
from tests.suite.suite_run import release
from tests.suite.vendors import vendor_named

V1 = str(DOCUMENTS / "v1.yaml")
DOCS = str(DOCUMENTS / "docs.yaml")


def checked(vendor: Vendor, candidate: str, folder: Path, *arguments: str) -> CompletedProcess[str]:
    """What `release` says of this vendor as the deployment of this candidate."""
    with serving(vendor) as server:
        folders = ("--evidence", str(folder / "evidence"), "--journal", str(folder / "journal"))
        return release("--candidate", candidate, "--base-url", server.url, *folders, *arguments)


@pytest.fixture
def compatible(tmp_path: Path) -> str:
    """A release like v1, without what breaks who keeps to docs: its errors are never null."""
    path = tmp_path / "compatible.yaml"
    path.write_text(Path(V1).read_text(encoding="utf-8").replace("[array, 'null']", "array"), encoding="utf-8")
    return str(path)


def broken(*rules: str) -> list[Finding]:
    """What a run found broken: these rules."""
    return [Finding(rule, "", "this", "that", 1, repeated=True, size=(1, 1), tests=()) for rule in rules]


@pytest.mark.parametrize(
    ("of_pin", "of_own", "words"),
    [
        pytest.param(["problem.members"], [], [Word.SAID], id="said-and-done"),
        pytest.param(["update.stored"], ["update.stored"], [Word.UNSAID], id="done-without-saying"),
        pytest.param([], ["problem.required"], [Word.NOT_DONE], id="said-and-not-done"),
        pytest.param([], [], [], id="as-promised"),
        pytest.param(
            ["problem.members", "update.stored"],
            ["update.stored", "problem.required"],
            [Word.UNSAID, Word.SAID, Word.NOT_DONE],
            id="all-of-them-the-gravest-first",
        ),
    ],
)
def test_what_is_said_and_what_is_done_are_told_apart(of_pin: list[str], of_own: list[str], words: list[Word]) -> None:
    """A promise of the pin that is broken was announced where the release's own document is kept."""
    assert [one.word for one in compared(broken(*of_pin), broken(*of_own))] == words


def test_a_release_that_does_what_it_says_is_safe(compatible: str, tmp_path: Path) -> None:
    """A deployment that behaves as its compatible document says is safe; its drift is seen, and answers that differ."""
    result = checked(Vendor(load(compatible)), compatible, tmp_path)

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("safe: docs → ")
    assert "says and does: problem.members: " in result.stdout
    assert "does without saying" not in result.stdout
    assert "answers that differ from those of the pin's mock: " in result.stdout


def test_a_change_that_is_not_announced_is_not_safe(tmp_path: Path) -> None:
    """A deployment that breaks a promise which its document still makes is not safe, and the evidence is named."""
    result = checked(vendor_named("TrimsNames")(load("docs")), DOCS, tmp_path)

    assert result.returncode == 1
    assert result.stdout.startswith("not safe: docs → ")
    assert "behaviour at http://127.0.0.1:" in result.stdout
    assert "does without saying: update.stored: " in result.stdout
    assert list((tmp_path / "evidence" / "release" / "pin").glob("update.stored*.har"))


def test_what_is_announced_and_not_done_is_told(compatible: str, tmp_path: Path) -> None:
    """A deployment that behaves as before is told apart from its document, and is safe for who keeps to the pin."""
    result = checked(Vendor(load("docs")), compatible, tmp_path)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "says and does not do: problem.required: " in result.stdout


def test_an_accepted_deviation_makes_no_release_unsafe(tmp_path: Path) -> None:
    """What somebody has accepted counts in the release check as little as in a run."""
    deviations = tmp_path / "deviations.toml"
    deviations.write_text('[[deviation]]\nrule = "status.schema"\nreason = "Known."\nuntil = 2999-12-31\n')

    result = checked(
        vendor_named("AcceptsUnknownMembers")(load("docs")), DOCS, tmp_path, "--deviations", str(deviations)
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert "as promised" in result.stdout


def test_a_deployment_that_does_not_answer_gives_no_verdict(tmp_path: Path) -> None:
    """An unreachable deployment is one line and exit 6."""
    folders = ("--evidence", str(tmp_path / "evidence"), "--journal", str(tmp_path / "journal"))

    result = release("--candidate", V1, "--base-url", "http://127.0.0.1:9", "--patience", "0.5", *folders)

    assert result.returncode == 6
    assert result.stderr.startswith("No verdict: the target does not answer")
    assert result.stderr.count("\n") == 1


def test_a_wrong_file_of_deviations_is_exit_2(tmp_path: Path) -> None:
    """An unknown rule in the deviations is a wrong call, with its line."""
    deviations = tmp_path / "deviations.toml"
    deviations.write_text('[[deviation]]\nrule = "status.shema"\nreason = "Known."\nuntil = 2999-12-31\n')

    result = release("--candidate", V1, "--deviations", str(deviations))

    assert result.returncode == 2
    assert "line 2: unknown rule 'status.shema'" in result.stderr
