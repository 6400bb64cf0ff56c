"""Whether everything that one schema allows is allowed by another; and if not, small values that prove it.

jsonschema-rs decides. The values are made at the edges of what both schemas say, and each proof is validated.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import combinations, islice, zip_longest
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import CanonicalizationError, Containment

from contracts.release import Proof
from contracts.release.schema import Schema, referred, validator

Json = Any

YES, NO, UNKNOWN = Containment.YES, Containment.NO, Containment.UNKNOWN
# Keywords whose message names the member that it is about.
_ABOUT_MEMBERS = ("required", "dependentRequired", "propertyNames")
# Letters of the kinds that patterns and formats tell apart; a text of some length is made of one of them.
_LETTERS = ("0", "a", "A", " ", "\n", "-", ".", "é", "\U0001f600")
_TEXTS = (
    *("", "a.a", "a b", "a@b.example", "https://a.example/b", "/a", "2026-01-01", "2026-01-01T00:00:00Z", "00:00:00Z"),
    *("P1D", "1.2.3.4", "::", "00000000-0000-0000-0000-000000000000"),
)
_ANYTHING: tuple[Json, ...] = ("", None, 0, {}, "a", [], True)
_KINDS = ("string", "integer", "array", "object", "null", "boolean")
# The longest text, the longest list, the deepest value, and how deep optional members are followed.
_LONGEST, _MANY, _DEEPEST, _FAR = 2_000_000, 10_000, 6, 4
# How many values of one schema, of one member in the outermost object, further in, and of two members at once.
_MOST, _WIDE, _NARROW, _PAIRS = 150, 40, 16, 30


def contained(inner: Schema, outer: Schema) -> tuple[Containment, tuple[Proof, ...]]:
    """Whether every value that `inner` allows is allowed by `outer`; if not, a proof for each different reason.

    The answer is that of jsonschema-rs, unless a value that `inner` allows and `outer` refuses outranks its yes.
    """
    # The answers of one operation mostly share a schema.
    return _contained(json.dumps(inner), json.dumps(outer))


@lru_cache(maxsize=64)
def _contained(inner_text: str, outer_text: str) -> tuple[Containment, tuple[Proof, ...]]:
    inner, outer = json.loads(inner_text), json.loads(outer_text)
    answer = concluded(inner, outer)
    values = _Values(inner, outer).of(inner)
    with suppress(CanonicalizationError, ValueError):
        difference = _canonical(inner).subtract(_canonical(outer)).to_json_schema() if answer != YES else False
        values = values + _Values(difference, outer).of(difference) if isinstance(difference, dict) else values
    proofs = _proofs(inner, outer, values)
    return (NO, proofs) if proofs else (answer, ())


def concluded(inner: Schema, outer: Schema) -> Containment:
    """What jsonschema-rs concludes."""
    # It raises for what its canonical form cannot express.
    with suppress(CanonicalizationError, ValueError):
        return _canonical(outer).covers(_canonical(inner))
    return UNKNOWN


def _canonical(schema: Schema) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)


def _proofs(inner: Schema, outer: Schema, values: list[Json]) -> tuple[Proof, ...]:
    """The smallest values that show every reason, those of one reason first; one that shows nothing new is left out."""
    allows, refuses = validator(inner), validator(outer)
    found: dict[frozenset[str], tuple[Json, dict[str, str]]] = {}
    for value in sorted(values, key=_size):
        if allows.is_valid(value) and not refuses.is_valid(value):
            reasons = _reasons(refuses, value)
            found.setdefault(frozenset(reasons), (value, reasons))
    shown: frozenset[str] = frozenset()
    proofs = []
    for about, (value, reasons) in sorted(found.items(), key=lambda item: len(item[0])):
        if not about <= shown:
            shown |= about
            proofs.append(Proof(value, tuple(reasons.values()), _in_short(reasons, inner)))
    return tuple(proofs)


def _reasons(refuses: jsonschema_rs.Draft202012Validator, value: Json) -> dict[str, str]:
    """Why a value does not fit, in words.

    Two values have the same key if they break the same keyword at the same member. A keyword is told once for a place:
    a format comes with those that it implies.
    """
    found: dict[str, str] = {}
    for error in refuses.iter_errors(value):
        kind, path, keyword = error.kind.name, tuple(error.instance_path), str(["", *error.schema_path][-1])
        members = error.kind.value if kind in ("additionalProperties", "unevaluatedProperties") else ()
        for place in [(*path, name) for name in members] or [path]:
            not_allowed = place and (members or kind == "falseSchema")
            message = f"{json.dumps(place[-1])} is not allowed" if not_allowed else " ".join(error.message.split())
            names = [step for step in place if isinstance(step, str)]
            about = json.dumps([names, keyword, message if keyword in _ABOUT_MEMBERS else ""])
            found.setdefault(about, f"{message} [at {'.'.join(map(str, place))}]" if place else message)
    return found


def _in_short(reasons: dict[str, str], inner: Schema) -> str:
    """The first reason as `maxLength, new, in a member` (see `oasdiff.yaml`); `inner` allows the value."""
    about, message = next(iter(reasons.items()))
    members, keyword, _ = json.loads(about)
    state = "changed" if f'"{keyword}"' in json.dumps(inner) else "new"
    null = keyword == "type" and message.startswith("null ")
    return f"{'null' if null else keyword}, {state}{', in a member' if members else ''}"


def _size(value: Json) -> tuple[int, int, str]:
    """How much there is to read of a value; of two alike the one with more letters and digits is the smaller."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text), sum(not letter.isalnum() for letter in text[:1_000]), text


