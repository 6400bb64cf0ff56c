"""One exchange: sent exactly, bounded as a whole, recorded as it came, and nothing done that nobody asked for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from contracts import __version__
from contracts.http.client import READ_SLACK, Client
from contracts.http.credential import WRITE_TOKEN
from contracts.http.exchange import Exchange, Failure
from contracts.http.request import Request, update
from contracts.http.target import MIB, Limits, Target
from tests.suite.clock import clock_of
from tests.suite.recorder import EMPTY_204, Reply, Slowly, in_turn, recording

TOKENS = {WRITE_TOKEN: "ksh_secret"}
UPDATE = update("acme", b'{"name":"x"}')
HEAD = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n"
CHUNKED = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"


def client_of(url: str, **limits: float) -> Client:
    """A client of this target; time and size are short unless the limits say otherwise."""
    return Client(Target(url, TOKENS, Limits(**{"time": 5.0, "size": 10_000} | limits)))


@contextmanager
def listening(**limits: float) -> Iterator[tuple[socket.socket, ThreadPoolExecutor, Client]]:
    """A socket that takes connections, and answers nothing by itself; a thread to send from, and a client of it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        ThreadPoolExecutor(1) as pool,
        client_of(f"http://127.0.0.1:{server.getsockname()[1]}", **limits) as client,
    ):
        yield server, pool, client


def exchange_with(reply: Reply, linger: float = 0.003, **limits: float) -> Exchange:
    """One exchange with a server that answers so."""
    with recording(in_turn(reply)) as server, client_of(server.url, **limits) as client:
        return client.once(UPDATE, linger)


