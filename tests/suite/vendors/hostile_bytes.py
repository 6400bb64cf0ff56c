"""Hostile vendors that send bytes which are no HTTP, or HTTP that contradicts itself."""

from __future__ import annotations

from contracts.vendor.model import Answer, Headers
from tests.suite.served import Reset, head, plain_wire
from tests.suite.vendors.variant import Row, hostile
from tests.suite.vendors.ways import hanging_up, holding, to_refusals, to_updates

CHUNKED = ("Transfer-Encoding", "chunked")
TOO_EARLY = Answer(400, [("Connection", "close")], b"too early")
SETTINGS = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"


def frames(sentence: str, *framing: tuple[str, str], begin: bytes = b"") -> Row:
    """Frames problems by headers that contradict themselves."""
    return hostile(
        sentence,
        wire=to_refusals(lambda call, answer: head(answer.status, [*answer.headers, *framing]) + begin + answer.body),
    )


def _of_length(answer: Answer, difference: int) -> Headers:
    return [*answer.headers, ("Content-Length", str(max(0, len(answer.body) + difference)))]


# No HTTP

IsNoWebServer = hostile(
    "Greets as an SSH server whatever it is asked.",
    wire=lambda self, call, answer: hanging_up(b"SSH-2.0-OpenSSH_9.6\r\n"),
)
WantsTls = hostile(
    "Answers with a fatal alert of TLS.", wire=lambda self, call, answer: hanging_up(b"\x15\x03\x01\x00\x02\x02\x46")
)
SpeaksHttp2 = hostile("Begins to talk HTTP/2 with its settings.", wire=lambda self, call, answer: SETTINGS * 2)
SendsControlBytes = hostile(
    "Answers updates with every byte that there is.", wire=to_updates(lambda call, answer: bytes(range(256)) * 4)
)

# Not all of it

SendsTheFirstByte = hostile(
    "Sends the first byte of each answer and nothing more.",
    wire=lambda self, call, answer: holding(plain_wire(answer)[:1]),
)
StopsAByteEarly = hostile(
    "Sends all but the last byte of the answer to an update, and keeps the connection open.",
    wire=to_updates(lambda call, answer: holding(plain_wire(answer)[:-1])),
)
IsCutShort = hostile(
    "Closes the connection before the end of each answer to an update.",
    wire=to_updates(lambda call, answer: hanging_up(plain_wire(answer)[:-10])),
)
HangsUpBeforeTheEnd = hostile(
    "Closes the connection before the end of each 422, which has a length.",
    wire=lambda self, call, answer: (
        hanging_up(plain_wire(answer)[:-10]) if answer.status == 422 else plain_wire(answer)
    ),
)

# Lengths

PromisesMore = hostile(
    "Promises ten bytes more of each problem than come.",
    wire=to_refusals(lambda call, answer: hanging_up(head(answer.status, _of_length(answer, 10)) + answer.body)),
)
PromisesLess = hostile(
    "Promises ten bytes less of each problem than come.",
    wire=to_refusals(lambda call, answer: head(answer.status, _of_length(answer, -10)) + answer.body),
)
PromisesGigabytes = hostile(
    "Promises two gigabytes with each update.",
    wire=to_updates(lambda call, answer: hanging_up(head(200, [("Content-Length", str(2 << 30))]))),
)
HasTwoLengths = frames("Sends two lengths that differ.", ("Content-Length", "5"), ("Content-Length", "50"))
HasANegativeLength = frames("Sends a length below zero.", ("Content-Length", "-1"))
HasALengthOfManyDigits = frames("Sends a length of 5,000 digits.", ("Content-Length", "9" * 5000))
HasAStrangeTransferCoding = frames(
    "Sends a transfer coding that does not exist.", ("Transfer-Encoding", "garbage, \x0bchunked")
)
HasStrangeChunks = frames("Says chunked, and sends no chunks.", CHUNKED)
HasAHugeChunk = frames("Announces a chunk of 2^64 bytes.", CHUNKED, begin=b"ffffffffffffffff\r\n")

# The wrong moment

AnswersTwice = hostile(
    "Sends a 204 after each problem, as if to the next request.",
    wire=to_refusals(lambda call, answer: plain_wire(answer) + b"HTTP/1.1 204 No Content\r\n\r\n"),
)
AnswersEarly = hostile(
    "Answers an update before it read the body, and closes the connection.",
    early=lambda self, call: hanging_up(plain_wire(TOO_EARLY)) if call.method == "PUT" else (),
)
AlwaysResets = hostile("Resets each connection.", wire=lambda self, call, answer: hanging_up(by=Reset))
