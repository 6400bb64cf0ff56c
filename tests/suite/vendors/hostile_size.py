"""Hostile vendors that send more than anyone can take, or never come to an end."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat

from contracts.vendor.model import Answer, Call, Headers, Refusal
from tests.suite.served import head, plain_wire
from tests.suite.vendors.variant import Hostile, Row, Variant, hostile
from tests.suite.vendors.ways import then, to_updates

BLOCK = b"x" * 65536
LARGE = BLOCK.decode()
MORE = b"X-More: " + b"y" * 1000 + b"\r\n"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </" + b"x" * 1000 + b">; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NESTED = b'"title":' + b"[" * 300 + b"]" * 300 + b',"was":'
PACKED = ("Content-Encoding", "gzip")
# A gigabyte of nothing, compressed to a megabyte.
BOMB = gzip.compress(b" " * (1 << 20)) * 900


def _with_headers(answer: Answer, headers: Headers) -> bytes:
    return plain_wire(Answer(answer.status, [*answer.headers, *headers], answer.body))


def _dripping() -> Iterator[bytes]:
    yield head(200, [("Content-Length", "1000000")])
    while True:
        time.sleep(0.5)
        yield b"x"


# Without end

SendsWithoutEnd = hostile(
    "Answers updates with a body that never ends.",
    wire=to_updates(lambda call, answer: chain([head(answer.status, answer.headers)], repeat(BLOCK))),
)
SendsWithoutEndWhateverIsAsked = hostile(
    "Answers everything with a body that never ends.",
    wire=lambda self, call, answer: chain([head(200, [])], repeat(BLOCK)),
)
SendsHeadersWithoutEnd = hostile(
    "Answers updates with headers that never end.",
    wire=to_updates(lambda call, answer: chain([head(answer.status, answer.headers)[:-2]], repeat(MORE))),
)
SendsALineWithoutEnd = hostile(
    "Answers updates with a status line that never ends.",
    wire=to_updates(lambda call, answer: chain([b"HTTP/1.1 204 "], repeat(BLOCK))),
)
DripsWithoutEnd = hostile(
    "Answers updates with one byte each half second.", wire=to_updates(lambda call, answer: _dripping())
)
ContinuesWithoutEnd = hostile(
    "Answers updates with 100 Continue for ever.", wire=to_updates(lambda call, answer: repeat(CONTINUE * 100))
)

# Too large

SendsLargeHeaders = hostile(
    "Answers updates with a header of 64 KiB, and one of 64 KiB more.",
    wire=to_updates(lambda call, answer: _with_headers(answer, [("X-Large", LARGE), ("X-Larger", LARGE)])),
)
SendsHugeHeaders = hostile(
    "Answers updates with a header of 10 MiB.",
    wire=to_updates(lambda call, answer: _with_headers(answer, [("X-Huge", LARGE * 160)])),
)
FloodsWithHints = hostile(
    "Sends two megabytes of early hints before the answer to an update.",
    wire=to_updates(lambda call, answer: chain(repeat(HINT, 2000), [plain_wire(answer)])),
)
SendsABomb = hostile(
    "Answers updates with a gigabyte of nothing, compressed to a megabyte, unasked.",
    wire=to_updates(
        lambda call, answer: plain_wire(Answer(422, [("Content-Type", "application/problem+json"), PACKED], BOMB))
    ),
)
ShowsABomb = hostile(
    "Shows a customer as such a bomb.",
    show=lambda self, call, slug: Answer(200, [("Content-Type", "application/json"), PACKED], BOMB),
)
ShowsMegabytes = hostile(
    "Shows a customer of five megabytes.",
    show=lambda self, call, slug: self.json(200, self.find(slug) | {"notes": "x" * (5 << 20)}),
)

# Too deep, too long


def writes(sentence: str, value: str = "null", status: str = "0") -> Row:
    """Writes into each problem this value of an error, and this status."""

    def problem(self: Variant, call: Call, refusal: Refusal) -> Answer:
        answer = Variant.problem(self, call, refusal)
        members = json.loads(answer.body) | {"status": 17, "errors": [{"value": 18}]}
        # Both as text: they are more than `json` writes.
        answer.body = json.dumps(members).replace("17", status).replace("18", value).encode()
        return answer

    return hostile(sentence, problem=problem)


NestsProblems = writes("Nests a value of a problem 100,000 levels deep.", value="[" * 100_000 + "]" * 100_000)
NestsProblemsAThousandDeep = writes(
    "Nests a value of a problem about as deep as Python follows.", value='{"a":' * 900 + "1" + "}" * 900
)
HasAStatusOf5000Digits = writes("Writes the member status of a problem with 5,000 digits.", status="9" * 5000)
HasAStatusOf4000Digits = writes(
    "Writes the member status of a problem with 4,000 digits, which Python still reads.", status="9" * 4000
)
NestsTheTitle = hostile(
    "Nests the title of a problem 300 levels deep, where a string should be.",
    **then(
        problem=lambda vendor, answer, call, refusal: replace(answer, body=answer.body.replace(b'"title":', NESTED))
    ),
)


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
