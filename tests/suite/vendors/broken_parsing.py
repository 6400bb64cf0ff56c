"""Vendors that read as JSON what is none, or say the wrong thing of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contracts.vendor.model import Call, Refusal
from tests.suite.vendors.finders import CONSTANTS, NO_JSON, OTHER_NO_JSON, OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.variant import Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import first


def mends(sentence: str, found_by: str, mended: Callable[[str], str], breaks: str = "status.syntax") -> Row:
    """Reads what is no JSON once more, as `mended` has it."""

    def parse(self: Variant, call: Call) -> Any:
        try:
            return Variant.parse(self, call)
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            text = mended(call.body.decode("utf-8", "replace"))
            return Variant.parse(self, replace(call, body=text.encode()))

    return broken(breaks, found_by)(sentence, parse=parse)


def refuses(sentence: str, condition: Callable[[bytes], object], detail: str = "This is not JSON.") -> Row:
    """Refuses a good body with 400 if the condition holds of its bytes."""
    look = first(parse=lambda vendor, call: refuse_if(condition(call.body), 400, detail))
    return broken("status.valid", OTHER_VALID)(sentence, **look)


def _first_value(text: str) -> str:
    try:
        return text[: json.JSONDecoder().raw_decode(text)[1]]
    except (ValueError, RecursionError):
        return text


# Punctuation

TakesTrailingCommas = mends("Takes a comma after the last member.", NO_JSON, lambda text: re.sub(r",\s*}", "}", text))
TakesSingleQuotes = mends("Takes single quotes for double ones.", NO_JSON, lambda text: text.replace("'", '"'))
ClosesObjects = mends("Closes an object that is not closed.", OTHER_NO_JSON, lambda text: text + "}")
TakesComments = mends(
    "Takes comments, as in JavaScript.", NO_JSON, lambda text: re.sub(r"//[^\n]*\n|/\*.*?\*/", "", text)
)

# What stands around the text

OverlooksWhatFollows = mends("Reads the first value and overlooks what follows.", NO_JSON, _first_value)
TrimsFormFeeds = mends(
    "Takes for white space what is none in JSON: form feeds, vertical tabs, no-break spaces.", OTHER_NO_JSON, str.strip
)

# Numbers, words and strings

TakesNan = mends("Takes NaN for null.", CONSTANTS, lambda text: text.replace("NaN", "null"), "status.constant")
TakesLeadingZeros = mends(
    "Takes numbers with a zero in front, and then finds that they are no strings.",
    OTHER_NO_JSON,
    lambda text: re.sub(r":0+(?=[0-9])", ":", text),
)
TakesBarePoints = mends(
    "Takes numbers with a point at the end, and then finds that they are no strings.",
    OTHER_NO_JSON,
    lambda text: re.sub(r"([0-9])\.(?=[,}])", r"\1", text),
)
TakesMinusSigns = mends(
    "Takes a minus sign alone for a number.", OTHER_NO_JSON, lambda text: re.sub("-(?=[,}])", "0", text)
)
TakesUnderscoresInNumbers = mends(
    "Takes underscores between digits.", OTHER_NO_JSON, lambda text: re.sub("(?<=[0-9])_(?=[0-9])", "", text)
)
TakesMissingValues = mends(
    "Takes a missing value for null.", OTHER_NO_JSON, lambda text: re.sub(":(?=[,}])", ":null", text)
)
TakesUnitSeparators = mends(
    "Takes U+001F in strings, the last of the control characters.",
    OTHER_NO_JSON,
    lambda text: text.replace("\x1f", "\\u001f"),
)
TakesBareExponents = mends(
    "Takes numbers with an exponent without digits, and then finds that they are no strings.",
    OTHER_NO_JSON,
    lambda text: re.sub(r"([0-9])[eE](?=[,}])", r"\1", text),
)
TakesUpperCaseEscapes = mends(
    "Takes an escape with an upper-case U.", OTHER_NO_JSON, lambda text: text.replace("\\U", "\\u")
)
TakesEscapesOfAnyLetter = mends(
    "Takes the escape of a letter that has none for the letter.",
    OTHER_NO_JSON,
    lambda text: re.sub(r'\\(?=[^"\\/bfnrtu])', "", text),
)
FindsDigitsOfEscapesLater = mends(
    "Looks for the four digits of an escape further on.",
    OTHER_NO_JSON,
    lambda text: re.sub(r"\\u[^0-9a-fA-F]+(?=[0-9a-fA-F]{4})", r"\\u", text),
)
TakesTabsForBackslashes = mends(
    "Takes a tab before a letter for the backslash of an escape.",
    OTHER_NO_JSON,
    lambda text: re.sub(r"\t(?=[bfnrt])", r"\\", text),
)
TakesEscapedSingleQuotes = mends("Takes an escaped single quote.", OTHER_NO_JSON, lambda text: text.replace("\\'", "'"))
TakesSignsInEscapes = mends(
    "Reads the four digits of an escape as any number, with a sign too.",
    OTHER_NO_JSON,
    lambda text: re.sub(r"\\u\+(?=[0-9a-fA-F]{3})", r"\\u0", text),
)
TakesBackslashesForEscapes = refuses(
    "Takes a quote after a backslash for an escaped one, whatever is in front of the backslash.",
    lambda body: b'\\\\"' in body,
)
UndoesEscapesFirst = refuses(
    "Undoes escapes before it reads a text, so that an escaped quote ends it.", lambda body: b"\\u0022" in body
)
TakesPrivateUseForSurrogates = refuses(
    "Takes every escape from U+D800 on for that of a surrogate.", lambda body: re.search(rb"(?i)\\u[ef]", body)
)
TakesTheFirstPairForNone = refuses(
    "Takes the first of all surrogate pairs for none.", lambda body: rb"\ud800\udc00" in body
)
WantsLittleInObjects = broken("status.schema", OTHER_SCHEMA)(
    "Refuses an object with nothing but white space in it, as if it were no JSON.",
    **first(parse=lambda vendor, call: refuse_if(re.search(rb"\{\s+\}", call.body), 400, "This is not JSON.")),
)
KnowsNoUpperCaseExponents = broken("status.schema", OTHER_SCHEMA)(
    "Refuses an exponent with an upper-case E, as if it were no JSON.",
    **first(
        parse=lambda vendor, call: refuse_if(re.search(rb":-?[\d.]+E[+-]?\d", call.body), 400, "This is not JSON.")
    ),
)
ReadsFiftyLevels = broken("status.schema", OTHER_SCHEMA)(
    "Refuses what is more than 50 levels deep, as if it were no JSON.",
    **first(parse=lambda vendor, call: refuse_if(b"[" * 50 in call.body, 400, "This is too deep.")),
)
CutsEscapesInTwo = refuses(
    "Takes an escape for none that begins in one block of 4,096 bytes and ends in the next.",
    lambda body: any(
        re.search(rb"\\(?:u[0-9a-f]{0,3})?$", body[max(at - 6, 0) : at]) for at in range(4096, len(body), 4096)
    ),
)
LooksAtTheBeginningAlone = refuses(
    "Takes a body for none, of which the first 4,096 bytes are white space.",
    lambda body: not body[:4096].strip(),
    "A body is required.",
)
TakesRawLineFeeds = mends("Takes line feeds in strings.", OTHER_NO_JSON, lambda text: text.replace("\n", "\\n"))

# The wrong status

AnswersNoBodyWith422 = broken("status.syntax", NO_JSON)(
    "Answers a request without a body with 422.",
    **first(
        parse=lambda vendor, call: refuse_if(
            not call.body, 422, "validation failed", {"location": "body", "message": "a body is required"}
        )
    ),
)
