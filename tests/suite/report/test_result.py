"""The result of a run: made once, of what pytest's reports carry and of what each process did."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import WrongCall
from contracts.evidence.deviation import Deviations
from contracts.metrics import Metrics
from contracts.report.result import MOST_EVIDENCE, Finding, Result, read, write
from contracts.rules.promise import promises
from tests.suite.results import SEEN, TEST, counted, finding, report, result, seen


def found(made: Result) -> list[tuple[str, str, str]]:
    """By what the findings are told apart."""
    return [finding_.key for finding_ in made.findings]


def files(folder: Path) -> dict[str, str]:
    """The files of evidence, by name."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_what_is_broken_alike_is_one_finding() -> None:
    """What breaks the same promise at the same place in the same circumstance is one finding, with all its tests."""
    collected = result()
    collected.add(report(seen(), seen(), test="a.py::test_one"))
    collected.add(report(seen(), test="a.py::test_two"))

    (merged,) = collected.findings

    assert merged.tests == ["a.py::test_one", "a.py::test_two"]


@pytest.mark.parametrize(
    "other",
    [seen("problem.status"), seen(place="detail"), seen(cause="name breaks type")],
    ids=["promise", "place", "cause"],
)
def test_each_promise_place_and_cause_is_a_finding(other: Finding) -> None:
    """Another promise, another place or another cause is another finding."""
    collected = result()
    collected.add(report(seen(), other))

    assert found(collected) == [seen().key, other.key]


def test_a_report_comes_back_with_its_findings() -> None:
    """What one test has found, the next finds with that test's name first, so that it is not explained again."""
    collected = result()
    collected.add(report(seen(), test="a.py::test_one"))

    ((known, new),) = collected.add(report(seen(), seen(place="x"), test="a.py::test_two"))

    assert [known.place, new.place] == ["title", "x"]
    assert [known.tests[0], new.tests[0]] == ["a.py::test_one", "a.py::test_two"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (seen(size=[11, 15]), seen(size=[2, 15])),
        (seen(size=[2, 20]), seen(size=[2, 15])),
        (seen(repeated=False, size=[1, 1]), seen(size=[11, 15])),
        (seen(repeated=None, size=[1, 1]), seen(size=[11, 15])),
        (seen(repeated=False, size=[1, 1]), seen(repeated=None, size=[11, 15])),
    ],
    ids=["smaller-body", "shorter-path", "seen-again-not-once", "seen-again-not-untried", "untried-not-seen-once"],
)
@pytest.mark.parametrize("turned", [False, True], ids=["best-last", "best-first"])
def test_a_finding_is_shown_by_its_best_request(first: Finding, second: Finding, turned: bool, tmp_path: Path) -> None:
    """Seen again before seen once, then the smallest: that one is shown, and its evidence is in the one file."""
    worse, better = replace(first, har="worse"), replace(second, har="better")
    collected = result(evidence=str(tmp_path / "e"))
    for candidate in (better, worse) if turned else (worse, better):
        collected.add(report(candidate))

    (shown,) = collected.findings

    assert (shown.har, shown.size, shown.repeated) == ("better", better.size, better.repeated)
    assert shown.evidence == str(tmp_path / "e" / "problem.title.har")
    assert files(tmp_path / "e") == {"problem.title.har": "better"}


def test_what_comes_without_its_evidence_is_not_shown(tmp_path: Path) -> None:
    """A process that has sent a better finding sends the others without evidence: they count, and show nothing."""
    collected = result(evidence=str(tmp_path / "e"))
    collected.add(report(seen(), test="a.py::test_one"))
    collected.add(report(seen(size=[1, 1], har=""), test="a.py::test_two"))

    (shown,) = collected.findings

    assert shown.size == SEEN.size
    assert shown.tests == ["a.py::test_one", "a.py::test_two"]
    assert files(tmp_path / "e") == {"problem.title.har": "{}"}


def test_files_are_named_by_the_promise(tmp_path: Path) -> None:
    """The first cause of a promise is in the file with its name, each further one has a number."""
    collected = result(evidence=str(tmp_path / "e"))
    collected.add(report(seen(cause="one"), seen("problem.status"), seen(cause="two"), seen(cause="three")))

    assert [Path(finding_.evidence).name for finding_ in collected.findings] == [
        "problem.title.har",
        "problem.status.har",
        "problem.title-2.har",
        "problem.title-3.har",
    ]


