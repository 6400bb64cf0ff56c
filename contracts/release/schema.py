"""Schemas of OpenAPI, said in plain JSON Schema 2020-12 for one direction.

What a client sends has no read-only members, what it gets has no write-only ones (OpenAPI 3.0.3, Schema Object; JSON
Schema 2020-12 Validation, section 9.4). Nothing that constrains a value is dropped: what is not followed is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from contracts.rules.openapi import References

Json = Any
Schema = dict[str, Json]

# What holds one schema of a value inside, one or several of the same value, or several by name.
ONE = ("additionalProperties", "unevaluatedProperties", "items", "unevaluatedItems", "contains", "propertyNames")
SAME_ONE = ("not", "if", "then", "else")
SEVERAL = ("allOf", "anyOf", "oneOf")
NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")
# What speaks of values as it stands; `default` and `deprecated` are compared, too.
_ASSERTIONS = frozenset(
    (
        *("type", "enum", "const", "pattern", "multipleOf", "maximum", "exclusiveMaximum", "minimum"),
        *("exclusiveMinimum", "maxLength", "minLength", "maxItems", "minItems", "uniqueItems", "maxContains"),
        *("minContains", "maxProperties", "minProperties", "default", "deprecated"),
        *("$id", "$anchor", "$dynamicAnchor", "$dynamicRef"),
    )
)
# Words of other dialects: in 2020-12 they mean nothing, and whoever writes them means something.
_OF_OTHERS = {"dependencies", "additionalItems", "$recursiveRef", "$recursiveAnchor", "divisibleBy", "extends"}
_DIALECTS = ("https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/")
# A value in the first format is one in the others, too (RFC 3986, 3987, 5890, 6531).
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "uri": ("uri-reference", "iri", "iri-reference"),
    "uri-reference": ("iri-reference",),
    "iri": ("iri-reference",),
    "email": ("idn-email",),
    "hostname": ("idn-hostname",),
} | dict.fromkeys(
    (
        *("date-time", "date", "time", "duration", "ipv4", "ipv6", "uuid", "uri-template", "json-pointer", "regex"),
        *("relative-json-pointer", "idn-email", "idn-hostname", "iri-reference"),
    ),
    (),
)
# OpenAPI's format registry.
_INTEGERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}

# Past so many parts that speak of one value, a value is validated for minutes.
MOST_PARTS = 1_000


class NotFollowed(Exception):
    """Why a schema cannot be compared; the message names the keyword."""


# The members that each direction leaves out.
REQUEST, RESPONSE = "readOnly", "writeOnly"


def plain(references: References, node: Json, direction: str, place: str) -> Schema:
    """A schema as plain JSON Schema 2020-12, with all that it refers to in its `$defs`.

    Raises:
        WrongCall: it refers to nothing or to itself alone, or is no valid schema; `place` is where it stands.
        NotFollowed: it has a word that this check does not follow.

    """
    dialect = references.content.get("jsonSchemaDialect", _DIALECTS[0])
    if not str(dialect).startswith(_DIALECTS):
        raise NotFollowed(f"its schemas are of another dialect: {str(dialect)[:80]}")
    translation = _Translation(references, direction, place)
    schema = translation.schema(node, _Level())
    translation.bring_what_has_a_name()
    while isinstance(schema, dict) and schema.keys() == {"$ref"} and schema["$ref"].startswith("#/$defs/"):
        # Said in place, an object that refers to itself is decided on; behind a reference it is not.
        schema = translation.definitions[schema["$ref"].rsplit("/", 1)[-1]]
    found = {"allOf": [schema]} if isinstance(schema, bool) or {"$id", "$defs"} & schema.keys() else dict(schema)
    if translation.definitions:
        found["$defs"] = translation.definitions
    if _parts(found, found, {}) > MOST_PARTS:
        raise references.wrong(f"has a schema of more than {MOST_PARTS:,} parts at {place}")
    try:
        validator(found)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        why = " ".join(str(error).partition("\n")[0].split())[:160]
        nowhere = why.startswith(("Resource", "Anchor", "Pointer"))
        told = "refers to what is not inside it and is never followed" if nowhere else "has no valid schema"
        raise references.wrong(f"{told}, at {place}: {why.partition(' and retrieving')[0]}") from None
    return found


def validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """What tells whether a value fits a plain schema; formats count."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def referred(root: Schema, node: Json) -> Json:
    """What a part of a plain schema refers to by its place; None where it does not."""
    reference = str(node.get("$ref")) if isinstance(node, dict) else ""
    return root.get("$defs", {}).get(reference.removeprefix("#/$defs/")) if reference.startswith("#/$defs/") else None


