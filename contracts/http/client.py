"""The client: sends exact bytes under limits, and absorbs interruptions."""

from __future__ import annotations

import secrets
import threading
import time
import typing
import urllib.request
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from contracts import __version__
from contracts.errors import NoVerdict
from contracts.http import interrupt
from contracts.http.credential import Headers, fill, mask
from contracts.http.exchange import TRACEPARENT, Exchange, Failure, Request, Response
from contracts.http.retries import BACK_OFF, Pace, Patience
from contracts.http.target import Target
from contracts.http.wire import Connections, Stream, TooLarge, Wire, on_wire

# Answers of something in front of the API: time-outs, limits and gateways (RFC 9110 sections 15.5.9 and 15.6.3 to
# 15.6.5, RFC 8470, RFC 6585), and those that content delivery networks have of their own.
INTERRUPTING = frozenset({408, 425, 429, 502, 503, 504, *range(520, 528)})
RETRIABLE = frozenset({Failure.REFUSED, Failure.BROKEN, Failure.TIMEOUT})
HOPELESS = frozenset({Failure.UNKNOWN_HOST, Failure.TLS, Failure.PROXY})
# Of these nothing was sent.
UNREACHED = HOPELESS | {Failure.REFUSED}
AGENT = ("User-Agent", f"kaiten-contract-tests/{__version__}")
# Without it a server may choose any coding (RFC 9110 section 12.5.3).
UNCODED = ("Accept-Encoding", "identity")
# Requests of these methods have a Content-Length even where the body is empty (RFC 9110 section 8.6).
WITH_BODY = frozenset({"PUT", "POST"})

# An answer may be larger than the limit by what was sent, of which JSON may write each byte as six.
READ_SLACK = 6

# What is raised where no answer comes, but for what takes too long or is too large.
_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, httpx.TransportError, OSError)

ROUNDS = 3
# So often in a row every update breaks the connection, while its siblings answer, until the operation counts as broken:
# with the pauses in between that takes nine seconds.
_BREAKS = 6
LINGER = 0.003
# So often at most is a request sent again because a kept connection was gone before it.
_STALE = 50


@dataclass(frozen=True)
class Control:
    """What tells a request's own trouble from the target's: a plain update, and a read that is a sibling of it."""

    update: Request
    read: Request


def interruption(exchange: Exchange, also: Collection[int] = ()) -> str | None:
    """Why the exchange is an interruption and no answer of the API; None where it is an answer.

    `also` are further statuses that are an interruption on this target.
    """
    if exchange.failure in RETRIABLE:
        return str(exchange.failure)
    if exchange.status in INTERRUPTING or exchange.status in also:
        return f"something in front of the API answered {exchange.status}"
    return None


