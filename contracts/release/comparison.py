"""Two documents of the operation compared: each change from the pin to the candidate with its kind and its proof."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from contracts.http.exchange import OPERATION
from contracts.release.compatibility import NO, UNKNOWN, YES, Proof, contained, covers, members, new_members
from contracts.release.schema import REQUEST, RESPONSE, NotFollowed, Schema, opened, plain
from contracts.rules.document import PROBLEM
from contracts.rules.exact import exact
from contracts.rules.openapi import parsed
from contracts.rules.operation import PATH, Answer, Operation, find, is_error, lets_in, near, told_ways
from contracts.rules.references import References

Json = Any

_REFUSED_VALUE, _REFUSED_BODY = "a value that was allowed is refused", "a body that was allowed is refused"
_NOT_PROMISED = "an answer may come that was not promised"


class Kind(Enum):
    """What a change means for who upgrades, the gravest first."""

    BREAKING = "breaking"
    UNDECIDED = "not decided"
    DRIFT = "drift"
    COMPATIBLE = "compatible"


@dataclass(frozen=True)
class Change:
    """One change: where it is, what it is in one sentence, and either a proof or what each side says.

    `oasdiff` is the name of the rule by which the tool oasdiff reports the same, where it has one.
    """

    kind: Kind
    where: str
    what: str
    pin: str = ""
    candidate: str = ""
    proof: Proof | None = None
    oasdiff: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether a release is safe for who keeps to the pin, and all that it changes.

    `exact` refuses drift, too; `allow_undecided` lets pass what cannot be decided.
    """

    changes: tuple[Change, ...]
    exact: bool = False
    allow_undecided: bool = False

    @property
    def safe(self) -> bool:
        """Whether nothing counts against the release."""
        counts = {Kind.BREAKING: True, Kind.UNDECIDED: not self.allow_undecided, Kind.DRIFT: self.exact}
        return not any(counts.get(change.kind) for change in self.changes)


def compared(pin: References, candidate: References) -> tuple[Change, ...]:
    """What changes from the pin to the candidate, the gravest first; what is the same in several answers, once.

    Raises:
        WrongCall: what either says of the operation, or what that refers to, cannot be read.

    """
    try:
        before, after = find(pin), find(candidate)
        if before is None:
            raise pin.wrong(f"does not describe {OPERATION} {PATH}")
        if after is None:
            nearest = ", ".join(near(candidate))
            there = f"the nearest is {nearest}" if nearest else "nothing like it"
            return (_change("gone", "operation", pin=f"{OPERATION} {PATH}", candidate=there),)
        return _gathered([*_of_requests(before, after), *_of_answers(before, after)])
    except RecursionError:
        raise candidate.wrong("is nested too deep") from None
    except (AttributeError, KeyError, TypeError) as error:
        # A stranger's document may have anything in the place of anything.
        why = " ".join(repr(error).split())[:160]
        raise candidate.wrong(f"does not describe {OPERATION} {PATH} as OpenAPI has it: {why}") from None


@cache
def _table() -> Mapping[str, Json]:
    table: Mapping[str, Json] = parsed(Path(__file__).with_name("changes.yaml").read_bytes())
    return table


def _change(name: str, where: str, about: str = "", *, pin: str = "", candidate: str = "") -> Change:
    """The change of this name in `changes.yaml`; `about` is the member, header or media type that it is about."""
    kind, what, *oasdiff = _table()["changes"][name]
    return Change(Kind(kind), where, what.format(about), pin, candidate, oasdiff="".join(oasdiff))


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
    if candidate.deprecated and not pin.deprecated:
        yield _change("deprecated", "operation")
    for key, (called, node) in candidate.unknown.items():
        if pin.unknown.get(key) != (called, node):
            yield _change("unknown", "operation", called)
    sides = {"pin": told_ways(pin.security), "candidate": told_ways(candidate.security)}
    if not all(any(lets_in(way, needed) for needed in candidate.security) for way in pin.security):
        yield _change("credential refused", "security", **sides)
    elif not all(any(lets_in(way, needed) for needed in pin.security) for way in candidate.security):
        yield _change("credential taken", "security", **sides)
    for key in [key for key in {**pin.parameters, **candidate.parameters} if key not in candidate.unknown]:
        yield from _of_parameter(pin, candidate, key)
    yield from _of_bodies(pin, candidate)


