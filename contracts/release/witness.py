"""Witnesses: values that may show that one schema allows what another refuses, and the smallest value that shows it.

Nothing here is a proof: whoever uses a value validates it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import combinations, islice
from typing import Any

import jsonschema_rs

from contracts.release.schema import Schema, referred, validator

Json = Any

# Letters of the kinds that patterns and formats tell apart; a text of some length is made of one of them.
_LETTERS = ("a", "A", "0", " ", "\n", "-", ".", "é", "\U0001f600")
_TEXTS = ("", "a.a", "a b", "a@b.example", "https://a.example/b", "/a", "2026-01-01", "2026-01-01T00:00:00Z")
_ANYTHING: tuple[Json, ...] = ("", None, 0, {}, "a", [], True)
_KINDS = ("string", "integer", "array", "object", "null", "boolean")
# The longest text, the longest list, the deepest value, and how deep optional members are followed.
_LONGEST, _MANY, _DEEPEST, _FAR = 2_000_000, 10_000, 6, 3
# How many values of one schema, and of one member: in the outermost object, and further in.
_MOST, _WIDE, _NARROW = 150, 40, 8
# Steps in which a value is made smaller; in longer lists and texts not every item is tried.
_STEPS, _SHORT = 300, 64


def witnesses(schema: Schema, other: Schema) -> list[Json]:
    """Small values of a plain schema, each once: at the edges of what it says, and of what the other one says."""
    return _Growth(schema, other).of(schema, 0)


class _Growth:
    """Makes values from what schemas say."""

    def __init__(self, root: Schema, other: Schema) -> None:
        self._root = root
        self._constants: list[Json] = [0, 1, -1, 0.5]
        self._lengths = [1, 2]
        self._names: dict[str, None] = {}
        self._known: dict[tuple[int, int], list[Json]] = {}
        self._read([root, other])

    def _read(self, node: Json) -> None:
        """Collect the constants, bounds and members that a schema names."""
        for keyword, value in node.items() if isinstance(node, dict) else ():
            if keyword in ("const", "enum", "multipleOf") or "imum" in keyword:
                self._constants += value if isinstance(value, list) else [value]
            elif keyword.startswith(("min", "max")) and isinstance(value, (int, float)):
                self._lengths += [length for length in (int(value) - 1, int(value), int(value) + 1) if length >= 0]
            elif keyword == "properties" and isinstance(value, dict):
                self._names |= dict.fromkeys(value)
        for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            self._read(part)

    def of(self, schema: Json, depth: int) -> list[Json]:
        """Values that the schema allows."""
        if schema is False or depth > _DEEPEST:
            return []
        if depth and schema in (True, {}):
            return [*_ANYTHING]
        schema = schema if isinstance(schema, dict) else {}
        key = id(schema), depth
        if key not in self._known:
            # A schema that refers to itself finds no values of its own yet.
            self._known[key] = []
            self._known[key] = self._fitting(schema, depth)
        return self._known[key]

    def _fitting(self, schema: Schema, depth: int) -> list[Json]:
        # 1 and True are equal, and are not the same.
        values: Iterable[Json] = {
            repr(value): value for value in islice(self._each(schema, depth), 20 * _MOST)
        }.values()
        # A part may refer by name to what is not in its `$defs`: then nothing is left out yet.
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
            yield from self.of(part, depth)
        stated = schema.get("type", [] if parts else _KINDS)
        for kind in [stated] if isinstance(stated, str) else stated:
            yield from self._of_kind(kind, schema, depth)

    def _of_kind(self, kind: str, schema: Mapping[str, Json], depth: int) -> Iterable[Json]:
        if kind == "string":
            return self._texts(schema)
        if kind == "array":
            return self._arrays(schema, depth)
        if kind == "object":
            return self._objects(schema, depth)
        if kind in ("null", "boolean"):
            return (None,) if kind == "null" else (False, True)
        numbers = [one for one in self._constants if isinstance(one, (int, float)) and not isinstance(one, bool)]
        return (value for number in numbers for value in (number, number - 1, number + 1))

    def _texts(self, schema: Mapping[str, Json]) -> Iterator[str]:
        for length in self._within(schema.get("minLength", 0), min(schema.get("maxLength", _LONGEST), _LONGEST)):
            yield from (letter * length for letter in (_LETTERS if length <= _MANY else _LETTERS[:1]))
        for text in (*_TEXTS, *(one for one in self._constants if isinstance(one, str))):
            yield from (text, text.upper(), f" {text}", f"{text}a")

    def _within(self, lowest: float, highest: float) -> Iterable[int]:
        """The lengths that schemas name, from the lowest to the highest."""
        return dict.fromkeys(one for one in (int(lowest), *self._lengths) if lowest <= one <= highest)

    def _arrays(self, schema: Mapping[str, Json], depth: int) -> Iterator[list[Json]]:
        items = self.of(schema.get("items", True), depth + 1)[:20] + self.of(schema.get("contains", False), depth + 1)
        first = [one for part in schema.get("prefixItems", ()) for one in self.of(part, depth + 1)[:1]]
        yield from ([], first, *(one for one in self._constants if isinstance(one, list)))
        for length in self._within(schema.get("minItems", 0), schema.get("maxItems", _MANY)):
            for item in items if length <= 2 else items[:1]:
                yield (first + [item] * length)[: max(length, len(first))]
        yield from map(list, combinations(items, 2))

    def _objects(self, schema: Mapping[str, Json], depth: int) -> Iterator[dict[str, Json]]:
        required, members = schema.get("required", ()), schema.get("properties", {})
        # Schemas that refer to each other have more and more members the further in.
        named = {name: part for name, part in members.items() if depth < _FAR or name in required}
        values = {name: self.of(named.get(name, True), depth + 1) for name in dict.fromkeys([*named, *required])}
        first = {name: found[0] for name, found in values.items() if found}
        base = {name: value for name, value in first.items() if name in required}
        yield from (base, first)
        for name, found in values.items():
            yield from (base | {name: value} for value in found[: _NARROW if depth else _WIDE])
        yield from (base | {name: first[name] for name in pair} for pair in islice(combinations(first, 2), _MOST))
        for name in (*self._names, "x", "x" * 100) if schema.get("additionalProperties") is not False else ():
            yield from (base | {name: value} for value in _ANYTHING if name not in base)
        yield from (one for one in self._constants if isinstance(one, dict))


def size(value: Json) -> tuple[int, int, str]:
    """How much there is to read of a value; of two alike the one with more letters and digits is the smaller."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text), sum(not letter.isalnum() for letter in text[:1_000]), text


