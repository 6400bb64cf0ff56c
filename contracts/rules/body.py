"""A request body, read in every way that RFC 8259 leaves open to a server.

Most bodies stand for one value. A body that names a member twice (section 4) may stand for several. A server may also
refuse a body that stands for one value, because of a byte order mark or an encoding other than UTF-8 (section 8.1),
text that is not valid Unicode (8.2), size, or depth (9).
"""

import itertools
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from contracts.http.target import MIB

# How many levels of arrays and objects every parser has to support.
DEPTH_LIMIT = 64
# How many of the values that one body may stand for are looked at.
_READINGS = 16

# The first bytes of a text with a byte order mark, or in UTF-16 or UTF-32. Each group is named after the encoding.
_ENCODED = re.compile(
    rb"(?P<utf_32>\xff\xfe\x00\x00|\x00\x00\xfe\xff)|(?P<utf_16>\xff\xfe|\xfe\xff)|(?P<utf_8_sig>\xef\xbb\xbf)"
    rb"|(?P<utf_32_be>\x00{3}[^\x00])|(?P<utf_32_le>[^\x00]\x00{3})"
    rb"|(?P<utf_16_be>\x00[^\x00])|(?P<utf_16_le>[^\x00]\x00)"
)
# A string, even one that never ends; or brackets that open, or close, one after the other.
_STRING_OR_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]+|[\]}]+', re.DOTALL)
# The escape of a surrogate. Whether it is a lone one depends on what is around it.
_SUSPECT = re.compile(r"\\u[dD][89a-fA-F]")
# How many characters of a number every parser has to read (RFC 8259 section 9). Jackson reads no more than that.
_LONGEST_NUMBER = 1000
# How many digits of an integer are read as an int. Python refuses to read very long ones, so they are read as a float.
_LONGEST_INTEGER = 300
# The beginning of a number that is not zero; or any number with an exponent of seven digits.
_NO_PLAIN_ZERO = re.compile(r"[-0.]*[1-9]|[^eE]+[eE][+-]?\d{7}")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
# An escape: of a whole pair of surrogates, of a lone one, or of anything else.
_HEX = "[0-9a-fA-F]{2}"
_ESCAPE = re.compile(rf"\\(?:u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX}|(?P<lone>u[dD][89a-fA-F]{_HEX})|.)", re.DOTALL)
_REPAIRED = re.compile("[\ufffd\ud800-\udfff]+")


@dataclass(frozen=True)
class Body:
    """The values that a body may stand for. A body that no reader takes for JSON text has none.

    `special` are the circumstances that the body causes, as promise ids: `status.size`, `status.encoding`,
    `status.text`, `status.number` and `status.constant`.
    """

    values: tuple[Any, ...]
    special: frozenset[str] = frozenset()


class _Repeated(list[tuple[str, Any]]):
    """The members of an object that names at least one of them twice, in the order in which they are written."""


def read(data: bytes) -> Body:
    text, special = _decoded(data)
    odd: set[str] = set()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Repeated:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        odd.add("status.text")
        return _Repeated(pairs)

    def integer(digits: str) -> int | float:
        # A body may have a million of them.
        return int(digits) if len(digits) <= _LONGEST_INTEGER else number(digits)

    def number(digits: str) -> float:
        found = float(digits)
        if math.isinf(found):
            odd.add("status.number")
        elif len(digits) > _LONGEST_NUMBER or (not found and _NO_PLAIN_ZERO.match(digits)):
            # A number that becomes zero in a double, but is not a plain zero, is as absurd as a very large text.
            odd.add("status.text")
        return found

    def constant(name: str) -> float:
        odd.add("status.constant")
        return float(name)

    repaired = well_formed(text)
    if repaired != text or ("\\u0000" in text and _NUL.search(text)):
        odd.add("status.text")
    try:
        value = json.loads(
            repaired, object_pairs_hook=members, parse_constant=constant, parse_int=integer, parse_float=number
        )
    except ValueError:
        return Body((), special | odd)
    return Body(tuple(_readings(value)) if "status.text" in odd else (value,), special | odd)


def _decoded(data: bytes) -> tuple[str, frozenset[str]]:
    """The text of a body, with U+FFFD for what cannot be decoded, and what is special about its bytes and its depth."""
    found = _ENCODED.match(data)
    encoding = str(found.lastgroup) if found else "utf-8"
    special = {"status.encoding"} if found else set()
    if len(data) >= MIB:
        special |= {"status.size", "status.text"}
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        special.add("status.text")
    text, deep = _cut(text)
    # A reader may look for characters that no text has before it looks for JSON.
    if deep or "\0" in text:
        special.add("status.text")
    return text, frozenset(special)


def _readings(written: Any) -> list[Any]:
    """The first few values that a text may stand for: of members with the same name, any one may count."""
    if isinstance(written, (dict, _Repeated)):
        choices: dict[str, list[Any]] = {}
        for name, value in written.items() if isinstance(written, dict) else written:
            choices.setdefault(name, []).extend(_readings(value))
        objects = (dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values()))
        return [*itertools.islice(objects, _READINGS)]
    if isinstance(written, list):
        return [*map(list, itertools.islice(itertools.product(*map(_readings, written)), _READINGS))]
    return [written]


def well_formed(text: str) -> str:
    """A JSON text with each lone surrogate in it replaced by U+FFFD, as most decoders do."""
    if not _SUSPECT.search(text):
        return text
    return _ESCAPE.sub(lambda found: r"\ufffd" if found["lone"] else found[0], text)


def plain(text: str) -> str:
    """The text with one U+FFFD for each run of repaired characters: decoders differ in how many they write."""
    return _REPAIRED.sub("\ufffd", text)


def shallow(text: str) -> str:
    """The text without anything that is nested deeper than every parser has to support (RFC 8259 section 9).

    Balanced brackets stay balanced.
    """
    return _cut(text)[0]


def _cut(text: str) -> tuple[str, bool]:
    """What `shallow` leaves of a text, and whether anything in it was nested too deep."""
    if text.count("[") + text.count("{") <= DEPTH_LIMIT:
        return text, False
    kept, start, depth = [], 0, 0
    for found in _STRING_OR_BRACKETS.finditer(text):
        begin, size = found.start(), found.end() - found.start()
        if text[begin] in "[{":
            if depth <= DEPTH_LIMIT < depth + size:
                kept.append(text[start : begin + DEPTH_LIMIT + 1 - depth])
            depth += size
        elif text[begin] in "]}":
            if depth - size <= DEPTH_LIMIT < depth:
                start = begin + depth - DEPTH_LIMIT - 1
            depth -= size
    rest = text[start:] if depth <= DEPTH_LIMIT else ""
    return "".join([*kept, rest]), bool(kept)


def refuse_constant(constant: str) -> None:
    """Raise a ValueError for NaN and Infinity, which Python reads but JSON does not have (RFC 8259 section 6)."""
    raise ValueError(f"{constant} is no JSON")


def whole_number(digits: str) -> int | float:
    """A JSON integer as an int, or as a float if it is very long."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
