"""Two documents of the operation compared: each change from the pin to the candidate with its kind and its proof."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from contracts.http.exchange import OPERATION
from contracts.release import Change, Kind, Proof
from contracts.release.containment import NO, UNKNOWN, YES, concluded, contained
from contracts.release.schema import REQUEST, RESPONSE, NotFollowed, Schema, members, opened, plain
from contracts.rules.document import PROBLEM
from contracts.rules.openapi import References, parsed
from contracts.rules.operation import PATH, Answer, Operation, find, is_error, lets_in, near, told_ways
from contracts.rules.problem import exact

Json = Any

# A schema of these alone may allow any text.
_OF_ANY_TEXT = {"type", "default", "deprecated"}


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
        comparison = _Comparison(before, after)
        return _gathered([*comparison.of_requests(), *comparison.of_answers()])
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


class _Comparison:
    """The changes from the operation of the pin to that of the candidate."""

    def __init__(self, pin: Operation, candidate: Operation) -> None:
        self._pin, self._candidate = pin, candidate

    def of_requests(self) -> Iterator[Change]:
        """What changes for who sends requests."""
        pin, candidate = self._pin, self._candidate
        if candidate.deprecated and not pin.deprecated:
            yield _change("deprecated", "operation")
        for key, (called, node) in candidate.unknown.items():
            if pin.unknown.get(key) != (called, node):
                yield _change("unknown", "operation", called)
        ways = {"pin": told_ways(pin.security), "candidate": told_ways(candidate.security)}
        if not all(any(lets_in(way, needed) for needed in candidate.security) for way in pin.security):
            yield _change("credential refused", "security", **ways)
        elif not all(any(lets_in(way, needed) for needed in pin.security) for way in candidate.security):
            yield _change("credential taken", "security", **ways)
        for key in [key for key in {**pin.parameters, **candidate.parameters} if key not in candidate.unknown]:
            yield from self._of_parameter(key)
        yield from self._of_bodies("request body")

    def _of_parameter(self, key: tuple[str, str]) -> Iterator[Change]:
        before, after = self._pin.parameters.get(key), self._candidate.parameters.get(key)
        if before and after:
            if after.required and not before.required:
                yield _change("parameter demanded", after.called, pin="may be left out", candidate="must be there")
            # An empty segment would be another path.
            sent = {"allOf": [before.schema, {"minLength": 1}]} if key[0] == "path" else before.schema
            yield from self._of_schemas(after.called, sent, after.schema)
        elif before:
            yield _change("parameter gone", before.called, pin="takes it", candidate="does not name it")
        elif after:
            yield _change("parameter required" if after.required else "parameter optional", after.called)

    def _of_bodies(self, where: str) -> Iterator[Change]:
        before, after = self._pin.bodies, self._candidate.bodies
        if self._candidate.body_required and not self._pin.body_required:
            yield _change("body demanded", where, pin="may be left out", candidate="must be there")
        for media_type, sent in before.items():
            kinds = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
            taken = next((kind for kind in kinds if kind in after), None)
            if taken is None:
                yield _change("body gone", where, media_type, **_media_types(before, after))
            else:
                yield from self._of_schemas(where, sent, after[taken])
        for media_type in [one for one in after if before and one not in before]:
            yield _change("body too", where, media_type)

    def of_answers(self) -> Iterator[Change]:
        """What changes for who reads answers."""
        pin, candidate = self._pin.answers, self._candidate.answers
        statuses = {"pin": ", ".join(sorted(pin)), "candidate": ", ".join(sorted(candidate)) or "no status"}
        for status in sorted(pin.keys() | candidate.keys()):
            before, after, where = self._pin.answer(status), self._candidate.answer(status), f"answer {status}"
            if before and after:
                yield from self._of_contents(where, before.contents, after.contents, error=is_error(status))
                yield from _of_headers(where, before, after)
            elif is_error(status):
                yield _change("error gone" if before else "error new", where)
            elif before and "default" in candidate:
                yield _change("success by default", where, **statuses)
            else:
                yield _change("success gone" if before else "success new", where, **statuses)
        errors = [status for status in pin if is_error(status)]
        if errors and not any(map(self._candidate.answer, errors)):
            yield _change("no errors", "answers", **statuses)

    def _of_contents(
        self, where: str, before: Mapping[str, Json], after: Mapping[str, Json], *, error: bool
    ) -> Iterator[Change]:
        sides = _media_types(before, after)
        if bool(before) != bool(after):
            new = "error content new" if error else "content new"
            yield _change(new if after else "content gone", where, **sides)
            return
        # FastAPI writes a model under its own media type, and the media type that was meant for it without a schema.
        misplaced = error and after.get(PROBLEM) == {} != before.get(PROBLEM)
        for media_type, schema in after.items():
            if media_type not in before:
                name = "type misplaced" if misplaced and schema != {} else "type new"
                yield _change(name, where, media_type, **sides)
            else:
                held = error and media_type == PROBLEM
                yield from self._of_schemas(where, before[media_type], schema, held=held)
        for media_type in [one for one in before if one not in after]:
            yield _change("type gone", where, media_type)

    def _of_schemas(self, where: str, before: Json, after: Json, *, held: bool = False) -> Iterator[Change]:
        """What changes where the pin has one schema, and the candidate another.

        A client sends what the pin's allows, and gets what the candidate's allows; an answer may be `held` to the exact
        problem shape anyway.
        """
        side = "answer" if where.startswith("answer") else "request"
        what = f"a {'body' if where == 'request body' else 'value'} that was allowed is refused"
        direction = REQUEST
        if side == "answer":
            what, direction = "an answer may come that was not promised", RESPONSE
        try:
            pin = plain(self._pin.references, before, direction, where)
            candidate = plain(self._candidate.references, after, direction, where)
            inner, outer = (pin, candidate) if side == "request" else (candidate, opened(pin))
        except NotFollowed as reason:
            yield _not_decided(where, what, candidate=str(reason))
            return
        if "parameter" in where and outer.keys() <= _OF_ANY_TEXT and outer.get("type", "string") == "string":
            # On its way a parameter is text.
            return
        if held:
            inner = _held_anyway(candidate)
        answer, proofs = contained(inner, outer)
        found = [Change(Kind.BREAKING, where, what, proof=one, oasdiff=_oasdiff(one, side)) for one in proofs]
        sides = _differing(*((outer, inner) if side == "answer" else (inner, outer)))
        if answer == NO and not proofs:
            found.append(Change(Kind.BREAKING, where, what, *sides))
        elif answer == UNKNOWN:
            found.append(_not_decided(where, what, *sides))
        named, names = members(pin), members(candidate)
        for name, says in _new(names, named).items():
            if side == "answer" or not says["always"]:
                found.append(_change(f"{side} member{' always' if says['always'] else ''}", where, name))
        if side == "answer" and after == {} and before not in ({}, True):
            found.append(_change("no schema", where))
        elif side == "answer":
            found += [_change("answer member gone", where, name) for name in _new(named, names)]
            if held and answer != NO and contained(candidate, outer)[0] == NO:
                found.append(_change("less said", where))
        if not found and side == "answer" and contained(inner, pin)[0] == NO:
            found.append(_change("open", where))
        if not found and contained(*((candidate, pin) if side == "request" else (pin, candidate)))[0] == NO:
            found.append(_change("more taken" if side == "request" else "less comes", where))
        yield from found
        for name in [name for name in names if name in named]:
            if names[name].get("deprecated") is True and named[name].get("deprecated") is not True:
                yield _change(f"{side} member deprecated", where, name)
            said = [json.dumps(one[name]["default"]) if "default" in one[name] else "none" for one in (named, names)]
            if said[0] != said[1]:
                yield _change(f"{side} default", where, name, pin=said[0], candidate=said[1])


def _of_headers(where: str, before: Answer, after: Answer) -> Iterator[Change]:
    for name, required in before.headers.items():
        if required and not after.headers.get(name):
            yield _change("header gone", where, name, pin="always there", candidate="may be left out")
    for name in [name for name in after.headers if name not in before.headers]:
        always = after.headers[name] and where.startswith("answer 2")
        yield _change("header always" if always else "header new", where, name)


def _media_types(before: Iterable[str], after: Iterable[str]) -> dict[str, str]:
    return {"pin": ", ".join(before) or "no body", "candidate": ", ".join(after) or "no body"}


def _not_decided(where: str, what: str, pin: str = "", candidate: str = "") -> Change:
    return Change(Kind.UNDECIDED, where, f"it is not known whether {what}", pin, candidate)


def _new(after: Mapping[str, Schema], before: Mapping[str, Schema]) -> dict[str, Schema]:
    """The members that are new, but for those inside of one that is, and those that are never there."""
    added = {path: says for path, says in after.items() if path not in before and not says.get("never")}
    around = {path: [path[:index] for index, letter in enumerate(path) if letter in ".["] for path in added}
    return {path: says for path, says in added.items() if not any(one in added for one in around[path])}


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
        if concluded(able, given)[0] == YES:
            own[name] = wanted if name in says else wanted | {"type": able["type"]}
    held: dict[str, Json] = {"properties": own}
    if concluded(candidate, {"not": {"type": "object"}})[0] != YES:
        held["type"] = "object"
    return candidate | {"allOf": [*candidate.get("allOf", ()), held]}


def _differing(pin: Schema, candidate: Schema) -> tuple[str, str]:
    """What each side says of the members on which they differ; the whole schemas, where there is no such member."""
    sides = [side.get("properties", {}) for side in (pin, candidate)]
    names = [name for name in sides[0] if name in sides[1] and sides[0][name] != sides[1][name]]
    said = [{name: side[name] for name in names} for side in sides] if names else [pin, candidate]
    return json.dumps(said[0], ensure_ascii=False), json.dumps(said[1], ensure_ascii=False)


def _oasdiff(proof: Proof, side: str) -> str:
    """Oasdiff's name for the one thing that a proof shows."""
    first = proof.reasons[0]
    keyword = "null" if first.keyword == "type" and first.value is None else first.keyword
    names = _table()[side].get(keyword, ("", "")) if first.path or keyword == "required" else ("", "")
    return str(names[0 if f'"{keyword}"' in json.dumps(proof.allowed_by) else 1])
