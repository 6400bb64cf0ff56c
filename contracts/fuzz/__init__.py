"""Generated requests: Schemathesis's schema with our strategies plugged in, and requests that it cannot express.

`FITTING` and `BREAKING` are the pinned document, loaded twice; `rounds()` are the rounds of each generated test. Other
rooms also use `generation` (how much, and from which seed), `schema.request_of`, `payloads` and the `ledger`.
"""

import math
from typing import Any

from contracts.fuzz.generation import Generation, Round
from contracts.fuzz.strategies import authorizations, mutated_bodies, slugs_of_nobody
from contracts.rules.document import Document

__all__ = ["BREAKING", "FITTING", "Round", "authorizations", "mutated_bodies", "pin", "rounds", "slugs_of_nobody"]

_pinned: dict[str, Any] = {"generation": Generation()}


def pin(document: Document, generation: Generation) -> None:
    """From now on, `FITTING`, `BREAKING` and `rounds()` use this document and this generation."""
    _pinned.update(document=document, generation=generation)


def rounds(share: float = 1.0) -> list[Round]:
    """The rounds of a generated test, with this share of the examples that the profile or `--cases` asks for."""
    chosen: Generation = _pinned["generation"]
    return [Round(number, math.ceil(chosen.examples * share), chosen) for number in range(chosen.rounds)]


def __getattr__(name: str) -> Any:
    # Schemathesis takes a moment to import, and the pinned document is known only after the options are read.
    if name not in ("FITTING", "BREAKING"):
        raise AttributeError(name)
    from contracts.fuzz.schema import loaded

    return loaded(_pinned["document"], breaking=name == "BREAKING")
