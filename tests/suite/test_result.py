"""The result of a run: plain data, that several processes make one of."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.result import Finding, Result, drop_spare_evidence, from_json, merged, to_json

from contracts.errors import WrongCall
from contracts.rules.promise import promises
from contracts.tally import Tally

FINDING = Finding("status.schema", "HTTP status 204", "422", "204", 2, True, (9, 1), ("a::b[c]",), "evidence/one.har")
RESULT = Result(
    base_url="http://127.0.0.1:1",
    contract="docs",
    seed="7",
    exchanges=10,
    updates=6,
    statuses={"204": 4, "422": 2},
    left=("contract-test-1",),
    tally=Tally(Counter({"status.valid 204": 3, "status.schema 422": 1}), Counter({"status.schema 204": 1})),
    started=1000.0,
    interrupted=((1001.5, "the connection was refused"),),
    untried={"status.scope": "no token", "the shape of a 500": "it cannot be provoked"},
    findings=(FINDING,),
    accepted={"problem.title 0": 1},
    tests=frozenset({"a::b[c]"}),
    warnings=("the disk is full",),
)


def test_a_result_goes_through_json() -> None:
    """What is written as JSON is read as the same."""
    assert from_json(to_json(RESULT)) == RESULT


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"findings": [{}]}', '{"findings": 1}', "null"])
def test_what_is_no_result_is_a_wrong_call(text: str) -> None:
    """JSON that holds no result is refused in one line."""
    with pytest.raises(WrongCall, match=r"^it holds no result of a run: [^\n]*$"):
        from_json(text)


def test_parts_add_up() -> None:
    """Of the parts of a run what was counted is summed up, and what any of them tried was tried."""
    other = replace(
        RESULT,
        tally=Tally(Counter({"status.scope 403": 2, "status.valid 204": 1})),
        left=(),
        untried={},
        seed="8",
    )

    whole = merged([RESULT, other])

    assert (whole.exchanges, whole.updates, whole.statuses) == (20, 12, {"204": 8, "422": 4})
    assert whole.kept == ["status.valid", "status.scope"]
    assert "status.scope" not in whole.not_tried
    assert whole.tally.rules == {"status.valid 204": 4, "status.schema 422": 1, "status.scope 403": 2}
    assert list(whole.not_tried)[-1] == "the shape of a 500"
    assert (whole.left, whole.seed, whole.accepted) == (("contract-test-1",), "7, 8", {"problem.title 0": 2})
    assert whole.warnings == ("the disk is full",)


def test_what_parts_found_alike_is_shown_by_the_best_of_it() -> None:
    """Of the same finding in several parts one is shown: seen again before seen once, then the smallest."""
    once = replace(FINDING, repeated=False, size=(1, 1), evidence="once.har", tests=("a::d",))
    small = replace(FINDING, size=(2, 1), count=1, evidence="small.har")
    parts = [replace(RESULT, findings=(finding,)) for finding in (once, FINDING, small)]

    (found,) = merged(parts).findings

    assert (found.evidence, found.count, found.tests) == ("small.har", 5, ("a::d", "a::b[c]"))


def test_evidence_that_is_shown_better_elsewhere_is_dropped(tmp_path: Path) -> None:
    """Of the files of one finding only the one that shows it best stays."""
    paths = [tmp_path / "one.har", tmp_path / "two.har"]
    for path in paths:
        path.write_text("{}")
    parts = [
        replace(RESULT, findings=(replace(FINDING, evidence=str(path), size=(place, 1)),))
        for place, path in enumerate(paths)
    ]

    drop_spare_evidence(parts, merged(parts))

    assert [path.exists() for path in paths] == [True, False]


def test_what_is_accepted_is_not_kept() -> None:
    """A promise that is broken as somebody has accepted counts neither as kept nor as broken."""
    tally = Tally(Counter({"problem.title 422": 3, "problem.status 422": 3}))
    result = replace(RESULT, findings=(), tally=tally, accepted={"problem.title 0": 2, "problem.title 1": 1})

    assert result.deviating == {"problem.title": 3}
    assert result.kept == ["problem.status"]


def test_a_finding_without_a_file_is_no_file_to_drop(tmp_path: Path) -> None:
    """Where one worker could write no evidence, that of the other stays."""
    kept = tmp_path / "one.har"
    kept.write_text("{}")
    parts = [replace(RESULT, findings=(replace(FINDING, evidence=name),)) for name in (str(kept), "")]

    drop_spare_evidence(parts, merged(parts))

    assert kept.exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({}, 1, id="broken"),
        pytest.param({"findings": ()}, 0, id="kept"),
        pytest.param({"findings": (), "tally": Tally()}, 6, id="nothing-tried"),
        pytest.param({"stopped": "it does not answer"}, 6, id="stopped"),
        pytest.param({"stopped": "the token is refused", "stop_code": 4}, 4, id="wrong-call"),
    ],
)
def test_a_result_is_a_verdict(changes: dict[str, object], code: int) -> None:
    """The exit code: what was stopped has no verdict, whatever it had found; nothing that was tried is not green."""
    assert replace(RESULT, **changes).code == code  # type: ignore[arg-type]


def test_groups_come_in_the_order_in_which_they_were_found() -> None:
    """What was broken is told by rule: the rule found first at first, and of each the place found most often."""
    often = replace(FINDING, rule="problem.title", place="title", count=5)
    rare = replace(often, place="elsewhere", count=1)

    groups = replace(RESULT, findings=(FINDING, rare, often)).groups

    assert list(groups) == ["status.schema", "problem.title"]
    assert groups["problem.title"] == [often, rare]
    assert set(groups) <= set(promises())
