"""A clock for tests of what waits: nobody waits, and it is known how long they would have."""

from __future__ import annotations

import time

import pytest


class Clock:
    """The clock of this machine, on which whoever waits goes on at once; `waited` is for how many seconds in all."""

    def __init__(self) -> None:
        self.waited = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds

    time = staticmethod(time.time)


def clock_of(monkeypatch: pytest.MonkeyPatch, *modules: str) -> Clock:
    """A clock that these modules of the project look at."""
    clock = Clock()
    for module in modules:
        monkeypatch.setattr(f"{module}.time", clock)
    return clock
