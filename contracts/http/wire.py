"""The wire: writes the exact bytes of a request to a connection, and lets h11 read the answer, all within limits.

An HTTP client limits each read instead of the whole exchange, hides what follows a 204, and sends only headers that it
finds proper. So connections are kept here, and requests are written by hand.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
from contextlib import suppress
from typing import NamedTuple

import h11
import httpx

from contracts.http.credential import Headers
from contracts.http.exchange import Failure, Response
from contracts.http.target import MIB

_AT_ONCE = 65536
# The most 1xx responses before the final one (RFC 9110 section 15.2), and the longest header section in bytes.
_MOST_INTERIM, _LONGEST_HEAD = 200, 100 * 1024
# Seconds that it may take to send a body of more than 1 MiB: 5 MB at 700 kbit/s.
LONGEST_SENDING = 60.0
# How OpenSSL names that a server refuses our certificate, or the lack of one (RFC 8446 section 6.2).
_CERTIFICATE_REFUSED = re.compile(r"_ALERT_.*(CERT|UNKNOWN_CA)")


class NoAnswer(Exception):
    """No complete answer came."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Bounds(NamedTuple):
    """What one exchange may take: until when, on the monotonic clock, and how many bytes of answer."""

    ends: float
    size: int

    def left(self) -> float:
        """Seconds left; so few that it times out where there are none."""
        return max(self.ends - time.monotonic(), 0.001)


