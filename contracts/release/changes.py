"""What a release changes for who calls the operation: each change with its kind and its proof, and the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs.canonical import Containment

from contracts.exchange import OPERATION
from contracts.release.containment import Proof, contained, covers
from contracts.release.operation import Answer, Operation, Way, find, near
from contracts.release.schema import REQUEST, RESPONSE, NotFollowed, Schema, opened, plain, referred
from contracts.rules.document import PATH, PROBLEM
from contracts.rules.exact import exact
from contracts.rules.openapi import References, parsed

Json = Any

_DEEPEST = 8


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


_REFUSED_VALUE, _REFUSED_BODY = "a value that was allowed is refused", "a body that was allowed is refused"
_NOT_PROMISED = "an answer may come that was not promised"


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

    def count(self, kind: Kind) -> int:
        """How many changes are of this kind."""
        return sum(change.kind is kind for change in self.changes)


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
            return (_change("gone", "operation", pin=f"{OPERATION} {PATH}", candidate=told),)
        return _gathered([*_of_requests(before, after), *_of_answers(before, after)])
    except RecursionError:
        raise candidate.wrong("is nested too deep") from None
    except (AttributeError, KeyError, TypeError) as error:
        # A stranger's document may have anything in the place of anything.
        why = " ".join(repr(error).split())[:160]
        raise candidate.wrong(f"does not describe {OPERATION} {PATH} as OpenAPI has it: {why}") from None


@cache
def _table() -> Mapping[str, Json]:
    table: Mapping[str, Json] = parsed(Path(__file__).with_suffix(".yaml").read_bytes())
    return table


def _change(name: str, where: str, about: str = "", *, pin: str = "", candidate: str = "") -> Change:
    kind, what, *oasdiff = _table()["changes"][name]
    return Change(Kind(kind), where, what.format(about), pin, candidate, oasdiff="".join(oasdiff))


def _gathered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, the gravest first; what is the same in several answers is told once."""
    same: dict[str, list[Change]] = {}
    for change in changes:
        value = json.dumps(change.proof.value) if change.proof else ""
        same.setdefault(repr((change.kind, change.what, change.pin, change.candidate, value)), []).append(change)
    told = [replace(alike[0], where=_joined([change.where for change in alike])) for alike in same.values()]
    return tuple(sorted(told, key=lambda change: [*Kind].index(change.kind)))


def _joined(places: list[str]) -> str:
    """`answer 400, 401 and 422` for three places that begin with the same word."""
    (head, *others) = dict.fromkeys(place.partition(" ")[0] for place in places)
    if others or len(places) == 1:
        return ", ".join(places)
    tails = [place.partition(" ")[2] for place in places]
    return f"{head} {', '.join(tails[:-1])} and {tails[-1]}"


def _of_requests(pin: Operation, candidate: Operation) -> Iterator[Change]:
    if candidate.deprecated and not pin.deprecated:
        yield _change("deprecated", "operation")
    for key, (told, node) in candidate.unknown.items():
        if pin.unknown.get(key) != (told, node):
            yield _change("unknown", "operation", told)
    sides = {"pin": _ways(pin.security), "candidate": _ways(candidate.security)}
    if not all(any(_lets_in(way, needed) for needed in candidate.security) for way in pin.security):
        yield _change("credential refused", "security", **sides)
    elif not all(any(_lets_in(way, needed) for needed in pin.security) for way in candidate.security):
        yield _change("credential taken", "security", **sides)
    for key in [key for key in {**pin.parameters, **candidate.parameters} if key not in candidate.unknown]:
        yield from _of_parameter(pin, candidate, key)
    yield from _of_bodies(pin, candidate)


def _lets_in(way: Way, needed: Way) -> bool:
    # Who may write may read (Kaiten's API page, authentication).
    implied = {name: scopes | {one.replace("write:", "read:", 1) for one in scopes} for name, scopes in way.items()}
    return all(name in way and scopes <= implied[name] for name, scopes in needed.items())


def _ways(ways: tuple[Way, ...]) -> str:
    named = [[f"{name} with {', '.join(sorted(of))}" if of else name for name, of in way.items()] for way in ways]
    return " or ".join(" and ".join(way) or "no credential" for way in named)


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
        yield from _narrowed(pin, candidate, after.called, (sent, after.schema), _REFUSED_VALUE)


def _of_bodies(pin: Operation, candidate: Operation) -> Iterator[Change]:
    where = "request body"
    if candidate.body_required and not pin.body_required:
        yield _change("body demanded", where, pin="may be left out", candidate="must be there")
    for media_type, before in pin.bodies.items():
        kinds = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        taken = next((kind for kind in kinds if kind in candidate.bodies), None)
        if taken is None:
            told = ", ".join(candidate.bodies) or "no body"
            yield _change("body gone", where, media_type, pin=", ".join(pin.bodies), candidate=told)
        else:
            yield from _narrowed(pin, candidate, where, (before, candidate.bodies[taken]), _REFUSED_BODY)
    for media_type in [one for one in candidate.bodies if pin.bodies and one not in pin.bodies]:
        yield _change("body too", where, media_type)