def test_a_sixth_cause_is_other_circumstances(tmp_path: Path) -> None:
    """Five causes of one promise at one place are told apart; whatever else breaks it there is one more finding."""
    collected = result(evidence=str(tmp_path / "e"))
    for number in range(1, 9):
        collected.add(report(seen(cause=f"cause {number}", har=str(number))))
    collected.add(report(seen(cause="cause 3")))
    collected.add(report(seen(cause="cause 1", place="elsewhere")))

    assert [cause for _, _, cause in found(collected)] == [
        *("cause 1", "cause 2", "cause 3", "cause 4", "cause 5"),
        "other circumstances",
        "cause 1",
    ]
    assert files(tmp_path / "e")["problem.title-6.har"] == "6"


def test_no_more_than_twenty_files_are_kept(tmp_path: Path) -> None:
    """The 21st finding has no file; that of an earlier one is still written over by what shows it better."""
    collected = result(evidence=str(tmp_path / "e"))
    collected.add(report(*(seen(place=f"member-{number}") for number in range(23))))
    collected.add(report(seen(place="member-7", size=[1, 1], har="better")))

    kept = [finding_.evidence for finding_ in collected.findings]

    assert MOST_EVIDENCE == 20
    assert kept[20:] == ["", "", ""]
    assert sorted(kept[:20]) == sorted(map(str, (tmp_path / "e").iterdir()))
    assert files(tmp_path / "e")["problem.title-8.har"] == "better"


def test_a_folder_that_cannot_be_written_is_the_reason(tmp_path: Path) -> None:
    """Where no evidence can be written the findings stay, and the result says why they have no file."""
    (tmp_path / "e").write_text("a file where the folder should be")
    collected = result(evidence=str(tmp_path / "e"))
    collected.add(report(seen(), seen("problem.status")))

    assert [finding_.evidence for finding_ in collected.findings] == ["", ""]
    assert collected.no_evidence == f"{tmp_path / 'e'} cannot be written: File exists"
    assert collected.metrics.warnings == [collected.no_evidence]


def test_evidence_that_cannot_be_written_over_is_nobody_elses_file(tmp_path: Path) -> None:
    """Where a file is lost its finding says so, and no later finding is put into the file of another."""
    collected = result(evidence=str(tmp_path / "e"))
    collected.add(report(seen(cause="one", har="one"), seen(cause="two", har="two")))
    (tmp_path / "e" / "problem.title.har").unlink()
    (tmp_path / "e" / "problem.title.har").mkdir()
    collected.add(report(seen(cause="one", size=[1, 1], har="one")))
    (tmp_path / "e" / "problem.title.har").rmdir()
    collected.add(report(seen(cause="three", har="three")))

    kept = {finding_.cause: finding_.evidence for finding_ in collected.findings}

    assert kept["one"] == ""
    assert {cause: Path(kept[cause]).read_text() for cause in ("two", "three")} == {"two": "two", "three": "three"}


@pytest.mark.parametrize(
    ("repeated", "goes"),
    [
        ([False], True),
        ([None], False),
        ([True], False),
        ([True, False], False),
        ([True, False, False], True),
        ([True, True, False, False], False),
    ],
    ids=["never-again", "not-tried-again", "again", "as-often-as-not", "mostly-not", "twice-and-twice-not"],
)
def test_what_is_mostly_not_seen_again_comes_and_goes(repeated: list[bool | None], goes: bool) -> None:
    """Whether a finding comes and goes is told by how often it was seen again when it was tried again alone."""
    collected = result()
    for seen_again in repeated:
        collected.add(report(seen(repeated=seen_again)))
    collected.finish(Deviations())

    (made,) = collected.findings

    assert made.comes_and_goes is goes


def test_what_comes_and_goes_is_told_by_the_promise_as_a_whole() -> None:
    """A fault that comes and goes may be seen again once in one of its circumstances; a sure one is not doubted."""
    collected = result()
    by_chance = [seen(cause=f"cause {number}", repeated=number == 1) for number in range(1, 5)]
    surely = [seen("problem.status", cause="sure"), seen("problem.status", cause="sure")]
    beside = [seen("problem.status", cause=f"cause {number}", repeated=False) for number in range(3)]
    collected.add(report(*by_chance, *surely, *beside))
    collected.finish(Deviations())

    goes = {finding_.key[::2]: finding_.comes_and_goes for finding_ in collected.findings}

    assert [goes["problem.title", f"cause {number}"] for number in range(1, 5)] == [True, True, True, True]
    assert not goes["problem.status", "sure"]


def test_a_finding_says_how_many_updates_broke_its_promise() -> None:
    """The rate is that of the promise, of all updates that put it to the test in any process."""
    collected = result()
    collected.add(report(seen(repeated=False), seen("problem.status")))
    for _ in range(2):
        collected.metrics.add(counted("problem.title", "problem.status", broken={"problem.title": 1}))
    collected.metrics.add(counted("problem.title"))
    collected.finish(Deviations())

    title, status = collected.findings

    assert (title.broke, title.tried, title.seen) == (2, 3, "comes and goes: 2 of 3 updates")
    assert (status.broke, status.tried, status.seen) == (1, 2, "1 of 2 updates")


