"""Small values grown from a plain schema: at the edges of what it says, and around what another one names.

They are candidates for a proof, not proofs: whoever uses them validates each one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import combinations, islice
from typing import Any

import jsonschema_rs

from contracts.release.schema import Schema, referred, validator

Json = Any

# Letters of the kinds that patterns and formats tell apart; a length is filled with one of them.
_LETTERS = ("a", "A", "0", " ", "\n", "-", ".", "é", "\U0001f600")
_TEXTS = ("", "a.a", "a b", "a@b.example", "https://a.example/b", "/a", "2026-01-01", "2026-01-01T00:00:00Z")
_ANYTHING: tuple[Json, ...] = ("", None, 0, {}, "a", [], True)
_LONGEST, _MANY, _DEEPEST, _FAR = 2_000_000, 10_000, 6, 3
# Values of one schema; those of one member, in the outermost object and further in.
_MOST, _WIDE, _NARROW = 150, 40, 8
_KINDS = ("string", "integer", "array", "object", "null", "boolean")


class Growth:
    """Grows values of a schema; `other` is the one that it is compared with."""

    def __init__(self, root: Schema, other: Schema) -> None:
        self._root = root
        self._constants: list[Json] = [0, 1, -1, 0.5]
        self._lengths = [1, 2]
        self._names: dict[str, None] = {}
        self._known: dict[tuple[int, int], list[Json]] = {}
        self._read([root, other])

    def values(self) -> list[Json]:
        """Values that the schema allows, each once, the simplest kinds first."""
        return self._of(self._root, 0)

    def _read(self, node: Json) -> None:
        """What a schema names: constants, bounds, members."""
        for keyword, value in node.items() if isinstance(node, dict) else ():
            if keyword in ("const", "enum", "multipleOf") or "imum" in keyword:
                self._constants += value if isinstance(value, list) else [value]
            elif keyword.startswith(("min", "max")) and isinstance(value, (int, float)):
                self._lengths += [length for length in (int(value) - 1, int(value), int(value) + 1) if length >= 0]
            elif keyword == "properties" and isinstance(value, dict):
                self._names |= dict.fromkeys(value)
        for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            self._read(part)

    def _of(self, schema: Json, depth: int) -> list[Json]:
        if schema is False or depth > _DEEPEST:
            return []
        if depth and schema in (True, {}):
            return [*_ANYTHING]
        schema = schema if isinstance(schema, dict) else {}
        key = id(schema), depth
        if key not in self._known:
            self._known[key] = []
            self._known[key] = self._fitting(schema, depth)
        return self._known[key]

    def _fitting(self, schema: Schema, depth: int) -> list[Json]:
        # 1 and True are equal, and are not the same.
        each = islice(self._each(schema, depth), 20 * _MOST)
        values: Iterable[Json] = {repr(value): value for value in each}.values()
        # What a part refers to by a name of its own may be out of its sight: then nothing is left out yet.
        with suppress(ValueError, jsonschema_rs.ValidationError):
            values = filter(validator({**schema, "$defs": self._root.get("$defs", {})}).is_valid, values)
        return list(islice(values, _MOST))

    def _each(self, schema: Mapping[str, Json], depth: int) -> Iterator[Json]:
        if "const" in schema or "enum" in schema:
            yield from schema.get("enum", [schema.get("const")])
            return
        parts = [part for word in ("anyOf", "oneOf", "allOf") for part in schema.get(word, ())]
        if "$ref" in schema:
            target = referred(self._root, schema)
            parts.append(True if target is None else target)
        for part in parts:
            yield from self._of(part, depth)
        stated = schema.get("type", [] if parts else _KINDS)
        for kind in [stated] if isinstance(stated, str) else stated:
            yield from self._kind(kind, schema, depth)

    def _kind(self, kind: str, schema: Mapping[str, Json], depth: int) -> Iterator[Json]:
        if kind == "string":
            yield from self._texts(schema)
        elif kind == "array":
            yield from self._arrays(schema, depth)
        elif kind == "object":
            yield from self._objects(schema, depth)
        elif kind in ("null", "boolean"):
            yield from (False, True) if kind == "boolean" else (None,)
        else:
            numbers = [one for one in self._constants if isinstance(one, (int, float)) and not isinstance(one, bool)]
            yield from (value for number in numbers for value in (number, number - 1, number + 1))

    def _texts(self, schema: Mapping[str, Json]) -> Iterator[str]:
        lowest, highest = int(schema.get("minLength", 0)), min(schema.get("maxLength", _LONGEST), _LONGEST)
        for length in dict.fromkeys(one for one in (lowest, *self._lengths) if lowest <= one <= highest):
            yield from (letter * length for letter in (_LETTERS if length <= _MANY else _LETTERS[:1]))
        for text in (*_TEXTS, *(one for one in self._constants if isinstance(one, str))):
            yield from (text, text.upper(), f" {text}", f"{text}a")

    def _arrays(self, schema: Mapping[str, Json], depth: int) -> Iterator[list[Json]]:
        lowest, highest = int(schema.get("minItems", 0)), schema.get("maxItems", _MANY)
        items = self._of(schema.get("items", True), depth + 1)[:20] + self._of(schema.get("contains", False), depth + 1)
        first = [one for part in schema.get("prefixItems", ()) for one in self._of(part, depth + 1)[:1]]
        yield from ([], first, *(one for one in self._constants if isinstance(one, list)))
        for length in dict.fromkeys(one for one in (lowest, *self._lengths) if lowest <= one <= highest):
            for item in items if length <= 2 else items[:1]:
                yield (first + [item] * length)[: max(length, len(first))]
        yield from map(list, combinations(items, 2))

    def _objects(self, schema: Mapping[str, Json], depth: int) -> Iterator[dict[str, Json]]:
        required = schema.get("required", ())
        members = schema.get("properties", {}).items()
        # Schemas that refer to each other have more and more members the further in.
        values = {name: self._of(part, depth + 1) for name, part in members if depth < _FAR or name in required}
        values |= {name: [*_ANYTHING] for name in required if name not in values}
        first = {name: found[0] for name, found in values.items() if found}
        base = {name: value for name, value in first.items() if name in required}
        yield from (base, first)
        for name, found in values.items():
            yield from (base | {name: value} for value in found[: _NARROW if depth else _WIDE])
        yield from (base | {name: first[name] for name in pair} for pair in islice(combinations(first, 2), _MOST))
        for name in (*self._names, "x", "x" * 100) if schema.get("additionalProperties") is not False else ():
            yield from (base | {name: value} for value in _ANYTHING if name not in base)
        yield from (one for one in self._constants if isinstance(one, dict))
