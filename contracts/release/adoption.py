"""Moving the pin: a release's operation, as the vendor words it, as a contract document of its own."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts.errors import WrongCall
from contracts.http.exchange import OPERATION
from contracts.rules.document import DOCUMENTS, JSON, load
from contracts.rules.openapi import References
from contracts.rules.operation import PATH, Operation, find
from contracts.rules.problem import exact

Json = Any

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")


def place_of(name: str, folder: Path = DOCUMENTS, *, anew: bool = False) -> Path:
    """The file for a contract of this name; where there is one it may be written over only `anew`.

    Raises:
        WrongCall: the name cannot be used, or is taken.

    """
    path = folder / f"{name}.yaml"
    if not _NAME.fullmatch(name):
        raise WrongCall(f"--adopt {name!r} is no name for a contract: use small letters, digits, dots and hyphens")
    if path.exists() and not anew:
        raise WrongCall(f"--adopt {name!r}: there is a contract of that name; choose another")
    return path


def adopt(name: str, candidate: References, folder: Path = DOCUMENTS, *, anew: bool = False) -> Path:
    """Write the operation of a release's document as the contract `name`, and return its file.

    `anew` writes over what was written before.

    Raises:
        WrongCall: the name cannot be used or is taken, or the suite cannot be run with what the document says.

    """
    path = place_of(name, folder, anew=anew)
    operation = find(candidate)
    if operation is None or not operation.bodies.keys() & {JSON, "*/*"}:
        lacks = f"a body of {JSON}" if operation else f"the operation {OPERATION} {PATH}"
        raise candidate.wrong(f"cannot be adopted: it lacks {lacks}")
    # JSON and back: what stands in several places is written in full in each, and not as an alias.
    content = json.loads(json.dumps(_document_of(operation)))
    written = yaml.safe_dump(content, sort_keys=False, width=110, allow_unicode=True)
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / path.name
        draft.write_text(f"# Taken from the vendor's document by `release --adopt {name}`.\n{written}", "utf-8")
        try:
            document = load(str(draft))
        except WrongCall as error:
            raise candidate.wrong(f"cannot be adopted: {str(error).partition(': ')[2] or error}") from None
        if not document.request_members:
            raise candidate.wrong("cannot be adopted: its request body names no member that a client may send")
        for status, message in exact().contradictions(document):
            why = f"no answer {status} can also be as every answer has to be: {message}"
            raise candidate.wrong(f"cannot be adopted: {why}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(draft.read_bytes())
        except OSError as error:
            raise WrongCall(f"{path} cannot be written: {error.strerror}") from None
    return path


def _document_of(operation: Operation) -> dict[str, Json]:
    """The operation as a whole OpenAPI 3.1 document, with all that it refers to at the places where that was."""
    candidate = operation.references
    item = candidate.resolved(candidate.content["paths"][operation.path], "the path")
    put = {**candidate.resolved(item[OPERATION.lower()], "the operation")}
    put["security"] = put.get("security", candidate.content.get("security", []))
    (slug,) = re.findall(r"\{(.*?)\}", PATH)
    listed = [candidate.resolved(one, "a parameter") for holder in (item, put) for one in holder.get("parameters", [])]
    put["parameters"] = [parameter for parameter in listed if parameter.get("in") != "path"]
    put["parameters"].append({"name": slug, "in": "path", "required": True, "schema": operation.slug.schema})
    put["requestBody"] = {"required": operation.body_required} | _content(operation.bodies)
    put["responses"] = {
        status: {"description": status} | _content(answer.contents) for status, answer in operation.answers.items()
    }
    whole: dict[str, Json] = {
        "openapi": "3.1.0",
        "info": candidate.content.get("info", {"title": "Kaiten, update a customer", "version": "unknown"}),
        "paths": {PATH: {OPERATION.lower(): put}},
        "components": {"securitySchemes": (candidate.content.get("components") or {}).get("securitySchemes", {})},
    }
    candidate.bring(put, whole)
    if "jsonSchemaDialect" in candidate.content:
        whole["jsonSchemaDialect"] = candidate.content["jsonSchemaDialect"]
    return whole


def _content(schemas: Mapping[str, Json]) -> dict[str, Json]:
    """The media types, as `Operation` calls them: documents write them in many ways."""
    named = {JSON if media_type == "*/*" else media_type: {"schema": schema} for media_type, schema in schemas.items()}
    return {"content": named} if named else {}