class _Values:
    """Makes small values of a plain schema, each once: at the edges of what it says, and of what the other one says."""

    def __init__(self, root: Schema, other: Schema) -> None:
        self._root = root
        self._constants: list[Json] = [0, 1, -1, 0.5]
        self._lengths = [1, 2]
        self._names: dict[str, None] = {}
        self._required: set[str] = set()
        self._known: dict[tuple[int, int], list[Json]] = {}
        self._read([root, other])

    def _read(self, node: Json) -> None:
        """Collect the constants, bounds and members that a schema names."""
        for keyword, value in node.items() if isinstance(node, dict) else ():
            if keyword in ("const", "enum", "multipleOf") or "imum" in keyword:
                self._constants += value if isinstance(value, list) else [value]
            elif keyword.startswith(("min", "max")) and isinstance(value, (int, float)):
                self._lengths += [length for length in (int(value) - 1, int(value), int(value) + 1) if length >= 0]
            elif keyword == "pattern" and isinstance(value, str):
                # Some signs of a pattern are letters that it matches.
                self._constants += value[:100]
            elif keyword in ("properties", "patternProperties") and isinstance(value, dict):
                self._names |= dict.fromkeys(name.strip("^$") for name in value)
            elif keyword == "required" and isinstance(value, list):
                self._required.update(value)
        for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            self._read(part)

    def of(self, schema: Json, depth: int = 0) -> list[Json]:
        """Values that the schema allows; `depth` says how deep in the whole value they are."""
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
        # All values of the whole schema are tried. Of a part, only the first ones are built into others.
        return list(islice(values, _MOST if depth else None))

    def _each(self, schema: Mapping[str, Json], depth: int) -> Iterator[Json]:
        if "const" in schema or "enum" in schema:
            yield from schema.get("enum", [schema.get("const")])
            return
        parts = [part for word in ("anyOf", "oneOf", "allOf") for part in schema.get(word, ())]
        if "$ref" in schema:
            target = referred(self._root, schema)
            parts.append(True if target is None else target)
        stated = schema.get("type", [] if parts else _KINDS)
        kinds = [stated] if isinstance(stated, str) else stated
        yield from _in_turn(
            *(self.of(part, depth) for part in parts), *(self._of_kind(kind, schema, depth) for kind in kinds)
        )

    def _of_kind(self, kind: str, schema: Mapping[str, Json], depth: int) -> Iterable[Json]:
        if kind == "string":
            return self._texts(schema)
        if kind == "array":
            return self._arrays(schema, depth)
        if kind == "object":
            return self._objects(schema, depth)
        if kind in ("null", "boolean"):
            return (None,) if kind == "null" else (False, True)
        numbers = [each for each in self._constants if isinstance(each, (int, float)) and not isinstance(each, bool)]
        halves = (number + 0.5 for number in numbers if abs(number) < _MANY)
        return (*(value for number in numbers for value in (number, number - 1, number + 1)), *halves)

    def _texts(self, schema: Mapping[str, Json]) -> Iterator[str]:
        lengths = self._within(schema.get("minLength", 0), min(schema.get("maxLength", _LONGEST), _LONGEST))
        yield from (_LETTERS[0] * length for length in lengths)
        named = (*_TEXTS, *(value for value in self._constants if isinstance(value, str)))
        yield from _in_turn(
            (letter * length for length in lengths if length <= _MANY for letter in _LETTERS[1:]),
            (each for text in reversed(named) for each in (text, text.upper(), f" {text}", f"{text}a")),
        )

    def _within(self, lowest: float, highest: float) -> Iterable[int]:
        """The lengths that schemas name, from the lowest to the highest."""
        return dict.fromkeys(length for length in (int(lowest), *self._lengths) if lowest <= length <= highest)

    def _arrays(self, schema: Mapping[str, Json], depth: int) -> Iterator[list[Json]]:
        items = self.of(schema.get("items", True), depth + 1)[:20] + self.of(schema.get("contains", False), depth + 1)
        first = [value for part in schema.get("prefixItems", ()) for value in self.of(part, depth + 1)[:1]]
        yield from ([], first, *(value for value in self._constants if isinstance(value, list)))
        for place, part in enumerate(schema.get("prefixItems", ())):
            yield from ([*first[:place], value] for value in self.of(part, depth + 1)[:_NARROW])
        for length in self._within(schema.get("minItems", 0), min(schema.get("maxItems", _MANY), _MANY)):
            for item in items if length <= 2 else items[:1]:
                yield (first + [item] * length)[: max(length, len(first))]
            yield (first + items)[:length]
        yield from map(list, combinations(items, 2))

    def _objects(self, schema: Mapping[str, Json], depth: int) -> Iterator[dict[str, Json]]:
        required, members = schema.get("required", ()), schema.get("properties", {})
        # Schemas that refer to each other have more and more members the further in.
        named = {name: part for name, part in members.items() if depth < _FAR or name in required}
        rest = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
        values = {name: self.of(named.get(name, rest), depth + 1) for name in dict.fromkeys([*named, *required])}
        first = {name: found[0] for name, found in values.items() if found}
        base = {name: first[name] for name in required if name in first}
        # The other schema may require what this one leaves open.
        yield from (base, {name: value for name, value in first.items() if name in self._required}, first)
        most = _NARROW if depth else _WIDE
        alone = [[base | {name: value} for value in found[:most]] for name, found in values.items()]
        pairs = [base | {name: first[name] for name in pair} for pair in islice(combinations(first, 2), _PAIRS)]
        others = [name for name in (*self._names, "x", "x" * 100) if name not in base] if rest is not False else []
        more = self.of(rest, depth + 1)[:_NARROW]
        many = first | {f"x{number}": value for number, value in enumerate(more)}
        yield from _in_turn(
            pairs,
            (dict(islice(many.items(), length)) for length in self._within(0, len(many))),
            *alone,
            *([base | {name: value} for value in more] for name in others),
        )
        yield from (value for value in self._constants if isinstance(value, dict))


def _in_turn(*sources: Iterable[Json]) -> Iterator[Json]:
    """The values of all sources, one of each in turn."""
    nothing = object()
    return (value for turn in zip_longest(*sources, fillvalue=nothing) for value in turn if value is not nothing)
