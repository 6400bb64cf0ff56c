"""Interruptions are waited out with patience; what one request alone causes is that request's doing."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NoReturn

import pytest

from contracts.customers import sibling
from contracts.errors import NoVerdict
from contracts.http.client import Client, Control
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import update
from contracts.http.retries import Pace
from contracts.http.target import Limits, Target
from contracts.rules.judge import judge
from contracts.rules.oracle import predict
from tests.suite.clock import Clock, clock_of
from tests.suite.http.test_client import UPDATE, client_of
from tests.suite.recorder import EMPTY_204, RESET, UNAVAILABLE, Recorded, Reply, in_turn, recording
from tests.suite.samples import DOCUMENTS, promise_ids

POISON = update("acme", b'{"name":"poison"}')
CONTROL = Control(UPDATE, sibling.read("acme"))
FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of whatever waits for a target."""
    return clock_of(monkeypatch, "contracts.http.retries", "contracts.http.client")


def answer(status: int, *headers: str) -> bytes:
    """An answer with this status, these headers and no body."""
    return "\r\n".join([f"HTTP/1.1 {status} X", "Content-Length: 0", *headers, "", ""]).encode()


def poisoned_by(bad: Reply) -> Callable[[Recorded], Reply]:
    """A server that one payload alone brings to this reply."""
    return lambda request: bad if b"poison" in request.body else EMPTY_204


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(RESET, id="reset"),
        pytest.param(answer(503, "Retry-After: 0"), id="retry-after-0"),
        *(pytest.param(answer(status), id=str(status)) for status in (408, 425, 429, 502, 503, 504, *range(520, 528))),
    ],
)
def test_an_interruption_is_waited_out(reply: bytes) -> None:
    """A request that is interrupted is sent again, and the answer is what counts."""
    with recording(in_turn(reply, reply, EMPTY_204)) as server, client_of(server.url) as client:
        exchange = client.send(UPDATE)

    assert (exchange.status, exchange.persistent, exchange.failure) == (204, False, None)
    assert len(server.requests) == 3
    assert client.retry_budget.interruptions == 2


@pytest.mark.parametrize(
    ("replies", "sent_again"),
    [
        pytest.param([EMPTY_204], False, id="at-once"),
        pytest.param([answer(429, "Retry-After: 0"), EMPTY_204], False, id="refused-by-429-before"),
        pytest.param([UNAVAILABLE, EMPTY_204], True, id="unavailable-before"),
        pytest.param([RESET, EMPTY_204], True, id="broken-before"),
    ],
)
def test_what_may_have_been_carried_out_before_says_so(replies: list[bytes], sent_again: bool) -> None:
    """An exchange says whether its request was sent before, and lost; that of another request says nothing of it."""
    with recording(in_turn(*replies, EMPTY_204)) as server, client_of(server.url) as client:
        exchange, other = client.send(UPDATE), client.send(UPDATE)

    assert (exchange.status, exchange.sent_again) == (204, sent_again)
    assert (other.status, other.sent_again) == (204, False)


def test_what_else_is_an_interruption_somebody_may_say() -> None:
    """A status that is an interruption on this target alone is waited out as well, and elsewhere it is an answer."""
    replies = (answer(418), answer(418), EMPTY_204)
    with recording(in_turn(*replies)) as server:
        limits = Limits(interruptions=frozenset({418}))
        with Client(Target(server.url, {}, limits)) as client:
            exchange = client.send(UPDATE)
    with recording(in_turn(*replies)) as server, client_of(server.url) as client:
        elsewhere = client.send(UPDATE)

    assert (exchange.status, elsewhere.status) == (204, 418)


@pytest.mark.parametrize("status", [500, 501, 505, 511, 519, 528, 400, 404, 409, 418, 200, 301])
def test_an_answer_of_the_api_is_no_interruption(status: int) -> None:
    """An answer is not asked for again until a better one comes."""
    with recording(in_turn(answer(status), EMPTY_204)) as server, client_of(server.url) as client:
        exchange = client.send(UPDATE)

    assert exchange.status == status
    assert len(server.requests) == 1


