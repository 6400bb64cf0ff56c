"""The keywords of a schema: what each holds, and what OpenAPI 3.0 says in other words than JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any

# What holds one schema of a value inside, one or several of the same value, or several by name.
ONE = ("additionalProperties", "unevaluatedProperties", "items", "unevaluatedItems", "contains", "propertyNames")
SAME_ONE = ("not", "if", "then", "else")
SEVERAL = ("allOf", "anyOf", "oneOf")
NAMED = ("properties", "patternProperties")
_BOUNDS = ("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum")
_SIZES = ("maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains")
_OTHER = ("type", "enum", "const", "pattern", "uniqueItems", "maxProperties", "minProperties")
ASSERTIONS = (*_BOUNDS, *_SIZES, *_OTHER)
# A value in the first format is one in the others, too (RFC 3986, 3987, 5890, 6531).
FORMATS: Mapping[str, tuple[str, ...]] = {
    "uri": ("uri-reference", "iri", "iri-reference"),
    "uri-reference": ("iri-reference",),
    "iri": ("iri-reference",),
    "email": ("idn-email",),
    "hostname": ("idn-hostname",),
} | dict.fromkeys(
    (
        *("date-time", "date", "time", "duration", "ipv4", "ipv6", "uuid", "uri-template", "json-pointer"),
        *("relative-json-pointer", "regex", "idn-email", "idn-hostname", "iri-reference"),
    ),
    (),
)
# OpenAPI's format registry.
INTEGERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def modernize(node: dict[str, Json], found: dict[str, Json]) -> None:
    """OpenAPI 3.0's own words in those of JSON Schema 2020-12 (3.0.3, Schema Object)."""
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        found["type"] = [node["type"], "null"]
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(exclusive) is True and bound in found:
            found[exclusive] = found.pop(bound)
        elif isinstance(found.get(exclusive), bool):
            del found[exclusive]
