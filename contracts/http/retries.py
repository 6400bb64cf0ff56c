"""Waiting: what an interruption is, how long a run waits for a target, how fast it asks, and how a signal ends both."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from contracts.errors import NoVerdict, command
from contracts.http.exchange import Exchange, Failure, Response

# Answers of something in front of the API: time-outs, limits and gateways (RFC 9110 sections 15.5.9 and 15.6.3 to
# 15.6.5, RFC 8470, RFC 6585), and those that content delivery networks have of their own.
INTERRUPTING = frozenset({408, 425, 429, 502, 503, 504, *range(520, 528)})
_RETRIABLE = frozenset({Failure.REFUSED, Failure.BROKEN, Failure.TIMEOUT})
# Seconds to wait after the first, second, … interruption of one request.
_BACK_OFF = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# The longest gap between two requests to a target that limits the rate, in seconds.
_SLOWEST = 1.0
# A program that runs us, like tox, may pass a signal on that we got as well: within these seconds it counts once.
PASSED_ON = 2.0
# Seconds that an interrupted run still waits for a target that does not answer.
GRACE = 5.0
# A wait sees after at most so many seconds that a signal came.
_STEP = 0.2

_T = TypeVar("_T")
_signalled: float | None = None


def interruption(exchange: Exchange, also: Collection[int] = ()) -> str | None:
    """Why the exchange is an interruption and no answer of the API; None where it is an answer.

    `also` are further statuses that are an interruption on this target.
    """
    if exchange.failure in _RETRIABLE:
        return str(exchange.failure)
    if exchange.status in INTERRUPTING or exchange.status in also:
        return f"something in front of the API answered {exchange.status}"
    return None


def pause_after(response: Response | None, tries: int) -> float:
    """Seconds to wait after an interruption: what Retry-After asks for (RFC 9110 section 10.2.3), else by back-off.

    A date in it is read against the answer's own Date: the clock of this machine may differ.
    """
    asked, date = (next(iter(response.values(name) if response else ()), "") for name in ("Retry-After", "Date"))
    seconds = float(asked) if asked.strip().isdecimal() else 0.0
    if when := _moment(asked):
        seconds = (when - (_moment(date) or datetime.now(UTC))).total_seconds()
    return seconds if seconds > 0 else _BACK_OFF[min(tries, len(_BACK_OFF) - 1)]


def _moment(text: str) -> datetime | None:
    """What a date of HTTP says, which is in UTC (RFC 9110 section 5.6.7); None where the text is no date."""
    with suppress(ValueError, OverflowError):
        when = parsedate_to_datetime(text)
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None


class RetryBudget:
    """How long a run may wait in all for a target that does not answer (`--patience`), all threads together.

    While the target only says that the rate is too high, it does answer: such a time counts only as long as it lasts.
    """

    def __init__(self, seconds: float) -> None:
        self.interruptions = 0
        self._seconds = self._left = seconds
        self._down_since: float | None = None
        self._last_answer = 0.0
        self._only_limited, self._ever_answered = True, False
        self._lock = threading.Lock()

    def answered(self) -> None:
        """The target answers (again)."""
        with self._lock:
            if self._down_since is not None and not self._only_limited:
                self._left -= time.monotonic() - self._down_since
            self._down_since, self._only_limited, self._ever_answered = None, True, True
            self._last_answer = time.monotonic()

    def interrupted(self, started: float, reason: str, pause: float, *, limited: bool = False) -> None:
        """Count an interruption of an exchange that was begun at `started`, before a pause of so many seconds.

        `limited` says that the target said no more than that the rate is too high.

        Raises:
            NoVerdict: the pause would be longer than what is left.

        """
        with self._lock:
            self.interruptions += 1
            self._only_limited = self._only_limited and limited
            # While one waited, another may have been answered: until then the target was there.
            since = max(started, self._last_answer)
            self._down_since = since if self._down_since is None else self._down_since
            if pause > min(self._left - (time.monotonic() - self._down_since), grace()):
                raise NoVerdict(
                    f"the target {'stopped answering' if self._ever_answered else 'does not answer'}: {reason}"
                    + (f", asking for a pause of {pause:.0f} s" if pause > _BACK_OFF[-1] else "")
                    + f"; patience ended (--patience {self._seconds:g} s, {self.interruptions} interruptions)"
                    + ("; --rate-limit asks less often" if self._only_limited else "")
                    + ("" if self._ever_answered else f"; `{command('doctor')}` looks closer")
                )


class Pace:
    """At most `rate` requests a second, evenly spaced; fewer while the target says that it is too fast."""

    def __init__(self, rate: float | None) -> None:
        self._fastest = 1 / rate if rate else 0.0
        self._gap = self._fastest
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + self._gap
        sleep(start - now)

    def slow_down(self, pause: float) -> None:
        """Nobody asks for `pause` seconds, and then everybody less often."""
        with self._lock:
            now = time.monotonic()
            # Several threads may be told so at once: the first one counts.
            if self._next < now + pause:
                self._gap = min(max(2 * self._gap, 0.01), max(_SLOWEST, self._fastest))
                self._next = now + pause

    def speed_up(self) -> None:
        """An answer came: ask a little more often, up to the rate."""
        if self._gap > self._fastest:
            with self._lock:
                self._gap = max(self._gap * 0.998, self._fastest)


def heed_signals() -> None:
    """Let SIGTERM do what Ctrl-C does, so that customers are removed on it too."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    global _signalled
    if _signalled is None or time.monotonic() - _signalled > PASSED_ON:
        _signalled = time.monotonic()
        raise KeyboardInterrupt


def grace() -> float:
    """Seconds that a run may still wait for a target that does not answer: no limit before a signal came."""
    return float("inf") if _signalled is None else GRACE - (time.monotonic() - _signalled)


def sleep(seconds: float) -> None:
    """Wait; once a signal came, no longer than what is left of the grace."""
    ends = time.monotonic() + seconds
    while (left := min(ends - time.monotonic(), grace())) > 0:
        time.sleep(min(left, _STEP))


def uncut(work: Callable[[], _T]) -> _T:
    """Do some work to its end and return its result: one Ctrl-C is raised after it, a second one at once."""
    # Signals interrupt the main thread alone; leaving the block waits for the other one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
