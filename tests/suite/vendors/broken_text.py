"""Vendors that store another text than was sent: cut, trimmed, folded, encoded once too often."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import unquote

from contracts.vendor.model import Call
from tests.suite.vendors.finders import LEFT_OPEN, OTHER_VALID, TEXTS
from tests.suite.vendors.variant import Broken, Row, Variant, broken
from tests.suite.vendors.ways import EXTERNAL_ID, NAME, Members, reading

Change = Callable[[str], str]
ASTRAL = "[\U00010000-\U0010ffff]"


def texts(
    sentence: str, change: Change, found_by: str = OTHER_VALID, members: Sequence[str] = (NAME, EXTERNAL_ID)
) -> Row:
    """Stores the text of these members as `change` has it."""

    def store(self: Variant, customer: Members, value: Members) -> None:
        changed = {name: change(value[name]) for name in members if value.get(name) is not None}
        Variant.store(self, customer, value | changed)

    return broken("update.stored", found_by)(sentence, store=store)


names = partial(texts, members=[NAME])
external_ids = partial(texts, members=[EXTERNAL_ID])

# White space

TrimsNames = names("Stores names without the white space around them.", str.strip)
TrimsLongNames = names(
    "Stores names of more than 100 characters without the white space around them.",
    lambda text: text.strip() if len(text) > 100 else text,
)
TrimsNoBreakSpaces = names("Stores names without the no-break spaces around them.", lambda text: text.strip("\xa0"))
CollapsesSpaces = external_ids("Stores external ids with one space for two.", lambda text: re.sub("  +", " ", text))
NormalisesLineBreaks = external_ids(
    "Stores external ids with a line feed for each carriage return and line feed.",
    lambda text: text.replace("\r\n", "\n"),
)

# Length

CutsAt255Characters = names("Cuts names after 255 characters.", lambda text: text[:255])
CutsAt4096Characters = external_ids("Cuts external ids after 4,096 characters.", lambda text: text[:4096])
CutsAt10000Bytes = names(
    "Cuts names after 10,000 bytes.", lambda text: text.encode()[:10_000].decode("utf-8", "ignore")
)
CutsAt65535Bytes = texts(
    "Cuts texts after 65,535 bytes.", lambda text: text.encode()[:65_535].decode("utf-8", "ignore")
)

# Letter case and normal forms

FoldsExternalIds = external_ids("Stores external ids case-folded.", str.casefold)
ComposesExternalIds = external_ids("Stores external ids in the normal form NFC.", partial(unicodedata.normalize, "NFC"))
DecomposesNames = names("Stores names in the normal form NFD.", partial(unicodedata.normalize, "NFD"))
MakesCompatible = texts("Stores texts in the normal form NFKC.", partial(unicodedata.normalize, "NFKC"))

# Encodings

ReadsUtf8AsLatin1 = names(
    "Stores the bytes of names as if they were Latin-1.", lambda text: text.encode().decode("latin-1")
)
EscapesHtml = names("Stores names escaped for HTML.", html.escape)
UnescapesHtml = external_ids("Stores external ids with their HTML entities resolved.", html.unescape)
DecodesPercents = external_ids("Stores external ids percent-decoded.", unquote)
ReadsPlusAsSpace = names("Stores names with a space for each plus sign.", lambda text: text.replace("+", " "))

# Characters

DropsAstralCharacters = names(
    "Stores names without characters beyond the basic plane.", lambda text: re.sub(ASTRAL, "", text)
)
QuestionsAstralCharacters = external_ids(
    "Stores external ids with a question mark for each character beyond the basic plane.",
    lambda text: re.sub(ASTRAL, "?", text),
)
DropsControlCharacters = names(
    "Stores names without control characters.", lambda text: re.sub("[\x01-\x1f\x7f]", "", text)
)
DropsZeroWidthCharacters = names(
    "Stores names without zero-width characters, or those alone that are nothing else.",
    lambda text: re.sub("[\u200b-\u200d]", "", text) or text,
)
QuestionsGreek = external_ids(
    "Stores external ids with a question mark for each Greek letter.",
    lambda text: re.sub("[\u0370-\u03ff]", "?", text),
    TEXTS,
)

TrimsQuotesOfNames = names(
    "Stores names without the quotes around them.", lambda text: re.sub('^"(.+)"$', r"\1", text, flags=re.DOTALL)
)
DisarmsFormulas = external_ids(
    "Stores external ids that begin like a formula with a quote in front.", lambda text: re.sub("^=", "'=", text)
)

# Texts in which a layer sees something of its own

ReplacesPlaceholders = names(
    "Stores names with an empty text for what stands for a value in SQL.",
    lambda text: re.sub(r":name\b|@p0\b|(?<!\S)\?(?!\S)", "", text) or text,
)
UndoesEscapesOfTexts = names(
    "Stores names with a character for each escape of four digits that is a part of them.",
    lambda text: re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text),
)
TidiesAddresses = external_ids(
    "Stores external ids with addresses in small letters.",
    lambda text: re.sub(r"[\w.]{1,64}@[\w.]{1,64}", lambda found: found[0].lower(), text),
)
LosesWhatShiftJisLacks = external_ids(
    "Stores external ids with a backslash for each sign of the yen, as Shift_JIS has it.",
    lambda text: text.replace("\xa5", "\\"),
)
TrimsAsJavaScriptDoes = names(
    "Stores names without byte order marks at their end.", lambda text: text.rstrip("\ufeff") or text
)


def _written_anew(text: str) -> str:
    """A text that is an object of JSON, read and written again."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(value) if isinstance(value, dict) else text


WritesJsonAnew = external_ids("Stores external ids that are JSON as it would write that itself.", _written_anew)

# Numbers and dates

RewritesDates = names(
    "Stores names that are dates without a fraction of zero.", lambda text: re.sub(r"\.000Z$", "Z", text)
)

ReadsDigitsAsInteger = external_ids(
    "Stores external ids of digits as the integer that they are, without the zeros in front.",
    lambda text: str(int(text)) if re.fullmatch(r"[0-9]{1,1000}", text) else text,
)

# What a server may refuse, but not change


def _without(character: str, value: Members) -> Members:
    return {name: item.replace(character, "") if isinstance(item, str) else item for name, item in value.items()}


StripsNul = broken("update.stored", LEFT_OPEN)(
    "Stores text without U+0000.",
    store=lambda self, customer, value: Variant.store(self, customer, _without("\0", value)),
)
ReadsLatin1WhereItIsSaid = broken("update.stored", LEFT_OPEN)(
    "Reads a body as Latin-1 where its media type says so, though JSON is UTF-8 whatever that says.",
    parse=reading(
        lambda call: (
            replace(call, body=call.body.decode("latin-1").encode())
            if "iso-8859-1" in call.header("content-type")
            else call
        )
    ),
)


class DropsBadUtf8(Broken):
    """Drops from a text the bytes that are no UTF-8."""

    breaks, found_by = "update.stored", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        mended = isinstance(value, dict) and "\ufffd" not in call.body.decode("utf-8", "ignore")
        return _without("\ufffd", value) if mended else value
