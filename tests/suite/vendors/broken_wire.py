"""Vendors of which some answer is no good HTTP, or never comes."""

from __future__ import annotations

from contracts.http.target import MIB
from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.served import head, plain_wire
from tests.suite.vendors.finders import BROKEN_SCHEMA, EXAMPLE, LEFT_OPEN, OTHER_SCHEMA, OTHER_VALID, TEXTS
from tests.suite.vendors.variant import Broken, broken
from tests.suite.vendors.ways import holding, to_refusals, to_updates

EMOJI = "\U0001f600".encode()
HUGE = 3_000_000
# By default patience is six times the limit of one exchange: it must not end before the promise is found broken.
SOON_OVER = ("--time-limit", "1", "--patience", "6")


def in_one_chunk(answer: Answer) -> bytes:
    """An answer with a body, as one chunk (RFC 9112 section 7.1) beside a Content-Length."""
    start = head(answer.status, [*answer.headers, ("Transfer-Encoding", "chunked"), ("Content-Length", "7")])
    return start + b"%x\r\n%s\r\n0\r\n\r\n" % (len(answer.body), answer.body)


GarblesTheStatusLineOnEmoji = broken("answer.http", TEXTS)(
    "Begins the answer to a name with an emoji with what is no status line.",
    wire=to_updates(lambda call, answer: b"204 fine\r\n\r\n" if EMOJI in call.body else plain_wire(answer)),
)
SaysTwiceWhereAProblemEnds = broken("answer.http", BROKEN_SCHEMA)(
    "Sends a problem in one chunk, with a Content-Length besides.",
    wire=to_refusals(lambda call, answer: in_one_chunk(answer)),
)
BreaksTheConnectionOnNul = broken("answer.given", LEFT_OPEN)(
    "Drops the connection when a name holds U+0000.",
    wire=to_updates(lambda call, answer: b"" if rb"\u0000" in call.body else plain_wire(answer)),
)
BreaksOnEveryUpdate = broken("answer.given", EXAMPLE)(
    "Drops the connection at every update, while customers are made, read and removed as documented.",
    wire=to_updates(lambda call, answer: b""),
)
HangsOnLongNames = broken("answer.given", OTHER_VALID)(
    "Does not answer in time when a name is very long.",
    arguments=SOON_OVER,
    wire=to_updates(lambda call, answer: holding(seconds=3) if len(call.body) > 50_000 else plain_wire(answer)),
)
HangsOnMegabytes = broken("answer.given", LEFT_OPEN)(
    "Does not answer in time when a body is over 1 MiB.",
    arguments=SOON_OVER,
    wire=to_updates(lambda call, answer: holding(seconds=3) if len(call.body) > MIB else plain_wire(answer)),
)
HangsOnNamesOfAPage = broken("answer.given", OTHER_VALID)(
    "Does not answer in time when a name is long, of which there are several at once.",
    arguments=SOON_OVER,
    wire=to_updates(lambda call, answer: holding(seconds=3) if len(call.body) > 900 else plain_wire(answer)),
)

CutsProblemsOfWhoCloses = broken("answer.given", OTHER_SCHEMA)(
    "Ends the connection in the middle of a 422, if its client will close it.",
    wire=to_refusals(lambda call, answer: plain_wire(answer)[: -10 if call.header("connection") == "close" else None]),
)


class SendsAHugeProblem(Broken):
    """Answers a name that is null with a problem of 3 MB."""

    breaks, found_by = "answer.given", BROKEN_SCHEMA

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        more = "." * HUGE if b'"name":null' in call.body else ""
        return super().problem(call, Refusal(refusal.status, refusal.detail + more, *refusal.errors))


class CutsProblemsShort(Broken):
    """Closes the connection in the middle of a 422."""

    breaks, found_by = "answer.given", BROKEN_SCHEMA

    def wire(self, call: Call, answer: Answer) -> bytes:
        sent = plain_wire(answer)
        if call.method == "PUT" and answer.status == 422:
            half = len(sent) - len(answer.body) // 2
            sent = sent[:half].replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        return sent
