"""Faulty vendors whose answers are wrong."""

from __future__ import annotations

import json
from typing import Any

from contracts.document import Document
from contracts.vendor import Answer, Call, Headers, Refusal
from tests.suite.faulty import Faulty
from tests.suite.served import plain_wire


class AnswersOkWithTheCustomer(Faulty):
    """Answers 200 with the customer instead of 204."""

    breaks = "status.documented"

    def update(self, call: Call, slug: str) -> Answer:
        super().update(call, slug)
        return self.json(200, self.find(slug))


class SendsBytesAfter204(Faulty):
    """Sends a body after the headers of a 204."""

    breaks = "success.empty"

    def wire(self, call: Call, answer: Answer) -> bytes:
        return plain_wire(answer) + (b"{}" if answer.status == 204 and call.method == "PUT" else b"")


class AcceptsUnknownMembers(Faulty):
    """Ignores unknown members instead of refusing them."""

    breaks = "status.schema"

    def validate(self, value: Any, slug: str) -> None:
        if isinstance(value, dict):
            value = {name: item for name, item in value.items() if name in ("name", "externalCustomerId")}
        super().validate(value, slug)


class AnswersMalformedJsonWith422(Faulty):
    """Answers a body that is no JSON with 422."""

    breaks = "status.syntax"

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status == 400:
                raise Refusal(422, "validation failed", {"location": "body", "message": "no JSON"}) from None
            raise


class IgnoresScopes(Faulty):
    """Lets any valid token write."""

    breaks = "status.scope"

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(call, "read:customers")


class AnswersUnknownSlugsWith403(Faulty):
    """Hides which customers exist behind a 403."""

    breaks = "status.slug"

    def find(self, slug: str) -> dict[str, Any]:
        try:
            return super().find(slug)
        except Refusal:
            raise Refusal(403, "You may not see this customer.") from None


class SendsProblemsAsPlainJson(Faulty):
    """Sends problems as application/json."""

    breaks = "problem.media_type"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        answer.headers = [("Content-Type", "application/json")]
        return answer


class PutsTheStatusIntoAString(Faulty):
    """Writes the member status as a string."""

    breaks = "problem.status"

    def json(self, status: int, value: Any, media_type: str = "application/json") -> Answer:
        value = value | {"status": str(status)} if "detail" in value else value
        return super().json(status, value, media_type)


class AddsATraceId(Faulty):
    """Adds a member traceId to problems."""

    breaks = "problem.members"

    def json(self, status: int, value: Any, media_type: str = "application/json") -> Answer:
        value = value | {"traceId": "4bf92f35"} if "detail" in value else value
        return super().json(status, value, media_type)


class DoesNotSayWhere(Faulty):
    """Leaves the errors out of a 422."""

    breaks = "problem.located"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        return super().problem(call, Refusal(refusal.status, refusal.detail))


class CrashesOnLongNames(Faulty):
    """Fails with a 500 on names of more than 255 characters."""

    breaks = "status.internal_error"

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if len(value["name"]) > 255:
            raise Refusal(500, "value too long for type character varying(255)")
        super().store(customer, value)


class EchoesTheToken(Faulty):
    """Says in the detail of a 422 who asked."""

    breaks = "public.credential"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        detail = f"{refusal.detail} (for {call.header('authorization')})" if refusal.status == 422 else refusal.detail
        return super().problem(call, Refusal(refusal.status, detail, *refusal.errors))


class ShowsItsStack(Faulty):
    """Puts the stack into the detail of a 400."""

    breaks = "public.stack_trace"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        trace = "\n\ngoroutine 34 [running]:\nmain.handle()\n\t/src/main.go:12 +0x1d" if refusal.status == 400 else ""
        return super().problem(call, Refusal(refusal.status, refusal.detail + trace, *refusal.errors))


class BreaksTheConnectionOnNul(Faulty):
    """Drops the connection when a name holds U+0000."""

    breaks = "answer.given"

    def wire(self, call: Call, answer: Answer) -> bytes:
        return b"" if call.method == "PUT" and b"\\u0000" in call.body else plain_wire(answer)


class FailsEach20thTime(Faulty):
    """Answers each 20th update with 500."""

    breaks = "status.internal_error"

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self._updates = 0

    def update(self, call: Call, slug: str) -> Answer:
        self._updates += 1
        if self._updates % 20 == 0:
            raise Refusal(500, "unlucky")
        return super().update(call, slug)


class NamesMembersTwice(Faulty):
    """Writes the member title twice."""

    breaks = "problem.unique_names"

    def json(self, status: int, value: Any, media_type: str = "application/json") -> Answer:
        answer = super().json(status, value, media_type)
        if "detail" in value:
            answer.body = b'{"title":' + json.dumps(value["title"]).encode() + b"," + answer.body[1:]
        return answer


class Redirects(Faulty):
    """Sends updates elsewhere."""

    breaks = "response.redirect"

    def update(self, call: Call, slug: str) -> Answer:
        headers: Headers = [("Location", f"https://elsewhere.example{call.path}")]
        return Answer(308, headers)
