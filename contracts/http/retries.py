"""Patience: how long a run waits for a target that does not answer, and how fast it asks."""

from __future__ import annotations

import threading
import time

from contracts.errors import NoVerdict
from contracts.http import interrupt

# Seconds to wait after the first, second, … interruption of one request.
BACK_OFF = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# The longest that a target which limits the rate is given between two requests, in seconds.
_SLOWEST = 1.0


class Patience:
    """How long the run has waited for a target that does not answer, all threads together.

    A time in which the target said nothing but that the rate is too high counts only while it lasts: it does answer.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.interruptions = 0
        self.ever_answered = False
        self._spent = 0.0
        self._down_since: float | None = None
        self._reason = ""
        self._only_limited = True
        self._lock = threading.Lock()

    def answered(self) -> None:
        """The target answers (again)."""
        with self._lock:
            self.ever_answered = True
            if self._down_since is not None:
                if not self._only_limited:
                    self._spent += time.monotonic() - self._down_since
                self._down_since, self._only_limited = None, True

    def check(self) -> None:
        """Raise `NoVerdict` if patience has ended."""
        with self._lock:
            if self._down_since is not None:
                self._raise_if_over(0.0)

    def interrupted(self, started: float, reason: str, wait: float, *, limited: bool = False) -> None:
        """One more interruption, of an exchange begun at `started`, that asks for a pause of `wait` seconds.

        `limited` says that the target said no more than that the rate is too high.

        Raises:
            NoVerdict: the pause would be longer than what is left.

        """
        with self._lock:
            self.interruptions += 1
            self._reason = reason
            self._only_limited = self._only_limited and limited
            if self._down_since is None:
                self._down_since = started
            self._raise_if_over(wait)

    def _raise_if_over(self, wait: float) -> None:
        down = time.monotonic() - self._down_since if self._down_since is not None else 0.0
        if wait > min(self.seconds - self._spent - down, interrupt.grace()):
            raise NoVerdict(
                f"the target {'stopped answering' if self.ever_answered else 'does not answer'}: {self._reason}"
                + (f", asking for a pause of {wait:.0f} s" if wait > BACK_OFF[-1] else "")
                + f"; patience ended (--patience {self.seconds:g} s, {self.interruptions} interruptions)"
                + ("; --rate-limit asks less often" if self._only_limited else "")
                + ("" if self.ever_answered else "; `python -m contracts doctor` looks closer")
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
        if not self._gap and not self._next:
            return
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + self._gap
        interrupt.sleep(start - now)

    def slow_down(self, pause: float) -> None:
        """Nobody asks for `pause` seconds, and then everybody less often."""
        with self._lock:
            now = time.monotonic()
            # Of all that were told so at once the first one counts.
            if self._next < now + pause:
                self._gap = min(max(2 * self._gap, 0.01), max(_SLOWEST, self._fastest))
                self._next = now + pause

    def speed_up(self) -> None:
        """An answer came: ask a little more often, up to the rate."""
        if self._gap > self._fastest:
            with self._lock:
                self._gap = max(self._gap * 0.998, self._fastest)
