"""The request side: everything that the pin lets a client send has to be taken by the candidate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from jsonschema_rs.canonical import Containment

from contracts.payload import payloads
from contracts.release import members
from contracts.release.change import Change, Kind
from contracts.release.containment import contained
from contracts.release.narrowing import Narrowing
from contracts.release.operation import Operation, Parameter
from contracts.release.parts import marked
from contracts.release.schema import REQUEST, Schema, plain
from contracts.release.security import refused, told

Json = Any
# Schemas that take every text; and on its way each parameter is text.
_ANY_TEXT: tuple[Schema, ...] = ({}, {"type": "string"})


def changes(pin: Operation, candidate: Operation) -> Iterator[Change]:
    """What changes for who sends requests."""
    if candidate.deprecated and not pin.deprecated:
        yield Change(Kind.DRIFT, "operation", "it is deprecated")
    yield from _of_security(pin, candidate)
    for key in dict.fromkeys([*pin.parameters, *candidate.parameters]):
        yield from _of_parameter(pin, candidate, key)
    yield from _of_bodies(pin, candidate)


def _of_security(pin: Operation, candidate: Operation) -> Iterator[Change]:
    if refused(pin.security, candidate.security):
        what = "a credential that was enough is not any more"
        yield Change(Kind.BREAKING, "security", what, told(pin.security), told(candidate.security))
    elif refused(candidate.security, pin.security):
        what = "a credential that was not enough is now"
        yield Change(Kind.COMPATIBLE, "security", what, told(pin.security), told(candidate.security))


def _of_parameter(pin: Operation, candidate: Operation, key: tuple[str, str]) -> Iterator[Change]:
    before, after = pin.parameters.get(key), candidate.parameters.get(key)
    if after is None and before is not None:
        if before.where != "path":
            yield Change(Kind.BREAKING, _where(before), "it is not documented any more", "takes it", "does not name it")
    elif before is None and after is not None:
        if after.required and after.where != "path":
            yield Change(Kind.BREAKING, _where(after), "it is new, and required", "does not name it", "requires it")
        elif after.where != "path":
            yield Change(Kind.COMPATIBLE, _where(after), "it is new, and optional")
    elif before is not None and after is not None:
        yield from _of_values(pin, candidate, before, after)


def _of_values(pin: Operation, candidate: Operation, before: Parameter, after: Parameter) -> Iterator[Change]:
    where = _where(before)
    if after.required and not before.required:
        yield Change(Kind.BREAKING, where, "it is required now", "may be left out", "must be there")
    if after.deprecated and not before.deprecated:
        yield Change(Kind.DRIFT, where, "it is deprecated")
    if after.form != before.form:
        pin_form, candidate_form = (" ".join(map(str, form)).strip() for form in (before.form, after.form))
        yield Change(Kind.BREAKING, where, "its value is written in another way", pin_form, candidate_form)
    inner = plain(pin.references, before.schema, REQUEST, where)
    outer = plain(candidate.references, after.schema, REQUEST, where)
    if before.where == "path":
        # An empty segment would be another path.
        inner = inner | {"allOf": [*inner.get("allOf", []), {"minLength": 1}]}
    if outer not in _ANY_TEXT:
        yield from Narrowing(where, "a value that was allowed is refused").of(inner, outer)


def _where(parameter: Parameter) -> str:
    return f"{parameter.where} parameter {parameter.name}"


def _of_bodies(pin: Operation, candidate: Operation) -> Iterator[Change]:
    if candidate.body_required and not pin.body_required:
        yield Change(Kind.BREAKING, "request body", "it is required now", "may be left out", "must be there")
    for media_type, schema in pin.bodies.items():
        kinds = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        taken = next((kind for kind in kinds if kind in candidate.bodies), None)
        if taken is None:
            others = ", ".join(candidate.bodies) or "no body"
            what = f"{media_type} is not taken any more"
            yield Change(Kind.BREAKING, "request body", what, ", ".join(pin.bodies), others)
        else:
            yield from _of_body(pin, candidate, schema, candidate.bodies[taken])
    for media_type in candidate.bodies.keys() - pin.bodies.keys():
        if pin.bodies:
            yield Change(Kind.COMPATIBLE, "request body", f"{media_type} is taken, too")


def _of_body(pin: Operation, candidate: Operation, before: Json, after: Json) -> Iterator[Change]:
    where = "request body"
    inner = plain(pin.references, before, REQUEST, where)
    outer = plain(candidate.references, after, REQUEST, where)
    found = list(Narrowing(where, "a body that was allowed is refused").of(inner, outer, _payload_bodies()))
    yield from found
    added = members.new(inner, outer)
    for path, required in added.items():
        if not required:
            yield Change(Kind.COMPATIBLE, where, f"the member {path} is new, and optional")
    if not found and not added and contained(outer, inner, thorough=False).answer == Containment.NO:
        yield Change(Kind.COMPATIBLE, where, "more is taken than before")
    yield from deprecated_members(pin, candidate, where, before, after)


def deprecated_members(pin: Operation, candidate: Operation, where: str, before: Json, after: Json) -> Iterator[Change]:
    """The members of an object that are deprecated and were not."""
    already = marked(pin.references, before, "deprecated")
    for name in sorted(marked(candidate.references, after, "deprecated") - already):
        yield Change(Kind.DRIFT, where, f"the member {name} is deprecated")


@cache
def _payload_bodies() -> tuple[Json, ...]:
    """The bodies of the hand-picked requests, those that are JSON."""
    found = []
    for payload in payloads():
        # What is not Unicode is no value of a schema.
        with suppress(ValueError, RecursionError):
            value = json.loads(payload.request.body)
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
            found.append(value)
    return tuple(found)