class Client:
    """Sends requests to a target, and shows each exchange to `observe`. Safe to use from several threads.

    `reached` says whether anything was ever sent, and not only tried to be.
    """

    def __init__(
        self,
        target: Target,
        transport: httpx.BaseTransport | None = None,
        observe: Callable[[Exchange], None] = lambda exchange: None,
    ) -> None:
        self.target = target
        self._secrets = target.masked
        self._in_front = target.shown_headers
        self._observe = observe
        self.patience = Patience(target.limits.patience)
        self._pace = Pace(target.limits.rate)
        self._url = httpx.URL(target.base_url)
        self._prefix = self._url.raw_path.rstrip(b"/")
        self._host = ("Host", self._url.netloc.decode("ascii"))
        self._transport = transport or Connections(self._url, _proxy(target), target.tls)
        self._rounds = ROUNDS
        self._breaks = _BREAKS
        # However many threads ask: no more requests are on their way at once than the user allows.
        self._turns = threading.BoundedSemaphore(target.limits.concurrency)
        self._large_turn = threading.Lock()
        self.reached = False
        self._large: dict[str, int] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self._transport.close()

    def send(self, request: Request, control: Control | None = None, linger: float = LINGER) -> Exchange:
        """Send a request until it is answered.

        An interruption is retried with back-off. Where a `control` is given and goes through while the request is
        interrupted each time, the exchange comes back as it is, marked persistent; so it does where every update
        breaks the connection, and a read does not.

        Raises:
            NoVerdict: the target's patience ended, or the host cannot be reached at all.

        """
        tries = outlived = broken = 0
        while True:
            started = time.monotonic()
            exchange = self._on_a_live_connection(request, linger)
            reason = self._interruption(exchange)
            if exchange.failure in HOPELESS:
                raise NoVerdict(f"{self.target.base_url} cannot be reached: {exchange.failure}")
            if reason is None:
                self.patience.answered()
                self._pace.speed_up()
                self._breaks = _BREAKS if control else self._breaks
                return exchange
            # A 429 says itself that the rate is at fault, and no payload.
            limited = exchange.status == 429
            pause = _retry_after(exchange) or BACK_OFF[min(tries, len(BACK_OFF) - 1)]
            self.patience.interrupted(started, reason, pause, limited=limited)
            tries += 1
            if limited:
                self._pace.slow_down(pause)
                continue
            if control:
                # While no update is answered, a plain one need not break again.
                known = self._breaks == 1 and exchange.failure is Failure.BROKEN
                answered = not known and self._answers(control.update)
                outlived = outlived + 1 if answered else 0
                all_break = not answered and exchange.failure is Failure.BROKEN and self._answers(control.read)
                broken = broken + 1 if all_break else 0
            if outlived >= self._rounds:
                # It happens on this target: for the next such request one round is enough.
                self._rounds = 1 if exchange.failure is Failure.TIMEOUT else self._rounds
                return replace(exchange, persistent=True)
            if broken >= self._breaks:
                # No update is answered at present: one broken connection is enough for the next one.
                self._breaks = 1
                return replace(exchange, persistent=True)
            interrupt.sleep(pause)

    def _interruption(self, exchange: Exchange) -> str | None:
        return interruption(exchange, self.target.limits.interruptions)

    def _on_a_live_connection(self, request: Request, linger: float) -> Exchange:
        """One exchange, sent again where a connection that was kept turns out to be gone (RFC 9112 section 9.3.1)."""
        for _ in range(_STALE):
            exchange = self.once(request, linger)
            if not exchange.stale:
                break
        return exchange

    def _answers(self, request: Request) -> bool:
        answers = self._interruption(self._on_a_live_connection(request, LINGER)) is None
        if answers:
            self.patience.answered()
        return answers

    def once(self, request: Request, linger: float = LINGER) -> Exchange:
        """Send a request once. Whatever happens comes back in the exchange, tokens masked.

        `linger` is how many seconds to wait for bytes that follow a 204.
        """
        with self._turns:
            return self._once(request, linger)

    def _once(self, request: Request, linger: float) -> Exchange:
        self._pace.wait()
        limits = self.target.limits
        headers = self._headers(request)
        now, started = time.time(), time.monotonic()
        response: Response | None = None
        failure: Failure | None = None
        path, filled = self._raw_path(request), fill(headers, self.target.secrets)
        size = limits.size + READ_SLACK * self._largest_body(request)
        # What is very large, and may be answered by more, is sent one by one.
        turn = self._large_turn if len(request.body) > limits.size else nullcontext()
        with turn, on_wire(Wire(limits.time, size, _head(request.method, path, filled))) as wire:
            try:
                response = self._receive(request, filled, wire, linger)
            except TooLarge:
                failure = Failure.TOO_LARGE
            except (httpcore.TimeoutException, httpx.TimeoutException):
                failure = Failure.TIMEOUT
            except _FAILURES as error:
                failure = _failure(error, wire)
        seconds = time.monotonic() - started
        self.reached = self.reached or failure not in UNREACHED
        exchange = Exchange(
            request,
            response,
            failure,
            seconds,
            sent_path=path.decode("ascii"),
            sent_headers=headers,
            started=now,
            stale=failure is Failure.BROKEN and wire.reused and not wire.received,
        )
        self._observe(exchange)
        return exchange

    def _largest_body(self, request: Request) -> int:
        """The bytes of the largest body that was sent to this path, and so may be in what comes of it."""
        largest = max(len(request.body), self._large.get(request.path, 0))
        if largest > self.target.limits.size // READ_SLACK:
            self._large[request.path] = largest
        return largest

    def _raw_path(self, request: Request) -> bytes:
        return self._prefix + request.path.encode("ascii")

    def _headers(self, request: Request) -> Headers:
        own = (self._host, AGENT, UNCODED, _traceparent())
        given = {name.lower() for name, _ in (*self._in_front, *request.headers)}
        # A body that is sent in chunks has no length of its own (RFC 9112 section 6.2).
        has_length = (request.body or request.method in WITH_BODY) and "transfer-encoding" not in given
        length = (("Content-Length", str(len(request.body))),) if has_length else ()
        left = (header for header in own if header[0].lower() not in given)
        return (*left, *self._in_front, *request.headers, *length)

    def _receive(self, request: Request, headers: Headers, wire: Wire, linger: float) -> Response:
        # httpcore gets stripped values, for it refuses white space around them; `wire.head` has what is really sent.
        fields = [(name.encode(), value.strip(" \t").encode("latin-1")) for name, value in headers]
        with self._exchange(request, fields) as answer:
            stream = answer.extensions.get("network_stream")
            if answer.status == httpx.codes.NO_CONTENT and isinstance(stream, Stream):
                # Before the body is read to its end: from then on the connection serves another request.
                self._await_what_follows(stream, wire, linger)
            body = b"".join(typing.cast(Iterable[bytes], answer.stream))
            wire_body = wire.after_head() if isinstance(stream, Stream) else body
        shown, reason = mask(body, self._secrets), answer.extensions.get("reason_phrase", b"")
        head = b"\n".join([reason, *(part for header in answer.headers for part in header)])
        # Looking for a token in each part would take as long as reading the answer.
        tokens = {} if mask(head, self._secrets) == head else self._secrets
        return Response(
            status=answer.status,
            headers=tuple(
                (mask(name, tokens).decode("latin-1"), mask(value, tokens).decode("latin-1"))
                for name, value in answer.headers
            ),
            body=shown,
            wire_body=shown if wire_body == body else mask(wire_body, self._secrets),
            reason=mask(reason, tokens).decode("ascii", "ignore"),
        )

    @contextmanager
    def _exchange(self, request: Request, fields: list[tuple[bytes, bytes]]) -> Iterator[httpcore.Response]:
        path = self._raw_path(request)
        # Redirects, cookies and netrc are a matter of httpx's client: what is below it knows nothing of them.
        if isinstance(self._transport, Connections):
            with self._transport.exchange(request.method, path, fields, request.body) as answer:
                yield answer
            return
        url = self._url.copy_with(raw_path=path)
        came = self._transport.handle_request(httpx.Request(request.method, url, headers=fields, content=request.body))
        reason = {"reason_phrase": came.reason_phrase.encode()}
        yield httpcore.Response(came.status_code, headers=came.headers.raw, content=came.read(), extensions=reason)

    def _await_what_follows(self, stream: Stream, wire: Wire, linger: float) -> None:
        stream.linger(linger)
        if wire.after_head():
            # It would be read as the beginning of the next answer.
            stream.close()


