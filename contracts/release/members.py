"""The members that objects of a plain schema may have, by their paths: `code`, `errors[].value`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.release.schema import Schema

Json = Any

_DEEPEST = 8
_MOST = 50_000


def members(schema: Schema) -> dict[str, bool]:
    """The paths of all members that the schema names and does not forbid, and whether each is required."""
    found: dict[str, bool] = {}
    for path, required in _named(schema, schema, "", frozenset()):
        found[path] = found.get(path, False) or required
        if len(found) >= _MOST:
            break
    return found


def new(before: Schema, after: Schema) -> dict[str, bool]:
    """The members that only the second schema names; of what is inside a new member nothing more is told."""
    known = members(before)
    added = {path: required for path, required in members(after).items() if path not in known}
    return {path: required for path, required in added.items() if not any(outer in added for outer in _around(path))}


def _around(path: str) -> Iterator[str]:
    """The members that a member is inside of."""
    for index, letter in enumerate(path):
        if letter in ".[":
            yield path[:index]


def _named(root: Schema, node: Json, prefix: str, through: frozenset[str]) -> Iterator[tuple[str, bool]]:
    if not isinstance(node, dict) or prefix.count(".") + prefix.count("[") > _DEEPEST:
        return
    reference = node.get("$ref")
    if reference is not None and reference not in through:
        target = root["$defs"][reference.rsplit("/", 1)[-1]]
        yield from _named(root, target, prefix, through | {reference})
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in node.get(keyword, ()):
            yield from _named(root, part, prefix, through)
    for keyword in ("then", "else"):
        yield from _named(root, node.get(keyword), prefix, through)
    required = node.get("required", ())
    for name in required:
        yield f"{prefix}{name}", True
    for name, member in node.get("properties", {}).items():
        if member is not False:
            yield f"{prefix}{name}", name in required
            yield from _named(root, member, f"{prefix}{name}.", through)
    items = [*node.get("prefixItems", ()), node.get("items"), node.get("contains")]
    for item in items:
        yield from _named(root, item, f"{prefix.removesuffix('.')}[].", through)
