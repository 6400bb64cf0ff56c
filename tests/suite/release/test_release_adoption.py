"""Moving the pin: the candidate's operation becomes a contract that the suite can be run with."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.candidate import adopt, place_of, read
from contracts.errors import WrongCall
from contracts.release import Change
from contracts.release.comparison import compared
from contracts.rules.document import DOCUMENTS, load, pinned
from contracts.rules.openapi import References
from tests.suite.release_pairs import Pair, pairs
from tests.suite.suite_run import NO_TABLES, run_suite

IN_3_0 = Path(__file__).with_name("docs-3.0.yaml")
CANDIDATES = [pytest.param(DOCUMENTS / "v1.yaml", id="v1"), pytest.param(IN_3_0, id="in-openapi-3.0")]

CREATED = {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}
PROBLEM = {"$ref": "#/components/responses/Problem"}


def adopted(candidate: Path | References, folder: Path) -> Path:
    path = place_of("next", folder)
    adopt(path, read(str(candidate)) if isinstance(candidate, Path) else candidate)
    return path


def differences(pin: Path, candidate: Path | References) -> tuple[Change, ...]:
    return compared(pinned(str(pin)), read(str(candidate)) if isinstance(candidate, Path) else candidate)


def of(content: Any) -> References:
    """A candidate with this document."""
    return References(content, "candidate 'candidate.yaml'")


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_what_is_adopted_says_what_the_candidate_says(candidate: Path, tmp_path: Path) -> None:
    """From the adopted contract to the candidate nothing changes."""
    assert differences(adopted(candidate, tmp_path), candidate) == ()


def test_headers_of_answers_are_adopted(tmp_path: Path) -> None:
    """A header that a release promises is promised by the adopted contract."""
    (pair,) = [pair for pair in pairs("drift") if pair.id == "new-required-header"]

    assert differences(adopted(of(pair.content), tmp_path), of(pair.content)) == ()


def test_an_error_without_a_body_is_adopted_as_it_is(tmp_path: Path) -> None:
    """A release may leave the body of an error open: what every answer is held to is held all the same."""
    (pair,) = [pair for pair in pairs("breaking") if pair.id == "error-without-body"]

    document = load(str(adopted(of(pair.content), tmp_path)))

    assert not document.operation.answers["400"].contents
    result = run_suite("--contract", document.name, "-k", "not_json", journal=tmp_path, file="test_400_bad_request.py")
    assert result.returncode == 0


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_what_is_adopted_is_valid_openapi_3_1(candidate: Path, tmp_path: Path) -> None:
    """The adopted contract validates against the OpenAPI 3.1 meta-schema."""
    content: dict[str, Any] = yaml.safe_load(adopted(candidate, tmp_path).read_text(encoding="utf-8"))

    assert [error.message for error in OpenAPIV31SpecValidator(content).iter_errors()] == []


@pytest.mark.parametrize(
    ("candidate", "selected"), [(DOCUMENTS / "v1.yaml", ()), (IN_3_0, NO_TABLES)], ids=["v1", "in-openapi-3.0"]
)
def test_a_run_with_what_is_adopted_is_green(candidate: Path, selected: tuple[str, ...], tmp_path: Path) -> None:
    """The suite runs with the adopted contract against a vendor that behaves so."""
    result = run_suite("--contract", str(adopted(candidate, tmp_path)), *selected, journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]


ODD_ANSWERS = {
    "200-in-place-of-204": {"remove": ("put.responses.204",), "set": {"put.responses.200": CREATED}},
    "204-and-200": {"set": {"put.responses.200": CREATED}},
    "errors-without-a-body": {
        "set": {"put.responses.400": {"description": "?"}, "put.responses.422": {"description": "?"}}
    },
    "errors-in-plain-json": {"set": {"put.responses.422": CREATED}},
    "no-errors": {"set": {"put.responses": {"204": {"description": "Empty"}}}},
    "errors-by-default": {"set": {"put.responses": {"204": {"description": "Empty"}, "default": PROBLEM}}},
    "errors-by-range": {"set": {"put.responses": {"204": {"description": "Empty"}, "4XX": PROBLEM, "5XX": PROBLEM}}},
    "problems-with-a-trace": {
        "set": {
            "problem.properties.traceId": {"type": "string", "format": "uuid"},
            "problem.required": ["traceId", "type", "title"],
        }
    },
    "problems-of-any-kind": {"set": {"components.responses.Problem.content.application/problem+json.schema": True}},
    "other-lists-of-errors": {"set": {"problem.properties.errors": {"type": "object"}}},
}
ODD_BODIES = {
    "optional-by-one-of": {
        "set": {"body.properties.externalCustomerId": {"oneOf": [{"type": "string"}, {"type": "null"}]}}
    },
    "optional-by-reference": {
        "set": {
            "components.schemas.Id": {"type": "string"},
            "body.properties.externalCustomerId": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]},
        }
    },
    "true-as-a-schema": {"set": {"body.properties.externalCustomerId": True, "item.properties.value": True}},
    "one-member-less": {"remove": ("body.properties.externalCustomerId",)},
    "one-member-more": {"set": {"body.properties.email": {"type": "string"}, "body.required": ["name", "email"]}},
    "one-member-less, and any other": {"remove": ("body.properties.externalCustomerId", "body.additionalProperties")},
    "nothing-required": {"remove": ("body.required",)},
    "names-of-a-list": {"set": {"body.properties.name": {"enum": ["Acme", "Umbrella"]}}},
}


def both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The edits of two releases in one."""
    removed = (*first.get("remove", ()), *second.get("remove", ()))
    return {"remove": removed, "set": first.get("set", {}) | second.get("set", {})}


