"""Attempts: what is tried on a customer says something of the request that was tried, and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.attempt import Attempt, Attempts
from contracts.clients import spread
from contracts.customers.disposable import Customers
from contracts.fuzz.payloads import to_json
from contracts.http.client import Client
from contracts.http.request import CUSTOMER, Request, update
from contracts.http.target import MOCK_URL, Limits, Target
from contracts.metrics import Metrics
from contracts.rules.document import load
from contracts.rules.judge import Circumstance
from contracts.rules.state import BEFORE
from contracts.run import Options, Run
from contracts.vendor import served as mock
from contracts.vendor.model import Answer, Call, Refusal, Vendor
from tests.suite.choosy import TOKENS, Choosy
from tests.suite.clock import clock_of
from tests.suite.served import Reset, serving
from tests.suite.vendors import vendor_named

PLAIN = update(CUSTOMER, b'{"name":"x"}')


def attempts_on(vendor: Vendor) -> Attempts:
    """Attempts on a vendor, in process."""
    client = Client(Target(MOCK_URL, TOKENS, Limits(settle=0.1)), mock.transport(vendor))
    return Attempts(client, load("docs"), Customers(client, None), Metrics())


def beside_others(attempts: Attempts, template: Request) -> Attempt:
    """A request that is tried on a customer, while others are looked at."""
    return attempts.send_beside_others(template, attempts.customers.unused())[0]


def test_in_place_of_a_customer_that_is_gone_a_new_one_is_used() -> None:
    """What a request does to a customer is no trouble of the requests that are tried on it afterwards."""
    vendor = Choosy()
    attempts = attempts_on(vendor)
    customer = attempts.customers.unused()
    del vendor.customers[customer.slug]
    gone = customer.slug
    first = attempts.send(PLAIN, customer)

    second = attempts.send(PLAIN, customer, apart=True)

    assert (first.exchange.status, second.exchange.status) == (404, 204)
    assert customer.slug != gone
    assert not second.violations


class FailsOnce(Choosy):
    """Fails with a 500 on the first update that sets a customer apart."""

    failed = False

    def update(self, call: Call, slug: str) -> Answer:
        if not self.failed and b"Before " in call.body:
            self.failed = True
            raise Refusal(500, "It broke.")
        return super().update(call, slug)


def test_what_sets_a_customer_apart_is_judged_too() -> None:
    """Where the update before a request fails, that is what is told: the request itself would prove nothing."""
    attempts = attempts_on(FailsOnce())
    refused = update(CUSTOMER, b'{"name":""}')

    attempts.send(PLAIN, attempts.customers.own)
    first, second = (attempts.send(refused, attempts.customers.own, apart=True) for _ in range(2))

    assert "status.internal_error" in first.broken
    assert b"Before " in first.template.body
    assert (second.exchange.status, second.violations) == (422, ())


def test_what_sets_another_customer_apart_is_judged_too() -> None:
    """Where the update of a customer that is looked at fails, that is what is told."""
    attempts = attempts_on(FailsOnce())

    first, second = (beside_others(attempts, PLAIN) for _ in range(2))

    assert "status.internal_error" in first.broken
    assert (second.exchange.status, second.violations) == (204, ())


def test_a_customer_that_cannot_be_set_apart_was_not_made_by_a_refused_request() -> None:
    """Where every update is refused, that is told, and not that the suite's own customer is there."""
    vendor = Choosy()
    attempts = attempts_on(vendor)
    customer = attempts.customers.unused()
    attempts.send(PLAIN, customer)
    vendor.refuse("PUT", 422)
    to_nobody = update(attempts.customers.unused_slug(), b'{"name":"x"}')

    attempt = attempts.send(to_nobody, customer, circumstance=Circumstance.OF_NOBODY, apart=True)

    assert attempt.broken == {"status.valid"}


class TooSlow(Choosy):
    """Has a gateway that does not wait for some updates, which may be carried out later on."""

    def update(self, call: Call, slug: str) -> Answer:
        return Answer(504) if b"slow" in call.body else super().update(call, slug)