def _narrowed(
    pin: Operation, candidate: Operation, where: str, sides: tuple[Json, Json], what: str
) -> Iterator[Change]:
    """What changes where a client sends a value of the schema of one side, and the other takes its own."""
    try:
        inner = plain(pin.references, sides[0], REQUEST, where)
        outer = plain(candidate.references, sides[1], REQUEST, where)
    except NotFollowed as reason:
        yield Change(Kind.UNDECIDED, where, f"it is not known whether {what}", candidate=str(reason))
        return
    if (
        "parameter" in where
        and outer.keys() <= {"type", "default", "deprecated"}
        and outer.get("type") in (None, "string")
    ):
        # On its way a parameter is text.
        return
    found = [*_breaking(where, what, inner, outer)]
    before, after = _members(inner), _members(outer)
    found += [_change("request member", where, name) for name, one in _new(after, before).items() if not one["always"]]
    found += _of_annotations(where, before, after)
    yield from found
    if not found and contained(outer, inner).answer == Containment.NO:
        yield _change("more taken", where)


def _breaking(where: str, what: str, inner: Schema, outer: Schema) -> Iterator[Change]:
    came, side = contained(inner, outer), "answer" if where.startswith("answer") else "request"
    told = _told_apart(*((outer, inner) if side == "answer" else (inner, outer)))
    for proof in came.proofs:
        yield Change(Kind.BREAKING, where, what, proof=proof, oasdiff=_oasdiff(proof, side))
    if came.answer == Containment.NO and not came.proofs:
        yield Change(Kind.BREAKING, where, what, *told)
    if came.answer == Containment.UNKNOWN:
        yield Change(Kind.UNDECIDED, where, f"it is not known whether {what}", *told)


def _told_apart(pin: Schema, candidate: Schema) -> tuple[str, str]:
    """What each side says of the members on which they differ; the whole schemas, where there is no such member."""
    sides = [side.get("properties", {}) for side in (pin, candidate)]
    names = [name for name in sides[0] if name in sides[1] and sides[0][name] != sides[1][name]]
    told = [{name: side[name] for name in names} for side in sides] if names else [pin, candidate]
    return json.dumps(told[0], ensure_ascii=False), json.dumps(told[1], ensure_ascii=False)


def _of_answers(pin: Operation, candidate: Operation) -> Iterator[Change]:
    sides = {"pin": ", ".join(sorted(pin.answers)), "candidate": ", ".join(sorted(candidate.answers)) or "no status"}
    for status in sorted(pin.answers.keys() | candidate.answers.keys()):
        before, after = pin.answer(status), candidate.answer(status)
        where = f"answer {status}"
        if before is not None and after is not None:
            yield from _of_contents(pin, candidate, where, before, after)
            yield from _of_headers(where, before, after)
        elif _is_error(where):
            yield _change("error new" if before is None else "error gone", where)
        elif after is None and "default" in candidate.answers:
            yield _change("success by default", where, **sides)
        else:
            yield _change("success new" if before is None else "success gone", where, **sides)
    errors = [status for status in pin.answers if status[0] in "45d"]
    if errors and not any(map(candidate.answer, errors)):
        yield _change("no errors", "answers", **sides)


def _of_contents(pin: Operation, candidate: Operation, where: str, before: Answer, after: Answer) -> Iterator[Change]:
    sides = {"pin": ", ".join(before.contents) or "no body", "candidate": ", ".join(after.contents) or "no body"}
    if bool(before.contents) != bool(after.contents):
        new = "error content new" if _is_error(where) else "content new"
        yield _change(new if after.contents else "content gone", where, **sides)
        return
    for media_type, schema in after.contents.items():
        if media_type in before.contents:
            is_problem = media_type == PROBLEM and _is_error(where)
            yield from _of_answer(pin, candidate, where, before.contents[media_type], schema, is_problem=is_problem)
        else:
            yield _change("type new", where, media_type, **sides)
    for media_type in [one for one in before.contents if one not in after.contents]:
        yield _change("type gone", where, media_type)


