"""Hostile vendors that send more than anyone can take, or never come to an end."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.served import head, plain_wire
from tests.suite.vendors.variant import Hostile

BLOCK = b"x" * 65536
HOLDS = 30.0


class _SendsToUpdates(Hostile):
    """Answers updates with pieces of its own."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield from self.pieces(answer) if call.method == "PUT" else [plain_wire(answer)]

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        """What comes in place of the answer."""
        yield plain_wire(answer)


class SendsWithoutEnd(_SendsToUpdates):
    """Answers updates with a body that never ends."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        yield head(answer.status, answer.headers)
        while True:
            yield BLOCK


class SendsWithoutEndWhateverIsAsked(Hostile):
    """Answers everything with a body that never ends."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        yield head(200, [])
        while True:
            yield BLOCK


class SendsHeadersWithoutEnd(_SendsToUpdates):
    """Answers updates with headers that never end."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        yield head(answer.status, answer.headers)[:-2]
        while True:
            yield b"X-More: " + b"y" * 1000 + b"\r\n"


class SendsALineWithoutEnd(_SendsToUpdates):
    """Answers updates with a status line that never ends."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        yield b"HTTP/1.1 204 "
        while True:
            yield BLOCK


class SendsLargeHeaders(_SendsToUpdates):
    """Answers updates with a header of 64 KiB, and one of 64 KiB more."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        large = BLOCK.decode()
        yield plain_wire(Answer(answer.status, [*answer.headers, ("X-Large", large), ("X-Larger", large)], answer.body))


class SendsHugeHeaders(_SendsToUpdates):
    """Answers updates with a header of 10 MiB."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        huge = BLOCK.decode() * 160
        yield plain_wire(Answer(answer.status, [*answer.headers, ("X-Huge", huge)], answer.body))


class DripsWithoutEnd(_SendsToUpdates):
    """Answers updates with one byte each half second."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        yield head(200, [("Content-Length", "1000000")])
        while True:
            time.sleep(0.5)
            yield b"x"


class ContinuesWithoutEnd(_SendsToUpdates):
    """Answers updates with 100 Continue for ever."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        while True:
            yield b"HTTP/1.1 100 Continue\r\n\r\n" * 100


class FloodsWithHints(_SendsToUpdates):
    """Sends two megabytes of early hints before the answer to an update."""

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        for _ in range(2000):
            yield b"HTTP/1.1 103 Early Hints\r\nLink: </" + b"x" * 1000 + b">; rel=preload\r\n\r\n"
        yield plain_wire(answer)


class SendsABomb(_SendsToUpdates):
    """Answers updates with a gigabyte of nothing, compressed to a megabyte, unasked."""

    bomb = gzip.compress(b" " * (1 << 20)) * 900

    def pieces(self, answer: Answer) -> Iterator[bytes]:
        headers = [("Content-Type", "application/problem+json"), ("Content-Encoding", "gzip")]
        yield plain_wire(Answer(422, headers, self.bomb))


class ShowsABomb(Hostile):
    """Shows a customer as such a bomb."""

    def show(self, call: Call, slug: str) -> Answer:
        return Answer(200, [("Content-Type", "application/json"), ("Content-Encoding", "gzip")], SendsABomb.bomb)


class ShowsMegabytes(Hostile):
    """Shows a customer of five megabytes."""

    def show(self, call: Call, slug: str) -> Answer:
        return self.json(200, super().find(slug) | {"notes": "x" * (5 << 20)})


class _WritesProblems(Hostile):
    """Writes into each problem a value, and a status, of its own; both as text."""

    value, status = "null", "0"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        members: dict[str, Any] = json.loads(answer.body) | {"status": 17, "errors": [{"value": 18}]}
        answer.body = json.dumps(members).replace("17", self.status).replace("18", self.value).encode()
        return answer


class NestsProblems(_WritesProblems):
    """Nests a value of a problem 100,000 levels deep."""

    value = "[" * 100_000 + "]" * 100_000


class NestsProblemsAThousandDeep(_WritesProblems):
    """Nests a value of a problem about as deep as Python follows."""

    value = '{"a":' * 900 + "1" + "}" * 900


class NestsTheTitle(Hostile):
    """Nests the title of a problem 300 levels deep, where a string should be."""

    def json(self, status: int, value: Any, media_type: str = "application/json") -> Answer:
        answer = super().json(status, value, media_type)
        if "title" in value:
            answer.body = answer.body.replace(b'"title":', b'"title":' + b"[" * 300 + b"]" * 300 + b',"was":')
        return answer


class HasAStatusOf5000Digits(_WritesProblems):
    """Writes the member status of a problem with 5,000 digits."""

    status = "9" * 5000


class HasAStatusOf4000Digits(_WritesProblems):
    """Writes the member status of a problem with 4,000 digits, which Python still reads."""

    status = "9" * 4000


class ShowsDeepNames(Hostile):
    """Shows a name nested about as deep as Python follows, and another one with each read."""

    def show(self, call: Call, slug: str) -> Answer:
        customer = super().find(slug)
        self.updates += 1
        answer = self.json(200, customer | {"name": self.updates})
        answer.body = answer.body.replace(b'"name":', b'"name":' + b"[" * 900).replace(
            b',"external', b"]" * 900 + b',"external'
        )
        return answer
