"""Correct vendors whose answers are written as few write them."""

from __future__ import annotations

import json
from typing import Any

from contracts.vendor.model import Answer, Call, Headers, Refusal
from tests.suite.vendors.variant import Unusual
from tests.suite.vendors.writing import WritesProblems


class NamesTheCharset(Unusual):
    """Adds a charset parameter to the media type of a problem."""

    media_type = "application/problem+json; charset=utf-8"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        answer.headers = [("Content-Type", self.media_type)]
        return answer


class QuotesTheCharset(NamesTheCharset):
    """Writes the media type of a problem in mixed case, and the charset in quotes and upper case."""

    media_type = 'Application/Problem+JSON ;Charset="UTF-8"'


class LeavesAParameterEmpty(NamesTheCharset):
    """Ends the media type of a problem with a semicolon."""

    media_type = "application/problem+json;"


class SaysNoMoreThanItMust(WritesProblems, Unusual):
    """Sends title, status and an empty detail and nothing more, not even where a body breaks the schema."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return {"title": members["title"], "status": members["status"], "detail": ""}


class NamesAnAbsoluteInstance(WritesProblems, Unusual):
    """Names an absolute URI as instance and as type."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        page = "https://example.com/errors/example"
        return members | {"type": page, "instance": "https://example.com/error-log/abc123"}


class NamesThePathAsInstance(WritesProblems, Unusual):
    """Names the request's path as instance, and a relative type."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {"type": "/errors/example?version=1#top", "instance": call.path}


class NamesAUrnAsInstance(WritesProblems, Unusual):
    """Names a URN as instance, and a tag URI as type."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        instance = "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"
        return members | {"type": "tag:example.com,2026:errors/example", "instance": instance}


class HasABlankType(WritesProblems, Unusual):
    """Writes out the type about:blank, an empty instance, and an empty list of errors in each problem."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {"type": "about:blank", "instance": "", "errors": []}


class WritesTheStatusAsDecimal(WritesProblems, Unusual):
    """Writes the member status with a decimal point, like 422.0."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {"status": float(members["status"])}


class ListsThousandsOfErrors(WritesProblems, Unusual):
    """Lists 3,000 errors where others list one."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        if members["status"] not in (400, 422):
            return members
        item = {"location": "body", "message": "This is wrong in one more way.", "value": {"and": ["so", "on"]}}
        return members | {"errors": [item] * 3000}


class EchoesTheBodyAsValue(WritesProblems, Unusual):
    """Gives the whole body back as the value of an error."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        value = {"body": call.body.decode("latin-1"), "headers": [name for name, _ in call.headers]}
        return members | {"errors": [{"location": "body", "message": "See the value.", "value": value}]}


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


class EchoesTheRequestInDetail(WritesProblems, Unusual):
    """Says in the detail which path and body it could not take."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {"detail": f"Cannot take {call.path}: {call.body[:5000].decode('utf-8', 'replace')}"}


class SpeaksOfErrorsLikeATrace(WritesProblems, Unusual):
    """Uses words of a stack trace in a detail that is none."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {"detail": "An error at line 5 of the body (see main.go in the docs): panic not needed"}


class IndentsItsJson(Unusual):
    """Sends JSON with indentation, white space around it, and escapes of HTML's signs."""

    def json(self, status: int, value: Any, media_type: str = "application/json") -> Answer:
        answer = super().json(status, value, media_type)
        text = json.dumps(json.loads(answer.body), indent=3).replace("<", "\\u003c").replace("/", "\\/")
        answer.body = f"\n\t {text}\r\n\n".encode()
        return answer


class WritesUnicodeUnescaped(Unusual):
    """Sends JSON without an escape where none is needed."""

    def json(self, status: int, value: Any, media_type: str = "application/json") -> Answer:
        answer = super().json(status, value, media_type)
        answer.body = json.dumps(json.loads(answer.body), ensure_ascii=False).encode()
        return answer


class _AddsHeaders(Unusual):
    """Adds headers to each answer."""

    def handle(self, call: Call) -> Answer:
        answer = super().handle(call)
        return Answer(answer.status, [*answer.headers, *self.added(answer.status)], answer.body)

    def added(self, status: int) -> Headers:
        """The headers to add to an answer with this status."""
        return []


class NamesItsChallenge(_AddsHeaders):
    """Says with a 401 and a 403 how to get in (RFC 6750 section 3)."""

    def added(self, status: int) -> Headers:
        return [("WWW-Authenticate", 'Bearer realm="kaiten", error="invalid_token"')] if status in (401, 403) else []


class SetsCookies(_AddsHeaders):
    """Sets two cookies with each answer, and means the session by them."""

    def added(self, status: int) -> Headers:
        return [("Set-Cookie", "session=17; Path=/; HttpOnly"), ("Set-Cookie", "region=eu; Path=/")]


class SendsManyHeaders(_AddsHeaders):
    """Sends 90 headers of 100 characters with each answer."""

    def added(self, status: int) -> Headers:
        return [(f"X-Header-{number}", "y" * 100) for number in range(90)]


class Describes204(_AddsHeaders):
    """Sends the headers of a representation with a 204, which has none."""

    def added(self, status: int) -> Headers:
        return [("Content-Type", "application/json"), ("ETag", '"17"')] if status == 204 else []
