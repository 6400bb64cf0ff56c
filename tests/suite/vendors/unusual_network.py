"""Correct vendors whose connections, framing or speed are unusual."""

from __future__ import annotations

import gzip
import random
import re
import threading
import time
from collections.abc import Iterator

from contracts.vendor.model import Answer, Call, Headers
from tests.suite.served import HangUp, head, plain_wire
from tests.suite.vendors.variant import Row, Unusual, unusual
from tests.suite.vendors.ways import hanging_up, late

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
CLOSE = ("Connection", "close")


def _with(answer: Answer, *headers: tuple[str, str]) -> Headers:
    return [*answer.headers, *headers]


def chunks(sentence: str, trailers: bytes = b"") -> Row:
    """Sends bodies in chunks (RFC 9112 section 7.1)."""

    def wire(self: Unusual, call: Call, answer: Answer) -> bytes:
        if not answer.body:
            return plain_wire(answer)
        pieces = [answer.body[start : start + 100] for start in range(0, len(answer.body), 100)]
        chunked = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        start = head(answer.status, _with(answer, ("Transfer-Encoding", "chunked")))
        return start + chunked + b"0\r\n" + trailers + b"\r\n"

    return unusual(sentence, wire=wire)


def dripping(answer: Answer) -> Iterator[bytes]:
    """An answer in many small pieces."""
    whole = plain_wire(answer)
    yield whole[:1]
    for start in range(1, len(whole), 97):
        time.sleep(0.0005)
        yield whole[start : start + 97]


# Bodies

AnswersInChunks = chunks("Sends bodies in chunks (RFC 9112 section 7.1).")
AddsTrailers = chunks(
    "Sends bodies in chunks, with trailers after the last one.", b"Server-Timing: db;dur=53\r\nX-Checksum: 17\r\n"
)
NamesNoCoding = unusual(
    "Says that a body has the coding identity.",
    wire=lambda self, call, answer: plain_wire(
        Answer(answer.status, _with(answer, ("Content-Encoding", "identity")), answer.body) if answer.body else answer
    ),
)
CompressesWhenAsked = unusual(
    "Compresses a body for whoever accepts gzip.",
    wire=lambda self, call, answer: plain_wire(
        Answer(answer.status, _with(answer, ("Content-Encoding", "gzip")), gzip.compress(answer.body))
        if "gzip" in call.header("accept-encoding") and answer.body
        else answer
    ),
)

# The end of a connection

ClosesEachTime = unusual(
    "Takes one request a connection, and says so.",
    wire=lambda self, call, answer: plain_wire(Answer(answer.status, _with(answer, CLOSE), answer.body)),
)
ClosesSilently = unusual(
    "Takes one request a connection, and does not say so.",
    wire=lambda self, call, answer: hanging_up(plain_wire(answer)),
)
ClosesSilentlyAfterAMoment = unusual(
    "Closes each connection 10 ms after the answer, when the next request may be on its way.", idle=0.01
)
ClosesWhenIdle = unusual("Closes a connection on which nothing comes for 20 ms.", idle=0.02)
SpeaksHttp10 = unusual(
    "Answers in HTTP/1.0, where the end of the connection ends the body.",
    wire=lambda self, call, answer: hanging_up(
        head(answer.status, answer.headers).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + answer.body
    ),
)
SendsNoLength = unusual(
    "Ends each body by closing the connection, in HTTP/1.1.",
    wire=lambda self, call, answer: hanging_up(head(answer.status, _with(answer, CLOSE)) + answer.body),
)


class ClosesAfterSeven(Unusual):
    """Takes seven requests a connection, and then closes it without a word."""

    def begin(self) -> None:
        # Each connection has a thread of its own.
        self._connection = threading.local()

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield plain_wire(answer)
        self._connection.answers = getattr(self._connection, "answers", 0) + 1
        if self._connection.answers == 7:
            raise HangUp


# What stands before a body

HasNoReason = unusual(
    "Leaves the reason phrase empty.",
    wire=lambda self, call, answer: re.sub(rb"^(.{13})[^\r]*", rb"\1", plain_wire(answer)),
)


class SwapsTheCaseOfHeaders(Unusual):
    """Writes header names in an odd letter case, with white space after the values."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        headers = [(name.swapcase(), f"\t{value}  ") for name, value in answer.headers]
        return plain_wire(Answer(answer.status, headers, answer.body)).replace(b"Content-Length", b"cONTENT-lENGTH")


class ContinuesAndWaits(Unusual):
    """Sends 100 Continue in two pieces, and the answer 5 ms later."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        for piece in (b"HTTP/1.1 100 Con", b"tinue\r\n\r", b"\n", plain_wire(answer)):
            yield piece
            time.sleep(0.005)


ContinuesUnasked = unusual(
    "Sends 100 Continue before it reads a body, though nobody expects it.", early=lambda self, call: [CONTINUE]
)
ContinuesWhenAsked = unusual(
    "Sends 100 Continue before it reads a body, to whoever expects it.",
    early=lambda self, call: [CONTINUE] if call.header("expect") else (),
)
HintsEarly = unusual(
    "Sends 103 Early Hints before each answer, and 102 Processing three times.",
    wire=lambda self, call, answer: HINTS + PROCESSING * 3 + plain_wire(answer),
)

# Speed, and where it is

IsSlow = unusual(
    "Takes 100 ms for each answer, and now and then 1 s.",
    wire=lambda self, call, answer: late(answer, 1.0 if random.random() < 0.02 else 0.1),
)
Drips = unusual("Sends each answer in many small pieces.", wire=lambda self, call, answer: dripping(answer))
ListensOnIpv6 = unusual("Listens on an IPv6 address alone.", host="::1")
IsBehindAPrefix = unusual("Has its API under /api.", base_path="/api")
