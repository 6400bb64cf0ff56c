"""The client: sends requests within limits, waits out interruptions, and finds out if a request itself causes them."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import httpx

from contracts import __version__
from contracts.errors import NoVerdict
from contracts.http.credential import fill
from contracts.http.exchange import TRACEPARENT, Exchange, Failure, Response
from contracts.http.request import Request
from contracts.http.retries import Pace, RetryBudget, interruption, pause_after, sleep
from contracts.http.target import Target, checked_tls
from contracts.http.wire import Connection, NoAnswer

_HOPELESS = frozenset({Failure.UNKNOWN_HOST, Failure.TLS, Failure.PROXY})
# Without Accept-Encoding a server may choose any coding (RFC 9110 section 12.5.3).
_OWN = (("User-Agent", f"kaiten-contract-tests/{__version__}"), ("Accept-Encoding", "identity"))
# An answer may repeat what was sent, and JSON may write one byte of it as six (like `\u0001`).
READ_SLACK = 6
# A request is to blame if it is interrupted `_ROUNDS` times in a row, while a plain update and a read of its path are
# answered each time: fewer may be chance, if one of two servers is down. `_SLOW_ROUNDS` are enough if each takes a
# time-out. If the read is not answered, the server for that path is down, but not longer than half the patience. Where
# one request was to blame although its read was not answered, reads are not asked any more.
# The operation is to blame if all updates break the connection `_BREAKS` times in a row, while a read is answered:
# after 4 seconds.
_ROUNDS, _SLOW_ROUNDS, _BREAKS = 5, 3, 6
# Seconds to wait for bytes that follow a 204. The second is for a 204 that was followed by bytes before.
LINGER, LONG_LINGER = 0.003, 1.0


class Control(NamedTuple):
    """Two requests that show what is at fault: a plain update of another customer, and a read of the same path."""

    update: Request
    read: Request


@dataclass
class _Proof:
    """Rounds in a row that speak against one request or against the operation; `since` is when the request began."""

    since: float
    of_request: int = 0
    of_operation: int = 0


class Client:
    """Sends requests to a target, and shows each exchange to `observe`. Safe to use from several threads.

    `transport` answers in process, in place of the wire. `reached` is False as long as no request can have arrived at
    the target. Raises WrongCall if a proxy or a certificate file that the environment names cannot be used.
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
        self._rounds, self._slow_rounds, self._breaks = _ROUNDS, _SLOW_ROUNDS, _BREAKS
        self._reads_tell = True
        self._pace = Pace(target.limits.rate)
        # Limits how many requests are under way at once, however many threads send.
        self._turns = threading.BoundedSemaphore(target.limits.concurrency)
        self._large_turn = threading.RLock()
        self._large: dict[str, int] = {}
        # The thread that sends exclusively, if one does.
        self._exclusive: int | None = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection. One that is in use is closed as soon as its exchange is over."""
        self._closed = True
        while connection := self._kept():
            connection.close()

    def send(self, request: Request, control: Control | None = None, linger: float = LINGER) -> Exchange:
        """Send a request until it is answered.

        An interruption is retried with back-off. With a `control`, an interrupted exchange is returned, marked
        persistent, in two cases: this request is interrupted each time while both requests of the control are answered,
        or every update breaks the connection while a read is answered. Raises NoVerdict if the retry budget is spent,
        or the host cannot be reached at all.
        """
        # Very large requests are sent one at a time, each until it is answered: their answers may be larger still.
        with self._large_turn if len(request.body) > self.target.limits.size else nullcontext():
            return self._sent(request, control, linger)

    def _sent(self, request: Request, control: Control | None, linger: float) -> Exchange:
        tries, lost = 0, False
        proof = _Proof(time.monotonic())
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
                return replace(exchange, sent_again=True) if lost else exchange
            # A 429 says that the rate is at fault, and not the payload.
            limited = exchange.status == 429
            pause = pause_after(exchange.response, tries)
            self.retry_budget.interrupted(started, reason, pause, limited=limited)
            tries += 1
            if limited:
                if time.monotonic() - proof.since > self.target.limits.patience:
                    why = "answered a request 429 each time, and others not"
                    raise NoVerdict(f"{self.target.base_url} {why}; patience ended (--patience)")
                self._pace.slow_down(pause, surely=True)
                continue
            lost = True
            if control and self._is_proven(proof, exchange, control, pause):
                return replace(exchange, persistent=True, sent_again=True)
            sleep(pause)

    def _is_proven(self, proof: _Proof, exchange: Exchange, control: Control, pause: float) -> bool:
        """Whether this request, or every update, is proven to cause the interruption that it met once more."""
        slow, breaks = exchange.failure is Failure.TIMEOUT, exchange.failure is Failure.BROKEN
        # Once every update is known to break the connection, no plain update is sent to confirm it.
        updates = not (breaks and self._breaks == 1) and self._answers(control.update)
        reads = (updates or breaks) and self._answers(control.read)
        if exchange.status == 503 and not updates:
            self._pace.slow_down(pause, surely=False)
        proof.of_request = proof.of_request + 1 if updates and (reads or not self._reads_tell) else 0
        proof.of_operation = proof.of_operation + 1 if breaks and reads and not updates else 0
        too_long = updates and time.monotonic() - proof.since > self.target.limits.patience / 2
        if too_long or proof.of_request >= (self._slow_rounds if slow else self._rounds):
            # What was proven once takes fewer rounds to be proven again.
            self._rounds, self._slow_rounds = (self._rounds, 2) if slow else (_SLOW_ROUNDS, self._slow_rounds)
            self._reads_tell = self._reads_tell and bool(reads)
            return True
        if proof.of_operation >= self._breaks:
            self._breaks = 1
            return True
        return False

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """While this lasts, only the calling thread sends. What others have begun to send is answered first.

        The thread may not wait for another one that sends: for one that makes a customer, say.
        """
        with self._large_turn, ExitStack() as every_turn:
            for _ in range(self.target.limits.concurrency):
                every_turn.enter_context(self._turns)
            every_turn.callback(setattr, self, "_exclusive", None)
            self._exclusive = threading.get_ident()
            yield

    def _answers(self, request: Request) -> bool:
        answers = interruption(self.once(request), self.target.limits.interruptions) is None
        if answers:
            self.retry_budget.answered()
        return answers

    def once(self, request: Request, linger: float = LINGER) -> Exchange:
        """Send a request once. Whatever happens comes back in the exchange, tokens masked."""
        limits, sent = self.target.limits, self._stamped(request)
        filled = replace(sent, headers=fill(sent.headers, self.target.secrets))
        repeated, earlier = len(request.body), self._large.get(request.path, 0)
        if repeated > limits.size // READ_SLACK:
            self._large[request.path] = max(repeated, earlier)
        # An answer may repeat its request. A read may show what an earlier request has sent to this path.
        size = limits.size + READ_SLACK * (earlier if request.method == "GET" else repeated)
        response: Response | None = None
        failure: Failure | None = None
        again = False
        with self._turns if self._exclusive != threading.get_ident() else nullcontext():
            self._pace.wait()
            now, started = time.time(), time.monotonic()
            try:
                response, again = self._answer(filled, started + limits.time, size, linger)
            except NoAnswer as error:
                failure = error.failure
            seconds = time.monotonic() - started
        self.reached = self.reached or failure not in _HOPELESS | {Failure.REFUSED}
        shown = response and response.without_tokens(self.target.masked)
        exchange = Exchange(request, shown, failure, seconds, False, sent.path, sent.headers, now, again)
        self._observe(exchange)
        return exchange

    def _stamped(self, request: Request) -> Request:
        """The request as it is sent, with the base URL's path and all headers, but with tokens as placeholders."""
        given = (*self.target.shown_headers, *request.headers)
        names = {name.lower() for name, _ in given}
        # The vendor finds a request in its logs by its traceparent: W3C Trace Context, ids of 16 and of 8 bytes.
        ids = secrets.token_hex(24)
        own = (("Host", self._url.netloc.decode("ascii")), *_OWN, (TRACEPARENT, f"00-{ids[:32]}-{ids[32:]}-01"))
        headers = (*(header for header in own if header[0].lower() not in names), *given)
        # A PUT or POST has a Content-Length even if its body is empty (RFC 9110 section 8.6). A body that is sent in
        # chunks has none (RFC 9112 section 6.2).
        if (request.body or request.method in ("PUT", "POST")) and "transfer-encoding" not in names:
            headers = (*headers, ("Content-Length", str(len(request.body))))
        return replace(request, path=self._url.raw_path.decode("ascii").rstrip("/") + request.path, headers=headers)

    def _answer(self, request: Request, ends: float, size: int, linger: float) -> tuple[Response, bool]:
        """The answer, and whether the request was sent twice because a kept connection had ended."""
        if self._transport:
            return self._transport(request), False
        kept = self._kept()
        connection = kept or self._connect(ends)
        try:
            return connection.exchange(request, ends, size, linger), False
        except NoAnswer as error:
            if not kept or error.failure is not Failure.BROKEN or connection.received:
                raise
        finally:
            if connection.can_be_kept and not self._closed:
                self._idle.append(connection)
            else:
                connection.close()
        # A server may end a kept connection at any time: the request goes out again (RFC 9112 section 9.3.1).
        return self._answer(request, ends, size, linger)[0], True

    def _kept(self) -> Connection | None:
        """A kept connection that still stands, or None."""
        with suppress(IndexError):
            while not (connection := self._idle.pop()).is_open:
                connection.close()
            return connection
        return None
