"""An exchange: one request and what answered it, as sent and as received; and how a shell sends the same bytes."""

from __future__ import annotations

import base64
import gzip
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, reduce
from urllib.parse import quote, unquote_to_bytes

from contracts.http.credential import HEADER_VALUE, PLACEHOLDERS, WRITE_TOKEN, Headers, mask, values_of

OPERATION = "PUT"
CUSTOMERS = "/customers"
# A template is a request for any customer. In its path, these stand for the customer's slug or for a form of it.
CUSTOMER = "<CUSTOMER>"
CUSTOMER_UPPER = "<CUSTOMER_UPPER>"
CUSTOMER_CUT = "<CUSTOMER_CUT>"
CUSTOMER_BEGINNING = "<CUSTOMER_BEGINNING>"

ACCEPT = ("Accept", "application/json, application/problem+json")
TRACEPARENT = "traceparent"
_TRACE_ID = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# How many bytes of an answer are kept after it was judged; and the longest body in a curl line that is not packed.
_KEPT, _LONGEST = 65536, 2000
# How a shell (bash) writes these forms of a slug. It has no short way to percent-encode a letter.
_SLUGS = {CUSTOMER: "${CUSTOMER}", CUSTOMER_UPPER: "${CUSTOMER^^}", CUSTOMER_CUT: "${CUSTOMER%?}"}
OF_YOURS = "set CUSTOMER to the slug of one of your customers"


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
class Request:
    """A request as it is sent. `path` is relative to the base URL and percent-encoded; tokens are placeholders."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""

    @cached_property
    def slug(self) -> bytes:
        """The customer's slug in the path, decoded; empty where the path names none."""
        return unquote_to_bytes(self.path.removeprefix(CUSTOMERS).removeprefix("/"))

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next(iter(values_of(self.headers, name)), None)

    def with_header(self, name: str, value: str) -> Request:
        """The same request with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))

    @property
    def is_template(self) -> bool:
        """Whether the path has a placeholder for a customer's slug."""
        return "<CUSTOMER" in self.path

    def addressed(self, slug: str) -> Request:
        """The request that a template makes for the customer with this slug."""
        if not self.is_template:
            return self
        # Some of these may be the slug of a stranger's customer: payloads.yaml says which need more text after them.
        others = {
            CUSTOMER_UPPER: slug.upper(),
            CUSTOMER_CUT: slug[:-1],
            # Up to the last hyphen, or the first letter alone.
            CUSTOMER_BEGINNING: slug[: slug.rfind("-") + 1] or slug[0],
            # Forms of the first letter: percent-encoded without need, percent-encoded twice, and in full width.
            "<CUSTOMER_ENCODED>": f"%{ord(slug[0]):X}{slug[1:]}",
            "<CUSTOMER_ENCODED_TWICE>": f"%25{ord(slug[0]):X}{slug[1:]}",
            "<CUSTOMER_FULL_WIDTH>": quote(chr(ord(slug[0]) + 0xFEE0)) + slug[1:],
            "<CUSTOMER_UNDERSCORES>": slug.replace("-", "_"),
        }
        # A slug of digits has no upper case.
        forms = {CUSTOMER: slug} | {name: form if form != slug else f"{form}_" for name, form in others.items()}
        return replace(self, path=reduce(lambda path, form: path.replace(*form), forms.items(), self.path))

    def without_tokens(self, tokens: Mapping[str, str]) -> Request:
        """The same request with placeholders for tokens: a generated text may contain a token by chance."""
        held = (self.body.decode("latin-1"), self.path, *(value for _, value in self.headers))
        if not any(token in text for token in tokens.values() for text in held):
            return self
        in_path = {quote(placeholder): token for placeholder, token in tokens.items()}
        headers = tuple((name, mask(value.encode(), tokens).decode()) for name, value in self.headers)
        return replace(
            self, path=mask(self.path.encode(), in_path).decode(), headers=headers, body=mask(self.body, tokens)
        )


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
        """Every value of a header."""
        return values_of(self.headers, name)

    def without_tokens(self, tokens: Mapping[str, str]) -> Response:
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

    def kept(self) -> Exchange:
        """The exchange as it is kept after it was judged: the end of a very long body is left out."""
        response = self.response
        if response is None or max(len(response.body), len(response.wire_body)) <= _KEPT:
            return self
        body, wire_body = response.body[:_KEPT], response.wire_body[:_KEPT]
        left_out = len(response.body) - len(body)
        return replace(self, response=replace(response, body=body, wire_body=wire_body, left_out=left_out))


def update(
    slug: str,
    body: bytes,
    *,
    content_type: str | None = "application/json",
    authorization: tuple[str, ...] = (f"Bearer {WRITE_TOKEN}",),
) -> Request:
    """A request to the operation under contract; `slug` is one percent-encoded path segment."""
    credentials = (("Authorization", value) for value in authorization)
    media_type = (("Content-Type", content_type),) if content_type is not None else ()
    return Request(OPERATION, f"{CUSTOMERS}/{slug}", (ACCEPT, *credentials, *media_type), body)


def names_customer(line: str) -> bool:
    """Whether a curl line has a variable for the slug, so that `OF_YOURS` has to explain it."""
    return re.search(r"\$\{?CUSTOMER\b", line) is not None


def for_any_customer(template: Request, sent: Request) -> Request:
    """The request that was sent, but with the template's path if a shell can fill in the slug of any customer."""
    can_be_made = any(placeholder in template.path for placeholder in _SLUGS)
    return replace(sent, path=template.path) if can_be_made else sent


def curl(request: Request, base_url: str, in_front: Headers = ()) -> str:
    """A shell command that sends the same bytes, with `$KAITEN_AUTH_TOKEN` in place of the token.

    `$CUSTOMER` stands for the slug in a template's path. `in_front` are headers that are not part of the request;
    `$KAITEN_HEADER_1` has the value of the first `--header`.
    """
    headers = (*in_front, *request.headers)
    variables = PLACEHOLDERS | {value: "$" + value.strip("<>") for _, value in in_front}
    parts = ["curl -sS -i -g --path-as-is --max-time 10", f"-X {request.method}"]
    parts += [f"-H {_quoted(f'{name}: {value}' if value else f'{name};', variables)}" for name, value in headers]
    own = ("Accept", "Content-Type", "Expect", "User-Agent")
    parts += [f"-H '{name}:'" for name in own if name.lower() not in {given.lower() for given, _ in headers}]
    before = ""
    if request.body or request.method == OPERATION:
        # Bytes that are not UTF-8 become characters that are not printable.
        text = request.body.decode("utf-8", "surrogateescape")
        data = shlex.quote(text)
        if len(request.body) > _LONGEST or text.startswith("@") or not text.isprintable():
            packed = base64.b64encode(gzip.compress(request.body, mtime=0)).decode()
            before, data = f"echo {packed} | base64 -d | gunzip | ", "@-"
        parts.append(f"--data-binary {data}")
    return before + " ".join([*parts, _quoted(base_url + request.path, _SLUGS)])


def _quoted(text: str, variables: Mapping[str, str]) -> str:
    """The text as one shell word, with a variable for each placeholder."""
    if not any(placeholder in text for placeholder in variables):
        return shlex.quote(text)
    quoted = re.sub(r'([\\"$`])', r"\\\1", text)
    for placeholder, variable in variables.items():
        quoted = quoted.replace(placeholder, variable)
    # A variable needs braces only if the next character could belong to its name.
    return '"' + re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", quoted) + '"'
