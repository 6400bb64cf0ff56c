"""Vendors that take one slug for another, or stumble over slugs that name no customer."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import unquote

from contracts.vendor.model import Refusal
from tests.suite.vendors.finders import (
    BESIDE,
    LEFT_OPEN,
    LONG_LINE,
    NO_CUSTOMER,
    NO_OTHER_SLUG,
    OTHER_SLUG,
    OTHER_VALID,
)
from tests.suite.vendors.variant import Broken, Row, Variant, broken
from tests.suite.vendors.ways import EXTERNAL_ID, Members


def finds(sentence: str, meant: Callable[[str, str], bool], found_by: str = OTHER_SLUG) -> Row:
    """Finds a customer also where `meant` says of a slug, and of the customer's own, that this is the one."""

    def find(self: Variant, slug: str) -> Members:
        known = slug in self.customers
        return Variant.find(self, slug if known else next((own for own in self.customers if meant(slug, own)), slug))

    return broken("status.slug", found_by)(sentence, find=find)


def refuses(status: int, sentence: str, condition: Callable[[str], bool], found_by: str, breaks: str = "") -> Row:
    """Answers this status for the slugs that `condition` holds of."""
    breaks = breaks or ("status.internal_error" if status == 500 else "status.slug")
    errors = [{"location": "path.customerSlug", "message": "This is not a slug."}] if status == 422 else []

    def find(self: Variant, slug: str) -> Members:
        if condition(slug):
            raise Refusal(status, "What a slug.", *errors)
        return Variant.find(self, slug)

    return broken(breaks, found_by)(sentence, find=find)


FindsSlugsInAnyLetterCase = finds(
    "Looks slugs up whatever their letter case.", lambda slug, own: slug.lower() == own, NO_CUSTOMER
)
TrimsSlugs = finds("Looks slugs up without the white space around them.", lambda slug, own: slug.strip() == own)
DecodesSlugsTwice = finds("Percent-decodes slugs twice.", lambda slug, own: unquote(slug) == own)
EndsSlugsAtNul = finds(
    "Reads slugs up to a zero byte, as C does.", lambda slug, own: slug.partition("\0")[0] == own, LEFT_OPEN
)
ReadsSlugsAsPaths = finds(
    "Resolves slashes and dot segments in a slug, as a proxy does that decodes the path too early.",
    lambda slug, own: "/" in slug and posixpath.normpath(f"/customers/{slug}") == f"/customers/{own}",
)
CutsMatrixParameters = finds("Reads slugs up to a semicolon.", lambda slug, own: slug.partition(";")[0] == own)
CutsExtensions = finds("Reads slugs up to a full stop.", lambda slug, own: slug.partition(".")[0] == own)
CutsSlugsAtEmoji = finds(
    "Reads slugs up to a character of four bytes, as a database does that has three for each.",
    lambda slug, own: re.split("[\U00010000-\U0010ffff]", slug)[0] == own,
)
CompletesSlugs = finds("Finds the first customer whose slug begins like that.", lambda slug, own: own.startswith(slug))
ReadsSlugsAsPatterns = finds(
    "Looks slugs up with LIKE, so that a percent sign stands for anything.",
    lambda slug, own: "%" in slug and re.fullmatch(".*".join(map(re.escape, slug.split("%"))), own) is not None,
)
FoldsSlugs = finds(
    "Looks slugs up in the normal form NFKC.", lambda slug, own: unicodedata.normalize("NFKC", slug) == own
)

