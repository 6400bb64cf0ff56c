"""Hostile vendors whose text is made to harm whoever reads it: a terminal, a page, a log, or the owner of a token."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal
from tests.suite.served import head, plain_wire
from tests.suite.vendors.variant import Hostile, hostile
from tests.suite.vendors.ways import then, to_updates, writing

# Clears the screen, sets the window's title, turns the direction of writing, ends a line.
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\u2028\r\n<script>alert(1)</script>]]>&\x00"
# The same, as far as a header can carry it.
ESCAPES_OF_A_LINE = "\x9b31m\x85\xad<script>alert(1)</script>]]>&\t\x1b[2J\0"
ERROR = {"location": ESCAPES, "message": ESCAPES, "value": {ESCAPES: ESCAPES}, ESCAPES: 1}
STRANGE_HEADERS = [("Content-Type", "\x9b31m\xad"), ("Content-Encoding", "\x9b31m\xff"), ("%zz", "\xff")]
REPEATED = json.dumps("\x9b31m\u202e" + "\x7f", ensure_ascii=False).encode()
WRITE = next(iter(MOCK_TOKENS))

# Signs that change a terminal, in problems

GarblesTitles = hostile(
    "Writes signs that change a terminal into the title.",
    problem=writing(lambda call, members: members | {"title": ESCAPES}),
)
GarblesDetails = hostile(
    "Writes signs that change a terminal into detail, instance and errors, in a problem of another status.",
    problem=writing(
        lambda call, members: members | {"status": 418, "detail": ESCAPES, "instance": ESCAPES, "errors": [ERROR]}
    ),
)
GarblesMemberNames = hostile(
    "Names members by signs that change a terminal.",
    problem=writing(lambda call, members: members | {ESCAPES: 1, "\ud800": 2, "": 3, "__proto__": {"toString": 1}}),
)
RepeatsGarbledNames = hostile(
    "Names a member twice by signs that change a terminal, unescaped.",
    **then(
        problem=lambda vendor, answer, call, refusal: replace(
            answer, body=b"{" + REPEATED + b":1," + REPEATED + b":2," + answer.body[1:]
        )
    ),
)

# In what stands before a body


class GarblesTheReason(Hostile):
    """Writes signs that change a terminal into the reason phrase of an answer that is wrong."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        if call.method != "PUT":
            return plain_wire(answer)
        answer.status = {204: 200, 422: 400}.get(answer.status, answer.status)
        line, _, rest = plain_wire(answer).partition(b"\r\n")
        return line + b" \x9b31m<script>\x85\xad\r\n" + rest


def _with_headers(answer: Answer, *headers: tuple[str, str]) -> bytes:
    return plain_wire(Answer(answer.status, [*answer.headers, *headers], answer.body))


GarblesHeaders = hostile(
    "Writes signs that change a terminal into the headers of an answer that is wrong.",
    wire=to_updates(lambda call, answer: _with_headers(answer, *STRANGE_HEADERS)),
)
EscapesInHeaders = hostile(
    "Writes signs into a header's value that no header may have, U+0000 among them.",
    wire=to_updates(lambda call, answer: _with_headers(answer, ("X-Strange", ESCAPES_OF_A_LINE))),
)


def _with_header(answer: Answer, header: bytes) -> bytes:
    """An answer with one more header, whatever bytes that is made of."""
    length = b"" if answer.status == 204 else b"Content-Length: %d\r\n" % len(answer.body)
    return head(answer.status, answer.headers)[:-2] + header + b"\r\n" + length + b"\r\n" + answer.body


def _name_in(body: bytes) -> bytes:
    try:
        return json.loads(body)["name"].encode("utf-8", "replace")[:1000]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return b"none"


SplitsHeaders = hostile(
    "Writes the name of an update, line breaks and all, into a header.",
    wire=to_updates(lambda call, answer: _with_header(answer, b"X-Name: " + _name_in(call.body))),
)
SplitsHeadersByThePath = hostile(
    "Writes the slug of an update, decoded, into a header.",
    wire=to_updates(lambda call, answer: _with_header(answer, b"X-Slug: " + unquote_to_bytes(call.path))),
)

# In what is not under contract


class GarblesCustomers(Hostile):
    """Shows a customer with a name and members made of signs that change a terminal."""

    def show(self, call: Call, slug: str) -> Answer:
        self.authorize(call, "read:customers")
        self.updates += 1
        return self.json(200, self.find(slug) | {"name": f"{ESCAPES}{self.updates}", ESCAPES: 1, "\ud800": "\udfff"})


AnswersAPage = hostile(
    "Answers whatever is asked with a page in HTML.",
    handle=lambda self, call: Answer(200, [("Content-Type", "text/html")], f"<html>{ESCAPES}</html>".encode()),
)
CreatesWithAPage = hostile(
    "Answers a POST with 500 and a page in HTML that changes a terminal.",
    create=lambda self, call: Answer(500, [("Content-Type", "text/html")], ESCAPES.encode()),
)

# Tokens


class EchoesTheTokenEverywhere(Hostile):
    """Says in body, reason and headers who asked: plain, escaped and as base64."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        token = call.header("authorization").partition(" ")[2]
        if call.method == "PUT" and answer.status >= 400:
            own = {"detail": token, "title": f"For {token}", token: base64.b64encode(token.encode()).decode()}
            answer.body = json.dumps(json.loads(answer.body) | own).encode()
            answer.headers += [("Location", f"/?token={token}"), ("Set-Cookie", f"token={token}"), (token or "X", "1")]
        line, _, rest = plain_wire(answer).partition(b"\r\n")
        return line + b" " + token.encode("latin-1") + b"\r\n" + rest


class EchoesTheTokenInEscapes(Hostile):
    """Says in a member who may write, each letter as an escape of JSON, and in the instance as one of a URL."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        own = {"title": "HERE", "instance": "/" + "".join(f"%{ord(letter):02x}" for letter in WRITE)}
        escaped = "".join(f"\\u{ord(letter):04X}" for letter in WRITE)
        answer.body = json.dumps(json.loads(answer.body) | own).replace("HERE", escaped).encode()
        return answer


ShowsTheToken = hostile(
    "Shows the token as the name of each customer, and leaves it there.",
    **then(show=lambda vendor, answer, call, slug: vendor.json(200, vendor.find(slug) | {"name": WRITE, WRITE: WRITE})),
)