def _traceparent() -> tuple[str, str]:
    """The header by which the vendor finds a request in its logs (W3C Trace Context); ids of zeros are not valid."""
    trace, span = (1 + secrets.randbelow(2**bits - 1) for bits in (128, 64))
    return TRACEPARENT, f"00-{trace:032x}-{span:016x}-01"


def _head(method: str, raw_path: bytes, headers: Headers) -> bytes:
    lines = [f"{name}: {value}".encode("latin-1") for name, value in headers]
    return b"\r\n".join([method.encode() + b" " + raw_path + b" HTTP/1.1", *lines, b"", b""])


def _failure(error: Exception, wire: Wire) -> Failure:
    text = repr(error)
    # A server that wants a certificate of ours says so once the connection is made.
    if "_ALERT_" in text and "CERT" in text:
        return Failure.TLS
    if isinstance(error, httpcore.RemoteProtocolError) and not wire.ended:
        return Failure.MALFORMED
    if isinstance(error, httpcore.ProxyError):
        return Failure.PROXY
    if isinstance(error, httpcore.ConnectError):
        if "Name or service" in text or "getaddrinfo" in text or "No address" in text or "nodename" in text:
            return Failure.UNKNOWN_HOST
        if "SSL" in text or "CERTIFICATE" in text:
            return Failure.TLS
        return Failure.REFUSED
    return Failure.BROKEN


def _retry_after(exchange: Exchange) -> float | None:
    """The pause in seconds that the answer asks for, as seconds or as a date (RFC 9110 section 10.2.3)."""
    values = exchange.response.values("Retry-After") if exchange.response else []
    if not values:
        return None
    if values[0].strip().isdecimal():
        return float(values[0])
    try:
        when = parsedate_to_datetime(values[0])
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _proxy(target: Target) -> str | None:
    if not target.proxy_from_env:
        return None
    url = httpx.URL(target.base_url)
    return None if urllib.request.proxy_bypass(url.host) else urllib.request.getproxies().get(url.scheme)
