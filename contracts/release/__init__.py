"""A vendor's release compared with the pin, by meaning: what it will refuse of us, and answer that was not promised.

Here stands what is found: each change with its proof, and the verdict. Nothing in this room sends a request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
class Reason:
    """Why a value does not fit: the path in it, the keyword, what is there, and the reason in words."""

    path: tuple[str | int, ...]
    keyword: str
    value: Json
    message: str

    @property
    def about(self) -> str:
        """What makes it the same reason for another value: the members that lead there, the keyword, and its member."""
        members = [step for step in self.path if isinstance(step, str)]
        names_member = self.keyword in ("required", "dependentRequired", "propertyNames")
        return json.dumps([members, self.keyword, self.message if names_member else ""])


@dataclass(frozen=True)
class Proof:
    """A value that fits one schema (`allowed_by`) and not the other, both plain JSON Schema; `reasons` say why."""

    value: Json
    allowed_by: Mapping[str, Json]
    refused_by: Mapping[str, Json]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Change:
    """One change: where it is, what it is in one sentence, and either a proof or what each side says.

    `oasdiff` is the name of the promise by which the tool oasdiff reports the same, where it has one.
    """

    kind: Kind
    where: str
    what: str
    pin: str = ""
    candidate: str = ""
    proof: Proof | None = None
    oasdiff: str = ""


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
