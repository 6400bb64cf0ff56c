"""JSON and YAML from a stranger: read without tags, without recursion, and within limits.

YAML is built from the parser's events and not by PyYAML's own composer, which follows aliases and nesting without
end and knows YAML 1.1, where `on` is a boolean and `2026-01-01` a date. Here it is the core schema of YAML 1.2
(section 10.3), with string keys alone, as OpenAPI asks for (3.1, section 4.2).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

DEEPEST = 200
# Nodes, aliases counted as what they stand for.
LARGEST = 1_000_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null"))}
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = dict.fromkeys(("", "~", "null", "Null", "NULL")) | {
    word: value for value in (True, False) for word in (str(value), str(value).lower(), str(value).upper())
}
_HTML = re.compile(r"\s*<(!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)


class Unreadable(ValueError):
    """The text is neither JSON nor YAML that can be read; the message says why, in one line."""


def parsed(data: bytes) -> Any:
    """The value that bytes of JSON or YAML in UTF-8 stand for.

    Raises:
        Unreadable: they are something else, are broken, or go past a limit.

    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    if not text.strip():
        raise Unreadable("is empty")
    if _HTML.match(text):
        raise Unreadable("is a web page (HTML or XML): give the address of the document itself")
    if not text.lstrip().startswith(("{", "[")):
        return _yaml(text)
    try:
        return _json(text)
    except (ValueError, RecursionError) as error:
        try:
            return _yaml(text)
        except Unreadable:
            raise Unreadable(f"is broken JSON: {_line(error)}") from None


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no JSON number")
    return number


@dataclass
class _Frame:
    """A collection that is still open. A mapping's `key` is the one whose value comes next."""

    content: dict[str, Any] | list[Any]
    anchor: str | None
    weight: int = 1
    key: str | None = None
    merged: dict[str, Any] = field(default_factory=dict)


class _Builder:
    """Builds one value from the events of a YAML document."""

    def __init__(self) -> None:
        self.value: Any = None
        self._open: list[_Frame] = []
        # What an anchor stands for, and how many nodes that is.
        self._anchors: dict[str, tuple[Any, int]] = {}

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise Unreadable(f"has an alias *{event.anchor} inside of what it stands for")
            self._put(*self._anchors[event.anchor])
        elif isinstance(event, yaml.CollectionStartEvent):
            _check_tag(event.tag)
            if len(self._open) >= DEEPEST:
                raise Unreadable(f"is nested more than {DEEPEST} deep")
            content: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._open.append(_Frame(content, event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self._open.pop()
            content = frame.merged | frame.content if isinstance(frame.content, dict) else frame.content
            self._remember(frame.anchor, content, frame.weight)
            self._put(content, frame.weight)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        _check_tag(event.tag)
        frame = self._open[-1] if self._open else None
        if frame and isinstance(frame.content, dict) and frame.key is None:
            self._remember(event.anchor, event.value, 1)
            frame.key = event.value
            return
        plain = event.implicit[0] and event.tag in (None, "!")
        value = _plain(event.value) if plain else event.value
        self._remember(event.anchor, value, 1)
        self._put(value, 1)

    def _remember(self, anchor: str | None, value: Any, weight: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, weight)

    def _put(self, value: Any, weight: int) -> None:
        if not self._open:
            self.value = value
            return
        frame = self._open[-1]
        frame.weight += weight
        if frame.weight > LARGEST:
            raise Unreadable(f"stands for more than {LARGEST:,} nodes: its aliases multiply")
        if isinstance(frame.content, list):
            frame.content.append(value)
            return
        if frame.key is None:
            if not isinstance(value, str):
                raise Unreadable("has a key that is not a string")
            frame.key = value
            return
        if frame.key == "<<":
            for part in reversed(value if isinstance(value, list) else [value]):
                frame.merged |= part if isinstance(part, dict) else {}
        else:
            frame.content[frame.key] = value
        frame.key = None


def _yaml(text: str) -> Any:
    builder = _Builder()
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise Unreadable("holds more than one YAML document")
            builder.take(event)
    except yaml.YAMLError as error:
        raise Unreadable(f"is broken YAML: {_line(error)}") from None
    return builder.value


def _check_tag(tag: str | None) -> None:
    if tag not in _TAGS:
        raise Unreadable(f"has the YAML tag {str(tag)[:60]}, which is not followed")


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _line(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return " ".join(str(error).split())[:200]