def test_what_is_not_http_is_no_interruption() -> None:
    """An answer that is no HTTP is for the judge."""
    with recording(in_turn(b"garbage\r\n\r\n", EMPTY_204)) as server, client_of(server.url) as client:
        assert client.send(UPDATE).failure is Failure.MALFORMED


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("1", id="seconds"),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True), id="tomorrow"),
    ],
)
def test_retry_after_is_honoured(header: str, clock: Clock) -> None:
    """A pause that is asked for, in seconds or as a date, is kept, and one that is too long ends the run at once."""
    with (
        recording(in_turn(answer(503, f"Retry-After: {header}"))) as server,
        client_of(server.url, patience=0.9) as client,
        pytest.raises(NoVerdict),
    ):
        client.send(UPDATE)

    assert len(server.requests) == 1
    assert clock.waited == 0


def test_a_pause_is_as_long_as_it_is_asked_for(clock: Clock) -> None:
    """After Retry-After: 1 the next request is sent a second later."""
    with recording(in_turn(answer(503, "Retry-After: 1"), EMPTY_204)) as server, client_of(server.url) as client:
        exchange = client.send(UPDATE)

    assert exchange.status == 204
    assert 0.5 < clock.waited <= 1.0


@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(), timedelta(days=1)], ids=["behind", "same", "ahead"])
def test_a_date_to_retry_after_is_read_by_the_clock_of_the_server(off: timedelta, clock: Clock) -> None:
    """A server whose clock is a day off, and asks to come back in two seconds, is asked again in two seconds."""
    now = datetime.now(UTC) + off
    date, asked = (format_datetime(moment, usegmt=True) for moment in (now, now + timedelta(seconds=2)))
    replies = in_turn(answer(503, f"Date: {date}", f"Retry-After: {asked}"), EMPTY_204)
    with recording(replies) as server, client_of(server.url) as client:
        exchange = client.send(UPDATE)

    assert exchange.status == 204
    assert 1.5 < clock.waited <= 2.0


@pytest.mark.parametrize("date", [[], ["Date: yesterday"]], ids=["no-date", "an-unreadable-one"])
def test_without_a_date_of_the_server_the_clock_of_this_machine_is_read(date: list[str], clock: Clock) -> None:
    """Where the answer does not say what time it is, a date to retry after is read by our clock."""
    # A date of HTTP has no fractions of a second: it is up to a second nearer.
    asked = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    replies = in_turn(answer(503, *date, f"Retry-After: {asked}"), EMPTY_204)
    with recording(replies) as server, client_of(server.url) as client:
        exchange = client.send(UPDATE)

    assert exchange.status == 204
    assert 1.0 < clock.waited <= 3.0


@pytest.mark.parametrize("value", ["soon", "Mon, 01 Jan 99999999999 00:00:00 GMT", "-1", ""])
def test_a_retry_after_that_says_nothing_is_passed_over(value: str) -> None:
    """A Retry-After that nobody can read does no harm."""
    replies = in_turn(answer(503, f"Retry-After: {value}"), EMPTY_204)
    with recording(replies) as server, client_of(server.url) as client:
        assert client.send(UPDATE).status == 204


def test_when_patience_ends_there_is_no_verdict(clock: Clock) -> None:
    """A target that does not answer for as long as patience lasts ends the run, and says why."""
    with (
        recording(in_turn(UNAVAILABLE)) as server,
        client_of(server.url, patience=0.5) as client,
        pytest.raises(NoVerdict, match=r"answered 503; patience ended \(--patience 0\.5 s, \d+ interruptions\)"),
    ):
        client.send(UPDATE)

    assert clock.waited <= 0.5
    assert len(server.requests) > 1


