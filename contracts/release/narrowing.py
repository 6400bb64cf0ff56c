"""Two schemas of one place, compared: a change for each reason why one does not allow all that the other does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema_rs.canonical import Containment

from contracts.release.change import Change, Kind
from contracts.release.containment import contained
from contracts.release.schema import Schema

Json = Any


@dataclass(frozen=True)
class Narrowing:
    """What breaks where one schema does not allow all that another does: where it is, and what that means."""

    where: str
    what: str
    in_answers: bool = False

    def of(self, inner: Schema, outer: Schema, known: tuple[Json, ...] = ()) -> Iterator[Change]:
        """The changes that follow when `outer` has to allow all that `inner` allows; `known` are worth a try."""
        came = contained(inner, outer, known)
        schemas = (outer, inner) if self.in_answers else (inner, outer)
        pin, candidate = (json.dumps(schema, ensure_ascii=False) for schema in schemas)
        for proof in came.proofs:
            yield Change(Kind.BREAKING, self.where, self.what, proof=proof)
        if came.answer == Containment.NO and not came.proofs:
            yield Change(Kind.BREAKING, self.where, self.what, pin, candidate)
        if came.answer == Containment.UNKNOWN:
            yield Change(Kind.UNDECIDED, self.where, f"it is not known whether {self.what}", pin, candidate)
