"""Vendors to which the same update is another one the second time, or that mix up updates at once."""

from __future__ import annotations

import random
import time
from typing import Any

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import AT_ONCE, TWICE
from tests.suite.vendors.replacing import EXTERNAL_ID, _Replaces


def _same(customer: dict[str, Any], value: dict[str, Any]) -> bool:
    return all(customer[name] == value.get(name) for name in ("name", EXTERNAL_ID))


# The same again


class AppendsTheSame(_Replaces):
    """Counts in the name how often the same update came."""

    breaks, found_by = "update.idempotent", TWICE

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        again = _same(customer, value)
        super().replace(customer, value | ({"name": f"{value['name']} (2)"} if again else {}))


class ClearsTheSame(_Replaces):
    """Clears the external id when the same update comes again."""

    breaks, found_by = "update.idempotent", TWICE

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | ({EXTERNAL_ID: None} if _same(customer, value) else {}))


class RefusesTheSameTwice(_Replaces):
    """Answers an update that changes nothing with 409."""

    breaks, found_by = "status.documented", TWICE

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if _same(customer, value):
            raise Refusal(409, "Nothing would change.")
        super().replace(customer, value)


class FindsTheSameInvalid(_Replaces):
    """Answers an update that changes nothing with 422."""

    breaks, found_by = "status.valid", TWICE

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if _same(customer, value):
            raise Refusal(422, "Nothing would change.", {"location": "body", "message": "the same"})
        super().replace(customer, value)


class FindsTheSameUnmodified(_Replaces):
    """Answers an update that changes nothing with 304."""

    breaks, found_by = "response.redirect", TWICE

    def update(self, call: Call, slug: str) -> Answer:
        before = dict(self.customers.get(slug, {}))
        answer = super().update(call, slug)
        return Answer(304) if before and _same(before, self.customers[slug]) else answer


# At once


class WritesInTwoSteps(_Replaces):
    """Stores the two members one after the other, so that another update comes between."""

    breaks, found_by = "update.atomic", AT_ONCE

    def handle(self, call: Call) -> Answer:
        try:
            return self.route(call)
        except Refusal as refusal:
            return self.problem(call, refusal)

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        customer["name"] = value["name"]
        time.sleep(random.uniform(0, 0.004))
        super().replace(customer, value | {"name": customer["name"]})
