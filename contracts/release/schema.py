"""Schemas of OpenAPI in plain JSON Schema 2020-12, for one direction.

A client sends no read-only members and gets no write-only ones (OpenAPI 3.0.3, Schema Object; JSON Schema 2020-12
Validation, section 9.4). Nothing that constrains a value is dropped: a keyword that is not followed is reported.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from contracts.rules.openapi import References

Json = Any
Schema = dict[str, Json]

# The members that each direction leaves out.
REQUEST, RESPONSE = "readOnly", "writeOnly"

# Keywords that hold schemas: of the same value, of values inside of it; and which of them hold schemas by name.
SAME = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"))
INSIDE = frozenset(
    {"properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"}
    | {"items", "prefixItems", "unevaluatedItems", "contains", "$defs"}
)
NAMED = frozenset(("properties", "patternProperties", "dependentSchemas", "$defs"))
# Keywords that say nothing of a value, or (`format`, `$ref`) are translated.
_LEFT_OUT = frozenset(
    {"$schema", "$comment", "$ref", "format", "title", "description", "example", "examples", "definitions"}
    | {"readOnly", "writeOnly", "nullable", "contentEncoding", "contentMediaType", "contentSchema"}
)
# Keywords of other dialects: in 2020-12 they mean nothing, and whoever writes them means something.
_OF_OTHERS = {"dependencies", "additionalItems", "$recursiveRef", "$recursiveAnchor", "divisibleBy", "extends"}
_DIALECTS = ("https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/")
# A value in the first format is one in the others, too (RFC 3986, 3987, 5890, 6531). Other formats say nothing.
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "uri": ("uri-reference", "iri", "iri-reference"),
    "uri-reference": ("iri-reference",),
    "iri": ("iri-reference",),
    "email": ("idn-email",),
    "hostname": ("idn-hostname",),
} | dict.fromkeys(
    {"date-time", "date", "time", "duration", "ipv4", "ipv6", "uuid", "uri-template", "json-pointer", "regex"}
    | {"relative-json-pointer", "idn-email", "idn-hostname", "iri-reference"},
    (),
)
_INTEGERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}  # OpenAPI's format registry
# With more parts that speak of one value, validating the value takes minutes.
_MOST_PARTS = 1_000


class NotFollowed(Exception):
    """Why a schema cannot be compared; the message names the keyword."""


def plain(references: References, node: Json, direction: str, place: str) -> Schema:
    """A schema as plain JSON Schema 2020-12, with all that it refers to in its `$defs`.

    Raises WrongCall if it refers to nothing or to itself alone, or is no valid schema (`place` is where it stands), and
    NotFollowed if it has a keyword that this check does not follow.
    """
    dialect = references.content.get("jsonSchemaDialect", _DIALECTS[0])
    if not str(dialect).startswith(_DIALECTS):
        raise NotFollowed(f"its schemas are of another dialect: {str(dialect)[:80]}")
    translation = _Translation(references, direction)
    schema = translation.whole(node)
    while isinstance(schema, dict) and schema.keys() == {"$ref"} and schema["$ref"].startswith("#/$defs/"):
        # An object that refers to itself can be decided when it stands in place, and not behind a reference.
        schema = translation.definitions[schema["$ref"].rsplit("/", 1)[-1]]
    has_root = isinstance(schema, dict) and not {"$id", "$defs"} & schema.keys()
    found = dict(schema) if has_root else {"allOf": [schema]}
    found |= {"$defs": translation.definitions} if translation.definitions else {}
    if _parts(found, found, {}) > _MOST_PARTS:
        raise references.wrong(f"has a schema of more than {_MOST_PARTS:,} parts at {place}")
    try:
        validator(found)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        why = " ".join(str(error).partition("\n")[0].split())[:160]
        leads_out = why.startswith(("Resource", "Anchor", "Pointer"))
        outside = "refers to something outside of it (such references are not followed)"
        what = outside if leads_out else "has no valid schema"
        raise references.wrong(f"{what}, at {place}: {why.partition(' and retrieving')[0]}") from None
    return found


def validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """The validator of a plain schema; it asserts formats."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def referred(root: Schema, node: Json) -> Json:
    """The definition that a part of a plain schema refers to; None where it refers to none."""
    reference = str(node.get("$ref")) if isinstance(node, dict) else ""
    return root.get("$defs", {}).get(reference.removeprefix("#/$defs/")) if reference.startswith("#/$defs/") else None


def mapped(keyword: str, value: Json, change: Callable[[Json], Json]) -> Json:
    """The value of a keyword that holds schemas, with each of them changed."""
    if keyword in NAMED:
        return {name: change(part) for name, part in value.items()}
    return [change(part) for part in value] if isinstance(value, list) else change(value)


@dataclass(frozen=True)
class _Level:
    """The place in a schema."""

    # The members that this object leaves out.
    hidden: frozenset[str] = frozenset()
    # The references that led here without a step into a value.
    through: frozenset[str] = frozenset()
    # Whether the schema, or one around it, has an `$id` of its own.
    has_id: bool = False


