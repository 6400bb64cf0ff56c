"""The client: sends requests within limits, waits out interruptions, and blames a request that alone causes them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import httpx

from contracts import __version__
from contracts.errors import NoVerdict
from contracts.http.credential import fill
from contracts.http.exchange import TRACEPARENT, Exchange, Failure, Request, Response
from contracts.http.retries import Pace, RetryBudget, interruption, pause_after, sleep
from contracts.http.target import Target, checked_tls
from contracts.http.wire import Connection, NoAnswer

_HOPELESS = frozenset({Failure.UNKNOWN_HOST, Failure.TLS, Failure.PROXY})
# Without Accept-Encoding a server may choose any coding (RFC 9110 section 12.5.3).
_OWN = (("User-Agent", f"kaiten-contract-tests/{__version__}"), ("Accept-Encoding", "identity"))
# An answer may show what was sent, of which JSON may write each byte as six.
READ_SLACK = 6
# So often must a request be interrupted while a plain update is answered, until it is to blame; and so often in a row
# must every update break the connection while a read is answered, until the operation is, which takes nine seconds.
_ROUNDS, _BREAKS = 3, 6
# Seconds to wait for bytes that follow a 204.
LINGER = 0.003


class Control(NamedTuple):
    """What tells a request's own trouble from the target's: a plain update, and a read."""

    update: Request
    read: Request


class Client:
    """Sends requests to a target, and shows each exchange to `observe`. Safe to use from several threads.

    `transport` answers in process, in place of the wire. `reached` says whether anything was ever sent, and not only
    tried to be.

    Raises:
        WrongCall: a proxy or a certificate file that the environment names cannot be used.

    """

    def __init__(
        self,
        target: Target,
        transport: Callable[[Request], Response] | None = None,
        observe: Callable[[Exchange], None] = lambda exchange: None,
    ) -> None:
        self.target = target
        self.retry_budget = RetryBudget(target.limits.patience)
        self.reached = False
        self._url, self._transport, self._observe = httpx.URL(target.base_url), transport, observe
        if not transport:
            tls = (target.tls or checked_tls()) if self._url.scheme == "https" else None
            self._connect = partial(Connection, self._url, target.proxy(), tls)
        self._idle: list[Connection] = []
        self._closed = False
        self._rounds, self._breaks = _ROUNDS, _BREAKS
        self._pace = Pace(target.limits.rate)
        # However many threads ask: no more requests are on their way at once than the user allows.
        self._turns = threading.BoundedSemaphore(target.limits.concurrency)
        self._large_turn = threading.Lock()
        self._large: dict[str, int] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        """End every connection, that of an exchange under way once it is over."""
        self._closed = True
        while connection := self._kept():
            connection.close()

    def send(self, request: Request, control: Control | None = None, linger: float = LINGER) -> Exchange:
        """Send a request until it is answered.

        An interruption is retried with back-off. With a `control`, a request that is interrupted each time while a
        plain update is answered comes back as it is, marked persistent; so does one that breaks the connection like
        every update, while a read is answered.

        Raises:
            NoVerdict: the retry budget is spent, or the host cannot be reached at all.

        """
        # What is very large, and may be answered by more, is sent one by one; each has all its tries in its turn.
        with self._large_turn if len(request.body) > self.target.limits.size else nullcontext():
            return self._sent(request, control, linger)

    def _sent(self, request: Request, control: Control | None, linger: float) -> Exchange:
        tries = outlived = broken = 0
        while True:
            started = time.monotonic()
            exchange = self.once(request, linger)
            reason = interruption(exchange, self.target.limits.interruptions)
            if exchange.failure in _HOPELESS:
                raise NoVerdict(f"{self.target.base_url} cannot be reached: {exchange.failure}")
            if reason is None:
                self.retry_budget.answered()
                self._pace.speed_up()
                self._breaks = _BREAKS if control else self._breaks
                return exchange
            # A 429 says itself that the rate is at fault, and no payload.
            limited = exchange.status == 429
            pause = pause_after(exchange.response, tries)
            self.retry_budget.interrupted(started, reason, pause, limited=limited)
            tries += 1
            if limited:
                self._pace.slow_down(pause)
                continue
            if control:
                breaks = exchange.failure is Failure.BROKEN
                # While no update is known to be answered, a plain one need not break again.
                answered = not (breaks and self._breaks == 1) and self._answers(control.update)
                outlived = outlived + 1 if answered else 0
                broken = broken + 1 if breaks and not answered and self._answers(control.read) else 0
            if outlived >= self._rounds or broken >= self._breaks:
                # What was proven once is believed at once the next time: a time-out, and an operation that is broken.
                self._rounds = 1 if outlived and exchange.failure is Failure.TIMEOUT else self._rounds
                self._breaks = 1 if broken else self._breaks
                return replace(exchange, persistent=True)
            sleep(pause)

    def _answers(self, request: Request) -> bool:
        answers = interruption(self.once(request), self.target.limits.interruptions) is None
        if answers:
            self.retry_budget.answered()
        return answers

    def once(self, request: Request, linger: float = LINGER) -> Exchange:
        """Send a request once. Whatever happens comes back in the exchange, tokens masked.

        `linger` is how many seconds to wait for bytes that follow a 204.
        """
        limits, sent = self.target.limits, self._stamped(request)
        filled = replace(sent, headers=fill(sent.headers, self.target.secrets))
        # What was sent to this path before may be in what comes of it.
        largest = max(len(request.body), self._large.get(request.path, 0))
        if largest > limits.size // READ_SLACK:
            self._large[request.path] = largest
        response: Response | None = None
        failure: Failure | None = None
        with self._turns:
            self._pace.wait()
            now, started = time.time(), time.monotonic()
            try:
                response = self._answer(filled, started + limits.time, limits.size + READ_SLACK * largest, linger)
            except NoAnswer as error:
                failure = error.failure
            seconds = time.monotonic() - started
        self.reached = self.reached or failure not in _HOPELESS | {Failure.REFUSED}
        shown = response and response.without_tokens(self.target.masked)
        exchange = Exchange(request, shown, failure, seconds, False, sent.path, sent.headers, now)
        self._observe(exchange)
        return exchange

    def _stamped(self, request: Request) -> Request:
        """The request as it is sent, but for the tokens: to the base URL's path, and with the headers that it needs."""
        given = (*self.target.shown_headers, *request.headers)
        names = {name.lower() for name, _ in given}
        # By the traceparent the vendor finds a request in its logs (W3C Trace Context); ids of zeros are not valid.
        trace, span = (1 + secrets.randbelow(2**bits - 1) for bits in (128, 64))
        own = (("Host", self._url.netloc.decode("ascii")), *_OWN, (TRACEPARENT, f"00-{trace:032x}-{span:016x}-01"))
        headers = (*(header for header in own if header[0].lower() not in names), *given)
        # Those of these methods have a length even where the body is empty (RFC 9110 section 8.6), and none where it is
        # sent in chunks (RFC 9112 section 6.2).
        if (request.body or request.method in ("PUT", "POST")) and "transfer-encoding" not in names:
            headers = (*headers, ("Content-Length", str(len(request.body))))
        return replace(request, path=self._url.raw_path.decode("ascii").rstrip("/") + request.path, headers=headers)

    def _answer(self, request: Request, ends: float, size: int, linger: float) -> Response:
        if self._transport:
            return self._transport(request)
        kept = self._kept()
        connection = kept or self._connect(ends)
        try:
            return connection.exchange(request, ends, size, linger)
        except NoAnswer as error:
            if not kept or error.failure is not Failure.BROKEN or connection.received:
                raise
        finally:
            if connection.can_be_kept and not self._closed:
                self._idle.append(connection)
            else:
                connection.close()
        # A server may end a kept connection at any time: the request goes out again (RFC 9112 section 9.3.1).
        return self._answer(request, ends, size, linger)

    def _kept(self) -> Connection | None:
        """A connection that was kept and still stands."""
        with suppress(IndexError):
            while not (connection := self._idle.pop()).stands:
                connection.close()
            return connection
        return None
