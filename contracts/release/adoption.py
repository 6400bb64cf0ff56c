"""Moving the pin: a candidate's operation, cut to what this suite needs, as a contract document of its own."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from contracts.errors import WrongCall
from contracts.exchange import OPERATION
from contracts.release.comparison import of_document
from contracts.release.keywords import ASSERTIONS, NAMED, ONE, SAME_ONE, SEVERAL, modernize
from contracts.release.operation import Operation
from contracts.release.reference import References
from contracts.rules.document import DOCUMENTS, JSON, PATH, Document, load

Json = Any

# What a schema keeps beside what it asserts.
_KEPT = ("required", "dependentRequired", "format", "default", "readOnly", "writeOnly", "deprecated")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")


class _Dumper(yaml.SafeDumper):
    """Writes everything in full: an alias would read as if two places belonged together."""

    def ignore_aliases(self, data: Any) -> bool:
        """Whether what comes up twice is written twice."""
        return True


def adopt(
    name: str,
    content: Mapping[str, Json],
    pin: Document,
    called: str,
    folder: Path = DOCUMENTS,
    *,
    anew: bool = False,
) -> Path:
    """Write the operation of a release's document as the contract `name`, and return its file.

    `anew` writes over what was written before.

    Raises:
        WrongCall: the name cannot be used or is taken, or the suite cannot be run with what the document says.

    """
    path = folder / f"{name}.yaml"
    if not _NAME.fullmatch(name):
        raise WrongCall(f"--adopt {name!r} is no name for a contract: use small letters, digits, dots and hyphens")
    if path.exists() and not anew:
        raise WrongCall(f"--adopt {name!r}: there is a contract of that name; choose another")
    references = References(content, f"candidate {called!r}")
    operation = of_document(references)
    if operation is None:
        raise references.wrong(f"has no {OPERATION} {PATH} that could be adopted")
    try:
        document = _Cut(references, pin).document(name, operation)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        why = " ".join(repr(error).split())[:160]
        raise references.wrong(f"cannot be adopted: it lacks what the suite needs to run: {why}") from None
    adopted = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110)
    with tempfile.TemporaryDirectory() as draft:
        tried = Path(draft) / path.name
        tried.write_text(
            f"# Taken from the vendor's document by `release --adopt {name}`.\n{adopted}", encoding="utf-8"
        )
        try:
            load(str(tried))
        except WrongCall as error:
            raise references.wrong(f"cannot be adopted: {str(error).partition(': ')[2] or error}") from None
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tried.read_bytes())
    return path


class _Cut:
    """One operation cut out of a document, with the schemas that it refers to."""

    def __init__(self, references: References, pin: Document) -> None:
        self._references = references
        self._pin = pin
        self._names: dict[str, str] = {}
        self._schemas: dict[str, Json] = {}

    def document(self, name: str, operation: Operation) -> dict[str, Json]:
        """The operation as a whole document."""
        info = self._references.content.get("info")
        version = str(info.get("version", "")) if isinstance(info, dict) else ""
        operation_id = str(operation.node.get("operationId", "update-customer"))
        put = {"operationId": operation_id, "summary": "Update a customer"} | self._operation(operation)
        schemes = self._references.content.get("components", {}).get("securitySchemes", {})
        used = {scheme for way in put["security"] for scheme in way}
        return {
            "openapi": "3.1.0",
            "info": {"title": "Kaiten, update a customer", "version": version or name},
            "paths": {PATH: {operation.method: put}},
            "components": {
                "securitySchemes": {scheme: schemes[scheme] for scheme in schemes if scheme in used},
                "schemas": self._schemas,
            },
        }

    def _operation(self, operation: Operation) -> dict[str, Json]:
        node, content = operation.node, self._references.content
        body = {media: {"schema": self._schema(schema)} for media, schema in operation.bodies.items() if media == JSON}
        responses = {status: self._answer(operation, status) for status in self._statuses(operation)}
        return {
            "security": node.get("security", content.get("security", [])),
            "parameters": self._parameters(operation),
            "requestBody": {"required": operation.body_required, "content": body},
            "responses": responses,
        }

    def _statuses(self, operation: Operation) -> list[str]:
        """The statuses that are documented one by one, and those of the pin that a range or `default` stands for."""
        ours = [str(status) for status in self._pin.documented]
        return sorted(
            status for status in {*ours, *operation.answers} if status.isdecimal() and operation.answer(status)
        )

    def _answer(self, operation: Operation, status: str) -> dict[str, Json]:
        answer = operation.answer(status)
        contents = answer.contents if answer else {}
        content = {media: {"schema": self._schema(schema)} for media, schema in contents.items()}
        named = {"description": HTTPStatus(int(status)).phrase}
        return named | ({"content": content} if content else {})

    def _parameters(self, operation: Operation) -> list[Json]:
        """The parameters; the one of the path is called as this suite's path has it."""
        (ours,) = re.findall(r"\{(.*?)\}", PATH)
        return [
            {
                "name": ours if parameter.where == "path" else parameter.name,
                "in": parameter.where,
                "required": parameter.required,
                "schema": self._schema(parameter.schema),
            }
            for parameter in operation.parameters.values()
        ]

    def _schema(self, node: Json) -> Json:
        """The schema in the words of OpenAPI 3.1, less what only describes it."""
        if not isinstance(node, dict):
            return node
        if "$ref" in node and self._references.lone:
            return {"$ref": self._component(node["$ref"])}
        found: dict[str, Json] = {"$ref": self._component(node["$ref"])} if "$ref" in node else {}
        found |= {keyword: node[keyword] for keyword in (*ASSERTIONS, *_KEPT) if keyword in node}
        if self._references.lone:
            modernize(node, found)
        found |= {keyword: self._schema(node[keyword]) for keyword in (*ONE, *SAME_ONE) if keyword in node}
        found |= {
            keyword: [*map(self._schema, node[keyword])] for keyword in (*SEVERAL, "prefixItems") if keyword in node
        }
        for keyword in (*NAMED, "dependentSchemas"):
            if keyword in node:
                found[keyword] = {name: self._schema(member) for name, member in node[keyword].items()}
        return found

    def _component(self, reference: str) -> str:
        if reference not in self._names:
            last = re.sub(r"[^A-Za-z0-9._-]", "", reference.rsplit("/", 1)[-1]) or "Schema"
            name = last if last not in self._names.values() else f"{last}{len(self._names)}"
            self._names[reference] = name
            self._schemas[name] = {}
            self._schemas[name] = self._schema(self._references.at(reference))
        return f"#/components/schemas/{self._names[reference]}"
