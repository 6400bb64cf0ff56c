"""A variant: a vendor that differs from the documented one in one named thing. Its docstring says in which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from contracts.rules.document import Document
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.served import plain_wire


class Variant(Vendor):
    """A vendor with a difference.

    `contract` is the release that it is, `arguments` are what a user would give the suite besides, `base_path` is the
    path of its base URL. `elsewhere` is the base URL of another host, to which nothing may ever be sent.
    """

    contract: ClassVar[str] = "docs"
    arguments: ClassVar[tuple[str, ...]] = ()
    base_path: ClassVar[str] = ""
    elsewhere = ""

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self.updates = 0

    def update(self, call: Call, slug: str) -> Answer:
        self.updates += 1
        return super().update(call, slug)

    def wire(self, call: Call, answer: Answer) -> bytes | Iterable[bytes]:
        """What goes over the wire, in pieces where it takes its time; nothing breaks the connection."""
        return plain_wire(answer)


class Broken(Variant):
    """A vendor that breaks the rule `breaks`, which the test `found_by` finds: the run is red (exit 1)."""

    breaks: ClassVar[str]
    found_by: ClassVar[str]


class Unusual(Variant):
    """A vendor that does what few do and the contract allows: the run is green (exit 0)."""


class Hostile(Variant):
    """A vendor that harms who talks to it: the run ends in time and safely, red or without a verdict (exit 1 or 6)."""


def variants_of(kind: type[Variant]) -> Iterator[type[Variant]]:
    """Every named variant of a kind, in the order of its definition. A helper's name begins with an underscore."""
    for variant in kind.__subclasses__():
        if not variant.__name__.startswith("_"):
            yield variant
        yield from variants_of(variant)
