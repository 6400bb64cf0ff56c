"""Vendors whose problems are written or announced wrongly, or show what is not public."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from contracts.rules.document import PROBLEM
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Headers, Refusal
from tests.suite.vendors.finders import LEFT_OPEN
from tests.suite.vendors.flaws import EVERY, of_body, of_headers, of_members
from tests.suite.vendors.variant import Broken

TOKEN = next(iter(MOCK_TOKENS))
GO = "\n\ngoroutine 34 [running]:\nmain.handle()\n\t/src/main.go:12 +0x1d"
PYTHON = 'Traceback (most recent call last):\n  File "/app/views.py", line 12, in update\nKeyError'
JAVA = "java.lang.NullPointerException\n\tat com.example.CustomerController.update(CustomerController.java:42)"


@of_headers("problem.media_type", EVERY, 404)
def sends_problems_as_plain_json() -> Headers:
    """Sends a problem as application/json."""
    return [("Content-Type", "application/json")]


@of_headers("problem.media_type", EVERY, 401)
def no_media_type() -> Headers:
    """Sends a problem without Content-Type."""
    return []


@of_headers("problem.media_type", EVERY, 403)
def two_content_types() -> Headers:
    """Sends a problem with two Content-Type headers."""
    return [("Content-Type", PROBLEM), ("Content-Type", "application/json")]


@of_headers("problem.media_type", EVERY, 422)
def announces_latin_1() -> Headers:
    """Says that a problem is in latin-1."""
    return [("Content-Type", f"{PROBLEM}; charset=iso-8859-1")]


@of_headers("problem.media_type", EVERY, 413)
def announces_html() -> Headers:
    """Says that a problem is a page of HTML."""
    return [("Content-Type", "text/html; charset=utf-8")]


@of_body("problem.encoding", EVERY, 415)
def begins_with_a_byte_order_mark(body: bytes) -> bytes:
    """Begins a problem with a byte order mark."""
    return b"\xef\xbb\xbf" + body


@of_body("problem.encoding", EVERY, 401)
def written_in_latin_1(body: bytes) -> bytes:
    """Writes a problem in latin-1."""
    return json.dumps(json.loads(body) | {"detail": "refus\u00e9"}, ensure_ascii=False).encode("latin-1", "replace")


@of_body("problem.unique_names", EVERY, 403)
def names_members_twice(body: bytes) -> bytes:
    """Names the member title twice."""
    title = json.dumps(json.loads(body)["title"]).encode()
    return b'{"title":' + title + b"," + body[1:]


@of_body("problem.json", EVERY, 404)
def says_nan(body: bytes) -> bytes:
    """Writes NaN for the value of an error."""
    error = {"location": "body", "message": "It is no number.", "value": float("nan")}
    return json.dumps(json.loads(body) | {"errors": [error]}).encode()


@of_body("problem.json", EVERY, 422)
def says_nothing(body: bytes) -> bytes:
    """Sends an empty body for a problem."""
    return b""


@of_body("problem.json", EVERY, 400)
def says_it_in_html(body: bytes) -> bytes:
    """Sends a page of HTML for a problem."""
    return b"<html><body><h1>Error</h1></body></html>"


@of_body("problem.json", EVERY, 413)
def says_it_twice(body: bytes) -> bytes:
    """Sends a problem two times in one body."""
    return body + b"\n" + body


@of_body("problem.json", EVERY, 401)
def ends_with_nul(body: bytes) -> bytes:
    """Ends a problem with a zero byte, as C ends a string."""
    return body + b"\x00"


@of_members("problem.object", EVERY, 415)
def in_an_array(members: dict[str, Any]) -> Any:
    """Sends a list of problems."""
    return [members]


@of_members("problem.object", EVERY, 404)
def encoded_twice(members: dict[str, Any]) -> Any:
    """Sends a problem as a string that holds JSON."""
    return json.dumps(members)


@of_members("public.stack_trace", EVERY, 400)
def shows_its_stack(members: dict[str, Any]) -> Any:
    """Puts the stack of a goroutine into the detail."""
    return members | {"detail": members["detail"] + GO}


@of_members("public.stack_trace", EVERY, 422)
def shows_a_python_traceback(members: dict[str, Any]) -> Any:
    """Puts a traceback of Python into the detail."""
    return members | {"detail": PYTHON}


@of_members("public.stack_trace", EVERY, 403)
def shows_a_java_trace(members: dict[str, Any]) -> Any:
    """Puts a trace of Java into the detail."""
    return members | {"detail": JAVA}


@of_members("public.credential", EVERY, 422)
def echoes_the_token(members: dict[str, Any]) -> Any:
    """Says a token in the detail."""
    return members | {"detail": f"{members['detail']} (for Bearer {TOKEN})"}


@of_body("public.credential", EVERY, 404)
def echoes_the_token_escaped(body: bytes) -> bytes:
    """Says a token in the detail, with escapes of JSON."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)
    return body.replace(b'"detail":"', f'"detail":"for {escaped}: '.encode(), 1)


@of_headers("response.encoding", EVERY, 400)
def announces_gzip() -> Headers:
    """Says that a problem is packed with gzip, which nobody asked for and it is not."""
    return [("Content-Type", PROBLEM), ("Content-Encoding", "gzip")]


class AnswersDepthInPlainText(Broken):
    """Answers a body nested near the limit of Go's parser with plain text, and calls it a problem."""

    breaks, found_by = "problem.json", LEFT_OPEN

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        deep = max(call.body.count(b"["), call.body.count(b"{")) > 9990
        return replace(answer, body=b"exceeded max depth\n") if deep and answer.status in (400, 422) else answer
