"""Vendors that fail with a 500 on particular requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from contracts.vendor.model import Call
from tests.suite.vendors.finders import LEFT_OPEN, OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.variant import Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import EXTERNAL_ID, NAME, Members, first

SURROGATES = rb"(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"


def texts(
    sentence: str,
    condition: Callable[[str], bool],
    found_by: str = OTHER_VALID,
    members: Sequence[str] = (NAME, EXTERNAL_ID),
) -> Row:
    """Fails when it stores one of these members with a text that `condition` holds of."""

    def crash(vendor: Variant, customer: Members, value: Members) -> None:
        given = (value[name] for name in members if value.get(name) is not None)
        refuse_if(any(map(condition, given)), 500, "The database is not amused.")

    return broken("status.internal_error", found_by)(sentence, **first(store=crash))


names = partial(texts, members=[NAME])
external_ids = partial(texts, members=[EXTERNAL_ID])


def calls(sentence: str, condition: Callable[[Call], bool], found_by: str = LEFT_OPEN) -> Row:
    """Fails on an update that `condition` holds of, before it reads the body."""

    def crash(vendor: Variant, call: Call) -> None:
        refuse_if(call.method == "PUT" and condition(call), 500, "The parser is not amused.")

    return broken("status.internal_error", found_by)(sentence, **first(parse=crash))


# Valid texts

CrashesOnLongNames = names("Fails with a 500 on names of more than 255 characters.", lambda text: len(text) > 255)
CrashesOnVeryLongExternalIds = external_ids(
    "Fails with a 500 on external ids of more than 5,000 characters.", lambda text: len(text) > 5000
)
CrashesOnHugeNames = names("Fails with a 500 on names of more than 90,000 characters.", lambda text: len(text) > 90_000)
CrashesOnEmptyExternalIds = external_ids("Fails with a 500 on an empty external id.", lambda text: text == "")
CrashesOnSingleQuotes = external_ids("Fails with a 500 on a single quote in an external id.", lambda text: "'" in text)
CrashesOnPercents = external_ids("Fails with a 500 on a percent sign in an external id.", lambda text: "%" in text)
CrashesOnBackslashes = external_ids("Fails with a 500 on a backslash in an external id.", lambda text: "\\" in text)
CrashesOnEmoji = names(
    "Fails with a 500 on a character beyond the basic plane in a name.", lambda text: max(text, default="") > "\uffff"
)
CrashesOnHebrew = external_ids(
    "Fails with a 500 on a Hebrew letter in an external id.", lambda text: bool(re.search("[\u0590-\u05ff]", text))
)

# Texts that a server may refuse, but not fail on

CrashesOnNul = texts("Fails with a 500 on U+0000 in a text.", lambda text: "\0" in text, LEFT_OPEN)
CrashesOnBadUtf8 = calls(
    "Fails with a 500 on a body that is no UTF-8.",
    lambda call: call.body.decode("utf-8", "ignore").encode() != call.body,
)
CrashesOnLoneSurrogates = calls(
    "Fails with a 500 on an escaped surrogate that has no other half.",
    lambda call: re.search(rb"(?i)\\ud[89a-f]", re.sub(SURROGATES, b"", call.body)) is not None,
)

# Shapes

CrashesOnDepth = calls(
    "Fails with a 500 on brackets more than ninety deep.",
    lambda call: re.search(rb'(?:\[|{"name":){90}', call.body) is not None,
)
CrashesOnRepeatedNames = calls(
    "Fails with a 500 on an object that names a member twice.",
    lambda call: len(re.findall(rb'"name"\s*:', call.body[:1000])) == 2,
)
CrashesOnBigIntegers = calls(
    "Fails with a 500 on an integer that needs more than 64 bits.",
    lambda call: any(int(digits) >= 2**63 for digits in re.findall(rb":([0-9]{19,1000})\b", call.body)),
    OTHER_SCHEMA,
)
CrashesOn64Bits = calls(
    "Fails with a 500 on an integer that fits in 64 bits without a sign, and not with one.",
    lambda call: any(2**63 <= int(digits) < 2**64 for digits in re.findall(rb"[:\[,]([0-9]{19,20})\b", call.body)),
    OTHER_SCHEMA,
)
CrashesOnPlaceholders = calls(
    "Fails with a 500 on the name of an unknown member that has a percent sign, or braces.",
    lambda call: re.search(rb'"[^"]*(?:%s|\{\w+\})[^"]*":', call.body) is not None,
    OTHER_SCHEMA,
)
CrashesOnManyMembers = calls(
    "Fails with a 500 on an object of more than a hundred members.", lambda call: call.body.count(b'":') > 100
)
CrashesOnLargeBodies = calls(
    "Fails with a 500 on a body of more than 64 KiB.", lambda call: len(call.body) > 65_536, OTHER_VALID
)
CrashesWithoutMediaType = calls(
    "Fails with a 500 on a body without Content-Type.", lambda call: not call.header("content-type")
)
