"""The wire: httpcore's network, with a bound on each exchange and a record of the bytes that came.

httpx bounds each read and not the whole exchange, hides what follows a 204, and sends only headers that it finds
proper. All three matter here, so this module sits between httpcore and the socket and adds just these.
"""

from __future__ import annotations

import logging
import re
import ssl
import threading
import time
import typing
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import httpcore
import httpx

READ_AT_ONCE = 65536
# Bytes of 1xx responses that may come before the final one (RFC 9110 section 15.2), whose head begins like this.
INTERIM = 32768
_FINAL = re.compile(rb"(?:\A|\n\r?\n)HTTP/\d(?:\.\d)? [2-9]")
# A bare LF may end a line, too (RFC 9112 section 2.2).
_END = re.compile(rb"\n\r?\n")
# Its debug log shows answers as they came, and a server may echo a token.
logging.getLogger("httpcore").setLevel(logging.WARNING)


class TooLarge(Exception):
    """More bytes came than one exchange may take."""


class Wire:
    """What one exchange may take (seconds, bytes), the head to send, and the bytes that came.

    `reused` says that no connection was made for it.
    """

    def __init__(self, seconds: float, size: int, head: bytes = b"") -> None:
        self.deadline = time.monotonic() + seconds
        self.size = size
        self.head = head
        self.received = bytearray()
        self.ended = False
        self.reused = True
        self.pending = b""
        # Where in what came the head of the final response is, once it is there.
        self.begun = 0

    def remaining(self) -> float:
        """Seconds left; httpcore's own time-out when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the exchange took longer than it may")
        return left

    def took(self, data: bytes) -> bytes:
        """Keep what came."""
        self.received += data
        self.ended = self.ended or not data
        if not self.begun and (found := _FINAL.search(self.received)):
            self.begun = found.end()
        if len(self.received) > (self.size if self.begun else min(self.size, INTERIM)):
            raise TooLarge
        return data

    def after_head(self) -> bytes:
        """All bytes after the header section of the final response, past any 1xx (RFC 9110 section 15.2)."""
        end = _END.search(self.received, self.begun) if self.begun else None
        return bytes(memoryview(self.received)[end.end() :]) if end else b""


_current = threading.local()


@contextmanager
def on_wire(wire: Wire) -> Iterator[Wire]:
    """Whatever this thread sends meanwhile is bounded and recorded by `wire`."""
    _current.wire = wire
    try:
        yield wire
    finally:
        _current.wire = None


def _wire() -> Wire | None:
    return getattr(_current, "wire", None)


class Stream(httpcore.NetworkStream):
    """A connection whose reads and writes obey the exchange that is under way in this thread."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        wire = _wire()
        if wire is None:
            return self._inner.read(max_bytes, timeout)
        return wire.took(self._inner.read(max_bytes, wire.remaining()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        wire = _wire()
        if wire is None:
            return self._inner.write(buffer, timeout)
        if wire.head and buffer.startswith(wire.head.split(b" ", 1)[0] + b" /"):
            # It waits for the body, to go out with it: httpcore writes once more at the end of every request.
            wire.pending, wire.head = wire.head, b""
            return None
        buffer, wire.pending = wire.pending + buffer, b""
        return self._inner.write(buffer, wire.remaining())

    def linger(self, seconds: float) -> None:
        """Take what still comes within the time: bytes that follow a finished answer."""
        wire, ends = _wire(), time.monotonic() + seconds
        left = seconds
        try:
            while wire and not wire.ended and left >= 0:
                wire.took(self._inner.read(READ_AT_ONCE, min(left, wire.remaining())))
                left = ends - time.monotonic()
        except (httpcore.ReadTimeout, httpcore.ReadError):
            pass

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        if wire := _wire():
            # What a proxy answered before is no part of the answer.
            wire.received.clear()
            wire.begun = 0
        return Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> typing.Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.SyncBackend):
    """httpcore's own network, each connection wrapped."""

    def connect_tcp(self, *args: typing.Any, **kwargs: typing.Any) -> httpcore.NetworkStream:
        wire = _wire()
        if wire:
            kwargs["timeout"] = wire.remaining()
            wire.reused = False
        return Stream(super().connect_tcp(*args, **kwargs))


class Connections:
    """Recorded connections to one origin, each used again once an exchange on it is over. `proxy` is a proxy's URL.

    `tls` is how a secure connection is made; the usual way without it. Safe to use from several threads.
    """

    def __init__(self, url: httpx.URL, proxy: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        tls = tls or httpx.create_ssl_context()
        options: dict[str, typing.Any] = {"ssl_context": tls, "network_backend": _Network()}
        self._maker = httpcore.ConnectionPool(**options)
        if proxy:
            through = httpx.Proxy(proxy)
            self._maker = httpcore.HTTPProxy(str(through.url), proxy_auth=through.raw_auth, **options)
        self._url = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        self._idle: deque[httpcore.ConnectionInterface] = deque()
        self._closed = False

    @contextmanager
    def exchange(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> Iterator[httpcore.Response]:
        """The answer to a request; its body has to be read before this ends."""
        url = httpcore.URL(scheme=self._url.scheme, host=self._url.host, port=self._url.port, target=target)
        connection = self._one()
        try:
            answer = connection.handle_request(httpcore.Request(method, url, headers=headers, content=body))
            try:
                yield answer
            finally:
                answer.close()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        if self._closed:
            self.close()

    def _one(self) -> httpcore.ConnectionInterface:
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if connection.is_available() and not connection.has_expired():
                    return connection
                connection.close()
        return self._maker.create_connection(self._url.origin)

    def close(self) -> None:
        """End every connection, also those of exchanges that are still under way, once they are over."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()
