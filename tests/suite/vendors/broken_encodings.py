"""Vendors that read the bytes of a body as another text: by what its media type says, or because they are no UTF-8."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contracts.vendor.model import Call
from tests.suite.vendors.finders import BESIDE, LEFT_OPEN, OTHER_VALID
from tests.suite.vendors.variant import Broken, Row, broken, refuse_if
from tests.suite.vendors.ways import first, reading

PYTHON_KNOWS = ("utf-8", "iso-8859-1", "us-ascii", "windows-1252")


def charset_of(call: Call) -> str:
    """The charset parameter of the media type as it is written, in lower case."""
    found = re.search(r"charset=([^;]*)", call.header("content-type").lower())
    return found[1] if found else ""


def reads(sentence: str, encoding: str, condition: Callable[[Call], object], found_by: str = LEFT_OPEN) -> Row:
    """Reads a body in this encoding where the condition holds."""

    def decoded(call: Call) -> Call:
        return replace(call, body=call.body.decode(encoding, "replace").encode()) if condition(call) else call

    return broken("update.stored", found_by)(sentence, parse=reading(decoded))


def mends(
    sentence: str, mended: Callable[[bytes], str], found_by: str = LEFT_OPEN, breaks: str = "update.stored"
) -> Row:
    """Reads a body that is no UTF-8 as the text that `mended` makes of it."""

    def decoded(call: Call) -> Call:
        is_text = call.body.decode("utf-8", "ignore").encode() == call.body
        return call if is_text else replace(call, body=mended(call.body).encode("utf-8", "replace"))

    return broken(breaks, found_by)(sentence, parse=reading(decoded))


def crashes(sentence: str, condition: Callable[[Call], object]) -> Row:
    """Fails with a 500 on an update that the condition holds of."""
    crash = first(parse=lambda vendor, call: refuse_if(call.method == "PUT" and condition(call), 500, "Oops."))
    return broken("status.internal_error", LEFT_OPEN)(sentence, **crash)


def _joined(pair: re.Match[bytes]) -> bytes:
    """The character that a surrogate pair in UTF-8 stands for."""
    return pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16").encode()


# What the media type says, or does not say

ReadsAsciiWhereItIsSaid = reads(
    "Reads a body as ASCII where its media type says so.", "ascii", lambda call: charset_of(call) == "us-ascii"
)
ReadsWindows1252WhereItIsSaid = reads(
    "Reads a body as windows-1252 where its media type says so.",
    "windows-1252",
    lambda call: charset_of(call) == "windows-1252",
)
ReadsTextAsLatin1 = broken("update.stored", LEFT_OPEN)(
    "Takes text/json for JSON, and reads it as Latin-1, as one did with text once.",
    parse=reading(
        lambda call: (
            replace(call, body=call.body.decode("latin-1").encode(), headers=[])
            if call.header("content-type") == "text/json"
            else call
        )
    ),
)
ReadsWhatIsCalledNothingAsLatin1 = reads(
    "Reads a body without a media type as Latin-1.", "latin-1", lambda call: not call.header("content-type"), BESIDE
)
ReadsChunksAsLatin1 = reads(
    "Reads a body in chunks as Latin-1.", "latin-1", lambda call: call.header("transfer-encoding"), BESIDE
)
ReadsOtherJsonAsLatin1 = reads(
    "Reads a body as Latin-1 where its media type ends with +json.",
    "latin-1",
    lambda call: call.header("content-type").endswith("+json"),
)
DecodesEachChunk = broken("update.stored", BESIDE)(
    "Reads each chunk of a body as a text of its own.",
    joined=lambda self, chunks: "".join(chunk.decode("utf-8", "replace") for chunk in chunks).encode(),
)
DecodesEachBlock = broken("update.stored", OTHER_VALID)(
    "Reads each 64 KiB of a body as a text of their own.",
    parse=reading(
        lambda call: replace(
            call,
            body="".join(
                call.body[at : at + 65536].decode("utf-8", "replace") for at in range(0, len(call.body), 65536)
            ).encode(),
        )
    ),
)
CrashesOnCharsetsItDoesNotKnow = crashes(
    "Fails with a 500 on a charset that it does not know.",
    lambda call: charset_of(call).strip('"') not in ("", *PYTHON_KNOWS),
)
CrashesOnCharsetsInQuotes = crashes("Fails with a 500 on a charset in quotes.", lambda call: '"' in charset_of(call))

# Bytes that are no UTF-8

FallsBackToLatin1 = mends("Reads a body that is no UTF-8 as Latin-1.", lambda body: body.decode("latin-1"))
TakesOverlongCharacters = mends(
    "Reads a solidus in overlong form as a solidus.",
    lambda body: body.replace(b"\xc0\xaf", b"/").decode("utf-8", "replace"),
)
ReadsSurrogatePairs = mends(
    "Reads a surrogate pair of six bytes as one character, as Java writes it.",
    lambda body: re.sub(rb"\xed[\xa0-\xaf].\xed[\xb0-\xbf].", _joined, body).decode("utf-8", "replace"),
)
ClosesCutCharacters = mends(
    "Takes the bytes after a cut character for a part of it, up to the end, and closes what that leaves open.",
    lambda body: re.sub(rb'[\xe0-\xf7]"\}$', b'?"}', body).decode("utf-8", "replace"),
)
ClosesHalvesOfFour = mends(
    "Takes the two bytes after half a character of four for the rest of it, and closes what that leaves open.",
    lambda body: re.sub(rb'[\xf0-\xf4][\x80-\xbf]"\}$', b'?"}', body).decode("utf-8", "replace"),
)
SwallowsBackslashes = mends(
    "Takes a backslash after a cut character for a part of it.",
    lambda body: re.sub(rb"[\xe0-\xef][\x80-\xbf]\\", b"?", body).decode("utf-8", "replace"),
)
DropsLoneContinuationBytes = mends(
    "Drops bytes that continue a character that never began.",
    lambda body: re.sub(rb"(?<=[\x00-\x7f])[\x80-\xbf]+", b"", body).decode("utf-8", "replace"),
)
DropsBadBytesAroundABody = mends(
    "Drops bytes after a body that are no UTF-8.",
    lambda body: re.sub(rb"\}[\x80-\xff]+$", b"}", body).decode("utf-8", "replace"),
    breaks="status.syntax",
)
CrashesOnCutCharacters = crashes(
    "Fails with a 500 on a character that is cut before a quote.",
    lambda call: re.search(rb'[\xc2-\xf4]"', call.body) is not None,
)

CrashesOnNulOfJava = crashes(
    "Fails with a 500 on U+0000 in two bytes, as Java writes it.", lambda call: b"\xc0\x80" in call.body
)
CrashesOnFormsOfFiveBytes = crashes(
    "Fails with a 500 on a character in five bytes.", lambda call: b"\xf8\x88" in call.body
)


class CutsTextsAtBadBytes(Broken):
    """Stores a text up to the first bad byte, as some databases do."""

    breaks, found_by = "update.stored", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        is_text = call.body.decode("utf-8", "ignore").encode() == call.body
        if is_text or not isinstance(value, dict):
            return value
        return {name: item.partition("\ufffd")[0] if isinstance(item, str) else item for name, item in value.items()}
