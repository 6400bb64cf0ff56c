"""What is generated: Schemathesis's schema with our strategies plugged in, and requests that its cases cannot say.

`FITTING` and `BREAKING` are the pinned document, loaded twice; `rounds()` are the rounds of each generated test.
"""

from __future__ import annotations

from typing import Any

from contracts.fuzz import schema
from contracts.fuzz.generation import Generation
from contracts.fuzz.requests import authorizations, mutated_bodies, slugs_of_nobody
from contracts.fuzz.rounds import Round, rounds, set_generation
from contracts.rules.document import Document

__all__ = ["BREAKING", "FITTING", "Round", "authorizations", "mutated_bodies", "pin", "rounds", "slugs_of_nobody"]


def pin(document: Document, generation: Generation) -> None:
    """Let `FITTING`, `BREAKING` and `rounds()` be those of this document and these rounds, from now on."""
    schema.pin(document)
    set_generation(generation)


def __getattr__(name: str) -> Any:
    # Loading takes a moment, and which document is pinned is known only once the options are read.
    if name in ("FITTING", "BREAKING"):
        return schema.loaded(name)
    raise AttributeError(name)
