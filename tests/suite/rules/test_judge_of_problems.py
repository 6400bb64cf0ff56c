"""The judge on a problem: one thing wrong with it breaks the promise that is about that thing, and no other."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from contracts.http.exchange import Exchange, Response
from contracts.rules.document import Document
from contracts.rules.judge import judge
from contracts.rules.oracle import predict
from tests.suite.samples import DOCUMENTS, ITEM, LEFT_OUT, PROBLEM, REQUESTS, answer, judged, problem, promise_ids


def media_type(*values: str) -> Response:
    """The right 404 with these Content-Types."""
    return answer(404, headers=tuple(("Content-Type", value) for value in values))


def body(text: bytes) -> Response:
    """A 404 with this body."""
    return answer(404, text)


@pytest.mark.parametrize(
    ("response", "promise"),
    [
        pytest.param(media_type(), "problem.media_type", id="no-content-type"),
        pytest.param(media_type("application/json"), "problem.media_type", id="plain-json"),
        pytest.param(media_type("application/problem+xml"), "problem.media_type", id="problem-xml"),
        pytest.param(media_type(*[PROBLEM[0][1]] * 2), "problem.media_type", id="content-type-twice"),
        pytest.param(
            media_type("application/problem+json; charset=latin-1"), "problem.media_type", id="another-charset"
        ),
        pytest.param(media_type("application/problem+json; v=1"), "problem.media_type", id="another-parameter"),
        pytest.param(body(b"\xef\xbb\xbf" + problem(404)), "problem.encoding", id="byte-order-mark"),
        pytest.param(body(problem(404).decode().encode("utf-16")), "problem.encoding", id="utf-16"),
        pytest.param(body(problem(404).replace(b"went", b"w\xe9nt")), "problem.encoding", id="latin-1"),
        pytest.param(body(b""), "problem.json", id="empty"),
        pytest.param(body(b"not found"), "problem.json", id="plain-text"),
        pytest.param(body(b"<html></html>"), "problem.json", id="html"),
        pytest.param(body(problem(404)[:-1]), "problem.json", id="cut-off"),
        pytest.param(body(problem(404) * 2), "problem.json", id="two-texts"),
        pytest.param(body(problem(404).replace(b'"body.name"', b"NaN")), "problem.json", id="nan"),
        pytest.param(body(problem(404).replace(b'"body.name"', b"-Infinity")), "problem.json", id="infinity"),
        pytest.param(body(b'{"title":"Not Found",' + problem(404)[1:]), "problem.unique_names", id="title-twice"),
        pytest.param(
            body(problem(404).replace(b'{"location', b'{"message":"","location')),
            "problem.unique_names",
            id="message-twice-in-an-item",
        ),
        pytest.param(body(b"[" + problem(404) + b"]"), "problem.object", id="array"),
        pytest.param(body(b"null"), "problem.object", id="null"),
        pytest.param(body(b'"Not Found"'), "problem.object", id="string"),
        pytest.param(body(problem(404, title=LEFT_OUT)), "problem.required", id="no-title"),
        pytest.param(body(problem(404, status=LEFT_OUT)), "problem.required", id="no-status"),
        pytest.param(body(problem(404, detail=LEFT_OUT)), "problem.required", id="no-detail"),
        pytest.param(body(problem(404, traceId="4bf9")), "problem.members", id="undocumented-member"),
        pytest.param(body(problem(404, code="NOT_FOUND")), "problem.members", id="member-of-a-later-release"),
        pytest.param(body(problem(404, Title="Not Found")), "problem.members", id="member-in-another-case"),
        pytest.param(body(problem(404, status=400)), "problem.status", id="another-status"),
        pytest.param(body(problem(404, status="404")), "problem.status", id="status-string"),
        pytest.param(body(problem(404, status=True)), "problem.status", id="status-boolean"),
        pytest.param(body(problem(404, status=None)), "problem.status", id="status-null"),
        pytest.param(body(problem(404, status=404.5)), "problem.status", id="status-fraction"),
        pytest.param(body(problem(404, title="not found")), "problem.title", id="title-in-lower-case"),
        pytest.param(body(problem(404, title="")), "problem.title", id="title-empty"),
        pytest.param(body(problem(404, title="\ud800")), "problem.title", id="title-no-text"),
        pytest.param(body(problem(404, type="\udfff")), "problem.type", id="type-no-text"),
        pytest.param(body(problem(404, **{"\ud800": 1})), "problem.members", id="member-no-text"),
        pytest.param(body(problem(404, detail=None)), "problem.detail", id="detail-null"),
        pytest.param(body(problem(404, detail=["x"])), "problem.detail", id="detail-array"),
        pytest.param(body(problem(404, type="not a reference")), "problem.type", id="type-with-spaces"),
        pytest.param(body(problem(404, type=None)), "problem.type", id="type-null"),
        pytest.param(body(problem(404, instance="not a reference")), "problem.instance", id="instance-with-spaces"),
        pytest.param(body(problem(404, instance=1)), "problem.instance", id="instance-number"),
        pytest.param(body(problem(404, errors=None)), "problem.errors", id="errors-null"),
        pytest.param(body(problem(404, errors=ITEM)), "problem.errors", id="errors-object"),
        pytest.param(body(problem(404, errors=["x"])), "problem.errors", id="item-string"),
        pytest.param(body(problem(404, errors=[{"location": "body"}])), "problem.errors", id="item-without-message"),
        pytest.param(body(problem(404, errors=[{"message": "bad"}])), "problem.errors", id="item-without-location"),
        pytest.param(body(problem(404, errors=[ITEM | {"code": 1}])), "problem.errors", id="item-with-more"),
        pytest.param(body(problem(404, errors=[ITEM | {"message": None}])), "problem.errors", id="message-null"),
        pytest.param(body(problem(404, errors=[ITEM | {"location": 1}])), "problem.errors", id="location-number"),
        pytest.param(body(problem(404, errors=[ITEM | {"location": ""}])), "problem.errors", id="location-empty"),
        pytest.param(body(problem(404, errors=[ITEM | {"message": ""}])), "problem.errors", id="message-empty"),
        pytest.param(body(problem(404, errors=[ITEM | {"location": "/name"}])), "problem.location", id="no-place"),
        pytest.param(body(problem(404).replace(b" 404", b" 1e999")), "problem.status", id="status-past-a-double"),
        pytest.param(body(problem(404, title="Unprocessable Content")), "problem.title", id="title-of-another-status"),
    ],
)
def test_one_thing_wrong_with_a_problem_breaks_its_rule_alone(response: Response, promise: str) -> None:
    """Each way to get a problem wrong is found under the promise that it breaks."""
    assert set(promise_ids(judged(REQUESTS[404], response))) == {promise}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
@pytest.mark.parametrize("errors", [LEFT_OUT, []], ids=["left-out", "empty"])
def test_errors_may_be_left_out(errors: object, status: int) -> None:
    """No status needs an item that says where, also 422 does not."""
    assert judged(REQUESTS[status], answer(status, problem(status, errors=errors))).violations == ()


def test_each_item_says_where_and_what() -> None:
    """One good item does not make up for another one without a location or a message."""
    for bad in (ITEM | {"location": ""}, ITEM | {"message": ""}):
        response = answer(422, problem(422, errors=[bad, ITEM]))

        assert promise_ids(judged(REQUESTS[422], response)) == ["problem.errors"]


def test_errors_may_be_null_from_v1_on() -> None:
    """The page shows an array; v1 documents that it may be null."""
    responses = answer(422, problem(422, errors=None)), answer(422, problem(422, errors=None, code="CODE"))

    assert promise_ids(judged(REQUESTS[422], responses[0])) == ["problem.errors"]
    assert promise_ids(judged(REQUESTS[422], responses[1], "v1")) == []


@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        pytest.param({"code": LEFT_OUT}, "problem.required", id="no-code"),
        pytest.param({"code": 404}, "problem.member", id="code-number"),
        pytest.param({"errorId": None}, "problem.member", id="error-id-null"),
        pytest.param({"type": "/errors/x"}, "problem.type", id="relative-type"),
        pytest.param({"instance": "/customers/acme"}, "problem.instance", id="instance-of-another-request"),
    ],
)
def test_v1_says_more_of_a_problem(changes: dict[str, object], promise: str) -> None:
    """In v1 the code is always there, type is absolute, and instance is the path of the request."""
    response = answer(404, problem(404, **{"code": "CODE"} | changes))

    assert promise_ids(judged(REQUESTS[404], response, "v1")) == [promise]


@pytest.mark.parametrize("instance", ["/customers/nobody", "/api/customers/nobody"], ids=["path", "path-as-sent"])
def test_in_v1_the_instance_is_the_path_with_or_without_the_base(instance: str) -> None:
    """The request's path may be told with what the base URL puts before it, or without."""
    response = answer(404, problem(404, code="CODE", instance=instance))

    assert judged(REQUESTS[404], response, "v1").violations == ()


