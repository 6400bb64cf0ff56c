"""What a candidate leaves unsaid of a problem that every answer is held to all the same (`exact.yaml`).

A document that says less than that is no breaking release: a deployment that does less is a broken one, in any run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jsonschema_rs.canonical import Containment

from contracts.release.change import Proof
from contracts.release.containment import contained
from contracts.release.schema import Schema
from contracts.rules.exact import exact

Json = Any


def says_less(proof: Proof, candidate: Schema) -> bool:
    """Whether a proof shows no more than that: an answer that no run lets pass.

    `candidate` is the schema of the candidate's problems. By it, each member that the proof is about may be all that it
    has to be able to be.
    """
    if not isinstance(proof.value, dict):
        return False
    wrong = {name for name, schema in exact().members.items() if name in proof.value and _breaks(name, proof.value)}
    about = {_member_of(reason) for reason in proof.rules}
    return about <= wrong and all(_covers(candidate, name) for name in about)


def _member_of(reason: str) -> str:
    """The member of the problem that a reason is about; empty where it is about the problem itself."""
    path = json.loads(reason)[0]
    return path[0] if path else ""


def _breaks(name: str, problem: Json) -> bool:
    return any(finding.path[:1] == (name,) for finding in exact().shape_findings({name: problem[name]}))


def _covers(candidate: Schema, name: str) -> bool:
    """Whether the candidate's member may be all that it has to be able to be."""
    parts = list(_parts(candidate, candidate, name))
    wanted = dict(exact().members[name])
    if name == "errors":
        # Whether it may be null, and what an item has besides, is for the document to say.
        wanted |= {"type": "array", "items": wanted["items"] | {"additionalProperties": False}}
    given = {"allOf": parts, "$defs": candidate.get("$defs", {})}
    return contained(wanted, given, thorough=False).answer == Containment.YES


def _parts(root: Schema, node: Json, name: str) -> Iterator[Json]:
    """The schemas of a member that hold in any case."""
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        yield from _parts(root, root["$defs"][node["$ref"].rsplit("/", 1)[-1]], name)
    for part in node.get("allOf", ()):
        yield from _parts(root, part, name)
    if name in node.get("properties", {}):
        yield node["properties"][name]
