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

from contracts.release.containment import Proof, contained
from contracts.release.schema import Schema, referred
from contracts.rules.openapi import parsed

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
        return not any(counts.get(one.kind) for one in self.changes)


@cache
def _table() -> Mapping[str, Json]:
    table: Mapping[str, Json] = parsed(Path(__file__).with_suffix(".yaml").read_bytes())
    return table


def change(name: str, where: str, about: str = "", *, pin: str = "", candidate: str = "") -> Change:
    """The change of this name in `changes.yaml`; `about` is the member, header or media type that it is about."""
    kind, what, *oasdiff = _table()["changes"][name]
    return Change(Kind(kind), where, what.format(about), pin, candidate, oasdiff="".join(oasdiff))


def gathered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, the gravest first; what is the same in several answers is told once."""
    same: dict[str, list[Change]] = {}
    for one in changes:
        value = json.dumps(one.proof.value) if one.proof else ""
        same.setdefault(repr((one.kind, one.what, one.pin, one.candidate, value)), []).append(one)
    told = [replace(alike[0], where=_joined([one.where for one in alike])) for alike in same.values()]
    return tuple(sorted(told, key=lambda one: [*Kind].index(one.kind)))


def _joined(places: list[str]) -> str:
    """`answer 400, 401 and 422` for three places that begin with the same word."""
    (head, *others) = dict.fromkeys(place.partition(" ")[0] for place in places)
    if others or len(places) == 1:
        return ", ".join(places)
    tails = [place.partition(" ")[2] for place in places]
    return f"{head} {', '.join(tails[:-1])} and {tails[-1]}"


def breaking(side: str, where: str, what: str, inner: Schema, outer: Schema) -> Iterator[Change]:
    """What `inner` allows and `outer` does not, each reason with its proof. `side` is `request` or `answer`."""
    answer, proofs = contained(inner, outer)
    told = _told_apart(*((outer, inner) if side == "answer" else (inner, outer)))
    for proof in proofs:
        yield Change(Kind.BREAKING, where, what, proof=proof, oasdiff=_oasdiff(proof, side))
    if answer == Containment.NO and not proofs:
        yield Change(Kind.BREAKING, where, what, *told)
    if answer == Containment.UNKNOWN:
        yield not_decided(where, what, *told)


def not_decided(where: str, what: str, pin: str = "", candidate: str = "") -> Change:
    """The change that it is not known whether `what` is so."""
    return Change(Kind.UNDECIDED, where, f"it is not known whether {what}", pin, candidate)


def _told_apart(pin: Schema, candidate: Schema) -> tuple[str, str]:
    """What each side says of the members on which they differ; the whole schemas, where there is no such member."""
    sides = [side.get("properties", {}) for side in (pin, candidate)]
    names = [name for name in sides[0] if name in sides[1] and sides[0][name] != sides[1][name]]
    told = [{name: side[name] for name in names} for side in sides] if names else [pin, candidate]
    return json.dumps(told[0], ensure_ascii=False), json.dumps(told[1], ensure_ascii=False)


def members(schema: Schema) -> dict[str, Schema]:
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
    required, named = node.get("required", ()), node.get("properties", {})
    for name in dict.fromkeys([*required, *named]):
        said = named.get(name, True)
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


def new(after: Mapping[str, Schema], before: Mapping[str, Schema]) -> dict[str, Schema]:
    """The members that are new, but for those inside of one that is, and those that are never there."""
    added = {path: said for path, said in after.items() if path not in before and not said.get("never")}
    outer = {path: [path[:index] for index, letter in enumerate(path) if letter in ".["] for path in added}
    return {path: said for path, said in added.items() if not any(one in added for one in outer[path])}


def remarks(side: str, where: str, before: Mapping[str, Schema], after: Mapping[str, Schema]) -> Iterator[Change]:
    """What changes of what is said of members that both have; `side` is `request` or `answer`."""
    for name in [name for name in after if name in before]:
        if after[name].get("deprecated") is True and before[name].get("deprecated") is not True:
            yield change(f"{side} member deprecated", where, name)
        pin, candidate = (
            json.dumps(one[name]["default"]) if "default" in one[name] else "none" for one in (before, after)
        )
        if pin != candidate:
            yield change(f"{side} default", where, name, pin=pin, candidate=candidate)


def _oasdiff(proof: Proof, side: str) -> str:
    """Oasdiff's name for the one thing that a proof shows."""
    first = proof.reasons[0]
    keyword = "null" if first.keyword == "type" and first.value is None else first.keyword
    names = _table()[side].get(keyword, ("", "")) if first.path or keyword == "required" else ("", "")
    return str(names[0 if f'"{keyword}"' in json.dumps(proof.allowed_by) else 1])
