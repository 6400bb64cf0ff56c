"""The wire: a connection that sends the exact bytes of a request, and lets h11 read the answer, all within limits.

An HTTP client limits each read instead of the whole exchange, hides what follows a 204, and sends only headers that it
finds proper. So requests are written by hand.
"""

import base64
import re
import socket
import ssl
import time
from contextlib import ExitStack, suppress

import h11
import httpx

from contracts.http.credential import Headers
from contracts.http.exchange import Failure, Response
from contracts.http.request import Request
from contracts.http.target import MIB

_AT_ONCE = 65536
# The most 1xx responses before the final one (RFC 9110 section 15.2), and the longest header section in bytes.
_MOST_INTERIM, _LONGEST_HEAD = 200, 100 * 1024
# The first chunk of a body has five bytes, or ends inside the first character of several bytes.
_FIRST_CHUNK = 5
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
# Seconds that it may take to send a body of more than 1 MiB: 5 MB at 700 kbit/s.
LONGEST_SENDING = 60.0
# The errors of OpenSSL if a server refuses our certificate, or wants one and gets none (RFC 8446 section 6.2).
_CERTIFICATE_REFUSED = re.compile(r"_ALERT_.*(CERT|UNKNOWN_CA)")


class NoAnswer(Exception):
    """No complete answer came; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Connection:
    """A connection to the origin of a URL, for one exchange after the other.

    `proxy` is the URL of a proxy, which is reached by plain http. `tls` is None unless the URL has https. `ends` is the
    moment on the monotonic clock when the time is up. `received` has the bytes of the last answer so far. Raises
    NoAnswer if no connection could be made.
    """

    def __init__(self, url: httpx.URL, proxy: httpx.URL | None, tls: ssl.SSLContext | None, ends: float) -> None:
        host, port = _address(url)
        self._to_proxy: Headers = ()
        if proxy and proxy.userinfo:
            credentials = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
            self._to_proxy = (("Proxy-Authorization", f"Basic {credentials}"),)
        # A proxy that sees the request is told the whole URL (RFC 9112 section 3.2.2).
        self._origin = f"http://{url.netloc.decode('ascii')}" if proxy and not tls else ""
        try:
            with ExitStack() as until_made:
                self._socket = until_made.enter_context(socket.create_connection(_address(proxy or url), _left(ends)))
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if tls and proxy:
                    self._ask_for_tunnel(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", ends)
                if tls:
                    self._socket.settimeout(_left(ends))
                    self._socket = tls.wrap_socket(self._socket, server_hostname=host)
                until_made.pop_all()
        except OSError as error:
            raise NoAnswer(_failure(error, connected=False)) from None

    def _ask_for_tunnel(self, authority: str, ends: float) -> None:
        """Ask the proxy for a tunnel: it then passes on all bytes unchanged (RFC 9110 section 9.3.6)."""
        request = Request("CONNECT", authority, (("Host", authority), *self._to_proxy))
        try:
            if 200 <= self._begun(request, ends, MIB).status_code < 300:
                return
        except (h11.RemoteProtocolError, NoAnswer):
            if self._ended:
                # The proxy hung up, and may be back in a moment: `REFUSED` is tried again.
                raise NoAnswer(Failure.REFUSED) from None
        # Bytes that are not HTTP come from the proxy too, and say nothing about the target.
        raise NoAnswer(Failure.PROXY)

    @property
    def is_open(self) -> bool:
        """Whether there is nothing to read: it has not ended, and no stray bytes have come since the last answer."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1)
        except OSError:
            return True
        return False

    @property
    def can_be_kept(self) -> bool:
        """Whether the request and its answer are complete, and the answer leaves this open with nothing after it."""
        is_whole = self._parser.their_state is h11.DONE and not self._unsent
        return is_whole and self._parser.trailing_data == (b"", False)

    def close(self) -> None:
        self._socket.close()

    def exchange(self, request: Request, ends: float, size: int, linger: float) -> Response:
        """Send a request with exactly its headers, tokens filled in, and return the whole answer to it.

        `size` is the most bytes that may come, `linger` how many seconds to wait for bytes that follow a 204. Raises
        NoAnswer if no complete answer came within these limits.
        """
        try:
            if self._origin:
                headers = (*self._to_proxy, *request.headers)
                request = Request(request.method, self._origin + request.path, headers, request.body)
            answer = self._begun(request, ends, size)
            begins = len(self.received) - len(self._parser.trailing_data[0])
            if answer.status_code == 204:
                lingers = min(time.monotonic() + linger, self._ends)
                with suppress(OSError):
                    while not self._ended and time.monotonic() < lingers:
                        self._read(lingers)
            parts = []
            while isinstance(event := self._event(), h11.Data):
                parts.append(event.data)
        except (OSError, h11.RemoteProtocolError) as error:
            raise NoAnswer(_failure(error, connected=True, ended=self._ended)) from None
        if answer.status_code != 204 and self._parser.their_state is h11.DONE and self._parser.trailing_data[0]:
            # A client would read the bytes that follow as the next answer. After a 204, the judge reports them.
            raise NoAnswer(Failure.MALFORMED)
        content, wire_body = b"".join(parts), bytes(memoryview(self.received)[begins:])
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw_items())
        reason = answer.reason.decode("ascii", "ignore")
        return Response(answer.status_code, headers, content, content if wire_body == content else wire_body, reason)

    def _begun(self, request: Request, ends: float, size: int) -> h11.Response:
        """Send a request, and read the header section of its answer. Any 1xx before it is skipped.

        The time to send a body of more than 1 MiB does not count, up to a minute and as long as the server reads on.
        """
        self.received, self._ended, self._size = bytearray(), False, size
        # h11 needs to know which request is answered. The bytes that it would send for it are not used.
        self._parser = h11.Connection(h11.CLIENT, _LONGEST_HEAD)
        closing = [("Connection", "close")] if "close" in (request.header("Connection") or "").lower() else []
        self._parser.send(h11.Request(method=request.method, target="/", headers=[("Host", "-"), *closing]))
        self._parser.send(h11.EndOfMessage())
        body = request.body
        if (request.header("Transfer-Encoding") or "").lower() == "chunked":
            # Three chunks and the empty last one (RFC 9112 section 7.1), to find servers that read only the first or
            # the first two, that take one of a single byte for the end, or that decode each chunk alone.
            at = cut.end() if (cut := _BEYOND_ASCII.search(body)) else _FIRST_CHUNK
            parts = filter(None, (body[:at], body[at:][:-1], body[at:][-1:]))
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        started, limit, is_large = time.monotonic(), _left(ends), len(body) > MIB
        sent_by = started + LONGEST_SENDING if is_large else ends
        lines = (f"{request.method} {request.path} HTTP/1.1", *map(": ".join, request.headers), "", "")
        self._unsent = memoryview("\r\n".join(lines).encode("latin-1") + body)
        self._ends = ends
        # A server that stops reading may have answered already.
        with suppress(TimeoutError):
            with suppress(ConnectionError, ssl.SSLError):
                while self._unsent:
                    self._socket.settimeout(min(limit, _left(sent_by)))
                    self._unsent = self._unsent[self._socket.send(self._unsent[:_AT_ONCE]) :]
            self._ends += time.monotonic() - started if is_large else 0.0
        for _ in range(_MOST_INTERIM):
            if isinstance(event := self._event(), h11.Response):
                return event
        raise NoAnswer(Failure.TOO_LARGE)

    def _event(self) -> object:
        while (event := self._parser.next_event()) is h11.NEED_DATA:
            self._read(self._ends)
        return event

    def _read(self, ends: float) -> None:
        self._socket.settimeout(_left(ends))
        data = self._socket.recv(_AT_ONCE)
        self.received += data
        self._ended = not data
        if len(self.received) > self._size:
            raise NoAnswer(Failure.TOO_LARGE)
        self._parser.receive_data(data)


def _left(ends: float) -> float:
    """Seconds left, but never 0: a socket takes a timeout of 0 to mean that it must not wait at all."""
    return max(ends - time.monotonic(), 0.001)


def _address(url: httpx.URL) -> tuple[str, int]:
    return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def _failure(error: Exception, *, connected: bool, ended: bool = False) -> Failure:
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, h11.RemoteProtocolError):
        return Failure.BROKEN if ended else Failure.MALFORMED
    if isinstance(error, ssl.SSLError) and (not connected or _CERTIFICATE_REFUSED.search(str(error))):
        return Failure.TLS
    if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
        return Failure.UNKNOWN_HOST
    return Failure.BROKEN if connected else Failure.REFUSED
