"""A vendor's release compared with the pin, by meaning: what it will refuse of us, and answer that was not promised.

Here stands what is found: each change with its proof, and the verdict. Nothing in this room sends a request.
"""

from __future__ import annotations

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
    """A value that one side allows and the other does not; `reasons` say why, in words."""

    value: Json
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
    """Whether a release is safe for who keeps to the pin, and all that it changes.

    `exact` refuses drift, too; `allow_undecided` lets pass what cannot be decided.
    """

    changes: tuple[Change, ...]
    exact: bool = False
    allow_undecided: bool = False

    @property
    def safe(self) -> bool:
        """Whether nothing counts against the release."""
        counts = {Kind.BREAKING: True, Kind.UNDECIDED: not self.allow_undecided, Kind.DRIFT: self.exact}
        return not any(counts.get(change.kind) for change in self.changes)
