"""Trials blame a request for what it did, and for nothing that the suite did meanwhile."""

from __future__ import annotations

from pathlib import Path

from contracts.document import load
from contracts.exchange import CUSTOMER, update
from contracts.run import Options, Run
from contracts.target import Target
from tests.suite.choosy import TOKENS
from tests.suite.served import serving
from tests.suite.vendors.broken_wire import CutsProblemsShort


def test_a_request_that_breaks_the_connection_changed_no_other_customer(tmp_path: Path) -> None:
    """The plain update that tells a request's own trouble from the target's is not held against the request."""
    vendor = CutsProblemsShort(load("docs"))
    with serving(vendor) as server:
        run = Run(Options(Target(server.url, TOKENS), vendor.document, tmp_path))
        customer = run.customers.make_several(1)[0]
        outcome = run.trials.leaving_others_alone(update(CUSTOMER, b'{"name":null}'), customer)
        run.close()

    assert outcome.rules == {"answer.given"}
