"""Correct vendors that read a request more strictly or more leniently than most, or look at it in another order."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from contracts.http.target import MIB
from contracts.rules.body import shallow, well_formed
from contracts.vendor.model import WRITE, Answer, Call, Refusal
from tests.suite.served import HangUp, plain_wire
from tests.suite.vendors.variant import Row, Unusual, Variant, refuse, refuse_if, unusual
from tests.suite.vendors.ways import Members, first, reading, then

NO_NUL = "U+0000 cannot be stored."
Pairs = list[tuple[str, Any]]


def _error(why: str) -> Members:
    return {"location": "body", "message": why}


def _text(call: Call) -> str:
    return shallow(call.body.decode("utf-8", "replace"))


# Text


def refuses_bad_utf8(sentence: str, status: int) -> Row:
    """Refuses a body that is no UTF-8."""

    def look(vendor: Variant, call: Call) -> None:
        mended, why = call.body.decode("utf-8", "ignore").encode(), "The body is not UTF-8."
        refuse_if(mended != call.body, status, why, _error(why))

    return unusual(sentence, **first(parse=look))


RefusesBadUtf8 = refuses_bad_utf8("Refuses bad UTF-8 with 400.", 400)
RefusesBadUtf8With422 = refuses_bad_utf8("Refuses bad UTF-8 with 422.", 422)
RefusesNul = unusual(
    "Refuses text with U+0000 with 422, as what the database cannot store.",
    **then(
        validate=lambda vendor, _, value, slug: refuse_if(
            "\\u0000" in json.dumps(value).replace("\\\\", ""), 422, NO_NUL, _error(NO_NUL)
        )
    ),
)


class KeepsLoneSurrogates(Unusual):
    """Stores lone surrogates as they are, and shows them as escapes."""

    def parse(self, call: Call) -> Any:
        super().parse(call)
        return json.loads(_text(call))

    def validate(self, value: Any, slug: str) -> None:
        super().validate(json.loads(well_formed(json.dumps(value))), slug)


class ReadsByteOrderMarks(Unusual):
    """Reads JSON behind a byte order mark, and in UTF-16 and UTF-32."""

    def parse(self, call: Call) -> Any:
        try:
            text = call.body.decode(json.detect_encoding(call.body))
        except UnicodeDecodeError:
            return super().parse(call)
        return super().parse(replace(call, body=text.encode()))


# Shapes


def takes_pairs(sentence: str, members: Callable[[Pairs], Members]) -> Row:
    """Reads the pairs of name and value in an object as `members` has it."""

    def parse(self: Variant, call: Call) -> Any:
        Variant.parse(self, call)
        return json.loads(well_formed(_text(call)), object_pairs_hook=members)

    return unusual(sentence, parse=parse)


def refuses_repeated_names(sentence: str, status: int) -> Row:
    """Refuses an object that names a member twice."""
    why = "A member is named twice."
    return takes_pairs(
        sentence, lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else refuse(status, why, _error(why))
    )


RefusesRepeatedNames = refuses_repeated_names("Refuses an object that names a member twice, with 400.", 400)
RefusesRepeatedNamesWith422 = refuses_repeated_names("Refuses an object that names a member twice, with 422.", 422)
TakesTheFirstOfRepeatedNames = takes_pairs(
    "Takes the first value of a member that is named twice.", lambda pairs: dict(reversed(pairs))
)


class RefusesDepth(Unusual):
    """Refuses what is nested deeper than 64 levels, with 400."""

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        level, depth = [value], 0
        while level := [item for item in level if isinstance(item, dict | list)]:
            depth += 1
            level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
        if depth > 64:
            raise Refusal(400, "The body is nested too deeply.", _error("The body is nested too deeply."))
        return value


# Numbers


def refuses_number(sentence: str, why: str, pattern: bytes) -> Row:
    """Reads numbers that are no JSON, or that no double holds, and refuses them by the schema with 422."""

    def parse(self: Variant, call: Call) -> Any:
        try:
            return Variant.parse(self, call)
        except Refusal as refusal:
            if refusal.status == 400 and re.search(pattern, call.body) and _is_json(call.body):
                raise Refusal(422, why, _error(why)) from None
            raise

    return unusual(sentence, parse=parse)


def _is_json(body: bytes) -> bool:
    """Whether it is JSON, were numbers without bounds."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


RefusesHugeNumbersWith422 = refuses_number(
    "Reads a number past a double, and refuses it by the schema.", "A number is out of range.", rb"(?i)e999"
)
RefusesNanWith422 = refuses_number(
    "Reads NaN and Infinity, and refuses them by the schema.", "This is not a number.", rb"NaN|Infinity"
)

RefusesLongNumbers = unusual(
    "Refuses a number of more than a thousand digits with 400, as Jackson does.",
    **first(parse=lambda vendor, call: refuse_if(re.search(rb"\d{1001}", call.body), 400, "A number is too long.")),
)
RefusesTinyNumbers = unusual(
    "Refuses a number that a double holds as zero, and is none, with 400.",
    **first(
        parse=lambda vendor, call: refuse_if(
            re.search(rb"[1-9][eE]-\d{4,}", call.body), 400, "A number is out of range."
        )
    ),
)

# Media types and size


def renames(sentence: str, status: int) -> Row:
    """Answers with this status in the place of 413 and 415."""

    def problem(self: Variant, call: Call, refusal: Refusal) -> Answer:
        if refusal.status in (413, 415):
            refusal = Refusal(status, refusal.detail, _error(refusal.detail))
        return Variant.problem(self, call, refusal)

    return unusual(sentence, problem=problem)


