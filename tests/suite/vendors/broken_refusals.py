"""Vendors that refuse an update and do something all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from contracts.vendor.model import WRITE, Answer, Call, Refusal
from tests.suite.vendors.finders import BY_STATUS, CREATES_NONE, NO_CUSTOMER, OTHERS
from tests.suite.vendors.variant import Broken

Customer = dict[str, Any]
Effect = Callable[["_Acts", Call, str], None]

# The statuses of a refusal that has an effect.
REFUSING = ((400,), (401,), (403,), (413, 415), (422,))


class _Acts(Broken):
    """Has its effect on a customer whose update it refuses with one of the statuses."""

    breaks = "refused.unchanged"
    statuses: tuple[int, ...] = ()
    effect: ClassVar[Effect]

    def update(self, call: Call, slug: str) -> Answer:
        try:
            return super().update(call, slug)
        except Refusal as refusal:
            if refusal.status in self.statuses and slug in self.customers:
                self.effect(call, slug)
            raise


def _stores_the_body(vendor: _Acts, call: Call, slug: str) -> None:
    """Stores whatever came as the body."""
    text = call.body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    vendor.customers[slug].update(value if isinstance(value, dict) else {"name": text[:1000]})


def _clears_the_external_id(vendor: _Acts, call: Call, slug: str) -> None:
    """Clears the external id."""
    vendor.customers[slug]["externalCustomerId"] = None


def _deletes_the_customer(vendor: _Acts, call: Call, slug: str) -> None:
    """Deletes the customer."""
    del vendor.customers[slug]


def _acting(effect: Effect, statuses: tuple[int, ...]) -> type[Broken]:
    words = " or ".join(map(str, statuses))
    content = {
        "__doc__": f"{(effect.__doc__ or '').rstrip('.')} when it refuses the update with {words}.",
        "__module__": __name__,
        "effect": effect,
        "statuses": statuses,
        "found_by": BY_STATUS[statuses[0]],
    }
    name = f"{effect.__name__}_with_{words}".title().replace("_", "").replace(" ", "")
    return type(name, (_Acts,), content)


for _effect in (_stores_the_body, _clears_the_external_id, _deletes_the_customer):
    for _statuses in REFUSING:
        _acting_so = _acting(_effect, _statuses)
        # A class knows its subclasses, and pickle finds a class, only where a module keeps it.
        globals()[_acting_so.__name__] = _acting_so


class StoresWhatItRefuses(Broken):
    """Stores the name before it looks at the other members."""

    breaks, found_by = "refused.unchanged", BY_STATUS[422]

    def validate(self, value: Any, slug: str) -> None:
        if isinstance(value, dict) and isinstance(value.get("name"), str) and slug in self.customers:
            self.customers[slug]["name"] = value["name"]
        super().validate(value, slug)


class StoresWhatItForbids(Broken):
    """Stores the update before it looks at the scope."""

    breaks, found_by = "refused.unchanged", BY_STATUS[403]

    def update(self, call: Call, slug: str) -> Answer:
        try:
            return super().update(call, slug)
        except Refusal as refusal:
            if refusal.status == 403 and slug in self.customers:
                self.store(self.customers[slug], self.parse(call))
            raise


# Customers that are not there


class CreatesWhatIsNotThere(Broken):
    """Makes a customer of an unknown slug, although it answers 404, then and later on."""

    breaks, found_by = "refused.created", CREATES_NONE

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self.customers and slug.startswith("contract-test-"):
            self.add(slug, "Nobody")
        if self.customers.get(slug, {}).get("name") == "Nobody":
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


# Other customers


class _TouchesAnother(Broken):
    """Renames the customer that was made first when it refuses an update with `status`."""

    breaks, found_by = "update.isolated", OTHERS
    status: int

    def update(self, call: Call, slug: str) -> Answer:
        try:
            return super().update(call, slug)
        except Refusal as refusal:
            first = next(iter(self.customers.values()))
            if refusal.status == self.status and first["slug"] != slug:
                first["name"] = "Oops"
            raise


class TouchesAnotherWith401(_TouchesAnother):
    """Renames the customer that was made first when it answers the update of another one with 401."""

    status = 401


class TouchesAnotherWith404(_TouchesAnother):
    """Renames the customer that was made first when it answers the update of an unknown one with 404."""

    status = 404