class LosesAServer(Choosy):
    """Has a server for slugs of nobody, and something in front of it that does without that server for a while."""

    down = 20

    def route(self, call: Call) -> Answer:
        if "nobody" in call.path and self.down:
            self.down -= 1
            return Answer(503)
        return super().route(call)


def test_a_slug_of_nobody_is_not_to_blame_for_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where customers are spread over servers, that of the path may be down although the customer's own is there."""
    clock_of(monkeypatch, "contracts.http.retries", "contracts.http.client")
    attempts = attempts_on(LosesAServer())

    attempt = attempts.send(update("contract-test-nobody", b'{"name":"x"}'), attempts.customers.make())

    assert (attempt.exchange.status, attempt.broken) == (404, frozenset())


def test_after_a_request_that_was_given_up_a_new_customer_is_used() -> None:
    """What may still happen to a customer is no trouble of the requests that are tried afterwards."""
    attempts = attempts_on(TooSlow())
    customer = attempts.customers.make()
    first = customer.slug

    given_up = attempts.send(update(CUSTOMER, b'{"name":"slow"}'), customer)
    refused = attempts.send(update(CUSTOMER, b'{"name":""}'), customer, apart=True)

    assert given_up.broken == {"answer.given"}
    assert customer.slug != first
    assert not refused.broken


class Unique(Choosy):
    """Lets no two customers have the same external id."""

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        for other in self.customers.values():
            if other["externalCustomerId"] == value.get("externalCustomerId"):
                other["externalCustomerId"] = None
        super().store(customer, value)


class FailsOnTheSameName(Choosy):
    """Has an index that lets no two customers have one name, and no handler for what that raises."""

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if any(other["name"] == value["name"] for other in self.customers.values() if other is not customer):
            raise Refusal(500, "Duplicate entry.")
        super().store(customer, value)


SAME_ID = update(CUSTOMER, to_json({"name": "x", "externalCustomerId": BEFORE}))


def test_a_request_that_takes_a_detail_from_another_customer_is_found_out() -> None:
    """A customer keeps its external id although another one gets the same."""
    assert beside_others(attempts_on(Unique()), SAME_ID).broken == {"update.isolated"}


def test_a_request_that_changes_a_customer_with_the_same_details_is_found_out() -> None:
    """An update changes the customer in its path alone, whatever another one has stored."""
    vendor = vendor_named("WritesToWhatHasTheSameDetails")(load("docs"))

    assert beside_others(attempts_on(vendor), SAME_ID).broken == {"update.isolated"}


def test_a_customer_may_have_the_details_of_another_one() -> None:
    """The customer to look at gets the same details, and an answer to that is judged like any other."""
    assert "status.internal_error" in beside_others(attempts_on(FailsOnTheSameName()), PLAIN).broken


def test_what_was_done_to_a_customer_by_an_update_of_another_is_told_as_that() -> None:
    """A refused request that seems to have changed its customer, and does not alone: an update of another one did."""
    attempts = attempts_on(Unique())
    first, second = attempts.customers.make(), attempts.customers.make()
    attempts.send(SAME_ID, first)
    attempts.send(SAME_ID, second)

    failed = attempts.send(update(CUSTOMER, b'{"name":""}'), first)
    (again,) = attempts.again(failed)

    assert failed.broken == {"refused.unchanged"}
    assert (again.broken, again.repeated) == ({"update.isolated"}, True)


def test_a_request_that_breaks_the_connection_changed_no_other_customer(tmp_path: Path) -> None:
    """The plain update that tells a request's own trouble from the target's is not held against the request."""
    vendor = vendor_named("CutsProblemsShort")(load("docs"))
    with serving(vendor) as server:
        run = Run(Options(Target(server.url, TOKENS), vendor.document, tmp_path)).open()
        attempt = beside_others(run.attempts, update(CUSTOMER, b'{"name":null}'))
        run.close()

    assert attempt.broken == {"answer.given"}


