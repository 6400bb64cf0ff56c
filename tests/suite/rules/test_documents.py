"""Each contract document is valid OpenAPI 3.1 and says what the vendor documented; no other file is taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.errors import WrongCall
from contracts.rules.document import DOCUMENTS, Document, load
from contracts.rules.operation import PATH
from tests.suite.samples import DOCUMENTED

PATHS = sorted(DOCUMENTS.glob("*.yaml"))


@pytest.fixture(params=["docs", "v1"])
def document(request: pytest.FixtureRequest) -> Document:
    """Each of the two documents."""
    return load(request.param)


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_each_document_is_valid_openapi_3_1(path: Path) -> None:
    """Each document validates against the OpenAPI 3.1 meta-schema."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))

    errors = [error.message for error in OpenAPIV31SpecValidator(content).iter_errors()]

    assert content["openapi"].startswith("3.1.")
    assert errors == []


def test_the_released_documents_are_there() -> None:
    """There is one document for each release that the README names."""
    # Whoever adopts a release has further ones.
    assert {"docs", "v1"} <= {path.stem for path in PATHS}


def test_the_documented_statuses_are_the_seven(document: Document) -> None:
    """The operation is documented to answer 204 and six errors."""
    assert document.documented == {204, *DOCUMENTED}


def test_a_204_has_no_content(document: Document) -> None:
    """The 204 is documented without any body."""
    assert not document.operation.answers["204"].contents


@pytest.mark.parametrize("status", DOCUMENTED)
def test_an_error_has_one_media_type(document: Document, status: int) -> None:
    """Each error is documented as application/problem+json and nothing else."""
    assert list(document.operation.answers[str(status)].contents) == ["application/problem+json"]


def test_the_operation_takes_one_slug_and_a_json_body(document: Document) -> None:
    """The path has one required string, and the body is required JSON."""
    operation = document.operation

    parameters = operation.parameters.values()
    assert [(parameter.called, parameter.required, parameter.schema) for parameter in parameters] == [
        ("path parameter customerSlug", True, {"type": "string"})
    ]
    assert (list(operation.bodies), operation.body_required) == (["application/json"], True)


def test_the_operation_needs_the_scope_to_write(document: Document) -> None:
    """The operation is called with a bearer token that has write:customers."""
    scheme = document.content["components"]["securitySchemes"]["bearer"]

    assert document.operation.security == ({"bearer token": frozenset({"write:customers"})},)
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize(
    ("name", "writable", "read_only"),
    [
        pytest.param("docs", {"name", "externalCustomerId"}, set(), id="docs"),
        pytest.param(
            "v1",
            {"name", "externalCustomerId", "domain", "billingEmail", "slug", "integrations"},
            {"id", "createdAt", "createdBy", "updatedAt", "updatedBy"},
            id="v1",
        ),
    ],
)
def test_a_request_has_the_documented_members(name: str, writable: set[str], read_only: set[str]) -> None:
    """A client may send these members; those others only the vendor sets."""
    document = load(name)

    assert set(document.request_members) == writable
    assert document.read_only_members == read_only


@pytest.mark.parametrize("schema", ["Problem", "ErrorDetail"])
def test_no_member_of_a_problem_is_marked_as_required(document: Document, schema: str) -> None:
    """The vendor requires no member of a problem, nor of an item of its errors: what is held stands in exact.yaml."""
    described = document.content["components"]["schemas"][schema]

    assert "required" not in described
    assert described["additionalProperties"] is False


def test_a_document_fixes_no_text(document: Document) -> None:
    """No document says which one text a member must have, and none has an extension of ours: the vendor has neither."""
    own = {"const", "enum", "not", "if", "contains", "minItems"}

    assert [name for name in names_in(document.content) if name in own or name.startswith("x-")] == []


def names_in(content: Any) -> Iterator[str]:
    """Every name of a member, at any depth."""
    if isinstance(content, dict):
        yield from map(str, content)
    for item in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from names_in(item)


def test_of_a_problem_s_texts_only_the_form_of_references_is_documented(document: Document) -> None:
    """By the document a title is any string and a status any integer: which are right the vendor does not say."""
    members = document.problem_members(400)

    assert members["title"] == {"type": "string"}
    assert members["detail"] == {"type": "string"}
    assert members["status"]["type"] == "integer"
    assert members["type"]["default"] == "about:blank"


def test_an_unknown_release_is_a_wrong_call() -> None:
    """A name that is neither a release nor a file is a wrong call, and says which releases there are."""
    with pytest.raises(WrongCall, match=r"unknown contract 'v9': give one of docs, .*v1, or a file"):
        load("v9")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"openapi: [3.1.0\npaths: {", id="broken-yaml"),
        pytest.param(b"<!doctype html>\n<html><body>\n<p>Sign in: here</p></body></html>", id="html"),
        pytest.param(b"just words", id="words"),
        pytest.param(b"- a\n- list\n", id="list"),
        pytest.param(b"\xff\xfe\x00binary", id="not-utf-8"),
        pytest.param(b"openapi: 3.1.0\npaths: {/customers: {post: {}}}", id="no-such-operation"),
        pytest.param(f"openapi: 3.1.0\npaths: {{'{PATH}': {{get: {{}}}}}}".encode(), id="no-such-method"),
        pytest.param(f"openapi: 3.1.0\npaths: {{'{PATH}': {{put: {{}}}}}}".encode(), id="no-request-body"),
        pytest.param((DOCUMENTS / "docs.yaml").read_bytes().replace(b"    Problem:", b"    P:"), id="dangling-ref"),
        pytest.param((DOCUMENTS / "docs.yaml").read_bytes().replace(b"type: object", b"type: objekt"), id="no-type"),
    ],
)
def test_a_file_that_is_no_document_is_a_wrong_call(content: bytes, tmp_path: Path) -> None:
    """A file that does not describe the operation is refused, in one line that names it."""
    path = tmp_path / "candidate.yaml"
    path.write_bytes(content)

    with pytest.raises(WrongCall, match=r"candidate\.yaml") as caught:
        load(str(path))

    assert "\n" not in str(caught.value)


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    """A folder in place of a file is a wrong call."""
    with pytest.raises(WrongCall, match="unknown contract"):
        load(str(tmp_path))


def test_a_document_may_be_a_file(tmp_path: Path) -> None:
    """A document outside the package is read like the ones in it."""
    path = tmp_path / "candidate.yaml"
    path.write_bytes((DOCUMENTS / "v1.yaml").read_bytes())

    assert load(str(path)).read_only_members == load("v1").read_only_members
