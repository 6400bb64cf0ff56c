"""Vendors that answer 204 and store something else, somewhere else, or not at all."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from tests.suite.vendors.finders import CLEARED, ONE_MEMBER, OTHER_VALID, OTHERS, SMALL_CHANGE
from tests.suite.vendors.replacing import EXTERNAL_ID, _Replaces

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

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {EXTERNAL_ID: customer[EXTERNAL_ID]})


class StoresOnlyExternalIds(_Replaces):
    """Keeps the name as it was."""

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {"name": customer["name"]})


class StoresOnlyWithANewName(_Replaces):
    """Stores an update only if the name changes."""

    found_by = ONE_MEMBER

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if value["name"] != customer["name"]:
            super().replace(customer, value)


class OverlooksLetterCase(_Replaces):
    """Keeps the name where the new one differs in letter case alone."""

    found_by = SMALL_CHANGE

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        same = value["name"].lower() == customer["name"].lower()
        super().replace(customer, value | ({"name": customer["name"]} if same else {}))


# What is null or left out


class KeepsWhatIsLeftOut(_Replaces):
    """Treats the update as a patch: what is left out stays."""

    breaks, found_by = "update.cleared", CLEARED

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, customer | value)


class IgnoresNull(_Replaces):
    """Keeps the external id where the new one is null; left out, it is cleared."""

    breaks, found_by = "update.cleared", CLEARED

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        null = EXTERNAL_ID in value and value[EXTERNAL_ID] is None
        super().replace(customer, value | ({EXTERNAL_ID: customer[EXTERNAL_ID]} if null else {}))


class StoresNullAsEmpty(_Replaces):
    """Stores an empty external id where it is null or left out."""

    breaks, found_by = "update.cleared", CLEARED

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, value | {EXTERNAL_ID: value.get(EXTERNAL_ID) or ""})


class StoresNullAsWord(_Replaces):
    """Stores the word null for an external id that is null."""

    breaks, found_by = "update.cleared", CLEARED

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().replace(customer, {name: "null" if item is None else item for name, item in value.items()})


class StoresEmptyAsNull(_Replaces):
    """Stores null for an empty external id."""

    found_by = OTHER_VALID

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
