"""What changes for a client between two schemas of one place, both in plain JSON Schema."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema_rs.canonical import Containment

from contracts.release import Change, Kind, Proof
from contracts.release.containment import NO, UNKNOWN, YES, concluded, contained
from contracts.release.schema import INSIDE, NAMED, RESPONSE, SAME, Schema, mapped, plain, referred
from contracts.rules.openapi import References
from contracts.rules.problem import exact

Json = Any

# A schema of these alone may allow any text.
_OF_ANY_TEXT = {"type", "default", "deprecated"}
# Keywords that, if they are false, close an object: it has no other members.
_CLOSING = ("additionalProperties", "unevaluatedProperties")
# How deep members are named.
_DEEPEST = 5


def is_in_answer(where: str) -> bool:
    """Whether the place of a change is in an answer, and not in a request."""
    return where.startswith("answer")


def worst(where: str) -> str:
    """The worst that a change of the schema at a place can mean for a client."""
    if is_in_answer(where):
        return "an answer may come that was not promised"
    return f"a {'body' if where == 'request body' else 'value'} that was allowed is refused"


@dataclass(frozen=True)
class Difference:
    """The schemas of one place in plain JSON Schema: the pin's (`old`) and the candidate's (`new`).

    `held` says that an answer is held to the exact problem shape anyway, `is_gone` that the candidate has no schema.
    """

    where: str
    old: Schema
    new: Schema
    held: bool
    is_gone: bool

    @property
    def of_answer(self) -> bool:
        return is_in_answer(self.where)

    @cached_property
    def members(self) -> tuple[dict[str, Schema], dict[str, Schema]]:
        """The members that the pin names, and those that the candidate names."""
        return members(self.old), members(self.new)

    @cached_property
    def given(self) -> Schema:
        """The schema of what is sent: requests as the pin allows them, answers as the candidate documents them."""
        return held_anyway(self.new) if self.held else self.new if self.of_answer else self.old

    @cached_property
    def taken(self) -> Schema:
        """The schema of what is read: by the candidate, or by a client that ignores members it does not know."""
        return opened(self.old, wide=False) if self.of_answer else self.new

    @cached_property
    def containment(self) -> tuple[Containment, tuple[Proof, ...]]:
        """Whether all that is given is taken, and values that are not."""
        answer, proofs = contained(self.given, self.taken)
        if self.of_answer and answer != YES:
            answer, proofs = contained(self.given, opened(self.old, wide=True))
            answer = UNKNOWN if answer == YES else answer
        return answer, proofs

    def changes(self) -> Iterator[Change]:
        """Every change, the gravest first; how the schemas differ otherwise is told if nothing else changes."""
        if self._is_any_text():
            return
        yield from [*self._breaking(), *self._members()] or self._otherwise()
        yield from self._annotations()

    def _is_any_text(self) -> bool:
        """Whether whatever is given is taken, because a parameter or a header is sent as text."""
        any_text = self.taken.keys() <= _OF_ANY_TEXT and self.taken.get("type", "string") == "string"
        is_value = re.search("parameter|header", self.where) is not None
        return any_text and is_value and not re.search('"(array|object)"', json.dumps(self.given))

    def _breaking(self) -> Iterator[Change]:
        answer, proofs = self.containment
        yield from (Change(Kind.BREAKING, self.where, worst(self.where), proof=proof) for proof in proofs)
        if answer == NO and not proofs:
            yield Change(Kind.BREAKING, self.where, worst(self.where), *_differing(self.old, self.new))
        elif answer == UNKNOWN:
            what = f"it is not known whether {worst(self.where)}"
            yield Change(Kind.UNDECIDED, self.where, what, *_differing(self.old, self.new))

    def _members(self) -> Iterator[Change]:
        named, names = self.members
        for name in _added(names, named):
            if not names[name]["always"]:
                kind = Kind.DRIFT if self.of_answer else Kind.COMPATIBLE
                yield Change(kind, self.where, f"the member {name} is new, and optional")
            elif self.of_answer:
                yield Change(Kind.DRIFT, self.where, f"the member {name} is new, and always there")
        if not self.of_answer:
            return
        if self.is_gone:
            yield Change(Kind.DRIFT, self.where, "its body has no schema any more")
            return
        for name in _added(named, names):
            yield Change(Kind.DRIFT, self.where, f"the member {name} is not documented any more")
        if self.held and self.containment[0] != NO and contained(self.new, self.taken)[0] == NO:
            less = "it says less than every answer is held to anyway (contracts/exact.yaml)"
            yield Change(Kind.DRIFT, self.where, less)

    def _otherwise(self) -> Iterator[Change]:
        if self.of_answer and contained(self.given, self.old)[0] == NO:
            yield Change(Kind.DRIFT, self.where, "there may be members that the pin does not name")
        elif contained(*((self.old, self.new) if self.of_answer else (self.new, self.old)))[0] == NO:
            wider = "less may come than was promised" if self.of_answer else "more is taken than before"
            yield Change(Kind.COMPATIBLE, self.where, wider)

    def _annotations(self) -> Iterator[Change]:
        named, names = self.members
        for name in [name for name in names if name in named]:
            was, is_now = named[name], names[name]
            if is_now.get("deprecated") is True and was.get("deprecated") is not True:
                yield Change(Kind.DRIFT, self.where, f"the member {name} is deprecated")
            before, after = (json.dumps(says["default"]) if "default" in says else "none" for says in (was, is_now))
            if before != after:
                yield Change(Kind.DRIFT, self.where, f"the default of {name} has changed", before, after)


def _added(after: Mapping[str, Schema], before: Mapping[str, Schema]) -> list[str]:
    """The members that are new, but for those inside of one that is, and those that are never there."""
    added = {path: None for path, says in after.items() if path not in before and not says.get("never")}
    return [path for path in added if not any(path[: step.start()] in added for step in re.finditer(r"[.\[]", path))]


def _differing(pin: Schema, candidate: Schema) -> tuple[str, str]:
    """What each side says of the members on which they differ; the whole schemas, where there is no such member."""
    sides = [side.get("properties", {}) for side in (pin, candidate)]
    names = [name for name in sides[0] if name in sides[1] and sides[0][name] != sides[1][name]]
    said = [{name: side[name] for name in names} for side in sides] if names else [pin, candidate]
    return json.dumps(said[0], ensure_ascii=False), json.dumps(said[1], ensure_ascii=False)


def members(root: Schema) -> dict[str, Schema]:
    """The members that a plain schema names, by their paths (`errors[].value`).

    Each has what the schema says of it, `always` (whether it is required), and `never` if it is excluded.
    """
    found: dict[str, Schema] = {}

    def read(node: Json, prefix: str) -> None:
        if prefix.count(".") + prefix.count("[") > _DEEPEST:
            return
        for part in _same(root, node):
            for other in (*part.get("anyOf", ()), *part.get("oneOf", ()), part.get("then"), part.get("else")):
                read(other, prefix)
            required, named = part.get("required", ()), part.get("properties", {})
            for name in dict.fromkeys([*required, *named]):
                path, here = f"{prefix}{name}", named.get(name, True)
                # The schema that the member refers to may say more of it.
                target, known = referred(root, here), found.get(path, {})
                says = here if isinstance(here, dict) else {"never": not here}
                known |= (target if isinstance(target, dict) else {}) | says
                found[path] = known | {"always": name in required or known.get("always", False)}
                read(here, f"{path}.")
            for item in (*part.get("prefixItems", ()), part.get("items"), part.get("contains")):
                read(item, f"{prefix.removesuffix('.')}[].")

    read(root, "")
    return found


def _same(root: Schema, node: Json) -> Iterator[Schema]:
    """A part of a plain schema, and the parts that always hold of the same value: by `$ref` and by `allOf`."""
    if isinstance(node, dict):
        yield node
        for part in (referred(root, node), *node.get("allOf", ())):
            yield from _same(root, part)


def opened(root: Schema, *, wide: bool) -> Schema:
    """A plain schema as it is read by a client that ignores members it does not know.

    Several closed objects may be alternatives. It is not known how such a client reads an object with members of more
    than one of them. Such an object is allowed only if `wide`.
    """

    def read(node: Json) -> Json:
        if not isinstance(node, dict):
            return node
        found: Schema = {}
        for keyword, value in node.items():
            if keyword in _CLOSING and value is False:
                continue
            # If a negation or a condition were widened, the whole would become narrower.
            follow = keyword in SAME | INSIDE and keyword not in ("not", "if")
            found[keyword] = mapped(keyword, value, read) if follow else value
            if keyword in NAMED - {"$defs"}:
                found[keyword] = {name: part or True for name, part in found[keyword].items()}
            elif keyword in ("anyOf", "oneOf") and not wide:
                found[keyword] = [*map(_kept_apart(root, value), value, found[keyword])]
        if wide and "oneOf" in found and ("$ref" in json.dumps(node["oneOf"]) or found["oneOf"] != node["oneOf"]):
            # Closed objects exclude each other. Once they may have more members, they overlap.
            found["allOf"] = [*found.get("allOf", ()), {"anyOf": found.pop("oneOf")}]
        return found

    widened: Schema = read(root)
    return widened


def _kept_apart(root: Schema, parts: list[Json]) -> Callable[[Json, Json], Json]:
    """Returns a function that forbids, in a closed alternative, the members of the other alternatives."""

    def names(part: Json) -> set[str]:
        return {name for schema in _same(root, part) for name in schema.get("properties", ())}

    def apart(part: Json, found: Json) -> Json:
        foreign = set[str]().union(*map(names, parts)) - names(part)
        closed = any(schema.get(keyword) is False for schema in _same(root, part) for keyword in _CLOSING)
        return {"allOf": [found], "properties": dict.fromkeys(sorted(foreign), False)} if closed and foreign else found

    return apart


def held_anyway(candidate: Schema) -> Schema:
    """A problem's schema with what every answer is held to, where the candidate leaves that unsaid (`exact.yaml`).

    A document that says less than that is no breaking release: a deployment that does less is a broken one, in any
    run. If the candidate does not allow every value that `exact.yaml` allows for a member, its own schema stays.
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
        if concluded(able, given) == YES:
            own[name] = wanted if name in says else wanted | {"type": able["type"]}
    held: dict[str, Json] = {"properties": own}
    if concluded(candidate, {"not": {"type": "object"}}) != YES:
        held["type"] = "object"
    return candidate | {"allOf": [*candidate.get("allOf", ()), held]}
