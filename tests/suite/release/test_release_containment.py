"""Whether one schema allows all that another does: pairs whose truth is known."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs.canonical import Containment

from contracts.errors import WrongCall
from contracts.release.containment import contained
from contracts.release.schema import REQUEST, NotFollowed, plain
from contracts.rules.openapi import References

YES, NO = Containment.YES, Containment.NO
IDS = {"type": ["string", "null"]}
TREE = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}

# The inner schema, the outer one, and whether the outer allows all that the inner does.
PAIRS = [
    pytest.param({"enum": [0, 1]}, {"enum": [False, True]}, NO, id="numbers-are-no-booleans"),
    pytest.param({"enum": [0, 1]}, {"enum": [1.0, 0.0, 2]}, YES, id="one-kind-of-number"),
    pytest.param({"const": 1.0}, {"type": "integer"}, YES, id="a-whole-number-is-an-integer"),
    pytest.param({"type": "integer"}, {"multipleOf": 0.5}, YES, id="multiples"),
    pytest.param({"type": "string", "maxLength": 5}, {"maxLength": 6}, YES, id="shorter"),
    pytest.param({"type": "string", "maxLength": 6}, {"maxLength": 5}, NO, id="longer"),
    pytest.param(
        {"type": "string", "minLength": 3}, {"type": "string", "pattern": "..."}, NO, id="a-dot-is-no-line-break"
    ),
    pytest.param({"format": "uri"}, {"format": "uri-reference"}, YES, id="a-uri-is-a-reference"),
    pytest.param({"type": "string", "format": "uri-reference"}, {"format": "uri"}, NO, id="a-reference-is-no-uri"),
    pytest.param(
        {"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"}, YES, id="int32-in-int64"
    ),
    pytest.param(
        {"type": "integer", "format": "int64"}, {"type": "integer", "format": "int32"}, NO, id="int64-in-int32"
    ),
    pytest.param(IDS, {"anyOf": [{"type": "string"}, {"type": "null"}]}, YES, id="a-type-list-is-any-of"),
    pytest.param(IDS, {"oneOf": [{"type": "string"}, {"type": ["string", "null"]}]}, NO, id="one-of-that-overlaps"),
    pytest.param(
        {"type": "array", "items": {"const": 1}, "minItems": 1}, {"contains": {"const": 1}}, YES, id="contains"
    ),
    pytest.param({"type": "array"}, {"contains": {"const": 1}}, NO, id="contains-nothing"),
    pytest.param(TREE, {"$ref": "#/components/schemas/Tree"}, YES, id="a-tree-is-a-tree"),
    pytest.param(IDS, {"$ref": "#/components/schemas/Id"}, YES, id="by-reference"),
    pytest.param(IDS, {"$ref": "#named"}, NO, id="by-anchor"),
    pytest.param(IDS, {"$dynamicRef": "#dynamic"}, NO, id="by-dynamic-anchor"),
    pytest.param(IDS, {"$ref": "https://kaiten.example/id"}, NO, id="by-the-id-of-a-component"),
    pytest.param(
        {"type": "string"}, {"$id": "https://a.example/x", "$defs": {"s": IDS}, "$ref": "#/$defs/s"}, YES, id="own-id"
    ),
]
COMPONENTS = {
    "Tree": TREE,
    "Id": IDS,
    "Named": {"$anchor": "named", "type": "string"},
    "Dynamic": {"$dynamicAnchor": "dynamic", "type": "string", "maxLength": 10},
    "WithId": {"$id": "https://kaiten.example/id", "type": ["string", "null"], "maxLength": 3},
}


def schema_of(node: Any, **document: Any) -> Any:
    content = {"openapi": "3.1.0", "components": {"schemas": COMPONENTS}} | document
    return plain(References(content, "the document"), node, REQUEST, "here")


@pytest.mark.parametrize(("inner", "outer", "answer"), PAIRS)
def test_a_schema_is_inside_of_another_or_not(inner: Any, outer: Any, answer: Containment) -> None:
    """Of these pairs it is decided rightly; each no has a value that shows it."""
    containment, proofs = contained(schema_of(inner), schema_of(outer))

    assert containment == answer
    assert bool(proofs) == (answer == NO)


@pytest.mark.parametrize(
    ("node", "document"),
    [
        pytest.param({"dependencies": {"name": ["id"]}}, {}, id="dependencies"),
        pytest.param({"additionalItems": False}, {}, id="additional-items"),
        pytest.param({"items": [{"type": "string"}]}, {}, id="items-as-a-list"),
        pytest.param({"$recursiveRef": "#"}, {}, id="recursive-reference"),
        pytest.param({"$ref": "#"}, {}, id="the-whole-document"),
        pytest.param({"$schema": "http://json-schema.org/draft-07/schema#"}, {}, id="a-schema-of-another-dialect"),
        pytest.param({}, {"jsonSchemaDialect": "http://json-schema.org/draft-04/schema#"}, id="another-dialect"),
        pytest.param({"properties": {"a": {"not": {"dependencies": {}}}}}, {}, id="far-inside"),
    ],
)
def test_what_is_not_followed_is_said(node: Any, document: dict[str, Any]) -> None:
    """A word that this check does not follow is never dropped: dropped, it would widen the schema."""
    with pytest.raises(NotFollowed):
        schema_of(node, **document)


@pytest.mark.parametrize(
    "reference", ["https://kaiten.example/other", "other.yaml#/Id", "#nothing", "#/components/schemas/Nothing"]
)
def test_a_reference_that_leads_nowhere_is_a_wrong_call(reference: str) -> None:
    """Nothing outside the document is ever opened."""
    with pytest.raises(WrongCall, match=r"are not followed|does not exist"):
        schema_of({"$ref": reference})
