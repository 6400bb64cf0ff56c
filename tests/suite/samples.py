"""Samples for the tests of the judge: an exchange in which nothing is wrong."""

from __future__ import annotations

import json
from typing import Any

from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import Request, update
from contracts.rules.document import Document, load
from contracts.rules.judge import Verdict, judge
from contracts.rules.oracle import predict

DOCUMENTS = {name: load(name) for name in ("docs", "v1")}
# The documented errors and their titles. TITLES also has the errors that are tolerated.
DOCUMENTED = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
}
TITLES = DOCUMENTED | {413: "Request Entity Too Large", 415: "Unsupported Media Type"}
ITEM = {"location": "body.name", "message": "expected string"}
PROBLEM = (("Content-Type", "application/problem+json"),)
LEFT_OUT = object()

# For each status, a request that it may answer. If the status is documented, no other one may.
REQUESTS: dict[int, Request] = {
    204: update("acme", b'{"name":"x"}'),
    400: update("acme", b"{"),
    401: update("acme", b'{"name":"x"}', authorization=()),
    403: update("acme", b'{"name":"x"}', authorization=("Bearer <KAITEN_READ_TOKEN>",)),
    404: update("nobody", b'{"name":"x"}'),
    413: update("acme", b"a" * 1024 * 1024),
    415: update("acme", b"x", content_type="text/plain"),
    422: update("acme", b'{"name":null}'),
}
VALID = REQUESTS[204]


def problem(status: int, /, **changes: Any) -> bytes:
    """A documented problem, changed; `LEFT_OUT` leaves a member out."""
    members = {"title": TITLES[status], "status": status, "detail": "It went wrong.", "errors": [ITEM]} | changes
    return json.dumps({name: value for name, value in members.items() if value is not LEFT_OUT}).encode()


def answer(
    status: int, body: bytes | None = None, headers: tuple[tuple[str, str], ...] | None = None, wire: bytes = b""
) -> Response:
    """The documented answer with this status, unless something else is given."""
    empty = status not in TITLES
    given = body if body is not None else b"" if empty else problem(status)
    return Response(status, headers if headers is not None else () if empty else PROBLEM, given, wire or given)


def judged(request: Request, outcome: Response | Failure, contract: str = "docs", **changes: Any) -> Verdict:
    """The verdict on an exchange, where only the customer acme exists."""
    document: Document = DOCUMENTS[contract]
    response, failure = (None, outcome) if isinstance(outcome, Failure) else (outcome, None)
    exchange = Exchange(request, response, failure, sent_path=f"/api{request.path}", **changes)
    return judge(exchange, predict(request, document, {"acme"}), document)


def promise_ids(verdict: Verdict) -> list[str]:
    """The promises that were found broken, in order."""
    return [violation.promise for violation in verdict.violations]
