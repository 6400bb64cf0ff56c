"""The response side: everything that the candidate may answer has to be something that the pin promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema_rs.canonical import Containment

from contracts.release import members
from contracts.release.change import Change, Kind
from contracts.release.containment import contained
from contracts.release.less_said import says_less
from contracts.release.narrowing import Narrowing
from contracts.release.operation import Answer, Operation
from contracts.release.requests import deprecated_members
from contracts.release.schema import RESPONSE, RESPONSE_READ_LENIENTLY, plain

Json = Any


def changes(pin: Operation, candidate: Operation) -> Iterator[Change]:
    """What changes for who reads answers."""
    for status in sorted(pin.answers.keys() | candidate.answers.keys()):
        before, after = pin.answer(status), candidate.answer(status)
        where = f"answer {status}"
        if before is not None and after is not None:
            yield from _of_contents(pin, candidate, where, before, after)
            yield from _of_headers(where, before, after)
        elif before is not None:
            yield _lost(status, candidate)
        elif after is not None:
            yield _new(status, pin)


def _lost(status: str, candidate: Operation) -> Change:
    where, documented = f"answer {status}", ", ".join(candidate.answers)
    if _is_error(status):
        return Change(Kind.COMPATIBLE, where, "the error status is not documented any more")
    return Change(Kind.BREAKING, where, "the status is not documented any more", status, documented or "no status")


def _new(status: str, pin: Operation) -> Change:
    where, documented = f"answer {status}", ", ".join(pin.answers)
    if not _is_error(status):
        return Change(Kind.BREAKING, where, "the status is new, and no error", documented, status)
    return Change(Kind.DRIFT, where, "the error status is new")


def _is_error(status: str) -> bool:
    """Whether a status, a range of them or `default` stands for errors."""
    return status[0] in "45d"


def _of_contents(pin: Operation, candidate: Operation, where: str, before: Answer, after: Answer) -> Iterator[Change]:
    sides = (", ".join(before.contents) or "no body", ", ".join(after.contents) or "no body")
    if bool(before.contents) != bool(after.contents):
        what = "it has a body now" if after.contents else "it has no body any more"
        yield Change(Kind.BREAKING, where, what, *sides)
        return
    for media_type, schema in after.contents.items():
        if media_type in before.contents:
            yield from _of_body(pin, candidate, where, before.contents[media_type], schema)
        else:
            yield Change(Kind.BREAKING, where, f"it may come as {media_type}", *sides)
    for media_type in before.contents.keys() - after.contents.keys():
        if after.contents.keys() & before.contents.keys():
            yield Change(Kind.COMPATIBLE, where, f"it does not come as {media_type} any more")


def _of_body(pin: Operation, candidate: Operation, where: str, before: Json, after: Json) -> Iterator[Change]:
    inner = plain(candidate.references, after, RESPONSE, where)
    lenient = plain(pin.references, before, RESPONSE_READ_LENIENTLY, where)
    exact = plain(pin.references, before, RESPONSE, where)
    narrowed = Narrowing(where, "an answer may come that was not promised", in_answers=True).of(inner, lenient)
    found = [change for change in narrowed if not (change.proof and says_less(change.proof, inner))]
    yield from found
    added = members.new(exact, inner)
    for path, required in added.items():
        yield Change(Kind.DRIFT, where, f"the member {path} is new, and {'always there' if required else 'optional'}")
    if not found and not added:
        if contained(inner, exact, thorough=False).answer == Containment.NO:
            yield Change(Kind.DRIFT, where, "there may be members that the pin does not name")
        elif contained(exact, inner, thorough=False).answer == Containment.NO:
            yield Change(Kind.COMPATIBLE, where, "less may come than was promised")
    yield from deprecated_members(pin, candidate, where, before, after)


def _of_headers(where: str, before: Answer, after: Answer) -> Iterator[Change]:
    for name, required in before.headers.items():
        if required and not after.headers.get(name):
            yield Change(Kind.BREAKING, where, f"the header {name} may be left out", "always there", "may be left out")
    for name in after.headers.keys() - before.headers.keys():
        yield Change(Kind.DRIFT, where, f"the header {name} is new")
