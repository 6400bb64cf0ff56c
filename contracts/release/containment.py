"""Whether everything that one schema allows is allowed by another; and if not, the smallest value that proves it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import CanonicalizationError, Containment

from contracts.release.cases import cases
from contracts.release.change import Proof
from contracts.release.growth import Growth
from contracts.release.schema import Schema, validator
from contracts.release.smallest import size, smallest

Json = Any
Canonical = jsonschema_rs.CanonicalSchema

# Past these a comparison stays undecided: how many values are tried, and for how many seconds some are generated.
_TRIED = 3_000
# Past this jsonschema-rs takes seconds and hundreds of megabytes to multiply alternatives out.
_CASES = 4_096
_SECONDS = 1.5
# Keywords whose message names the member that it is about.
_ABOUT_MEMBERS = ("required", "dependentRequired", "propertyNames")


@dataclass(frozen=True)
class Contained:
    """The answer, with a proof for each different reason why it is no."""

    answer: Containment
    proofs: tuple[Proof, ...] = ()


def contained(inner: Schema, outer: Schema, known: Iterable[Json] = (), *, thorough: bool = True) -> Contained:
    """Whether every value that `inner` allows is allowed by `outer`. `known` are values worth a try.

    A value that one allows and the other refuses outranks what jsonschema-rs concludes. A `thorough` search takes
    seconds before it leaves something undecided.
    """
    if inner == outer:
        return Contained(Containment.YES)
    answer, likeliest = _concluded(inner, outer)
    search = _Search(inner, outer)
    search.try_all(known)
    if answer != Containment.YES:
        grown = [value for schema in (likeliest, inner) for value in Growth(schema, outer).values()]
        search.try_all(grown)
        if search.found:
            search.try_all(search.near_both([*grown, *Growth(_merged(outer), inner).values()]))
        if thorough and not search.found:
            search.try_all(_generated(likeliest))
    if search.found:
        return Contained(Containment.NO, search.proofs())
    return Contained(answer)


def _concluded(inner: Schema, outer: Schema) -> tuple[Containment, Schema]:
    """What jsonschema-rs concludes, and where a proof is likeliest: what only `inner` allows, or all that it does."""
    if max(cases(inner), cases(outer)) > _CASES:
        return Containment.UNKNOWN, inner
    try:
        narrow, wide = _canonical(inner), _canonical(outer)
        said = wide.covers(narrow)
    except (CanonicalizationError, ValueError):
        return Containment.UNKNOWN, inner
    likeliest = narrow.to_json_schema()
    with suppress(CanonicalizationError):
        likeliest = narrow.subtract(wide).to_json_schema()
    return said, likeliest if isinstance(likeliest, dict) else inner


def _merged(schema: Schema) -> Schema:
    """The schema with what its parts say put together, where jsonschema-rs can."""
    with suppress(CanonicalizationError, ValueError):
        merged = _canonical(schema).to_json_schema() if cases(schema) <= _CASES else schema
        return merged if isinstance(merged, dict) else schema
    return schema


def _canonical(schema: Schema) -> Canonical:
    return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)


class _Search:
    """The values found that `inner` allows and `outer` refuses: the smallest for each reason."""

    def __init__(self, inner: Schema, outer: Schema) -> None:
        self._inner, self._outer = inner, outer
        self._allows, self._refuses = validator(inner), validator(outer)
        self.found: dict[frozenset[str], Json] = {}

    def try_all(self, values: Iterable[Json]) -> None:
        """Try values."""
        for value in islice(values, _TRIED):
            if not self._refuses.is_valid(value) and self._allows.is_valid(value):
                why = self._reasons(value)
                self.found[why] = min(value, self.found.get(why, value), key=size)

    def near_both(self, values: list[Json]) -> Iterator[Json]:
        """Objects that are one member away from one that both allow, so that one thing is wrong with each."""
        shared = [value for value in values if isinstance(value, dict) and self._fits_both(value)]
        if not shared:
            return
        base = min(shared, key=size)
        yield from ({name: member for name, member in base.items() if name != other} for other in base)
        for value in values:
            if isinstance(value, dict):
                yield from (base | {name: member} for name, member in value.items())

    def _fits_both(self, value: Json) -> bool:
        return self._allows.is_valid(value) and self._refuses.is_valid(value)

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
        value = smallest(self.found[why], lambda one: self._allows.is_valid(one) and self._reasons(one) == why)
        # A keyword is told once for a place: a format comes with those that it implies.
        messages = {_place(error): _message(error) for error in reversed(list(self._refuses.iter_errors(value)))}
        return Proof(value, self._inner, self._outer, why, tuple(reversed(messages.values())))

    def _reasons(self, value: Json) -> frozenset[str]:
        return frozenset(reason for error in self._refuses.iter_errors(value) for reason in _reasons(error))


def _reasons(error: jsonschema_rs.ValidationError) -> list[str]:
    """What an error is about, whatever the value: the place, the keyword, and a member where it is about members."""
    members, keyword, about = _place(error)
    places = getattr(error.kind, "unexpected", None) or [about]
    return [json.dumps([members, keyword, str(place)]) for place in places]


def _place(error: jsonschema_rs.ValidationError) -> tuple[tuple[str, ...], str, str]:
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    members = tuple(step for step in error.instance_path if isinstance(step, str))
    return members, keyword, error.message if keyword in _ABOUT_MEMBERS else ""


def _message(error: jsonschema_rs.ValidationError) -> str:
    place = ".".join(map(str, error.instance_path))
    text = " ".join(error.message.split())
    if len(text) > 160:
        text = f"{text[:60]} … {text[-60:]}"
    return f"{text} [at {place}]" if place else text


def _generated(schema: Schema) -> list[Json]:
    """Values that Schemathesis draws from a schema, for as long as it may take."""
    # Imported late: most comparisons are decided without, and it takes longer to import than they take.
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings

    drawn: list[Json] = []
    ends = time.monotonic() + _SECONDS
    body = {"content": {"application/json": {"schema": schema}}, "required": True}
    operation = {"requestBody": body, "responses": {"204": {"description": "Empty"}}}
    info = {"title": "A schema", "version": "1"}

    class Enough(Exception):
        pass

    with suppress(Exception):
        # What the schema refers to is looked for from the document's root.
        paths = {"/": {"put": operation}}
        content = {"openapi": "3.1.0", "info": info, "paths": paths, "$defs": schema.get("$defs", {})}
        document = schemathesis.openapi.from_dict(content)

        @settings(
            max_examples=300,
            database=None,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(document["/"]["PUT"].as_strategy())
        def draw(case: schemathesis.Case[Any]) -> None:
            if time.monotonic() > ends:
                raise Enough
            drawn.append(case.body)

        draw()
    return drawn
