"""A request body, read in every way that RFC 8259 lets a server read it.

Most bodies can be read in one way. Some cannot: duplicate names (section 4), numbers past a double (section 6),
depth and size (section 9), text that is no valid Unicode (sections 8.1 and 8.2). Of these the standard leaves
the outcome open, so a body has a list of possible values and notes on what is open about it.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from contracts.http.target import MIB

DEPTH_LIMIT = 64
_READINGS_LIMIT = 16

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[][{}]")
# A string, also one that never ends; or a bracket.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[][{}]', re.DOTALL)
_BOMS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# An escape that may stand for U+0000 or a lone surrogate.
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_REPAIRED = re.compile("[\ufffd\ud800-\udfff]+")


@dataclass(frozen=True)
class Body:
    """A body's possible values; none where it is no JSON text however it is read.

    `strict` says that it is JSON text by RFC 8259 without any leniency, `open_text` that its text may be refused
    or repaired, `encoded` that it has a byte order mark or is in UTF-16 or UTF-32, `huge_number` that it holds a number
    past a double, `constant` that it holds NaN or Infinity, `oversized` that it is 1 MiB or more.
    """

    values: tuple[Any, ...]
    strict: bool
    open_text: bool = False
    encoded: bool = False
    huge_number: bool = False
    constant: bool = False
    oversized: bool = False


class _Members(list[tuple[str, Any]]):
    """An object as it was written: names may repeat."""


class _Notes:
    """What a parse came across that makes more than one reading possible."""

    def __init__(self) -> None:
        self.repeated = self.huge = self.constant = False

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        self.repeated = self.repeated or len(members) < len(pairs)
        return members

    def number(self, digits: str) -> float:
        # Python refuses to read very long integers; all of them are past a double anyway.
        number = float(digits) if len(digits) > 300 or not digits.lstrip("-").isdecimal() else int(digits)
        self.huge = self.huge or math.isinf(number)
        return number

    def literal(self, name: str) -> float:
        self.constant = True
        return float(name)


def read(data: bytes) -> Body:
    """Read a request body."""
    oversized = len(data) >= MIB
    if not data.strip(b" \t\r\n"):
        return Body((), strict=False, open_text=oversized, oversized=oversized)
    # No parser has to follow that deep; what it means is told by the upper levels.
    deep = _depth(data) > DEPTH_LIMIT
    text, valid, encoded = _decoded(data)
    text = shallow(text) if deep else text
    notes = _Notes()
    try:
        value = _parse(text, notes.members, notes)
    except (ValueError, RecursionError):
        return Body((), strict=False, open_text=not valid or oversized or deep, encoded=encoded, oversized=oversized)
    values: tuple[Any, ...] = (value,)
    if notes.repeated:
        values = tuple(itertools.islice(_readings(_parse(text, _Members, notes)), _READINGS_LIMIT))
    broken_text = bool(_SUSPECT.search(text)) and any(map(_has_open_text, texts_in(value)))
    return Body(
        values=tuple(map(well_formed, values)) if broken_text else values,
        strict=valid and not deep and not encoded and not notes.constant,
        open_text=not valid or oversized or deep or notes.repeated or broken_text,
        encoded=encoded,
        huge_number=notes.huge,
        constant=notes.constant,
        oversized=oversized,
    )


def _parse(text: str, members: Callable[[list[tuple[str, Any]]], Any], notes: _Notes) -> Any:
    return json.loads(
        text,
        object_pairs_hook=members,
        parse_constant=notes.literal,
        parse_int=notes.number,
        parse_float=notes.number,
    )


def well_formed(value: Any) -> Any:
    """The value with each lone surrogate replaced by U+FFFD, as most decoders do."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(name): well_formed(item) for name, item in value.items()}
    return value


def plain(text: str) -> str:
    """The text with what a decoder repairs said in one way: how many U+FFFD stand for bad bytes is its own choice."""
    return _REPAIRED.sub("\ufffd", text)


def _decoded(data: bytes) -> tuple[str, bool, bool]:
    """The text, whether its bytes are valid, and whether it is encoded otherwise than UTF-8 without a byte order mark.

    RFC 8259 section 8.1 leaves both to the reader.
    """
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return *_text(data, encoding), True
    if found := re.match(rb"(\x00{3}[^\x00])|[^\x00]\x00{3}", data):
        return *_text(data, "utf-32-be" if found[1] else "utf-32-le"), True
    if re.match(rb"\x00[^\x00]|[^\x00]\x00", data):
        return *_text(data, "utf-16-be" if data[0] == 0 else "utf-16-le"), True
    if data.startswith(b"\xef\xbb\xbf"):
        return *_text(data[3:], "utf-8"), True
    return *_text(data, "utf-8"), False


def _text(data: bytes, encoding: str) -> tuple[str, bool]:
    try:
        return data.decode(encoding), True
    except UnicodeDecodeError:
        return data.decode(encoding, "replace"), False


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def shallow(text: str) -> str:
    """The text without what is nested in it deeper than any parser has to follow (RFC 8259 section 9).

    Brackets that were balanced stay so.
    """
    if text.count("[") + text.count("{") <= DEPTH_LIMIT:
        return text
    kept, start, depth = [], 0, 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in ("[", "{"):
            depth += 1
            if depth == DEPTH_LIMIT + 1:
                kept.append(text[start : found.end()])
        elif found[0] in ("]", "}"):
            if depth == DEPTH_LIMIT + 1:
                start = found.start()
            depth -= 1
    return "".join([*kept, *([text[start:]] if depth <= DEPTH_LIMIT else [])])


def refuse_constant(constant: str) -> None:
    """Refuse what Python reads and JSON does not have: NaN and Infinity (RFC 8259 section 6).

    Raises:
        ValueError: always.

    """
    raise ValueError(f"{constant} is no JSON")


def _readings(written: Any) -> Iterator[Any]:
    """Every value that the text may stand for, when of equal names any may count."""
    if isinstance(written, _Members):
        choices: dict[str, list[Any]] = {}
        for name, value in written:
            choices.setdefault(name, []).extend(_readings(value))
        for values in itertools.product(*choices.values()):
            yield dict(zip(choices, values, strict=True))
    elif isinstance(written, list):
        for items in itertools.product(*(list(_readings(item)) for item in written)):
            yield list(items)
    else:
        yield written


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a JSON value, names of members among them."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, str):
        yield value


def _has_open_text(text: str) -> bool:
    # U+FFFD is open only where decoding put it; `strict` tells of that.
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
