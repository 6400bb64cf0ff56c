"""Vendors that go too far where the contract leaves them a choice of statuses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from contracts.http.target import MIB
from contracts.vendor.model import Call, Refusal
from tests.suite.vendors.finders import ENCODED, LEFT_OPEN, OTHER_SCHEMA
from tests.suite.vendors.variant import Broken, Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import first, reading, then


def finds_nothing(sentence: str, media_type: str) -> Row:
    """Answers a good update of this media type with 404, as a router may."""

    def look(vendor: Variant, value: Any, call: Call) -> None:
        is_good = call.header("content-type") == media_type and not any(vendor.document.request_mismatches(value, ""))
        refuse_if(is_good, 404, "Nothing here takes this.")

    return broken("status.media_type_like_json", LEFT_OPEN)(sentence, **then(parse=look))


AcceptsHugeNumbers = broken("status.number", LEFT_OPEN)(
    "Takes a number past the range of a double for a text.",
    parse=reading(lambda call: replace(call, body=re.sub(rb"-?1e999", b'"1e999"', call.body))),
)
AcceptsPlainText = broken("status.media_type", LEFT_OPEN)(
    "Reads plain text as JSON.",
    parse=reading(
        lambda call: replace(call, headers=[]) if call.header("content-type").startswith("text/plain") else call
    ),
)
AcceptsTextsOfBrowsers = broken("status.media_type", LEFT_OPEN)(
    "Reads plain text as JSON where it has a charset, as browsers send a text.",
    parse=reading(
        lambda call: replace(call, headers=[]) if call.header("content-type").startswith("text/plain;c") else call
    ),
)
AcceptsWhatBeginsLikeJson = broken("status.media_type", LEFT_OPEN)(
    "Reads as JSON whatever has a media type that begins with application/json.",
    parse=reading(
        lambda call: replace(call, headers=[]) if call.header("content-type").startswith("application/json") else call
    ),
)
LooksForJsonAnywhere = broken("status.media_type", LEFT_OPEN)(
    "Takes a media type for JSON that has its name anywhere.",
    parse=reading(
        lambda call: replace(call, headers=[]) if "application/json" in call.header("content-type") else call
    ),
)
AcceptsAPartOfTheNameOfJson = broken("status.media_type", LEFT_OPEN)(
    "Takes a media type for JSON if its name is a part of that of JSON.",
    parse=reading(
        lambda call: replace(call, headers=[]) if call.header("content-type") in "application/json" else call
    ),
)
FindsNothingWithoutMediaType = finds_nothing(
    "Answers a good update without Content-Type with 404, as a router may.", ""
)
FindsNothingForMergePatch = finds_nothing(
    "Answers a good update that is called a JSON Merge Patch with 404, as a router may.", "application/merge-patch+json"
)
AnswersUtf16With415 = broken("status.encoding", ENCODED)(
    "Takes JSON in UTF-16 for another media type.",
    **first(
        parse=lambda vendor, call: refuse_if(
            call.body.startswith((b"\xff\xfe", b"\xfe\xff")), 415, "Only UTF-8 is taken here."
        )
    ),
)
ForbidsLargeBodies = broken("status.size", LEFT_OPEN)(
    "Answers a body of 1 MiB or more with 403, as a firewall does.",
    **first(parse=lambda vendor, call: refuse_if(len(call.body) >= MIB, 403, "This is not allowed.")),
)
RefusesReadOnlyMembersWith400 = broken("status.read_only", OTHER_SCHEMA)(
    "Answers a member that only the vendor sets with 400.",
    contract="v1",
    **then(
        validate=lambda vendor, _, value, slug: refuse_if(
            vendor.document.read_only_members & set(value), 400, "This is set by the server."
        )
    ),
)
FindsNothingForNul = broken("status.text", LEFT_OPEN)(
    "Answers a name with U+0000 with 404.",
    **then(
        parse=lambda vendor, value, call: refuse_if(
            isinstance(value, dict) and "\0" in "".join(map(str, value.values())), 404, "No customer is so called."
        )
    ),
)


class ForbidsBadText(Broken):
    """Answers a body that would be valid, but is no UTF-8, with 403."""

    breaks, found_by = "status.text", LEFT_OPEN
    _bad = False

    def parse(self, call: Call) -> Any:
        self._bad = call.body.decode("utf-8", "ignore").encode() != call.body
        return super().parse(call)

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if self._bad:
            raise Refusal(403, "This is not allowed.")


AnswersLoneSurrogatesWith409 = broken("status.documented", LEFT_OPEN)(
    "Answers half a surrogate pair with 409, which is not documented.",
    **then(
        parse=lambda vendor, value, call: refuse_if(
            re.search(rb"\\ud[89ab]..(?!\\u)", call.body), 409, "This cannot be stored."
        )
    ),
)
ForbidsTwoCredentials = broken("status.credential_unclear", LEFT_OPEN)(
    "Answers a request with two Authorization headers with 403.",
    **first(
        update=lambda vendor, call, slug: refuse_if(
            sum(name.lower() == "authorization" for name, _ in call.headers) > 1, 403, "One credential is enough."
        )
    ),
)
