"""Vendors whose answer to a valid update is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, ClassVar

from contracts.vendor.model import Answer, Call, Headers, Refusal
from tests.suite.served import plain_wire
from tests.suite.vendors.finders import EXAMPLE, LINGERING, NO_CREDENTIAL, TWICE
from tests.suite.vendors.variant import Broken


class _Accepting(Broken):
    """Answers a valid update with this status, headers and body."""

    found_by = EXAMPLE
    status: ClassVar[int] = 204
    headers: ClassVar[Headers] = []
    body: ClassVar[bytes] = b""

    def update(self, call: Call, slug: str) -> Answer:
        super().update(call, slug)
        return Answer(self.status, list(self.headers), self.body)


class AnswersOkWithTheCustomer(Broken):
    """Answers 200 with the customer instead of 204."""

    breaks, found_by = "status.documented", EXAMPLE

    def update(self, call: Call, slug: str) -> Answer:
        super().update(call, slug)
        return self.json(200, self.find(slug))


class AnswersOkWithNothing(_Accepting):
    """Answers 200 with an empty body instead of 204."""

    breaks, status = "status.documented", 200


class AnswersCreated(_Accepting):
    """Answers 201, as if an update made a customer."""

    breaks, status = "status.documented", 201


class AnswersAccepted(_Accepting):
    """Answers 202, as if an update were still to come."""

    breaks, status = "status.documented", 202


class AnswersResetContent(_Accepting):
    """Answers 205, as to a form."""

    breaks, status = "status.documented", 205


class SendsBytesAfter204(_Accepting):
    """Sends a body after the headers of a 204."""

    breaks, body = "success.empty", b"{}"


class SendsANewlineAfter204(_Accepting):
    """Sends a line break after the headers of a 204."""

    breaks, body = "success.empty", b"\n"


class SendsNullWith204(_Accepting):
    """Sends null with a 204, its length and media type announced."""

    breaks, body = "success.empty", b"null"
    headers: ClassVar[Headers] = [("Content-Type", "application/json"), ("Content-Length", "4")]


class SendsChunksWith204(_Accepting):
    """Sends a chunked body with a 204."""

    breaks, body = "success.empty", b"2\r\n{}\r\n0\r\n\r\n"
    headers: ClassVar[Headers] = [("Transfer-Encoding", "chunked")]


class SendsTheLastChunkWith204(_Accepting):
    """Sends a chunked body with a 204 that is empty but for its own end."""

    breaks, body = "success.empty", b"0\r\n\r\n"
    headers: ClassVar[Headers] = [("Transfer-Encoding", "chunked")]


class AnnouncesGzipWith204(_Accepting):
    """Says that the body of a 204 is packed with gzip, which nobody asked for."""

    breaks = "response.encoding"
    headers: ClassVar[Headers] = [("Content-Encoding", "gzip")]


class SendsBytesAfter204OnKeptConnections(Broken):
    """Sends a body after the headers of a 204, unless the connection is to be closed."""

    breaks, found_by = "success.empty", EXAMPLE

    def wire(self, call: Call, answer: Answer) -> bytes:
        kept = _is_success(call, answer) and call.header("connection") != "close"
        return plain_wire(answer) + (b"{}" if kept else b"")


class SendsBytes20MillisecondsAfter204(Broken):
    """Sends a body 20 ms after the headers of a 204, just before it closes the connection."""

    breaks, found_by = "success.empty", LINGERING
    seconds = 0.02

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield plain_wire(answer)
        if _is_success(call, answer) and call.header("connection") == "close":
            time.sleep(self.seconds)
            yield b"{}"


class SendsBytes200MillisecondsAfter204(SendsBytes20MillisecondsAfter204):
    """Sends a body 200 ms after the headers of a 204, just before it closes the connection."""

    seconds = 0.2


class EchoesTheTokenIn204(Broken):
    """Says in a header of a 204 who asked."""

    breaks, found_by = "public.credential", EXAMPLE

    def update(self, call: Call, slug: str) -> Answer:
        super().update(call, slug)
        return Answer(204, [("X-Authenticated-By", call.header("authorization"))])


class Redirects(Broken):
    """Sends updates to another host."""

    breaks, found_by = "response.redirect", EXAMPLE

    def update(self, call: Call, slug: str) -> Answer:
        return Answer(308, [("Location", f"{self.elsewhere}{call.path}")])


class RedirectsToTheSlash(Broken):
    """Sends updates to the same path with a slash at its end."""

    breaks, found_by = "response.redirect", EXAMPLE

    def update(self, call: Call, slug: str) -> Answer:
        return Answer(308, [("Location", f"{call.path}/")])


class RedirectsToALogin(Broken):
    """Sends whoever has no valid credential to a login page."""

    breaks, found_by = "response.redirect", NO_CREDENTIAL

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        return Answer(302, [("Location", f"{self.elsewhere}/login")]) if answer.status == 401 else answer


class _SaysThatNothingChanges(Broken):
    """Answers an update that changes nothing with a status of its own."""

    found_by = TWICE
    status: ClassVar[int]

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        before = dict(customer)
        super().store(customer, value)
        self.changes = any(customer[name] != before.get(name) for name in customer if name != "updatedAt")

    def update(self, call: Call, slug: str) -> Answer:
        answer = super().update(call, slug)
        return answer if self.changes else Answer(self.status)


class AnswersOkWhenNothingChanges(_SaysThatNothingChanges):
    """Answers 200 to an update that changes nothing."""

    breaks, status = "status.documented", 200


class RefusesTheSameAgain(_SaysThatNothingChanges):
    """Answers 409 to an update that changes nothing."""

    breaks, status = "status.documented", 409


class AnswersNotModified(_SaysThatNothingChanges):
    """Answers 304, which RFC 9110 counts as a redirection, to an update that changes nothing."""

    breaks, status = "response.redirect", 304


def _is_success(call: Call, answer: Answer) -> bool:
    return call.method == "PUT" and answer.status == 204