class Connections:
    """Connections to the origin of a URL, kept for further exchanges. Safe to use from several threads.

    `proxy` is the URL of a proxy, which is reached by plain http; `tls` is there for https alone.
    """

    def __init__(self, url: httpx.URL, proxy: httpx.URL | None, tls: ssl.SSLContext | None) -> None:
        self._url, self._proxy, self._tls = url, proxy, tls
        self._to_proxy: Headers = ()
        if proxy and proxy.userinfo:
            credentials = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
            self._to_proxy = (("Proxy-Authorization", f"Basic {credentials}"),)
        self._idle: list[socket.socket] = []
        self._closed = False

    def exchange(
        self, method: str, path: str, headers: Headers, body: bytes, bounds: Bounds, linger: float
    ) -> Response:
        """Send a request with exactly these headers, and return the answer to it.

        `linger` is how many seconds to wait for bytes that follow a 204.

        Raises:
            NoAnswer: no complete answer came within the bounds.

        """
        given = {name.lower(): value.lower() for name, value in headers}
        framed = body
        if given.get("transfer-encoding") == "chunked":
            # One chunk and the last one (RFC 9112 section 7.1).
            framed = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        connection = kept = self._kept()
        answer = _Answer(method, bounds)
        try:
            connection = connection or self._connected(bounds)
            return answer.to(self._head(method, path, headers), framed, connection, linger)
        except (OSError, h11.RemoteProtocolError) as error:
            failure = _failure(error, connected=connection is not None, ended=answer.ended)
            if not (kept and failure is Failure.BROKEN and not answer.received):
                raise NoAnswer(failure) from None
        finally:
            if connection and answer.is_whole and "close" not in given.get("connection", "") and not self._closed:
                self._idle.append(connection)
            elif connection:
                connection.close()
        # A server may end a kept connection at any time: the request goes out again (RFC 9112 section 9.3.1).
        return self.exchange(method, path, headers, body, bounds, linger)

    def _head(self, method: str, path: str, headers: Headers) -> bytes:
        if self._proxy and not self._tls:
            # RFC 9112 section 3.2.2
            path, headers = f"http://{self._url.netloc.decode('ascii')}{path}", (*self._to_proxy, *headers)
        return _section(f"{method} {path}", headers)

    def _connected(self, bounds: Bounds) -> socket.socket:
        """A new connection, through the proxy if there is one."""
        connection = socket.create_connection(_address(self._proxy or self._url), bounds.left())
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self._tls:
                return connection
            host, port = _address(self._url)
            if self._proxy:
                self._ask_for_tunnel(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", connection, bounds)
            connection.settimeout(bounds.left())
            return self._tls.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def _ask_for_tunnel(self, authority: str, connection: socket.socket, bounds: Bounds) -> None:
        """Let the proxy pass on whatever comes (RFC 9110 section 9.3.6)."""
        head = _section(f"CONNECT {authority}", (("Host", authority), *self._to_proxy))
        answer = _Answer("CONNECT", bounds)
        try:
            if 200 <= answer.begun(head, b"", connection).status_code < 300:
                return
        except (h11.RemoteProtocolError, NoAnswer):
            if answer.ended:
                # It hung up, and may be there again in a moment.
                raise NoAnswer(Failure.REFUSED) from None
        # What is no HTTP comes from the proxy as well, and says nothing of the target.
        raise NoAnswer(Failure.PROXY)

    def _kept(self) -> socket.socket | None:
        """A connection that was kept and still stands."""
        with suppress(IndexError):
            while connection := self._idle.pop():
                connection.settimeout(0)
                try:
                    connection.recv(1)
                except OSError:
                    # There is nothing to read, which is right: it has not ended, and no stray bytes have come.
                    return connection
                connection.close()
        return None

    def close(self) -> None:
        """End every connection, that of an exchange under way once it is over."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


class _Answer:
    """The answer to one request, as far as it has come."""

    def __init__(self, method: str, bounds: Bounds) -> None:
        self.received = bytearray()
        self.ended = False
        self._bounds = bounds
        # h11 has to know what is answered; what it would send is dropped.
        self._parser = h11.Connection(h11.CLIENT, _LONGEST_HEAD)
        self._parser.send(h11.Request(method=method, target="/", headers=[("Host", "-")]))
        self._parser.send(h11.EndOfMessage())

    @property
    def is_whole(self) -> bool:
        """Whether it has come, leaves the connection open, and is followed by nothing."""
        return self._parser.their_state is h11.DONE and self._parser.trailing_data == (b"", False)

    def to(self, head: bytes, body: bytes, connection: socket.socket, linger: float) -> Response:
        """Send a request and read the whole answer to it, tokens and all."""
        response = self.begun(head, body, connection)
        begins = len(self.received) - len(self._parser.trailing_data[0])
        if response.status_code == 204:
            self._linger(linger)
        parts = []
        while isinstance(event := self._event(), h11.Data):
            parts.append(event.data)
        if response.status_code != 204 and self._parser.their_state is h11.DONE and self._parser.trailing_data[0]:
            # Any client would read what follows as the next answer. After a 204 the judge says more of it.
            raise NoAnswer(Failure.MALFORMED)
        content, wire_body = b"".join(parts), bytes(memoryview(self.received)[begins:])
        wire_body = content if wire_body == content else wire_body
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw_items())
        reason = response.reason.decode("ascii", "ignore")
        return Response(response.status_code, tuple(headers), content, wire_body, reason)

    def begun(self, head: bytes, body: bytes, connection: socket.socket) -> h11.Response:
        """Send a request and read the answer's header section, past those of any 1xx.

        Up to a minute that it takes to send a body of more than 1 MiB does not count, as long as the server reads on.
        """
        self._connection, started, limit = connection, time.monotonic(), self._bounds.left()
        is_large = len(body) > MIB
        sending = Bounds(started + LONGEST_SENDING, self._bounds.size) if is_large else self._bounds
        # A server that takes no more may have answered.
        with suppress(ConnectionError, ssl.SSLError):
            for part in (head + body[:_AT_ONCE], memoryview(body)[_AT_ONCE:]):
                left = memoryview(part)
                while left:
                    connection.settimeout(min(limit, sending.left()))
                    left = left[connection.send(left) :]
        if is_large:
            self._bounds = Bounds(self._bounds.ends + time.monotonic() - started, self._bounds.size)
        for _ in range(_MOST_INTERIM):
            if isinstance(event := self._event(), h11.Response):
                return event
        raise NoAnswer(Failure.TOO_LARGE)

    def _event(self) -> object:
        while (event := self._parser.next_event()) is h11.NEED_DATA:
            self._read(self._bounds.left())
        return event

    def _linger(self, seconds: float) -> None:
        ends, left = time.monotonic() + seconds, seconds
        with suppress(OSError):
            while left >= 0 and not self.ended:
                self._read(min(left, self._bounds.left()))
                left = ends - time.monotonic()

    def _read(self, seconds: float) -> None:
        self._connection.settimeout(seconds)
        data = self._connection.recv(_AT_ONCE)
        self.received += data
        self.ended = self.ended or not data
        if len(self.received) > self._bounds.size:
            raise NoAnswer(Failure.TOO_LARGE)
        self._parser.receive_data(data)


class InProcess:
    """A transport of httpx in place of the wire, like that of the mock."""

    def __init__(self, url: httpx.URL, transport: httpx.BaseTransport) -> None:
        self._url, self._transport = url, transport

    def exchange(
        self, method: str, path: str, headers: Headers, body: bytes, bounds: Bounds, linger: float
    ) -> Response:
        """Return the answer to a request. httpx refuses white space around the value of a header: it goes without."""
        fields = [(name.encode(), value.strip(" \t").encode("latin-1")) for name, value in headers]
        url = self._url.copy_with(raw_path=path.encode("ascii"))
        answer = self._transport.handle_request(httpx.Request(method, url, headers=fields, content=body))
        shown = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)
        content = answer.read()
        return Response(answer.status_code, shown, content, content, answer.reason_phrase)

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()


def _section(beginning: str, headers: Headers) -> bytes:
    """A header section whose request line begins so."""
    lines = (f"{beginning} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", "")
    return "\r\n".join(lines).encode("latin-1")


def _address(url: httpx.URL) -> tuple[str, int]:
    return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def _failure(error: Exception, *, connected: bool, ended: bool) -> Failure:
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, h11.RemoteProtocolError):
        return Failure.BROKEN if ended else Failure.MALFORMED
    if isinstance(error, ssl.SSLError) and (not connected or _CERTIFICATE_REFUSED.search(str(error))):
        return Failure.TLS
    if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
        return Failure.UNKNOWN_HOST
    return Failure.BROKEN if connected else Failure.REFUSED
