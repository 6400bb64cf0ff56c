"""The operation under contract, as an OpenAPI document describes it. Schemas stay as they are written.

Features that it does not need (cookies, parameters in another style, …) are not compared: `unknown` lists them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.http.request import OPERATION
from contracts.rules.openapi import References

Json = Any
# One way to authenticate: each credential that is needed, as it looks on the wire, with its scopes.
Way = Mapping[str, frozenset[str]]

PATH = "/customers/{customerSlug}"
_METHOD = OPERATION.lower()
_TEMPLATE = re.compile(r"\{[^{}]*\}")
_STATUS = re.compile(r"[1-5]([0-9]{2}|XX)|default")
# OpenAPI describes these headers elsewhere: with media types and security (3.1, Parameter Object).
_NOT_PARAMETERS = {("header", "accept"), ("header", "content-type"), ("header", "authorization")}


@dataclass(frozen=True)
class Parameter:
    """One parameter, or a header of an answer; `called` is its place and its name."""

    called: str
    required: bool
    schema: Json


@dataclass(frozen=True)
class DocumentedAnswer:
    """What is documented for one status: a schema for each media type, and the headers by name, in small letters."""

    contents: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """The operation. `path` is written as the document writes it; `unknown` is what cannot be compared."""

    references: References
    path: str
    parameters: Mapping[tuple[str, str], Parameter]
    bodies: Mapping[str, Json]
    body_required: bool
    answers: Mapping[str, DocumentedAnswer]
    security: tuple[Way, ...]
    deprecated: bool
    unknown: Mapping[tuple[str, str], tuple[str, Json]]

    @property
    def slug(self) -> Parameter:
        """The parameter in the path."""
        return self.parameters.get(("path", "0"), Parameter("path parameter", required=True, schema={"type": "string"}))

    def answer(self, status: str) -> DocumentedAnswer | None:
        """What is documented for a status: by its number, by its range, or by `default` if it is an error."""
        by_range = self.answers.get(f"{status[0]}XX")
        default = self.answers.get("default") if is_error(status) else None
        return self.answers.get(status) or by_range or default


def is_error(status: str) -> bool:
    """Whether a documented status, a range of them or `default` stands for errors."""
    return status[0] in "45d"


def find(references: References) -> Operation | None:
    """The operation in a document, whatever its path parameter is called there.

    Raises WrongCall if a part of the operation, or something that it refers to, cannot be read.
    """
    for template, item in references.content["paths"].items():
        if _is_ours(template):
            resolved = references.resolved(item, f"the path {template}")
            if _METHOD in resolved:
                return _operation(references, template, resolved)
    return None


def near(references: References) -> list[str]:
    """Operations that could be the missing one: another method on its path, or a PUT on a path that may have moved."""
    found = []
    for template, item in references.content["paths"].items():
        moved = "customer" in template.lower() and "{" in template
        for method in ("put", "patch", "post", "delete", "get"):
            if isinstance(item, dict) and method in item and (_is_ours(template) or (moved and method == _METHOD)):
                found.append((not _is_ours(template), f"{method.upper()} {template}"))
    return [name for _, name in sorted(found)[:5]]


def _is_ours(template: str) -> bool:
    return _TEMPLATE.sub("{}", template) == _TEMPLATE.sub("{}", PATH)


def _operation(references: References, path: str, item: Mapping[str, Json]) -> Operation:
    node = references.resolved(item[_METHOD], f"the operation {OPERATION} {path}")
    body = references.resolved(node.get("requestBody", {}), "the request body")
    answers = references.resolved(node.get("responses", {}), "the responses")
    parameters, unknown = {}, {}
    for key, described in _parameters(references, (item, node), path).items():
        called = f"{key[0]} parameter {described['name']}"
        if _is_strange(described):
            unknown[key] = (f"the {called}", described)
        else:
            required = described.get("required") is True or key[0] == "path"
            parameters[key] = Parameter(called, required, described.get("schema", {}))
    return Operation(
        references,
        path,
        parameters,
        _contents(references, body, "allOf"),
        body.get("required") is True,
        dict(_answer(references, key, answers[key]) for key in answers if key[:2] != "x-"),
        _ways(references, node.get("security", references.content.get("security", []))),
        node.get("deprecated") is True,
        unknown,
    )


def _parameters(
    references: References, nodes: Iterable[Mapping[str, Json]], path: str
) -> dict[tuple[str, str], Mapping[str, Json]]:
    """Each parameter by its identity: its position in the path, a header's name in lower case, or else its name."""
    names = [name.strip("{}") for name in _TEMPLATE.findall(path)]
    # Each name in the path is a parameter, even if it is not described.
    found: dict[tuple[str, str], Mapping[str, Json]] = {
        ("path", str(place)): {"in": "path", "name": name} for place, name in enumerate(names)
    }
    for item in [item for node in nodes for item in node.get("parameters", [])]:
        parameter = references.resolved(item, "a parameter")
        where, name = parameter.get("in"), parameter.get("name")
        if where not in ("path", "query", "header", "cookie") or not isinstance(name, str):
            raise references.wrong(f"has a parameter without a name and a place: {str(parameter)[:80]!r}")
        if where == "path" and name not in names:
            raise references.wrong(f"describes the path parameter {name[:60]!r}, which {path} does not have")
        name = str(names.index(name)) if where == "path" else name
        key = (where, name.lower() if where == "header" else name)
        if key not in _NOT_PARAMETERS:
            found[key] = parameter
    return found


