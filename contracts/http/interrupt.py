"""Ctrl-C and SIGTERM: both end a run in good order, and soon."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

# Seconds in which a second signal is the first one, passed on by who runs us, like tox.
PASSED_ON = 2.0
# Seconds that whoever has interrupted a run waits for a target that does not answer.
GRACE = 5.0
# Seconds that are waited before it is looked again whether anybody has interrupted.
_AT_ONCE = 0.2

_T = TypeVar("_T")
_last: float | None = None


def heed() -> None:
    """Let SIGTERM take the way of Ctrl-C, so that customers are removed on it too."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    global _last
    if _last is None or time.monotonic() - _last > PASSED_ON:
        _last = time.monotonic()
        raise KeyboardInterrupt


def grace() -> float:
    """How many seconds may still be waited for a target that does not answer: without end while none interrupts."""
    return float("inf") if _last is None else GRACE - (time.monotonic() - _last)


def sleep(seconds: float) -> None:
    """Wait so long; once somebody has interrupted the run, no longer than what is left of the grace."""
    ends = time.monotonic() + seconds
    while (left := min(ends - time.monotonic(), grace())) > 0:
        time.sleep(min(left, _AT_ONCE))


def uncut(work: Callable[[], _T]) -> _T:
    """What some work returns that one interrupt does not cut short: it comes after it. A second one does not wait."""
    # Signals interrupt the main thread alone.
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    try:
        return future.result()
    except KeyboardInterrupt:
        wait([future])
        raise
