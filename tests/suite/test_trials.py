"""Trials: what a request does to other customers is told from what the suite does to them."""

from __future__ import annotations

from typing import Any

from contracts import mock
from contracts.client import Client
from contracts.customers import Customers
from contracts.document import load
from contracts.exchange import CUSTOMER, update
from contracts.record import Record
from contracts.target import MOCK_URL, Limits, Target
from contracts.trials import Trials
from contracts.vendor import Answer, Call, Refusal
from tests.suite.choosy import TOKENS, Choosy

MINE = update(CUSTOMER, b'{"name":"Only mine"}')


class _InterruptsOnce(Choosy):
    """Answers the first update of this name with 503."""

    def __init__(self) -> None:
        super().__init__()
        self.interrupted = False

    def route(self, call: Call) -> Answer:
        if b"Only mine" in call.body and not self.interrupted:
            self.interrupted = True
            raise Refusal(503, "No.")
        return super().route(call)


class _WritesToAll(Choosy):
    """Stores every update for every customer."""

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        for one in [customer, *self.customers.values()]:
            super().store(one, value)


def found_by_leaving_others_alone(vendor: Choosy) -> list[str]:
    """The rules that an update breaks by what it does to other customers."""
    client = Client(Target(MOCK_URL, TOKENS, Limits(patience=5, settle=0.1)), mock.transport(vendor))
    trials = Trials(client, load("docs"), Customers(client, None), Record())
    outcome = trials.leaving_others_alone(MINE, trials.customers.make())
    return [violation.rule for violation in outcome.stored.violations]


def test_the_plain_update_of_an_interruption_is_no_finding() -> None:
    """What the suite sends to its first customer, to see whether the target answers, is not the doing of a request."""
    assert found_by_leaving_others_alone(_InterruptsOnce()) == []


def test_an_update_that_changes_others_is_found() -> None:
    """An update that is stored for another customer too is found."""
    assert "update.isolated" in found_by_leaving_others_alone(_WritesToAll())