# One of each at a time: a run takes long.
ODD = [
    pytest.param(both(ODD_ANSWERS[answers], ODD_BODIES.get(bodies, {})), id=f"{answers}, {bodies}".strip(", "))
    for answers, bodies in zip_longest(ODD_ANSWERS, ODD_BODIES, fillvalue="")
]


@pytest.mark.parametrize("edits", ODD)
def test_an_odd_release_is_adopted_and_green_on_its_own_mock(edits: dict[str, Any], tmp_path: Path) -> None:
    """Whatever a release says of answers and bodies, the suite runs with it, and a vendor that does so is right."""
    path = adopted(of(Pair("odd", "any", **edits).content), tmp_path)

    result = run_suite("--contract", str(path), *NO_TABLES, journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        pytest.param({"problem.properties.title.type": "integer"}, "is not of type", id="title-as-a-number"),
        pytest.param({"problem.properties.status.type": "string"}, "is not of type", id="status-as-text"),
        pytest.param({"put.requestBody.content.application/json.schema": True}, "names no member", id="any-body"),
        pytest.param(
            {"put.parameters": [{"in": "header", "name": "X-Id", "required": True, "schema": {"type": "string"}}]},
            "requires the header parameter X-Id",
            id="a-header-that-nobody-sends",
        ),
    ],
)
def test_a_release_that_no_answer_can_follow_is_not_adopted(edits: dict[str, Any], says: str, tmp_path: Path) -> None:
    """What contradicts the shape of every answer, or says nothing of requests, is refused in one line."""
    with pytest.raises(WrongCall, match=says) as caught:
        adopted(of(Pair("odd", "any", set=edits).content), tmp_path)

    assert "cannot be adopted" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    """What is text in the candidate is text in the adopted contract, for a reader of YAML 1.2, too."""
    pair = Pair("text", "any", set={"body.properties.name.enum": ["1e3", "0x1f", "12", "on", "~", "2026-01-01"]})

    assert differences(adopted(of(pair.content), tmp_path), of(pair.content)) == ()


def test_read_only_members_stay_read_only(tmp_path: Path) -> None:
    """The adopted contract keeps apart what a client sends and what only the vendor sets."""
    document = load(str(adopted(DOCUMENTS / "v1.yaml", tmp_path)))

    assert document.read_only_members == load("v1").read_only_members


def test_other_operations_are_left_behind(tmp_path: Path) -> None:
    """Only the operation under contract is written, whatever else the document has."""
    path = tmp_path / "candidate.yaml"
    others = "paths:\n  /others:\n    get: {responses: {'200': {description: Others}}}\n"
    path.write_text((DOCUMENTS / "docs.yaml").read_text(encoding="utf-8").replace("paths:\n", others, 1))

    content = yaml.safe_load(adopted(path, tmp_path).read_text(encoding="utf-8"))

    assert list(content["paths"]) == ["/customers/{customerSlug}"]


@pytest.mark.parametrize("name", ["", "../next", "Next", "a b", ".next"])
def test_a_name_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    """A contract's name is made of small letters, digits, dots and hyphens."""
    with pytest.raises(WrongCall, match="cannot be a contract's name"):
        place_of(name, tmp_path)


def test_a_contract_is_never_written_over() -> None:
    """A name that is taken is refused, and the contract of that name stays as it was."""
    with pytest.raises(WrongCall, match="exists; choose another name, or remove it"):
        place_of("v1")


@pytest.mark.parametrize("id_", ["gone", "no-body-taken"])
def test_a_release_that_the_suite_cannot_be_run_with_is_refused(id_: str, tmp_path: Path) -> None:
    """Without the operation or its body nothing is written, and one line says so."""
    (pair,) = [pair for pair in pairs("breaking") if pair.id == id_]

    with pytest.raises(WrongCall, match="adopted") as caught:
        adopted(of(pair.content), tmp_path)

    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
