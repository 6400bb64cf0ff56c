"""Whether everything that one schema allows is allowed by another; and if not, the smallest value that proves it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import CanonicalizationError, Containment

from contracts.release.growth import Growth
from contracts.release.schema import Schema, referred, validator

Json = Any

_STEPS = 300
# Keywords whose finding names the member that it is about.
_ABOUT_MEMBERS = ("required", "dependentRequired", "propertyNames")


@dataclass(frozen=True)
class Reason:
    """Why a value does not fit: the place in it, the keyword, what that says, what is there, and it all in words."""

    path: tuple[str | int, ...]
    keyword: str
    said: Json
    value: Json
    message: str

    @property
    def about(self) -> str:
        """What it is about, whatever the value: the members that lead there, the keyword, and the one that it names."""
        members = [step for step in self.path if isinstance(step, str)]
        return json.dumps([members, self.keyword, self.message if self.keyword in _ABOUT_MEMBERS else ""])


@dataclass(frozen=True)
class Proof:
    """A value that fits one schema (`allowed_by`) and not the other, both plain JSON Schema; `reasons` say why."""

    value: Json
    allowed_by: Schema
    refused_by: Schema
    reasons: tuple[Reason, ...]


def contained(inner: Schema, outer: Schema) -> tuple[Containment, tuple[Proof, ...]]:
    """Whether every value that `inner` allows is allowed by `outer`; if not, a proof for each different reason.

    What jsonschema-rs says counts, unless a value that `inner` allows and `outer` refuses outranks its yes.
    """
    answer, difference = _concluded(inner, outer)
    search = _Search(inner, outer)
    search.try_all(Growth(inner, outer).values())
    if answer != Containment.YES and difference is not None:
        search.try_all(Growth(difference, outer).values())
    return (Containment.NO, search.proofs()) if search.found else (answer, ())


def covers(outer: Schema, inner: Schema) -> Containment:
    """What jsonschema-rs alone says of whether `outer` allows all that `inner` does."""
    return _concluded(inner, outer)[0]


def _concluded(inner: Schema, outer: Schema) -> tuple[Containment, Schema | None]:
    """What jsonschema-rs concludes, and what only `inner` allows, where it can say that."""
    answer, difference = Containment.UNKNOWN, None
    # It raises for what its canonical form cannot express.
    with suppress(CanonicalizationError, ValueError):
        narrow, wide = (
            jsonschema_rs.canonicalize(one, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
            for one in (inner, outer)
        )
        answer = wide.covers(narrow)
        difference = narrow.subtract(wide).to_json_schema()
    return answer, difference if isinstance(difference, dict) else None


class _Search:
    """The values found that `inner` allows and `outer` refuses: the smallest for each reason."""

    def __init__(self, inner: Schema, outer: Schema) -> None:
        self._inner, self._outer = inner, outer
        self._allows, self._refuses = validator(inner), validator(outer)
        self.found: dict[frozenset[str], Json] = {}

    def try_all(self, values: Iterable[Json]) -> None:
        """Try values."""
        for value in values:
            if not self._refuses.is_valid(value) and self._allows.is_valid(value):
                why = self._why(value)
                self.found[why] = min(value, self.found.get(why, value), key=size)

    def proofs(self) -> tuple[Proof, ...]:
        """Proofs that show every reason, those of one reason first; one that shows nothing new is left out."""
        shown: set[str] = set()
        chosen = []
        for why in sorted(self.found, key=lambda why: (len(why), size(self.found[why]))):
            if not why <= shown:
                shown |= why
                chosen.append(why)
        return tuple(self._proof(why) for why in chosen)

    def _proof(self, why: frozenset[str]) -> Proof:
        value = smallest(self.found[why], lambda one: self._allows.is_valid(one) and self._why(one) == why)
        # A keyword is told once for a place: a format comes with those that it implies.
        told = {reason.about: reason for reason in reversed([*self._reasons(value)])}
        return Proof(value, self._inner, self._outer, tuple(reversed(told.values())))

    def _why(self, value: Json) -> frozenset[str]:
        return frozenset(reason.about for reason in self._reasons(value))

    def _reasons(self, value: Json) -> Iterator[Reason]:
        for error in self._refuses.iter_errors(value):
            steps, path = [*error.schema_path], tuple(error.instance_path)
            keyword = str(steps[-1]) if steps else ""
            said = _at(self._outer, steps)
            for name in getattr(error.kind, "unexpected", ()):
                yield Reason((*path, name), keyword, False, value, f"{json.dumps(name)} is not allowed")
            if not hasattr(error.kind, "unexpected"):
                yield Reason(path, keyword, said, error.instance, " ".join(error.message.split()))


def _at(root: Schema, steps: Iterable[str | int]) -> Json:
    """What a schema says at a path, through what it refers to."""
    found: Json = root
    for step in steps:
        while isinstance(found, dict) and step not in found and (target := referred(root, found)) is not None:
            found = target
        known = step in found if isinstance(found, dict) else isinstance(found, list) and isinstance(step, int)
        found = found[step] if known else None
    return found


def size(value: Json) -> tuple[int, int, str]:
    """How much there is to read of a value; of two alike the one with more letters and digits in it."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text), sum(not letter.isalnum() for letter in text[:1_000]), text


def smallest(value: Json, shows: Callable[[Json], bool]) -> Json:
    """The value made smaller, step by step, as long as it `shows` what it has to."""
    for _ in range(_STEPS):
        better = next((one for one in _smaller(value) if size(one) < size(value) and shows(one)), None)
        if better is None:
            break
        value = better
    return value


def _smaller(value: Json) -> Iterator[Json]:
    """Values that have a little less in them, the greatest steps first."""
    if isinstance(value, dict):
        yield from ({key: other for key, other in value.items() if key != name} for name in value)
        yield from ({**value, name: less} for name, member in value.items() for less in _smaller(member))
    elif isinstance(value, list):
        yield from _halved(value)
        few = range(len(value)) if len(value) <= 64 else range(1)
        yield from (value[:index] + value[index + 1 :] for index in few)
        yield from ([*value[:i], less, *value[i + 1 :]] for i in few for less in _smaller(value[i]))
    elif isinstance(value, str):
        yield from ("", *_halved(value))
        if len(value) <= 64:
            yield from (value.replace(letter, "a") for letter in dict.fromkeys(value) if letter != "a")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from (0, 1, int(value), int(value) // 2)


def _halved(value: Json) -> Iterator[Json]:
    """A list or a text without its first or its last half, quarter, …, down to one item."""
    for step in range(1, len(value).bit_length()):
        cut = len(value) >> step
        yield from (value[:-cut], value[cut:])
