"""Correct vendors whose answers are written as few write them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from contracts.vendor.model import Answer, Call, Headers, Refusal
from tests.suite.vendors.variant import Row, Unusual, Variant, unusual
from tests.suite.vendors.ways import Members, writing


def types(sentence: str, media_type: str) -> Row:
    """Writes the media type of a problem in another way."""

    def problem(self: Variant, call: Call, refusal: Refusal) -> Answer:
        answer = Variant.problem(self, call, refusal)
        answer.headers = [("Content-Type", media_type)]
        return answer

    return unusual(sentence, problem=problem)


def says(sentence: str, written: Callable[[Call, Members], Members]) -> Row:
    """Says in a problem what `written` makes of its members."""
    return unusual(sentence, problem=writing(written))


def puts(sentence: str, **own: Any) -> Row:
    """Puts these members into each problem."""
    return says(sentence, lambda call, members: members | own)


def encodes(sentence: str, encoded: Callable[[Any], str]) -> Row:
    """Encodes JSON in another way."""

    def to_json(self: Variant, status: int, value: Any, media_type: str = "application/json") -> Answer:
        answer = Variant.json(self, status, value, media_type)
        answer.body = encoded(json.loads(answer.body)).encode()
        return answer

    return unusual(sentence, json=to_json)


def adds(sentence: str, added: Headers, *statuses: int) -> Row:
    """Adds headers to each answer, or to those with these statuses."""

    def handle(self: Variant, call: Call) -> Answer:
        answer = Variant.handle(self, call)
        more = added if not statuses or answer.status in statuses else []
        return Answer(answer.status, [*answer.headers, *more], answer.body)

    return unusual(sentence, handle=handle)


# Media types

NamesTheCharset = types(
    "Adds a charset parameter to the media type of a problem.", "application/problem+json; charset=utf-8"
)
QuotesTheCharset = types(
    "Writes the media type of a problem in mixed case, and the charset in quotes and upper case.",
    'Application/Problem+JSON ;Charset="UTF-8"',
)
LeavesAParameterEmpty = types("Ends the media type of a problem with a semicolon.", "application/problem+json;")

# Members of problems

SaysNoMoreThanItMust = says(
    "Sends title, status and an empty detail and nothing more, not even where a body breaks the schema.",
    lambda call, members: {"title": members["title"], "status": members["status"], "detail": ""},
)
NamesAnAbsoluteInstance = puts(
    "Names an absolute URI as instance and as type.",
    type="https://example.com/errors/example",
    instance="https://example.com/error-log/abc123",
)
NamesThePathAsInstance = says(
    "Names the request's path as instance, and a relative type.",
    lambda call, members: members | {"type": "/errors/example?version=1#top", "instance": call.path},
)
NamesAUrnAsInstance = puts(
    "Names a URN as instance, and a tag URI as type.",
    type="tag:example.com,2026:errors/example",
    instance="urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
)
RollsOutATypeOfProblems = says(
    "Is rolled out: one of two servers gives each problem a type, the other one none.",
    lambda call, members: members | ({"type": "/errors/example"} if random.random() < 0.5 else {}),
)
HasABlankType = puts(
    "Writes out the type about:blank, an empty instance, and an empty list of errors in each problem.",
    type="about:blank",
    instance="",
    errors=[],
)
WritesTheStatusAsDecimal = says(
    "Writes the member status with a decimal point, like 422.0.",
    lambda call, members: members | {"status": float(members["status"])},
)
EchoesTheRequestInDetail = says(
    "Says in the detail which path and body it could not take.",
    lambda call, members: (
        members | {"detail": f"Cannot take {call.path}: {call.body[:5000].decode('utf-8', 'replace')}"}
    ),
)
SpeaksOfErrorsLikeATrace = puts(
    "Uses words of a stack trace in a detail that is none.",
    detail="An error at line 5 of the body (see main.go in the docs): panic not needed",
)
SaysAtWhichLineAndColumn = puts(
    "Says in the detail at which pointer, line and column of the body it could not go on.",
    detail='unexpected value at /name:1:9 (File "body", line 1)',
)

# Errors of problems

MANY = [{"location": "body", "message": "This is wrong in one more way.", "value": {"and": ["so", "on"]}}] * 3000
ListsThousandsOfErrors = says(
    "Lists 3,000 errors where others list one.",
    lambda call, members: members | ({"errors": MANY} if members["status"] in (400, 422) else {}),
)


def _seen(call: Call) -> Members:
    return {"body": call.body.decode("latin-1"), "headers": [name for name, _ in call.headers]}


EchoesTheBodyAsValue = says(
    "Gives the whole body back as the value of an error.",
    lambda call, members: (
        members | {"errors": [{"location": "body", "message": "See the value.", "value": _seen(call)}]}
    ),
)


NumbersItsProblems = says(
    "Names an instance of its own in each problem, and says in the detail when it came.",
    lambda call, members: (
        members
        | {"instance": f"urn:uuid:{uuid4()}", "detail": f"{members['detail']} ({time.time()})", "type": "/errors"}
    ),
)
CutsWhatItEchoes = says(
    "Gives a body back as the value of an error, up to a hundred characters.",
    lambda call, members: (
        members
        | {"errors": [{"location": "body", "message": "See.", "value": call.body[:100].decode("latin-1") + "\u2026"}]}
    ),
)
SpeaksTheLanguageThatIsAccepted = says(
    "Writes the detail of a problem in the language that is accepted.",
    lambda call, members: members | {"detail": f"Nein ({call.header('accept-language')})"},
)


class EchoesWhatItReadAsValue(Unusual):
    """Gives JSON that breaks the schema back as the value of an error, however deep it is nested."""

    def update(self, call: Call, slug: str) -> Answer:
        try:
            return super().update(call, slug)
        except Refusal as refusal:
            if not _is_nested(call.body) or refusal.status not in (400, 422):
                raise
            answer = self.problem(call, Refusal(422, "validation failed", {"location": "body", "message": "See."}))
            answer.body = answer.body.replace(b'"See."', b'"See.","value":' + call.body)
            return answer


def _is_nested(body: bytes) -> bool:
    """Whether a body is one of the payloads that is JSON nested up to 10,000 levels deep, which Go's parser reads."""
    depth = body.count(b"[") + body.count(b"{")
    return 64 < depth <= 10_000 and body.count(b"]") + body.count(b"}") == depth and b'",' not in body


