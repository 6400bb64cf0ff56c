"""The retry budget: what uses up patience, and what is said when it has ended."""

from __future__ import annotations

import pytest

from contracts.errors import NoVerdict
from contracts.http.retries import RetryBudget
from tests.suite.clock import Clock, clock_of


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the budget."""
    return clock_of(monkeypatch, "contracts.http.retries")


def test_that_patience_has_ended_is_said_with_its_reason(clock: Clock) -> None:
    """The pause that is longer than what is left of patience is not begun, and its reason is told."""
    budget = RetryBudget(1.0)
    budget.interrupted(clock.monotonic() - 0.9, "the connection broke", 0.0)

    with pytest.raises(NoVerdict, match="does not answer: the connection was refused; patience ended"):
        budget.interrupted(clock.monotonic(), "the connection was refused", 0.2)


def test_a_rate_limit_that_lets_some_through_uses_up_no_patience(clock: Clock) -> None:
    """A target that answers now and then, and asks for pauses in between, is not gone."""
    budget = RetryBudget(1.0)
    for _ in range(5):
        budget.interrupted(clock.monotonic() - 0.6, "too fast", 0.1, limited=True)
        budget.answered()

    assert budget.interruptions == 5


def test_patience_is_for_the_whole_run(clock: Clock) -> None:
    """Two outages share one patience: what the first has used the second has not."""
    budget = RetryBudget(1.0)
    budget.interrupted(clock.monotonic() - 0.6, "gone", 0.1)
    budget.answered()
    clock.sleep(0.2)

    budget.interrupted(clock.monotonic() - 0.2, "gone", 0.1)
    with pytest.raises(NoVerdict, match="3 interruptions"):
        budget.interrupted(clock.monotonic(), "gone", 0.3)


def test_an_exchange_uses_no_patience_while_others_are_answered(clock: Clock) -> None:
    """One request that times out, while the target answers those of other threads, is no outage."""
    budget = RetryBudget(1.0)
    for _ in range(5):
        clock.sleep(0.9)
        budget.answered()
        clock.sleep(0.1)
        budget.interrupted(clock.monotonic() - 1.0, "no complete answer came in time", 0.1)
        budget.answered()

    with pytest.raises(NoVerdict, match="6 interruptions"):
        budget.interrupted(clock.monotonic(), "gone", 0.6)


def test_threads_that_wait_at_once_use_patience_once(clock: Clock) -> None:
    """An outage that several threads see is as long as it is, and not as often."""
    budget = RetryBudget(1.0)
    started = clock.monotonic() - 0.5

    answers = [budget.interrupted(started, "gone", 0.1) for _ in range(8)]

    assert answers == [None] * 8
    assert budget.interruptions == 8


def test_requests_that_wait_at_once_use_patience_once(clock: Clock) -> None:
    """Several requests that no answer comes to in the same time use up that time once, though others are answered."""
    budget = RetryBudget(1.0)
    started = clock.monotonic()
    clock.sleep(0.5)

    for _ in range(8):
        budget.interrupted(started, "no answer", 0.1)
        budget.answered()

    with pytest.raises(NoVerdict, match="9 interruptions"):
        budget.interrupted(clock.monotonic(), "no answer", 0.6)