@pytest.mark.parametrize("depth", [100, 300, 500, 900, 10_000, 100_000])
def test_a_problem_may_be_nested_as_deep_as_it_likes(depth: int) -> None:
    """The value of an item may be anything, however deep; what is wrong beside it is found all the same."""
    deep = b'{"value":' + b"[" * depth + b"]" * depth + b","
    right, wrong = (problem(404, **changes).replace(b'{"location', deep + b'"location') for changes in ({}, {"x": 1}))

    assert judged(REQUESTS[404], body(right)).violations == ()
    assert promise_ids(judged(REQUESTS[404], body(wrong))) == ["problem.members"]


@pytest.mark.parametrize("depth", [100, 300, 500, 900, 10_000, 100_000])
def test_a_title_that_is_nested_deeply_is_no_title(depth: int) -> None:
    """A member with the wrong type is found, however deep it is nested."""
    deep = body(problem(404).replace(b'"Not Found"', b"[" * depth + b"]" * depth))

    assert set(promise_ids(judged(REQUESTS[404], deep))) == {"problem.title"}


def test_the_shape_of_a_500_is_judged_too() -> None:
    """A 500 is wrong in itself, and its problem still has to be the documented one."""
    response = answer(500, problem(500, title="Oops"))

    assert promise_ids(judged(REQUESTS[204], response)) == ["status.internal_error", "status.valid", "problem.title"]