def test_nobody_at_the_port_ends_with_no_verdict() -> None:
    """A connection that is refused until patience ends is no finding."""
    with recording(in_turn(EMPTY_204)) as server:
        url = server.url

    with client_of(url, patience=0.3) as client, pytest.raises(NoVerdict, match="the connection was refused"):
        client.send(UPDATE)


def test_what_no_patience_helps_against_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown host, or a server that does not speak TLS, does not get better by waiting."""
    with (
        recording(in_turn(EMPTY_204)) as server,
        client_of(server.url.replace("http:", "https:"), patience=60) as client,
        pytest.raises(NoVerdict, match="cannot be reached: no secure connection"),
    ):
        client.send(UPDATE)

    def unknown(*args: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        client_of("https://staging.example.com", patience=60) as client,
        pytest.raises(NoVerdict, match="cannot be reached: the host name is unknown"),
    ):
        client.send(UPDATE)


@pytest.mark.parametrize(
    ("bad", "failure"), [(RESET, Failure.BROKEN), (UNAVAILABLE, None)], ids=["connection-reset", "503"]
)
def test_a_payload_that_alone_is_interrupted_is_persistent(bad: bytes, failure: Failure | None) -> None:
    """A payload that breaks the connection five times, while a plain update and a read work, comes back as it is."""
    with recording(poisoned_by(bad)) as server, client_of(server.url) as client:
        exchange = client.send(POISON, control=CONTROL)
        rounds = sum(request.body == UPDATE.body for request in server.requests)
        again = client.send(POISON, control=CONTROL)

    assert (exchange.request, exchange.persistent, exchange.failure) == (POISON, True, failure)
    # On the connection that the read left behind a reset proves nothing: each time a new one is tried.
    on_a_kept_one = [POISON.body] if bad == RESET else []
    assert [request.body for request in server.requests] == [
        *(POISON.body, UPDATE.body, b""),
        *(*on_a_kept_one, POISON.body, UPDATE.body, b"") * (4 + 3),
    ]
    assert (rounds, again.persistent) == (5, True)


def test_a_payload_is_blamed_late_for_its_customer_s_server(clock: Clock) -> None:
    """Where a read of the same customer is interrupted too, its server may be down, but only for half the patience.

    After that, reads do not show what is to blame, and no other request is waited for as long.
    """
    another = Control(update("another", b'{"name":"x"}'), sibling.read("acme"))

    def served_by_two(request: Recorded) -> Reply:
        return EMPTY_204 if "/another" in request.line else UNAVAILABLE

    with (
        recording(served_by_two) as server,
        client_of(server.url, patience=60.0) as client,
    ):
        exchange = client.send(POISON, control=another)
        waited = clock.waited
        again = client.send(POISON, control=another)

    assert (exchange.persistent, again.persistent) == (True, True)
    assert 30.0 < waited < 40.0
    assert clock.waited - waited < 2.0


def test_a_plain_update_that_is_answered_clears_the_operation() -> None:
    """Where plain updates are answered and reads are not, it is not every update that breaks the connection."""
    reads = in_turn(*[UNAVAILABLE, FOUND] * 20)

    def reply(request: Recorded) -> Reply:
        return reads(request) if request.line.startswith("GET") else poisoned_by(RESET)(request)

    with recording(reply) as server, client_of(server.url) as client:
        client.send(POISON, control=CONTROL)
        server.reply = in_turn(RESET, EMPTY_204)
        exchange = client.send(UPDATE, control=CONTROL)

    assert (exchange.status, exchange.persistent) == (204, False)


def test_a_proven_time_out_says_nothing_of_other_interruptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a payload was to blame for time-outs, another one still needs as many rounds for a 503 as before."""
    late = Exchange(POISON, None, Failure.TIMEOUT)
    refused, answered = (Exchange(POISON, Response(status, (), b"", b"")) for status in (503, 204))
    replies = iter([*[late] * 3, *[refused] * 4, answered])
    with client_of("http://127.0.0.1:1") as client:
        monkeypatch.setattr(client, "once", lambda sent, linger=0.0: next(replies) if sent == POISON else answered)
        slow, exchange = (client.send(POISON, control=CONTROL) for _ in range(2))

    assert (slow.persistent, slow.failure) == (True, Failure.TIMEOUT)
    assert (exchange.status, exchange.persistent) == (204, False)


