"""A variant: a vendor that differs from the documented one in one named thing, which a sentence of its own says.

Most are a row: a name, a sentence, and those methods of the documented vendor that are others.

    SaysYesToAll = hostile("Answers 204 whatever is asked.", handle=lambda self, call: Answer(204))

Such a method calls the documented one as `Variant.handle(self, call)`; `ways` has what writes most of them. Where many
vendors of a family differ in the same way, a function of that family makes the row. What needs more is a class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from contracts.rules.document import Document
from contracts.vendor.model import Answer, Call, Refusal, Vendor
from tests.suite.served import plain_wire


class Variant(Vendor):
    """A vendor with a difference.

    `contract` is the release that it is, `arguments` are what a user would give the suite besides, `base_path` is the
    path of its base URL. `elsewhere` is the base URL of another host, to which nothing may ever be sent. It listens on
    `host`, and closes a connection on which nothing comes for `idle` seconds.
    """

    contract: ClassVar[str] = "docs"
    arguments: ClassVar[tuple[str, ...]] = ()
    base_path: ClassVar[str] = ""
    elsewhere = ""
    host: ClassVar[str] = "127.0.0.1"
    idle: ClassVar[float | None] = None

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self.updates = 0
        self.begin()

    def begin(self) -> None:
        """What happens before the first call."""

    def update(self, call: Call, slug: str) -> Answer:
        self.updates += 1
        return super().update(call, slug)

    def early(self, call: Call) -> Iterable[bytes]:
        """What goes over the wire before the body of a request is read."""
        return ()

    def joined(self, chunks: list[bytes]) -> bytes:
        """A body that comes in chunks."""
        return b"".join(chunks)

    def wire(self, call: Call, answer: Answer) -> bytes | Iterable[bytes]:
        """What goes over the wire, in pieces where it takes its time; nothing breaks the connection."""
        return plain_wire(answer)


class Broken(Variant):
    """A vendor that breaks the promise `breaks`, which the test `found_by` finds: the run is red (exit 1)."""

    breaks: ClassVar[str]
    found_by: ClassVar[str]


class Unusual(Variant):
    """A vendor that does what few do and the contract allows: the run is green (exit 0)."""


class Hostile(Variant):
    """A vendor that harms who talks to it: the run ends in time and safely, red or without a verdict (exit 1 or 6)."""


@dataclass(frozen=True)
class Row:
    """A vendor in a row: what it is, what is special about it, and the members of its class that say how.

    Several rows may stand behind one name; each ends it with a `suffix` of its own.
    """

    kind: type[Variant]
    sentence: str
    members: dict[str, Any]
    suffix: str = ""

    def variant(self, name: str, family: str) -> type[Variant]:
        """The vendor as a class.

        Raises:
            TypeError: a member has a name that nothing asks for.

        """
        known = {*dir(self.kind), *self.kind.__annotations__}
        if unknown := self.members.keys() - known:
            raise TypeError(f"{name} has {', '.join(sorted(unknown))}, which no vendor has")
        own = {"__doc__": self.sentence, "__module__": family}
        return type(f"{name}{self.suffix}", (self.kind,), own | self.members)


def broken(breaks: str, found_by: str) -> Callable[..., Row]:
    """What makes rows of broken vendors: of the promise that they break, and the test that finds it."""

    def row(sentence: str, suffix: str = "", **members: Any) -> Row:
        return Row(Broken, sentence, {"breaks": breaks, "found_by": found_by, **members}, suffix)

    return row


def unusual(sentence: str, **members: Any) -> Row:
    """A row of a correct vendor."""
    return Row(Unusual, sentence, members)


def hostile(sentence: str, **members: Any) -> Row:
    """A row of a hostile vendor."""
    return Row(Hostile, sentence, members)


def refuse(status: int, detail: str, *errors: dict[str, Any]) -> NoReturn:
    """Refuse, where an expression has to."""
    raise Refusal(status, detail, *errors)


def refuse_if(condition: object, status: int, detail: str, *errors: dict[str, Any]) -> None:
    """Refuse if the condition holds."""
    if condition:
        raise Refusal(status, detail, *errors)