def _of_answer(
    pin: Operation, candidate: Operation, where: str, before: Json, after: Json, *, is_problem: bool
) -> Iterator[Change]:
    try:
        inner = plain(candidate.references, after, RESPONSE, where)
        outer = plain(pin.references, before, RESPONSE, where)
        lenient = opened(outer)
    except NotFollowed as reason:
        yield Change(Kind.UNDECIDED, where, f"it is not known whether {_NOT_PROMISED}", candidate=str(reason))
        return
    held = held_anyway(inner) if is_problem else inner
    found = [*_breaking(where, _NOT_PROMISED, held, lenient)]
    old, new = _members(outer), _members(inner)
    for name, member in _new(new, old).items():
        found.append(_change("answer member always" if member["always"] else "answer member", where, name))
    found += [_change("answer member gone", where, name) for name in _new(old, new)]
    if is_problem and not any(one.kind is Kind.BREAKING for one in found) and contained(inner, lenient).proofs:
        found.append(_change("less said", where))
    yield from found
    yield from _of_annotations(where, old, new)
    if not found and contained(held, outer).answer == Containment.NO:
        yield _change("open", where)
    elif not found and contained(outer, inner).answer == Containment.NO:
        yield _change("less comes", where)


def held_anyway(candidate: Schema) -> Schema:
    """A problem's schema with what every answer is held to, where the candidate leaves that unsaid (`exact.yaml`).

    A document that says less than that is no breaking release: a deployment that does less is a broken one, in any
    run. A member that cannot be all that it has to be able to be stays as the candidate has it.
    """
    own: dict[str, Json] = {}
    said = _members(candidate)
    for name, wanted in _exact_members().items():
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


@cache
def _exact_members() -> Mapping[str, Schema]:
    ours = References({}, "exact.yaml")
    return {name: plain(ours, schema, RESPONSE, name) for name, schema in exact().members.items()}


def _of_headers(where: str, before: Answer, after: Answer) -> Iterator[Change]:
    for name, required in before.headers.items():
        if required and not after.headers.get(name):
            yield _change("header gone", where, name, pin="always there", candidate="may be left out")
    for name in [name for name in after.headers if name not in before.headers]:
        success = where[len("answer ")] == "2"
        yield _change("header always" if after.headers[name] and success else "header new", where, name)


def _is_error(where: str) -> bool:
    """Whether an answer's status, a range of them or `default` stands for errors."""
    return where.removeprefix("answer ")[0] in "45d"


def _members(schema: Schema) -> dict[str, Schema]:
    """The members that a schema names, by their paths (`errors[].value`): what it says of each, and `always`."""
    found: dict[str, Schema] = {}
    for path, said in _named(schema, schema, "", frozenset()):
        old = found.get(path, said)
        found[path] = old | said | {"always": old["always"] or said["always"]}
    return found


def _named(root: Schema, node: Json, prefix: str, through: frozenset[str]) -> Iterator[tuple[str, Schema]]:
    if not isinstance(node, dict) or prefix.count(".") + prefix.count("[") > _DEEPEST:
        return
    reference = node.get("$ref", "")
    if reference not in through:
        yield from _named(root, referred(root, node), prefix, through | {reference})
    parts = [part for keyword in ("allOf", "anyOf", "oneOf") for part in node.get(keyword, ())]
    for part in (*parts, node.get("then"), node.get("else")):
        yield from _named(root, part, prefix, through)
    required, members = node.get("required", ()), node.get("properties", {})
    for name in dict.fromkeys([*required, *members]):
        said = members.get(name, True)
        target = referred(root, said)
        # What it refers to may say more of it, as far as one schema says it.
        told = target | said if isinstance(target, dict) else said
        yield (
            f"{prefix}{name}",
            (told if isinstance(told, dict) else {"never": not told}) | {"always": name in required},
        )
        yield from _named(root, said, f"{prefix}{name}.", through)
    for item in (*node.get("prefixItems", ()), node.get("items"), node.get("contains")):
        yield from _named(root, item, f"{prefix.removesuffix('.')}[].", through)


def _new(members: Mapping[str, Schema], before: Mapping[str, Schema]) -> dict[str, Schema]:
    """The members that are new, but for those inside of one that is, and those that are never there."""
    added = {path: said for path, said in members.items() if path not in before and not said.get("never")}
    outer = {path: [path[:index] for index, letter in enumerate(path) if letter in ".["] for path in added}
    return {path: said for path, said in added.items() if not any(one in added for one in outer[path])}


def _of_annotations(where: str, before: Mapping[str, Schema], after: Mapping[str, Schema]) -> Iterator[Change]:
    side = "answer" if where.startswith("answer") else "request"
    for name in [name for name in after if name in before]:
        if after[name].get("deprecated") is True and before[name].get("deprecated") is not True:
            yield _change(f"{side} member deprecated", where, name)
        old, new = (json.dumps(one[name]["default"]) if "default" in one[name] else "none" for one in (before, after))
        if old != new:
            yield _change(f"{side} default", where, name, pin=old, candidate=new)


def _oasdiff(proof: Proof, side: str) -> str:
    """Oasdiff's name for the one thing that a proof shows."""
    first = proof.reasons[0]
    keyword = "null" if first.keyword == "type" and first.value is None else first.keyword
    names = _table()[side].get(keyword, ("", "")) if first.path or keyword == "required" else ("", "")
    return str(names[0 if f'"{keyword}"' in json.dumps(proof.allowed_by) else 1])