@pytest.mark.parametrize(
    ("surely", "answers", "least", "most"),
    [
        pytest.param(True, False, 3.0, 5.1, id="a-limit"),
        pytest.param(False, True, 0.3, 0.6, id="maybe-a-limit"),
        pytest.param(False, False, -0.1, 0.1, id="down"),
    ],
)
def test_a_target_that_limits_the_rate_is_sent_to_less_often(
    clock: Clock, surely: bool, answers: bool, least: float, most: float
) -> None:
    """A target that says that the rate is too high is sent to less often, and a little so if it only may mean that."""
    pace = Pace(None)
    for _ in range(8):
        if answers:
            pace.speed_up()
        pace.slow_down(0.0, surely=surely)
        clock.waited += 2.0

    pace.wait()
    before = clock.waited
    for _ in range(5):
        pace.wait()

    assert least < clock.waited - before < most


def test_a_target_that_says_429_now_and_then_is_not_sent_to_ever_more_slowly(clock: Clock) -> None:
    """Where each 150th request is answered 429, however long the gaps are, they stay short."""
    pace = Pace(None)
    for number in range(3_000):
        pace.wait()
        if number % 150:
            pace.speed_up()
        else:
            pace.slow_down(0.0, surely=True)

    assert clock.waited < 3_000 * 0.01


def test_a_payload_that_gets_through_in_the_end_is_not_persistent() -> None:
    """One answer is enough to say that the payload was not to blame."""
    replies = in_turn(RESET, EMPTY_204, RESET, RESET, EMPTY_204, EMPTY_204)
    with recording(replies) as server, client_of(server.url) as client:
        exchange = client.send(POISON, control=CONTROL)

    assert (exchange.status, exchange.persistent) == (204, False)


def test_no_payload_is_blamed_for_a_target_that_is_gone() -> None:
    """Where the plain update is interrupted too, there is no verdict."""
    with recording(in_turn(RESET)) as server, client_of(server.url, patience=0.3) as client, pytest.raises(NoVerdict):
        client.send(POISON, control=CONTROL)


def test_no_payload_is_blamed_for_a_rate_limit() -> None:
    """A 429 says itself that the rate is at fault, whatever a plain update gets."""
    with (
        recording(poisoned_by(answer(429))) as server,
        client_of(server.url, patience=1.0) as client,
        pytest.raises(NoVerdict),
    ):
        client.send(POISON, control=CONTROL)


def test_patience_ends_for_one_request_that_is_always_limited(clock: Clock) -> None:
    """A request that gets nothing but 429, while others are answered, is waited for as long as patience says."""
    clients: list[Client] = []

    def limited(request: Recorded) -> bytes:
        clients[0].retry_budget.answered()  # as another thread notes it
        return answer(429, "Retry-After: 1")

    with recording(limited) as server, client_of(server.url, patience=3.0) as client:
        clients.append(client)
        with pytest.raises(NoVerdict, match="answered a request 429 each time, and others not; patience ended"):
            client.send(POISON)

    assert clock.waited < 10.0


def breaking_updates(reply: Reply) -> Callable[[Recorded], Reply]:
    """A server that answers reads, and each update with this reply."""
    return lambda request: FOUND if request.line.startswith("GET") else reply