@dataclass(frozen=True)
class _Level:
    """Where in a schema we are.

    `hidden` are the members that this object leaves out, `through` the references that led here without a step into a
    value, `inside` says that the schema has an `$id` of its own.
    """

    hidden: frozenset[str] = frozenset()
    through: frozenset[str] = frozenset()
    inside: bool = False


class _Translation:
    def __init__(self, references: References, direction: str, place: str) -> None:
        self.definitions: dict[str, Json] = {}
        self._references = references
        self._direction = direction
        self._place = place
        self._known: dict[tuple[str, _Level], str] = {}
        self._by_name = False

    def schema(self, node: Json, level: _Level) -> Json:
        """The node in plain JSON Schema."""
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            told = " ".join(str(node).split())[:60]
            raise self._references.wrong(f"has {told!r} at {self._place}, where a schema should be")
        level = replace(level, inside=level.inside or "$id" in node)
        if not level.inside:
            hidden = self._references.marked(node, self._direction)
            level = replace(level, hidden=level.hidden | hidden)
        self._check_dialect(node)
        found = {keyword: node[keyword] for keyword in node if keyword in _ASSERTIONS}
        self._by_name = self._by_name or "$dynamicRef" in node
        self._formats(node, found)
        if "$ref" in node:
            found |= self._reference(node["$ref"], level)
        self._applied(node, level, found)
        self._members(node, level, found)
        return found

    def bring_what_has_a_name(self) -> None:
        """Bring all components along where a schema is referred to by a name of its own and not by its place."""
        for reference in self._references.to_all_schemas() if self._by_name else ():
            self._reference(reference, _Level())

    def _check_dialect(self, node: Schema) -> None:
        if not str(node.get("$schema", _DIALECTS[0])).startswith(_DIALECTS):
            raise NotFollowed(f"it is of another dialect: {str(node['$schema'])[:80]}")
        strange = sorted(_OF_OTHERS & node.keys()) + ["a list of items"] * isinstance(node.get("items"), list)
        if node.get("nullable") is True and node.keys() & {"type", "enum", "const", "$ref", *SEVERAL}:
            strange.append("nullable")
        if strange:
            raise NotFollowed(f"it has {strange[0]}, which means nothing in OpenAPI 3.1")
        if node.get(self._direction) is True:
            # Where it marks a member of an object, that member is not looked into.
            raise NotFollowed(f"it has {self._direction} where it marks no member in every case")

    def _formats(self, node: Schema, found: Schema) -> None:
        name = str(node.get("format"))
        if name in _INTEGERS and "integer" in str(found.get("type")):
            lowest, highest = _INTEGERS[name]
            found["allOf"] = [{"anyOf": [{"not": {"type": "number"}}, {"minimum": lowest, "maximum": highest}]}]
        elif name in _FORMATS:
            found["allOf"] = [{"format": one} for one in (name, *_FORMATS[name])]

    def _applied(self, node: Schema, level: _Level, found: Schema) -> None:
        """Schemas of this same value."""
        for keyword in SEVERAL:
            if keyword in node:
                parts = [
                    self.schema(self._alike(part, keyword, level), level) for part in self._of(node, keyword, list)
                ]
                found[keyword] = [*found.get(keyword, []), *parts]
        for keyword in SAME_ONE:
            if keyword in node:
                found[keyword] = self.schema(self._alike(node[keyword], keyword, level), level)

    def _alike(self, part: Json, keyword: str, level: _Level) -> Json:
        """A part that holds in some cases only: it may neither mark members of its own, nor deny a marked one."""
        if keyword == "allOf" or level.inside:
            return part
        of_its_own = self._references.marked(part, self._direction) - level.hidden
        named = {
            name
            for one in self._references.same(part)
            for name in (*one.get("required", ()), *one.get("properties", ()))
        }
        if of_its_own or (keyword in ("not", "if") and named & level.hidden):
            raise NotFollowed(f"it has {self._direction} members in {keyword}")
        return part

    def _members(self, node: Schema, level: _Level, found: Schema) -> None:
        """Schemas of the values inside this one, and what is said of their names."""
        inside = _Level(inside=level.inside)
        for keyword in ONE:
            if keyword in node:
                found[keyword] = self.schema(node[keyword], inside)
        if "prefixItems" in node:
            found["prefixItems"] = [self.schema(part, inside) for part in self._of(node, "prefixItems", list)]
        for keyword in NAMED:
            if keyword in node:
                of = level if keyword == "dependentSchemas" else inside
                hidden = level.hidden if keyword == "properties" else ()
                named = self._of(node, keyword, dict).items()
                found[keyword] = {name: name not in hidden and self.schema(one, of) for name, one in named}
        if "required" in node:
            found["required"] = [name for name in self._of(node, "required", list) if name not in level.hidden]
        if "dependentRequired" in node:
            found["dependentRequired"] = {
                name: [other for other in others if other not in level.hidden]
                for name, others in self._of(node, "dependentRequired", dict).items()
                if name not in level.hidden
            }

    def _reference(self, reference: Json, level: _Level) -> Schema:
        if reference == "#":
            raise NotFollowed("it refers to the whole document, which is no schema")
        if isinstance(reference, str) and (level.inside or reference[:2] != "#/"):
            self._by_name = True
            return {"$ref": reference}
        target = self._references.at(reference)
        if reference in level.through:
            raise self._references.wrong(f"has a schema that is made of itself: {reference[:100]!r}")
        key = (reference, replace(level, through=frozenset()))
        if key not in self._known:
            last = "".join(letter for letter in reference.rsplit("/", 1)[-1] if letter.isalnum()) or "root"
            name = last if last not in self.definitions else f"{last}{len(self.definitions)}"
            self._known[key] = name
            # A place is taken before the schema is known: it may refer to itself.
            self.definitions[name] = True
            self.definitions[name] = self.schema(target, replace(level, through=level.through | {reference}))
        return {"$ref": f"#/$defs/{self._known[key]}"}

    def _of(self, node: Schema, keyword: str, kind: type) -> Json:
        if not isinstance(node[keyword], kind):
            what = "a list" if kind is list else "an object"
            raise self._references.wrong(f"has no valid schema at {self._place}: {keyword} should be {what}")
        return node[keyword]


