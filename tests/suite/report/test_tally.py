"""The tally: what was tried and what came of it, counted."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from contracts.http.exchange import Exchange, Response, update
from contracts.rules.oracle import Prediction
from contracts.rules.promise import promises
from contracts.tally import Tally, quantiles, summed, tally_of

REFUSED = Prediction((promises()["status.schema"],), frozenset({422}))


def came(status: int | None, seconds: float = 0.0) -> Exchange:
    """An update that was answered with this status, or not at all."""
    response = None if status is None else Response(status, (), b"", b"")
    return Exchange(update("acme", b"{}"), response, seconds=seconds)


def test_what_an_answer_put_to_the_test_is_counted_by_its_status() -> None:
    """Each promise that an answer put to the test counts once under its status; no answer as none."""
    tally = Tally()
    tally.tried(["status.schema", "problem.title"], 422)
    tally.tried(["status.schema"], 422)
    tally.tried(["answer.given"], None)

    assert tally.rules == {"status.schema 422": 2, "problem.title 422": 1, "answer.given none": 1}


def test_answers_are_counted_by_circumstance() -> None:
    """An answer is counted by the promise that is to blame, and by its status; no answer as none."""
    tally = Tally()
    tally.answered(came(422), REFUSED)
    tally.answered(came(422), REFUSED)
    tally.answered(came(None), REFUSED)

    assert tally.answers == {"status.schema 422": 2, "status.schema none": 1}


@pytest.mark.parametrize(
    ("status", "prediction", "wrong"),
    [
        (422, REFUSED, 0),
        (204, REFUSED, 1),
        (None, REFUSED, 1),
        (None, Prediction((promises()["status.size"],), frozenset({413}), may_break=True), 0),
    ],
    ids=["allowed", "not-allowed", "no-answer", "no-answer-that-may-break"],
)
def test_what_nothing_allows_is_counted_as_wrong(status: int | None, prediction: Prediction, wrong: int) -> None:
    """Of the answers those are wrong that nothing allows, and no answer where the connection may not break."""
    tally = Tally()
    tally.answered(came(status), prediction)

    assert tally.wrong.total() == wrong
    assert tally.answers.total() == 1


def test_quantiles_are_those_of_the_steps() -> None:
    """Of 100 answers the 50th, 95th and 99th tell p50, p95 and p99, each within the width of a step."""
    tally = Tally()
    for hundredth in range(1, 101):
        tally.answered(came(422, hundredth / 100), REFUSED)

    ((status, count, *found),) = quantiles(tally)

    assert (status, count) == ("422", 100)
    assert found == pytest.approx([0.5, 0.95, 0.99], rel=0.07)


def test_quantiles_are_told_for_each_status() -> None:
    """Each status has its own latencies, and those of what got no answer are apart."""
    tally = Tally()
    for status, seconds in [(204, 0.01), (422, 1.0), (None, 10.0)]:
        tally.answered(came(status, seconds), REFUSED)

    assert [(status, count) for status, count, *_ in quantiles(tally)] == [("204", 1), ("422", 1), ("none", 1)]
    assert [p50 for _, _, p50, _, _ in quantiles(tally)] == pytest.approx([0.01, 1.0, 10.0], rel=0.07)


def test_tallies_are_summed_up() -> None:
    """Those of several processes make one, and stay as they are."""
    first, second = Tally(Counter({"a 204": 1})), Tally(Counter({"a 204": 2, "b 422": 1}), wrong=Counter({"b 422": 1}))

    assert summed([first, second]) == Tally(Counter({"a 204": 3, "b 422": 1}), wrong=Counter({"b 422": 1}))
    assert first.rules == {"a 204": 1}
    assert summed([]) == Tally()


def test_a_tally_goes_from_process_to_process() -> None:
    """What is made plain data of is the same tally on the other side."""
    tally = Tally()
    tally.tried(["status.schema"], 422)
    tally.answered(came(204, 0.1), REFUSED)

    assert tally_of(json.loads(json.dumps(tally.plain()))) == tally
