"""Shards: the same run on several machines, each with its share of what is tried."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from contracts.errors import WrongCall

_Unit = TypeVar("_Unit", bound=Hashable)


@dataclass(frozen=True)
class Shard:
    """One of `total` parts; `index` counts from 1."""

    index: int = 1
    total: int = 1

    def share(self, units: Iterable[_Unit]) -> frozenset[_Unit]:
        """Of the distinct units, in their order, each N-th. Together the shards have all of them, and none twice."""
        return frozenset(list(dict.fromkeys(units))[self.index - 1 :: self.total])

    def __str__(self) -> str:
        return f"{self.index}/{self.total}"


def shard_from(given: str | None, environment: Mapping[str, str]) -> Shard:
    """The shard of `--shard I/N`, or else the one that the engine names.

    These are GitLab's `CI_NODE_INDEX` (from 1) and `CI_NODE_TOTAL`, and, of a Kubernetes indexed Job,
    `JOB_COMPLETION_INDEX` (from 0), which needs `CI_NODE_TOTAL` too: a Job does not tell how many there are.

    Raises:
        WrongCall: it is none.

    """
    total = environment.get("CI_NODE_TOTAL")
    if given is None and total is not None:
        given = f"{_index(environment, total)}/{total}"
    if given is None:
        return Shard()
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", given)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise WrongCall(f"the shard {given!r} is none: give one like 2/5, the second of five")
    return Shard(int(match[1]), int(match[2]))


def _index(environment: Mapping[str, str], total: str) -> str:
    if "CI_NODE_INDEX" in environment:
        return environment["CI_NODE_INDEX"]
    completion = environment.get("JOB_COMPLETION_INDEX", "")
    if not completion.isdecimal():
        raise WrongCall(f"CI_NODE_TOTAL is {total}, but neither CI_NODE_INDEX nor JOB_COMPLETION_INDEX says which")
    return str(int(completion) + 1)
