"""A candidate: a release's own document, read from wherever it is, and adopted as a contract."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import yaml

from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.exchange import Failure
from contracts.http.request import OPERATION, Request
from contracts.http.retries import INTERRUPTING
from contracts.http.target import MIB, Limits, Target
from contracts.rules.document import DOCUMENTS, JSON, load
from contracts.rules.openapi import References, document, steps
from contracts.rules.operation import PATH, Operation, find
from contracts.rules.problem import exact

Json = Any
# The largest document in bytes, and the seconds to fetch one from an address.
_LARGEST, _SECONDS = 4 * MIB, 30.0
_NOWHERE = Target("", {})
# The name of a contract; and a reference in JSON.
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
_REFERENCE = re.compile(r'"\$ref": ("[^"]*")')


class _Dumper(yaml.SafeDumper):
    """Writes YAML. It also quotes text like `1e3`, which is a number in YAML 1.2 but not in YAML 1.1."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9.]+[eE][-+]?[0-9]+$"), None)


def read(where: str, target: Target = _NOWHERE) -> References:
    """The OpenAPI document in a file, on standard input (`-`), or at an address that is reached as `target` is.

    Raises WrongCall if there is no document, it cannot be read, or it is not OpenAPI 3.0 or 3.1, and NoVerdict if the
    address cannot be reached.
    """
    data = _fetched(where, target) if where.lower().startswith(("http://", "https://")) else _file(where)
    name = f"candidate {called(where)!r}"
    if len(data) > _LARGEST:
        raise WrongCall(f"{name} is larger than {_LARGEST // MIB} MiB")
    return References(document(data, name), name)


def called(where: str) -> str:
    """How messages name a candidate: without a query, which may hold a secret."""
    return where.partition("?")[0] if "://" in where else "standard input" if where == "-" else where


def _file(where: str) -> bytes:
    try:
        if where == "-":
            return sys.stdin.buffer.read(_LARGEST + 1)
        # A shell's <(command) is a pipe, and no regular file.
        if not Path(where).exists() or Path(where).is_dir():
            raise WrongCall(f"there is no file {where!r}: give the candidate's file, or an address with https://")
        with Path(where).open("rb") as file:
            return file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise WrongCall(f"{where!r} cannot be read: {getattr(error, 'strerror', error)}") from None


def _fetched(where: str, target: Target) -> bytes:
    name = called(where)
    try:
        url = httpx.URL(where)
        if url.userinfo or not url.host:
            raise WrongCall("the candidate's address has user info, or no host: download it, and give the file")
    except httpx.InvalidURL as error:
        raise WrongCall(f"the candidate's address cannot be read: {error}") from None
    # The document is public, so no token is sent. Headers of the target are not sent to another host.
    own = httpx.URL(target.base_url)
    headers = target.headers if (url.scheme, url.netloc) == (own.scheme, own.netloc) else ()
    origin = f"{url.scheme}://{url.netloc.decode()}"
    way = replace(target, base_url=origin, tokens={}, limits=Limits(_SECONDS, _LARGEST), headers=headers)
    with Client(way) as client:
        exchange = client.once(Request("GET", url.raw_path.decode("ascii"), (("Accept", "*/*"),)))
    if exchange.failure is Failure.TOO_LARGE:
        raise WrongCall(f"candidate {name!r} is larger than {_LARGEST // MIB} MiB")
    if exchange.response is None:
        raise NoVerdict(f"{name} cannot be read: {exchange.failure}")
    if exchange.status in INTERRUPTING | {500}:
        raise NoVerdict(f"{name} answers {exchange.status}")
    if exchange.status in range(300, 400):
        raise WrongCall(f"{name} is a redirect, which is not followed: give the address that it leads to")
    if exchange.status != 200:
        raise WrongCall(f"{name} answers {exchange.status} instead of a document")
    return exchange.response.body


def place_of(name: str, folder: Path = DOCUMENTS) -> Path:
    """The file for a new contract of this name. Raises WrongCall if the name cannot be used, or is taken."""
    path = folder / f"{name}.yaml"
    if not _NAME.fullmatch(name):
        raise WrongCall(f"--adopt {name!r} cannot be a contract's name: use small letters, digits, dots and hyphens")
    if path.exists():
        raise WrongCall(f"--adopt {name!r}: contracts/documents/{name}.yaml exists; choose another name, or remove it")
    return path


def obstacle(candidate: References) -> str:
    """Why a release's document cannot be adopted, in words; empty if it can."""
    try:
        _adoptable("candidate", candidate)
    except (_Obstacle, WrongCall) as error:
        return str(error)
    return ""


