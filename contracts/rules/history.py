"""A history of one customer: updates and reads of several clients with their times, and whether an order explains it.

The customer is one register: an update writes all of it, a read shows all of it. A history is linearizable where each
operation can be given one moment between its start and its end, so that every read shows the update before it (Herlihy
and Wing 1990). Every update writes a value of its own, so the search for such an order (Wing and Gong 1993) is short.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from contracts.rules.judge import Verdict
from contracts.rules.promise import excerpt, violation

# The members that make up the value of the register, first the one that tells it from others.
Value = tuple[Any, ...]


class Effect(Enum):
    """Whether an operation of a history has to be in the order that explains it."""

    CERTAIN = "an accepted update, or a read: it took effect between its start and its end"
    POSSIBLE = "an update without an answer: it may take effect at any time after its start, or never"
    NONE = "a refused update: it must never be seen"


@dataclass(frozen=True)
class Operation:
    """An update that wrote `value`, or a read that showed it. `start` and `end` are seconds of one monotonic clock."""

    value: Value
    start: float
    end: float
    is_read: bool = False
    effect: Effect = Effect.CERTAIN


def judge_history(
    initial: Value, operations: Sequence[Operation], last: Sequence[Operation], settle: float, *, lags: bool = False
) -> tuple[Verdict, bool]:
    """What is wrong with a history, and whether only reads that lag by up to `settle` seconds keep it from being right.

    `initial` is what was stored before all operations. The `last` ones are reads that may not lag: they were made when
    reads had settled. `lags` says that reads are known to lag on this target.
    """
    tried = frozenset({"update.atomic", "update.linearizable"})
    written = {operation.value for operation in operations if not operation.is_read}
    whole = [*operations, *last]
    # What was there before may have a part like an update's: an external id that is null, for one.
    shown = [operation.value for operation in whole if operation.is_read and operation.value != initial]
    mixed = [value for value in shown if _is_mixed(value, written)]
    if mixed:
        found = violation("update.atomic", "what one update wrote, as a whole", excerpt(str(mixed[0])))
        return Verdict(tried, (found,)), False
    if linearizable(initial, whole):
        return Verdict(tried), False
    # Where reads lag, they do so while an update is under way, too.
    known = [*map(_ended_when_shown(operations), operations)] if lags else operations
    if linearizable(initial, [*without_lagging_reads(initial, known, settle), *last]):
        return Verdict(tried), True
    expected = "an order of the updates that explains every read"
    came = excerpt(_unexplained(initial, whole))
    return Verdict(tried, (violation("update.linearizable", expected, came),)), False


def _unexplained(initial: Value, operations: Sequence[Operation]) -> str:
    """In words: the first read that no order explains, and what had ended before that, the latest first."""
    in_order = sorted(operations, key=lambda operation: operation.end)
    for place, read in enumerate(in_order):
        begun = [
            replace(operation, effect=Effect.POSSIBLE) if operation.effect is Effect.CERTAIN else operation
            for operation in in_order[place + 1 :]
            if not operation.is_read and operation.start < read.end
        ]
        if read.is_read and not linearizable(initial, [*in_order[: place + 1], *begun]):
            break
    start = min(operation.start for operation in operations)
    shown = [_in_words(operation, start) for operation in reversed(in_order[:place])]
    return f"none explains the {_in_words(read, start)}, after {', '.join(shown) or 'nothing'}"


def _in_words(operation: Operation, start: float) -> str:
    kind = "read of" if operation.is_read else "refused update" if operation.effect is Effect.NONE else "update"
    began, ended = (round(1000 * (moment - start)) for moment in (operation.start, operation.end))
    return f"{kind} {operation.value[0]!r} ({began} to {ended} ms)"


def linearizable(initial: Value, operations: Sequence[Operation]) -> bool:
    """Whether one order of the operations explains every read. `initial` is what was stored before all of them."""
    taking = [
        replace(operation, end=math.inf) if operation.effect is Effect.POSSIBLE else operation
        for operation in operations
        if operation.effect is not Effect.NONE
    ]
    certain = sum(1 << place for place, operation in enumerate(taking) if operation.effect is Effect.CERTAIN)
    seen: set[tuple[int, Value]] = set()
    waiting: list[tuple[int, Value]] = [(0, initial)]
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


def without_lagging_reads(initial: Value, operations: Sequence[Operation], settle: float) -> list[Operation]:
    """The operations but for the reads of a value that was overwritten less than `settle` seconds before.

    A value is overwritten once another accepted update, which may come after its own, has ended. One that is neither
    `initial` nor of these updates was overwritten before all of them. What was refused never was a value.
    """
    return [operation for operation in operations if not _lags(initial, operation, operations, settle)]


def _lags(initial: Value, read: Operation, operations: Sequence[Operation], settle: float) -> bool:
    updates = [other for other in operations if not other.is_read]
    own = [update for update in updates if update.value == read.value]
    if not read.is_read or any(update.effect is Effect.NONE for update in own):
        return False
    if not own and read.value != initial:
        return read.start < min(operation.start for operation in operations) + settle
    began = min((update.start for update in own), default=-math.inf)
    ended = max(map(_latest, own), default=-math.inf)
    accepted = [update for update in updates if update.effect is Effect.CERTAIN]
    # Those that began later have certainly overwritten it; of those at the same time any may have.
    certainly = min((update.end for update in accepted if update.start >= ended), default=math.inf)
    moments = [min(update.end, certainly) for update in accepted if update not in own and update.end >= began]
    return any(moment <= read.start < moment + settle for moment in moments)


def _ended_when_shown(operations: Sequence[Operation]) -> Callable[[Operation], Operation]:
    """What makes an accepted update end, at the latest, when a read has shown it: by then it has taken effect."""
    shown: dict[Value, float] = {}
    for read in filter(lambda operation: operation.is_read, operations):
        shown[read.value] = min(read.end, shown.get(read.value, math.inf))

    def ended(operation: Operation) -> Operation:
        if operation.is_read or operation.effect is not Effect.CERTAIN:
            return operation
        return replace(operation, end=min(operation.end, shown.get(operation.value, math.inf)))

    return ended


def _latest(update: Operation) -> float:
    """When an update has taken effect at the latest."""
    return math.inf if update.effect is Effect.POSSIBLE else update.end


def _is_mixed(value: Value, written: Collection[Value]) -> bool:
    """Whether a value has a part of what an update wrote, and is not what any of them wrote.

    A value without such a part was stored before all of them.
    """
    return value not in written and any(
        part == other for update in written for part, other in zip(value, update, strict=True)
    )
