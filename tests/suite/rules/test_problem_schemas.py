"""What each document says of a problem, and what exact.yaml says besides: members, and which has which form."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from contracts.rules.document import Document, Mismatch
from contracts.rules.problem import EXACT, exact
from tests.suite.samples import DOCUMENTED, DOCUMENTS

LATER = frozenset({"code", "errorId"})
ITEM = {"location": "body.name", "message": "is required"}
DELETE = "(left out)"
# What is documented of a problem in both releases.
MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "errors"})


@pytest.fixture(params=["docs", "v1"])
def document(request: pytest.FixtureRequest) -> Document:
    """Each of the two documents."""
    return DOCUMENTS[request.param]


def problem(status: int, /, **changes: Any) -> dict[str, Any]:
    """A problem with every member that both documents know, changed; `DELETE` leaves a member out."""
    members = {"title": DOCUMENTED[status], "status": status, "detail": "It went wrong.", "errors": [ITEM]} | changes
    return {name: value for name, value in members.items() if value != DELETE}


def told(findings: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """Of each finding the keyword and the place."""
    return [(finding.keyword, finding.path) for finding in findings]


@pytest.mark.parametrize(
    ("status", "members"),
    [
        pytest.param(400, {"instance": "https://example.com/error-log/abc123"}, id="instance-absolute"),
        pytest.param(400, {"type": "https://example.com/errors/example"}, id="type-absolute"),
        pytest.param(400, {"type": "about:blank"}, id="type-about-blank"),
        pytest.param(400, {"errors": DELETE}, id="no-errors"),
        pytest.param(400, {"errors": []}, id="errors-empty"),
        pytest.param(422, {"errors": DELETE}, id="no-errors-on-422"),
        pytest.param(422, {"errors": [{**ITEM, "value": None}]}, id="value-null"),
        pytest.param(422, {"errors": [{**ITEM, "value": {"any": ["thing"]}}]}, id="value-anything"),
        *(pytest.param(status, {}, id=str(status)) for status in DOCUMENTED),
    ],
)
def test_a_problem_that_is_as_promised_fits(document: Document, status: int, members: dict[str, Any]) -> None:
    """A problem that is as documented, and of the exact shape, breaks neither."""
    value = problem(status, **members)

    assert told(document.problem_mismatches(status, value)) == []
    assert told(exact().problem_mismatches(status, value)) == []


@pytest.mark.parametrize(
    ("changes", "keyword", "path"),
    [
        pytest.param({"title": DELETE}, "required", (), id="title-missing"),
        pytest.param({"status": DELETE}, "required", (), id="status-missing"),
        pytest.param({"detail": DELETE}, "required", (), id="detail-missing"),
        pytest.param({"errors": [{"location": "body"}]}, "required", ("errors", 0), id="message-missing"),
        pytest.param({"errors": [{"message": "bad"}]}, "required", ("errors", 0), id="location-missing"),
        pytest.param(
            {"errors": [{**ITEM, "location": ""}]}, "minLength", ("errors", 0, "location"), id="location-empty"
        ),
        pytest.param({"errors": [ITEM, {**ITEM, "message": ""}]}, "minLength", ("errors", 1, "message"), id="message"),
        pytest.param({"status": 401}, "status", ("status",), id="status-of-another-answer"),
        pytest.param({"status": 401.0}, "status", ("status",), id="status-of-another-answer-with-a-fraction-of-zero"),
    ],
)
def test_what_no_document_says_is_of_the_exact_shape(
    document: Document, changes: dict[str, Any], keyword: str, path: tuple[str | int, ...]
) -> None:
    """That members are there, texts not empty, and the status that of the answer, is asked for besides the document."""
    value = problem(400, **changes)

    assert told(document.problem_mismatches(400, value)) == []
    assert told(exact().problem_mismatches(400, value)) == [(keyword, path)]


@pytest.mark.parametrize("title", ["Oops", "", "bad request"])
@pytest.mark.parametrize("status", DOCUMENTED)
def test_a_title_is_that_of_its_status_by_the_exact_shape_alone(document: Document, status: int, title: str) -> None:
    """By the document a title may be any string; by the exact shape it is the phrase of its status."""
    value = problem(status, title=title)

    assert told(document.problem_mismatches(status, value)) == []
    assert told(exact().problem_mismatches(status, value)) == [("title", ("title",))]


@pytest.mark.parametrize(
    ("changes", "keyword", "path"),
    [
        pytest.param({"detail": None}, "type", ("detail",), id="detail-null"),
        pytest.param({"status": "400"}, "type", ("status",), id="status-string"),
        pytest.param({"status": 400.5}, "type", ("status",), id="status-fraction"),
        pytest.param({"type": "not a reference"}, "format", ("type",), id="type-no-reference"),
        pytest.param({"errors": ITEM}, "type", ("errors",), id="errors-object"),
        pytest.param({"errors": ["x"]}, "type", ("errors", 0), id="item-string"),
        pytest.param({"errors": [{**ITEM, "message": 1}]}, "type", ("errors", 0, "message"), id="message-number"),
    ],
)
def test_both_find_a_member_of_another_type(
    document: Document, changes: dict[str, Any], keyword: str, path: tuple[str | int, ...]
) -> None:
    """What is wrong by both is found by both in the same place and by the same keyword, so that it can be told once."""
    value = problem(400, **changes)

    assert told(document.problem_mismatches(400, value)) == [(keyword, path)]
    assert told(exact().problem_mismatches(400, value)) == [(keyword, path)]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        pytest.param({"trace": "4bf9"}, (), id="unknown-member"),
        pytest.param({"Title": "Bad Request"}, (), id="member-in-another-letter-case"),
        pytest.param({"errors": [{**ITEM, "code": 1}]}, ("errors", 0), id="member-of-an-item"),
    ],
)
def test_which_members_there_are_is_the_document_s_to_say(
    document: Document, changes: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    """A member that is not documented is found by the document, and by nothing else."""
    value = problem(400, **changes)

    assert told(document.problem_mismatches(400, value)) == [("additionalProperties", path)]
    assert told(exact().problem_mismatches(400, value)) == []


def test_a_status_past_a_double_is_found() -> None:
    """A number that is no integer of this world, 1e999 for one, is found like any other."""
    value = problem(400, status=float("inf"))

    assert [finding.path for finding in exact().problem_mismatches(400, value)] == [("status",)]


def test_whether_errors_may_be_null_is_the_document_s_to_say() -> None:
    """Null in place of errors breaks the page, which shows an array, and not v1."""
    value = problem(400, errors=None)

    assert told(DOCUMENTS["docs"].problem_mismatches(400, value)) == [("type", ("errors",))]
    assert told(DOCUMENTS["v1"].problem_mismatches(400, value)) == []
    assert told(exact().problem_mismatches(400, value)) == []


def test_an_instance_that_is_no_reference_breaks_the_page_and_the_exact_shape() -> None:
    """v1 documents a string; that it is a URI reference is asked for of every release."""
    value = problem(400, instance="not a reference")

    assert told(DOCUMENTS["docs"].problem_mismatches(400, value)) == [("format", ("instance",))]
    assert told(DOCUMENTS["v1"].problem_mismatches(400, value)) == []
    assert told(exact().problem_mismatches(400, value)) == [("format", ("instance",))]


def test_the_published_problem_fits_the_page() -> None:
    """The page's one example of a problem fits the document of the page."""
    document = DOCUMENTS["docs"]
    published = document.content["components"]["schemas"]["Problem"]["examples"][0]

    assert published == {
        "detail": "Property foo is required but is missing.",
        "errors": [{"location": "string", "message": "string", "value": None}],
        "instance": "https://example.com/error-log/abc123",
        "status": 400,
        "title": "Bad Request",
        "type": "https://example.com/errors/example",
    }
    assert told(document.problem_mismatches(400, published)) == []
    assert told(exact().problem_mismatches(400, published)) == []


