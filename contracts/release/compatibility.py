"""Whether everything that one schema allows is allowed by another; and if not, the smallest values that prove it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import CanonicalizationError, Containment

from contracts.release.schema import RESPONSE, Schema, plain, referred, validator
from contracts.release.witness import size, smallest, witnesses
from contracts.rules.openapi import References
from contracts.rules.problem import exact

Json = Any

YES, NO, UNKNOWN = Containment.YES, Containment.NO, Containment.UNKNOWN
# Keywords whose message names the member that it is about.
_ABOUT_MEMBERS = ("required", "dependentRequired", "propertyNames")
# How deep members are named.
_DEEPEST = 8


@dataclass(frozen=True)
class Reason:
    """Why a value does not fit: the path in it, the keyword, what is there, and the reason in words."""

    path: tuple[str | int, ...]
    keyword: str
    value: Json
    message: str

    @property
    def about(self) -> str:
        """What makes it the same reason for another value: the members that lead there, the keyword, and its member."""
        members = [step for step in self.path if isinstance(step, str)]
        return json.dumps([members, self.keyword, self.message if self.keyword in _ABOUT_MEMBERS else ""])


@dataclass(frozen=True)
class Proof:
    """A value that fits one schema (`allowed_by`) and not the other, both plain JSON Schema; `reasons` say why."""

    value: Json
    allowed_by: Schema
    refused_by: Schema
    reasons: tuple[Reason, ...]


def contained(inner: Schema, outer: Schema) -> tuple[Containment, tuple[Proof, ...]]:
    """Whether every value that `inner` allows is allowed by `outer`; if not, a proof for each different reason.

    The answer is that of jsonschema-rs, unless a value that `inner` allows and `outer` refuses outranks its yes.
    """
    answer, difference = _concluded(inner, outer)
    values = witnesses(inner, outer)
    if answer != YES and difference is not None:
        values += witnesses(difference, outer)
    proofs = _proofs(inner, outer, values)
    return (NO, proofs) if proofs else (answer, ())


def _concluded(inner: Schema, outer: Schema) -> tuple[Containment, Schema | None]:
    """What jsonschema-rs concludes, and what only `inner` allows, where it can say that."""
    answer, difference = UNKNOWN, None
    # It raises for what its canonical form cannot express.
    with suppress(CanonicalizationError, ValueError):
        narrow, wide = (
            jsonschema_rs.canonicalize(one, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
            for one in (inner, outer)
        )
        answer = wide.covers(narrow)
        difference = narrow.subtract(wide).to_json_schema()
    return answer, difference if isinstance(difference, dict) else None


def _proofs(inner: Schema, outer: Schema, values: list[Json]) -> tuple[Proof, ...]:
    """Proofs that show every reason, those of one reason first; one that shows nothing new is left out."""
    allows, refuses = validator(inner), validator(outer)

    def why(value: Json) -> frozenset[str]:
        """The reasons for which a value shows what it has to; none where it does not."""
        return frozenset(reason.about for reason in _reasons(refuses, value) if allows.is_valid(value))

    found: dict[frozenset[str], Json] = {}
    for value in values:
        if not refuses.is_valid(value) and (reasons := why(value)):
            found[reasons] = min(value, found.get(reasons, value), key=size)
    shown: frozenset[str] = frozenset()
    proofs = []
    for reasons in sorted(found, key=lambda reasons: (len(reasons), size(found[reasons]))):
        if not reasons <= shown:
            shown |= reasons
            value = smallest(found[reasons], why)
            # A keyword is told once for a place: a format comes with those that it implies.
            first = {reason.about: reason for reason in reversed([*_reasons(refuses, value)])}
            proofs.append(Proof(value, inner, outer, tuple(reversed(first.values()))))
    return tuple(proofs)


def _reasons(refuses: jsonschema_rs.Draft202012Validator, value: Json) -> Iterator[Reason]:
    for error in refuses.iter_errors(value):
        kind, path, keyword = error.kind.name, tuple(error.instance_path), str(["", *error.schema_path][-1])
        members = error.kind.value if kind in ("additionalProperties", "unevaluatedProperties") else ()
        for place in [(*path, name) for name in members] or [path]:
            not_allowed = place and (members or kind == "falseSchema")
            message = f"{json.dumps(place[-1])} is not allowed" if not_allowed else " ".join(error.message.split())
            yield Reason(place, keyword, error.instance, message)


def members(root: Schema) -> dict[str, Schema]:
    """The members that a schema names, by their paths (`errors[].value`).

    Of each, what the schema says of it, `always` (whether it is required) and, where it is excluded, `never`.
    """
    found: dict[str, Schema] = {}

    def read(node: Json, prefix: str, through: frozenset[str]) -> None:
        if not isinstance(node, dict) or prefix.count(".") + prefix.count("[") > _DEEPEST:
            return
        reference = node.get("$ref", "")
        if reference not in through:
            read(referred(root, node), prefix, through | {reference})
        parts = [part for keyword in ("allOf", "anyOf", "oneOf") for part in node.get(keyword, ())]
        for part in (*parts, node.get("then"), node.get("else")):
            read(part, prefix, through)
        required, named = node.get("required", ()), node.get("properties", {})
        for name in dict.fromkeys([*required, *named]):
            path, here = f"{prefix}{name}", named.get(name, True)
            # What it refers to may say more of it.
            target = referred(root, here)
            says = target | here if isinstance(target, dict) else here
            says = says if isinstance(says, dict) else {"never": not says}
            always = name in required or found.get(path, {}).get("always", False)
            found[path] = found.get(path, {}) | says | {"always": always}
            read(here, f"{path}.", through)
        for item in (*node.get("prefixItems", ()), node.get("items"), node.get("contains")):
            read(item, f"{prefix.removesuffix('.')}[].", through)

    read(root, "", frozenset())
    return found


def new_members(after: Mapping[str, Schema], before: Mapping[str, Schema]) -> dict[str, Schema]:
    """The members that are new, but for those inside of one that is, and those that are never there."""
    added = {path: says for path, says in after.items() if path not in before and not says.get("never")}
    around = {path: [path[:index] for index, letter in enumerate(path) if letter in ".["] for path in added}
    return {path: says for path, says in added.items() if not any(one in added for one in around[path])}


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
        if _concluded(able, given)[0] == YES:
            own[name] = wanted if name in says else wanted | {"type": able["type"]}
    held: dict[str, Json] = {"properties": own}
    if _concluded(candidate, {"not": {"type": "object"}})[0] != YES:
        held["type"] = "object"
    return candidate | {"allOf": [*candidate.get("allOf", ()), held]}


def differing(pin: Schema, candidate: Schema) -> tuple[str, str]:
    """What each side says of the members on which they differ; the whole schemas, where there is no such member."""
    sides = [side.get("properties", {}) for side in (pin, candidate)]
    names = [name for name in sides[0] if name in sides[1] and sides[0][name] != sides[1][name]]
    said = [{name: side[name] for name in names} for side in sides] if names else [pin, candidate]
    return json.dumps(said[0], ensure_ascii=False), json.dumps(said[1], ensure_ascii=False)