def takes_types(sentence: str, taken: Callable[[str], bool]) -> Row:
    """Answers a body of a media type that it does not take with 415."""

    def look(vendor: Variant, call: Call) -> None:
        refuse_if(not taken(call.header("content-type").lower()), 415, "Only application/json is taken here.")

    return unusual(sentence, **first(parse=look))


RefusesSizeAndMediaTypeWith400 = renames(
    "Answers a body that is too large, and one of another media type, with 400.", 400
)
RefusesSizeAndMediaTypeWith422 = renames(
    "Answers a body that is too large, and one of another media type, with 422.", 422
)
TakesJsonAlone = takes_types(
    "Answers whatever is not called application/json with 415, a body of no media type too.",
    lambda media_type: media_type.partition(";")[0].strip() == "application/json",
)
TakesNoParameters = takes_types(
    "Answers whatever is not called application/json, without a parameter, with 415.",
    lambda media_type: media_type == "application/json",
)
TakesNoCharset = takes_types("Answers whatever has a charset with 415.", lambda media_type: "charset" not in media_type)
TakesUtf8Alone = takes_types(
    "Answers a charset that is not utf-8 with 415.",
    lambda media_type: (
        media_type.partition(";")[0].strip() == "application/json"
        and ("charset" not in media_type or media_type.partition("charset=")[2].strip('"') == "utf-8")
    ),
)
TakesWhatMayMeanJson = unusual(
    "Reads a body that is called json, text/json or */* as JSON.",
    parse=reading(
        lambda call: replace(call, headers=[]) if call.header("content-type") in ("json", "text/json", "*/*") else call
    ),
)


class ClosesOnLargeBodies(Unusual):
    """Answers a body over 1 MiB with 413 before it read it, and closes the connection."""

    title = "Payload Too Large"

    def early(self, call: Call) -> Iterator[bytes]:
        if int(call.header("content-length") or 0) > MIB:
            answer = self.problem(call, Refusal(413, "The body is larger than 1 MiB."))
            answer.headers.append(("Connection", "close"))
            yield plain_wire(answer)
            raise HangUp

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        own = {"title": self.title} if refusal.status == 413 else {}
        answer.body = json.dumps(json.loads(answer.body) | own).encode()
        return answer


ClosesOnLargeContent = Row(
    ClosesOnLargeBodies,
    "Answers a body over 1 MiB with 413, as RFC 9110 calls it, and closes the connection.",
    {"title": "Content Too Large"},
)


class TakesAnySize(Unusual):
    """Has no limit for a body."""

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status != 413:
                raise
        try:
            return json.loads(well_formed(_text(call)))
        except ValueError:
            raise Refusal(400, "The body is not JSON.") from None


class BreaksOnMegabytes(Unusual):
    """Breaks the connection as soon as a body is said to have 2 MiB or more."""

    def early(self, call: Call) -> Iterator[bytes]:
        if int(call.header("content-length") or 0) >= 2 * MIB:
            raise HangUp
        return iter(())


RefusesZeroBytesWith422 = unusual(
    "Refuses a body with a zero byte with 422, before it looks for JSON.",
    **first(parse=lambda vendor, call: refuse_if(b"\0" in call.body, 422, NO_NUL, _error(NO_NUL))),
)


# What stands before the body


class TakesTheLastCredential(Unusual):
    """Takes the last of several Authorization headers."""

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(replace(call, headers=call.headers[::-1]), scope)


class FindsCredentialsMalformed(Unusual):
    """Answers an Authorization header that is no scheme and one token with 400."""

    def authorize(self, call: Call, scope: str) -> None:
        values = [value for name, value in call.headers if name.lower() == "authorization"]
        if values and not re.fullmatch(r"[!#-'*+.^_`|~\w-]+ +[\w.~+/-]+=*", values[0].strip(), re.ASCII):
            raise Refusal(400, "The Authorization header is malformed.")
        super().authorize(call, scope)


LimitsTheRequestLine = unusual(
    "Answers a request line of more than 8,000 octets with 414 and a page in HTML.",
    **first(
        handle=lambda vendor, call: (
            Answer(414, [("Content-Type", "text/html")], b"<h1>URI Too Long</h1>")
            if len(f"{call.method} {call.path} HTTP/1.1") > 8000
            else None
        )
    ),
)

# Another order


LooksForTheCustomerFirst = unusual(
    "Answers 404 before it looks at the credential.",
    **first(update=lambda vendor, call, slug: vendor.find(slug) and None),
)


def _all_but_the_credential(vendor: Variant, call: Call, slug: str) -> None:
    vendor.validate(vendor.parse(call), slug)
    vendor.find(slug)


def _the_customer(vendor: Variant, call: Call, slug: str) -> None:
    vendor.authorize(call, WRITE)
    vendor.find(slug)


class ChecksAtOnce(Unusual):
    """Looks at credential, body and customer at once, and answers what comes out first."""

    def update(self, call: Call, slug: str) -> Answer:
        checks = [
            lambda: self.authorize(call, WRITE),
            lambda: self.validate(self.parse(call), slug),
            lambda: self.find(slug),
        ]
        for check in random.sample(checks, 3):
            check()
        return super().update(call, slug)


LooksAtTheCredentialLast = unusual(
    "Looks at the credential when nothing else is wrong.", **first(update=_all_but_the_credential)
)
LooksForTheCustomerBeforeTheBody = unusual(
    "Answers 404 before it reads the body, and after it looked at the credential.", **first(update=_the_customer)
)