def opened(node: Json, keyword: str = "") -> Json:
    """A plain schema as a client reads it who does not mind members that he does not know.

    Raises:
        NotFollowed: it has several kinds of objects, which then would be all the same.

    """
    if isinstance(node, list):
        return [opened(part, keyword) for part in node]
    # What makes a negation or a condition wider makes the whole narrower.
    if not isinstance(node, dict) or keyword in ("not", "if", "const", "enum", "default"):
        return node
    found = {
        word: {name: opened(part) or True for name, part in value.items()} if word in NAMED else opened(value, word)
        for word, value in node.items()
        if not (word in ("additionalProperties", "unevaluatedProperties") and value is False)
    }
    kinds = {frozenset(one["properties"]) for one in found.get("anyOf", found.get("oneOf", ())) if "properties" in one}
    if len(kinds) > 1:
        raise NotFollowed("the pin has alternatives with different members")
    # Objects that may have more members overlap, where closed ones excluded each other.
    return found | {"anyOf": found.pop("oneOf")} if "oneOf" in found and "anyOf" not in found else found


def _parts(root: Schema, node: Json, known: dict[str, int]) -> int:
    """How many parts of a plain schema speak of one value: of the one that has the most of them."""
    if not isinstance(node, dict):
        return 1
    target, name = referred(root, node), str(node.get("$ref"))
    if target is not None and name not in known:
        known[name] = 1
        known[name] = _parts(root, target, known)
    same = [part for word in SEVERAL for part in node.get(word, ())] + [node[word] for word in SAME_ONE if word in node]
    inside = [node.get(word) for word in ONE] + [one for word in NAMED for one in node.get(word, {}).values()]
    together = 1 + known.get(name, 0) + sum(_parts(root, part, known) for part in same)
    return max([together, *(_parts(root, part, known) for part in inside)])
