"""Schemas of OpenAPI 3.0 and 3.1, said in plain JSON Schema 2020-12 for one direction.

What a client sends has no read-only members, what it gets has no write-only ones (OpenAPI 3.0.3, Schema Object; JSON
Schema 2020-12 Validation, section 9.4). Of the rest only what constrains a value is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from contracts.release.keywords import ASSERTIONS, FORMATS, INTEGERS, NAMED, ONE, SAME_ONE, SEVERAL, modernize
from contracts.release.parts import check_grounded, marked
from contracts.release.reference import References

Json = Any
Schema = dict[str, Json]


@dataclass(frozen=True)
class Direction:
    """Which members a schema leaves out. `open` says that objects may have members that it does not name."""

    leaves_out: str
    open: bool = False


REQUEST = Direction("readOnly")
RESPONSE = Direction("writeOnly")
# How a client reads an answer that has more members than it knows of.
RESPONSE_READ_LENIENTLY = Direction("writeOnly", open=True)


def plain(references: References, node: Json, direction: Direction, place: str) -> Schema:
    """A schema as plain JSON Schema 2020-12, with all that it refers to in its `$defs`.

    Raises:
        WrongCall: it refers to nothing or to itself alone, or is no valid schema; `place` is where it stands.

    """
    translation = _Translation(references, direction, place)
    schema = translation.schema(node, _Level())
    while isinstance(schema, dict) and schema.keys() == {"$ref"}:
        # Said in place, an object that refers to itself is decided on; behind a reference it is not.
        schema = translation.definitions[schema["$ref"].rsplit("/", 1)[-1]]
    found = {"allOf": [schema]} if isinstance(schema, bool) else dict(schema)
    if translation.definitions:
        found["$defs"] = translation.definitions
    try:
        validator(found)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise references.wrong(f"has no valid schema at {place}: {' '.join(str(error).split())[:160]}") from None
    return found


def validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """What tells whether a value fits a plain schema; formats count."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


@dataclass(frozen=True)
class _Level:
    """Where in a schema we are: the members that this object leaves out, and whether it may be read leniently."""

    hidden: frozenset[str] = frozenset()
    open: bool = True


class _Translation:
    def __init__(self, references: References, direction: Direction, place: str) -> None:
        self.definitions: dict[str, Json] = {}
        self._references = references
        self._direction = direction
        self._place = place
        self._known: dict[tuple[str, _Level], str] = {}
        self._grounded: dict[str, int] = {}

    def schema(self, node: Json, level: _Level) -> Json:
        """The node in plain JSON Schema."""
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            raise self._references.wrong(
                f"has {' '.join(str(node).split())[:60]!r} at {self._place}, where a schema should be"
            )
        hidden = marked(self._references, node, self._direction.leaves_out)
        level = replace(level, hidden=level.hidden | hidden)
        if "$ref" in node and self._references.lone:
            return self._reference(node["$ref"], level)
        found = self._asserted(node)
        if "$ref" in node:
            found |= self._reference(node["$ref"], level)
        self._applied(node, level, found)
        self._members(node, level, found)
        return found

    def _asserted(self, node: Schema) -> Schema:
        found = {keyword: node[keyword] for keyword in ASSERTIONS if keyword in node}
        if self._references.lone:
            modernize(node, found)
        format_ = str(node.get("format"))
        if format_ in FORMATS:
            found["allOf"] = [{"format": name} for name in (format_, *FORMATS[format_])]
        elif format_ in INTEGERS and found.get("type") in ("integer", ["integer", "null"]):
            lowest, highest = INTEGERS[format_]
            found["allOf"] = [{"minimum": lowest, "maximum": highest}]
        return found

    def _applied(self, node: Schema, level: _Level, found: Schema) -> None:
        """Schemas of this same value."""
        widened = self._direction.open and level.open
        for keyword in SEVERAL:
            if keyword in node:
                parts = [self.schema(part, level) for part in self._listed(node, keyword)]
                # Objects that may have more members overlap, where closed ones excluded each other.
                into = "anyOf" if keyword == "oneOf" and widened and "anyOf" not in node else keyword
                found[into] = [*found.get(into, []), *parts]
        for keyword in SAME_ONE:
            if keyword in node:
                inside = replace(level, open=level.open and keyword in ("then", "else"))
                found[keyword] = self.schema(node[keyword], inside)
        if "dependentSchemas" in node:
            named = self._mapped(node, "dependentSchemas")
            found["dependentSchemas"] = {name: self.schema(part, level) for name, part in named.items()}

    def _members(self, node: Schema, level: _Level, found: Schema) -> None:
        """Schemas of the values inside this one, and what is said of their names."""
        inside = _Level(open=level.open)
        widened = self._direction.open and level.open
        for keyword in ONE:
            if keyword in node and not (widened and keyword.endswith("Properties") and node[keyword] is False):
                found[keyword] = self.schema(node[keyword], inside)
        if "prefixItems" in node:
            found["prefixItems"] = [self.schema(part, inside) for part in self._listed(node, "prefixItems")]
        for keyword in NAMED:
            if keyword in node:
                parts = self._mapped(node, keyword)
                found[keyword] = {name: self.schema(part, inside) for name, part in parts.items()}
        for name in level.hidden & found.get("properties", {}).keys():
            found["properties"][name] = widened
        if "required" in node:
            names = self._listed(node, "required")
            found["required"] = [name for name in names if name not in level.hidden]
        if "dependentRequired" in node:
            found["dependentRequired"] = {
                name: [other for other in others if other not in level.hidden]
                for name in self._mapped(node, "dependentRequired")
                for others in [self._listed(node["dependentRequired"], name)]
                if name not in level.hidden
            }

    def _reference(self, reference: Json, level: _Level) -> Schema:
        target = self._references.at(reference)
        check_grounded(self._references, reference, self._grounded)
        key = (reference, level)
        if key not in self._known:
            last = "".join(letter for letter in reference.rsplit("/", 1)[-1] if letter.isalnum()) or "root"
            name = last if last not in self.definitions else f"{last}{len(self.definitions)}"
            self._known[key] = name
            # A place is taken before the schema is known: it may refer to itself.
            self.definitions[name] = True
            self.definitions[name] = self.schema(target, level)
        return {"$ref": f"#/$defs/{self._known[key]}"}

    def _listed(self, node: Schema, keyword: str) -> list[Json]:
        value = node.get(keyword, [])
        if not isinstance(value, list):
            raise self._references.wrong(f"has no valid schema at {self._place}: {keyword} should be a list")
        return value

    def _mapped(self, node: Schema, keyword: str) -> dict[str, Json]:
        value = node.get(keyword, {})
        if not isinstance(value, dict):
            raise self._references.wrong(f"has no valid schema at {self._place}: {keyword} should be an object")
        return value
