"""Whole documents of a vendor: the published release, OpenAPI 3.0, a megabyte of other operations."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.candidate import read
from contracts.release import Change, Kind, ReleaseVerdict
from contracts.release.comparison import compared
from contracts.report.release import blocks
from contracts.rules.document import DOCUMENTS, load, pinned

V1 = DOCUMENTS / "v1.yaml"
IN_3_0 = Path(__file__).with_name("docs-3.0.yaml")
MEMBERS = ("domain", "billingEmail", "slug", "integrations")


def changes(pin: str, path: Path) -> tuple[Change, ...]:
    return compared(pinned(pin), read(str(path)))


def proofs(found: tuple[Change, ...]) -> list[Any]:
    return [change.proof.value for change in found if change.proof]


def told(found: tuple[Change, ...]) -> str:
    return "\n".join(blocks(ReleaseVerdict(found)))


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


def test_the_published_release_breaks_one_thing() -> None:
    """From docs to v1 every request is still taken; errors may be null, and problems have two new members."""
    found = changes("docs", V1)

    drift = [(change.where, change.what) for change in found if change.kind is Kind.DRIFT]
    compatible = [change.what for change in found if change.kind is Kind.COMPATIBLE]

    assert proofs(found) == [{"errors": None}]
    assert drift == [
        ("answer 400, 401, 403, 404, 422 and 500", f"the member {name} is new, and optional")
        for name in ("code", "errorId")
    ]
    assert compatible == [f"the member {name} is new, and optional" for name in MEMBERS]


def test_a_release_with_two_new_problem_members_is_safe_unless_the_pin_is_exact(tmp_path: Path) -> None:
    """Two new members of a problem, as v1 has them, are drift: they count with --exact alone."""
    path = tmp_path / "candidate.yaml"
    path.write_text(V1.read_text(encoding="utf-8").replace("[array, 'null']", "array"), encoding="utf-8")
    found = changes("docs", path)

    assert ReleaseVerdict(found).safe, told(found)
    assert not ReleaseVerdict(found, exact=True).safe


def test_the_way_back_is_not_safe() -> None:
    """From v1 to docs the members that v1 has added are refused, and the type of a problem need not be a whole URI."""
    found = changes("v1", DOCUMENTS / "docs.yaml")

    refused = " ".join(reason for change in found if change.proof for reason in change.proof.reasons)

    assert [name for name in MEMBERS if f'"{name}" is not allowed' in refused] == [*MEMBERS]
    assert [proof for proof in proofs(found) if "name" not in proof] == [{"type": ""}], told(found)


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

    assert [proof["externalCustomerId"] for proof in proofs(changes("docs", path))] == [None]


def test_a_megabyte_is_compared_in_seconds(tmp_path: Path) -> None:
    """A document of a megabyte with more than a hundred operations takes less than 3 seconds of a processor."""
    path = large(tmp_path, dict(load("v1").content))
    began = time.process_time()

    found = changes("docs", path)

    took = time.process_time() - began
    assert path.stat().st_size > 1_000_000
    assert [change.what for change in found] == [change.what for change in changes("docs", V1)]
    assert took < 3


def test_a_schema_that_refers_to_itself_is_decided(tmp_path: Path) -> None:
    """A new member that is a customer again, as in a tree, is one more optional member."""
    content = json.loads(json.dumps(load("docs").content))
    schema = content["components"]["schemas"]["CustomerUpdate"]
    schema["properties"]["parent"] = {"$ref": "#/components/schemas/CustomerUpdate"}
    path = tmp_path / "tree.json"
    path.write_text(json.dumps(content))

    assert [change.what for change in changes("docs", path)] == ["the member parent is new, and optional"]


def test_schemas_that_refer_to_each_other_are_decided_soon(tmp_path: Path) -> None:
    """Six kinds of objects that all refer to each other are compared within 5 seconds of a processor."""
    content = json.loads(json.dumps(load("docs").content))
    schemas = content["components"]["schemas"]
    kinds = [f"Kind{number}" for number in range(6)]
    members = {f"of{kind}": {"$ref": f"#/components/schemas/{kind}"} for kind in kinds}
    schemas |= {kind: {"type": "object", "properties": members} for kind in kinds}
    for schema in ("CustomerUpdate", "Problem"):
        schemas[schema]["properties"]["tree"] = {"$ref": "#/components/schemas/Kind0"}
    path = tmp_path / "trees.json"
    path.write_text(json.dumps(content))
    began = time.process_time()

    found = changes("docs", path)

    assert time.process_time() - began < 5
    assert {change.what for change in found} == {"the member tree is new, and optional"}


def test_an_answer_called_default_is_read_in_the_words_of_3_0(tmp_path: Path) -> None:
    """In OpenAPI 3.0 what is nullable in the answer `default` may be null, as in any other."""
    content = yaml.safe_load(IN_3_0.read_text(encoding="utf-8"))
    ((_, item),) = content["paths"].items()
    put = item["put"]
    put["responses"] = {"204": put["responses"]["204"], "default": put["responses"]["400"]}
    problem = json.loads(json.dumps(content["components"]["schemas"]["Problem"]))
    problem["properties"]["errors"]["nullable"] = True
    body = {"application/problem+json": {"schema": problem}}
    put["responses"]["default"] = {"description": "Wrong", "content": body}
    path = tmp_path / "default.json"
    path.write_text(json.dumps(content))

    assert [proof["errors"] for proof in proofs(changes("docs", path))] == [None]


def test_each_reason_is_shown_by_an_answer_of_its_own(tmp_path: Path) -> None:
    """Where several things are wrong at once, each answer that proves one is right in all else."""
    content = json.loads(json.dumps(load("docs").content))
    members = content["components"]["schemas"]["Problem"]["properties"]
    members["errors"]["type"] = ["array", "null"]
    members |= {"title": {"type": "integer"}, "status": {"type": "string"}, "detail": {"type": "object"}}
    path = tmp_path / "loose.json"
    path.write_text(json.dumps(content))

    found = [change.proof for change in changes("docs", path) if change.proof and "400" in change.where]

    assert [len(proof.reasons) for proof in found] == [1, 1, 1, 1]
    assert [list(proof.value) for proof in found] == [list(proof.value)[:1] for proof in found]
    assert {proof.reasons[0].partition("is not of type ")[2] for proof in found} == {
        '"string" [at title]',
        '"integer" [at status]',
        '"string" [at detail]',
        '"array" [at errors]',
    }
