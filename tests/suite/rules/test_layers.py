"""Two layers of what is right: what the vendor documents, and the exact shape that every answer is held to besides."""

from __future__ import annotations

import pytest

from contracts.http.exchange import Response
from contracts.rules.promise import Layer, promises, violation
from tests.suite.samples import ITEM, LEFT_OUT, REQUESTS, VALID, answer, judged, problem, promise_ids

DOCUMENTED, EXACT = Layer.DOCUMENTED, Layer.EXACT
NO_PROBLEM = (("Content-Type", "application/json"),)


def layers(status: int, response: Response, contract: str = "docs") -> list[tuple[str, str, Layer]]:
    """The promises that an answer breaks, each with its place and the layer that it is of."""
    return [
        (found.promise, found.place, found.layer) for found in judged(REQUESTS[status], response, contract).violations
    ]


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({"title": "not found"}, ("problem.title", "title", EXACT), id="phrase-of-the-title"),
        pytest.param({"title": ""}, ("problem.title", "title", EXACT), id="title-empty"),
        pytest.param({"status": 400}, ("problem.status", "status", EXACT), id="another-status"),
        pytest.param({"title": LEFT_OUT}, ("problem.required", "", EXACT), id="title-missing"),
        pytest.param({"status": LEFT_OUT}, ("problem.required", "", EXACT), id="status-missing"),
        pytest.param({"detail": LEFT_OUT}, ("problem.required", "", EXACT), id="detail-missing"),
        pytest.param(
            {"errors": [ITEM | {"message": ""}]}, ("problem.errors", "errors.[].message", EXACT), id="message-empty"
        ),
        pytest.param(
            {"errors": [ITEM | {"location": ""}]}, ("problem.errors", "errors.[].location", EXACT), id="location-empty"
        ),
        pytest.param({"errors": [{"location": "body"}]}, ("problem.errors", "errors.[]", EXACT), id="message-missing"),
        pytest.param({"errors": [{"message": "No."}]}, ("problem.errors", "errors.[]", EXACT), id="location-missing"),
        pytest.param(
            {"errors": [ITEM | {"location": "/name"}]},
            ("problem.location", "errors.[].location", EXACT),
            id="location-that-is-no-place",
        ),
        pytest.param({"traceId": "4bf9"}, ("problem.members", "", DOCUMENTED), id="undocumented-member"),
        pytest.param(
            {"errors": [ITEM | {"code": 1}]}, ("problem.errors", "errors.[]", DOCUMENTED), id="undocumented-in-an-item"
        ),
        pytest.param({"errors": ITEM}, ("problem.errors", "errors", DOCUMENTED), id="errors-an-object"),
        pytest.param({"errors": ["x"]}, ("problem.errors", "errors.[]", DOCUMENTED), id="item-a-string"),
        pytest.param({"title": 404}, ("problem.title", "title", DOCUMENTED), id="type-of-the-title"),
        pytest.param({"status": "404"}, ("problem.status", "status", DOCUMENTED), id="type-of-the-status"),
        pytest.param({"status": True}, ("problem.status", "status", DOCUMENTED), id="type-of-the-status-boolean"),
        pytest.param({"detail": None}, ("problem.detail", "detail", DOCUMENTED), id="type-of-the-detail"),
        pytest.param({"type": 1}, ("problem.type", "type", DOCUMENTED), id="type-of-the-type"),
        pytest.param({"type": "a b"}, ("problem.type", "type", DOCUMENTED), id="form-of-the-type"),
        pytest.param(
            {"errors": [ITEM | {"message": 1}]},
            ("problem.errors", "errors.[].message", DOCUMENTED),
            id="message-number",
        ),
    ],
)
def test_a_violation_has_the_layer_that_asks_for_it(
    changes: dict[str, object], found: tuple[str, str, Layer], contract: str
) -> None:
    """What breaks the document is documented, also where it breaks the exact shape as well; it is told once."""
    code = {"code": "CODE"} if contract == "v1" else {}

    assert layers(404, answer(404, problem(404, **code | changes)), contract) == [found]


