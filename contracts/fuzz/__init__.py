"""What is generated: Schemathesis's schema with our strategies plugged in, and requests that its cases cannot say.

`FITTING` and `BREAKING` are the pinned document, loaded twice; `rounds()` are the rounds of each generated test.
"""

from __future__ import annotations

import math
from typing import Any

from contracts.fuzz.generation import Generation
from contracts.fuzz.requests import authorizations, mutated_bodies, slugs_of_nobody
from contracts.fuzz.round import Round
from contracts.fuzz.schema import breaking_schema, fitting_schema
from contracts.rules.document import Document

__all__ = ["BREAKING", "FITTING", "Round", "authorizations", "mutated_bodies", "pin", "rounds", "slugs_of_nobody"]

_pinned: dict[str, Any] = {"generation": Generation()}


def pin(document: Document, generation: Generation) -> None:
    """Let `FITTING`, `BREAKING` and `rounds()` be those of this document and these rounds, from now on."""
    _pinned.update(document=document, generation=generation)


def rounds(share: float = 1.0) -> list[Round]:
    """The rounds of a generated test, with this share of the examples that the profile says or `--cases` needs."""
    given: Generation = _pinned["generation"]
    return [Round(number, math.ceil(given.examples * share), given) for number in range(given.rounds)]


def __getattr__(name: str) -> Any:
    # Loading takes a moment, and which document is pinned is known only once the options are read.
    loads = {"FITTING": fitting_schema, "BREAKING": breaking_schema}
    if name not in loads:
        raise AttributeError(name)
    return loads[name](_pinned["document"])
