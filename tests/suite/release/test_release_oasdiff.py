"""A change has the name of oasdiff's rule beside it, where oasdiff has one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import contracts.release
from tests.suite.release_pairs import Pair, changed, pairs

# Releases of release_pairs.yaml, each with a name.
OF_PAIRS = {
    "gone": "api-path-removed-without-deprecation",
    "key-instead-of-token": "api-security-updated",
    "read-scope-is-enough": "api-security-updated",
    "operation-deprecated": "endpoint-deprecated",
    "body-optional-query": "new-optional-request-parameter",
    "format-of-their-own": "new-optional-request-property",
    "header-required": "new-required-request-parameter",
    "other-media-type-too": "request-body-media-type-added",
    "no-body-taken": "request-body-media-type-removed",
    "name-enum": "request-property-became-enum",
    "id-never-null": "request-property-became-not-nullable",
    "id-required": "request-property-became-required",
    "member-deprecated": "request-property-deprecated",
    "all-of": "request-property-max-length-set",
    "dependent-schemas": "request-property-min-length-increased",
    "name-pattern": "request-property-pattern-added",
    "id-gone": "request-property-removed",
    "id-only-null": "request-property-type-changed",
    "new-header": "response-header-added",
    "success-with-body": "response-media-type-added",
    "error-without-body": "response-media-type-removed",
    "default-for-other-errors": "response-non-success-status-added",
    "error-status-gone": "response-non-success-status-removed",
    "new-member-of-an-item": "response-optional-property-added",
    "answer-member-gone": "response-optional-property-removed",
    "errors-null": "response-property-became-nullable",
    "default-gone": "response-property-default-value-changed",
    "detail-as-an-object": "response-property-type-changed",
    "new-required-problem-member": "response-required-property-added",
    "redirect": "response-success-status-added",
    # What oasdiff has no name for.
    "slug-length": "",
    "name-format": "",
    "type-is-a-uri": "",
    "pattern-that-takes-all": "",
}

NAME, QUERY, HEADERS = "body.properties.name", "path.parameters", "put.responses.204.headers"
PAGE = {"name": "page", "in": "query", "schema": {"type": "string"}}
TITLE, EMPTY = {"type": "string"}, {"description": "Empty"}
# A place in docs.yaml, what the pin has there and what the release has, and the name.
OF_PLACES: list[tuple[str, Any, Any, str]] = [
    ("put.requestBody.required", False, True, "request-body-became-required"),
    ("put.requestBody.required", True, False, "request-body-became-optional"),
    (QUERY, [PAGE], [PAGE | {"required": True}], "request-parameter-became-required"),
    (QUERY, [PAGE | {"required": True}], [PAGE], "request-parameter-became-optional"),
    (QUERY, [PAGE], [], "request-parameter-removed"),
    (f"{NAME}.default", "a", "b", "request-property-default-value-changed"),
    (f"{NAME}.enum", ["a", "b"], ["a"], "request-property-enum-value-removed"),
    (f"{NAME}.maxLength", 9, 5, "request-property-max-length-decreased"),
    (f"{NAME}.pattern", "^a", "^ab", "request-property-pattern-changed"),
    (NAME, {"type": "integer"}, {"type": "integer", "maximum": 9}, "request-property-max-set"),
    (NAME, {"type": "integer"}, {"type": "integer", "minimum": 1}, "request-property-min-set"),
    (NAME, {"type": "integer", "maximum": 9}, {"type": "integer", "maximum": 8}, "request-property-max-decreased"),
    (NAME, {"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 2}, "request-property-min-increased"),
    (NAME, {"type": "array"}, {"type": "array", "minItems": 1}, "request-property-min-items-set"),
    (NAME, {"type": "array", "minItems": 1}, {"type": "array", "minItems": 2}, "request-property-min-items-increased"),
    ("put.responses", {"200": EMPTY, "204": EMPTY}, {"204": EMPTY}, "response-success-status-removed"),
    (HEADERS, {"Etag": {}}, {}, "optional-response-header-removed"),
    (HEADERS, {"Etag": {"required": True}}, {"Etag": {}}, "response-header-became-optional"),
    ("problem.required", ["title"], [], "response-property-became-optional"),
    ("problem.properties.title", TITLE, TITLE | {"deprecated": True}, "response-property-deprecated"),
]


@pytest.mark.parametrize(("pair", "name"), OF_PAIRS.items())
def test_a_release_of_the_catalogue_has_the_name(pair: str, name: str) -> None:
    """The one change of the release has oasdiff's name, or none."""
    (release,) = [release for release in pairs() if release.id == pair]

    assert [change.oasdiff for change in changed(release)] == [name]


@pytest.mark.parametrize(("place", "pin", "release", "name"), OF_PLACES)
def test_a_change_in_one_place_has_the_name(place: str, pin: Any, release: Any, name: str) -> None:
    """Where the pin has something else than docs.yaml, the one change has oasdiff's name."""
    pair = Pair("", "", set={place: release}, pin={place: pin})

    assert [change.oasdiff for change in changed(pair)] == [name]


def test_every_name_is_tried() -> None:
    """A name that no change has any more, as its sentence reads otherwise now, is found by these tests."""
    table = yaml.safe_load(Path(contracts.release.__file__).with_name("oasdiff.yaml").read_text(encoding="utf-8"))

    assert {*table.values()} == {*OF_PAIRS.values(), *(name for *_, name in OF_PLACES)}
