"""Progress: what a run is doing while it generates requests, for whoever watches it.

On a terminal it is one line that is written over; elsewhere, in the log of a CI, a line now and then.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from contracts.record import Record

# Seconds between two writings of the line on a terminal, and between two lines elsewhere.
ON_A_TERMINAL, ELSEWHERE = 0.5, 10.0
_STDOUT = 1


def standard_output() -> TextIO:
    """Standard output as it is now: while a test runs, pytest has its own in that place."""
    return os.fdopen(os.dup(_STDOUT), "w", encoding="utf-8", errors="replace")


class Progress:
    """The plugin that tells it, to `output`. `record` gives the record of the run, once there is one."""

    def __init__(self, output: TextIO, record: Callable[[], Record | None]) -> None:
        self._output = output
        self._on_terminal = output.isatty()
        self._record = record
        self._rounds = self._done = 0
        self._spent = 0.0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._rounds = sum(item.get_closest_marker("rounds") is not None for item in session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        if item.get_closest_marker("rounds") is None:
            return (yield)
        with self._told():
            return (yield)

    def pytest_unconfigure(self) -> None:
        self._output.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        begun, before = time.monotonic(), self._updates()
        over = threading.Event()
        teller = threading.Thread(target=self._tell, args=(over, begun, before), daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()
            self._done += 1
            self._spent += time.monotonic() - begun

    def _tell(self, over: threading.Event, begun: float, before: int) -> None:
        shown = ""
        while not over.wait(ON_A_TERMINAL if self._on_terminal else ELSEWHERE):
            line = self._line(time.monotonic() - begun, before)
            if self._on_terminal:
                width = shutil.get_terminal_size().columns - 1
                # pytest's own line ends where it is.
                self._write(("" if shown else "\n") + "\r" + line[:width].ljust(width))
                shown = line
            else:
                self._write(f"\n{line}\n")
        if shown:
            self._write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()

    def _updates(self) -> int:
        record = self._record()
        return record.updates if record else 0

    def _line(self, seconds: float, before: int) -> str:
        record = self._record()
        if record is None:
            return "generating requests"
        rate = (record.updates - before) / seconds if seconds else 0.0
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(dict(record.statuses).items()))
        return f"generated requests: {record.updates} updates, {rate:.0f}/s, {self._left(seconds)}; {statuses}"

    def _left(self, seconds: float) -> str:
        """How long the rest takes, where each round takes as long as those that are over."""
        if not self._done:
            return f"round 1 of {self._rounds}"
        left = max(0.0, self._spent / self._done * (self._rounds - self._done) - seconds)
        return f"round {self._done + 1} of {self._rounds}, about {left:.0f} s left"