def test_a_request_is_sent_byte_by_byte_as_it_is_written() -> None:
    """On the wire are the request's own headers in their order, those that HTTP needs, and no others."""
    with recording(in_turn(EMPTY_204)) as server, client_of(f"{server.url}/api") as client:
        exchange = client.once(UPDATE)

    (trace,) = server.requests[0].values("traceparent")
    host = server.url.removeprefix("http://")
    assert server.requests[0].head.decode().split("\r\n") == [
        "PUT /api/customers/acme HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: kaiten-contract-tests/{__version__}",
        "Accept-Encoding: identity",
        f"traceparent: {trace}",
        "Accept: application/json, application/problem+json",
        "Authorization: Bearer ksh_secret",
        "Content-Type: application/json",
        "Content-Length: 12",
        "",
    ]
    assert (exchange.status, exchange.sent_path, exchange.request) == (204, "/api/customers/acme", UPDATE)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Slowly([], 3), id="nothing"),
        pytest.param(Slowly([b"HTTP/1.1 404 Not Found\r\n"] + [b"X-A: b\r\n"] * 100, 0.1), id="endless-head"),
        pytest.param(Slowly([b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n"] + [b"a"] * 100, 0.1), id="drip"),
        pytest.param(Slowly([CHUNKED] + [b"1\r\na\r\n"] * 100, 0.1), id="drip-of-chunks"),
    ],
)
def test_the_time_limit_is_for_the_whole_exchange(reply: Reply) -> None:
    """An answer that drips ends in time, although each byte of it comes at once."""
    started = time.monotonic()

    exchange = exchange_with(reply, time=0.4)

    assert (exchange.failure, exchange.response) == (Failure.TIMEOUT, None)
    # The server would take ten.
    assert 0.3 < exchange.seconds <= time.monotonic() - started < 8.0


def test_the_time_to_send_a_large_body_does_not_count() -> None:
    """A server that takes a body of 16 MiB slowly, and answers at once then, has kept the time limit."""

    def take_it_slowly() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as file:
            for _ in range(3):
                time.sleep(0.5)
                file.read(2 * MIB)
            file.read(10 * MIB)
            connection.sendall(EMPTY_204)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        # What the kernel keeps is not sent slowly.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        server = threading.Thread(target=take_it_slowly)
        server.start()
        with client_of(f"http://127.0.0.1:{listening.getsockname()[1]}", time=1.0) as client:
            exchange = client.once(update("acme", b'{"name":"%s"}' % (b"a" * 16 * MIB)))
        server.join()

    assert exchange.status == 204


def test_an_answer_before_all_was_sent_is_read() -> None:
    """A server that answers a large body early, and reads no more of it, has answered; its connection is not kept."""
    reply = b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n"
    with listening(time=0.5, size=100 * MIB) as (server, pool, client):
        future = pool.submit(client.once, update("acme", b"a" * 32 * MIB))
        with server.accept()[0] as connection:
            connection.recv(100)
            connection.sendall(reply)
            exchange = future.result()
        again = pool.submit(client.once, UPDATE)
        with server.accept()[0] as connection:
            connection.sendall(EMPTY_204)

    assert (exchange.status, again.result().status) == (413, 204)
    assert exchange.seconds < 1.5


def test_a_server_that_takes_a_body_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that reads a little of a large body now and then ends no later than what sending may take."""
    monkeypatch.setattr("contracts.http.wire.LONGEST_SENDING", 0.6)
    over = threading.Event()

    def drain_slowly(connection: socket.socket) -> None:
        while not over.wait(0.02):
            connection.recv(256 * 1024)

    with listening(time=0.4, size=100 * MIB) as (server, pool, client):
        future = pool.submit(client.once, update("acme", b"a" * 32 * MIB))
        with server.accept()[0] as connection:
            reader = threading.Thread(target=drain_slowly, args=[connection])
            reader.start()
            exchange = future.result()
            over.set()
            reader.join()

    assert exchange.failure is Failure.TIMEOUT
    assert exchange.seconds < 1.8


def test_a_slow_answer_within_the_time_limit_is_complete() -> None:
    """An answer that takes its time but comes in time is taken."""
    exchange = exchange_with(Slowly([HEAD + b"\r\n", b"h", b"i"], 0.1), time=2)

    assert exchange.response
    assert exchange.response.body == b"hi"
    assert exchange.seconds >= 0.2


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3000\r\n\r\n" + b"a" * 3000, id="body"),
        pytest.param(CHUNKED + b"5dc\r\n" + b"a" * 1500 + b"\r\n0\r\n\r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 404 Not Found\r\nX-A: " + b"a" * 3000 + b"\r\nContent-Length: 0\r\n\r\n", id="head"),
        pytest.param(EMPTY_204 + b"a" * 3000, id="after-a-204"),
    ],
)
def test_the_size_limit_is_for_the_whole_answer(reply: bytes) -> None:
    """An answer that is larger than the limit is given up, wherever its bytes are."""
    assert exchange_with(reply, size=1000).failure is Failure.TOO_LARGE


@pytest.mark.parametrize(("times", "status"), [(100, 204), (100_000, None)], ids=["some", "a-flood"])
def test_responses_before_the_final_one_are_bounded(times: int, status: int | None) -> None:
    """Some 1xx responses may come before the answer; a flood of them is given up, though each byte comes at once."""
    exchange = exchange_with(b"HTTP/1.1 103 Early Hints\r\n\r\n" * times + EMPTY_204, size=10_000_000)

    assert exchange.status == status
    assert exchange.failure == (None if status else Failure.TOO_LARGE)


def test_an_answer_to_a_small_update_may_not_be_as_large_as_a_read() -> None:
    """What was sent to a customer before makes room for reads of it, and for no other answer."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b"a" * 60_000
    with recording(in_turn(EMPTY_204, reply, reply)) as server, client_of(server.url) as client:
        client.once(update("acme", b"a" * 20_000))
        read = client.once(Request("GET", UPDATE.path))
        updated = client.once(UPDATE)

    assert (read.status, updated.failure) == (200, Failure.TOO_LARGE)


def test_while_a_thread_sends_alone_the_others_wait() -> None:
    """A failure is tried again alone: nothing that another thread sends can be what it depends on."""
    with (
        recording(in_turn(EMPTY_204, EMPTY_204, EMPTY_204)) as server,
        client_of(server.url) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        with client.exclusively():
            other = pool.submit(client.once, update("other", b"{}"))
            sent = [client.once(UPDATE), client.send(update("acme", b"a" * 20_000))]
            paths = [request.line for request in server.requests]
        other.result()

    assert [exchange.status for exchange in sent] == [204, 204]
    assert paths == ["PUT /customers/acme HTTP/1.1"] * 2
    assert server.requests[2].line == "PUT /customers/other HTTP/1.1"


def test_a_read_may_be_as_large_as_what_was_sent_to_that_customer() -> None:
    """A GET of a customer that took a large body may be larger than the limit; a GET of another may not."""
    shown = HEAD.replace(b"Content-Length: 2", b"Content-Length: 5000") + b"\r\n" + b"a" * 5000
    with recording(in_turn(EMPTY_204, shown)) as server, client_of(server.url, size=2000) as client:
        client.once(update("acme", b"a" * 1000))

        its_own = client.once(Request("GET", "/customers/acme"))
        of_another = client.once(Request("GET", "/customers/other"))

    assert its_own.status == 404
    assert of_another.failure is Failure.TOO_LARGE


def test_an_answer_within_the_size_limit_is_taken() -> None:
    """An answer of exactly the limit is complete; what was sent may be in it six times over, as JSON may escape it."""
    reply = HEAD + b"\r\n" + b"hi" * 500
    reply = reply.replace(b"Content-Length: 2", b"Content-Length: 1000")
    limit = len(reply) - READ_SLACK * len(exchange_with(reply).request.body)

    assert exchange_with(reply, size=limit).status == 404
    assert exchange_with(reply, size=limit - 1).failure is Failure.TOO_LARGE


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        pytest.param(b"", Failure.BROKEN, id="reset"),
        pytest.param(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n", Failure.BROKEN, id="cut-in-the-head"),
        pytest.param(HEAD + b"Connection: close\r\n\r\nh", Failure.BROKEN, id="cut-in-the-body"),
        pytest.param(b"garbage\r\n\r\n", Failure.MALFORMED, id="garbage"),
        pytest.param(b"HTTP/1.1 abc Oops\r\n\r\n", Failure.MALFORMED, id="no-status"),
        pytest.param(b"HTTP/1.1 404 Not Found\r\nno colon\r\n\r\n", Failure.MALFORMED, id="no-header"),
        pytest.param(b"HTTP/1.1 404 X\r\nContent-Length: x\r\n\r\n", Failure.MALFORMED, id="no-length"),
        pytest.param(CHUNKED + b"zz\r\n", Failure.MALFORMED, id="no-chunk"),
        pytest.param(HEAD + b"\r\nhi!", Failure.MALFORMED, id="more-than-the-length"),
        pytest.param(HEAD + b"\r\nhi" + EMPTY_204, Failure.MALFORMED, id="two-answers"),
    ],
)
def test_what_is_no_complete_answer_is_a_failure(reply: bytes, failure: Failure) -> None:
    """An answer that breaks off and one that is not HTTP are told apart."""
    exchange = exchange_with(reply)

    assert (exchange.failure, exchange.response) == (failure, None)


def test_nobody_at_the_port_is_a_failure() -> None:
    """A connection that is refused is told apart from one that broke."""
    with recording(in_turn(EMPTY_204)) as server:
        url = server.url

    assert client_of(url).once(UPDATE).failure is Failure.REFUSED


def test_no_tls_where_it_was_asked_for_is_a_failure() -> None:
    """A server that does not speak TLS is no server for https."""
    with recording(in_turn(EMPTY_204)) as server, client_of(server.url.replace("http:", "https:")) as client:
        assert client.once(UPDATE).failure is Failure.TLS


def test_a_server_that_never_answers_the_handshake_is_given_up_in_time() -> None:
    """The time limit is for making a secure connection, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        exchange = client_of(f"https://127.0.0.1:{silent.getsockname()[1]}", time=0.3).once(UPDATE)

    assert exchange.failure is Failure.TIMEOUT
    # The slowest would take ten.
    assert exchange.seconds < 8.0


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        pytest.param(b'{"name":"x"}', b'5\r\n{"nam\r\n6\r\ne":"x"\r\n1\r\n}\r\n0\r\n\r\n', id="some"),
        pytest.param(b"{}", b"2\r\n{}\r\n0\r\n\r\n", id="few"),
        pytest.param(b'["\xc3\xa9"]', b'3\r\n["\xc3\r\n2\r\n\xa9"\r\n1\r\n]\r\n0\r\n\r\n', id="inside-a-character"),
        pytest.param(b"", b"0\r\n\r\n", id="none"),
    ],
)
def test_a_body_is_sent_in_chunks_where_the_request_says_so(body: bytes, sent: bytes) -> None:
    """With Transfer-Encoding: chunked the body has no Content-Length, and is up to three chunks, and the last one."""
    with listening() as (server, pool, client):
        future = pool.submit(client.once, update("acme", body).with_header("Transfer-Encoding", "chunked"))
        with server.accept()[0] as connection:
            request = connection.recv(65536)
            connection.sendall(EMPTY_204)
        status = future.result().status

    assert status == 204
    assert request.partition(b"\r\n\r\n")[2] == sent
    assert b"content-length" not in request.lower()


def test_a_redirect_is_not_followed() -> None:
    """A redirect is an answer like any other: no token goes where the target points."""
    redirect = b"HTTP/1.1 307 X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"
    with recording(in_turn(redirect)) as server, client_of(server.url) as client:
        exchange = client.once(UPDATE)

    assert exchange.status == 307
    assert len(server.requests) == 1


def test_cookies_are_not_sent_back() -> None:
    """Each request stands alone: what the target wants remembered is not."""
    reply = b"HTTP/1.1 404 X\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 0\r\n\r\n"
    with recording(in_turn(reply)) as server, client_of(server.url) as client:
        client.once(UPDATE)
        client.once(UPDATE)

    assert [request.values("Cookie") for request in server.requests] == [[], []]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environment_names_no_proxy(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is not used unless it was asked for: it would see the tokens."""
    monkeypatch.setenv(variable, "http://127.0.0.1:9")

    assert exchange_with(EMPTY_204).status == 204


def test_a_proxy_is_used_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --proxy-from-env requests go to the proxy that the environment names."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with recording(in_turn(EMPTY_204)) as server:
        monkeypatch.setenv("http_proxy", server.url)
        with Client(Target("http://staging.example.com/api", TOKENS, Limits(time=5), proxy_from_env=True)) as client:
            exchange = client.once(UPDATE)

    assert exchange.status == 204
    assert server.requests[0].line == "PUT http://staging.example.com/api/customers/acme HTTP/1.1"
    assert server.requests[0].values("Authorization") == ["Bearer ksh_secret"]


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        pytest.param(b"HTTP/1.1 407 X\r\nContent-Length: 9\r\n\r\n", Failure.PROXY, id="refuses"),
        pytest.param(b"garbage\r\n\r\n", Failure.PROXY, id="is-no-http"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x46", Failure.PROXY, id="speaks-tls"),
        pytest.param(b"", Failure.REFUSED, id="hangs-up"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n", Failure.REFUSED, id="breaks-off"),
        pytest.param(Slowly([b"HTTP/1.1 200 OK\r\n"] + [b"X-A: b\r\n"] * 100, 0.1), Failure.TIMEOUT, id="drips"),
    ],
)
def test_a_proxy_that_passes_nothing_on_is_a_failure(
    reply: Reply, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy gets the user and the password of its URL; that it passes nothing on is told in time, and as that."""
    monkeypatch.setenv("no_proxy", "")
    with recording(in_turn(reply)) as server:
        monkeypatch.setenv("https_proxy", server.url.replace("//", "//user:secret@"))
        with Client(Target("https://[::1]:8443/api", TOKENS, Limits(time=0.5), proxy_from_env=True)) as client:
            exchange = client.once(UPDATE)

    assert exchange.failure is failure
    # The slowest would take ten.
    assert exchange.seconds < 8.0
    assert server.requests[0].head.decode().split("\r\n") == [
        *("CONNECT [::1]:8443 HTTP/1.1", "Host: [::1]:8443", "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=", ""),
    ]


def test_the_rate_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six requests take at least five gaps of the rate, and not longer."""
    clock = clock_of(monkeypatch, "contracts.http.retries", "contracts.http.client")
    with recording(in_turn(EMPTY_204)) as server, client_of(server.url, rate=0.1) as client:
        started = clock.monotonic()
        statuses = [client.once(UPDATE).status for _ in range(6)]
        took = clock.monotonic() - started

    assert statuses == [204] * 6
    assert clock.waited <= 50.0 <= took
