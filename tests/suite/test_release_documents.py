"""Whole documents of a vendor: the published release, OpenAPI 3.0, a megabyte of other operations."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from contracts.release.change import Change, Kind, Verdict
from contracts.release.comparison import compared
from contracts.release.source import read
from contracts.rules.document import DOCUMENTS, load

V1 = DOCUMENTS / "v1.yaml"
IN_3_0 = Path(__file__).with_name("docs-3.0.yaml")
MEMBERS = {"always there": "code", "optional": "errorId"}


def changes(pin: str, path: Path) -> tuple[Change, ...]:
    return compared(load(pin), read(str(path)), path.name)


def large(folder: Path, content: dict[str, Any]) -> Path:
    """The document among copies of its operation and schemas, a megabyte in all."""
    text = json.dumps(content["paths"]["/customers/{customerSlug}"])
    schemas = content["components"]["schemas"]
    copies = range(120)
    paths = {f"/copies{number}/{{customerSlug}}": json.loads(text) for number in copies}
    named = {f"{name}{number}": schema for number in copies for name, schema in schemas.items()}
    filler = {f"Filler{number}": {"description": "x" * 1000} for number in range(500)}
    whole = content | {"paths": paths | content["paths"]}
    whole |= {"components": content["components"] | {"schemas": filler | named | schemas}}
    path = folder / "large.json"
    path.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    return path


def test_the_published_release_is_safe_with_two_new_problem_members() -> None:
    """From docs to v1 every request is still taken, and problems have two new members: that is all the drift."""
    found = changes("docs", V1)

    drift = [(change.where, change.what) for change in found if change.kind is Kind.DRIFT]
    compatible = [change.what for change in found if change.kind is Kind.COMPATIBLE]

    assert Verdict(found).safe
    assert drift == [
        ("answer 400, 401, 403, 404, 422 and 500", f"the member {name} is new, and {there}")
        for there, name in MEMBERS.items()
    ]
    assert compatible == [f"the member {name} is new, and optional" for name in ("domain", "slug", "integrations")]


def test_the_published_release_is_not_safe_when_the_pin_is_exact() -> None:
    """With --exact the two new members count."""
    assert not Verdict(changes("docs", V1), exact=True).safe


def test_the_way_back_is_not_safe() -> None:
    """From v1 to docs three members are refused, and the code of a problem is missed."""
    reasons = [
        reason for change in changes("v1", DOCUMENTS / "docs.yaml") if change.proof for reason in change.proof.reasons
    ]

    assert [name for name in ("slug", "domain", "integrations", "code") if name in " ".join(reasons)] == [
        "slug",
        "domain",
        "integrations",
        "code",
    ]


@pytest.mark.parametrize("name", ["docs", "v1"])
def test_a_release_changes_nothing_to_itself(name: str) -> None:
    """A document compared with itself has no change."""
    assert changes(name, DOCUMENTS / f"{name}.yaml") == ()


def test_openapi_3_0_is_read_by_meaning() -> None:
    """The same contract in the words of OpenAPI 3.0 refuses nothing and answers nothing new."""
    found = changes("docs", IN_3_0)

    assert [(change.kind, change.what) for change in found] == [(Kind.COMPATIBLE, "less may come than was promised")]


def test_a_nullable_that_is_gone_is_found(tmp_path: Path) -> None:
    """In OpenAPI 3.0 null is refused as soon as nullable is not said."""
    path = tmp_path / "candidate.yaml"
    path.write_text(IN_3_0.read_text(encoding="utf-8").replace("{type: string, nullable: true}", "{type: string}"))

    proofs = [change.proof.value for change in changes("docs", path) if change.proof]

    assert [proof["externalCustomerId"] for proof in proofs] == [None]


def test_a_megabyte_is_compared_in_seconds(tmp_path: Path) -> None:
    """A document of a megabyte with more than a hundred operations takes less than 3 seconds."""
    path = large(tmp_path, dict(load("v1").content))
    began = time.perf_counter()

    found = changes("docs", path)

    took = time.perf_counter() - began
    assert path.stat().st_size > 1_000_000
    assert [change.kind for change in found if change.kind is not Kind.COMPATIBLE] == [Kind.DRIFT, Kind.DRIFT]
    assert took < 3


def test_a_schema_that_refers_to_itself_is_decided(tmp_path: Path) -> None:
    """A new member that is a customer again, as in a tree, is one more optional member."""
    content = json.loads(json.dumps(load("docs").content))
    schema = content["components"]["schemas"]["CustomerUpdate"]
    schema["properties"]["parent"] = {"$ref": "#/components/schemas/CustomerUpdate"}
    path = tmp_path / "tree.json"
    path.write_text(json.dumps(content))

    assert [change.what for change in changes("docs", path)] == ["the member parent is new, and optional"]


def test_each_reason_is_shown_by_an_answer_of_its_own(tmp_path: Path) -> None:
    """Where several things are wrong at once, each answer that proves one is right in all else."""
    content = json.loads(json.dumps(load("docs").content))
    problem = content["components"]["schemas"]["Problem"]
    problem["required"] = []
    problem["properties"]["errors"]["type"] = ["array", "null"]
    path = tmp_path / "loose.json"
    path.write_text(json.dumps(content))

    proofs = [
        change.proof for change in changes("docs", path) if change.proof and change.where.startswith("answer 400")
    ]

    assert [len(proof.rules) for proof in proofs] == [1, 1, 1, 1]
    assert {proof.reasons for proof in proofs} == {
        ('"title" is a required property',),
        ('"status" is a required property',),
        ('"detail" is a required property',),
        ('null is not of type "array" [at errors]',),
    }