def test_v1_adds_two_members_to_a_problem() -> None:
    """From docs to v1 a problem gains code and errorId, and loses nothing."""
    before, after = DOCUMENTS["docs"], DOCUMENTS["v1"]

    assert set(before.problem_members(400)) == MEMBERS
    assert set(after.problem_members(400)) == MEMBERS | LATER


@pytest.mark.parametrize(
    ("changes", "keyword"),
    [
        pytest.param({"code": 1}, "type", id="code-number"),
        pytest.param({"errorId": None}, "type", id="error-id-null"),
        pytest.param({"type": "/errors/example"}, "format", id="type-relative"),
    ],
)
def test_v1_says_more_of_a_problem(changes: dict[str, Any], keyword: str) -> None:
    """In v1 code and errorId are strings, and type is a URI."""
    value = problem(404, **{"code": "CODE", "errorId": "e-1", "instance": "/customers/acme"} | changes)

    assert [finding.keyword for finding in DOCUMENTS["v1"].problem_mismatches(404, value)] == [keyword]


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (413, "Request Entity Too Large"),
        (413, "Payload Too Large"),
        (413, "Content Too Large"),
        (415, "Unsupported Media Type"),
    ],
)
def test_a_tolerated_status_has_the_problem_shape(document: Document, status: int, title: str) -> None:
    """A 413 or 415 is not documented, but where it comes it has a problem with its own phrase."""
    right = {"title": title, "status": status, "detail": "No."}

    assert status not in document.documented
    assert told(document.problem_mismatches(status, right)) == told(exact().problem_mismatches(status, right)) == []
    assert told(exact().problem_mismatches(status, right | {"title": "Oops"})) == [("title", ("title",))]
    assert told(document.problem_mismatches(status, right | {"trace": 1})) == [("additionalProperties", ())]


def test_the_exact_shape_is_written_down_once() -> None:
    """exact.yaml has the titles of every status with a shape, one media type, and what a problem must have."""
    content = yaml.safe_load(EXACT.read_text(encoding="utf-8"))

    assert set(content) == {"media_type", "titles", "problem"}
    assert content["media_type"] == exact().media_type == "application/problem+json"
    assert {status: titles[0] for status, titles in content["titles"].items()} == DOCUMENTED | {
        413: "Request Entity Too Large",
        415: "Unsupported Media Type",
    }
    assert [status for status, titles in content["titles"].items() if len(titles) > 1] == [413]
    assert content["problem"]["required"] == ["title", "status", "detail"]
    assert set(content["problem"]["properties"]) == MEMBERS


def test_a_finding_says_what_came() -> None:
    """A finding has the value that is wrong, for the message."""
    (found,) = exact().problem_mismatches(404, problem(404, title="Gone"))

    assert found == Mismatch("title", ("title",), "Not Found", "Gone")
