"""Moving the pin: the candidate's operation becomes a contract that the suite can be run with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.errors import WrongCall
from contracts.release.adoption import adopt
from contracts.release.change import Change
from contracts.release.comparison import compared
from contracts.release.source import read
from contracts.rules.document import DOCUMENTS, load
from tests.suite.release_pairs import pairs
from tests.suite.suite_run import run_suite

CANDIDATES = [
    pytest.param(DOCUMENTS / "v1.yaml", id="v1"),
    pytest.param(Path(__file__).with_name("docs-3.0.yaml"), id="in-openapi-3.0"),
]


def adopted(candidate: Path, folder: Path) -> Path:
    return adopt("next", read(str(candidate)), load("docs"), candidate.name, folder)


def differences(pin: Path, candidate: Path) -> tuple[Change, ...]:
    return compared(load(str(pin)), read(str(candidate)), candidate.name)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_what_is_adopted_says_what_the_candidate_says(candidate: Path, tmp_path: Path) -> None:
    """From the adopted contract to the candidate nothing changes."""
    assert differences(adopted(candidate, tmp_path), candidate) == ()


def test_an_error_without_a_body_is_adopted_as_it_is(tmp_path: Path) -> None:
    """A release may leave the body of an error open: what every answer is held to is held all the same."""
    (pair,) = [pair for pair in pairs("breaking") if pair.id == "error-without-body"]

    document = load(str(adopt("next", pair.content, load("docs"), "candidate.yaml", tmp_path)))

    assert "content" not in document.operation["responses"]["400"]
    assert run_suite("--contract", document.name, "-k", "not_json", journal=tmp_path).returncode == 0


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_what_is_adopted_is_valid_openapi_3_1(candidate: Path, tmp_path: Path) -> None:
    """The adopted contract validates against the OpenAPI 3.1 meta-schema."""
    content: dict[str, Any] = yaml.safe_load(adopted(candidate, tmp_path).read_text(encoding="utf-8"))

    assert [error.message for error in OpenAPIV31SpecValidator(content).iter_errors()] == []


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_a_run_with_what_is_adopted_is_green(candidate: Path, tmp_path: Path) -> None:
    """The suite runs with the adopted contract against a vendor that behaves so."""
    result = run_suite("--contract", str(adopted(candidate, tmp_path)), journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]


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
    with pytest.raises(WrongCall, match="is no name for a contract"):
        adopt(name, load("v1").content, load("docs"), "candidate.yaml", tmp_path)


def test_a_contract_is_never_written_over() -> None:
    """A name that is taken is refused, and the contract of that name stays as it was."""
    before = (DOCUMENTS / "v1.yaml").read_bytes()

    with pytest.raises(WrongCall, match="there is a contract of that name"):
        adopt("v1", load("docs").content, load("docs"), "candidate.yaml")

    assert (DOCUMENTS / "v1.yaml").read_bytes() == before


@pytest.mark.parametrize("id_", ["gone", "no-body-taken"])
def test_a_release_that_the_suite_cannot_be_run_with_is_refused(id_: str, tmp_path: Path) -> None:
    """Without the operation or its body nothing is written, and one line says so."""
    (pair,) = [pair for pair in pairs("breaking") if pair.id == id_]

    with pytest.raises(WrongCall, match="adopted") as caught:
        adopt("next", pair.content, load("docs"), "candidate.yaml", tmp_path)

    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
