"""A release compared with the pin, by meaning: which requests it newly refuses, which answers the pin did not promise.

Other rooms use `comparison.compared`, `difference.is_in_answer`, and what is found: `Change` with its proof, and
`ReleaseVerdict`. Nothing in this room sends a request.
"""

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from contracts.rules.openapi import parsed

Json = Any


class Kind(Enum):
    """What a change means for who upgrades, the gravest first."""

    BREAKING = "breaking"
    UNDECIDED = "not decided"
    DRIFT = "drift"
    COMPATIBLE = "compatible"


@dataclass(frozen=True)
class Proof:
    """A value that one side allows and the other does not: why, in words; the first reason as in `oasdiff.yaml`."""

    value: Json
    reasons: tuple[str, ...]
    in_short: str


@dataclass(frozen=True)
class Change:
    """One change: where it is, what it is in one sentence, and either a proof or what each side says."""

    kind: Kind
    where: str
    what: str
    pin: str = ""
    candidate: str = ""
    proof: Proof | None = None

    @property
    def oasdiff(self) -> str:
        """The name of the rule by which the tool oasdiff reports the same, where it has one."""
        found = f"{self.where}: {self.proof.in_short if self.proof else self.what}"
        return next((name for pattern, name in _oasdiff_names().items() if fnmatchcase(found, pattern)), "")


@dataclass(frozen=True)
class ReleaseVerdict:
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


@cache
def _oasdiff_names() -> dict[str, str]:
    names: dict[str, str] = parsed(Path(__file__).with_name("oasdiff.yaml").read_bytes())
    return names
