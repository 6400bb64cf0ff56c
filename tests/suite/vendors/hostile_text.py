"""Hostile vendors whose text is made to harm whoever reads it: a terminal, a page, a log, or the owner of a token."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import unquote_to_bytes

from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal
from tests.suite.served import head, plain_wire
from tests.suite.vendors.variant import Hostile
from tests.suite.vendors.writing import WritesProblems

# Clears the screen, sets the window's title, turns the direction of writing, ends a line.
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\u2028\r\n<script>alert(1)</script>]]>&\x00"
# The same, as far as a header can carry it.
ESCAPES_OF_A_LINE = "\x9b31m\x85\xad<script>alert(1)</script>]]>&\t\x1b[2J\0"
WRITE = next(iter(MOCK_TOKENS))


class GarblesTitles(WritesProblems, Hostile):
    """Writes signs that change a terminal into the title."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {"title": ESCAPES}


class GarblesDetails(WritesProblems, Hostile):
    """Writes signs that change a terminal into detail, instance and errors, in a problem of another status."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        item = {"location": ESCAPES, "message": ESCAPES, "value": {ESCAPES: ESCAPES}, ESCAPES: 1}
        return members | {"status": 418, "detail": ESCAPES, "instance": ESCAPES, "errors": [item]}


class GarblesMemberNames(WritesProblems, Hostile):
    """Names members by signs that change a terminal."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {ESCAPES: 1, "\ud800": 2, "": 3, "__proto__": {"toString": 1}}


class RepeatsGarbledNames(Hostile):
    """Names a member twice by signs that change a terminal, unescaped."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        name = json.dumps("\x9b31m\u202e" + "\x7f", ensure_ascii=False).encode()
        answer.body = b"{" + name + b":1," + name + b":2," + answer.body[1:]
        return answer


class GarblesTheReason(Hostile):
    """Writes signs that change a terminal into the reason phrase of an answer that is wrong."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        if call.method != "PUT":
            return plain_wire(answer)
        answer.status = {204: 200, 422: 400}.get(answer.status, answer.status)
        line, _, rest = plain_wire(answer).partition(b"\r\n")
        return line + b" \x9b31m<script>\x85\xad\r\n" + rest


class GarblesHeaders(Hostile):
    """Writes signs that change a terminal into the headers of an answer that is wrong."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        if call.method != "PUT":
            return plain_wire(answer)
        strange = [
            ("Content-Type", "\x9b31m\xad"),
            ("Content-Encoding", "\x9b31m\xff"),
            ("X-\x9b", "a"),
            ("%zz", "\xff"),
        ]
        return plain_wire(Answer(answer.status, [*answer.headers, *strange[:2], *strange[3:]], answer.body))


class EscapesInHeaders(Hostile):
    """Writes signs into a header's value that no header may have, U+0000 among them."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        strange = [("X-Strange", ESCAPES_OF_A_LINE)] if call.method == "PUT" else []
        return plain_wire(Answer(answer.status, [*answer.headers, *strange], answer.body))


class GarblesCustomers(Hostile):
    """Shows a customer with a name and members made of signs that change a terminal."""

    def show(self, call: Call, slug: str) -> Answer:
        self.authorize(call, "read:customers")
        self.updates += 1
        return self.json(200, self.find(slug) | {"name": f"{ESCAPES}{self.updates}", ESCAPES: 1, "\ud800": "\udfff"})


class AnswersAPage(Hostile):
    """Answers whatever is asked with a page in HTML."""

    def handle(self, call: Call) -> Answer:
        return Answer(200, [("Content-Type", "text/html")], f"<html>{ESCAPES}</html>".encode())


class CreatesWithAPage(Hostile):
    """Answers a POST with 500 and a page in HTML that changes a terminal."""

    def create(self, call: Call) -> Answer:
        return Answer(500, [("Content-Type", "text/html")], ESCAPES.encode())


class SplitsHeaders(Hostile):
    """Writes the name of an update, line breaks and all, into a header."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        try:
            name = json.loads(call.body)["name"].encode("utf-8", "replace")[:1000]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            name = b"none"
        if call.method != "PUT":
            return plain_wire(answer)
        return head(answer.status, answer.headers)[:-2] + b"X-Name: " + name + b"\r\n" + _length(answer) + answer.body


class SplitsHeadersByThePath(Hostile):
    """Writes the slug of an update, decoded, into a header."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        if call.method != "PUT":
            return plain_wire(answer)
        slug = unquote_to_bytes(call.path)
        return head(answer.status, answer.headers)[:-2] + b"X-Slug: " + slug + b"\r\n" + _length(answer) + answer.body


def _length(answer: Answer) -> bytes:
    return b"\r\n" if answer.status == 204 else b"Content-Length: %d\r\n\r\n" % len(answer.body)


class EchoesTheTokenEverywhere(Hostile):
    """Says in body, reason and headers who asked: plain, escaped and as base64."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        token = call.header("authorization").partition(" ")[2]
        if call.method == "PUT" and answer.status >= 400:
            members = json.loads(answer.body) | {
                "detail": token,
                "title": f"For {token}",
                token: base64.b64encode(token.encode()).decode(),
            }
            answer.body = json.dumps(members).encode()
            answer.headers += [("Location", f"/?token={token}"), ("Set-Cookie", f"token={token}"), (token or "X", "1")]
        line, _, rest = plain_wire(answer).partition(b"\r\n")
        return line + b" " + token.encode("latin-1") + b"\r\n" + rest


class EchoesTheTokenInEscapes(WritesProblems, Hostile):
    """Says in a member who may write, each letter as an escape of JSON, and in the instance as one of a URL."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        answer.body = answer.body.replace(b"HERE", "".join(f"\\u{ord(letter):04X}" for letter in WRITE).encode())
        return answer

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return members | {"title": "HERE", "instance": "/" + "".join(f"%{ord(letter):02x}" for letter in WRITE)}


class ShowsTheToken(Hostile):
    """Shows the token as the name of each customer, and leaves it there."""

    def show(self, call: Call, slug: str) -> Answer:
        super().show(call, slug)
        return self.json(200, self.find(slug) | {"name": WRITE, WRITE: WRITE})
