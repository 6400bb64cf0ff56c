"""What a release changes: each change with its kind and its proof, and the verdict that they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

Json = Any


class Kind(Enum):
    """What a change means for who upgrades, the gravest first."""

    BREAKING = "breaking"
    UNDECIDED = "not decided"
    DRIFT = "drift"
    COMPATIBLE = "compatible"


@dataclass(frozen=True)
class Proof:
    """A value that fits one schema (`allowed_by`) and not the other, both plain JSON Schema.

    `rules` are what it breaks, `reasons` say that of this value.
    """

    value: Json
    allowed_by: Json
    refused_by: Json
    rules: frozenset[str]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One change: where it is, what it is in one sentence, and either a proof or what each side says."""

    kind: Kind
    where: str
    what: str
    pin: str = ""
    candidate: str = ""
    proof: Proof | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a release is safe for who keeps to the pin, and all that it changes."""

    changes: tuple[Change, ...]
    exact: bool = False
    allow_undecided: bool = False

    @property
    def safe(self) -> bool:
        return not self.count(Kind.BREAKING) and not self.refused_drift and not self.refused_undecided

    @property
    def refused_drift(self) -> int:
        """How many drifts count against the release: the pin may be meant exactly."""
        return self.count(Kind.DRIFT) if self.exact else 0

    @property
    def refused_undecided(self) -> int:
        """How many undecided changes count against the release."""
        return 0 if self.allow_undecided else self.count(Kind.UNDECIDED)

    def count(self, kind: Kind) -> int:
        """How many changes are of this kind."""
        return sum(change.kind is kind for change in self.changes)


def gathered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, the gravest first; what is the same in several places (answers, mostly) is told once."""
    order = list(Kind)
    found: dict[tuple[Json, ...], list[Change]] = {}
    for change in changes:
        rules = change.proof.rules if change.proof else None
        found.setdefault((change.kind, change.what, change.pin, change.candidate, rules), []).append(change)
    told = [
        Change(first.kind, _joined([one.where for one in same]), first.what, first.pin, first.candidate, first.proof)
        for same in found.values()
        for first in same[:1]
    ]
    return tuple(sorted(told, key=lambda change: order.index(change.kind)))


def _joined(places: list[str]) -> str:
    """`answer 400, 401 and 422` for three places that begin with the same word."""
    different = list(dict.fromkeys(places))
    heads = {place.partition(" ")[0] for place in different}
    if len(different) == 1 or len(heads) > 1:
        return ", ".join(different)
    tails = [place.partition(" ")[2] for place in different]
    return f"{heads.pop()} {', '.join(tails[:-1])} and {tails[-1]}"
