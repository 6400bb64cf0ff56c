"""JUnit with a case for each promise: what a CI that shows such files sees of a result."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts.report import files
from contracts.report.result import Result
from contracts.rules.promise import promises
from tests.suite.results import TEST, finding, result
from tests.suite.suite_run import run_suite

VERDICT = "the run comes to a verdict"


def suite(made: Result, folder: Path) -> ElementTree.Element:
    """The suite in the file of a result."""
    files.write_junit(made, folder / "p" / "promises.xml")
    return ElementTree.parse(folder / "p" / "promises.xml").getroot()[0]


def cases(made: Result, folder: Path) -> dict[str, ElementTree.Element]:
    """The cases of a result, by the promise's id."""
    return {case.attrib["name"].partition(":")[0]: case for case in suite(made, folder)}


def test_there_is_one_case_for_each_promise(tmp_path: Path) -> None:
    """Every promise is a case, named by its sentence and grouped by what it is about; the last case is the verdict."""
    found = cases(result(finding()), tmp_path)

    assert list(found) == [*promises(), VERDICT]
    assert found["problem.title"].attrib["name"] == f"problem.title: {promises()['problem.title'].sentence}"
    assert found["problem.title"].attrib["classname"] == "contract.problem"


def test_a_broken_promise_fails_with_all_that_is_told_of_it(tmp_path: Path) -> None:
    """A broken promise fails, with what was expected, what came and how to see it again; a kept one passes."""
    found = cases(result(finding(evidence="evidence/one.har"), tried=["status.valid"]), tmp_path)
    failure = found["problem.title"].find("failure")

    assert failure is not None
    assert failure.attrib["message"] == 'expected Unprocessable Entity, came "Unprocessable Content"'
    assert [line.split()[0] for line in (failure.text or "").splitlines()] == [
        *("BROKEN", "expected", "came", "request", "answer", "when", "seen", "tests", "again")
    ]
    assert not list(found["status.valid"])
    assert not list(found[VERDICT])


def test_what_was_not_tried_is_skipped(tmp_path: Path) -> None:
    """A promise that nothing tried is skipped with the reason, and so is one that is broken as accepted."""
    made = result(
        tried=["status.valid"],
        metrics={"untried": {"status.scope": "no token"}, "accepted": {"problem.title 0": 2}},
    )
    found = cases(made, tmp_path)

    skipped = {
        promise: [element.attrib["message"] for element in found[promise]]
        for promise in ("status.scope", "problem.title")
    }

    assert skipped == {"status.scope": ["not tried: no token"], "problem.title": ["broken as accepted: 2 times"]}


@pytest.mark.parametrize(
    ("changes", "tag", "message"),
    [
        ({"failed": [TEST]}, "failure", "FAILED 1 test without a broken promise: test_a_name[name-null]"),
        ({"required": {TEST: "no token"}}, "failure", "NOT TRIED, though --require-all asks for it: no token"),
        ({"by_hand": True}, "error", "STOPPED by hand; no broken promise was found before"),
        ({"stopped": "it does not answer"}, "error", "NO VERDICT: it does not answer"),
        ({"stopped": "the token is refused", "stop_code": 4}, "error", "WRONG CALL: the token is refused"),
    ],
    ids=["failed", "require-all", "by-hand", "no-verdict", "wrong-call"],
)
def test_a_run_that_is_not_green_has_a_case_that_says_so(
    changes: dict[str, object], tag: str, message: str, tmp_path: Path
) -> None:
    """Where no promise was broken the verdict fails with the last line, or is an error where there is none."""
    (element,) = cases(result(tried=["status.valid"], **changes), tmp_path)[VERDICT]

    assert (element.tag, element.attrib["message"]) == (tag, message)


def test_failures_are_broken_promises(tmp_path: Path) -> None:
    """However many causes a promise was broken by, the failures that are counted are the broken promises."""
    found = [finding(), finding(cause="name breaks type"), finding("problem.status")]

    made = suite(result(*found, tried=["status.valid"], failed=[TEST], stopped="it does not answer"), tmp_path)

    total = len(promises())
    counted = {name: int(made.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": total + 1, "failures": 2, "errors": 0, "skipped": total - 3}


def test_what_xml_cannot_hold_is_left_out(tmp_path: Path) -> None:
    """Whatever a vendor says, the file can be read."""
    garbled = finding(actual="a\x00b\x1bc\ud800d\ufffee\U0001f600<&>")

    (failure,) = cases(result(garbled), tmp_path)["problem.title"]

    assert failure.attrib["message"].endswith("came abcde\U0001f600<&>")


def test_a_run_writes_it(tmp_path: Path) -> None:
    """--promises-xml writes the cases of a run, into a folder that it makes."""
    path = tmp_path / "p" / "promises.xml"
    ran = run_suite("-k", "of_any_script", f"--promises-xml={path}", journal=tmp_path / "j")

    assert ran.returncode == 0, ran.stdout
    assert len([*ElementTree.parse(path).iter("testcase")]) == len(promises()) + 1