@pytest.mark.parametrize("status", [413, 415])
def test_a_tolerated_status_has_the_problem_shape(status: int) -> None:
    """Where 413 or 415 may answer, it still has to be a problem with its own phrase."""
    assert judged(REQUESTS[status], answer(status)).violations == ()
    assert promise_ids(judged(REQUESTS[status], answer(status, problem(status, title="Oops")))) == ["problem.title"]


@pytest.mark.parametrize("title", ["Request Entity Too Large", "Payload Too Large", "Content Too Large"])
def test_a_413_has_one_of_three_titles(title: str) -> None:
    """Each edition of HTTP has another phrase for 413; any of them is right."""
    assert judged(REQUESTS[413], answer(413, problem(413, title=title))).violations == ()


def test_a_422_has_the_title_of_go() -> None:
    """RFC 9110 calls 422 Unprocessable Content, and the exact shape has the phrase of Go's net/http."""
    response = answer(422, problem(422, title="Unprocessable Content"))

    assert promise_ids(judged(REQUESTS[422], response)) == ["problem.title"]


def test_a_violation_says_what_was_promised_what_came_and_where() -> None:
    """The words of a violation are enough to see what is wrong, without the answer at hand."""
    (found,) = judged(REQUESTS[404], answer(404, problem(404, title="Gone"))).violations

    assert ("Not Found" in found.expected, found.actual, found.place) == (True, '"Gone"', "title")


@pytest.mark.parametrize(
    ("changes", "expected", "actual"),
    [
        pytest.param({"instance": "a b"}, 'instance of format "uri-reference"', '"a b"', id="format"),
        pytest.param({"errors": {}}, 'errors of type "array"', "{}", id="type"),
        pytest.param({"detail": None}, 'detail of type "string"', "null", id="null"),
        pytest.param(
            {"errors": [ITEM | {"location": ""}]}, "errors.[].location of minLength 1", '""', id="empty-location"
        ),
        pytest.param({"foo": 1, "bar": 2}, "a problem with only documented members", '["foo", "bar"]', id="more"),
        pytest.param(
            {"errors": [ITEM | {"foo": 1}]}, "errors.[] with only documented members", '["foo"]', id="more-of-item"
        ),
    ],
)
def test_a_violation_of_a_schema_says_what_it_asks_for(changes: dict[str, Any], expected: str, actual: str) -> None:
    """What was expected is in the words of the schema, and what came is the value itself."""
    (found,) = judged(REQUESTS[404], answer(404, problem(404, **changes))).violations

    assert (found.expected, found.actual) == (expected, actual)


def test_a_violation_of_a_schema_within_a_schema_shows_the_value() -> None:
    """A keyword that takes long to say is named, and what came is the value itself, not what a library says of it."""
    content = deepcopy({**DOCUMENTS["docs"].content})
    content["components"]["schemas"]["Problem"]["properties"]["errors"]["contains"] = {"required": ["value"]}
    document, sent = Document("docs", content), REQUESTS[404]
    exchange = Exchange(sent, answer(404, problem(404, errors=[{"location": "body", "message": "No."}])))

    (found,) = judge(exchange, predict(sent, document, {"acme"}), document).violations

    assert (found.expected, found.actual) == (
        "errors as `contains` of the schema says",
        '[{"location": "body", "message": "No."}]',
    )


def test_what_came_is_shown_short_and_printable() -> None:
    """A long answer of control characters does not flood or garble the terminal."""
    (found,) = judged(REQUESTS[404], body(b"\x1b[31m" + b"a" * 100_000)).violations

    assert len(found.actual) < 400
    assert found.actual.isprintable()
