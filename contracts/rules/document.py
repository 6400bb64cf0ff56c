"""A contract document: one operation of an OpenAPI 3.1 document, read once and ready to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

from contracts.errors import WrongCall
from contracts.rules import openapi
from contracts.rules.operation import PATH, Operation, find, is_error
from contracts.rules.references import References

DOCUMENTS = Path(__file__).parent.parent / "documents"
# The statuses that the operation documents, in each release so far.
STATUSES = (204, 400, 401, 403, 404, 422, 500)
JSON = "application/json"
PROBLEM = "application/problem+json"

Json = Any


@dataclass(frozen=True)
class Finding:
    """A place where a value breaks a schema: the keyword, the member path, what was expected and what came."""

    keyword: str
    path: tuple[str | int, ...]
    message: str
    value: Json


class Document:
    """The operation under contract, as one document describes it. `name` is how the user called it."""

    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        self.name = name
        self.content = content
        self._references = References(content, f"contract {name!r}")
        self.operation = self._found()
        self._body_schema = self.operation.bodies[JSON]
        self._request = self._validator(self._rewritten(self._body_schema, self._writable))
        # An answer is judged by them each time.
        self._problem = cache(self._problem_of)

    def _found(self) -> Operation:
        operation = find(self._references)
        if operation is None or operation.path != PATH:
            raise KeyError(PATH)
        return operation

    @cached_property
    def documented(self) -> frozenset[int]:
        """The documented statuses, those of a range (`4XX`) and of `default` among them."""
        ranges = {
            **{f"{first}XX": range(100 * first, 100 * first + 100) for first in range(1, 6)},
            "default": range(400, 600),
        }
        return frozenset(int(status) for name in self.operation.answers for status in ranges.get(name, [name]))

    @cached_property
    def request_members(self) -> Mapping[str, Json]:
        """The schemas of the members that a client may send, by name."""
        members = self._members(self._body_schema)
        return {name: schema for name, schema in members.items() if name not in self.read_only_members}

    @cached_property
    def read_only_members(self) -> frozenset[str]:
        """The members that only the vendor sets."""
        return self._references.marked(self._body_schema, "readOnly")

    @cached_property
    def required_members(self) -> frozenset[str]:
        """The members that a client has to send."""
        required = {name for part in self._parts(self._body_schema) for name in part.get("required", ())}
        return frozenset(required & set(self.request_members))

    @cached_property
    def nullable_members(self) -> frozenset[str]:
        """The members that may be null by their schema."""
        return frozenset(
            name for name, schema in self.request_members.items() if self._validator(schema).is_valid(None)
        )

    def without_read_only(self, value: Json) -> Json:
        """A request body without the members that only the vendor sets."""
        if not isinstance(value, dict) or not self.read_only_members & set(value):
            return value
        return {name: member for name, member in value.items() if name not in self.read_only_members}

    def accepts(self, value: Json) -> bool:
        """Whether a request body fits the request schema."""
        return self._request.is_valid(value)

    def request_findings(self, value: Json) -> Iterator[Finding]:
        """Where a request body breaks the request schema."""
        return findings(self._request, value)

    def problem_findings(self, status: int, value: Json) -> Iterator[Finding]:
        """Where a problem breaks the schema that is documented for its status."""
        return findings(self._problem(status)[1], value)

    def problem_members(self, status: int) -> Mapping[str, Json]:
        """The schemas of the members of a problem with this status."""
        return self._problem(status)[0]

    def required_of_problem(self, status: int) -> frozenset[str]:
        """The members that a problem with this status always has."""
        return self._problem(status)[2]

    def _problem_of(self, status: int) -> tuple[Mapping[str, Json], jsonschema_rs.Draft202012Validator, frozenset[str]]:
        """The schemas of a problem's members, what validates it, and what it always has; anything, where none is."""
        own = self.operation.answer(str(status))
        answers = [own, *(answer for name, answer in self.operation.answers.items() if is_error(name))]
        schema: Json = next((one.contents[PROBLEM] for one in answers if one and PROBLEM in one.contents), {})
        # Of a status that is not documented the others say what its problem is like, but not how it is called.
        required = frozenset(name for part in self._parts(schema) for name in part.get("required", ()))
        validator = self._validator(schema if own else self._rewritten(schema, _of_any_title))
        return self._members(schema), validator, required

    def _members(self, node: Json) -> Mapping[str, Json]:
        found: dict[str, Json] = {}
        for part in self._parts(node):
            for name, member in part.get("properties", {}).items():
                # `true` is a schema, too, and says nothing.
                schema = self._resolved(member) if isinstance(member, dict) else {}
                found[name] = {**found.get(name, {}), **schema}
        return found

    def _parts(self, schema: Json) -> list[dict[str, Json]]:
        """The schema and those that it includes by `$ref` or `allOf`, the included first."""
        return [*self._references.same(schema)][::-1]

    def _writable(self, part: Json) -> Json:
        """A part of a schema as it binds a client: read-only members are not required (OpenAPI 3.1, readOnly)."""
        names = [name for name in part.get("required", ()) if name not in self.read_only_members]
        return part | ({"required": names} if "required" in part else {})

    def _rewritten(self, schema: Json, change: Callable[[Json], Json]) -> Json:
        """The schema with each of its parts changed, those that it includes by `$ref` or `allOf` among them."""
        if not isinstance(schema, dict):
            return schema
        included = [*schema.get("allOf", ()), *([self._references.at(schema["$ref"])] if "$ref" in schema else [])]
        own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "allOf")}
        parts = [self._rewritten(part, change) for part in included]
        return change(own) | ({"allOf": parts} if parts else {})

    def _resolved(self, node: Json) -> Json:
        """The node with what it refers to; its own members count first. `true` is a schema, too."""
        return self._references.resolved(node, "a part of it") if isinstance(node, dict) else node

    def _validator(self, schema: Json) -> jsonschema_rs.Draft202012Validator:
        # The components come along, so that references inside the schema resolve: by their place, or by an anchor.
        components = self.content.get("components") or {}
        whole = {"allOf": [schema], "components": components, "$defs": components.get("schemas", {})}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, offline=True)