class BreaksUpdates(Vendor):
    """Resets the connection on every update; whatever else is asked it answers."""

    def update(self, call: Call, slug: str) -> Answer:
        raise Reset


def test_an_operation_that_breaks_every_connection_is_found_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no update is answered and the siblings are, each update breaks its promise, and the run goes on."""
    vendor = BreaksUpdates(load("docs"))
    with serving(vendor) as server:
        run = Run(Options(Target(server.url, TOKENS, Limits(settle=0.1)), vendor.document, tmp_path)).open()
        clock = clock_of(monkeypatch, "contracts.http.retries", "contracts.http.client")
        attempts = [run.attempts.send(PLAIN, run.customers.unused(), apart=True) for _ in range(3)]
        run.close()

    assert [attempt.broken for attempt in attempts] == [{"answer.given"}] * 3
    assert clock.waited < 10.0
    assert vendor.customers == {}


def test_requests_are_spread_over_several_customers(tmp_path: Path) -> None:
    """Requests that are sent together go to several customers, each to one, and all of them come back."""
    vendor = Vendor(load("docs"))
    with serving(vendor) as server:
        target = Target(server.url, TOKENS, Limits(concurrency=4))
        run = Run(Options(target, vendor.document, tmp_path)).open()
        requests = [update(CUSTOMER, to_json({"name": f"name {number}"})) for number in range(12)]
        server.calls.clear()
        attempts = spread(run.attempts, requests)
        paths = {path for method, path in server.calls if method == "PUT"}
        run.close()

    assert {attempt.template for attempt in attempts} == set(requests)
    assert {attempt.exchange.status for attempt in attempts} == {204}
    assert not any(attempt.violations for attempt in attempts)
    assert len(paths) == 4


def test_a_500_by_arrangement_is_judged_by_its_shape_alone(tmp_path: Path) -> None:
    """A vendor that was told to fail breaks no promise by the status, and would break one by a wrong shape."""
    run = Run(Options(Target(MOCK_URL, TOKENS), load("docs"), tmp_path)).open()
    assert run.vendor
    customer = run.customers.unused()

    with run.vendor.failing(customer.slug):
        attempt = run.attempts.send(PLAIN, customer, circumstance=Circumstance.PROVOKED)
    run.close()

    assert (attempt.exchange.status, attempt.violations) == (500, ())
    assert run.metrics.tried["problem.title"]


def test_what_a_later_read_shows_is_added_to_what_was_found_before() -> None:
    """If an update is stored wrongly and changes another customer as well, both are told."""

    class StoresWronglyEverywhere(Vendor):
        def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
            for each in [*self.customers.values(), customer]:
                super().store(each, value | {"name": value["name"].upper()})

    attempt = beside_others(attempts_on(StoresWronglyEverywhere(load("docs"))), PLAIN)

    assert attempt.broken >= {"update.stored", "update.isolated"}


@pytest.mark.parametrize(
    ("makes_it", "broken"), [(False, frozenset()), (True, frozenset({"refused.created"}))], ids=["right", "makes-it"]
)
def test_a_refused_update_of_nobody_is_looked_for(makes_it: bool, broken: frozenset[str]) -> None:
    """Where a slug of nobody is tried, it is read afterwards; a customer that is there now is removed in the end."""

    class Makes(Choosy):
        """May make the customer that it says is not there."""

        def update(self, call: Call, slug: str) -> Answer:
            try:
                return super().update(call, slug)
            except Refusal:
                if makes_it:
                    self.add(slug, slug)
                raise

    vendor = Makes()
    attempts = attempts_on(vendor)
    customers = attempts.customers

    template = update(customers.unused_slug(), b'{"name":"x"}')
    attempt = attempts.send(template, customers.unused(), circumstance=Circumstance.OF_NOBODY)
    again = attempts.again(attempt) if broken else [attempt]
    customers.close()

    assert (attempt.exchange.status, attempt.broken) == (404, broken)
    assert again == [attempt]
    assert set(vendor.customers) == {"acme"}
