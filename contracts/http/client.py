"""The client: sends requests within limits, waits out interruptions, and blames a request that alone causes them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import httpx

from contracts import __version__
from contracts.errors import NoVerdict
from contracts.http.credential import Headers, fill
from contracts.http.exchange import TRACEPARENT, Exchange, Failure, Request, Response
from contracts.http.retries import Pace, RetryBudget, interruption, pause_after, sleep
from contracts.http.target import Target, checked_tls
from contracts.http.wire import Bounds, Connections, InProcess, NoAnswer

HOPELESS = frozenset({Failure.UNKNOWN_HOST, Failure.TLS, Failure.PROXY})
# Without Accept-Encoding a server may choose any coding (RFC 9110 section 12.5.3).
_OWN = (("User-Agent", f"kaiten-contract-tests/{__version__}"), ("Accept-Encoding", "identity"))
# Requests of these methods have a Content-Length even where the body is empty (RFC 9110 section 8.6).
_WITH_BODY = frozenset({"PUT", "POST"})
# An answer may show what was sent, of which JSON may write each byte as six.
READ_SLACK = 6
# So often must a request be interrupted while a plain update is answered, until it is to blame; and so often in a row
# must every update break the connection while a read is answered, until the operation is, which takes nine seconds.
_ROUNDS, _BREAKS = 3, 6
# Seconds to wait for bytes that follow a 204.
LINGER = 0.003


@dataclass(frozen=True)
class Control:
    """What tells a request's own trouble from the target's: a plain update, and a read."""

    update: Request
    read: Request


class Client:
    """Sends requests to a target, and shows each exchange to `observe`. Safe to use from several threads.

    `transport` answers in process. `reached` says whether anything was ever sent, and not only tried to be.

    Raises:
        WrongCall: a proxy or a certificate file that the environment names cannot be used.

    """

    def __init__(
        self,
        target: Target,
        transport: httpx.BaseTransport | None = None,
        observe: Callable[[Exchange], None] = lambda exchange: None,
    ) -> None:
        self.target = target
        self.retry_budget = RetryBudget(target.limits.patience)
        self.reached = False
        self._observe = observe
        self._pace = Pace(target.limits.rate)
        url = httpx.URL(target.base_url)
        self._host, self._prefix = url.netloc.decode("ascii"), url.raw_path.decode("ascii").rstrip("/")
        self._sender: InProcess | Connections
        if transport:
            self._sender = InProcess(url, transport)
        else:
            tls = (target.tls or checked_tls()) if url.scheme == "https" else None
            self._sender = Connections(url, target.proxy(), tls)
        self._rounds, self._breaks = _ROUNDS, _BREAKS
        # However many threads ask: no more requests are on their way at once than the user allows.
        self._turns = threading.BoundedSemaphore(target.limits.concurrency)
        self._large_turn = threading.Lock()
        self._large: dict[str, int] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self._sender.close()

    def send(self, request: Request, control: Control | None = None, linger: float = LINGER) -> Exchange:
        """Send a request until it is answered.

        An interruption is retried with back-off. With a `control`, a request that is interrupted each time while a
        plain update is answered comes back as it is, marked persistent; so does one that breaks the connection like
        every update, while a read is answered.

        Raises:
            NoVerdict: the retry budget is spent, or the host cannot be reached at all.

        """
        tries = outlived = broken = 0
        while True:
            started = time.monotonic()
            exchange = self.once(request, linger)
            reason = interruption(exchange, self.target.limits.interruptions)
            if exchange.failure in HOPELESS:
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
            # What was proven once is believed at once the next time: a time-out, and an operation that is broken.
            if outlived >= self._rounds:
                self._rounds = 1 if exchange.failure is Failure.TIMEOUT else self._rounds
                return replace(exchange, persistent=True)
            if broken >= self._breaks:
                self._breaks = 1
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
        limits, path, headers = self.target.limits, self._prefix + request.path, self._headers(request)
        # What is very large, and may be answered by more, is sent one by one.
        alone = self._large_turn if len(request.body) > limits.size else nullcontext()
        response: Response | None = None
        failure: Failure | None = None
        with self._turns, alone:
            self._pace.wait()
            now, started = time.time(), time.monotonic()
            bounds = Bounds(started + limits.time, limits.size + READ_SLACK * self._largest_body(request))
            filled = fill(headers, self.target.secrets)
            try:
                response = self._sender.exchange(request.method, path, filled, request.body, bounds, linger)
            except NoAnswer as error:
                failure = error.failure
            seconds = time.monotonic() - started
        self.reached = self.reached or failure not in HOPELESS | {Failure.REFUSED}
        shown = response and response.without_tokens(self.target.masked)
        exchange = Exchange(request, shown, failure, seconds, sent_path=path, sent_headers=headers, started=now)
        self._observe(exchange)
        return exchange

    def _largest_body(self, request: Request) -> int:
        """The bytes of the largest body that was sent to this path, and so may be in what comes of it."""
        largest = max(len(request.body), self._large.get(request.path, 0))
        if largest > self.target.limits.size // READ_SLACK:
            self._large[request.path] = largest
        return largest

    def _headers(self, request: Request) -> Headers:
        given = (*self.target.shown_headers, *request.headers)
        names = {name.lower() for name, _ in given}
        # By the traceparent the vendor finds a request in its logs (W3C Trace Context); ids of zeros are not valid.
        trace, span = (1 + secrets.randbelow(2**bits - 1) for bits in (128, 64))
        own = (("Host", self._host), *_OWN, (TRACEPARENT, f"00-{trace:032x}-{span:016x}-01"))
        # A body that is sent in chunks has no length of its own (RFC 9112 section 6.2).
        sized = (request.body or request.method in _WITH_BODY) and "transfer-encoding" not in names
        length = (("Content-Length", str(len(request.body))),) if sized else ()
        return (*(header for header in own if header[0].lower() not in names), *given, *length)
