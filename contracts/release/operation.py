"""One operation of an OpenAPI document: what it says of requests and of answers. Schemas are as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.release.reference import References
from contracts.release.security import Requirement, requirements

Json = Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# What OpenAPI says elsewhere: with media types and security (3.1, Parameter Object).
_NOT_PARAMETERS = {("header", "accept"), ("header", "content-type"), ("header", "authorization")}
_TEMPLATE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Parameter:
    """One parameter; `where` is path, query, header or cookie. `form` is how a value becomes text."""

    where: str
    name: str
    required: bool
    schema: Json
    form: tuple[str, bool, str]
    deprecated: bool = False


@dataclass(frozen=True)
class Answer:
    """What is documented for one status: a schema for each media type, and for each header whether it is required."""

    contents: Mapping[str, Json]
    headers: Mapping[str, bool]


@dataclass(frozen=True)
class Operation:
    """An operation, as one document has it. `path` is written as the document writes it."""

    references: References
    method: str
    path: str
    parameters: Mapping[tuple[str, str], Parameter]
    bodies: Mapping[str, Json]
    body_required: bool
    answers: Mapping[str, Answer]
    security: tuple[Requirement, ...]
    deprecated: bool = False
    node: Mapping[str, Json] = field(default_factory=dict)

    def answer(self, status: str) -> Answer | None:
        """What may come with a status, or with a range of them: named itself, by its range, or as any other error."""
        by_range = self.answers.get(f"{status[0]}XX")
        default = self.answers.get("default") if status[0] in "45d" else None
        return self.answers.get(status) or by_range or default


def find(references: References, method: str, path: str) -> Operation | None:
    """The operation with this method at this path, whatever its path parameters are called.

    Raises:
        WrongCall: what it says, or refers to, cannot be read.

    """
    for template, item in _items(references):
        if _same(template, path):
            resolved = references.resolved(item, f"the path {template}")
            if method in resolved:
                return _operation(references, method, template, resolved)
    return None


def near(references: References, method: str, path: str) -> list[str]:
    """Operations that could be the one that is missing: another method there, or a path that ends alike."""
    wanted = _shape(path)
    found: list[tuple[int, str]] = []
    for template, item in _items(references):
        shape = _shape(template)
        # A path that is longer or shorter in front has moved; one that begins with a word of ours may have, too.
        tail = next((n for n in range(len(wanted), 0, -1) if shape[-n:] == wanted[-n:]), 0)
        likeness = 3 if shape == wanted else 2 if tail == len(wanted) else int(_alike(shape, wanted))
        if likeness and isinstance(item, dict):
            methods = [name for name in METHODS if name in item and (likeness == 3 or name == method)]
            found += [(-likeness, f"{name.upper()} {template}") for name in methods]
    return [name for _, name in sorted(found)[:5]]


def _alike(shape: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether a word of the path is there, in the singular or the plural, and as many parameters follow."""
    words = {word.lower().rstrip("s") for word in shape if word != "{}"}
    ours = {word.lower().rstrip("s") for word in wanted if word != "{}"}
    return bool(words & ours) and shape.count("{}") >= wanted.count("{}") and shape[-1:] == wanted[-1:]


def _items(references: References) -> Iterator[tuple[str, Json]]:
    yield from references.content["paths"].items()


def _shape(path: str) -> tuple[str, ...]:
    return tuple(part for part in _TEMPLATE.sub("{}", path).split("/") if part)


def _same(one: str, other: str) -> bool:
    return _TEMPLATE.sub("{}", one) == _TEMPLATE.sub("{}", other)


def _operation(references: References, method: str, path: str, item: Mapping[str, Json]) -> Operation:
    node = references.resolved(item[method], f"the operation {method.upper()} {path}")
    body = references.resolved(node.get("requestBody", {}), "the request body")
    answers = references.resolved(node.get("responses", {}), "the responses")
    shared = {parameter[:2]: parameter for parameter in _parameters(references, item)}
    own = {parameter[:2]: parameter for parameter in _parameters(references, node)}
    names = _TEMPLATE.findall(path)
    return Operation(
        references,
        method,
        path,
        {
            _key(parameter, names): _parameter(references, parameter)
            for where, name, parameter in (shared | own).values()
            if (where, name.lower()) not in _NOT_PARAMETERS
        },
        _contents(references, body),
        body.get("required") is True,
        {_status(key): _answer(references, key, answers[key]) for key in answers if not key.startswith("x-")},
        requirements(references, node.get("security", references.content.get("security", []))),
        node.get("deprecated") is True,
        node,
    )


def _parameters(references: References, node: Mapping[str, Json]) -> Iterator[tuple[str, str, dict[str, Json]]]:
    listed = node.get("parameters", [])
    if not isinstance(listed, list):
        raise references.wrong("has parameters that are no list")
    for item in listed:
        parameter = references.resolved(item, "a parameter")
        where, name = parameter.get("in"), parameter.get("name")
        if where not in ("path", "query", "header", "cookie") or not isinstance(name, str):
            raise references.wrong(f"has a parameter without a name and a place: {str(parameter)[:80]!r}")
        yield where, name, parameter


def _key(parameter: Mapping[str, Json], names: list[str]) -> tuple[str, str]:
    """What a parameter is the same by: its place in the path, a header's name in any case, else its name."""
    where, name = parameter["in"], parameter["name"]
    if where == "path":
        return where, str(names.index(f"{{{name}}}") if f"{{{name}}}" in names else name)
    return where, name.lower() if where == "header" else name


def _parameter(references: References, node: Mapping[str, Json]) -> Parameter:
    where = node["in"]
    usual = "form" if where in ("query", "cookie") else "simple"
    style = str(node.get("style", usual))
    contents = _contents(references, node)
    media_type, schema = next(iter(contents.items()), ("", node.get("schema", {})))
    form = (style, bool(node.get("explode", style == "form")), media_type)
    required = node.get("required") is True or where == "path"
    return Parameter(where, node["name"], required, schema, form, node.get("deprecated") is True)


def _contents(references: References, node: Mapping[str, Json]) -> dict[str, Json]:
    content = references.resolved(node.get("content", {}), "the content")
    return {
        name.partition(";")[0].strip().lower(): references.resolved(media, "a media type").get("schema", {})
        for name, media in content.items()
    }


def _status(key: str) -> str:
    return key.upper() if key != "default" else key


def _answer(references: References, status: str, node: Json) -> Answer:
    if not re.fullmatch(r"[1-5]([0-9]{2}|XX)|default", _status(status)):
        raise references.wrong(f"has {status[:20]!r} where a status should be")
    answer = references.resolved(node, f"the answer {status}")
    headers = references.resolved(answer.get("headers", {}), "the headers")
    return Answer(
        _contents(references, answer),
        {
            name.lower(): references.resolved(header, "a header").get("required") is True
            for name, header in headers.items()
        },
    )
