"""Waiting: what an interruption is, how long a run waits for a target, how fast it sends, and how a signal ends it."""

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

# Statuses of something in front of the API: time-outs, limits and gateways (RFC 9110 sections 15.5.9 and 15.6.3 to
# 15.6.5, RFC 8470, RFC 6585), and statuses that only content delivery networks use.
INTERRUPTING = frozenset({408, 425, 429, 502, 503, 504, *range(520, 528)})
_RETRIABLE = frozenset({Failure.REFUSED, Failure.BROKEN, Failure.TIMEOUT})
# Seconds to wait after the first, second, … interruption of one request.
_BACK_OFF = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# The longest gap between two requests to a target that limits the rate, in seconds; and to one that may limit it.
_SLOWEST, _SLOWEST_IF_UNSURE = 1.0, 0.1
# Each answer shortens that gap by this factor: to a half after 138 answers. A target that refuses fewer requests than
# that, whatever the rate, is not sent to ever more slowly.
_SPEED_UP = 0.995
# A program that runs us, like tox, may pass on a signal that we also got. Within these seconds, it counts once.
PASSED_ON = 2.0
# Seconds that an interrupted run still waits for a target that does not answer.
GRACE = 5.0
# A wait notices a signal after at most this many seconds.
_STEP = 0.2

_T = TypeVar("_T")
_signalled: float | None = None


def interruption(exchange: Exchange, also: Collection[int] = ()) -> str | None:
    """Why the exchange is an interruption and not an answer of the API; None if it is an answer.

    `also` has further statuses that are interruptions on this target.
    """
    if exchange.failure in _RETRIABLE:
        return str(exchange.failure)
    if exchange.status in INTERRUPTING or exchange.status in also:
        return f"something in front of the API answered {exchange.status}"
    return None


def pause_after(response: Response | None, tries: int) -> float:
    """Seconds to wait after an interruption: what Retry-After asks for (RFC 9110 section 10.2.3), else by back-off.

    A date in Retry-After is compared with the answer's own Date, since the clock of this machine may differ.
    """
    asked, date = (next(iter(response.values(name) if response else ()), "") for name in ("Retry-After", "Date"))
    seconds = float(asked) if asked.strip().isdecimal() else 0.0
    if when := _moment(asked):
        seconds = (when - (_moment(date) or datetime.now(UTC))).total_seconds()
    return seconds if seconds > 0 else _BACK_OFF[min(tries, len(_BACK_OFF) - 1)]


def _moment(text: str) -> datetime | None:
    """The moment that an HTTP date names, in UTC (RFC 9110 section 5.6.7); None if the text is not a date."""
    with suppress(ValueError, OverflowError):
        when = parsedate_to_datetime(text)
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None


class RetryBudget:
    """How long a run may wait in all for a target that does not answer (`--patience`), all threads together.

    A target that only says that the rate is too high does answer: this time is given back once it is over.
    """

    def __init__(self, seconds: float) -> None:
        self.interruptions = 0
        self._seconds = self._left = seconds
        self._down_since: float | None = None
        self._only_limited = True
        self._last_answer: float | None = None
        self._lock = threading.Lock()

    def answered(self) -> None:
        """Note that the target answers (again)."""
        with self._lock:
            now = time.monotonic()
            if self._down_since is not None and not self._only_limited:
                self._left -= now - self._down_since
            self._down_since, self._only_limited, self._last_answer = None, True, now

    def interrupted(self, started: float, reason: str, pause: float, *, limited: bool = False) -> None:
        """Count an interruption of an exchange that began at `started`. `pause` is how many seconds to wait next.

        `limited` says that the target said only that the rate is too high. Raises NoVerdict if the pause would be
        longer than the time that is left.
        """
        with self._lock:
            self.interruptions += 1
            self._only_limited = self._only_limited and limited
            if self._down_since is None:
                # While others were answered, the target was there.
                self._down_since = max(started, self._last_answer or started)
            if pause > min(self._left - (time.monotonic() - self._down_since), grace()):
                raise NoVerdict(
                    f"the target {'stopped answering' if self._last_answer else 'does not answer'}: {reason}"
                    + (f", asking for a pause of {pause:.0f} s" if pause > _BACK_OFF[-1] else "")
                    + f"; patience ended (--patience {self._seconds:g} s, {self.interruptions} interruptions)"
                    + ("; --rate-limit N sends less often" if self._only_limited else "")
                    + ("" if self._last_answer else f"; `{command('doctor')}` finds out more")
                )


class Pace:
    """At most `rate` requests a second, evenly spaced; fewer while the target says that this is too fast."""

    def __init__(self, rate: float | None) -> None:
        self._fastest = 1 / rate if rate else 0.0
        self._gap = self._fastest
        self._next = 0.0
        self._answered = False
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the next turn to send."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + self._gap
        sleep(start - now)

    def slow_down(self, pause: float, *, surely: bool) -> None:
        """Let no thread send for `pause` seconds, and let all of them send less often after that.

        Unless it is `surely` the rate, the target must have answered since the last time: else it is down.
        """
        with self._lock:
            now = time.monotonic()
            # The target may say so to several threads at once. Only the first one counts.
            if self._next < now + pause and (surely or self._answered):
                slowest = max(_SLOWEST if surely else _SLOWEST_IF_UNSURE, self._gap)
                self._gap, self._answered = min(max(2 * self._gap, 0.01), slowest), False
                self._next = now + pause

    def speed_up(self) -> None:
        """Send a little more often after an answer, up to the rate."""
        self._answered = True
        if self._gap > self._fastest:
            with self._lock:
                self._gap = max(self._gap * _SPEED_UP, self._fastest)


def heed_signals() -> None:
    """Let SIGTERM do what Ctrl-C does, so that customers are removed on it too."""
    global _signalled
    _signalled = None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    global _signalled
    if _signalled is None or time.monotonic() - _signalled > PASSED_ON:
        _signalled = time.monotonic()
        raise KeyboardInterrupt


def interrupted() -> bool:
    """Whether a signal has come. Python ignores what is raised while it removes an object, so ask between two tests."""
    return _signalled is not None


def grace() -> float:
    """Seconds that a run may still wait for a target that does not answer; no limit until a signal comes."""
    return float("inf") if _signalled is None else GRACE - (time.monotonic() - _signalled)


def sleep(seconds: float) -> None:
    """Wait for so many seconds. After a signal, wait no longer than what is left of the grace."""
    ends = time.monotonic() + seconds
    while (left := min(ends - time.monotonic(), grace())) > 0:
        time.sleep(min(left, _STEP))


def uninterrupted(work: Callable[[], _T]) -> _T:
    """Do some work to its end and return its result. One Ctrl-C is raised after the work, a second one at once."""
    # A signal interrupts only the main thread. Leaving the block waits for the other thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
