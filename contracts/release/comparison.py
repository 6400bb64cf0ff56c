"""Two documents of the operation compared: what changes from the pin to a release's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema_rs.canonical import Containment

from contracts.http.exchange import OPERATION
from contracts.release.changes import Change, Kind, breaking, change, gathered, members, new, not_decided, remarks
from contracts.release.containment import contained, covers
from contracts.release.schema import REQUEST, RESPONSE, NotFollowed, Schema, opened, plain
from contracts.rules.document import PROBLEM
from contracts.rules.openapi import References
from contracts.rules.operation import PATH, Answer, Operation, find, is_error, lets_in, near, told_ways
from contracts.rules.problem import exact

Json = Any

_REFUSED_VALUE, _REFUSED_BODY = "a value that was allowed is refused", "a body that was allowed is refused"
_NOT_PROMISED = "an answer may come that was not promised"


def compared(pin: References, candidate: References) -> tuple[Change, ...]:
    """What changes from the pin to a release's document, the gravest first.

    Raises:
        WrongCall: what either says of the operation, or what that refers to, cannot be read.

    """
    try:
        before, after = find(pin), find(candidate)
        if before is None:
            raise pin.wrong(f"does not describe {OPERATION} {PATH}")
        if after is None:
            alike = near(candidate)
            told = f"the nearest is {', '.join(alike)}" if alike else "nothing like it"
            return (change("gone", "operation", pin=f"{OPERATION} {PATH}", candidate=told),)
        return gathered([*_of_requests(before, after), *_of_answers(before, after)])
    except RecursionError:
        raise candidate.wrong("is nested too deep") from None
    except (AttributeError, KeyError, TypeError) as error:
        # A stranger's document may have anything in the place of anything.
        why = " ".join(repr(error).split())[:160]
        raise candidate.wrong(f"does not describe {OPERATION} {PATH} as OpenAPI has it: {why}") from None


def _of_requests(pin: Operation, candidate: Operation) -> Iterator[Change]:
    if candidate.deprecated and not pin.deprecated:
        yield change("deprecated", "operation")
    for key, (told, node) in candidate.unknown.items():
        if pin.unknown.get(key) != (told, node):
            yield change("unknown", "operation", told)
    sides = {"pin": told_ways(pin.security), "candidate": told_ways(candidate.security)}
    if not all(any(lets_in(way, needed) for needed in candidate.security) for way in pin.security):
        yield change("credential refused", "security", **sides)
    elif not all(any(lets_in(way, needed) for needed in pin.security) for way in candidate.security):
        yield change("credential taken", "security", **sides)
    for key in [key for key in {**pin.parameters, **candidate.parameters} if key not in candidate.unknown]:
        yield from _parameter(pin, candidate, key)
    yield from _bodies(pin, candidate)


def _parameter(pin: Operation, candidate: Operation, key: tuple[str, str]) -> Iterator[Change]:
    before, after = pin.parameters.get(key), candidate.parameters.get(key)
    if before is None and after is not None:
        yield change("parameter required" if after.required else "parameter optional", after.called)
    elif before is not None and after is None:
        yield change("parameter gone", before.called, pin="takes it", candidate="does not name it")
    elif before is not None and after is not None:
        if after.required and not before.required:
            yield change("parameter demanded", after.called, pin="may be left out", candidate="must be there")
        # An empty segment would be another path.
        sent = {"allOf": [before.schema, {"minLength": 1}]} if key[0] == "path" else before.schema
        yield from _narrowed(pin, candidate, after.called, (sent, after.schema), _REFUSED_VALUE)


def _bodies(pin: Operation, candidate: Operation) -> Iterator[Change]:
    where = "request body"
    if candidate.body_required and not pin.body_required:
        yield change("body demanded", where, pin="may be left out", candidate="must be there")
    for media_type, before in pin.bodies.items():
        kinds = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        taken = next((kind for kind in kinds if kind in candidate.bodies), None)
        if taken is None:
            told = ", ".join(candidate.bodies) or "no body"
            yield change("body gone", where, media_type, pin=", ".join(pin.bodies), candidate=told)
        else:
            yield from _narrowed(pin, candidate, where, (before, candidate.bodies[taken]), _REFUSED_BODY)
    for media_type in [one for one in candidate.bodies if pin.bodies and one not in pin.bodies]:
        yield change("body too", where, media_type)


def _narrowed(
    pin: Operation, candidate: Operation, where: str, sides: tuple[Json, Json], what: str
) -> Iterator[Change]:
    """What changes where a client sends a value of the schema of one side, and the other takes its own."""
    try:
        inner = plain(pin.references, sides[0], REQUEST, where)
        outer = plain(candidate.references, sides[1], REQUEST, where)
    except NotFollowed as reason:
        yield not_decided(where, what, candidate=str(reason))
        return
    says_nothing = outer.keys() <= {"type", "default", "deprecated"} and outer.get("type") in (None, "string")
    if "parameter" in where and says_nothing:
        # On its way a parameter is text.
        return
    found = [*breaking("request", where, what, inner, outer)]
    before, after = members(inner), members(outer)
    found += [change("request member", where, name) for name, one in new(after, before).items() if not one["always"]]
    found += remarks("request", where, before, after)
    yield from found
    if not found and contained(outer, inner)[0] == Containment.NO:
        yield change("more taken", where)


def _of_answers(pin: Operation, candidate: Operation) -> Iterator[Change]:
    sides = {"pin": ", ".join(sorted(pin.answers)), "candidate": ", ".join(sorted(candidate.answers)) or "no status"}
    for status in sorted(pin.answers.keys() | candidate.answers.keys()):
        before, after = pin.answer(status), candidate.answer(status)
        where = f"answer {status}"
        if before is not None and after is not None:
            yield from _contents(pin, candidate, status, before, after)
            yield from _headers(status, before, after)
        elif is_error(status):
            yield change("error new" if before is None else "error gone", where)
        elif after is None and "default" in candidate.answers:
            yield change("success by default", where, **sides)
        else:
            yield change("success new" if before is None else "success gone", where, **sides)
    errors = list(filter(is_error, pin.answers))
    if errors and not any(map(candidate.answer, errors)):
        yield change("no errors", "answers", **sides)


def _contents(pin: Operation, candidate: Operation, status: str, before: Answer, after: Answer) -> Iterator[Change]:
    where = f"answer {status}"
    sides = {"pin": ", ".join(before.contents) or "no body", "candidate": ", ".join(after.contents) or "no body"}
    if bool(before.contents) != bool(after.contents):
        more = "error content new" if is_error(status) else "content new"
        yield change(more if after.contents else "content gone", where, **sides)
        return
    for media_type, schema in after.contents.items():
        if media_type in before.contents:
            is_problem = media_type == PROBLEM and is_error(status)
            yield from _content(pin, candidate, where, (before.contents[media_type], schema), is_problem=is_problem)
        else:
            yield change("type new", where, media_type, **sides)
    for media_type in [one for one in before.contents if one not in after.contents]:
        yield change("type gone", where, media_type)


def _content(
    pin: Operation, candidate: Operation, where: str, sides: tuple[Json, Json], *, is_problem: bool
) -> Iterator[Change]:
    """What changes where a client reads a value of the candidate's schema, and expects one of the pin's."""
    try:
        outer = plain(pin.references, sides[0], RESPONSE, where)
        inner = plain(candidate.references, sides[1], RESPONSE, where)
        lenient = opened(outer)
    except NotFollowed as reason:
        yield not_decided(where, _NOT_PROMISED, candidate=str(reason))
        return
    held = held_anyway(inner) if is_problem else inner
    found = [*breaking("answer", where, _NOT_PROMISED, held, lenient)]
    before, after = members(outer), members(inner)
    for name, member in new(after, before).items():
        found.append(change("answer member always" if member["always"] else "answer member", where, name))
    found += [change("answer member gone", where, name) for name in new(before, after)]
    if is_problem and not any(one.kind is Kind.BREAKING for one in found) and contained(inner, lenient)[1]:
        found.append(change("less said", where))
    yield from found
    yield from remarks("answer", where, before, after)
    if not found and contained(held, outer)[0] == Containment.NO:
        yield change("open", where)
    elif not found and contained(outer, inner)[0] == Containment.NO:
        yield change("less comes", where)


def held_anyway(candidate: Schema) -> Schema:
    """A problem's schema with what every answer is held to, where the candidate leaves that unsaid (`exact.yaml`).

    A document that says less than that is no breaking release: a deployment that does less is a broken one, in any
    run. A member that cannot be all that it has to be able to be stays as the candidate has it.
    """
    own: dict[str, Json] = {}
    said = members(candidate)
    for name, schema in exact().members.items():
        wanted = plain(References({}, "exact.yaml"), schema, RESPONSE, name)
        able = dict(wanted)
        if name == "errors":
            # Whether it may be null, and what an item has besides, is for the document to say.
            able |= {"type": "array", "items": wanted["items"] | {"additionalProperties": False}}
        given = {"allOf": [said.get(name, True)], "$defs": candidate.get("$defs", {})}
        if covers(given, able) == Containment.YES:
            own[name] = wanted if name in said else wanted | {"type": able["type"]}
    held: dict[str, Json] = {"properties": own}
    if covers({"not": {"type": "object"}}, candidate) != Containment.YES:
        held["type"] = "object"
    return candidate | {"allOf": [*candidate.get("allOf", ()), held]}


def _headers(status: str, before: Answer, after: Answer) -> Iterator[Change]:
    where = f"answer {status}"
    for name, required in before.headers.items():
        if required and not after.headers.get(name):
            yield change("header gone", where, name, pin="always there", candidate="may be left out")
    for name in [name for name in after.headers if name not in before.headers]:
        always = after.headers[name] and status[0] == "2"
        yield change("header always" if always else "header new", where, name)
