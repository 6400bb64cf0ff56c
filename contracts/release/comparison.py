"""Two documents of the operation compared: each change from the pin to the candidate with its kind and its proof."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from contracts.errors import one_line
from contracts.http.request import OPERATION
from contracts.release import Change, Kind
from contracts.release.difference import Difference, is_in_answer, worst
from contracts.release.schema import REQUEST, RESPONSE, NotFollowed, plain
from contracts.rules.document import PROBLEM
from contracts.rules.openapi import References
from contracts.rules.operation import PATH, DocumentedAnswer, Operation, find, is_error, lets_in, near, ways_in_words

Json = Any

BREAKING, UNDECIDED, DRIFT, COMPATIBLE = Kind


def compared(pin: References, candidate: References) -> tuple[Change, ...]:
    """What changes from the pin to the candidate, the gravest first; what is the same in several answers, once.

    Raises WrongCall if what either says of the operation, or what that refers to, cannot be read.
    """
    try:
        before, after = find(pin), find(candidate)
        if before is None:
            raise pin.wrong(f"does not describe {OPERATION} {PATH}")
        if after is None:
            nearest = ", ".join(near(candidate))
            there = f"the nearest is {nearest}" if nearest else "nothing like it"
            return (Change(BREAKING, "operation", "the candidate does not have it", f"{OPERATION} {PATH}", there),)
        return _gathered([*_of_requests(before, after), *_of_answers(before, after)])
    except RecursionError:
        raise candidate.wrong("is nested too deep") from None
    except (AttributeError, KeyError, TypeError) as error:
        # A stranger's document may have anything in the place of anything.
        why = one_line(repr(error), 160)
        raise candidate.wrong(f"does not describe {OPERATION} {PATH} as OpenAPI has it: {why}") from None


def _gathered(changes: Iterable[Change]) -> tuple[Change, ...]:
    same: dict[str, list[Change]] = {}
    for change in changes:
        value = json.dumps(change.proof.value) if change.proof else ""
        same.setdefault(repr((change.kind, change.what, change.pin, change.candidate, value)), []).append(change)
    gathered = [replace(alike[0], where=_joined([change.where for change in alike])) for alike in same.values()]
    return tuple(sorted(gathered, key=lambda change: [*Kind].index(change.kind)))


def _joined(places: list[str]) -> str:
    """`answer 400, 401 and 422` for three places that begin with the same word."""
    heads, _, tails = zip(*(place.partition(" ") for place in places), strict=True)
    if len(places) == 1 or len(set(heads)) > 1:
        return ", ".join(places)
    return f"{heads[0]} {', '.join(tails[:-1])} and {tails[-1]}"


def _of_requests(pin: Operation, candidate: Operation) -> Iterator[Change]:
    """What changes for who sends requests."""
    if candidate.deprecated and not pin.deprecated:
        yield Change(DRIFT, "operation", "it is deprecated")
    unknown = {**pin.unknown, **candidate.unknown}
    for key, (called, _) in unknown.items():
        if pin.unknown.get(key) != candidate.unknown.get(key):
            yield Change(UNDECIDED, "operation", f"it is not known what {called} means for a client")
    ways = ways_in_words(pin.security), ways_in_words(candidate.security)
    if not all(any(lets_in(way, needed) for needed in candidate.security) for way in pin.security):
        yield Change(BREAKING, "security", "a credential that was enough is not any more", *ways)
    elif not all(any(lets_in(way, needed) for needed in pin.security) for way in candidate.security):
        yield Change(COMPATIBLE, "security", "a credential that was not enough is now", *ways)
    for key in [key for key in {**pin.parameters, **candidate.parameters} if key not in unknown]:
        yield from _of_parameter(pin, candidate, key)
    yield from _of_bodies(pin, candidate, "request body")


def _of_parameter(pin: Operation, candidate: Operation, key: tuple[str, str]) -> Iterator[Change]:
    before, after = pin.parameters.get(key), candidate.parameters.get(key)
    if before and after:
        yield from _of_need(after.called, before.required, after.required)
        # An empty segment would be another path.
        sent = {"allOf": [before.schema, {"minLength": 1}]} if key[0] == "path" else before.schema
        yield from _of_schemas(pin, candidate, after.called, sent, after.schema)
    elif before:
        yield Change(BREAKING, before.called, "it is not documented any more", "takes it", "does not name it")
    elif after and after.required:
        yield Change(BREAKING, after.called, "it is new, and required")
    elif after:
        yield Change(COMPATIBLE, after.called, "it is new, and optional")


def _of_need(where: str, before: bool, after: bool) -> Iterator[Change]:
    if after and not before:
        yield Change(BREAKING, where, "it is required now", "may be left out", "must be there")
    elif before and not after:
        yield Change(COMPATIBLE, where, "it may be left out now")


def _named_by(media_type: str, known: Iterable[str]) -> str | None:
    """The media type, or else the narrowest range of them, that stands for this one."""
    return next((name for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*") if name in known), None)


def _of_bodies(pin: Operation, candidate: Operation, where: str) -> Iterator[Change]:
    before, after = pin.bodies, candidate.bodies
    yield from _of_need(where, pin.body_required, candidate.body_required or not after)
    for media_type, sent in before.items():
        taken = _named_by(media_type, after)
        if taken is None:
            yield Change(BREAKING, where, f"{media_type} is not taken any more", *_media_types(before, after))
        else:
            yield from _of_schemas(pin, candidate, where, sent, after[taken])
    for media_type in [name for name in after if before and name not in before]:
        yield Change(COMPATIBLE, where, f"{media_type} is taken, too")


def _of_answers(pin: Operation, candidate: Operation) -> Iterator[Change]:
    """What changes for who reads answers."""
    statuses = ", ".join(sorted(pin.answers)), ", ".join(sorted(candidate.answers)) or "no status"
    for status in sorted(pin.answers.keys() | candidate.answers.keys()):
        before, after, where = pin.answer(status), candidate.answer(status), f"answer {status}"
        if before and after:
            yield from _of_contents(pin, candidate, where, before.contents, after.contents)
            yield from _of_headers(pin, candidate, where, before, after)
        elif is_error(status) and before:
            yield Change(COMPATIBLE, where, "the error status is not documented any more")
        elif before and status[1:] == "XX" and any(documented[0] == status[0] for documented in candidate.answers):
            yield Change(COMPATIBLE, where, "only some of its statuses are documented any more")
        elif is_error(status):
            yield Change(DRIFT, where, "the error status is new")
        elif before and "default" in candidate.answers:
            what = "the status is not documented any more; `default` may stand for it"
            yield Change(UNDECIDED, where, what, *statuses)
        elif before:
            yield Change(BREAKING, where, "the status is not documented any more", *statuses)
        else:
            yield Change(BREAKING, where, "the status is new, and no error", *statuses)
    errors = [status for status in pin.answers if is_error(status)]
    if errors and not any(map(candidate.answer, errors)):
        what = "no error of the pin is documented: it is not known how errors look"
        yield Change(UNDECIDED, "answers", what, *statuses)


def _of_contents(
    pin: Operation, candidate: Operation, where: str, before: Mapping[str, Json], after: Mapping[str, Json]
) -> Iterator[Change]:
    sides, error = _media_types(before, after), is_error(where.removeprefix("answer "))
    if after and not before:
        yield Change(DRIFT if error else BREAKING, where, "it has a body now", *sides)
    elif before and not after:
        yield Change(BREAKING, where, "it has no body any more", *sides)
    elif before:
        # FastAPI writes a model under its own media type, and the media type that was meant for it without a schema.
        misplaced = error and after.get(PROBLEM) == {} != before.get(PROBLEM)
        for media_type, schema in after.items():
            if (named := _named_by(media_type, before)) is not None:
                held = error and media_type == PROBLEM
                yield from _of_schemas(pin, candidate, where, before[named], schema, held=held)
                continue
            meant = f", which has the schema that {PROBLEM} lacks (FastAPI writes a model there)"
            what = f"it may come as {media_type}{meant if misplaced and schema != {} else ''}"
            yield Change(BREAKING, where, what, *sides)
        for media_type in [name for name in before if name not in after]:
            yield Change(COMPATIBLE, where, f"it does not come as {media_type} any more")


def _of_headers(
    pin: Operation, candidate: Operation, where: str, before: DocumentedAnswer, after: DocumentedAnswer
) -> Iterator[Change]:
    for name, was in before.headers.items():
        now = after.headers.get(name)
        if was.required and not (now and now.required):
            yield Change(BREAKING, where, f"the {was.called} may be left out", "always there", "may be left out")
        elif now is None:
            yield Change(DRIFT, where, f"the {was.called} is not documented any more")
        if now is not None:
            yield from _of_schemas(pin, candidate, f"{where}, {was.called}", was.schema, now.schema)
    for name in [name for name in after.headers if name not in before.headers]:
        always = after.headers[name].required and where.startswith("answer 2")
        new = "always there; not checked: no run looks at it" if always else "optional"
        yield Change(DRIFT, where, f"the header {name} is new, and {new}")


def _media_types(before: Iterable[str], after: Iterable[str]) -> tuple[str, str]:
    return ", ".join(before) or "no body", ", ".join(after) or "no body"


def _of_schemas(
    pin: Operation, candidate: Operation, where: str, before: Json, after: Json, *, held: bool = False
) -> Iterator[Change]:
    """What changes where the pin has one schema, and the candidate another.

    A client sends what the pin's allows, and gets what the candidate's allows; an answer may be `held` to the exact
    problem shape anyway.
    """
    direction = RESPONSE if is_in_answer(where) else REQUEST
    try:
        old = plain(pin.references, before, direction, where)
        new = plain(candidate.references, after, direction, where)
    except NotFollowed as reason:
        yield Change(UNDECIDED, where, f"it is not known whether {worst(where)}", candidate=str(reason))
        return
    # Compared as text, because in Python 1 equals True.
    if json.dumps(old) != json.dumps(new):
        is_gone = after == {} and before not in ({}, True)
        yield from Difference(where, old, new, held=held, is_gone=is_gone).changes()
