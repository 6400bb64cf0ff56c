"""Progress: what a run is doing while it generates requests, for whoever watches it.

On a terminal it is one line that is written over; elsewhere, in the log of a CI, a line now and then.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TextIO

import pytest

from contracts.record import Record

# Seconds between two writings of the line on a terminal, and between two lines elsewhere.
ON_A_TERMINAL, ELSEWHERE = 0.5, 10.0
_STDOUT = 1
# How the parameter of a test begins that is one round of a generated test: of the tests of other processes only the
# ids are known.
ROUND = "round-"

# How many updates were sent, and how many of them each status answered.
Counts = tuple[int, Mapping[str, int]]


def standard_output() -> TextIO:
    """Standard output as it is now: while a test runs, pytest has its own in that place."""
    return os.fdopen(os.dup(_STDOUT), "w", encoding="utf-8", errors="replace")


def is_round(nodeid: str) -> bool:
    """Whether a test is one round of a generated test."""
    return f"[{ROUND}" in nodeid


def counts_of(record: Record | None) -> Counts:
    """What a run has sent until now."""
    return (record.updates, dict(record.statuses)) if record else (0, {})


class Teller:
    """Tells how far a run is, to `output`, from `start` to `stop`: so many `rounds`, of which some are `done`."""

    def __init__(self, output: TextIO, counts: Callable[[], Counts]) -> None:
        self.rounds = self.done = 0
        self._output = output
        self._on_terminal = output.isatty()
        self._counts = counts
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._begun = 0.0
        self._before = 0

    def start(self) -> None:
        """Begin to tell."""
        if not self._begun:
            self._begun, (self._before, _) = time.monotonic(), self._counts()
        self._over.clear()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell nothing more, until it starts again."""
        self._over.set()
        if self._thread:
            self._thread.join()

    def close(self) -> None:
        """Give the output back."""
        self.stop()
        self._output.close()

    def _tell(self) -> None:
        shown = False
        while not self._over.wait(ON_A_TERMINAL if self._on_terminal else ELSEWHERE):
            if self._on_terminal:
                width = shutil.get_terminal_size().columns - 1
                # pytest's own line ends where it is, and what it writes next must not lengthen this one.
                self._write(("" if shown else "\n") + "\r" + self._line()[:width].ljust(width) + "\r")
                shown = True
            else:
                self._write(f"\n{self._line()}\n")
        if shown:
            self._write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()

    def _line(self) -> str:
        (updates, statuses), seconds = self._counts(), time.monotonic() - self._begun
        rate = (updates - self._before) / max(seconds, 0.001)
        told = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
        return f"generated requests: {updates} updates, {rate:.0f}/s, {self._left(seconds)}; {told}"

    def _left(self, seconds: float) -> str:
        """How long the rest takes, where each round takes as long as those that are over."""
        if not self.done:
            return f"round 1 of {self.rounds}"
        left = seconds / self.done * (self.rounds - self.done)
        return f"round {min(self.done + 1, self.rounds)} of {self.rounds}, about {left:.0f} s left"


class Progress:
    """The plugin of a run in one process. `record` gives its record, once there is one."""

    def __init__(self, output: TextIO, record: Callable[[], Record | None]) -> None:
        self._teller = Teller(output, lambda: counts_of(record()))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._teller.rounds = sum(is_round(item.nodeid) for item in session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        if not is_round(item.nodeid):
            return (yield)
        self._teller.start()
        try:
            return (yield)
        finally:
            self._teller.stop()
            self._teller.done += 1

    def pytest_unconfigure(self) -> None:
        self._teller.close()


class SharedProgress:
    """The plugin of the process that gives out the work: what its workers have sent comes with their reports."""

    def __init__(self, output: TextIO) -> None:
        self._of_workers: dict[str, Counts] = {}
        self._teller = Teller(output, self._counts)

    def _counts(self) -> Counts:
        seen = [*self._of_workers.values()]
        statuses: Counter[str] = Counter()
        for _, of_one in seen:
            statuses.update(of_one)
        return sum(updates for updates, _ in seen), statuses

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        first, self._teller.rounds = not self._teller.rounds, sum(map(is_round, ids))
        if first and self._teller.rounds:
            self._teller.start()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" and hasattr(report, "counts"):
            self._of_workers[report.node.gateway.id] = report.counts
            self._teller.done += is_round(report.nodeid)
            if self._teller.done == self._teller.rounds:
                self._teller.stop()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._teller.stop()

    def pytest_unconfigure(self) -> None:
        self._teller.close()
