"""Ctrl-C and SIGTERM take one way: work that must not be cut short is finished, and waiting ends soon."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from contracts.errors import NoVerdict
from contracts.http import retries
from contracts.http.retries import RetryBudget


@pytest.fixture(autouse=True)
def heeded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signals as a run heeds them, and as if none had come yet."""
    monkeypatch.setattr(retries, "_signalled", None)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    retries.heed_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def interrupted_after(seconds: float, number: signal.Signals) -> None:
    """Let a signal come while the test goes on."""
    threading.Timer(seconds, os.kill, (os.getpid(), number)).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_comes_after_work_that_must_not_be_cut_short(number: signal.Signals) -> None:
    """The work is done before the interrupt is heard."""
    done = threading.Event()

    def work() -> None:
        # The main thread waits for it by then.
        time.sleep(0.05)
        os.kill(os.getpid(), number)
        time.sleep(0.1)
        done.set()

    with pytest.raises(KeyboardInterrupt):
        retries.uninterrupted(work)

    assert done.is_set()


def test_a_second_interrupt_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who interrupts again, and means it, is not kept waiting; the work goes on by itself."""
    monkeypatch.setattr(retries, "PASSED_ON", 0.05)
    done = threading.Event()
    interrupted_after(0.05, signal.SIGINT)
    interrupted_after(0.2, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        retries.uninterrupted(lambda: done.wait(5))

    assert not done.is_set()
    done.set()


def test_a_signal_that_was_swallowed_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python ignores what is raised while it removes an object: the run can ask whether a signal has come."""

    class Swallows:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    before = retries.interrupted()
    Swallows()

    assert (before, retries.interrupted()) == (False, True)


def test_a_signal_that_is_passed_on_counts_once() -> None:
    """The same signal again within two seconds, as tox sends it, interrupts nothing more."""
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)

    os.kill(os.getpid(), signal.SIGINT)


def test_what_the_work_raises_is_raised() -> None:
    """Work that is not interrupted ends as it ends, returning or raising."""
    assert retries.uninterrupted(lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        retries.uninterrupted(lambda: 1 / 0)


def test_the_retry_budget_ends_soon_once_somebody_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C a target that does not answer is waited for five seconds at the most."""
    budget = RetryBudget(60.0)
    now = time.monotonic()
    budget.interrupted(now, "it does not answer", 1.0)
    monkeypatch.setattr(retries, "_signalled", now - retries.GRACE)

    with pytest.raises(NoVerdict):
        budget.interrupted(now, "it does not answer", 1.0)
