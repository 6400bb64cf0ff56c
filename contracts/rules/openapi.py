"""An OpenAPI document from an untrusted source: JSON or YAML, read within limits, with its references resolved.

The YAML is the subset that OpenAPI allows (3.1, section 4.2): the core schema of YAML 1.2 (section 10.3), with keys
that are text. In it, `on` and `2026-01-01` are plain text.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import yaml

from contracts.errors import WrongCall, one_line

Json = Any

# How many values a document may stand for, with each alias counted in full; and how deep they may be nested.
LARGEST, DEEPEST = 1_000_000, 200
_HTML = re.compile(r"\s*<(!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
# Where a deployment serves its own document, without a token (Kaiten's source).
SERVED = "/openapi.yaml"
# The content of these keywords is a value and not a part of the document.
_VALUES = ("example", "examples", "default", "enum", "const")
# These keywords hold parts under names that the document's author chose.
_NAMED = ("paths", "responses", "properties", "patternProperties", "schemas", "headers", "parameters", "requestBodies")
_CORE = "tag:yaml.org,2002:"


def document(data: bytes, name: str) -> Mapping[str, Json]:
    """The OpenAPI 3.0 or 3.1 document in these bytes, rewritten as 3.1. `name` is what messages call it.

    Raises WrongCall if the bytes are something else, are broken, or exceed a limit.
    """
    try:
        content = parsed(data)
    except ValueError as error:
        raise WrongCall(f"{name} {error}") from None
    if isinstance(content, dict) and "swagger" in content:
        raise WrongCall(f"{name} is Swagger {str(content['swagger'])[:10]}: convert it to OpenAPI 3.0 or 3.1 first")
    version = str(content.get("openapi")) if isinstance(content, dict) else ""
    if version.startswith("3.2"):
        raise WrongCall(f"{name} is OpenAPI 3.2, which is not read yet: ask the vendor for it in 3.1, or convert it")
    if not version.startswith(("3.0", "3.1")):
        raise WrongCall(f"{name} is not an OpenAPI document: its member openapi must begin with 3.0 or 3.1")
    if not isinstance(content.get("paths"), dict):
        raise WrongCall(f"{name} describes no API: it has no paths")
    return dict(_in_words_of_3_1(content) if version.startswith("3.0") else content)


def _in_words_of_3_1(node: Json, within: str = "") -> Json:
    """A part of an OpenAPI 3.0 document, rewritten as 3.1 at any depth (3.0.3, Schema Object and Reference Object)."""
    if isinstance(node, list):
        return [_in_words_of_3_1(part) for part in node]
    if not isinstance(node, dict):
        return node
    if within in _NAMED:
        return {name: _in_words_of_3_1(part, "a path" if within == "paths" else "") for name, part in node.items()}
    if isinstance(node.get("$ref"), str) and within != "a path":
        # Members beside a reference are ignored, except in a path.
        return {"$ref": node["$ref"]}
    found = {name: part if name in _VALUES else _in_words_of_3_1(part, name) for name, part in node.items()}
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        del found["nullable"]
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(exclusive), bool) and found.pop(exclusive) and bound in found:
            found[exclusive] = found.pop(bound)
    return found


def parsed(data: bytes) -> Json:
    """The value that bytes of JSON or YAML in UTF-8 stand for. If there is none, a ValueError says why in one line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    if not text.strip():
        raise ValueError("is empty")
    if _HTML.match(text):
        raise ValueError("is a web page (HTML or XML): give the address of the document itself")
    try:
        value = _json(text) if text.lstrip().startswith(("{", "[")) else _yaml(text)
        _check_size(value, {})
    except RecursionError:
        raise ValueError(f"is nested more than {DEEPEST} deep") from None
    return value


def _json(text: str) -> Json:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_constant=_number)
    except ValueError as error:
        try:
            # The text may be YAML in braces. For a name that is there twice, only the YAML parser knows the line.
            return _yaml(text)
        except ValueError as unreadable:
            broken = ValueError(f"is broken JSON: {one_line(error, 200)}")
            raise unreadable if "twice" in str(unreadable) else broken from None


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"it has the name {name[:60]!r} twice in one object")
    return found


def _number(text: str) -> Json:
    number = float(text)
    return number if math.isfinite(number) else text


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]  # whichever is installed
    """YAML's core schema and nothing else: no dates, no octal numbers, no custom tags."""

    def mapping(self, node: yaml.MappingNode) -> dict[str, Json]:
        """An object. Its own members take precedence over those from a merge key (YAML 1.1, still in use)."""
        own: dict[str, Json] = {}
        merged: dict[str, Json] = {}
        for key, value in node.value:
            where = f" (line {key.start_mark.line + 1})"
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"has a key that is not a string{where}")
            if key.value in own:
                twice = f"has the name {key.value[:60]!r} twice in one object{where}"
                raise ValueError(f"{twice}: only one of the two can be meant")
            found = self.construct_object(value, deep=True)
            if key.value == "<<" and not key.style:
                for part in reversed(found if isinstance(found, list) else [found]):
                    merged |= part if isinstance(part, dict) else {}
            else:
                own[key.value] = found
        return merged | own

    def unknown(self, node: yaml.Node) -> Json:
        """Refuse a tag that is not in the core schema, because it may stand for anything."""
        raise ValueError(f"has the YAML tag {str(node.tag)[:60]}, which is not supported")


