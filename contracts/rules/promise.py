"""The promises, read from `promises.yaml`, and violations: promises that were found broken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

PROMISES = Path(__file__).parent.parent / "promises.yaml"
# How a place in an answer is written, or begins, if it is the status.
HTTP_STATUS = "HTTP status"
# The most characters of an excerpt.
_SHOWN = 200
# The place where the sentence of a promise passes from the circumstance to the answer.
_ANSWERED = re.compile(r",? (?:is|may also be) (?:answered|refused|stored)\b")


class Layer(StrEnum):
    """Where a promise comes from: the vendor's document, or the rules that every answer is held to in addition."""

    DOCUMENTED = "documented"
    EXACT = "exact"


@dataclass(frozen=True)
class Promise:
    """One entry of `promises.yaml`.

    `allows` are the statuses that may answer a request in the circumstance that the promise is about; it is empty for
    a promise that is about something else.
    """

    id: str
    sentence: str
    source: str
    layer: Layer
    allows: frozenset[int] = frozenset()

    @property
    def circumstance(self) -> str:
        """The circumstance that the promise is about, in words."""
        return _ANSWERED.split(self.sentence)[0]


@dataclass(frozen=True)
class Violation:
    """A broken promise, by its id: what was expected and what came.

    `place` says where in the answer the fault is, `layer` where the promise comes from.
    """

    promise: str
    expected: str
    actual: str
    place: str
    layer: Layer

    @property
    def sentence(self) -> str:
        return promises()[self.promise].sentence


@cache
def promises() -> Mapping[str, Promise]:
    """Every promise by its id, in the order of the file."""
    entries = yaml.safe_load(PROMISES.read_text(encoding="utf-8"))
    return {
        id_: Promise(id_, entry["sentence"], entry["source"], Layer(entry["layer"]), frozenset(entry.get("allows", ())))
        for id_, entry in entries.items()
    }


def violation(promise: str, expected: str, actual: str, place: str = "", layer: Layer | None = None) -> Violation:
    """A violation of the promise with this id, in printable words. Its layer is the promise's unless one is given."""
    layer = layer or promises()[promise].layer
    return Violation(str(promise), printable(expected), printable(actual), printable(place), layer)


def excerpt(text: str) -> str:
    """A short, printable form of what came."""
    return printable(text if len(text) <= _SHOWN else text[:_SHOWN] + f"… ({len(text)} characters)")


def printable(text: str) -> str:
    """The text, escaped if it has characters that would garble a terminal."""
    return text if text.isprintable() else ascii(text)[1:-1]


def is_status(place: str) -> bool:
    """Whether a place in an answer is its HTTP status."""
    return place.startswith(HTTP_STATUS)


def number(count: int, noun: str) -> str:
    """A count with its noun: "1 test", "2 tests"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def is_of_state(promise: str) -> bool:
    """Whether a promise is about what is stored, and not about an answer."""
    return promise.startswith(("update.", "refused."))
