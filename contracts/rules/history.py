"""A history of one customer: updates and reads of several clients with their times, and whether an order explains it.

The customer is one register: an update writes all of it, a read shows all of it. A history is linearizable if each
access can be given one moment between its start and its end, so that every read shows the update before it (Herlihy
and Wing 1990). Every update writes a different value, so the search for such an order (Wing and Gong 1993) is short.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from contracts.rules.judge import Verdict
from contracts.rules.promise import excerpt, violation

# The members that make up the value of the register. The first one identifies the value.
Value = tuple[Any, ...]


class Effect(Enum):
    """Whether an access of a history has to be in the order that explains it."""

    CERTAIN = "an accepted update, or a read: it took effect between its start and its end"
    POSSIBLE = "an update without an answer: it may take effect at any time after its start, or never"
    NONE = "a refused update: it must never be seen"


@dataclass(frozen=True)
class Access:
    """An update that wrote `value`, or a read that showed it. `start` and `end` are seconds of one monotonic clock."""

    value: Value
    start: float
    end: float
    is_read: bool = False
    effect: Effect = Effect.CERTAIN


def judge_history(
    initial: Value, accesses: Sequence[Access], last: Sequence[Access], settle: float, *, lags: bool = False
) -> tuple[Verdict, bool]:
    """What is wrong with a history, and whether it is right only without reads that lag by up to `settle` seconds.

    `initial` is what was stored before all accesses. The reads in `last` must not lag: they were made after reads had
    settled. `lags` says that reads are known to lag on this target.
    """
    tried = frozenset({"update.atomic", "update.linearizable"})
    written = {access.value for access in accesses if not access.is_read}
    whole = [*accesses, *last]
    # The initial value may share a part with an update, such as an external id that is null. It is no mixture.
    shown = [access.value for access in whole if access.is_read and access.value != initial]
    mixed = [value for value in shown if _is_mixed(value, written)]
    if mixed:
        found = violation("update.atomic", "what one update wrote, as a whole", excerpt(str(mixed[0])))
        return Verdict(tried, (found,)), False
    if linearizable(initial, whole):
        return Verdict(tried), False
    # If reads lag, they also lag while an update is under way.
    known = _ended_when_shown(accesses) if lags else accesses
    if linearizable(initial, [*without_lagging_reads(initial, known, settle), *last]):
        return Verdict(tried), True
    expected = "an order of the updates that explains every read"
    actual = excerpt(_unexplained(initial, whole))
    return Verdict(tried, (violation("update.linearizable", expected, actual),)), False


def _unexplained(initial: Value, accesses: Sequence[Access]) -> str:
    """In words: the first read that no order explains, and the accesses that ended before it, the latest first."""
    in_order = sorted(accesses, key=lambda access: access.end)
    for place, read in enumerate(in_order):
        begun = [
            replace(access, effect=Effect.POSSIBLE) if access.effect is Effect.CERTAIN else access
            for access in in_order[place + 1 :]
            if not access.is_read and access.start < read.end
        ]
        if read.is_read and not linearizable(initial, [*in_order[: place + 1], *begun]):
            break
    start = min(access.start for access in accesses)
    shown = [_in_words(access, start) for access in reversed(in_order[:place])]
    return f"none explains the {_in_words(read, start)}, after {', '.join(shown) or 'nothing'}"


def _in_words(access: Access, start: float) -> str:
    kind = "read of" if access.is_read else "refused update" if access.effect is Effect.NONE else "update"
    began, ended = (round(1000 * (moment - start)) for moment in (access.start, access.end))
    return f"{kind} {access.value[0]!r} ({began} to {ended} ms)"


def linearizable(initial: Value, accesses: Sequence[Access]) -> bool:
    """Whether one order of the accesses explains every read. `initial` is what was stored before all of them."""
    taking = [
        replace(access, end=math.inf) if access.effect is Effect.POSSIBLE else access
        for access in accesses
        if access.effect is not Effect.NONE
    ]
    certain = sum(1 << place for place, access in enumerate(taking) if access.effect is Effect.CERTAIN)
    seen: set[tuple[int, Value]] = set()
    waiting: list[tuple[int, Value]] = [(0, initial)]
    while waiting:
        done, value = waiting.pop()
        if done & certain == certain:
            return True
        if (done, value) in seen:
            continue
        seen.add((done, value))
        left = [(place, access) for place, access in enumerate(taking) if not done >> place & 1]
        # An access that began after another one had ended comes after that one in the order.
        first_end = min(access.end for _, access in left)
        waiting += [
            (done | 1 << place, access.value)
            for place, access in left
            if access.start <= first_end and (not access.is_read or access.value == value)
        ]
    return False


def without_lagging_reads(initial: Value, accesses: Sequence[Access], settle: float) -> list[Access]:
    """The accesses without the reads of a value that was overwritten less than `settle` seconds earlier.

    A value is overwritten once another accepted update that may come after its own has ended. A value that is neither
    `initial` nor from these updates was overwritten before all of them. A refused update never sets a value.
    """
    return [access for access in accesses if not _lags(initial, access, accesses, settle)]


def _lags(initial: Value, read: Access, accesses: Sequence[Access], settle: float) -> bool:
    updates = [other for other in accesses if not other.is_read]
    own = [update for update in updates if update.value == read.value]
    if not read.is_read or any(update.effect is Effect.NONE for update in own):
        return False
    if not own and read.value != initial:
        return read.start < min(access.start for access in accesses) + settle
    began = min((update.start for update in own), default=-math.inf)
    # An update without an answer may take effect at any later time.
    ended = max((math.inf if update.effect is Effect.POSSIBLE else update.end for update in own), default=-math.inf)
    accepted = [update for update in updates if update.effect is Effect.CERTAIN]
    # An update that began after the value's own had ended has certainly overwritten it. A concurrent one may have.
    certainly = min((update.end for update in accepted if update.start >= ended), default=math.inf)
    moments = [min(update.end, certainly) for update in accepted if update not in own and update.end >= began]
    return any(moment <= read.start < moment + settle for moment in moments)


def _ended_when_shown(accesses: Sequence[Access]) -> list[Access]:
    """The accesses, where each accepted update ends no later than the first read that showed it."""
    shown: dict[Value, float] = {}
    for read in filter(lambda access: access.is_read, accesses):
        shown[read.value] = min(read.end, shown.get(read.value, math.inf))
    return [
        replace(access, end=min(access.end, shown.get(access.value, math.inf)))
        if access.effect is Effect.CERTAIN and not access.is_read
        else access
        for access in accesses
    ]


def _is_mixed(value: Value, written: Collection[Value]) -> bool:
    """Whether a value has a part that an update wrote, but is not the whole value of any update.

    A value without such a part was stored before all updates.
    """
    return value not in written and any(
        part == other for update in written for part, other in zip(value, update, strict=True)
    )
