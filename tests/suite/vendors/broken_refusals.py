"""Vendors that refuse an update and do something all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from contracts.vendor import WRITE, Answer, Call, Refusal
from tests.suite.vendors.finders import LEFT_OPEN_STORED
from tests.suite.vendors.variant import Broken

Customer = dict[str, Any]
Effect = Callable[["_Acts", Call, str], None]

# What each refusal is found by.
CHANGES_NOTHING = {
    (400,): "test_a_body_that_is_no_json_changes_nothing",
    (401,): "test_a_request_without_a_valid_credential_changes_nothing",
    (403,): "test_a_credential_without_the_scope_changes_nothing",
    (413, 415): LEFT_OPEN_STORED,
    (422,): "test_json_that_breaks_the_schema_changes_nothing",
}


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
        "found_by": CHANGES_NOTHING[statuses],
    }
    name = f"{effect.__name__}_with_{words}".title().replace("_", "").replace(" ", "")
    return type(name, (_Acts,), content)


for _effect in (_stores_the_body, _clears_the_external_id, _deletes_the_customer):
    for _statuses in CHANGES_NOTHING:
        _acting_so = _acting(_effect, _statuses)
        # A class knows its subclasses, and pickle finds a class, only where a module keeps it.
        globals()[_acting_so.__name__] = _acting_so


class StoresWhatItRefuses(Broken):
    """Stores the name before it looks at the other members."""

    breaks, found_by = "refused.unchanged", CHANGES_NOTHING[422,]

    def validate(self, value: Any, slug: str) -> None:
        if isinstance(value, dict) and isinstance(value.get("name"), str) and slug in self.customers:
            self.customers[slug]["name"] = value["name"]
        super().validate(value, slug)


class StoresWhatItForbids(Broken):
    """Stores the update before it looks at the scope."""

    breaks, found_by = "refused.unchanged", CHANGES_NOTHING[403,]

    def update(self, call: Call, slug: str) -> Answer:
        try:
            return super().update(call, slug)
        except Refusal as refusal:
            if refusal.status == 403 and slug in self.customers:
                self.store(self.customers[slug], self.parse(call))
            raise


# Customers that are not there


class CreatesWhatIsNotThere(Broken):
    """Makes a customer of an unknown slug, although it answers 404."""

    breaks, found_by = "refused.created", "test_a_slug_that_names_no_customer_creates_none"

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self.customers and slug.startswith("contract-test-"):
            self.add(slug, "Nobody")
            raise Refusal(404, "No customer has this slug.")
        return super().update(call, slug)


class Upserts(Broken):
    """Makes a customer of an unknown slug, and answers 204."""

    breaks, found_by = "status.slug", "test_a_slug_that_names_no_customer_is_answered_404"

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self.customers and slug.startswith("contract-test-"):
            self.authorize(call, WRITE)
            self.validate(self.parse(call), slug)
            self.add(slug, "Nobody")
        return super().update(call, slug)


# Other customers


class _TouchesAnother(Broken):
    """Renames the customer that was made first when it refuses an update with `status`."""

    breaks, found_by = "update.isolated", "test_a_request_changes_no_other_customer"
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