class _Translation:
    """Translates a schema and what it refers to. What is no valid schema is left as it is, for the validator."""

    def __init__(self, references: References, direction: str) -> None:
        self.definitions: dict[str, Json] = {}
        self._references = references
        self._direction = direction
        self._names: dict[tuple[str, _Level], str] = {}
        self._by_name = False

    def whole(self, node: Json) -> Json:
        """The node in plain JSON Schema; with all components where one is referred to by a name of its own."""
        found = self._schema(node, _Level())
        for reference in self._references.to_all_schemas() if self._by_name else ():
            self._reference(reference, _Level())
        return found

    def _schema(self, node: Json, level: _Level) -> Json:
        if not isinstance(node, dict):
            return node
        self._check(node)
        level = replace(level, has_id=level.has_id or "$id" in node)
        if not level.has_id:
            level = replace(level, hidden=level.hidden | self._references.marked(node, self._direction))
        self._by_name = self._by_name or "$dynamicRef" in node
        found = self._reference(node["$ref"], level) if "$ref" in node else {}
        for keyword, value in node.items():
            if keyword in SAME or keyword in INSIDE:
                found[keyword] = self._held(keyword, value, level)
            elif keyword in ("required", "dependentRequired"):
                found[keyword] = _without(level.hidden, value)
            elif keyword not in _LEFT_OUT and not keyword.startswith("x-"):
                found[keyword] = value
        if formats := [*_formats(node)]:
            found["allOf"] = [*formats, *found.get("allOf", [])]
        return found

    def _check(self, node: Schema) -> None:
        if not str(node.get("$schema", _DIALECTS[0])).startswith(_DIALECTS):
            raise NotFollowed(f"it is of another dialect: {str(node['$schema'])[:80]}")
        strange = sorted(_OF_OTHERS & node.keys()) + ["a list of items"] * isinstance(node.get("items"), list)
        if node.get("nullable") is True and node.keys() & {"type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf"}:
            strange.append("nullable")
        if strange:
            raise NotFollowed(f"it has {strange[0]}, which means nothing in OpenAPI 3.1")
        if node.get(self._direction) is True:
            # A member that it marks is left out before anybody looks into it.
            raise NotFollowed(f"it has {self._direction} where it marks no member in every case")

    def _held(self, keyword: str, value: Json, level: _Level) -> Json:
        """The value of a keyword that holds schemas."""
        inside = _Level(has_id=level.has_id)
        if keyword == "properties":
            return {name: name not in level.hidden and self._schema(part, inside) for name, part in value.items()}
        if not level.has_id and keyword in SAME - {"allOf"}:
            mapped(keyword, value, lambda part: self._check_case(keyword, part, level))
        return mapped(keyword, value, lambda part: self._schema(part, inside if keyword in INSIDE else level))

    def _check_case(self, keyword: str, part: Json, level: _Level) -> None:
        """A part that holds in some cases only may not mark members; `not` and `if` may not name a marked one."""
        marked = self._references.marked(part, self._direction) - level.hidden
        same = self._references.same(part)
        named = {name for schema in same for name in (*schema.get("required", ()), *schema.get("properties", ()))}
        if marked or (keyword in ("not", "if") and named & level.hidden):
            raise NotFollowed(f"it has {self._direction} members in {keyword}")

    def _reference(self, reference: Json, level: _Level) -> Schema:
        if reference == "#":
            raise NotFollowed("it refers to the whole document, which is no schema")
        if isinstance(reference, str) and (level.has_id or reference[:2] != "#/"):
            self._by_name = True
            return {"$ref": reference}
        target = self._references.at(reference)
        if reference in level.through:
            raise self._references.wrong(f"has a schema that is made of itself: {reference[:100]!r}")
        key = (reference, replace(level, through=frozenset()))
        if key not in self._names:
            last = "".join(letter for letter in reference.rsplit("/", 1)[-1] if letter.isalnum()) or "root"
            name = last if last not in self.definitions else f"{last}{len(self.definitions)}"
            self._names[key] = name
            # The name is taken before the schema is known: it may refer to itself.
            self.definitions[name] = True
            self.definitions[name] = self._schema(target, replace(level, through=level.through | {reference}))
        return {"$ref": f"#/$defs/{self._names[key]}"}


def _without(hidden: frozenset[str], required: Json) -> Json:
    """What `required` or `dependentRequired` says of the members that are not hidden."""
    if isinstance(required, dict):
        return {name: _without(hidden, others) for name, others in required.items() if name not in hidden}
    return [name for name in required if name not in hidden] if isinstance(required, list) else required


def _formats(node: Schema) -> Iterator[Schema]:
    """What the format of a schema asks of a value, in all formats that this one implies."""
    name = str(node.get("format"))
    if name in _INTEGERS and "integer" in str(node.get("type")):
        lowest, highest = _INTEGERS[name]
        yield {"anyOf": [{"not": {"type": "number"}}, {"minimum": lowest, "maximum": highest}]}
    elif name in _FORMATS:
        yield from ({"format": implied} for implied in (name, *_FORMATS[name]))


def _parts(root: Schema, node: Json, known: dict[str, int]) -> int:
    """How many parts of a plain schema speak of one value: of the value that has the most of them."""
    if not isinstance(node, dict):
        return 1
    target, name = referred(root, node), str(node.get("$ref"))
    if target is not None and name not in known:
        known[name] = 1
        known[name] = _parts(root, target, known)
    same, inside = [1, known.get(name, 0)], [0]
    for keyword in node.keys() & (SAME | INSIDE):
        held = node[keyword].values() if keyword in NAMED else node[keyword]
        parts = held if keyword in NAMED or isinstance(held, list) else [held]
        (same if keyword in SAME else inside).extend(_parts(root, part, known) for part in parts)
    return max(sum(same), *inside)
