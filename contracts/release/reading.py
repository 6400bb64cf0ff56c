"""What a plain schema says to a client: the members that it names, and what else an answer may be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from contracts.release.containment import YES, concluded
from contracts.release.schema import INSIDE, NAMED, RESPONSE, SAME, Schema, mapped, plain, referred
from contracts.rules.openapi import References
from contracts.rules.problem import exact

Json = Any

# Keywords that, if they are false, close an object: it has no other members.
_CLOSING = ("additionalProperties", "unevaluatedProperties")
# How deep members are named.
_DEEPEST = 5


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
                found[keyword] = [*map(_told_apart(root, value), value, found[keyword])]
        if wide and "oneOf" in found and ("$ref" in json.dumps(node["oneOf"]) or found["oneOf"] != node["oneOf"]):
            # Closed objects exclude each other. Once they may have more members, they overlap.
            found["allOf"] = [*found.get("allOf", ()), {"anyOf": found.pop("oneOf")}]
        return found

    widened: Schema = read(root)
    return widened


def _told_apart(root: Schema, parts: list[Json]) -> Callable[[Json, Json], Json]:
    """Returns what excludes, from one of several alternatives that was closed, the members of the others."""

    def names(part: Json) -> set[str]:
        return {name for one in _same(root, part) for name in one.get("properties", ())}

    def apart(part: Json, found: Json) -> Json:
        foreign = set[str]().union(*map(names, parts)) - names(part)
        closed = any(one.get(keyword) is False for one in _same(root, part) for keyword in _CLOSING)
        return {"allOf": [found], "properties": dict.fromkeys(sorted(foreign), False)} if closed and foreign else found

    return apart


def held_anyway(candidate: Schema) -> Schema:
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
        if concluded(able, given) == YES:
            own[name] = wanted if name in says else wanted | {"type": able["type"]}
    held: dict[str, Json] = {"properties": own}
    if concluded(candidate, {"not": {"type": "object"}}) != YES:
        held["type"] = "object"
    return candidate | {"allOf": [*candidate.get("allOf", ()), held]}