def _of_parameter(pin: Operation, candidate: Operation, key: tuple[str, str]) -> Iterator[Change]:
    before, after = pin.parameters.get(key), candidate.parameters.get(key)
    if before is None and after is not None:
        yield _change("parameter required" if after.required else "parameter optional", after.called)
    elif before is not None and after is None:
        yield _change("parameter gone", before.called, pin="takes it", candidate="does not name it")
    elif before is not None and after is not None:
        if after.required and not before.required:
            yield _change("parameter demanded", after.called, pin="may be left out", candidate="must be there")
        # An empty segment would be another path.
        sent = {"allOf": [before.schema, {"minLength": 1}]} if key[0] == "path" else before.schema
        yield from _of_sent(pin, candidate, after.called, (sent, after.schema), _REFUSED_VALUE)


def _of_bodies(pin: Operation, candidate: Operation) -> Iterator[Change]:
    where = "request body"
    if candidate.body_required and not pin.body_required:
        yield _change("body demanded", where, pin="may be left out", candidate="must be there")
    for media_type, before in pin.bodies.items():
        kinds = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        taken = next((kind for kind in kinds if kind in candidate.bodies), None)
        if taken is None:
            sides = {"pin": ", ".join(pin.bodies), "candidate": ", ".join(candidate.bodies) or "no body"}
            yield _change("body gone", where, media_type, **sides)
        else:
            yield from _of_sent(pin, candidate, where, (before, candidate.bodies[taken]), _REFUSED_BODY)
    for media_type in [one for one in candidate.bodies if pin.bodies and one not in pin.bodies]:
        yield _change("body too", where, media_type)


def _of_sent(
    pin: Operation, candidate: Operation, where: str, schemas: tuple[Json, Json], what: str
) -> Iterator[Change]:
    """What changes where a client sends a value of the pin's schema, and the candidate takes its own."""
    try:
        inner = plain(pin.references, schemas[0], REQUEST, where)
        outer = plain(candidate.references, schemas[1], REQUEST, where)
    except NotFollowed as reason:
        yield _not_decided(where, what, candidate=str(reason))
        return
    says_nothing = outer.keys() <= {"type", "default", "deprecated"} and outer.get("type") in (None, "string")
    if "parameter" in where and says_nothing:
        # On its way a parameter is text.
        return
    before, after = members(inner), members(outer)
    added = [name for name, says in new_members(after, before).items() if not says["always"]]
    found = [
        *_breaking("request", where, what, inner, outer),
        *(_change("request member", where, name) for name in added),
        *_remarks("request", where, before, after),
    ]
    if not found and contained(outer, inner)[0] == NO:
        found.append(_change("more taken", where))
    yield from found


def _of_answers(pin: Operation, candidate: Operation) -> Iterator[Change]:
    sides = {"pin": ", ".join(sorted(pin.answers)), "candidate": ", ".join(sorted(candidate.answers)) or "no status"}
    for status in sorted(pin.answers.keys() | candidate.answers.keys()):
        before, after = pin.answer(status), candidate.answer(status)
        where = f"answer {status}"
        if before is not None and after is not None:
            yield from _of_contents(pin, candidate, status, before, after)
            yield from _of_headers(status, before, after)
        elif is_error(status):
            yield _change("error new" if before is None else "error gone", where)
        elif after is None and "default" in candidate.answers:
            yield _change("success by default", where, **sides)
        else:
            yield _change("success new" if before is None else "success gone", where, **sides)
    errors = list(filter(is_error, pin.answers))
    if errors and not any(map(candidate.answer, errors)):
        yield _change("no errors", "answers", **sides)


def _of_contents(pin: Operation, candidate: Operation, status: str, before: Answer, after: Answer) -> Iterator[Change]:
    where = f"answer {status}"
    sides = {"pin": ", ".join(before.contents) or "no body", "candidate": ", ".join(after.contents) or "no body"}
    if bool(before.contents) != bool(after.contents):
        more = "error content new" if is_error(status) else "content new"
        yield _change(more if after.contents else "content gone", where, **sides)
        return
    for media_type, schema in after.contents.items():
        if media_type in before.contents:
            is_problem = media_type == PROBLEM and is_error(status)
            schemas = (before.contents[media_type], schema)
            yield from _of_received(pin, candidate, where, schemas, is_problem=is_problem)
        else:
            yield _change("type new", where, media_type, **sides)
    for media_type in [one for one in before.contents if one not in after.contents]:
        yield _change("type gone", where, media_type)


