"""Vendors that answer 204 and store something else, somewhere else, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import (
    CLEARED,
    EMPTY_OR_NULL,
    EXAMPLE,
    ONE_MEMBER,
    OTHER_VALID,
    OTHERS,
    SMALL_CHANGE,
    TWICE,
)
from tests.suite.vendors.variant import Broken, Row, Variant, broken, refuse
from tests.suite.vendors.ways import EXTERNAL_ID, NAME, Members, writing

Instead = Callable[[Members, Members], Members | None]


def replacing(replace: Callable[[Variant, Members, Members], None]) -> Callable[..., None]:
    """A method `store` that makes customers as documented, and replaces their details in its own way."""

    def store(self: Variant, customer: Members, value: Members) -> None:
        # Only what is being made has no name yet.
        (replace if NAME in customer else Variant.store)(self, customer, value)

    return store


def stores(sentence: str, instead: Instead, found_by: str = EXAMPLE, breaks: str = "update.stored") -> Row:
    """Stores what `instead` makes of the customer as it was and of the update; where that is None, nothing."""

    def replace(vendor: Variant, customer: Members, value: Members) -> None:
        stored = instead(customer, value)
        if stored is not None:
            Variant.store(vendor, customer, stored)

    return broken(breaks, found_by)(sentence, store=replacing(replace))


def _without_emoji(text: str) -> str:
    """The text with the same character for each beyond the basic plane."""
    return re.sub("[\U00010000-\U0010ffff]", "\ufffd", text)


def clears(sentence: str, instead: Instead) -> Row:
    """Stores something else where the external id is null or left out."""
    return stores(sentence, instead, CLEARED, "update.cleared")


def repeats(sentence: str, breaks: str, again: Callable[[Members], Members]) -> Row:
    """Stores what `again` makes of an update that changes nothing."""
    return stores(sentence, lambda customer, value: again(value) if _same(customer, value) else value, TWICE, breaks)


def renews(sentence: str, member: str, renewed: Callable[[Variant, Members], Any]) -> Row:
    """Changes with each update a member that an update must leave alone."""

    def replace(vendor: Variant, customer: Members, value: Members) -> None:
        Variant.store(vendor, customer, value)
        customer[member] = renewed(vendor, value)

    return broken("update.stored", EXAMPLE)(sentence, store=replacing(replace))


def _same(customer: Members, value: Members) -> bool:
    return all(customer[name] == value.get(name) for name in (NAME, EXTERNAL_ID))


def _has_null(value: Members) -> bool:
    return EXTERNAL_ID in value and value[EXTERNAL_ID] is None


# Not, or not all

StoresNothing = stores("Answers 204 and keeps the old details.", lambda customer, value: None)
StoresNothingAtAll = broken("update.stored", EXAMPLE)(
    "Stores no details, not even those of a new customer, which has no name then.",
    store=lambda self, customer, value: None,
)
StoresOnlyNames = stores(
    "Stores the name, and clears the external id whatever was sent.",
    lambda customer, value: value | {EXTERNAL_ID: None},
)
KeepsExternalIds = stores(
    "Keeps the external id as it was, whatever was sent.",
    lambda customer, value: value | {EXTERNAL_ID: customer[EXTERNAL_ID]},
)
StoresOnlyExternalIds = stores("Keeps the name as it was.", lambda customer, value: value | {NAME: customer[NAME]})
StoresOnlyWithANewName = stores(
    "Stores an update only if the name changes.",
    lambda customer, value: value if value[NAME] != customer[NAME] else None,
    ONE_MEMBER,
)
OverlooksLetterCase = stores(
    "Keeps the name where the new one differs in letter case alone.",
    lambda customer, value: value | ({NAME: customer[NAME]} if value[NAME].lower() == customer[NAME].lower() else {}),
    SMALL_CHANGE,
)
NoticesNoSmallChange = stores(
    "Stores nothing where the external id is as before, and the name differs in letter case alone.",
    lambda customer, value: (
        value
        if value[NAME].lower() != customer[NAME].lower() or value.get(EXTERNAL_ID) != customer[EXTERNAL_ID]
        else None
    ),
    SMALL_CHANGE,
)
OverlooksEmoji = stores(
    "Keeps the name where the new one differs in emoji alone, which are all alike to some collations.",
    lambda customer, value: (
        value | ({NAME: customer[NAME]} if _without_emoji(value[NAME]) == _without_emoji(customer[NAME]) else {})
    ),
    SMALL_CHANGE,
)


class SetsNoFirstExternalId(Broken):
    """Stores no external id of a customer that was made without one."""

    breaks, found_by = "update.stored", EXAMPLE

    def begin(self) -> None:
        self._without: set[str] = set()

    def add(self, slug: str, name: str, external_id: str | None = None) -> Members:
        if external_id is None:
            self._without.add(slug)
        return super().add(slug, name, external_id)

    def store(self, customer: Members, value: Members) -> None:
        is_without = NAME in customer and customer["slug"] in self._without
        super().store(customer, value | ({EXTERNAL_ID: None} if is_without else {}))


# What is null or left out

KeepsWhatIsLeftOut = clears(
    "Treats the update as a patch: what is left out stays.", lambda customer, value: customer | value
)
IgnoresNull = clears(
    "Keeps the external id where the new one is null; left out, it is cleared.",
    lambda customer, value: value | ({EXTERNAL_ID: customer[EXTERNAL_ID]} if _has_null(value) else {}),
)
StoresNullAsEmpty = clears(
    "Stores an empty external id where it is null or left out.",
    lambda customer, value: value | {EXTERNAL_ID: value.get(EXTERNAL_ID) or ""},
)
StoresNullAsWord = clears(
    "Stores the word null for an external id that is null.",
    lambda customer, value: {name: "null" if item is None else item for name, item in value.items()},
)
StoresEmptyAsNull = stores(
    "Stores null for an empty external id.",
    lambda customer, value: value | {EXTERNAL_ID: value.get(EXTERNAL_ID) or None},
    OTHER_VALID,
)

ClearsZeros = stores(
    "Stores null for an external id of the digit zero.",
    lambda customer, value: value | ({EXTERNAL_ID: None} if value.get(EXTERNAL_ID) == "0" else {}),
    OTHER_VALID,
)

ComparesLoosely = stores(
    "Keeps an external id that is null or empty where the new one is either.",
    lambda customer, value: (
        value | ({} if customer[EXTERNAL_ID] or value.get(EXTERNAL_ID) else {EXTERNAL_ID: customer[EXTERNAL_ID]})
    ),
    EMPTY_OR_NULL,
)

# Elsewhere


def _to_all(vendor: Variant, customer: Members, value: Members) -> None:
    for each in vendor.customers.values():
        Variant.store(vendor, each, value)


def _to_all_that_begin_alike(vendor: Variant, customer: Members, value: Members) -> None:
    for slug, each in vendor.customers.items():
        if slug.startswith(customer["slug"]):
            Variant.store(vendor, each, value)


def _to_all_alike(vendor: Variant, customer: Members, value: Members) -> None:
    before = {name: customer[name] for name in (NAME, EXTERNAL_ID)}
    for other in [each for each in vendor.customers.values() if before.items() <= each.items()]:
        Variant.store(vendor, other, value)


def _to_one_alone(vendor: Variant, customer: Members, value: Members) -> None:
    Variant.store(vendor, customer, value)
    for other in vendor.customers.values():
        if other is not customer and other[EXTERNAL_ID] == customer[EXTERNAL_ID]:
            other[EXTERNAL_ID] = None


StoresForTheFirstCustomer = broken("update.stored", EXAMPLE)(
    "Stores every update for the customer that was made first.",
    store=replacing(
        lambda vendor, customer, value: Variant.store(vendor, next(iter(vendor.customers.values())), value)
    ),
)
WritesToTheFirstCustomer = broken("update.isolated", OTHERS)(
    "Stores every update for all customers.", store=replacing(_to_all)
)
WritesToWhatBeginsAlike = broken("update.isolated", OTHERS)(
    "Stores an update for every customer whose slug begins with the one in the path.",
    store=replacing(_to_all_that_begin_alike),
)
WritesToWhatHasTheSameDetails = broken("update.isolated", OTHERS)(
    "Stores an update for every customer that had the same details.", store=replacing(_to_all_alike)
)
KeepsExternalIdsUnique = broken("update.isolated", OTHERS)(
    "Takes the external id away from every other customer that has the same.", store=replacing(_to_one_alone)
)

# What an update must leave alone

MovesTheSlug = renews(
    "Shows a slug that is made from the name.",
    "slug",
    lambda vendor, value: re.sub("[^a-z0-9]+", "-", value[NAME].lower()[:100]),
)
RenewsTheId = renews(
    "Gives the customer a new id with each update.", "id", lambda vendor, value: f"customer-after-{vendor.updates}"
)
ForgetsWhenItWasMade = renews(
    "Renews the time of creation with each update.", "createdAt", lambda vendor, value: datetime.now(UTC).isoformat()
)
ForgetsWhoMadeIt = renews(
    "Says after an update that whoever sent it made the customer.",
    "createdBy",
    lambda vendor, value: {"id": "editor", "name": "The editor"},
)


class MovesCustomers(Broken):
    """Moves a customer to a slug that is made from its name, and gives each problem a number of its own."""

    breaks, found_by = "update.stored", EXAMPLE

    def begin(self) -> None:
        self._problems = count(1)

    def update(self, call: Call, slug: str) -> Answer:
        answer = super().update(call, slug)
        moved = re.sub("[^a-z0-9]+", "-", self.customers[slug][NAME].lower()[:100])
        self.customers[moved] = self.customers.pop(slug) | {"slug": moved}
        return answer

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        number = f"urn:incident:{next(self._problems)}"
        return writing(lambda call, members: members | {"instance": number})(self, call, refusal)


# The same again

AppendsTheSame = repeats(
    "Counts in the name how often the same update came.",
    "update.idempotent",
    lambda value: value | {NAME: f"{value[NAME]} (2)"},
)
ClearsTheSame = repeats(
    "Clears the external id when the same update comes again.",
    "update.idempotent",
    lambda value: value | {EXTERNAL_ID: None},
)
RefusesTheSameTwice = repeats(
    "Answers an update that changes nothing with 409.",
    "status.documented",
    lambda value: refuse(409, "Nothing would change."),
)
FindsTheSameInvalid = repeats(
    "Answers an update that changes nothing with 422.",
    "status.valid",
    lambda value: refuse(422, "Nothing would change.", {"location": "body", "message": "the same"}),
)


class FindsTheSameUnmodified(Broken):
    """Answers an update that changes nothing with 304."""

    breaks, found_by = "response.redirect", TWICE

    def update(self, call: Call, slug: str) -> Answer:
        before = dict(self.customers.get(slug, {}))
        answer = super().update(call, slug)
        return Answer(304) if before and _same(before, self.customers[slug]) else answer
