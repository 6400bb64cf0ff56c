"""An exchange: one request and what answered it, as sent and as received."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from contracts.http.credential import HEADER_VALUE, Headers, mask, values_of
from contracts.http.request import Request

TRACEPARENT = "traceparent"
_TRACE_ID = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# How many bytes of an answer are kept after it was judged.
_KEPT = 65536


class Failure(StrEnum):
    """Why an exchange has no complete answer."""

    REFUSED = "the connection was refused"
    UNKNOWN_HOST = "the host name is unknown"
    BROKEN = "the connection broke before the answer was complete"
    TIMEOUT = "no complete answer came in time"
    TOO_LARGE = "the answer was larger than the limit"
    MALFORMED = "the answer is not HTTP"
    TLS = "no secure connection could be made"
    PROXY = "the proxy refuses to pass it on"


@dataclass(frozen=True)
class Response:
    """A response as it was received: `body` without the transfer coding, `wire_body` as the bytes came.

    `wire_body` has all bytes that followed the header section, even if HTTP allows none there. `left_out` says how many
    bytes at the end of the body are not kept.
    """

    status: int
    headers: Headers
    # A body may have megabytes, and pytest builds the repr of whatever a failed call was given.
    body: bytes = field(repr=False)
    wire_body: bytes = field(repr=False)
    reason: str = ""
    left_out: int = 0

    @property
    def size(self) -> int:
        """How many bytes of body came."""
        return len(self.body) + self.left_out

    def values(self, name: str) -> list[str]:
        return values_of(self.headers, name)

    def without_tokens(self, tokens: Mapping[str, str]) -> "Response":
        """The same response with a placeholder for each token in it."""
        body = mask(self.body, tokens)
        wire_body = body if self.wire_body is self.body else mask(self.wire_body, tokens)
        # The parts are joined, as one search is much faster than one for each part. No part has a line break.
        head = "\n".join([self.reason, *(part for header in self.headers for part in header)]).encode("latin-1")
        reason, *parts = mask(head, tokens).decode("latin-1").split("\n")
        headers = tuple(zip(parts[::2], parts[1::2], strict=True))
        return replace(self, headers=headers, body=body, wire_body=wire_body, reason=reason)


@dataclass(frozen=True)
class Exchange:
    """A request, and its response or the failure that came instead.

    `started` is when it began, in seconds since the epoch; `seconds` is how long it took. `persistent` marks an
    interruption that this request met each time, while the target answered other requests. `sent_path` has the base
    URL's path in front. `sent_headers` are all headers as sent, with tokens as placeholders. `sent_again` says that an
    earlier try of the request got no answer: the vendor may have carried it out then, or may do so later.
    """

    request: Request
    response: Response | None
    failure: Failure | None = None
    seconds: float = 0.0
    persistent: bool = False
    sent_path: str = ""
    sent_headers: Headers = ()
    started: float = 0.0
    sent_again: bool = False

    @property
    def status(self) -> int | None:
        return self.response.status if self.response else None

    @property
    def trace_id(self) -> str:
        """The id by which the vendor finds the request in its logs; empty where none was sent."""
        found = [_TRACE_ID.fullmatch(value) for value in values_of(self.sent_headers, TRACEPARENT)]
        return found[0][1] if found and found[0] else ""

    @property
    def headers_in_front(self) -> Headers:
        """The headers for what stands in front of the target, which are not part of the request."""
        return tuple(header for header in self.sent_headers if HEADER_VALUE.fullmatch(header[1]))

    def kept(self) -> "Exchange":
        """The exchange as it is kept after it was judged: the end of a very long body is left out."""
        response = self.response
        if response is None or max(len(response.body), len(response.wire_body)) <= _KEPT:
            return self
        body, wire_body = response.body[:_KEPT], response.wire_body[:_KEPT]
        left_out = len(response.body) - len(body)
        return replace(self, response=replace(response, body=body, wire_body=wire_body, left_out=left_out))
