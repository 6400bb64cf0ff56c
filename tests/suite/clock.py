"""A clock for tests of code that waits: the code does not wait, but the clock knows how long it would have."""

from __future__ import annotations

import time

import pytest


class Clock:
    """The clock of this machine, except that `sleep` returns at once. `waited` is the sum of the seconds to sleep."""

    def __init__(self) -> None:
        self.waited = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds

    time = staticmethod(time.time)


def clock_of(monkeypatch: pytest.MonkeyPatch, *modules: str) -> Clock:
    """A clock that these modules of the project use from now on."""
    clock = Clock()
    for module in modules:
        monkeypatch.setattr(f"{module}.time", clock)
    return clock
