"""Tests that are run ahead: while pytest calls one test, the next ones run on other threads."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from itertools import islice

# The most tests that have begun, or have ended and were not asked for.
_MOST = 400

# The id of a test, and what runs it.
Test = tuple[str, Callable[[], str]]


class Ahead:
    """Runs tests on `workers`, `lanes` of them at a time, and keeps how each ended until that is asked for.

    A test is known by its id. What else is submitted to the workers comes before the tests that have not begun.
    """

    def __init__(self, workers: Executor, lanes: int) -> None:
        self._workers, self._lanes = workers, lanes
        self._begun: dict[str, Future[str]] = {}
        self._upcoming: Iterator[Test] = iter(())
        self._under_way = 0
        self._lock = threading.Lock()

    def run(self, upcoming: Iterable[Test]) -> None:
        """Run these tests from now on, and no others. With a single lane none is run ahead."""
        with self._lock:
            self._upcoming = iter(upcoming if self._lanes > 1 else ())
        self._begin()

    def stop(self) -> None:
        """Begin no more tests, and wait for those that are under way."""
        self.run(())
        wait([*self._begun.values()])

    def taken(self, test: str) -> Future[str] | None:
        """How a test ends; None if it was not run ahead. It is forgotten here."""
        return self._begun.pop(test, None)

    def failed(self) -> Iterator[tuple[str, BaseException]]:
        """The tests that have failed and were not asked for."""
        for test, future in [*self._begun.items()]:
            error = future.exception() if future.done() and not future.cancelled() else None
            if error:
                yield test, error

    def _begin(self) -> None:
        """Begin as many tests as there is room for."""
        begun: list[Future[str]] = []
        with self._lock:
            room = min(self._lanes - self._under_way, _MOST - len(self._begun))
            new = (each for each in self._upcoming if each[0] not in self._begun)
            for test, function in islice(new, max(0, room)):
                # At the end of a run the workers take nothing more.
                with suppress(RuntimeError):
                    begun.append(self._workers.submit(function))
                    self._begun[test] = begun[-1]
            self._under_way += len(begun)
        for future in begun:
            future.add_done_callback(self._ended)

    def _ended(self, future: Future[str]) -> None:
        # The workers cancel tests while they shut down, and hold a lock meanwhile: nothing may be submitted then.
        if not future.cancelled():
            with self._lock:
                self._under_way -= 1
            self._begin()
