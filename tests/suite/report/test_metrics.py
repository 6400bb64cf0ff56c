"""Metrics: what was sent and what came of it, counted."""

from __future__ import annotations

import json

import pytest

from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import Request, update
from contracts.metrics import Metrics
from contracts.rules.judge import Verdict
from contracts.rules.oracle import Prediction
from contracts.rules.promise import Violation, promises, violation

REFUSED = Prediction((promises()["status.schema"],), frozenset({422}))
UPDATE = update("acme", b"{}")


def exchange_of(status: int | Failure | None, seconds: float = 0.0, request: Request = UPDATE) -> Exchange:
    """A request that was answered with this status, or not at all."""
    if status is None or isinstance(status, Failure):
        return Exchange(request, None, status, seconds)
    return Exchange(request, Response(status, (), b"", b""), seconds=seconds)


def sent(*exchanges: Exchange) -> Metrics:
    """What was counted of these."""
    metrics = Metrics()
    for exchange in exchanges:
        metrics.sent(exchange)
    return metrics


def test_updates_are_counted_by_their_answer() -> None:
    """Each exchange counts; of updates it is counted with which status they were answered, or that they were not."""
    metrics = sent(
        exchange_of(422),
        exchange_of(None),
        exchange_of(204),
        exchange_of(422),
        exchange_of(200, request=Request("GET", "/", (), b"")),
    )

    assert (metrics.exchanges, metrics.updates) == (5, 4)
    assert metrics.statuses == {"204": 1, "422": 2, "no answer": 1}


@pytest.mark.parametrize(
    ("failure", "called"),
    [
        (Failure.BROKEN, "no answer"),
        (Failure.TIMEOUT, "no answer"),
        (Failure.MALFORMED, "the answer is not HTTP"),
        (Failure.TOO_LARGE, "the answer was larger than the limit"),
    ],
)
def test_only_what_is_an_interruption_too_is_called_no_answer(failure: Failure, called: str) -> None:
    """What came and cannot be taken for an answer is called what it is, by circumstance too."""
    metrics = sent(exchange_of(failure))
    given = violation("answer.http" if failure is Failure.MALFORMED else "answer.given", "422", str(failure))
    metrics.answered(exchange_of(failure), REFUSED, Verdict(frozenset(), (given,)))

    assert metrics.statuses == {called: 1}
    assert metrics.answers == metrics.wrong == {"status.schema": {called: 1}}


def test_what_was_put_to_the_test_is_counted_by_its_promise() -> None:
    """Each promise that something put to the test counts once, and once where it was broken, at however many places."""
    metrics = Metrics()
    broken = [violation("problem.title", "a", "b", place) for place in ("title", "detail")]
    metrics.judged(Verdict(frozenset({"problem.title", "status.schema"}), tuple(broken)))
    metrics.judged(Verdict(frozenset({"status.schema"}), ()))

    assert metrics.tried == {"problem.title": 1, "status.schema": 2}
    assert metrics.broken == {"problem.title": 1}


def test_answers_are_counted_by_circumstance() -> None:
    """An answer is counted by the promise that is to blame, and by its status."""
    metrics = Metrics()
    for status in (422, 422, None):
        metrics.answered(exchange_of(status), REFUSED, Verdict())

    assert metrics.answers == {"status.schema": {"422": 2, "no answer": 1}}


@pytest.mark.parametrize(
    ("status", "found", "wrong"),
    [
        (422, [], {}),
        (422, [violation("problem.title", "Unprocessable Entity", "Oops", "title")], {}),
        (204, [violation("status.schema", "422", "204", "HTTP status 204")], {"status.schema": {"204": 1}}),
        (None, [violation("answer.given", "422", "a time-out")], {"status.schema": {"no answer": 1}}),
        (None, [], {}),
    ],
    ids=["allowed", "another-fault", "not-allowed", "no-answer", "no-answer-that-may-break"],
)
def test_what_the_judge_finds_wrong_with_a_status_is_counted_as_wrong(
    status: int | None, found: list[Violation], wrong: dict[str, dict[str, int]]
) -> None:
    """Of the answers those are wrong that have a wrong status, or never come: as the judge says, and nobody else."""
    metrics = Metrics()
    metrics.answered(exchange_of(status), REFUSED, Verdict(frozenset(), tuple(found)))

    assert metrics.wrong == wrong
    assert len(metrics.answers) == 1


def test_quantiles_are_those_of_the_steps() -> None:
    """Of 100 answers the 50th, 95th and 99th tell p50, p95 and p99, each within the width of a step."""
    metrics = sent(*(exchange_of(422, hundredth / 100) for hundredth in range(1, 101)))

    assert [metrics.quantile("422", share) for share in (0.5, 0.95, 0.99)] == pytest.approx([0.5, 0.95, 0.99], rel=0.07)


def test_each_status_has_its_own_latencies() -> None:
    """Each status has its own latencies, and those of what got no answer are apart."""
    metrics = sent(exchange_of(204, 0.01), exchange_of(422, 1.0), exchange_of(None, 10.0))

    assert [metrics.quantile(status, 0.5) for status in ("204", "422", "no answer")] == pytest.approx(
        [0.01, 1.0, 10.0], rel=0.07
    )


def test_what_several_processes_counted_is_summed_up() -> None:
    """Numbers are added, lists are joined without repeating, and of two reasons the first stays."""
    first = {
        "exchanges": 1,
        "answers": {"status.schema": {"422": 1}},
        "untried": {"status.scope": "no token", "status.slug": "no time"},
        "left": ["contract-test-1"],
    }
    second = {
        "exchanges": 2,
        "answers": {"status.schema": {"422": 2, "204": 1}, "status.slug": {"404": 1}},
        "untried": {"status.slug": "another reason"},
        "left": ["contract-test-1", "contract-test-2"],
        "generated": {"any body": 4},
    }
    whole = Metrics()
    for counts in (first, second):
        whole.add(counts)

    assert whole == Metrics(
        exchanges=3,
        answers={"status.schema": {"422": 3, "204": 1}, "status.slug": {"404": 1}},
        untried={"status.scope": "no token", "status.slug": "no time"},
        left=["contract-test-1", "contract-test-2"],
        generated={"any body": 4},
    )
    assert first["answers"] == {"status.schema": {"422": 1}}


def test_what_was_counted_is_taken_once() -> None:
    """What goes with one report is not in the next, and is the same on the other side, whatever serialized it."""
    metrics, other = sent(exchange_of(204, 0.1)), Metrics()
    metrics.drawn(3, "a.py::test_any_body[round-1]")

    taken = json.loads(json.dumps(metrics.taken()))
    other.add(taken)

    assert metrics.taken() == {}
    assert (other.exchanges, other.statuses, other.generated) == (1, {"204": 1}, {"any body": 3})
    assert other.quantile("204", 0.5) == pytest.approx(0.1, rel=0.07)