TrimsFullStops = finds("Looks slugs up without the full stops after them.", lambda slug, own: slug.rstrip(".") == own)
TrimsHyphens = finds("Looks slugs up without the hyphens around them.", lambda slug, own: slug.strip("-") == own)
CutsSlugsAtTildes = finds("Reads slugs up to a tilde.", lambda slug, own: slug.partition("~")[0] == own)
FoldsLongS = finds(
    "Looks slugs up with a long s as an s.", lambda slug, own: "\u017f" in slug and slug.replace("\u017f", "s") == own
)
KnowsUpperCaseDigitsOnly = broken("status.valid", OTHER_VALID)(
    "Decodes percent-encoded letters only if the digits are in upper case.",
    route=lambda self, call: Variant.route(self, replace(call, path=re.sub("%(?=.?[a-f])", "%25", call.path))),
)
TrimsQuotes = finds("Looks slugs up without the quotes around them.", lambda slug, own: slug.strip("'\"") == own)
TrimsZeroBytes = finds(
    "Looks slugs up without the zero bytes after them.", lambda slug, own: slug.rstrip("\0") == own, LEFT_OPEN
)
ReadsPlusesAsSpaces = finds(
    "Reads a plus sign in a slug as a space, and looks it up without the white space around it.",
    lambda slug, own: slug.replace("+", " ").strip(" ") == own and "+" in slug,
)
EndsSlugsAtLineFeed = finds(
    "Checks slugs with a pattern that may end before a line feed, and cuts this off.",
    lambda slug, own: slug == f"{own}\n",
    BESIDE,
)
ReadsBackslashesAsSlashes = finds(
    "Reads backslashes in a slug as slashes, and resolves it as a path.",
    lambda slug, own: "\\" in slug and posixpath.normpath("/" + slug.replace("\\", "/")) == f"/{own}",
)
MergesSlashes = finds(
    "Looks slugs up without the slashes around them.",
    lambda slug, own: "/" in slug and slug.strip("/") == own,
    BESIDE,
)
CutsParametersOfSteps = finds(
    "Cuts parameters off each step of a slug, and then resolves it as a path.",
    lambda slug, own: ".;" in slug and posixpath.normpath("/" + re.sub(";[^/]*", "", slug)) == f"/{own}",
)
CutsQueries = finds("Reads slugs up to an ampersand.", lambda slug, own: slug.partition("&")[0] == own)
CutsVerbs = finds(
    "Reads slugs up to a colon, after which some APIs have a verb.", lambda slug, own: slug.partition(":")[0] == own
)
ReadsTheFirstStep = finds("Reads slugs up to a slash.", lambda slug, own: "/" in slug and slug.partition("/")[0] == own)
TrimsControls = finds(
    "Looks slugs up without the control characters around them.",
    lambda slug, own: slug.strip("".join(map(chr, range(1, 32)))) == own,
    BESIDE,
)

ReadsUnderscoresAsHyphens = finds(
    "Looks slugs up with a hyphen for each underscore.", lambda slug, own: slug.replace("_", "-") == own
)
ReadsSlugsAsGlobs = finds(
    "Looks slugs up so that an asterisk stands for anything.", lambda slug, own: "*" in slug and fnmatchcase(own, slug)
)
DropsBadBytesOfSlugs = finds(
    "Looks slugs up without bytes that are no UTF-8.", lambda slug, own: slug.replace("\ufffd", "") == own, LEFT_OPEN
)
CrashesOnLongSlugs = refuses(
    500, "Fails with a 500 on slugs of more than 255 characters.", lambda slug: len(slug) > 255, NO_CUSTOMER
)
CrashesOnUnicodeSlugs = refuses(
    500, "Fails with a 500 on slugs with a character beyond ASCII.", lambda slug: not slug.isascii(), OTHER_SLUG
)
FindsPercentsMalformed = refuses(
    400, "Answers slugs with a percent sign with 400.", lambda slug: "%" in slug, OTHER_SLUG
)
FindsLongLinesMalformed = refuses(
    400,
    "Answers a slug of more than 8,000 characters with 400.",
    lambda slug: len(slug) > 8000,
    LONG_LINE,
    "status.request_line",
)
FindsStrangeSlugsInvalid = refuses(
    422,
    "Answers slugs that no customer can have with 422.",
    lambda slug: re.fullmatch("[a-z0-9-]{2,100}", slug) is None,
    NO_CUSTOMER,
)


class FindsCustomersByTheirExternalId(Broken):
    """Looks customers up by their slug, or else by their external id."""

    breaks, found_by = "status.slug", NO_OTHER_SLUG

    def find(self, slug: str) -> Members:
        by_id = (each for each in self.customers.values() if each[EXTERNAL_ID] == slug)
        return self.customers.get(slug) or next(by_id, None) or super().find(slug)


class FindsCustomersByTheirId(Broken):
    """Looks customers up by their slug, or else by their id."""

    breaks, found_by = "status.slug", OTHER_SLUG

    def find(self, slug: str) -> Members:
        by_id = (each for each in self.customers.values() if each["id"] == slug)
        return self.customers.get(slug) or next(by_id, None) or super().find(slug)


class AnswersUnknownSlugsWith403(Broken):
    """Hides which customers exist behind a 403."""

    breaks, found_by = "status.slug", NO_CUSTOMER

    def find(self, slug: str) -> Members:
        try:
            return super().find(slug)
        except Refusal:
            raise Refusal(403, "You may not see this customer.") from None
