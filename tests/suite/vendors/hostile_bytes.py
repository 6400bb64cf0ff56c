"""Hostile vendors that send bytes which are no HTTP, or HTTP that contradicts itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

from contracts.vendor.model import Answer, Call
from tests.suite.served import HangUp, Reset, head, plain_wire
from tests.suite.vendors.variant import Hostile

HOLDS = 30.0


class IsNoWebServer(Hostile):
    """Greets as an SSH server whatever it is asked."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield b"SSH-2.0-OpenSSH_9.6\r\n"
        raise HangUp


class WantsTls(Hostile):
    """Answers with a fatal alert of TLS."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield b"\x15\x03\x01\x00\x02\x02\x46"
        raise HangUp


class SpeaksHttp2(Hostile):
    """Begins to talk HTTP/2 with its settings."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        return b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64" * 2


class SendsControlBytes(Hostile):
    """Answers updates with every byte that there is."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        return bytes(range(256)) * 4 if call.method == "PUT" else plain_wire(answer)


class SendsTheFirstByte(Hostile):
    """Sends the first byte of each answer and nothing more."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield plain_wire(answer)[:1]
        time.sleep(HOLDS)


class StopsAByteEarly(Hostile):
    """Sends all but the last byte of the answer to an update, and keeps the connection open."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if call.method != "PUT":
            yield plain_wire(answer)
        else:
            yield plain_wire(answer)[:-1]
            time.sleep(HOLDS)


class IsCutShort(Hostile):
    """Closes the connection before the end of each answer to an update."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if call.method != "PUT":
            yield plain_wire(answer)
        else:
            yield plain_wire(answer)[:-10]
            raise HangUp


class HangsUpBeforeTheEnd(Hostile):
    """Closes the connection before the end of each 422, which has a length."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if answer.status != 422:
            yield plain_wire(answer)
        else:
            yield plain_wire(answer)[:-10]
            raise HangUp


class PromisesMore(Hostile):
    """Promises ten bytes more of each problem than come."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if answer.status < 400:
            yield plain_wire(answer)
        else:
            yield head(answer.status, [*answer.headers, ("Content-Length", str(len(answer.body) + 10))]) + answer.body
            raise HangUp


class PromisesLess(Hostile):
    """Promises ten bytes less of each problem than come."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        length = str(max(0, len(answer.body) - 10))
        if answer.status < 400:
            return plain_wire(answer)
        return head(answer.status, [*answer.headers, ("Content-Length", length)]) + answer.body


class PromisesGigabytes(Hostile):
    """Promises two gigabytes with each update."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if call.method != "PUT":
            yield plain_wire(answer)
        else:
            yield head(200, [("Content-Length", str(2 << 30))])
            raise HangUp


class _HasStrangeLengths(Hostile):
    """Frames problems by headers that contradict themselves."""

    framing: tuple[tuple[str, str], ...]

    def wire(self, call: Call, answer: Answer) -> bytes:
        if answer.status < 400:
            return plain_wire(answer)
        return head(answer.status, [*answer.headers, *self.framing]) + answer.body


class HasTwoLengths(_HasStrangeLengths):
    """Sends two lengths that differ."""

    framing = (("Content-Length", "5"), ("Content-Length", "50"))


class HasANegativeLength(_HasStrangeLengths):
    """Sends a length below zero."""

    framing = (("Content-Length", "-1"),)


class HasALengthOfManyDigits(_HasStrangeLengths):
    """Sends a length of 5,000 digits."""

    framing = (("Content-Length", "9" * 5000),)


class HasAStrangeTransferCoding(_HasStrangeLengths):
    """Sends a transfer coding that does not exist."""

    framing = (("Transfer-Encoding", "garbage, \x0bchunked"),)


class HasStrangeChunks(_HasStrangeLengths):
    """Says chunked, and sends no chunks."""

    framing = (("Transfer-Encoding", "chunked"),)


class HasAHugeChunk(_HasStrangeLengths):
    """Announces a chunk of 2^64 bytes."""

    framing = (("Transfer-Encoding", "chunked"),)

    def wire(self, call: Call, answer: Answer) -> bytes:
        answer.body = b"ffffffffffffffff\r\n" + answer.body
        return super().wire(call, answer)


class AnswersTwice(Hostile):
    """Sends a 204 after each problem, as if to the next request."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        return plain_wire(answer) + (b"HTTP/1.1 204 No Content\r\n\r\n" if answer.status >= 400 else b"")


class AnswersEarly(Hostile):
    """Answers an update before it read the body, and closes the connection."""

    def early(self, call: Call) -> Iterator[bytes]:
        if call.method == "PUT":
            yield plain_wire(Answer(400, [("Connection", "close")], b"too early"))
            raise HangUp


class AlwaysResets(Hostile):
    """Resets each connection."""

    def wire(self, call: Call, answer: Answer) -> bytes:
        raise Reset
