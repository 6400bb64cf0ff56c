"""What a CI shows of a result: JUnit with a case for each promise, GitHub's step summary and annotations."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts import ci
from contracts.result import Finding, Result
from contracts.rules.promise import promises
from contracts.tally import Tally
from tests.suite.suite_run import run_suite

FINDING = Finding(
    "problem.title",
    "title",
    '"Unprocessable Entity" was expected',
    "a | pipe, <b>, *stars*, `ticks`, \\x1b and 100%",
    3,
    True,
    (9, 1),
    ("tests/contract/test_422.py::test_title[name-empty]",),
    "evidence/one.har",
    layer="exact",
)
RED = Result(
    "http://127.0.0.1:1",
    "docs",
    "7",
    tally=Tally(Counter({"problem.title 422": 4, "status.valid 204": 9})),
    findings=(FINDING,),
)
STOPPED = replace(RED, findings=(), stopped="the target stopped answering")


def cases(result: Result, folder: Path) -> dict[str, ElementTree.Element]:
    """The JUnit cases of a result, by the promise's id."""
    ci.write_junit(result, folder / "promises.xml")
    found = ElementTree.parse(folder / "promises.xml").iter("testcase")
    return {case.attrib["name"].partition(":")[0]: case for case in found}


def test_junit_has_one_case_for_each_promise(tmp_path: Path) -> None:
    """Every promise is a case, named by its sentence and grouped by what it is about."""
    found = cases(RED, tmp_path)

    assert list(found) == list(promises())
    assert found["problem.title"].attrib["name"] == f"problem.title: {promises()['problem.title'].sentence}"
    assert found["problem.title"].attrib["classname"] == "contract.problem"


def test_junit_has_the_violation_in_the_failure(tmp_path: Path) -> None:
    """A broken promise fails, with what was expected, what came and how to see it again; a kept one passes."""
    found = cases(RED, tmp_path)
    failure = found["problem.title"].find("failure")

    assert failure is not None
    assert failure.text is not None
    assert [line.split()[0] for line in failure.text.splitlines()] == ["BROKEN", "expected", "came", "seen", "again"]
    assert not list(found["status.valid"])


def test_junit_skips_what_was_not_tried(tmp_path: Path) -> None:
    """A promise that nothing tried is skipped, with the reason."""
    skipped = cases(RED, tmp_path)["status.scope"].find("skipped")

    assert skipped is not None
    assert skipped.attrib["message"] == "no test that was run tries it"


def test_junit_has_an_error_where_there_is_no_verdict(tmp_path: Path) -> None:
    """A run that was stopped has an error of its own."""
    error = cases(STOPPED, tmp_path)["the run comes to a verdict"].find("error")

    assert error is not None
    assert error.attrib["message"] == "the target stopped answering"


def test_the_step_summary_is_a_table_that_nothing_breaks_out_of() -> None:
    """Each broken promise is a row of four cells; text of the vendor's is neither Markdown nor HTML."""
    (row,) = [line for line in ci.step_summary(RED).splitlines() if line.startswith("| **")]

    assert row.count("|") == 5
    assert "<b>" not in row
    assert "*stars*" not in row


@pytest.mark.parametrize("said", ["one\ntwo", "a::b", "100%0Aset"])
def test_an_annotation_is_one_line(said: str) -> None:
    """An annotation names the promise, and what came cannot begin another workflow command."""
    (line,) = ci.error_lines(replace(RED, findings=(replace(FINDING, actual=said),)))

    assert line.startswith("::error title=problem.title%3A ")
    assert "\n" not in line
    assert said.replace("%", "%25").replace("\n", "%0A") in line


def test_a_run_writes_all_of_it(tmp_path: Path) -> None:
    """A run in GitHub Actions writes the step's summary; --promises-xml writes the cases."""
    told = ["-k", "valid_update", f"--promises-xml={tmp_path / 'p' / 'promises.xml'}"]
    result = run_suite(
        *told, journal=tmp_path / "j", GITHUB_STEP_SUMMARY=str(tmp_path / "step.md"), GITHUB_ACTIONS="true"
    )

    assert result.returncode == 0, result.stdout
    assert "0 broken" in (tmp_path / "step.md").read_text(encoding="utf-8")
    assert len([*ElementTree.parse(tmp_path / "p" / "promises.xml").iter("testcase")]) == len(promises())


def test_a_summary_that_cannot_be_written_changes_no_verdict(tmp_path: Path) -> None:
    """Where the step's summary cannot be written, that is a warning."""
    result: subprocess.CompletedProcess[str] = run_suite(
        "-k", "of_any_script", journal=tmp_path / "j", GITHUB_STEP_SUMMARY=str(tmp_path)
    )

    assert result.returncode == 0, result.stdout
    assert "warning        GITHUB_STEP_SUMMARY cannot be written: " in result.stdout
