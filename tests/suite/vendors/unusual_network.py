"""Correct vendors whose connections, framing or speed are unusual."""

from __future__ import annotations

import gzip
import random
import threading
import time
from collections.abc import Iterator

from contracts.rules.document import Document
from contracts.vendor.model import Answer, Call
from tests.suite.served import HangUp, head, plain_wire
from tests.suite.vendors.variant import Unusual


class AnswersInChunks(Unusual):
    """Sends bodies in chunks (RFC 9112 section 7.1)."""

    trailers = b""

    def wire(self, call: Call, answer: Answer) -> bytes:
        if not answer.body:
            return plain_wire(answer)
        pieces = [answer.body[start : start + 100] for start in range(0, len(answer.body), 100)]
        chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""]]
        start = head(answer.status, [*answer.headers, ("Transfer-Encoding", "chunked")])
        return start + b"".join(chunks).removesuffix(b"\r\n") + self.trailers + b"\r\n"


class AddsTrailers(AnswersInChunks):
    """Sends bodies in chunks, with trailers after the last one."""

    trailers = b"Server-Timing: db;dur=53\r\nX-Checksum: 17\r\n"


class CompressesWhenAsked(Unusual):
    """Compresses a body for whoever accepts gzip."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        if "gzip" not in call.header("accept-encoding") or not answer.body:
            return plain_wire(answer)
        headers = [*answer.headers, ("Content-Encoding", "gzip")]
        return plain_wire(Answer(answer.status, headers, gzip.compress(answer.body)))


class NamesNoCoding(Unusual):
    """Says that a body has the coding identity."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        coding = [("Content-Encoding", "identity")] if answer.body else []
        return plain_wire(Answer(answer.status, [*answer.headers, *coding], answer.body))


class ClosesEachTime(Unusual):
    """Takes one request a connection, and says so."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        return plain_wire(Answer(answer.status, [*answer.headers, ("Connection", "close")], answer.body))


class ClosesSilently(Unusual):
    """Takes one request a connection, and does not say so."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield plain_wire(answer)
        raise HangUp


class ClosesSilentlyAfterAMoment(Unusual):
    """Closes each connection 10 ms after the answer, when the next request may be on its way."""

    idle = 0.01


class ClosesAfterSeven(Unusual):
    """Takes seven requests a connection, and then closes it without a word."""

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        # Each connection has a thread of its own.
        self._connection = threading.local()

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield plain_wire(answer)
        self._connection.answers = getattr(self._connection, "answers", 0) + 1
        if self._connection.answers == 7:
            raise HangUp


class ClosesWhenIdle(Unusual):
    """Closes a connection on which nothing comes for 20 ms."""

    idle = 0.02


class SpeaksHttp10(Unusual):
    """Answers in HTTP/1.0, where the end of the connection ends the body."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield head(answer.status, answer.headers).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + answer.body
        raise HangUp


class SendsNoLength(Unusual):
    """Ends each body by closing the connection, in HTTP/1.1."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield head(answer.status, [*answer.headers, ("Connection", "close")]) + answer.body
        raise HangUp


class HasNoReason(Unusual):
    """Leaves the reason phrase empty."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        line, _, rest = plain_wire(answer).partition(b"\r\n")
        return line[:13] + b"\r\n" + rest


class SwapsTheCaseOfHeaders(Unusual):
    """Writes header names in an odd letter case, with white space after the values."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        headers = [(name.swapcase(), f"\t{value}  ") for name, value in answer.headers]
        return plain_wire(Answer(answer.status, headers, answer.body)).replace(b"Content-Length", b"cONTENT-lENGTH")


class ContinuesUnasked(Unusual):
    """Sends 100 Continue before it reads a body, though nobody expects it."""

    def early(self, call: Call) -> Iterator[bytes]:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


class HintsEarly(Unusual):
    """Sends 103 Early Hints before each answer, and 102 Processing three times."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
        return hints + b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + plain_wire(answer)


class ContinuesAndWaits(Unusual):
    """Sends 100 Continue in two pieces, and the answer 5 ms later."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        for piece in (b"HTTP/1.1 100 Con", b"tinue\r\n\r", b"\n", plain_wire(answer)):
            yield piece
            time.sleep(0.005)


class Drips(Unusual):
    """Sends each answer in many small pieces."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        whole = plain_wire(answer)
        yield whole[:1]
        for start in range(1, len(whole), 97):
            time.sleep(0.0005)
            yield whole[start : start + 97]


class IsSlow(Unusual):
    """Takes 100 ms for each answer, and now and then 1 s."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        time.sleep(1.0 if random.random() < 0.02 else 0.1)
        yield plain_wire(answer)


class ListensOnIpv6(Unusual):
    """Listens on an IPv6 address alone."""

    host = "::1"


class IsBehindAPrefix(Unusual):
    """Has its API under /api."""

    base_path = "/api"