class ListsEachUnknownMember(Unusual):
    """Lists each unknown member, up to ten of them, with the whole object, and a missing one at the body."""

    def validate(self, value: Any, slug: str) -> None:
        known = self.document.request_members
        unknown = [name for name in value if name not in known][:10] if isinstance(value, dict) else []
        items = [{"location": f"body.{name}", "message": "unexpected property", "value": value} for name in unknown]
        if isinstance(value, dict) and "name" not in value:
            items.append({"location": "body", "message": "expected required property name", "value": value})
        if items:
            raise Refusal(422, "validation failed", *items)
        super().validate(value, slug)


# JSON

IndentsItsJson = encodes(
    "Sends JSON with indentation, white space around it, and escapes of HTML's signs.",
    lambda value: "\n\t " + json.dumps(value, indent=3).replace("<", "\\u003c").replace("/", "\\/") + "\r\n\n",
)
WritesUnicodeUnescaped = encodes(
    "Sends JSON without an escape where none is needed.", lambda value: json.dumps(value, ensure_ascii=False)
)

# Headers

NamesItsChallenge = adds(
    "Says with a 401 and a 403 how to get in (RFC 6750 section 3).",
    [("WWW-Authenticate", 'Bearer realm="kaiten", error="invalid_token"')],
    401,
    403,
)
VariesByAccept = adds(
    "Says that each answer depends on what is accepted, and is in English.",
    [("Vary", "Accept, Accept-Language"), ("Content-Language", "en")],
)
SetsCookies = adds(
    "Sets two cookies with each answer, and means the session by them.",
    [("Set-Cookie", "session=17; Path=/; HttpOnly"), ("Set-Cookie", "region=eu; Path=/")],
)
SendsManyHeaders = adds(
    "Sends 90 headers of 100 characters with each answer.", [(f"X-Header-{number}", "y" * 100) for number in range(90)]
)
Describes204 = adds(
    "Sends the headers of a representation with a 204, which has none.",
    [("Content-Type", "application/json"), ("ETag", '"17"')],
    204,
)
