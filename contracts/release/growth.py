"""Small values grown from a plain schema: at the edges of what it says, and around the constants of two schemas.

They are candidates for a proof, not proofs: whoever uses them validates each one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, islice
from typing import Any

from contracts.release.keywords import NAMED, ONE, SAME_ONE, SEVERAL
from contracts.release.schema import validator

Json = Any

# Letters of the kinds that patterns and formats tell apart; a size is filled with one of them.
_LETTERS = ("a", "A", "0", " ", "\n", "-", ".", "é", "\U0001f600")
_TEXTS = ("", "a.a", "a b", "a@b.example", "https://a.example/b", "/a", "2026-01-01", "2026-01-01T00:00:00Z")
_NUMBERS = (0, 1, -1, 0.5)
_LONGEST = 2_000_000
_MANY = 10_000
_DEEPEST = 6
# What only one of two schemas names counts by being there: what is further inside of it proves little.
_STRANGE = 4
# Values of one schema; those of its parts are multiplied only one at a time.
_MOST = 150
# How many values of one member are tried, in the outermost object and further in.
_WIDE, _NARROW = 40, 8
_ANYTHING: tuple[Json, ...] = ("", None, 0, {})

_HOLD_SCHEMAS = frozenset(("$ref", *ONE, *SAME_ONE, *SEVERAL, *NAMED, "prefixItems", "dependentSchemas"))
_TYPES = ("null", "boolean", "integer", "string", "array", "object")
_TYPED = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
    "object": ("properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"),
}


class Hints:
    """What the schemas themselves name: constants, boundaries, names of members."""

    def __init__(self, *schemas: Json) -> None:
        self.texts: dict[str, None] = {}
        self.sizes: dict[int, None] = {}
        self.numbers: dict[float, None] = {}
        self.names: dict[str, None] = {}
        for schema in schemas:
            self._read(schema)

    def _read(self, node: Json) -> None:
        if isinstance(node, dict):
            for keyword, value in node.items():
                if keyword in ("const", "enum"):
                    for constant in value if keyword == "enum" and isinstance(value, list) else [value]:
                        self._constant(constant)
                elif (
                    keyword.startswith(("min", "max"))
                    and isinstance(value, int)
                    and keyword not in ("minimum", "maximum")
                ):
                    self.sizes |= dict.fromkeys(size for size in (value - 1, value, value + 1) if size >= 0)
                if keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
                    self._number(value)
                if keyword == "properties" and isinstance(value, dict):
                    self.names |= dict.fromkeys(value)
                self._read(value)
        elif isinstance(node, list):
            for item in node:
                self._read(item)

    def _constant(self, value: Json) -> None:
        if isinstance(value, str):
            self.texts |= dict.fromkeys((value, value.upper(), value.lower(), f" {value}", f"{value}a"))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self._number(value)

    def _number(self, value: Json) -> None:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self.numbers |= dict.fromkeys((value, value - 1, value + 1))


class Growth:
    """Grows values from one schema, with hints from it and from the `other` that it is compared with."""

    def __init__(self, root: Json, other: Json) -> None:
        self._root = root
        self._hints = Hints(root, other)
        self._shared = Hints(other).names

    def values(self) -> list[Json]:
        """The values, each once, the simplest kinds first."""
        return self._of(self._root, 0)

    def _of(self, schema: Json, depth: int) -> list[Json]:
        if schema is False or depth > _DEEPEST:
            return []
        schema = schema if isinstance(schema, dict) else {}
        # To compile the definitions takes longer than the rest: a schema without schemas in it does not need them.
        definitions = {} if _HOLD_SCHEMAS.isdisjoint(schema) else {"$defs": self._root.get("$defs", {})}
        fits = validator(schema | definitions)
        return list(islice(filter(fits.is_valid, _unique(self._each(schema, depth))), _MOST))

    def _each(self, schema: Mapping[str, Json], depth: int) -> Iterator[Json]:
        if "const" in schema:
            yield schema["const"]
        yield from schema.get("enum", ())
        for part in self._parts(schema):
            yield from self._of(part, depth + 1)
        if "const" not in schema and "enum" not in schema:
            for kind in _types(schema):
                yield from self._kind(kind, schema, depth)

    def _parts(self, schema: Mapping[str, Json]) -> Iterator[Json]:
        if "$ref" in schema:
            yield self._root.get("$defs", {}).get(schema["$ref"].rsplit("/", 1)[-1], True)
        for keyword in ("anyOf", "oneOf", "allOf"):
            yield from schema.get(keyword, ())

    def _kind(self, kind: str, schema: Mapping[str, Json], depth: int) -> Iterator[Json]:
        if kind == "null":
            yield None
        elif kind == "boolean":
            yield from (False, True)
        elif kind in ("integer", "number"):
            yield from self._number(schema)
        elif kind == "string":
            yield from self._text(schema)
        elif kind == "array":
            yield from self._array(schema, depth)
        elif kind == "object":
            yield from self._object(schema, depth)

    def _number(self, schema: Mapping[str, Json]) -> Iterator[Json]:
        for bound in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if isinstance(schema.get(bound), (int, float)):
                yield from (schema[bound], schema[bound] + 1, schema[bound] - 1)
        yield from (*_NUMBERS, *self._hints.numbers)

    def _text(self, schema: Mapping[str, Json]) -> Iterator[str]:
        lowest, highest = schema.get("minLength", 0), min(schema.get("maxLength", _LONGEST), _LONGEST)
        sizes = [size for size in (lowest, 1, *self._hints.sizes) if lowest <= size <= highest]
        for size in dict.fromkeys(sizes):
            for letter in _LETTERS if size <= _MANY else _LETTERS[:1]:
                yield letter * size
        yield from (*_TEXTS, *self._hints.texts)

    def _array(self, schema: Mapping[str, Json], depth: int) -> Iterator[list[Json]]:
        lowest, highest = schema.get("minItems", 0), schema.get("maxItems", _MANY)
        items = self._of(schema.get("items", True), depth + 1)[:20]
        items += self._of(schema["contains"], depth + 1)[:10] if "contains" in schema else []
        first = [one for part in schema.get("prefixItems", ()) for one in self._of(part, depth + 1)[:1]]
        for size in dict.fromkeys(size for size in (lowest, 1, *self._hints.sizes) if lowest <= size <= highest):
            for item in items if size <= 2 else items[:1]:
                yield (first + [item] * size)[: max(size, len(first))]
        if not lowest:
            yield []

    def _object(self, schema: Mapping[str, Json], depth: int) -> Iterator[dict[str, Json]]:
        properties = schema.get("properties", {})
        steps = {name: 1 if name in self._shared else _STRANGE for name in properties}
        values = {name: self._of(member, depth + steps[name]) for name, member in properties.items()}
        for name in schema.get("required", ()):
            values.setdefault(name, list(_ANYTHING))
        base = {name: found[0] for name, found in values.items() if found and name in schema.get("required", ())}
        yield base
        for name, found in values.items():
            yield from (base | {name: value} for value in found[: _WIDE if depth == 0 else _NARROW])
        first = {name: found[0] for name, found in values.items() if found}
        yield first
        yield from (base | {name: first[name] for name in pair} for pair in combinations(first, 2))
        if schema.get("additionalProperties") is not False:
            for name in (*self._hints.names, "x", "x" * 100):
                yield from (base | {name: value} for value in _ANYTHING if name not in base)


def _types(schema: Mapping[str, Json]) -> Iterable[str]:
    stated = schema.get("type")
    if stated is not None:
        return [stated] if isinstance(stated, str) else stated
    told = [kind for kind, keywords in _TYPED.items() if any(keyword in schema for keyword in keywords)]
    return told or ([] if any(word in schema for word in ("$ref", "anyOf", "oneOf", "allOf")) else _TYPES)


def _unique(values: Iterable[Json]) -> Iterator[Json]:
    seen = set()
    for value in values:
        key = (str, value) if isinstance(value, str) else (None, json.dumps(value, sort_keys=True))
        if key not in seen:
            seen.add(key)
            yield value
