"""Throws requests that are broken at the level of bytes at a served mock. The mock must survive all of them.

Run as `python -m tests.suite.garbage --times 20000`; `--seed 7` makes other requests.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from contracts.vendor.model import MOCK_TOKENS
from tests.suite.suite_run import served_mock

_TOKEN = next(iter(MOCK_TOKENS))
# The first bytes of a TLS client.
_TLS = bytes.fromhex("16030100c8010000c40303") + bytes(range(180))
# How many unfinished requests are kept open at once.
_OPEN = 50


def valid(chance: random.Random) -> bytes:
    """A request that the mock understands."""
    method = chance.choice(["PUT", "PUT", "PUT", "GET", "POST", "DELETE"])
    body = {"PUT": b'{"name":"Garbage"}', "POST": b'{"name":"Garbage","slug":"contract-test-garbage"}'}.get(method, b"")
    path = "/customers" + ("" if method == "POST" else "/contract-test-garbage")
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {_TOKEN}\r\nContent-Type: application/json\r\n"
    )
    if body and chance.random() < 0.3:
        return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def cut(request: bytes, chance: random.Random) -> bytes:
    """Only the beginning of the request."""
    return request[: chance.randrange(len(request))]


def flip(request: bytes, chance: random.Random) -> bytes:
    """The request with some bits flipped."""
    changed = bytearray(request)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def insert(request: bytes, chance: random.Random) -> bytes:
    """The request with NULs, line ends or other bytes in a place where they do not belong."""
    place = chance.randrange(len(request))
    what = chance.choice([b"\0", b"\r", b"\n", b"\r\n\r\n", b" ", b":", b"\xff\xfe", chance.randbytes(20)])
    return request[:place] + what * chance.choice([1, 1, 3, 100]) + request[place:]


def wrong_length(request: bytes, chance: random.Random) -> bytes:
    """The request with one more Content-Length, which is wrong."""
    length = chance.choice([b"-1", b"1e3", b"99999999999999999999", b"0", b"7", b"0x10", b"1, 2", b"+5", b"", b" 3 3"])
    return request.replace(b"Host: x\r\n", b"Host: x\r\nContent-Length: %b\r\n" % length)


def bad_chunks(request: bytes, chance: random.Random) -> bytes:
    """The request with a chunk whose size is malformed or huge."""
    size = chance.choice([b"zz", b"-1", b"ffffffffffffffffff", b"5;" + b"a" * 5000, b"", b"7fffffff"])
    head = request.partition(b"\r\n\r\n")[0]
    return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\nhello\r\n0\r\n" + chance.randbytes(9)


def huge_header(request: bytes, chance: random.Random) -> bytes:
    """The request with a huge header, or with very many headers."""
    extra = chance.choice([b"X: %b\r\n" % (b"a" * chance.choice([9_000, 100_000, 2_000_000])), b"Y: 1\r\n" * 20_000])
    return request.replace(b"Host: x\r\n", b"Host: x\r\n" + extra)


def pipelined(request: bytes, chance: random.Random) -> bytes:
    """Many copies of the request at once, the last of them cut off."""
    return request * chance.randint(2, 50) + cut(request, chance)


def something_else(request: bytes, chance: random.Random) -> bytes:
    """Something other than a plain request: HTTP/0.9, HTTP/2, TLS, an upgrade, an absolute or odd target, or noise."""
    line, _, rest = request.partition(b"\r\n")
    return chance.choice(
        [
            b"GET /customers\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            _TLS,
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n",
            b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
            b"PUT http://[::1/%zz HTTP/1.1\r\n" + rest,
            line.replace(b"/customers", b"/customers/%ff%00" + chance.randbytes(5).hex().encode()) + b"\r\n" + rest,
            line.replace(b"HTTP/1.1", chance.choice([b"HTTP/1.0", b"HTTP/9.9", b"HTTP/", b"http/1.1"]))
            + b"\r\n"
            + rest,
            request.replace(b"Host: x", b"Expect: 100-continue\r\nHost: x"),
            chance.randbytes(chance.randint(1, 3000)),
            b"",
        ]
    )


MUTATIONS: Sequence[Callable[[bytes, random.Random], bytes]] = (
    cut,
    flip,
    insert,
    wrong_length,
    bad_chunks,
    huge_header,
    pipelined,
    something_else,
)


def thrown(address: tuple[str, int], times: int, seed: int) -> Counter[str]:
    """Send broken requests. Returns how many of each kind were sent, and how often each first answer came."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    never_ending: list[socket.socket] = []
    for _ in range(times):
        mutation = chance.choice(MUTATIONS)
        request = mutation(valid(chance), chance)
        seen[mutation.__name__] += 1
        connection = socket.create_connection(address, timeout=5)
        with suppress(OSError):
            connection.sendall(request)
            if chance.random() < 0.1:
                never_ending.append(connection)
                continue
            # Most clients send no more and read the answer. Some close the connection without reading it.
            if chance.random() < 0.8:
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65536)
                seen[f"answered {answer[9:12].decode('latin-1') or 'nothing'}"] += 1
        connection.close()
        if len(never_ending) > _OPEN:
            never_ending.pop(0).close()
    for connection in never_ending:
        connection.close()
    return seen


def memory(pid: int) -> int:
    """The memory that a process takes, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Throw garbage at a mock. Returns 1 if the mock does not survive it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with served_mock() as (process, url):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        before = memory(process.pid)
        seen = thrown(address, chosen.times, chosen.seed)
        after = memory(process.pid)
        process.terminate()
        code = process.wait(10)
    print("\n".join(f"{count:8} {what}" for what, count in sorted(seen.items())))
    print(f"memory {before} KiB before, {after} KiB after; exit {code}")
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
