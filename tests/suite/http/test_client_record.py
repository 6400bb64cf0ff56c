"""What an exchange keeps of the answer: every byte as it came, but for the tokens."""

from __future__ import annotations

import gzip
import time

import pytest

from contracts.http.client import Client
from contracts.http.exchange import Response
from tests.suite.http.test_client import CHUNKED, UPDATE, client_of, exchange_with
from tests.suite.recorder import EMPTY_204, Slowly, in_turn, recording

LENGTH_2 = b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"


def received(reply: bytes | Slowly, linger: float = 0.003) -> Response:
    """What is kept of this answer."""
    response = exchange_with(reply, linger).response
    assert response
    return response


@pytest.mark.parametrize(
    ("reply", "body", "wire_body"),
    [
        pytest.param(EMPTY_204, b"", b"", id="nothing"),
        pytest.param(EMPTY_204 + b"{}", b"", b"{}", id="bytes-after-a-204"),
        pytest.param(EMPTY_204 + b"\n", b"", b"\n", id="one-byte-after-a-204"),
        pytest.param(LENGTH_2, b"", b"{}", id="204-with-a-length"),
        pytest.param(b"HTTP/1.1 204 X\nA: b\n\n{}", b"", b"{}", id="204-with-bare-line-feeds"),
        pytest.param(b"HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\nhi", b"hi", b"hi", id="404"),
        pytest.param(CHUNKED + b"2\r\nhi\r\n0\r\n\r\n", b"hi", b"2\r\nhi\r\n0\r\n\r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 404 X\r\nConnection: close\r\n\r\nhi", b"hi", b"hi", id="until-the-end"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + EMPTY_204, b"", b"", id="100-first"),
        pytest.param(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + EMPTY_204 + b"!", b"", b"!", id="103-first"),
    ],
)
def test_every_byte_after_the_head_is_kept(reply: bytes, body: bytes, wire_body: bytes) -> None:
    """The body is kept without the transfer coding, and beside it the bytes as they came."""
    response = received(reply, linger=0.1)

    assert (response.body, response.wire_body) == (body, wire_body)


def test_bytes_that_follow_a_204_late_are_awaited() -> None:
    """Bytes that come a moment after a 204 are seen when there is time to wait for them."""
    late = Slowly([EMPTY_204, b"{}"], 0.1)

    assert received(late, linger=0.5).wire_body == b"{}"


def test_bytes_without_end_are_awaited_no_longer_than_they_may_be() -> None:
    """A server that goes on to send a byte now and then after a 204 does not keep the client."""
    started = time.monotonic()
    response = received(Slowly([EMPTY_204, *[b"x"] * 20], 0.2), linger=0.5)

    assert response.wire_body.startswith(b"x")
    # The server would take four.
    assert time.monotonic() - started < 3.5


@pytest.mark.parametrize("stray", [EMPTY_204 + b"{}", LENGTH_2], ids=["without-length", "with-length"])
def test_stray_bytes_do_not_reach_the_next_exchange(stray: bytes) -> None:
    """What followed a 204 is not read as the beginning of the next answer."""
    next_ = b"HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\nhi"
    with recording(in_turn(stray, next_)) as server, client_of(server.url) as client:
        first, second = client.once(UPDATE, linger=0.1), client.once(UPDATE)

    assert (first.status, second.status) == (204, 404)


def test_a_connection_is_used_again() -> None:
    """Exchanges that end in good order share one connection."""
    with recording(in_turn(EMPTY_204)) as server, client_of(server.url) as client:
        statuses = [client.once(UPDATE).status for _ in range(5)]

    assert statuses == [204] * 5
    assert (len(server.requests), server.connections) == (5, 1)


@pytest.mark.parametrize("asked_by", ["client", "server"])
def test_a_connection_that_is_to_be_closed_is_not_used_again(asked_by: str) -> None:
    """After `Connection: close`, whoever said it, the next request goes over a new connection."""
    close = ("Connection", "close")
    reply = b"HTTP/1.1 404 X\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n" if asked_by == "server" else EMPTY_204
    with recording(in_turn(reply)) as server, client_of(server.url) as client:
        for _ in range(3):
            client.once(UPDATE.with_header(*close) if asked_by == "client" else UPDATE)

    assert (len(server.requests), server.connections) == (3, 3)


def test_a_coded_body_is_kept_as_it_came() -> None:
    """A content coding is not undone: whether it was asked for is the judge's question."""
    coded = gzip.compress(b"{}")
    length = str(len(coded)).encode()

    response = received(b"HTTP/1.1 404 X\r\nContent-Encoding: gzip\r\nContent-Length: " + length + b"\r\n\r\n" + coded)

    assert response.body == coded


def test_a_token_in_an_answer_becomes_its_placeholder() -> None:
    """No token is kept, whether it comes back in the body, in a header or its name, or after a 204."""
    with_token = b"HTTP/1.1 404 X\r\nX-User: ksh_secret!\r\nksh_secret: 1\r\nContent-Length: 10\r\n\r\nksh_secret"

    response, after_204 = received(with_token), received(EMPTY_204 + b"ksh_secret", linger=0.1)

    assert response.values("X-User") == ["<KAITEN_AUTH_TOKEN>!"]
    assert response.values("<KAITEN_AUTH_TOKEN>") == ["1"]
    assert response.body == response.wire_body == after_204.wire_body == b"<KAITEN_AUTH_TOKEN>"


def test_headers_are_kept_in_order_and_in_their_letter_case() -> None:
    """Headers that are there twice, or empty, or beyond ASCII are kept as they came."""
    response = received(b"HTTP/1.1 404 Nope\r\nx-A: 1\r\nX-a: 2\r\nX-B:\r\nX-C: \xe9\r\nContent-Length: 0\r\n\r\n")

    assert response.headers[:4] == (("x-A", "1"), ("X-a", "2"), ("X-B", ""), ("X-C", "\xe9"))
    assert (response.status, response.reason) == (404, "Nope")


def test_every_exchange_is_shown() -> None:
    """Who observes the client sees each exchange once, as it is returned."""
    with recording(in_turn(EMPTY_204)) as server:
        seen: list[object] = []
        with Client(client_of(server.url).target, observe=seen.append) as client:
            returned = [client.once(UPDATE), client.once(UPDATE)]

    assert seen == returned