def _of_received(
    pin: Operation, candidate: Operation, where: str, schemas: tuple[Json, Json], *, is_problem: bool
) -> Iterator[Change]:
    """What changes where a client reads a value of the candidate's schema, and expects one of the pin's."""
    try:
        outer = plain(pin.references, schemas[0], RESPONSE, where)
        inner = plain(candidate.references, schemas[1], RESPONSE, where)
        lenient = opened(outer)
    except NotFollowed as reason:
        yield _not_decided(where, _NOT_PROMISED, candidate=str(reason))
        return
    held = _held_anyway(inner) if is_problem else inner
    before, after = members(outer), members(inner)
    found = [*_breaking("answer", where, _NOT_PROMISED, held, lenient)]
    breaks = any(change.kind is Kind.BREAKING for change in found)
    for name, says in new_members(after, before).items():
        found.append(_change("answer member always" if says["always"] else "answer member", where, name))
    found += [_change("answer member gone", where, name) for name in new_members(before, after)]
    if is_problem and not breaks and contained(inner, lenient)[1]:
        found.append(_change("less said", where))
    if not found and contained(held, outer)[0] == NO:
        found.append(_change("open", where))
    elif not found and contained(outer, inner)[0] == NO:
        found.append(_change("less comes", where))
    yield from found
    yield from _remarks("answer", where, before, after)


def _held_anyway(candidate: Schema) -> Schema:
    """A problem's schema with what every answer is held to, where the candidate leaves that unsaid (`exact.yaml`).

    A document that says less than that is no breaking release: a deployment that does less is a broken one, in any
    run. A member that cannot be all that it has to be able to be stays as the candidate has it.
    """
    own: dict[str, Json] = {}
    says = members(candidate)
    for name, schema in exact().members.items():
        wanted = plain(References({}, "exact.yaml"), schema, RESPONSE, name)
        able = dict(wanted)
        if name == "errors":
            # Whether it may be null, and what an item has besides, is for the document to say.
            able |= {"type": "array", "items": wanted["items"] | {"additionalProperties": False}}
        given = {"allOf": [says.get(name, True)], "$defs": candidate.get("$defs", {})}
        if covers(given, able) == YES:
            own[name] = wanted if name in says else wanted | {"type": able["type"]}
    held: dict[str, Json] = {"properties": own}
    if covers({"not": {"type": "object"}}, candidate) != YES:
        held["type"] = "object"
    return candidate | {"allOf": [*candidate.get("allOf", ()), held]}


def _of_headers(status: str, before: Answer, after: Answer) -> Iterator[Change]:
    where = f"answer {status}"
    for name, required in before.headers.items():
        if required and not after.headers.get(name):
            yield _change("header gone", where, name, pin="always there", candidate="may be left out")
    for name in [name for name in after.headers if name not in before.headers]:
        always = after.headers[name] and status[0] == "2"
        yield _change("header always" if always else "header new", where, name)


def _breaking(side: str, where: str, what: str, inner: Schema, outer: Schema) -> Iterator[Change]:
    """What `inner` allows and `outer` does not, each reason with its proof. `side` is `request` or `answer`."""
    answer, proofs = contained(inner, outer)
    for proof in proofs:
        yield Change(Kind.BREAKING, where, what, proof=proof, oasdiff=_oasdiff(proof, side))
    sides = _on_which_they_differ(*((outer, inner) if side == "answer" else (inner, outer)))
    if answer == NO and not proofs:
        yield Change(Kind.BREAKING, where, what, *sides)
    if answer == UNKNOWN:
        yield _not_decided(where, what, *sides)


def _not_decided(where: str, what: str, pin: str = "", candidate: str = "") -> Change:
    return Change(Kind.UNDECIDED, where, f"it is not known whether {what}", pin, candidate)


def _on_which_they_differ(pin: Schema, candidate: Schema) -> tuple[str, str]:
    """What each side says of the members on which they differ; the whole schemas, where there is no such member."""
    sides = [side.get("properties", {}) for side in (pin, candidate)]
    names = [name for name in sides[0] if name in sides[1] and sides[0][name] != sides[1][name]]
    said = [{name: side[name] for name in names} for side in sides] if names else [pin, candidate]
    return json.dumps(said[0], ensure_ascii=False), json.dumps(said[1], ensure_ascii=False)


def _remarks(side: str, where: str, before: Mapping[str, Schema], after: Mapping[str, Schema]) -> Iterator[Change]:
    """What changes of what is said of members that both have; `side` is `request` or `answer`."""
    for name in [name for name in after if name in before]:
        if after[name].get("deprecated") is True and before[name].get("deprecated") is not True:
            yield _change(f"{side} member deprecated", where, name)
        defaults = [json.dumps(one[name]["default"]) if "default" in one[name] else "none" for one in (before, after)]
        if defaults[0] != defaults[1]:
            yield _change(f"{side} default", where, name, pin=defaults[0], candidate=defaults[1])


def _oasdiff(proof: Proof, side: str) -> str:
    """Oasdiff's name for the one thing that a proof shows."""
    first = proof.reasons[0]
    keyword = "null" if first.keyword == "type" and first.value is None else first.keyword
    names = _table()[side].get(keyword, ("", "")) if first.path or keyword == "required" else ("", "")
    return str(names[0 if f'"{keyword}"' in json.dumps(proof.allowed_by) else 1])