def _of_any_title(part: Json) -> Json:
    properties = part.get("properties", {})
    return part | {"properties": properties | {"title": True}} if "title" in properties else part


def findings(validator: jsonschema_rs.Draft202012Validator, value: Json) -> Iterator[Finding]:
    """Where a value breaks a schema."""
    for error in validator.iter_errors(value):
        keyword = str(error.schema_path[-1]) if error.schema_path else ""
        yield Finding(keyword, tuple(error.instance_path), error.message, error.instance)


def pinned(name: str) -> References:
    """What a release (`docs`, `v1`), or a file, says of the whole API.

    Raises:
        WrongCall: there is no such contract, or it is no OpenAPI 3.0 or 3.1 document that can be read.

    """
    known = {path.stem: path for path in sorted(DOCUMENTS.glob("*.yaml"))}
    path = known.get(name, Path(name))
    if not path.is_file():
        raise WrongCall(f"unknown contract {name!r}: give one of {', '.join(known)}, or a file")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WrongCall(f"contract {name!r} cannot be read: {error.strerror}") from None
    return References(openapi.document(data, f"contract {name!r}"), f"contract {name!r}")


def load(name: str) -> Document:
    """The operation under contract, as a release (`docs`, `v1`) or a file describes it.

    Raises:
        WrongCall: there is no such contract, or it cannot be read, or it lacks the operation.

    """
    content = pinned(name).content
    try:
        document = Document(name, content)
        for status in document.documented & {*STATUSES[1:]}:
            list(document.problem_findings(status, {}))
    except (KeyError, TypeError, AttributeError, ValueError, jsonschema_rs.ValidationError) as error:
        raise WrongCall(
            f"contract {name!r} does not describe PUT {PATH} as it has to: {' '.join(repr(error).split())[:200]}"
        ) from None
    return document