def test_evidence_knows_in_the_end_how_often_it_was_seen(tmp_path: Path) -> None:
    """The rate in a file is that of the whole run, and not what was known when it was written first."""
    har = '{"log": {"_contract": {"promise": "problem.title", "broke": 0, "tried": 0}}}'
    collected = result(evidence=str(tmp_path / "e"))
    collected.add(report(seen(har=har)))
    for _ in range(3):
        collected.metrics.add(counted("problem.title", broken={"problem.title": 1}))
    collected.metrics.add(counted("problem.title"))

    collected.finish(Deviations())

    own = json.loads(files(tmp_path / "e")["problem.title.har"])["log"]["_contract"]
    assert own == {"promise": "problem.title", "broke": 3, "tried": 4, "seen_once": False}


@pytest.mark.parametrize("of_other_runs", [False, True], ids=["alone", "beside-another-run-s"])
def test_all_evidence_of_a_run_is_sent_again_and_no_other(tmp_path: Path, of_other_runs: bool) -> None:
    """To see everything again, the folder is enough if it has no file of another run; else the files are named."""
    har, collected = '{"log": {"_contract": {}}}', result(evidence=str(tmp_path))
    for promise in ("problem.title", "problem.status"):
        collected.add(report(seen(promise, har=har)))
    if of_other_runs:
        (tmp_path / "update.stored.har").write_text(har)

    collected.finish(Deviations())

    files_ = [str(tmp_path / "problem.status.har"), str(tmp_path / "problem.title.har")]
    assert collected.to_replay == (files_ if of_other_runs else [str(tmp_path)])


def test_what_failed_without_a_broken_promise_is_kept_apart() -> None:
    """A test that failed otherwise is named once; one that had to be tried has a reason; a skipped one did not run."""
    made = result()
    made.add(report(test="a.py::test_one", failed=True))
    made.add(report(test="a.py::test_one", failed=True))
    made.add(report(test="a.py::test_two", required="no token"))
    made.add(report(test="a.py::test_three", judged=True))
    made.add(report(seen(), test="a.py::test_four"))
    made.add(report(test="a.py::test_five", skipped="no time"))
    made.add(report(test="a.py::test_six", skipped="no time"))

    assert made.failed == ["a.py::test_one"]
    assert made.required == {"a.py::test_two": "no token"}
    assert made.not_literal == 1
    assert made.skipped == {"no time": 2}
    assert made.tests == [f"a.py::test_{number}" for number in ("one", "three", "four")]


def test_why_a_run_was_stopped_is_said_once() -> None:
    """Several processes that stop for one reason give it once; a wrong call outranks that nothing answered."""
    made = result()
    for reason, code in [("it does not answer", 6), ("it does not answer", 6), ("the token is refused", 4)]:
        made.stop(reason, code)

    assert (made.stopped, made.code) == ("it does not answer; the token is refused", 4)


def test_what_several_processes_say_is_told_once() -> None:
    """A warning of two workers is one, and so is the reason why they stopped, though each counts for itself."""
    made = result()
    for count in (9, 3):
        made.metrics.add({"warnings": ["the Redis does not answer"]})
        made.stop(f"it stopped answering; patience ended (--patience 1 s, {count} interruptions)")

    assert made.metrics.warnings == ["the Redis does not answer"]
    assert made.stopped == "it stopped answering; patience ended (--patience 1 s, 9 interruptions)"


BROKEN, FAILED = {"findings": [finding()]}, {"failed": [TEST]}
REQUIRED, BY_HAND = {"required": {TEST: "no token"}}, {"by_hand": True}
STOPPED, WRONG = {"stopped": "it does not answer"}, {"stopped": "the token is refused", "stop_code": 4}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({}, 0, id="kept"),
        pytest.param(BROKEN, 1, id="broken"),
        pytest.param(FAILED, 1, id="failed"),
        pytest.param(REQUIRED, 1, id="required"),
        pytest.param(BY_HAND, 2, id="by-hand"),
        pytest.param(STOPPED, 6, id="stopped"),
        pytest.param(WRONG, 4, id="wrong-call"),
        pytest.param({"metrics": Metrics()}, 6, id="nothing-tried"),
        pytest.param({"metrics": Metrics(accepted={"problem.title 0": 1})}, 0, id="only-as-accepted"),
        pytest.param(BROKEN | BY_HAND, 1, id="broken-and-by-hand"),
        pytest.param(BROKEN | STOPPED, 1, id="broken-and-stopped"),
        pytest.param(FAILED | STOPPED, 1, id="failed-and-stopped"),
        pytest.param(REQUIRED | BY_HAND, 1, id="required-and-by-hand"),
        pytest.param(BY_HAND | STOPPED, 2, id="by-hand-and-stopped"),
        pytest.param(BROKEN | REQUIRED | BY_HAND | WRONG, 4, id="wrong-call-outranks-all"),
    ],
)
def test_a_result_is_an_exit_code(changes: dict[str, object], code: int) -> None:
    """Broken outranks what happened later, a wrong call outranks all, and nothing that was tried is not green."""
    assert replace(result(tried=["status.valid"]), **changes).code == code  # type: ignore[arg-type]


