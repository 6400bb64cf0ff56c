"""What each document says of a problem: its members, and which of them has which form."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.rules.document import Document, load
from tests.suite.samples import DOCUMENTED

LATER = frozenset({"code", "errorId"})
ITEM = {"location": "body.name", "message": "is required"}
DELETE = "(left out)"


@pytest.fixture(params=["docs", "v1"])
def document(request: pytest.FixtureRequest) -> Document:
    """Each of the two documents."""
    return load(request.param)


def problem(status: int, /, **changes: Any) -> dict[str, Any]:
    """A problem with every member that both documents know, changed; `DELETE` leaves a member out."""
    members = {"title": DOCUMENTED[status], "status": status, "detail": "It went wrong.", "errors": [ITEM]} | changes
    return {name: value for name, value in members.items() if value != DELETE}


def in_document(document: Document, **members: Any) -> dict[str, Any]:
    """The members, with the code that later documents want beside them."""
    return members | {"code": "CODE"} if document.name == "v1" else members


@pytest.mark.parametrize(
    ("status", "members"),
    [
        pytest.param(400, {"instance": "https://example.com/error-log/abc123"}, id="instance-absolute"),
        pytest.param(400, {"type": "https://example.com/errors/example"}, id="type-absolute"),
        pytest.param(400, {"type": "about:blank"}, id="type-about-blank"),
        pytest.param(400, {"errors": DELETE}, id="no-errors"),
        pytest.param(400, {"errors": []}, id="errors-empty"),
        pytest.param(422, {"errors": [{**ITEM, "value": None}]}, id="value-null"),
        pytest.param(422, {"errors": [{**ITEM, "value": {"any": ["thing"]}}]}, id="value-anything"),
        *(pytest.param(status, {}, id=str(status)) for status in DOCUMENTED),
    ],
)
def test_a_documented_problem_fits(document: Document, status: int, members: dict[str, Any]) -> None:
    """A problem that is as documented breaks nothing."""
    value = in_document(document, **problem(status, **members))

    assert list(document.problem_findings(status, value, {})) == []


@pytest.mark.parametrize(
    ("status", "changes", "keyword", "path"),
    [
        pytest.param(400, {"title": DELETE}, "required", (), id="title-missing"),
        pytest.param(400, {"status": DELETE}, "required", (), id="status-missing"),
        pytest.param(400, {"detail": DELETE}, "required", (), id="detail-missing"),
        pytest.param(422, {"errors": DELETE}, "required", (), id="errors-missing-from-422"),
        pytest.param(422, {"errors": []}, "contains", ("errors",), id="errors-empty-in-422"),
        pytest.param(400, {"trace": "4bf9"}, "additionalProperties", (), id="unknown-member"),
        pytest.param(400, {"detail": None}, "type", ("detail",), id="detail-null"),
        pytest.param(400, {"status": "400"}, "type", ("status",), id="status-string"),
        pytest.param(400, {"instance": "not a reference"}, "format", ("instance",), id="instance-no-reference"),
        pytest.param(400, {"type": "not a reference"}, "format", ("type",), id="type-no-reference"),
        pytest.param(400, {"errors": [{"location": "body"}]}, "required", ("errors", 0), id="message-missing"),
        pytest.param(400, {"errors": [{"message": "bad"}]}, "required", ("errors", 0), id="location-missing"),
        pytest.param(400, {"errors": [{**ITEM, "code": 1}]}, "additionalProperties", ("errors", 0), id="item-member"),
        *(
            pytest.param(status, {"title": "Oops"}, "const", ("title",), id=f"title-of-{status}")
            for status in DOCUMENTED
        ),
    ],
)
def test_a_problem_that_is_not_as_documented_is_found(
    document: Document, status: int, changes: dict[str, Any], keyword: str, path: tuple[str | int, ...]
) -> None:
    """What is wrong with a problem is found, once and in its place."""
    value = in_document(document, **problem(status, **changes))

    findings = list(document.problem_findings(status, value, {}))

    assert [(finding.keyword, finding.path) for finding in findings] == [(keyword, path)]


def test_the_published_problem_fits_the_page() -> None:
    """The page's one example of a problem fits the document of the page."""
    document = load("docs")
    published = document.content["components"]["schemas"]["Problem"]["examples"][0]

    assert set(published) == {"detail", "errors", "instance", "status", "title", "type"}
    assert list(document.problem_findings(400, published, {})) == []


def test_v1_adds_two_members_to_a_problem() -> None:
    """From docs to v1 a problem gains code and errorId, and loses nothing."""
    before, after = load("docs"), load("v1")

    assert set(after.problem_members(400)) - set(before.problem_members(400)) == LATER
    assert set(before.problem_members(400)) < set(after.problem_members(400))


@pytest.mark.parametrize(
    ("changes", "keyword"),
    [
        pytest.param({"code": DELETE}, "required", id="code-missing"),
        pytest.param({"code": 1}, "type", id="code-number"),
        pytest.param({"errorId": None}, "type", id="error-id-null"),
        pytest.param({"type": "/errors/example"}, "format", id="type-relative"),
        pytest.param({"instance": "/customers/other"}, "x-equals", id="instance-of-another-request"),
    ],
)
def test_v1_says_more_of_a_problem(changes: dict[str, Any], keyword: str) -> None:
    """In v1 the code is always there, type is a URI, and instance is the request's path."""
    value = problem(404, **{"code": "CODE", "errorId": "e-1", "instance": "/customers/acme"} | changes)

    findings = list(load("v1").problem_findings(404, value, {"$request.path": frozenset({"/customers/acme"})}))

    assert [finding.keyword for finding in findings] == [keyword]


@pytest.mark.parametrize(
    ("status", "title"),
    [(413, "Request Entity Too Large"), (413, "Content Too Large"), (415, "Unsupported Media Type")],
)
def test_a_tolerated_status_has_the_problem_shape(document: Document, status: int, title: str) -> None:
    """A 413 or 415 is not documented, but where it comes it has a problem with its own phrase."""
    right = in_document(document, title=title, status=status, detail="No.")

    assert status not in document.documented
    assert list(document.problem_findings(status, right, {})) == []
    assert list(document.problem_findings(status, right | {"title": "Oops"}, {}))
