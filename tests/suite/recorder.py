"""A raw server that keeps every request as it came, byte by byte, and answers as it is told."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

EMPTY_204 = b"HTTP/1.1 204 No Content\r\n\r\n"
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
# The first byte of a client that wants TLS.
TLS = b"\x16"
# In place of an answer: the connection is reset.
RESET = b""


@dataclass(frozen=True)
class Slowly:
    """An answer that comes in pieces, with a pause after each."""

    pieces: Sequence[bytes]
    pause: float


Reply = bytes | Slowly
_Server = TypeVar("_Server", bound=socketserver.TCPServer)


@dataclass(frozen=True)
class Recorded:
    """A request as it came."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n")[0].decode("latin-1")

    def values(self, name: str) -> list[str]:
        """Every value of a header, white space at its end included."""
        fields = [line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:-1]]
        return [value.removeprefix(" ") for key, _, value in fields if key.lower() == name.lower()]


class Recorder(socketserver.ThreadingTCPServer):
    """Answers each request with what `reply` makes of it, and closes the connection if the answer says so."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, reply: Callable[[Recorded], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.reply = reply
        self.requests: list[Recorded] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Connection(socketserver.StreamRequestHandler):
    server: Recorder
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.server.connections += 1
        try:
            while request := self._request():
                self.server.requests.append(request)
                reply = self.server.reply(request)
                if reply == RESET:
                    # With a linger time of zero, closing resets the connection.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                self._answer(reply)
                if isinstance(reply, bytes) and b"\r\nConnection: close" in reply:
                    return
        except OSError:
            return

    def _request(self) -> Recorded | None:
        if self.connection.recv(1, socket.MSG_PEEK) == TLS:
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return None
        lines = []
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            lines.append(line)
        if not lines:
            return None
        head = b"".join(lines)
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        return Recorded(head, self.rfile.read(int(length[1]) if length else 0))

    def _answer(self, reply: Reply) -> None:
        pieces, pause = (reply.pieces, reply.pause) if isinstance(reply, Slowly) else ([reply], 0.0)
        for piece in pieces:
            self.wfile.write(piece)
            time.sleep(pause)


def in_turn(*replies: Reply) -> Callable[[Recorded], Reply]:
    """Give these replies in turn, the last one over and over."""
    left = list(replies)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def recording(reply: Callable[[Recorded], Reply]) -> Iterator[Recorder]:
    """A recorder on a free port of this machine, until the block ends."""
    with running(Recorder(reply)) as server:
        yield server


@contextmanager
def running(server: _Server) -> Iterator[_Server]:
    """A server that serves in another thread, until the block ends."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