def test_every_promise_came_out_in_one_way() -> None:
    """A promise is broken, broken as accepted, kept, or not tried: broken outranks what was accepted of it."""
    accepted = {"problem.title 0": 2, "problem.title 1": 1, "problem.status 0": 4}
    made = result(finding("problem.status"), tried=["status.valid", "problem.title"], metrics={"accepted": accepted})

    outcomes = Counter(outcome for outcome, _ in made.outcomes.values())

    assert outcomes == {"broken": 1, "broken as accepted": 1, "kept": 1, "not tried": len(promises()) - 3}
    assert made.outcomes["problem.status"] == ("broken", "")
    assert made.outcomes["problem.title"] == ("broken as accepted", "3 times")
    assert made.ended["kept"] == ["status.valid"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "not tried: no answer decided it"),
        ({"metrics": {"untried": {"status.scope": "no token"}}}, "not tried: no token"),
        ({"stopped": "it does not answer"}, "not tried: the run ended first"),
        ({"by_hand": True}, "not tried: the run ended first"),
        ({"cut_short": True}, "not tried: the run ended first"),
        ({"selected": False}, "not selected: no selected test tries it"),
    ],
    ids=["no-answer", "reason", "stopped", "by-hand", "after-x", "not-selected"],
)
def test_what_was_not_tried_has_a_reason(changes: dict[str, object], reason: str) -> None:
    """A promise that nothing put to the test says why."""
    assert ": ".join(result(tried=["status.valid"], **changes).outcomes["status.scope"]) == reason


def test_what_was_not_selected_is_not_listed() -> None:
    """Where some tests were chosen, only what they could not try is listed: the others are nobody's question."""
    untried = {"status.scope": "no token", "update.stored": "no reading"}

    assert result(metrics={"untried": untried}, selected=False).not_tried == {}
    assert result(metrics={"untried": untried}, selected=False, skipped={"no token": 4}).not_tried == {
        "no token": ["status.scope"]
    }
    assert list(result(metrics={"untried": untried}).not_tried) == [
        "no answer decided it",
        "no token",
        "no reading",
    ]


def test_groups_come_in_the_order_in_which_they_were_found(tmp_path: Path) -> None:
    """What was broken is told by promise: of each first what was found first, which has the file without a number."""
    made = result(evidence=str(tmp_path))
    made.add(report(seen(cause="rare"), seen("status.schema"), test="a"))
    made.add(report(seen(cause="often"), test="b"))
    made.add(report(seen(cause="often"), test="c"))

    groups = made.groups

    assert {promise: [finding_.cause for finding_ in group] for promise, group in groups.items()} == {
        "problem.title": ["rare", "often"],
        "status.schema": ["name breaks minLength"],
    }
    assert groups["problem.title"][0].evidence == str(tmp_path / "problem.title.har")


def test_a_result_goes_through_a_file(tmp_path: Path) -> None:
    """What is written for another process is read as the same; evidence has files of its own."""
    shown = finding(har="", also=["detail"], evidence="evidence/problem.title.har", comes_and_goes=True)
    made = result(
        shown,
        tried=["status.valid"],
        metrics=counted(left=["contract-test-1"], accepted={"problem.title 0": 1}, warnings=["the disk is full"]),
        tests=[TEST],
        failed=[TEST],
        required={TEST: "no token"},
        skipped={"no token": 1},
        started=1000.0,
    )

    write(replace(made, findings=[replace(shown, har="{}")]), tmp_path / "r" / "it.json")

    assert read(tmp_path / "r" / "it.json") == made


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"findings": [{}]}', '{"findings": 1}', '{"findings": [], "metrics": []}'],
)
def test_what_is_no_result_is_a_wrong_call(text: str, tmp_path: Path) -> None:
    """A file that holds no result is refused in one line."""
    (tmp_path / "result.json").write_text(text)

    with pytest.raises(WrongCall, match=r"result\.json has no result of a run: [^\n]*$"):
        read(tmp_path / "result.json")


def test_a_finding_goes_from_process_to_process() -> None:
    """What a report carries as plain data is the same finding on the other side, whatever serialized it."""
    original = seen(also=["detail", "status"], repeated=False)

    assert Finding(**json.loads(json.dumps(vars(original)))) == original