for _tag, _pattern, _first, _read in (
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""], lambda text: None),
    ("bool", "true|True|TRUE|false|False|FALSE", list("tTfF"), lambda text: text.lower() == "true"),
    ("int", "[-+]?[0-9]{1,400}", list("-+0123456789"), int),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789"), _number),
):
    _Loader.add_implicit_resolver(_CORE + _tag, re.compile(f"^(?:{_pattern})$"), _first)
    _Loader.add_constructor(_CORE + _tag, lambda loader, node, read=_read: read(node.value))
_Loader.add_constructor(_CORE + "str", lambda loader, node: node.value)
_Loader.add_constructor(_CORE + "seq", lambda loader, node: loader.construct_sequence(node, deep=True))
_Loader.add_constructor(_CORE + "map", _Loader.mapping)
_Loader.add_constructor(None, _Loader.unknown)


def _yaml(text: str) -> Json:
    try:
        depth = 0
        # On deep nesting, loading recurses without limit and kills the process. Reading the events does not.
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise ValueError(f"is nested more than {DEEPEST} deep")
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # it makes nothing but JSON values
    except yaml.constructor.ConstructorError as error:
        raise ValueError(f"has an alias that contains itself: {one_line(error, 200)}") from None
    except yaml.YAMLError as error:
        if "single document" in str(error):
            raise ValueError("holds more than one YAML document") from None
        raise ValueError(f"is broken YAML: {one_line(error, 200)}") from None


def _check_size(value: Json, known: dict[int, int], depth: int = 0) -> int:
    """How many values a value stands for. What several aliases share is counted once, and added for each of them."""
    if depth > DEEPEST:
        raise ValueError(f"is nested more than {DEEPEST} deep")
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_check_size(part, known, depth + 1) for part in parts)
    if known[id(value)] > LARGEST:
        raise ValueError(f"stands for more than {LARGEST:,} values: its aliases multiply")
    return known[id(value)]


@dataclass(frozen=True, eq=False)
class References:
    """A document, with its parts looked up by JSON pointer (RFC 6901). Another file or host is never opened.

    `name` is what messages call the document. Each method raises WrongCall if the document is not as it has to be.
    """

    content: Mapping[str, Json]
    name: str

    def wrong(self, why: str) -> WrongCall:
        """The error that tells the user what is wrong with this document."""
        return WrongCall(f"{self.name} {why}")

    def at(self, reference: Json) -> Json:
        """What a reference stands for."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise self.wrong(f"refers to {str(reference)[:100]!r}, outside of it: such references are not followed")
        found: Json = self.content
        try:
            for step in steps(reference):
                found = found[int(step) if isinstance(found, list) else step]
        except (LookupError, TypeError, ValueError):
            raise self.wrong(f"refers to {reference[:100]!r}, which does not exist") from None
        return found

    def resolved(self, node: Json, what: str) -> dict[str, Json]:
        """An object merged with what it refers to. Its own members take precedence. `what` says what it should be."""
        seen = set()
        while isinstance(node, dict) and "$ref" in node:
            reference, target = node["$ref"], self.at(node["$ref"])
            if reference in seen:
                raise self.wrong(f"has a reference that comes back to itself: {reference[:100]!r}")
            seen.add(reference)
            own = {key: value for key, value in node.items() if key != "$ref"}
            node = target | own if isinstance(target, dict) else target
        if not isinstance(node, dict):
            raise self.wrong(f"has {one_line(node, 60)!r} where {what} should be")
        return node

    def same(self, node: Json) -> Iterator[dict[str, Json]]:
        """A schema, and all schemas that it includes by `$ref` or `allOf`, each once. All hold for the same value."""
        pending, seen = [node], set()
        while pending:
            part, *pending = pending
            if not isinstance(part, dict):
                continue
            yield part
            parts = part.get("allOf")
            pending = [*(parts if isinstance(parts, list) else ()), *pending]
            # In a schema with its own `$id`, a reference is relative to that `$id`. It is not followed.
            reference = "" if "$id" in part else str(part.get("$ref"))
            if reference.startswith("#/") and reference not in seen:
                seen.add(reference)
                pending.insert(0, self.at(reference))

    def marked(self, node: Json, keyword: str) -> frozenset[str]:
        """The members of an object that a keyword marks, such as `readOnly` or `writeOnly`."""
        return frozenset(
            name
            for part in self.same(node)
            if "$id" not in part
            for name, member in (part.get("properties") or {}).items()
            if any(schema.get(keyword) is True for schema in self.same(member))
        )

    def to_all_schemas(self) -> list[str]:
        """A reference to each schema of the components."""
        schemas = (self.content.get("components") or {}).get("schemas") or {}
        return [f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}" for name in schemas]


def steps(reference: str) -> list[str]:
    """The names along a JSON pointer in a URI, decoded (RFC 6901, section 6)."""
    return [unquote(step).replace("~1", "/").replace("~0", "~") for step in reference.split("/")[1:]]
