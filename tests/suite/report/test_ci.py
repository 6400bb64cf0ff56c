"""What GitHub Actions shows of a result: the step's summary, and an annotation for each broken promise."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from contracts.report import files
from contracts.report.files import drawn
from contracts.report.terminal import last_line
from contracts.rules.promise import promises
from tests.suite.results import TEST, finding, result
from tests.suite.suite_run import run_suite

ALL = [*promises()]
# What is green, and what is not though no promise was broken.
GREEN = [{}, {"metrics": {"accepted": {"problem.title 0": 1}}}, {"metrics": {"untried": {"status.scope": "no token"}}}]
NOT_GREEN: list[tuple[dict[str, Any], str]] = [
    ({"failed": [TEST]}, "::error title=FAILED 1 test without a broken promise::test_a_name[name-null]"),
    ({"required": {TEST: "no token"}}, "::error title=NOT TRIED%2C though --require-all asks for it::no token"),
    (
        {"by_hand": True},
        "::error title=STOPPED by hand; no broken promise was found before::"
        "STOPPED by hand; no broken promise was found before",
    ),
    ({"stopped": "it: does not answer"}, "::error title=NO VERDICT::it: does not answer"),
    ({"stopped": "no token", "stop_code": 4}, "::error title=WRONG CALL::no token"),
]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("problem_title", "problem&#95;title"),
        ("a & b", "a &#38; b"),
        ("#1", "&#35;1"),
        ("_&#", "&#95;&#38;&#35;"),
        ("&#38;", "&#38;&#35;38;"),
        ("<b>*|`\\", "&#60;b&#62;&#42;&#124;&#96;&#92;"),
        ("one\ntwo", "one two"),
    ],
)
def test_each_special_character_is_escaped_once(text: str, written: str) -> None:
    """What is special in Markdown or HTML is a reference to itself, and no reference is escaped again."""
    assert files._markdown(text) == written
    assert html.unescape(written) == text.replace("\n", " ")


@pytest.mark.parametrize("changes", [{}, *(changes for changes, _ in NOT_GREEN)])
def test_the_heading_is_the_last_line(changes: dict[str, Any]) -> None:
    """The step's summary begins with the verdict as the terminal has it."""
    made = result(tried=ALL, **changes)

    assert html.unescape(drawn("summary.md.j2", made).splitlines()[0]) == f"### {last_line(made)}"


def test_the_table_is_one_that_nothing_breaks_out_of() -> None:
    """Each broken promise is a row of four cells; text of the vendor's is neither Markdown nor HTML."""
    first = finding(actual="a | pipe, <b>, *stars*, `ticks`, \\x1b\nand 100%")
    second = finding(cause="name breaks type")

    (row,) = [line for line in drawn("summary.md.j2", result(first, second)).splitlines() if line.startswith("| **")]

    assert row.count("|") == 5
    assert not re.search(r"<b>|\*stars\*|`|\\", row)
    assert html.unescape(row) == (
        "| **problem.title** The member title is the phrase of its status. | Unprocessable Entity "
        "| a | pipe, <b>, *stars*, `ticks`, \\x1b and 100% | 2 of 32 updates |"
    )


def test_the_summary_says_what_was_sent_and_what_was_not_tried() -> None:
    """Contract, counts, target, updates, time and seed; then what was not tried and why, and how sure the rest is."""
    sent = {"latencies": {"204": {"0": 7}}, "generated": {"any body": 300}}
    untried = {"status.scope": "no token"}
    made = result(tried={*ALL} - {*untried}, metrics=sent | {"untried": untried}, seconds=12.4)

    lines = html.unescape(drawn("summary.md.j2", made)).splitlines()

    assert lines[2] == (
        f"Contract docs: {len(ALL) - 1} kept, 0 broken, 1 not tried (of {len(ALL)}). "
        "https://api.example.org, 7 updates in 12 s, seed 42"
    )
    assert lines[4] == "- not tried: status.scope (no token)"
    assert lines[5].startswith("- none of 300 generated updates broke a promise: ")
    assert not [line for line in lines if line.startswith("|")]


@pytest.mark.parametrize("said", ["one\ntwo", "a::b", "100%0Aset"])
def test_an_annotation_is_one_line(said: str) -> None:
    """An annotation names the promise, and what came cannot begin another workflow command."""
    (line,) = files.error_lines(result(finding(actual=said)))

    assert line.startswith("::error title=problem.title%3A ")
    assert "\n" not in line
    assert said.replace("%", "%25").replace("\n", "%0A") in line


def test_there_is_one_annotation_for_each_broken_promise() -> None:
    """However many causes a promise was broken by, it is one annotation; GitHub shows no more than ten."""
    several = [finding(), finding(cause="name breaks type"), finding("problem.status")]

    assert len([*files.error_lines(result(*several, failed=[TEST]))]) == 2
    assert len([*files.error_lines(result(*map(finding, ALL)))]) == 10


@pytest.mark.parametrize("changes", GREEN, ids=["kept", "accepted", "not-tried"])
def test_a_green_run_has_no_annotation(changes: dict[str, Any]) -> None:
    """Where the run is green nothing is shown as an error."""
    assert [*files.error_lines(result(tried=["status.valid"], **changes))] == []


@pytest.mark.parametrize(
    ("changes", "line"), NOT_GREEN, ids=["failed", "require-all", "by-hand", "no-verdict", "wrong-call"]
)
def test_a_run_that_is_not_green_has_an_annotation(changes: dict[str, Any], line: str) -> None:
    """Where the run is not green though no promise was broken, the annotation is its last line."""
    assert [*files.error_lines(result(tried=["status.valid"], **changes))] == [line]


def test_elsewhere_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of GitHub Actions there is neither an annotation nor a file."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    assert files.github(result(finding())) == []


def test_the_summary_is_added_to_that_of_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others have written into the step's summary stays there."""
    path = tmp_path / "step.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    made = result(finding())

    assert files.github(made) == [*files.error_lines(made)]
    assert path.read_text(encoding="utf-8") == f"before\n{drawn('summary.md.j2', made)}"


def test_a_summary_that_cannot_be_written_changes_no_verdict(tmp_path: Path) -> None:
    """Where the step's summary cannot be written, that is a warning, and the run is as green as before."""
    ran = run_suite("-k", "of_any_script", journal=tmp_path / "j", GITHUB_STEP_SUMMARY=str(tmp_path))

    assert ran.returncode == 0, ran.stdout
    assert "warning        GITHUB_STEP_SUMMARY cannot be written: Is a directory" in ran.stdout
