"""Tests that are run ahead: what is theirs alone, how much is sent at once, and how they end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from contracts.ahead import Ahead
from contracts.api import Api
from contracts.attempt import BrokenPromise
from contracts.customers.disposable import Customer
from contracts.errors import NoVerdict
from contracts.fuzz.payloads import Payload, payloads, to_json
from contracts.http.request import CUSTOMER, update
from contracts.http.target import Limits, Target
from contracts.rules.document import Document, load
from contracts.rules.state import HIDDEN
from contracts.run import Options, Run
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.fuzz.test_api import TOKENS, api_of
from tests.suite.served import serving
from tests.suite.vendors import vendor_named


class Counting(Vendor):
    """Takes some time for each request, and keeps the most that it ever had to answer at once."""

    takes = 0.005

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self.now = self.most = 0
        self.counted = threading.Lock()

    def handle(self, call: Call) -> Answer:
        with self.counted:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.takes)
        try:
            return super().handle(call)
        finally:
            with self.counted:
                self.now -= 1


class CountingAndBroken(Counting, vendor_named("TitleOfRfc9110")):
    """Breaks a promise with each 422, so that each is tried again."""


def sends(payload: Payload) -> Callable[[Api], object]:
    """A test that sends a payload."""
    return lambda api: api.send(payload)


def test_the_first_test_does_not_wait_for_those_to_come(tmp_path: Path) -> None:
    """While the first test sends its own request, no more tests are run ahead than go beside it."""
    vendor = Counting(load("docs"))
    vendor.takes = 0.02
    with serving(vendor) as server:
        for api in api_of(server, tmp_path, 4):
            before = len(server.calls)
            api.begin("first")
            api.run_ahead((payload.id, sends(payload)) for payload in payloads())
            api.put(api.customer, b'{"name": "First"}')
            sent = len(server.calls) - before

    assert len(payloads()) > 400
    assert sent < 60
    assert 1 < vendor.most <= 4
    # What was not under way by then is never sent.
    assert len(server.calls) - before < 120


def test_a_test_that_is_run_ahead_has_a_customer_and_an_api_of_its_own(tmp_path: Path) -> None:
    """What it sends, and what it finds, is its own: the test that pytest calls meanwhile sees nothing of it."""
    used: list[tuple[str, str]] = []
    with serving(Vendor(load("docs"))) as server:
        for api in api_of(server, tmp_path, 4):
            tests = [f"test {number}" for number in range(4)]
            api.begin("called")
            api.run_ahead((test, lambda api: used.append((api.test, api.customer.slug))) for test in tests)
            ran = [api.was_run_ahead(test) for test in tests]

            assert all(ran)
            assert not api.was_run_ahead("test 1")
            assert api.test == "called"
            assert api.customer.slug not in {slug for _, slug in used}
    assert sorted(test for test, _ in used) == sorted(tests)


def test_where_few_customers_may_exist_tests_that_are_run_ahead_share_them(tmp_path: Path) -> None:
    """Each of them looks at a customer that is made for a short time: no other one takes it away meanwhile."""
    limits = Limits(customers=14)
    with serving(Vendor(load("docs"))) as server:
        run = Run(Options(Target(server.url, TOKENS, limits), load("docs"), journal=tmp_path)).open()
        api = Api(run)
        tests = [f"test {number}" for number in range(8)]
        api.run_ahead((test, lambda api: api.put_beside_others(api.customer, b'{"name": "x"}')) for test in tests)

        assert all(api.was_run_ahead(test) for test in tests)
        run.close()


@pytest.mark.parametrize(
    ("function", "error"),
    [
        pytest.param(lambda api: api.put(api.customer, b'{"name": ""}'), BrokenPromise, id="a-broken-promise"),
        pytest.param(lambda api: pytest.skip("not here"), pytest.skip.Exception, id="skipped"),
    ],
)
def test_what_a_test_raises_ahead_is_raised_in_its_turn(
    function: Callable[[Api], object], error: type[BaseException], tmp_path: Path
) -> None:
    """Until then it is known as what a run that is cut short has found."""
    with serving(CountingAndBroken(load("docs"))) as server:
        for api in api_of(server, tmp_path, 2):
            api.run_ahead([("the test", function)])
            for _ in range(500):
                if found := [*api.unfinished()]:
                    break
                time.sleep(0.01 if error is BrokenPromise else 0)

            with pytest.raises(error) as raised:
                api.was_run_ahead("the test")

    assert found == [("the test", attempt) for attempt in getattr(raised.value, "attempts", ())]


def test_a_customer_of_a_test_that_was_cut_short_ahead_is_not_trusted(tmp_path: Path) -> None:
    """Whether the last request is carried out nobody knows: no later test is blamed for what is stored then."""
    used: list[Customer] = []

    def cut_short(api: Api) -> None:
        used.append(api.customer)
        raise NoVerdict("the target stopped answering")

    with serving(Vendor(load("docs"))) as server:
        for api in api_of(server, tmp_path, 2):
            api.run_ahead([("the test", cut_short)])

            with pytest.raises(NoVerdict):
                api.was_run_ahead("the test")

    assert [HIDDEN in customer.stored for customer in used] == [True]


@pytest.mark.parametrize(
    ("vendor", "concurrency"),
    [
        pytest.param(Counting, 3, id="several"),
        pytest.param(Counting, 1, id="one"),
        pytest.param(CountingAndBroken, 3, id="several-and-tried-again"),
    ],
)
def test_no_more_is_sent_at_once_than_is_allowed(vendor: type[Counting], concurrency: int, tmp_path: Path) -> None:
    """However tests and what they send ahead fall together, `--concurrency` requests are the most at once."""
    some, others = payloads()[::16], [update(CUSTOMER, to_json({"name": f"Name {number}"})) for number in range(20)]
    with serving(vendor(load("docs"))) as server:
        for api in api_of(server, tmp_path, concurrency):
            for number, payload in enumerate(some):
                api.begin(payload.id)
                api.run_ahead((coming.id, sends(coming)) for coming in some[number:])
                with suppress(BrokenPromise):
                    api.put(api.customer, b'{"name": ""}')
                with suppress(BrokenPromise):
                    api.was_run_ahead(payload.id) or api.send(payload)
                if number % 10 == 0:
                    api.send_together(others).each_as_promised()
                    if concurrency > 1:
                        api.put_and_read_at_once([[other.body for other in others[:6]]] * 3)

    assert len(server.calls) > 200
    assert server.vendor.most == concurrency


def test_workers_that_shut_down_cancel_what_waits() -> None:
    """At the end of a run no test is begun any more, and those that wait keep nobody from ending it."""
    workers, go = ThreadPoolExecutor(1), threading.Event()
    ahead, begun = Ahead(workers, lanes=3), []

    def test() -> str:
        begun.append(threading.current_thread())
        go.wait(30)
        return ""

    ahead.run((f"test {number}", test) for number in range(9))
    ended = threading.Thread(target=workers.shutdown, kwargs={"cancel_futures": True}, daemon=True)
    ended.start()
    go.set()
    ended.join(30)

    assert not ended.is_alive()
    assert len(begun) <= 3
