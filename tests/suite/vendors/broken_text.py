"""Vendors that store another text than was sent: cut, trimmed, folded, encoded once too often."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from contracts.vendor.model import Call
from tests.suite.vendors.finders import LEFT_OPEN, OTHER_VALID, TEXTS
from tests.suite.vendors.named import named_after
from tests.suite.vendors.variant import Broken

Change = Callable[[str], str | None]


class _StoresAnother(Broken):
    """Stores the text of some members as `change` has it."""

    breaks, found_by = "update.stored", OTHER_VALID
    members: tuple[str, ...] = ()
    change: Change

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        texts = {name: value[name] for name in self.members if value.get(name) is not None}
        super().store(customer, value | {name: self.change(text) for name, text in texts.items()})


def _stored(*members: str, **content: str) -> Callable[[Change], type[Broken]]:
    """A variant that stores these members as the function has them."""
    return lambda change: named_after(change, _StoresAnother, members=members, change=staticmethod(change), **content)


_name = _stored("name")
_external_id = _stored("externalCustomerId")
_both = _stored("name", "externalCustomerId")


# White space


@_name
def trims_names(text: str) -> str:
    """Stores names without the white space around them."""
    return text.strip()


@_name
def trims_no_break_spaces(text: str) -> str:
    """Stores names without the no-break spaces around them."""
    return text.strip("\xa0")


@_external_id
def collapses_spaces(text: str) -> str:
    """Stores external ids with one space for two."""
    return re.sub("  +", " ", text)


@_external_id
def normalises_line_breaks(text: str) -> str:
    """Stores external ids with a line feed for each carriage return and line feed."""
    return text.replace("\r\n", "\n")


# Length


@_name
def cuts_at_255_characters(text: str) -> str:
    """Cuts names after 255 characters."""
    return text[:255]


@_external_id
def cuts_at_4096_characters(text: str) -> str:
    """Cuts external ids after 4,096 characters."""
    return text[:4096]


@_name
def cuts_at_10000_bytes(text: str) -> str:
    """Cuts names after 10,000 bytes."""
    return text.encode()[:10_000].decode("utf-8", "ignore")


@_both
def cuts_at_65535_bytes(text: str) -> str:
    """Cuts texts after 65,535 bytes."""
    return text.encode()[:65_535].decode("utf-8", "ignore")


# Letter case and normal forms


@_external_id
def folds_external_ids(text: str) -> str:
    """Stores external ids case-folded."""
    return text.casefold()


@_external_id
def composes_external_ids(text: str) -> str:
    """Stores external ids in the normal form NFC."""
    return unicodedata.normalize("NFC", text)


@_name
def decomposes_names(text: str) -> str:
    """Stores names in the normal form NFD."""
    return unicodedata.normalize("NFD", text)


@_both
def makes_compatible(text: str) -> str:
    """Stores texts in the normal form NFKC."""
    return unicodedata.normalize("NFKC", text)


# Encodings


@_name
def reads_utf8_as_latin1(text: str) -> str:
    """Stores the bytes of names as if they were Latin-1."""
    return text.encode().decode("latin-1")


@_name
def escapes_html(text: str) -> str:
    """Stores names escaped for HTML."""
    return html.escape(text)


@_external_id
def unescapes_html(text: str) -> str:
    """Stores external ids with their HTML entities resolved."""
    return html.unescape(text)


@_external_id
def decodes_percents(text: str) -> str:
    """Stores external ids percent-decoded."""
    return unquote(text)


@_name
def reads_plus_as_space(text: str) -> str:
    """Stores names with a space for each plus sign."""
    return text.replace("+", " ")


# Characters


@_name
def drops_astral_characters(text: str) -> str:
    """Stores names without characters beyond the basic plane."""
    return re.sub("[\U00010000-\U0010ffff]", "", text)


@_external_id
def questions_astral_characters(text: str) -> str:
    """Stores external ids with a question mark for each character beyond the basic plane."""
    return re.sub("[\U00010000-\U0010ffff]", "?", text)


@_name
def drops_control_characters(text: str) -> str:
    """Stores names without control characters."""
    return re.sub("[\x01-\x1f\x7f]", "", text)


@_name
def drops_zero_width_characters(text: str) -> str:
    """Stores names without zero-width characters, or those alone that are nothing else."""
    return re.sub("[\u200b-\u200d]", "", text) or text


@_stored("externalCustomerId", found_by=TEXTS)
def questions_greek(text: str) -> str:
    """Stores external ids with a question mark for each Greek letter."""
    return re.sub("[\u0370-\u03ff]", "?", text)


# Numbers


@_external_id
def reads_digits_as_integer(text: str) -> str:
    """Stores external ids of digits as the integer that they are, without the zeros in front."""
    return str(int(text)) if re.fullmatch(r"[0-9]{1,1000}", text) else text


class ReadsLatin1WhereItIsSaid(Broken):
    """Reads a body as Latin-1 where its media type says so, though JSON is UTF-8 whatever that says."""

    breaks, found_by = "update.stored", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        latin_1 = "iso-8859-1" in call.header("content-type")
        return super().parse(replace(call, body=call.body.decode("latin-1").encode()) if latin_1 else call)


class StripsNul(Broken):
    """Stores text without U+0000."""

    breaks, found_by = "update.stored", LEFT_OPEN

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        stripped = {name: item.replace("\0", "") if isinstance(item, str) else item for name, item in value.items()}
        super().store(customer, stripped)


class DropsBadUtf8(Broken):
    """Drops from a text the bytes that are no UTF-8."""

    breaks, found_by = "update.stored", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        if not isinstance(value, dict) or "\ufffd" in call.body.decode("utf-8", "ignore"):
            return value
        return {name: item.replace("\ufffd", "") if isinstance(item, str) else item for name, item in value.items()}
