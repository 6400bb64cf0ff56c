"""Where the errors of a problem point: each location names a place that the request has or should have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.http.request import Request, update
from tests.suite.samples import REQUESTS, answer, judged, problem, promise_ids

NAME = b'{"name":null}'
FOO = b'{"name":"x","foo":1}'


def judged_at(location: object, sent: Request, contract: str = "docs") -> list[str]:
    """The promises that are broken by a 422 which says that this place of the request is wrong."""
    code = {"code": "CODE"} if contract == "v1" else {}
    body = problem(422, errors=[{"location": location, "message": "It is wrong."}], **code)
    return promise_ids(judged(sent, answer(422, body), contract))


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize(
    ("body", "location"),
    [
        pytest.param(NAME, "body", id="the-body"),
        pytest.param(b"", "body", id="a-body-that-is-absent"),
        pytest.param(b"{", "body", id="a-body-that-is-no-json"),
        pytest.param(NAME, "body.name", id="a-member-that-was-sent"),
        pytest.param(b"{}", "body.name", id="a-member-that-should-have-been-sent"),
        pytest.param(NAME, "body.externalCustomerId", id="a-member-that-may-be-sent"),
        pytest.param(FOO, "body.foo", id="an-unknown-member-that-was-sent"),
        pytest.param(b'{"\\u0066oo":1}', "body.foo", id="an-unknown-member-that-was-sent-with-an-escape"),
        pytest.param(b'{"foo":1,"name":"x","foo":2}', "body.foo", id="an-unknown-member-that-was-sent-twice"),
        pytest.param(FOO.decode().encode("utf-16"), "body.foo", id="an-unknown-member-in-utf-16"),
        pytest.param(b'{"name":"x","foo":', "body.foo", id="an-unknown-member-of-what-is-cut-off"),
        pytest.param(b'{"name":{"en":1}}', "body.name.en", id="deeper"),
        pytest.param(b'{"name":["x"]}', "body.name[0]", id="deeper-by-an-index"),
        pytest.param(b'{"name":["x"]}', "body.name.0", id="deeper-by-a-number"),
        pytest.param(b'{"foo":{"bar":1}}', "body.foo.bar", id="deeper-in-an-unknown-member"),
        pytest.param(b'[{"name":"x"}]', "body[0].name", id="an-item-of-an-array"),
        pytest.param(b'[{"foo":1}]', "body.0.foo", id="an-item-of-an-array-by-a-number"),
        pytest.param(b'{"foo":' + b"[" * 100 + b"]" * 100 + b"}", "body.foo", id="a-member-that-is-nested-deeply"),
        pytest.param(NAME, "path.customerSlug", id="the-slug"),
        pytest.param(NAME, "header.Authorization", id="a-header"),
        pytest.param(NAME, "header.authorization", id="a-header-in-lower-case"),
        pytest.param(NAME, "header.AUTHORIZATION", id="a-header-in-upper-case"),
        pytest.param(NAME, "header.Content-Type", id="another-header"),
        pytest.param(NAME, "header.accept", id="a-header-that-the-suite-sends"),
        # Of the name of a member only that is held which no notation can garble.
        pytest.param(b'{"a.b":1}', "body.a.b", id="a-name-with-a-dot"),
        pytest.param(b'{"a b":1}', "body.a b", id="a-name-with-a-space"),
        pytest.param(b'{"a b":1}', 'body["a b"]', id="a-name-in-brackets"),
        pytest.param(b'{"a.b":1}', "body['a.b']", id="a-name-with-a-dot-in-brackets"),
        pytest.param(b'{"a[0]":1}', 'body["a[0]"]', id="a-name-with-brackets-in-brackets"),
        pytest.param('{"n\u00e4me":1}'.encode(), "body.n\u00e4me", id="a-name-beyond-ascii"),
        pytest.param('{"n\u00e4me":1}'.encode(), "body.n%C3%A4me", id="a-name-as-in-a-url"),
        pytest.param(b'{"":1}', "body.", id="a-name-that-is-empty"),
        pytest.param(NAME, "body.n\u00e4me", id="an-odd-name-that-was-not-sent"),
    ],
)
def test_a_place_that_the_request_has_or_should_have_is_right(body: bytes, location: str, contract: str) -> None:
    """The body, a member that was sent or may be, deeper, the slug, a header in any letter case, and any odd name."""
    # A body that is no JSON gets 400, and one that is nested deeply either: the location is what is looked at.
    assert "problem.location" not in judged_at(location, replace(REQUESTS[422], body=body), contract)


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize(
    ("body", "location"),
    [
        pytest.param(NAME, "body.foo", id="an-unknown-member-that-was-not-sent"),
        pytest.param(b'{"foo":1}', "body.Foo", id="a-member-in-another-letter-case"),
        pytest.param(NAME, "body.Name", id="a-documented-member-in-another-letter-case"),
        pytest.param(b'{"name":1,"foobar":1}', "body.foo", id="the-beginning-of-a-member"),
        pytest.param(b'{"name":1,"externalCustomerId":"foo"}', "body.foo", id="what-is-a-value"),
        pytest.param(b'{"data":{"foo":1}}', "body.foo", id="what-is-a-member-further-down"),
        pytest.param(NAME, "body.foo.name", id="deeper-in-what-was-not-sent"),
        pytest.param(NAME, "/name", id="a-json-pointer"),
        pytest.param(NAME, "#/name", id="a-json-pointer-in-a-fragment"),
        pytest.param(NAME, "$.name", id="a-json-path"),
        pytest.param(NAME, "name", id="a-member-without-the-body"),
        pytest.param(NAME, "Body.name", id="the-body-in-another-letter-case"),
        pytest.param(NAME, "body/name", id="a-slash-for-a-dot"),
        pytest.param(NAME, "bodyname", id="no-dot"),
        pytest.param(NAME, "path", id="the-path"),
        pytest.param(NAME, "path.slug", id="another-parameter-of-the-path"),
        pytest.param(NAME, "path.customerslug", id="the-slug-in-another-letter-case"),
        pytest.param(NAME, "header", id="no-header"),
        pytest.param(NAME, "header.", id="a-header-without-a-name"),
        pytest.param(NAME, "header.X-Unknown", id="a-header-that-was-not-sent"),
        pytest.param(NAME, "query.x", id="a-query-that-was-not-sent"),
        pytest.param(NAME, "query", id="the-query"),
        pytest.param(NAME, "string", id="a-word"),
        pytest.param(NAME, " ", id="a-space"),
    ],
)
def test_what_is_no_place_of_the_request_is_found(body: bytes, location: str, contract: str) -> None:
    """A member that was not sent, a pointer, a header or a query that is not there, or any other word."""
    assert judged_at(location, replace(REQUESTS[422], body=body), contract) == ["problem.location"]


def test_a_header_that_was_sent_is_a_place() -> None:
    """A header that the request has may be named, in any letter case, whatever it is called."""
    sent = REQUESTS[422].with_header("X-Unknown", "1")

    assert judged_at("header.X-Unknown", sent) == judged_at("header.x-unknown", sent) == []


def test_a_query_that_was_sent_is_a_place() -> None:
    """A parameter of the query that the request has may be named."""
    sent = update("acme?x=1&y", NAME)

    assert "problem.location" not in judged_at("query.x", sent) + judged_at("query.y", sent)
    assert "problem.location" in judged_at("query.z", sent)


@pytest.mark.parametrize(
    ("location", "docs", "v1"),
    [
        pytest.param("body.domain", ["problem.location"], [], id="a-later-member"),
        pytest.param("body.billingEmail", ["problem.location"], [], id="another-later-member"),
        pytest.param("body.createdAt", ["problem.location"], ["problem.location"], id="a-read-only-member"),
    ],
)
def test_which_members_a_body_may_have_is_the_release_s_to_say(location: str, docs: list[str], v1: list[str]) -> None:
    """A member that was not sent is a place where the pinned document lists it for a request."""
    assert judged_at(location, REQUESTS[422]) == docs
    assert judged_at(location, REQUESTS[422], "v1") == v1


def test_an_empty_location_is_told_once() -> None:
    """An empty location breaks the promise that it is a text, and not that it is a place as well."""
    assert judged_at("", REQUESTS[422]) == ["problem.errors"]


def test_a_location_that_is_no_string_is_told_once() -> None:
    """A location of another type breaks the promise that it is a text, and not that it is a place as well."""
    assert judged_at(["body"], REQUESTS[422]) == ["problem.errors"]


def test_a_wrong_location_is_told_once_however_often_it_is_there() -> None:
    """The same wrong place in several items is one violation, and says which place it is."""
    item = {"location": "body.foo", "message": "It is wrong."}

    (found,) = judged(REQUESTS[422], answer(422, problem(422, errors=[item] * 3))).violations

    assert (found.promise, found.actual, found.place) == ("problem.location", "body.foo", "errors.[].location")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 415, 422])
def test_a_location_is_looked_at_with_every_status(status: int) -> None:
    """Wherever errors are, also where no status needs them, each of them says where."""
    wrong = problem(status, errors=[{"location": "somewhere", "message": "It is wrong."}])

    assert promise_ids(judged(REQUESTS[status], answer(status, wrong))) == ["problem.location"]


@pytest.mark.parametrize("errors", ["body", {"location": "somewhere"}, [1, "x", None, {}]], ids=str)
def test_what_is_no_list_of_items_has_no_location(errors: object) -> None:
    """Errors of another form break the promise about their form, and no other."""
    assert set(promise_ids(judged(REQUESTS[422], answer(422, problem(422, errors=errors))))) == {"problem.errors"}
