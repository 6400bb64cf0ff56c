"""Vendors whose answer to a valid update is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from contracts.vendor.model import Answer, Call, Headers
from tests.suite.served import plain_wire
from tests.suite.vendors.finders import EXAMPLE, LINGERING, NO_CREDENTIAL, TWICE
from tests.suite.vendors.variant import Row, Variant, broken
from tests.suite.vendors.ways import Members, then, to_updates

CHUNKED = [("Transfer-Encoding", "chunked")]


def accepts(sentence: str, breaks: str, status: int = 204, headers: Headers | None = None, body: bytes = b"") -> Row:
    """Answers a valid update with this status, headers and body."""
    return broken(breaks, EXAMPLE)(
        sentence, **then(update=lambda vendor, answer, call, slug: Answer(status, list(headers or []), body))
    )


def redirects(sentence: str, location: Callable[[Variant, Call], str]) -> Row:
    """Sends updates to another location."""
    return broken("response.redirect", EXAMPLE)(
        sentence, update=lambda self, call, slug: Answer(308, [("Location", location(self, call))])
    )


def sends_later(sentence: str, seconds: float, condition: Callable[[Call], bool]) -> Row:
    """Sends a body so many seconds after the headers of a 204, where `condition` holds of the update."""

    def wire(self: Variant, call: Call, answer: Answer) -> Iterator[bytes]:
        yield plain_wire(answer)
        if call.method == "PUT" and answer.status == 204 and condition(call):
            time.sleep(seconds)
            yield b"{}"

    return broken("success.empty", LINGERING)(sentence, wire=wire)


def says_that_nothing_changes(sentence: str, breaks: str, status: int) -> Row:
    """Answers an update that changes nothing with a status of its own."""

    def store(self: Variant, customer: Members, value: Members) -> None:
        before = dict(customer)
        Variant.store(self, customer, value)
        self.changes = any(customer[name] != before.get(name) for name in customer if name != "updatedAt")

    def update(self: Variant, call: Call, slug: str) -> Answer:
        answer = Variant.update(self, call, slug)
        return answer if self.changes else Answer(status)

    return broken(breaks, TWICE)(sentence, store=store, update=update)


def _is_last(call: Call) -> bool:
    return call.header("connection") == "close"


# Another status

AnswersOkWithTheCustomer = broken("status.documented", EXAMPLE)(
    "Answers 200 with the customer instead of 204.",
    **then(update=lambda vendor, answer, call, slug: vendor.json(200, vendor.find(slug))),
)
AnswersOkWithNothing = accepts("Answers 200 with an empty body instead of 204.", "status.documented", 200)
AnswersCreated = accepts("Answers 201, as if an update made a customer.", "status.documented", 201)
AnswersAccepted = accepts("Answers 202, as if an update were still to come.", "status.documented", 202)
AnswersResetContent = accepts("Answers 205, as to a form.", "status.documented", 205)
AnswersOkWhenNothingChanges = says_that_nothing_changes(
    "Answers 200 to an update that changes nothing.", "status.documented", 200
)
RefusesTheSameAgain = says_that_nothing_changes(
    "Answers 409 to an update that changes nothing.", "status.documented", 409
)
AnswersNotModified = says_that_nothing_changes(
    "Answers 304, which RFC 9110 counts as a redirection, to an update that changes nothing.", "response.redirect", 304
)

# A body, or a header that speaks of one

SendsBytesAfter204 = accepts("Sends a body after the headers of a 204.", "success.empty", body=b"{}")
SendsANewlineAfter204 = accepts("Sends a line break after the headers of a 204.", "success.empty", body=b"\n")
SendsNullWith204 = accepts(
    "Sends null with a 204, its length and media type announced.",
    "success.empty",
    headers=[("Content-Type", "application/json"), ("Content-Length", "4")],
    body=b"null",
)
SendsChunksWith204 = accepts(
    "Sends a chunked body with a 204.", "success.empty", headers=CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"
)
SendsTheLastChunkWith204 = accepts(
    "Sends a chunked body with a 204 that is empty but for its own end.",
    "success.empty",
    headers=CHUNKED,
    body=b"0\r\n\r\n",
)
AnnouncesGzipWith204 = accepts(
    "Says that the body of a 204 is packed with gzip, which nobody asked for.",
    "response.encoding",
    headers=[("Content-Encoding", "gzip")],
)
SendsBytes20MillisecondsAfter204 = sends_later(
    "Sends a body 20 ms after the headers of a 204, just before it closes the connection.", 0.02, _is_last
)
SendsBytes200MillisecondsAfter204 = sends_later(
    "Sends a body 200 ms after the headers of a 204, just before it closes the connection.", 0.2, _is_last
)
SendsBytesBetweenAnswers = sends_later(
    "Sends a body 20 ms after the headers of a 204, into the answer to whatever is asked next.", 0.02, lambda call: True
)
SendsBytesAfter204OnKeptConnections = broken("success.empty", EXAMPLE)(
    "Sends a body after the headers of a 204, unless the connection is to be closed.",
    wire=to_updates(
        lambda call, answer: plain_wire(answer) + (b"{}" if answer.status == 204 and not _is_last(call) else b"")
    ),
)
EchoesTheTokenIn204 = broken("public.credential", EXAMPLE)(
    "Says in a header of a 204 who asked.",
    **then(
        update=lambda vendor, answer, call, slug: Answer(204, [("X-Authenticated-By", call.header("authorization"))])
    ),
)

# Somewhere else

Redirects = redirects("Sends updates to another host.", lambda vendor, call: f"{vendor.elsewhere}{call.path}")
RedirectsToTheSlash = redirects(
    "Sends updates to the same path with a slash at its end.", lambda vendor, call: f"{call.path}/"
)
RedirectsToALogin = broken("response.redirect", NO_CREDENTIAL)(
    "Sends whoever has no valid credential to a login page.",
    **then(
        problem=lambda vendor, answer, call, refusal: (
            Answer(302, [("Location", f"{vendor.elsewhere}/login")]) if answer.status == 401 else None
        )
    ),
)
