"""A history of one customer: updates and reads of several clients with their times, and whether an order explains it.

The customer is one register: an update writes all of it, a read shows all of it. A history is linearizable where each
operation can be given one moment between its start and its end, so that every read shows the update before it (Herlihy
and Wing 1990). Every update writes a value of its own, so the search for such an order (Wing and Gong 1993) is short.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum


class Effect(Enum):
    """Whether an operation of a history has to be in the order that explains it."""

    CERTAIN = "an accepted update, or a read: it took effect between its start and its end"
    POSSIBLE = "an update without an answer: it may take effect at any time after its start, or never"
    NONE = "a refused update: it must never be seen"


@dataclass(frozen=True)
class Operation:
    """An update that wrote `value`, or a read that showed it. `start` and `end` are seconds of one monotonic clock."""

    value: Hashable
    start: float
    end: float
    is_read: bool = False
    effect: Effect = Effect.CERTAIN


def linearizable(initial: Hashable, operations: Sequence[Operation]) -> bool:
    """Whether one order of the operations explains every read. `initial` is what was stored before all of them."""
    taking = [
        replace(operation, end=math.inf) if operation.effect is Effect.POSSIBLE else operation
        for operation in operations
        if operation.effect is not Effect.NONE
    ]
    certain = sum(1 << place for place, operation in enumerate(taking) if operation.effect is Effect.CERTAIN)
    seen: set[tuple[int, Hashable]] = set()
    waiting: list[tuple[int, Hashable]] = [(0, initial)]
    while waiting:
        done, value = waiting.pop()
        if done & certain == certain:
            return True
        if (done, value) in seen:
            continue
        seen.add((done, value))
        left = [(place, operation) for place, operation in enumerate(taking) if not done >> place & 1]
        # Whatever began after another one had ended comes after it.
        first_end = min(operation.end for _, operation in left)
        waiting += [
            (done | 1 << place, operation.value)
            for place, operation in left
            if operation.start <= first_end and (not operation.is_read or operation.value == value)
        ]
    return False


def without_lagging_reads(operations: Sequence[Operation], settle: float) -> list[Operation]:
    """The operations but for the reads of a value that was overwritten less than `settle` seconds before.

    A value is overwritten once an accepted update that began after the value's own update had ended has ended, too.
    """
    return [operation for operation in operations if not _lags(operation, operations, settle)]


def _lags(read: Operation, operations: Sequence[Operation], settle: float) -> bool:
    if not read.is_read:
        return False
    accepted = [other for other in operations if not other.is_read and other.effect is Effect.CERTAIN]
    written = max((update.end for update in accepted if update.value == read.value), default=-math.inf)
    overwritten = min((update.end for update in accepted if update.start >= written), default=math.inf)
    return overwritten <= read.start < overwritten + settle
