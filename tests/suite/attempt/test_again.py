"""A failed attempt is tried again, alone: what is seen again, and what comes and goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.fuzz.payloads import to_json
from contracts.http.request import CUSTOMER, update
from contracts.rules.document import load
from contracts.rules.judge import Circumstance
from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.attempt.test_attempt import PLAIN, attempts_on
from tests.suite.choosy import Choosy
from tests.suite.vendors import vendor_named


class ForgetsCapitals(Choosy):
    """Takes a name that differs in capitals alone for the one that it has."""

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        same = customer.get("name", "").lower() == value["name"].lower()
        super().store(customer, value | ({"name": customer["name"]} if same else {}))


@pytest.mark.parametrize("given", [True, False], ids=["given", "not-given"])
def test_what_only_an_update_before_it_brings_about_is_seen_again(given: bool) -> None:
    """A request that fails only after another update is tried again after that one, whether it is given or not."""
    attempts = attempts_on(ForgetsCapitals())
    customer = attempts.customers.unused()
    attempts.send(update(CUSTOMER, b'{"name":"Acme"}'), customer)

    failed = attempts.send(update(CUSTOMER, b'{"name":"ACME"}'), customer)
    (again,) = attempts.again(failed, failed.before if given else None)

    assert failed.broken == again.broken == {"update.stored"}
    assert again.repeated
    assert again.before
    assert again.before.template.body == b'{"name":"Acme"}'


def test_a_request_is_held_against_no_other_than_it_means_the_same_as() -> None:
    """Two requests are refused alike, and wrongly: that they are alike is in no question when one is tried again."""
    attempts = attempts_on(vendor_named("TitleOfRfc9110")(load("docs")))
    customer, refused = attempts.customers.make(), update(CUSTOMER, b'{"name":""}')
    attempts.send(PLAIN, customer)
    like = attempts.send(refused, customer)

    failed = attempts.send(refused, customer, circumstance=Circumstance.REFUSED_TWICE, like=like)
    (again,) = attempts.again(failed, failed.before)

    assert failed.before
    assert failed.before.accepted
    assert failed.broken == again.broken == {"problem.title"}


def test_what_was_broken_once_is_told_from_what_is_broken_each_time() -> None:
    """Of two promises that a request broke, the one that it keeps when it is tried again alone comes and goes."""

    class WrongTitleAndOnceAWrongStatus(Choosy):
        """Refuses under a wrong title; the first time with a wrong status in the body, too."""

        refused = 0

        def problem(self, call: Call, refusal: Refusal) -> Answer:
            self.refused += 1
            answer = super().problem(call, refusal)
            wrong = json.loads(answer.body) | {"title": "Oops"} | ({"status": 1} if self.refused == 1 else {})
            return Answer(answer.status, answer.headers, to_json(wrong))

    attempts = attempts_on(WrongTitleAndOnceAWrongStatus())

    failed = attempts.send(update(CUSTOMER, b'{"name":""}'), attempts.customers.unused())
    again = attempts.again(failed)

    assert failed.broken == {"problem.title", "problem.status"}
    assert [(attempt.broken, attempt.repeated) for attempt in again] == [
        ({"problem.title"}, True),
        ({"problem.status"}, False),
    ]