@pytest.mark.parametrize(
    ("contract", "changes", "found"),
    [
        pytest.param("docs", {"errors": None}, [("problem.errors", "errors", DOCUMENTED)], id="errors-null-in-docs"),
        pytest.param("v1", {"errors": None}, [], id="errors-null-in-v1"),
        pytest.param("docs", {"code": "CODE"}, [("problem.members", "", DOCUMENTED)], id="code-in-docs"),
        pytest.param("v1", {"code": LEFT_OUT}, [("problem.required", "", DOCUMENTED)], id="no-code-in-v1"),
        pytest.param("v1", {"code": 1}, [("problem.member", "code", DOCUMENTED)], id="code-number-in-v1"),
        pytest.param("docs", {"type": "/relative"}, [], id="relative-type-in-docs"),
        pytest.param("v1", {"type": "/relative"}, [("problem.type", "type", DOCUMENTED)], id="relative-type-in-v1"),
        pytest.param("docs", {"instance": "a b"}, [("problem.instance", "instance", DOCUMENTED)], id="instance"),
    ],
)
def test_the_document_of_the_pin_decides(
    contract: str, changes: dict[str, object], found: list[tuple[str, str, Layer]]
) -> None:
    """The documented layer is that of the pinned release, the exact one is the same in each."""
    code = {"code": "CODE"} if contract == "v1" else {}

    assert layers(404, answer(404, problem(404, **code | changes)), contract) == found


def test_what_is_wrong_in_two_ways_is_told_in_each() -> None:
    """One answer may break both layers, in different things."""
    response = answer(404, problem(404, title="Gone", traceId="4bf9", detail=LEFT_OUT))

    assert sorted(layers(404, response)) == [
        ("problem.members", "", DOCUMENTED),
        ("problem.required", "", EXACT),
        ("problem.title", "title", EXACT),
    ]


def test_each_member_that_is_missing_is_told() -> None:
    """A documented member that is missing does not hide that one of the exact shape is missing, too."""
    body = problem(404, title=LEFT_OUT)

    assert sorted(layer for _, _, layer in layers(404, answer(404, body), "v1")) == [DOCUMENTED, EXACT]


@pytest.mark.parametrize(
    ("status", "response", "promise", "layer"),
    [
        pytest.param(204, answer(204, wire=b"x"), "success.empty", EXACT, id="bytes-after-204"),
        pytest.param(404, answer(404, headers=NO_PROBLEM), "problem.media_type", DOCUMENTED, id="media-type"),
        pytest.param(404, answer(404, b"\xef\xbb\xbf" + problem(404)), "problem.encoding", EXACT, id="byte-order-mark"),
        pytest.param(404, answer(404, b"NaN"), "problem.json", EXACT, id="nan"),
        pytest.param(404, answer(404, b'{"title":"x",' + problem(404)[1:]), "problem.unique_names", EXACT, id="twice"),
        pytest.param(404, answer(404, b"[]"), "problem.object", DOCUMENTED, id="array"),
        pytest.param(422, answer(404), "status.schema", DOCUMENTED, id="status-of-another-circumstance"),
        pytest.param(422, answer(409), "status.documented", DOCUMENTED, id="status-that-is-not-documented"),
        pytest.param(204, answer(500), "status.internal_error", EXACT, id="500"),
        pytest.param(404, answer(301), "response.redirect", EXACT, id="redirect"),
    ],
)
def test_a_rule_that_is_not_of_a_member_has_a_layer_of_its_own(
    status: int, response: Response, promise: str, layer: Layer
) -> None:
    """What is not about a problem's members has the layer that promises.yaml gives it."""
    assert next(found[::2] for found in layers(status, response)) == (promise, layer)
    assert promises()[promise].layer is layer


def test_a_violation_is_of_its_promise_s_layer_unless_it_says_another() -> None:
    """A promise that both layers ask for has one sentence; the violation says which of them is broken."""
    assert violation("problem.errors", "this", "that").layer is EXACT
    assert violation("problem.errors", "this", "that", layer=DOCUMENTED).layer is DOCUMENTED


def test_the_layers_take_nothing_from_a_right_answer() -> None:
    """Nothing is wrong with an answer that both layers are content with."""
    assert promise_ids(judged(VALID, answer(204))) == []
