"""Workers: one run in several processes of this machine (pytest-xdist)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from contracts.fuzz.payloads import Payload
from contracts.report.result import Results

# So many consecutive tests go to one worker together, which sends the payloads among them ahead.
_TOGETHER = 32


def payload_of(item: pytest.Item) -> Payload | None:
    """The payload that a test is tried with, if it is one of a table."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("payload") if callspec else None


def upcoming_payloads(session: pytest.Session, current: pytest.Item) -> Iterator[Payload]:
    """The payloads of the tests from the current one on, in their order.

    Of the tests to come a worker knows only those that it is given together.
    """
    together = bundles(tuple(item.nodeid for item in session.items)) if is_worker(session.config) else {}
    for item in session.items[session.items.index(current) :]:
        payload = payload_of(item)
        if payload and together.get(item.nodeid) == together.get(current.nodeid):
            yield payload


def is_round(nodeid: str) -> bool:
    """Whether a test is one round of a generated test: of the tests of other processes only the ids are known."""
    return "[round-" in nodeid


@cache
def bundles(nodeids: tuple[str, ...]) -> dict[str, str]:
    """Which tests are given to one worker together: some consecutive ones; a round of a generated test goes alone."""
    together: dict[str, str] = {}
    others = 0
    for nodeid in nodeids:
        together[nodeid] = nodeid if is_round(nodeid) else f"tests {others // _TOGETHER}"
        others += not is_round(nodeid)
    return together


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of several to which the work is given out."""
    return hasattr(config, "workerinput")


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each worker some consecutive tests at a time, and of the rounds of generated tests one."""

    def _split_scope(self, nodeid: str) -> str:
        if not hasattr(self, "_together"):
            self._together = bundles(tuple(self.collection))
        return self._together[nodeid]


class Workers:
    """The plugin of the process that gives out the work: the parts of its workers go into the one result."""

    def __init__(self, seed: int | None, ends: float, results: Results) -> None:
        self._seed = seed
        self._ends = ends
        self._results = results

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """All workers generate from one seed, and end at one time."""
        node.workerinput["contract_seed"] = self._seed
        node.workerinput["contract_ends"] = self._ends

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Consecutive tests go to one worker, unless the user chose another way."""
        return Scheduling(config, log) if config.getoption("dist") == "load" else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take what a worker did, or note that it crashed: then what came of its last tests is not known."""
        output = getattr(node, "workeroutput", {})
        if "contract" in output:
            self._results.add_part(output["contract"])
        elif error:
            self._results.stop(f"the worker {node.gateway.id} crashed")


def worker_input(config: pytest.Config, name: str, otherwise: Any) -> Any:
    """What the process that gives out the work told this one."""
    told: dict[str, Any] = getattr(config, "workerinput", {})
    return told.get(name, otherwise)