def test_an_operation_that_breaks_every_connection_is_broken(clock: Clock) -> None:
    """Where no update is answered and a read is, it is not the target that is gone: the promise to answer is broken."""
    with recording(breaking_updates(RESET)) as server, client_of(server.url) as client:
        exchange = client.send(POISON, control=CONTROL)

    assert (exchange.request, exchange.persistent, exchange.failure) == (POISON, True, Failure.BROKEN)
    assert clock.waited < 5.0
    verdict = judge(exchange, predict(POISON, DOCUMENTS["docs"], {"acme"}), DOCUMENTS["docs"])
    assert promise_ids(verdict) == ["answer.given"]


def test_an_operation_that_is_known_to_be_broken_is_not_proven_again(clock: Clock) -> None:
    """Until an update is answered the next one that breaks the connection is believed at once."""
    with recording(breaking_updates(RESET)) as server, client_of(server.url) as client:
        client.send(POISON, control=CONTROL)
        sent, waited = len(server.requests), clock.waited
        exchange = client.send(UPDATE, control=CONTROL)

    assert exchange.persistent
    assert clock.waited - waited < 0.5
    assert len(server.requests) - sent <= 5


def test_an_operation_that_answers_again_is_proven_again() -> None:
    """Once an update was answered, one that breaks the connection is waited for as in the beginning."""
    with recording(breaking_updates(RESET)) as server, client_of(server.url) as client:
        first = client.send(POISON, control=CONTROL)
        server.reply = in_turn(EMPTY_204)
        second = client.send(UPDATE, control=CONTROL)
        updates = in_turn(*[RESET] * 4, EMPTY_204)
        server.reply = lambda request: FOUND if request.line.startswith("GET") else updates(request)
        third = client.send(UPDATE, control=CONTROL)

    assert (first.persistent, second.status, third.status) == (True, 204, 204)


@pytest.mark.parametrize("reply", [UNAVAILABLE, answer(429), answer(520)], ids=["503", "429", "520"])
def test_an_operation_that_something_in_front_refuses_has_no_verdict(reply: bytes) -> None:
    """A gateway that answers for each update, whatever a read gets, is an outage, and says nothing of the operation."""
    with (
        recording(breaking_updates(reply)) as server,
        client_of(server.url, patience=0.9) as client,
        pytest.raises(NoVerdict),
    ):
        client.send(POISON, control=CONTROL)


def test_a_target_that_breaks_reads_as_well_is_gone() -> None:
    """Where neither an update nor a read is answered, there is no verdict."""
    with (
        recording(in_turn(RESET)) as server,
        client_of(server.url, patience=0.9) as client,
        pytest.raises(NoVerdict, match="does not answer"),
    ):
        client.send(POISON, control=CONTROL)


def test_a_kept_connection_that_is_gone_is_no_interruption() -> None:
    """A server may close a connection that it kept: the request goes out again at once, on a new one."""
    with recording(in_turn(EMPTY_204, RESET, EMPTY_204)) as server, client_of(server.url) as client:
        client.send(UPDATE)
        exchange = client.send(UPDATE)

    assert (exchange.status, exchange.sent_again, client.retry_budget.interruptions) == (204, True, 0)
    assert len(server.requests) == 3


def test_a_rate_limit_slows_the_run_down(clock: Clock) -> None:
    """After a 429 everybody waits for as long as it says, and then asks less often."""
    replies = in_turn(EMPTY_204, answer(429, "Retry-After: 1"), EMPTY_204)
    with recording(replies) as server, client_of(server.url) as client:
        client.send(UPDATE)
        client.send(UPDATE)
        paused, began = clock.waited, clock.monotonic()
        for _ in range(5):
            client.send(UPDATE)
        took = clock.monotonic() - began

    assert 0.5 < paused <= 1.0
    assert took >= 0.04


def test_a_rate_limit_without_end_names_the_option() -> None:
    """A target that only ever limits the rate gives no verdict, and the message says what to try."""
    with (
        recording(in_turn(answer(429))) as server,
        client_of(server.url, patience=0.3) as client,
        pytest.raises(NoVerdict, match="--rate-limit"),
    ):
        client.send(UPDATE)
