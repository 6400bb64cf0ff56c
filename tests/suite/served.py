"""A vendor behind a real port, in raw HTTP/1.1: nothing between a variant and the wire repairs its faults."""

from __future__ import annotations

import socket
import socketserver
import struct
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from contracts.vendor.model import Answer, Call, Headers, Vendor
from tests.suite.recorder import running


class HangUp(Exception):
    """A vendor raises this in `wire` or `early` to close the connection at that point."""


class Reset(HangUp):
    """A vendor raises this to reset the connection."""


class RawServer(socketserver.ThreadingTCPServer):
    """Serves one vendor. `calls` has the method and path of every request, `errors` the errors of the vendor itself.

    A vendor may define `host` (where it listens), `idle` (seconds until it gives up an idle connection), `wire` (the
    bytes of its answer), `early` (bytes that it sends before it reads the request's body) and `joined` (how it joins
    the chunks of a body).
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, vendor: Vendor, delay: float = 0.0) -> None:
        host = getattr(vendor, "host", "127.0.0.1")
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Connection)
        self.vendor = vendor
        self.delay = delay
        self.calls: list[tuple[str, str]] = []
        self.errors: list[str] = []

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}{self.vendor.prefix}"

    def handle_error(self, request: object, client_address: object) -> None:
        self.errors.append(traceback.format_exc(limit=-1).splitlines()[-1])


class _Connection(socketserver.StreamRequestHandler):
    server: RawServer
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.timeout = getattr(self.server.vendor, "idle", None)
        super().setup()

    def handle(self) -> None:
        try:
            while (call := self._call()) is not None:
                self.server.calls.append((call.method, call.path))
                time.sleep(self.server.delay)
                sent = b""
                for piece in wire(self.server.vendor, call):
                    self.wfile.write(piece)
                    sent = sent or piece
                if not sent or b"\r\nConnection: close" in sent or call.header("connection").lower() == "close":
                    return
        except Reset:
            # With a linger time of zero, closing resets the connection.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except (HangUp, OSError):
            return

    def _call(self) -> Call | None:
        line = self.rfile.readline(65536).decode("latin-1").split(" ")
        if len(line) != 3:
            return None
        headers = []
        while field := self.rfile.readline(65536).strip(b"\r\n").decode("latin-1"):
            name, _, value = field.partition(":")
            headers.append((name, value.strip(" \t")))
        call = Call(line[0], line[1], headers, b"")
        early = getattr(self.server.vendor, "early", None)
        for piece in early(call) if early else ():
            self.wfile.write(piece)
        call.body = self._chunked() if call.header("transfer-encoding").lower() == "chunked" else self._sized(call)
        return call

    def _sized(self, call: Call) -> bytes:
        return self.rfile.read(int(call.header("content-length") or 0))

    def _chunked(self) -> bytes:
        """A body in chunks (RFC 9112 section 7.1), without trailers, as the vendor has them `joined`."""
        parts = []
        while size := int(self.rfile.readline(65536).split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline(65536)
        self.rfile.readline(65536)
        joined: Callable[[list[bytes]], bytes] = getattr(self.server.vendor, "joined", b"".join)
        return joined(parts)


def wire(vendor: Vendor, call: Call) -> Iterable[bytes]:
    """The bytes that the vendor puts on the wire, piece by piece; none to break the connection."""
    own = getattr(vendor, "wire", None)
    answer = vendor.handle(call)
    sent = own(call, answer) if own else plain_wire(answer)
    return [sent] if isinstance(sent, bytes) else sent


def plain_wire(answer: Answer) -> bytes:
    """An answer as a correct server writes it."""
    length = [] if answer.status == 204 else [("Content-Length", str(len(answer.body)))]
    return head(answer.status, [*answer.headers, *length]) + answer.body


def head(status: int, headers: Headers) -> bytes:
    """The status line and the headers of an answer, and the empty line after them."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@contextmanager
def serving(vendor: Vendor, delay: float = 0.0) -> Iterator[RawServer]:
    """The vendor on a free port of this machine, until the block ends."""
    with running(RawServer(vendor, delay)) as server:
        yield server