def adopt(path: Path, candidate: References) -> None:
    """Write the operation of a release's document, in the vendor's own words, as the contract in this file.

    Raises WrongCall if the suite cannot be run with what the document says, or the file cannot be written.
    """
    try:
        text = _adoptable(path.stem, candidate)
    except _Obstacle as error:
        raise candidate.wrong(f"cannot be adopted: {error}") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Taken from the vendor's document by `release --adopt {path.stem}`.\n{text}", "utf-8")
    except OSError as error:
        raise WrongCall(f"{path} cannot be written: {error.strerror}") from None


class _Obstacle(Exception):
    """Why a release's document cannot be adopted, in words that follow "cannot be adopted: "."""


def _adoptable(name: str, candidate: References) -> str:
    """The text of the contract `name` that a release's document makes."""
    operation = find(candidate)
    if operation is None or not operation.bodies.keys() & {JSON, "*/*"}:
        lacks = f"a body of {JSON}" if operation else f"the operation {OPERATION} {PATH}"
        raise _Obstacle(f"it lacks {lacks}")
    # The copy by way of JSON shares no parts, so YAML writes each part in full and not as an alias.
    content = json.loads(json.dumps(_document_of(operation)))
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    try:
        adopted = load(name, document(text.encode(), f"contract {name!r}"))
        members, contradictions = adopted.request_members, [*exact().contradictions(adopted)]
    except WrongCall as error:
        raise _Obstacle(str(error).partition(": ")[2] or str(error)) from None
    if not members:
        raise _Obstacle("its request body names no member that a client may send")
    for key, parameter in operation.parameters.items():
        if parameter.required and key[0] != "path":
            raise _Obstacle(f"it requires the {parameter.called}, which no request here has")
    for status, message in contradictions:
        raise _Obstacle(f"no answer {status} can also be as every answer has to be: {message}")
    return text


def _document_of(operation: Operation) -> dict[str, Json]:
    """The operation as a whole OpenAPI 3.1 document. Everything that it refers to is at the same place as before."""
    candidate = operation.references
    item = candidate.resolved(candidate.content["paths"][operation.path], "the path")
    put = {**candidate.resolved(item[OPERATION.lower()], "the operation")}
    put["security"] = put.get("security", candidate.content.get("security", []))
    (slug,) = re.findall(r"\{(.*?)\}", PATH)
    described = [*item.get("parameters", []), *put.get("parameters", [])]
    parameters = (candidate.resolved(parameter, "a parameter") for parameter in described)
    put["parameters"] = [parameter for parameter in parameters if parameter.get("in") != "path"]
    put["parameters"].append({"name": slug, "in": "path", "required": True, "schema": operation.slug.schema})
    put["requestBody"] = {"required": operation.body_required} | _content(operation.bodies)
    put["responses"] = {}
    for status, answer in operation.answers.items():
        headers = {name: {"required": says.required, "schema": says.schema} for name, says in answer.headers.items()}
        put["responses"][status] = {"description": status, "headers": headers} | _content(answer.contents)
    whole: dict[str, Json] = {
        "openapi": "3.1.0",
        "info": {"title": "Kaiten, update a customer", "version": "unknown"},
        **{name: candidate.content[name] for name in ("info", "jsonSchemaDialect") if name in candidate.content},
        "paths": {PATH: {OPERATION.lower(): put}},
        "components": {"securitySchemes": (candidate.content.get("components") or {}).get("securitySchemes", {})},
    }
    _bring(candidate, put, whole)
    return whole


def _content(schemas: Mapping[str, Json]) -> dict[str, Json]:
    """The schemas by media type, which is written as `Operation` has it: documents write it in many ways."""
    named = {JSON if media_type == "*/*" else media_type: {"schema": schema} for media_type, schema in schemas.items()}
    return {"content": named} if named else {}


def _bring(candidate: References, node: Json, whole: dict[str, Json]) -> None:
    """Copy everything that a part of the candidate refers to into `whole`, to the same place."""
    pending, seen = [node], set()
    while pending:
        text = json.dumps(pending.pop(0))
        references = [json.loads(reference) for reference in _REFERENCE.findall(text)]
        if '"$dynamicRef"' in text or any(reference[:2] != "#/" for reference in references):
            # A reference by the name that a schema gives itself may mean any schema.
            references += candidate.to_all_schemas()
        for reference in [each for each in dict.fromkeys(references) if each[:2] == "#/" and each not in seen]:
            seen.add(reference)
            try:
                pending.append(candidate.at(reference))
            except WrongCall:
                # An example may have text that looks like a reference and leads nowhere.
                continue
            holder = whole
            *way, last = steps(reference)
            for step in way:
                holder = holder.setdefault(step, {})
                if not isinstance(holder, dict):
                    raise _Obstacle(f"it refers to {reference[:80]!r}, not a component")
            holder.setdefault(last, pending[-1])
