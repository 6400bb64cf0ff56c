"""Vendors that refuse an update and do something all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from contracts.vendor.model import WRITE, Answer, Call, Refusal
from tests.suite.vendors.finders import BY_STATUS, CREATES_NONE, NO_CUSTOMER, OTHERS, STAYS_REMOVED
from tests.suite.vendors.variant import Broken, Row, Variant, broken
from tests.suite.vendors.ways import EXTERNAL_ID, NAME, Members

# The statuses of a refusal that has an effect.
REFUSING = ((400,), (401,), (403,), (413, 415), (422,))

Effect = Callable[[Variant, Call, str], object]


def acting(effect: Effect, *statuses: int) -> Callable[..., Answer]:
    """A method `update` that has an effect when it refuses an update with one of these statuses."""

    def update(self: Variant, call: Call, slug: str) -> Answer:
        try:
            return Variant.update(self, call, slug)
        except Refusal as refusal:
            if refusal.status in statuses:
                effect(self, call, slug)
            raise

    return update


def on_known(effect: Effect) -> Effect:
    """The effect, where there is a customer of this slug."""
    return lambda vendor, call, slug: slug in vendor.customers and effect(vendor, call, slug)


def acts(sentence: str, effect: Effect) -> tuple[Row, ...]:
    """Has its effect on a customer when it refuses its update: a vendor for each status of a refusal."""

    def row(statuses: tuple[int, ...]) -> Row:
        description = f"{sentence} when it refuses the update with {' or '.join(map(str, statuses))}."
        suffix = f"With{'Or'.join(map(str, statuses))}"
        update = acting(on_known(effect), *statuses)
        return broken("refused.unchanged", BY_STATUS[statuses[0]])(description, suffix, update=update)

    return tuple(map(row, REFUSING))


def _store_the_body(vendor: Variant, call: Call, slug: str) -> None:
    text = call.body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    vendor.customers[slug].update(value if isinstance(value, dict) else {NAME: text[:1000]})


StoresTheBody = acts("Stores whatever came as the body", _store_the_body)
ClearsTheExternalId = acts(
    "Clears the external id", lambda vendor, call, slug: vendor.customers[slug].update({EXTERNAL_ID: None})
)
DeletesTheCustomer = acts("Deletes the customer", lambda vendor, call, slug: vendor.customers.pop(slug))
StoresWhatItForbids = broken("refused.unchanged", BY_STATUS[403])(
    "Stores the update before it looks at the scope.",
    update=acting(on_known(lambda vendor, call, slug: vendor.store(vendor.customers[slug], vendor.parse(call))), 403),
)


class StoresWhatItRefuses(Broken):
    """Stores the name before it looks at the other members."""

    breaks, found_by = "refused.unchanged", BY_STATUS[422]

    def validate(self, value: Any, slug: str) -> None:
        if isinstance(value, dict) and isinstance(value.get(NAME), str) and slug in self.customers:
            self.customers[slug][NAME] = value[NAME]
        super().validate(value, slug)


# Customers that are not there


class CreatesWhatIsNotThere(Broken):
    """Makes a customer of an unknown slug, although it answers 404, then and later on."""

    breaks, found_by = "refused.created", CREATES_NONE

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self.customers and slug.startswith("contract-test-"):
            self.add(slug, "Nobody")
        if self.customers.get(slug, {}).get(NAME) == "Nobody":
            raise Refusal(404, "No customer has this slug.")
        return super().update(call, slug)


class Upserts(Broken):
    """Makes a customer of an unknown slug, and answers 204."""

    breaks, found_by = "status.slug", NO_CUSTOMER

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self.customers and slug.startswith("contract-test-"):
            self.authorize(call, WRITE)
            self.validate(self.parse(call), slug)
            self.add(slug, "Nobody")
        return super().update(call, slug)


class FindsRemovedCustomers(Broken):
    """Removes customers from sight alone, and updates them all the same."""

    breaks, found_by = "status.slug", STAYS_REMOVED

    def begin(self) -> None:
        self._removed: dict[str, Members] = {}

    def delete(self, call: Call, slug: str) -> Answer:
        removed = dict(self.customers.get(slug, {}))
        answer = super().delete(call, slug)
        self._removed[slug] = removed
        return answer

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self._removed:
            return super().update(call, slug)
        self.authorize(call, WRITE)
        self.validate(self.parse(call), slug)
        return Answer(204)


class RevivesRemovedCustomers(FindsRemovedCustomers):
    """Answers an update of a customer that was removed with 404, and brings it back."""

    breaks = "refused.created"

    def update(self, call: Call, slug: str) -> Answer:
        if super().update(call, slug).status == 204 and slug in self._removed:
            self.customers[slug] = self._removed[slug]
            raise Refusal(404, "No customer has this slug.")
        return Answer(204)


# Other customers


def _rename_another(vendor: Variant, call: Call, slug: str) -> None:
    first = next(iter(vendor.customers.values()))
    if first["slug"] != slug:
        first[NAME] = "Oops"


TouchesAnotherWith401 = broken("update.isolated", OTHERS)(
    "Renames the customer that was made first when it answers the update of another one with 401.",
    update=acting(_rename_another, 401),
)
TouchesAnotherWith404 = broken("update.isolated", OTHERS)(
    "Renames the customer that was made first when it answers the update of an unknown one with 404.",
    update=acting(_rename_another, 404),
)