def _is_strange(parameter: Mapping[str, Json]) -> bool:
    """Whether a parameter is a cookie, or its value is not written in the usual style."""
    usual = "form" if parameter["in"] == "query" else "simple"
    # `explode` only matters for a list or an object.
    exploded = parameter.get("explode", usual == "form") is not (usual == "form") and any(
        kind in str(parameter.get("schema")) for kind in ("array", "object", "$ref")
    )
    return parameter["in"] == "cookie" or parameter.get("style", usual) != usual or exploded or "content" in parameter


def _contents(references: References, node: Mapping[str, Json], together: str) -> dict[str, Json]:
    """The schema of each media type, ignoring `charset=utf-8`. The keyword `together` joins two schemas of one type."""
    found: dict[str, Json] = {}
    for name, media in references.resolved(node.get("content", {}), "the content").items():
        parts = [part.strip().lower() for part in name.split(";")]
        key = ";".join(part for part in parts if part not in ("", "charset=utf-8", 'charset="utf-8"'))
        schema = references.resolved(media, "a media type").get("schema", {})
        found[key] = {together: [found[key], schema]} if key in found else schema
    return found


def _answer(references: References, key: str, node: Json) -> tuple[str, DocumentedAnswer]:
    status = key.upper() if key != "default" else key
    if not _STATUS.fullmatch(status):
        raise references.wrong(f"has {key[:20]!r} where a status should be")
    answer = references.resolved(node, f"the answer {key}")
    headers = {}
    for name, node in references.resolved(answer.get("headers", {}), "the headers").items():
        header = references.resolved(node, "a header")
        # What comes in Content-Type is said by the media types (3.1, Response Object).
        if name.lower() != "content-type":
            called = f"header {name.lower()}"
            headers[name.lower()] = Parameter(called, header.get("required") is True, header.get("schema", {}))
    return status, DocumentedAnswer(_contents(references, answer, "anyOf"), headers)


def _ways(references: References, node: Json) -> tuple[Way, ...]:
    """The ways to authenticate. A scheme is known by what is sent, not by its name. Without a way none is needed."""
    if not isinstance(node, list) or not all(isinstance(way, dict) for way in node):
        raise references.wrong("has a member security that is not a list of requirements")
    for way in node:
        for name, scopes in way.items():
            if not isinstance(scopes, list):
                raise references.wrong(f"has {str(scopes)[:60]!r} where the list of scopes of {name!r} should be")
    ways: list[dict[str, frozenset[str]]] = [{} for _ in node]
    for found, way in zip(ways, node, strict=True):
        for name, scopes in way.items():
            sent = _scheme(references, name)
            found[sent] = found.get(sent, frozenset()) | frozenset(map(str, scopes))
    return tuple(ways) or ({},)


def _scheme(references: References, name: str) -> str:
    components = references.content.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    if not isinstance(schemes, dict) or name not in schemes:
        raise references.wrong(f"needs the security scheme {name[:60]!r}, and does not describe it")
    scheme = references.resolved(schemes[name], f"the security scheme {name}")
    kind, sent = scheme.get("type"), str(scheme.get("scheme", "")).lower()
    # These tokens are all sent alike: `Authorization: Bearer` (RFC 6750).
    if kind in ("oauth2", "openIdConnect") or (kind, sent) == ("http", "bearer"):
        return "bearer token"
    if kind == "apiKey":
        place, name = scheme.get("in"), str(scheme.get("name"))
        return f"key in {place} {name.title() if place == 'header' else name}"
    return f"{kind} {sent}".strip()


def lets_in(way: Way, needed: Way) -> bool:
    """Whether a client that authenticates in one way is let in where another way is needed."""
    # A scope to write includes the scope to read (Kaiten's API page, authentication).
    implied = {name: scopes | {scope.replace("write:", "read:", 1) for scope in scopes} for name, scopes in way.items()}
    return all(name in way and scopes <= implied[name] for name, scopes in needed.items())


def ways_in_words(ways: tuple[Way, ...]) -> str:
    """The ways to authenticate, in words."""
    named = [[f"{name} with {', '.join(sorted(of))}" if of else name for name, of in way.items()] for way in ways]
    return " or ".join(" and ".join(way) or "no credential" for way in named)
