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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import httpcore
import httpx

READ_AT_ONCE = 65536
# Bytes of 1xx responses that may come before the final one (RFC 9110 section 15.2), whose head begins like this.
INTERIM = 32768
_FINAL = re.compile(rb"(?:\A|\r\n\r\n)HTTP/\d(?:\.\d)? [2-9]")
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
        self._begun = False

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
        self._begun = self._begun or bool(_FINAL.search(self.received))
        if len(self.received) > (self.size if self._begun else min(self.size, INTERIM)):
            raise TooLarge
        return data

    def after_head(self) -> bytes:
        """All bytes after the header section of the final response, past any 1xx (RFC 9110 section 15.2)."""
        rest = bytes(self.received)
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            if head.split(b" ", 2)[1:2] and not head.split(b" ", 2)[1].startswith(b"1"):
                break
        return rest


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
        self._closed = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        wire = _wire()
        if wire is None:
            return self._inner.read(max_bytes, timeout)
        return wire.took(self._inner.read(max_bytes, wire.remaining()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        wire = _wire()
        if wire is None:
            return self._inner.write(buffer, timeout)
        if self._closed:
            # The pool may give away a connection that another thread is just closing; told so, it gives another one.
            raise httpcore.ConnectionNotAvailable
        if wire.head and buffer.startswith(wire.head.split(b" ", 1)[0] + b" /"):
            # It waits for the body, to go out with it: httpcore writes once more at the end of every request.
            wire.pending, wire.head = wire.head, b""
            return None
        buffer, wire.pending = wire.pending + buffer, b""
        return self._inner.write(buffer, wire.remaining())

    def linger(self, seconds: float) -> None:
        """Take what still comes within the time: bytes that follow a finished answer."""
        wire = _wire()
        try:
            while wire and not wire.ended:
                wire.took(self._inner.read(READ_AT_ONCE, seconds))
        except (httpcore.ReadTimeout, httpcore.ReadError):
            pass

    def close(self) -> None:
        self._closed = True
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
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


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


class WireTransport(httpx.BaseTransport):
    """httpx over a pool of recorded connections. `proxy` is a proxy's URL, or None."""

    def __init__(self, connections: int, proxy: str | None = None) -> None:
        options: dict[str, typing.Any] = {
            "ssl_context": httpx.create_ssl_context(),
            "max_connections": connections,
            "network_backend": _Network(),
        }
        self._pool = httpcore.HTTPProxy(proxy, **options) if proxy else httpcore.ConnectionPool(**options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.send(request.method, request.url, request.headers.raw, request.read())

    def send(self, method: str, url: httpx.URL, headers: list[tuple[bytes, bytes]], body: bytes) -> httpx.Response:
        """The answer to a request, without the making of one of httpx's own, which takes as long as all the rest."""
        answer = self._pool.handle_request(
            httpcore.Request(method, self._url(url), headers=headers, content=body, extensions={})
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(typing.cast(Iterable[bytes], answer.stream)),
            extensions=answer.extensions,
        )

    @staticmethod
    @lru_cache(maxsize=256)
    def _url(url: httpx.URL) -> httpcore.URL:
        return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)

    def close(self) -> None:
        self._pool.close()
