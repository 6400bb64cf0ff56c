"""Vendors that answer 204 and store something else, somewhere else, or not at all."""

from __future__ import annotations

import random
import re
import time
from datetime import UTC, datetime
from typing import Any

from contracts.vendor import Answer, Call, Refusal
from tests.suite.vendors.variant import Broken

STORED = "test_a_valid_update_is_stored_as_sent"
TWICE = "test_the_same_update_twice_is_as_once"
OTHERS = "test_a_request_changes_no_other_customer"
EXTERNAL_ID = "externalCustomerId"


class _Replaces(Broken):
    """Makes customers as documented; what an update stores is what `replace` does."""

    breaks, found_by = "update.stored", STORED

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        """Only what is being made has no name yet."""
        (self.replace if "name" in customer else super().store)(customer, value)

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        """Replace a customer's details."""
        super().store(customer, value)


def _same(customer: dict[str, Any], value: dict[str, Any]) -> bool:
    return all(customer[name] == value.get(name) for name in ("name", EXTERNAL_ID))


# Not, or not all


class StoresNothing(_Replaces):
    """Answers 204 and keeps the old details."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        pass


class StoresOnlyNames(_Replaces):
    """Stores the name, and clears the external id whatever was sent."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {EXTERNAL_ID: None})


class KeepsExternalIds(_Replaces):
    """Keeps the external id as it was, whatever was sent."""

    breaks = "update.cleared"

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {EXTERNAL_ID: customer[EXTERNAL_ID]})


class StoresOnlyExternalIds(_Replaces):
    """Keeps the name as it was."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {"name": customer["name"]})


class StoresOnlyWithANewName(_Replaces):
    """Stores an update only if the name changes."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if value["name"] != customer["name"]:
            super().replace(customer, value)


class OverlooksLetterCase(_Replaces):
    """Keeps the name where the new one differs in letter case alone."""

    found_by = "test_a_small_change_is_stored_too"

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        same = value["name"].lower() == customer["name"].lower()
        super().replace(customer, value | ({"name": customer["name"]} if same else {}))


# What is null or left out


class KeepsWhatIsLeftOut(_Replaces):
    """Treats the update as a patch: what is left out stays."""

    breaks = "update.cleared"

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, customer | value)


class IgnoresNull(_Replaces):
    """Keeps the external id where the new one is null; left out, it is cleared."""

    breaks = "update.cleared"

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        null = EXTERNAL_ID in value and value[EXTERNAL_ID] is None
        super().replace(customer, value | ({EXTERNAL_ID: customer[EXTERNAL_ID]} if null else {}))


class StoresNullAsEmpty(_Replaces):
    """Stores an empty external id where it is null or left out."""

    breaks = "update.cleared"

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {EXTERNAL_ID: value.get(EXTERNAL_ID) or ""})


class StoresNullAsWord(_Replaces):
    """Stores the word null for an external id that is null."""

    breaks = "update.cleared"

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, {name: "null" if item is None else item for name, item in value.items()})


class StoresEmptyAsNull(_Replaces):
    """Stores null for an empty external id."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {EXTERNAL_ID: value.get(EXTERNAL_ID) or None})


# Elsewhere


class StoresForTheFirstCustomer(_Replaces):
    """Stores every update for the customer that was made first."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(next(iter(self.customers.values())), value)


class WritesToTheFirstCustomer(_Replaces):
    """Stores every update for all customers."""

    breaks, found_by = "update.isolated", OTHERS

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        for one in self.customers.values():
            super().replace(one, value)


class KeepsExternalIdsUnique(_Replaces):
    """Takes the external id away from every other customer that has the same."""

    breaks, found_by = "update.isolated", OTHERS

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value)
        for other in self.customers.values():
            if other is not customer and other[EXTERNAL_ID] == customer[EXTERNAL_ID]:
                other[EXTERNAL_ID] = None


# What an update must leave alone


class MovesTheSlug(_Replaces):
    """Shows a slug that is made from the name."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value)
        customer["slug"] = re.sub("[^a-z0-9]+", "-", value["name"].lower()[:100])


class RenewsTheId(_Replaces):
    """Gives the customer a new id with each update."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value)
        customer["id"] = f"customer-after-{self.updates}"


class ForgetsWhenItWasMade(_Replaces):
    """Renews the time of creation with each update."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value)
        customer["createdAt"] = datetime.now(UTC).isoformat()


class ForgetsWhoMadeIt(_Replaces):
    """Says after an update that whoever sent it made the customer."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value)
        customer["createdBy"] = {"id": "editor", "name": "The editor"}


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

    breaks, found_by = "update.atomic", "test_updates_at_once_end_in_one_of_them"

    def handle(self, call: Call) -> Answer:
        try:
            return self.route(call)
        except Refusal as refusal:
            return self.problem(call, refusal)

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        customer["name"] = value["name"]
        time.sleep(random.uniform(0, 0.004))
        super().replace(customer, value | {"name": customer["name"]})
