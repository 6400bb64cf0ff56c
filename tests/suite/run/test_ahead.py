"""Tests that are run ahead, by any functions on any threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from contracts.ahead import Ahead


def test_workers_that_shut_down_cancel_what_waits() -> None:
    """At the end of a run no test is begun any more, and those that wait keep nobody from ending it."""
    workers, go = ThreadPoolExecutor(1), threading.Event()
    ahead, begun = Ahead(workers, lanes=3), []

    def test() -> str:
        begun.append(threading.current_thread())
        go.wait(30)
        return ""

    ahead.run((f"test {number}", test) for number in range(9))
    ended = threading.Thread(target=workers.shutdown, kwargs={"cancel_futures": True}, daemon=True)
    ended.start()
    go.set()
    ended.join(30)

    assert not ended.is_alive()
    assert len(begun) <= 3