def smallest(value: Json, shows: Callable[[Json], Hashable]) -> Json:
    """The value made smaller, step by step, as long as what it `shows` stays the same."""
    wanted = shows(value)
    for _ in range(_STEPS):
        better = next((one for one in _smaller(value) if size(one) < size(value) and shows(one) == wanted), None)
        if better is None:
            break
        value = better
    return value


def _smaller(value: Json) -> Iterator[Json]:
    """Values that have a little less in them, the greatest steps first."""
    if isinstance(value, dict):
        yield from ({key: other for key, other in value.items() if key != name} for name in value)
        yield from ({**value, name: less} for name, member in value.items() for less in _smaller(member))
    elif isinstance(value, list):
        yield from _halved(value)
        few = range(len(value)) if len(value) <= _SHORT else range(1)
        yield from (value[:index] + value[index + 1 :] for index in few)
        yield from ([*value[:i], less, *value[i + 1 :]] for i in few for less in _smaller(value[i]))
    elif isinstance(value, str):
        yield from ("", *_halved(value))
        if len(value) <= _SHORT:
            yield from (value.replace(letter, "a") for letter in dict.fromkeys(value) if letter != "a")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from (0, 1, int(value), int(value) // 2)


def _halved(value: Json) -> Iterator[Json]:
    """A list or a text without its first or its last half, quarter, …, down to one item."""
    for step in range(1, len(value).bit_length()):
        cut = len(value) >> step
        yield from (value[:-cut], value[cut:])
