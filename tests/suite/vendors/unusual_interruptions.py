"""Correct vendors behind something that interrupts: limits of rate, short outages, connections that break."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from zlib import crc32

from contracts.http.target import MIB
from contracts.vendor.model import Answer, Call
from tests.suite.served import Reset, plain_wire
from tests.suite.vendors.variant import Row, Unusual, unusual
from tests.suite.vendors.ways import first, hanging_up

# How often a connection breaks.
OFTEN = 0.02


def _page(status: int, title: str) -> Answer:
    return Answer(status, [("Content-Type", "text/html")], f"<h1>{title}</h1>".encode())


def _half(whole: bytes) -> Iterator[bytes]:
    return hanging_up(whole[: len(whole) // 2])


class LimitsTheRate(Unusual):
    """Takes 50 requests a second, and asks for a pause of a second when more come."""

    rate, burst, status = 50.0, 20.0, 429

    def begin(self) -> None:
        self._room, self._since = self.burst, time.monotonic()
        self._counting = threading.Lock()

    def handle(self, call: Call) -> Answer:
        if self._has_room():
            return super().handle(call)
        pause = [("Retry-After", self.pause())] if self.pause() else []
        return Answer(self.status, [("Content-Type", "text/plain"), *pause], b"Slow down.")

    def _has_room(self) -> bool:
        with self._counting:
            now = time.monotonic()
            self._room = min(self.burst, self._room + (now - self._since) * self.rate)
            self._since = now
            has_room = self._room >= 1
            self._room -= has_room
            return has_room

    def pause(self) -> str:
        """What it asks for in Retry-After."""
        return "1"


LimitsTheRateUntilADate = Row(
    LimitsTheRate,
    "Takes 50 requests a second, and names the date from which it takes more.",
    {"pause": lambda self: formatdate(time.time() + 1, usegmt=True)},
)
LimitsTheRateForNoTime = Row(
    LimitsTheRate,
    "Takes 50 requests a second, and asks for a pause of no time when more come.",
    {"pause": lambda self: "0"},
)

LimitsTheRateWith503 = Row(
    LimitsTheRate,
    "Takes 50 requests a second, and answers 503 when more come.",
    {"status": 503, "pause": lambda self: ""},
)
LimitsTheRateWith503AndAPause = Row(
    LimitsTheRate, "Takes 50 requests a second, and answers 503 and asks for a pause when more come.", {"status": 503}
)


class HasAClockAhead(LimitsTheRate):
    """Takes 200 requests a second, and names the date from which it takes more, by a clock that is an hour ahead."""

    rate, burst = 200.0, 100.0

    def handle(self, call: Call) -> Answer:
        answer = super().handle(call)
        return Answer(answer.status, [*answer.headers, ("Date", _date(3600))], answer.body)

    def pause(self) -> str:
        return _date(3601)


def _date(later: float) -> str:
    return formatdate(time.time() + later, usegmt=True)


class StartsLate(Unusual):
    """Something in front of it answers 503 in the first five seconds."""

    answered_before, status = 0, 503
    _calls = 0
    _until: float | None = None

    def handle(self, call: Call) -> Answer:
        self._calls += 1
        if self._calls > self.answered_before:
            self._until = self._until or time.monotonic() + 5
            if time.monotonic() < self._until:
                return _page(self.status, "Service Unavailable")
        return super().handle(call)


PausesInTheMiddle = Row(
    StartsLate,
    "Something in front of it answers 502 for five seconds in the middle of the run.",
    {"answered_before": 500, "status": 502},
)


class LosesAServer(Unusual):
    """Spreads requests over two servers, and answers 502 for one of them for eight seconds."""

    begins, ends, status = 1.0, 9.0, 502

    def begin(self) -> None:
        self._since = float("inf")

    def handle(self, call: Call) -> Answer:
        # The first update says that the run has begun.
        self._since = min(self._since, time.monotonic() if call.method == "PUT" else self._since)
        if self.begins < time.monotonic() - self._since < self.ends and self.is_for_the_lost_one(call):
            return _page(self.status, "Bad Gateway")
        return super().handle(call)

    def is_for_the_lost_one(self, call: Call) -> bool:
        """Whether a request goes to the server that is lost."""
        return random.random() < 0.5


LosesAShard = Row(
    LosesAServer,
    "Keeps half of the customers on each of two servers, and answers 503 for one of them for two seconds.",
    {
        "ends": 3.0,
        "status": 503,
        "is_for_the_lost_one": lambda self, call: call.method != "POST" and crc32(call.path.encode()) % 2 == 0,
    },
)
IsInterruptedNowAndThen = unusual(
    "Something in front of it answers 408, 425 or 520 now and then, in its own words.",
    **first(
        handle=lambda vendor, call: (
            _page(random.choice((408, 425, 520)), "Try again") if random.random() < OFTEN else None
        )
    ),
)
LosesLargeBodies = unusual(
    "Something in front of it answers 502 by chance to a body over 1 MiB.",
    **first(
        handle=lambda vendor, call: (
            _page(502, "Bad Gateway") if len(call.body) > MIB and random.random() < 0.5 else None
        )
    ),
)
BreaksBefore = unusual(
    "Closes the connection now and then before it carries out what was asked.",
    early=lambda self, call: hanging_up() if random.random() < OFTEN else (),
)
ResetsAfter = unusual(
    "Resets the connection now and then after it carried out what was asked.",
    wire=lambda self, call, answer: hanging_up(by=Reset) if random.random() < OFTEN else plain_wire(answer),
)
AnswersByHalves = unusual(
    "Closes the connection now and then in the middle of an answer.",
    wire=lambda self, call, answer: _half(plain_wire(answer)) if random.random() < OFTEN else plain_wire(answer),
)
