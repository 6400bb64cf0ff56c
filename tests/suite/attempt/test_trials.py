"""Trials: what is tried on a customer says something of the request that was tried, and of nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from contracts.customers.disposable import Customers
from contracts.fuzz.payloads import to_json
from contracts.http.client import Client
from contracts.http.exchange import CUSTOMER, update
from contracts.http.target import MOCK_URL, Limits, Target
from contracts.metrics import Metrics
from contracts.rules.document import load
from contracts.run import Options, Run
from contracts.trials import BEFORE, Trials
from contracts.vendor import served as mock
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.choosy import TOKENS, Choosy
from tests.suite.served import Reset, serving
from tests.suite.vendors.broken_wire import CutsProblemsShort

PLAIN = update(CUSTOMER, b'{"name":"x"}')


def trials_on(vendor: Vendor) -> Trials:
    """Trials on a vendor, in process."""
    client = Client(Target(MOCK_URL, TOKENS, Limits(settle=0.1)), mock.transport(vendor))
    return Trials(client, load("docs"), Customers(client, None), Metrics())


def test_in_place_of_a_customer_that_is_gone_a_new_one_is_used() -> None:
    """What a request does to a customer is no trouble of the requests that are tried on it afterwards."""
    vendor = Choosy()
    trials = trials_on(vendor)
    customer = trials.customers.unused()
    del vendor.customers[customer.slug]
    gone = customer.slug
    first = trials.one(PLAIN, customer)

    second = trials.by_itself(PLAIN, customer)

    assert (first.exchange.status, second.exchange.status) == (404, 204)
    assert customer.slug != gone
    assert not second.violations


def test_a_request_that_takes_a_detail_from_another_customer_is_found_out() -> None:
    """A customer keeps its external id although another one gets the same."""

    class Unique(Choosy):
        """Lets no two customers have the same external id."""

        def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
            for other in self.customers.values():
                if other["externalCustomerId"] == value["externalCustomerId"]:
                    other["externalCustomerId"] = None
            super().store(customer, value)

    trials = trials_on(Unique())
    template = update(CUSTOMER, to_json({"name": "x", "externalCustomerId": BEFORE}))

    outcome = trials.leaving_others_alone(template, trials.customers.unused())

    assert outcome.rules == {"update.isolated"}


def test_a_request_that_breaks_the_connection_changed_no_other_customer(tmp_path: Path) -> None:
    """The plain update that tells a request's own trouble from the target's is not held against the request."""
    vendor = CutsProblemsShort(load("docs"))
    with serving(vendor) as server:
        run = Run(Options(Target(server.url, TOKENS), vendor.document, tmp_path)).open()
        customer = run.customers.unused()
        outcome = run.trials.leaving_others_alone(update(CUSTOMER, b'{"name":null}'), customer)
        run.close()

    assert outcome.rules == {"answer.given"}


class BreaksUpdates(Vendor):
    """Resets the connection on every update; whatever else is asked it answers."""

    def update(self, call: Call, slug: str) -> Answer:
        raise Reset


def test_an_operation_that_breaks_every_connection_is_found_in_seconds(tmp_path: Path) -> None:
    """Where no update is answered and the siblings are, each update breaks its promise, and the run goes on."""
    vendor = BreaksUpdates(load("docs"))
    with serving(vendor) as server:
        run = Run(Options(Target(server.url, TOKENS, Limits(settle=0.1)), vendor.document, tmp_path)).open()
        started = time.monotonic()
        outcomes = [run.trials.by_itself(PLAIN, run.customers.unused()) for _ in range(3)]
        seconds = time.monotonic() - started
        run.close()

    assert [outcome.rules for outcome in outcomes] == [{"answer.given"}] * 3
    assert seconds < 10.0
    assert vendor.customers == {}


def test_requests_are_spread_over_several_customers(tmp_path: Path) -> None:
    """Requests that are sent together go to several customers, each to one, and all of them come back."""
    vendor = Vendor(load("docs"))
    with serving(vendor) as server:
        target = Target(server.url, TOKENS, Limits(concurrency=4))
        run = Run(Options(target, vendor.document, tmp_path)).open()
        requests = [update(CUSTOMER, to_json({"name": f"name {number}"})) for number in range(12)]
        server.calls.clear()
        outcomes = run.trials.spread(requests)
        paths = {path for method, path in server.calls if method == "PUT"}
        run.close()

    assert {outcome.template for outcome in outcomes} == set(requests)
    assert {outcome.exchange.status for outcome in outcomes} == {204}
    assert not any(outcome.violations for outcome in outcomes)
    assert len(paths) == 4


def test_a_500_by_arrangement_is_judged_by_its_shape_alone(tmp_path: Path) -> None:
    """A vendor that was told to fail breaks no promise by the status, and would break one by a wrong shape."""
    run = Run(Options(Target(MOCK_URL, TOKENS), load("docs"), tmp_path)).open()
    assert run.vendor
    customer = run.customers.unused()

    with run.vendor.failing(customer.slug):
        outcome = run.trials.provoked(PLAIN, customer)
    run.close()

    assert (outcome.exchange.status, outcome.violations) == (500, ())
    assert "problem.title" in outcome.answer.tried
