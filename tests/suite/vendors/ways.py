"""Ways to differ that several families have in common: methods for their rows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.served import HangUp, plain_wire
from tests.suite.vendors.variant import Variant

Members = dict[str, Any]
Wire = Callable[[Call, Answer], bytes | Iterable[bytes]]

NAME, EXTERNAL_ID = "name", "externalCustomerId"
# Longer than any exchange may take, in seconds.
HOLDS = 30.0


def first(**own: Callable[..., Any]) -> dict[str, Any]:
    """Methods that ask `own`, given the vendor and the call, and do as documented where that answers None."""

    def method(name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asking(self: Variant, *given: Any) -> Any:
            answer = ask(self, *given)
            return getattr(Variant, name)(self, *given) if answer is None else answer

        return asking

    return {name: method(name, ask) for name, ask in own.items()}


def then(**own: Callable[..., Any]) -> dict[str, Any]:
    """Methods that do as documented and ask `own`, given the answer too, for another one; None leaves it as it is."""

    def method(name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asking(self: Variant, *given: Any) -> Any:
            answer = getattr(Variant, name)(self, *given)
            another = ask(self, answer, *given)
            return answer if another is None else another

        return asking

    return {name: method(name, ask) for name, ask in own.items()}


def writing(written: Callable[[Call, Members], Any]) -> Callable[..., Answer]:
    """A method `problem` that says what `written` makes of a problem's members."""

    def problem(self: Variant, call: Call, refusal: Refusal) -> Answer:
        answer = Variant.problem(self, call, refusal)
        answer.body = json.dumps(written(call, json.loads(answer.body))).encode()
        return answer

    return problem


def reading(change: Callable[[Call], Call]) -> Callable[..., Any]:
    """A method `parse` that reads, in place of a request, what `change` makes of it."""
    return lambda self, call: Variant.parse(self, change(call))


def to_updates(own: Wire) -> Callable[..., bytes | Iterable[bytes]]:
    """A method `wire` that answers updates in its own way, and whatever else as a correct server does."""
    return lambda self, call, answer: own(call, answer) if call.method == "PUT" else plain_wire(answer)


def to_refusals(own: Wire) -> Callable[..., bytes | Iterable[bytes]]:
    """A method `wire` that sends refusals in its own way, and whatever else as a correct server does."""
    return lambda self, call, answer: own(call, answer) if answer.status >= 400 else plain_wire(answer)


def hanging_up(*pieces: bytes, by: type[HangUp] = HangUp) -> Iterator[bytes]:
    """These pieces, then the end of the connection."""
    yield from pieces
    raise by


def holding(*pieces: bytes, seconds: float = HOLDS) -> Iterator[bytes]:
    """These pieces, then nothing for so long that nobody waits for more."""
    yield from pieces
    time.sleep(seconds)


def late(answer: Answer, seconds: float = HOLDS) -> Iterator[bytes]:
    """An answer after so many seconds."""
    time.sleep(seconds)
    yield plain_wire(answer)
