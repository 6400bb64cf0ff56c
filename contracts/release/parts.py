"""The parts of a schema: the several schemas that speak of one value, by `$ref` and by `allOf` and its kin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.release.keywords import SEVERAL
from contracts.release.reference import References

Json = Any

_MOST = 1_000


def beside(references: References, node: Json) -> Iterator[dict[str, Json]]:
    """The parts that are written in one place; what they refer to is not followed."""
    if not isinstance(node, dict):
        return
    yield node
    if "$ref" in node and references.lone:
        return
    for keyword in SEVERAL:
        for part in node.get(keyword) or ():
            yield from beside(references, part)
    for keyword in ("then", "else"):
        yield from beside(references, node.get(keyword))


def whole(references: References, node: Json, seen: set[str] | None = None) -> Iterator[dict[str, Json]]:
    """All parts, those that are referred to included, each once."""
    seen = set() if seen is None else seen
    for part in beside(references, node):
        yield part
        if "$ref" in part:
            target = references.at(part["$ref"])
            if part["$ref"] not in seen:
                seen.add(part["$ref"])
                yield from whole(references, target, seen)


def marked(references: References, node: Json, keyword: str) -> frozenset[str]:
    """The members of an object that a keyword marks: `readOnly`, `writeOnly` or `deprecated`."""
    return frozenset(
        name
        for part in whole(references, node)
        for name, member in _members(part)
        if any(one.get(keyword) is True for one in _conjunction(references, member))
    )


def check_grounded(references: References, reference: str, known: dict[str, int]) -> int:
    """See that a schema ends. `known` are the numbers of parts that were counted before; it is one of them then.

    Raises:
        WrongCall: it is made of itself, so that no value would ever be decided on (JSON Schema 2020-12 Core,
            section 9.4.1), or of more parts than anybody writes.

    """
    target = references.at(reference)
    if known.get(reference) == 0:
        raise references.wrong(f"has a schema that is made of itself: {reference[:100]!r}")
    if reference not in known:
        known[reference] = 0
        inner = [
            check_grounded(references, part["$ref"], known) for part in beside(references, target) if "$ref" in part
        ]
        known[reference] = 1 + sum(inner)
    if known[reference] > _MOST:
        raise references.wrong(f"has a schema of more than {_MOST:,} parts: {reference[:100]!r}")
    return known[reference]


def _members(part: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    properties = part.get("properties")
    if isinstance(properties, dict):
        yield from properties.items()


def _conjunction(references: References, member: Json, seen: set[str] | None = None) -> Iterator[dict[str, Json]]:
    """The parts that hold in any case: what is read-only in one of several alternatives is not read-only."""
    seen = set() if seen is None else seen
    if not isinstance(member, dict):
        return
    if "$ref" not in member or not references.lone:
        yield member
        for part in member.get("allOf") or ():
            yield from _conjunction(references, part, seen)
    if "$ref" in member:
        target = references.at(member["$ref"])
        if member["$ref"] not in seen:
            seen.add(member["$ref"])
            yield from _conjunction(references, target, seen)
