"""Vendors that are right most of the time."""

from __future__ import annotations

import random
import zlib
from collections import Counter

from contracts.vendor.model import READ, Answer, Call, Refusal
from tests.suite.vendors.finders import OTHER_SCHEMA, OTHER_VALID, STAYS
from tests.suite.vendors.variant import Broken, Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import EXTERNAL_ID, NAME, Members, first


def fails_each(number: int) -> Row:
    """Answers each so many'th update with 500."""

    def update(self: Variant, call: Call, slug: str) -> Answer:
        if (self.updates + 1) % number == 0:
            self.updates += 1
            raise Refusal(500, "Unlucky.")
        return Variant.update(self, call, slug)

    return broken("status.internal_error", OTHER_VALID)(f"Answers each {number}th update with 500.", update=update)


def loses_each(number: int) -> Row:
    """Answers 204 to each so many'th update and does not store its name."""

    def store(self: Variant, customer: Members, value: Members) -> None:
        lost = NAME in customer and self.updates % number == 0
        Variant.store(self, customer, value | ({NAME: customer[NAME]} if lost else {}))

    sentence = f"Answers 204 to each {number}th update and does not store its name."
    return broken("update.stored", OTHER_VALID)(sentence, store=store)


FailsEach10thTime = fails_each(10)
FailsEach20thTime = fails_each(20)
FailsEach40thTime = fails_each(40)
FailsByChance = broken("status.internal_error", OTHER_VALID)(
    "Answers one update in twenty with 500, nobody knows which.",
    **first(update=lambda vendor, call, slug: refuse_if(random.random() < 1 / 20, 500, "Unlucky.")),
)
LosesEach10thUpdate = loses_each(10)
LosesEach20thUpdate = loses_each(20)
LosesEach40thUpdate = loses_each(40)


class FailsOnceOnSomeBodies(Broken):
    """Answers 500 to one body in ten, and only the first time that it comes."""

    breaks, found_by = "status.internal_error", OTHER_VALID

    def begin(self) -> None:
        self._known: set[bytes] = set()

    def update(self, call: Call, slug: str) -> Answer:
        known = call.body in self._known
        self._known.add(call.body)
        refuse_if(not known and zlib.crc32(call.body) % 10 == 0, 500, "Unlucky.")
        return super().update(call, slug)


class LosesTheFirstUpdateLater(Broken):
    """Begins with a cold cache: it loses the first update that it gets once 500 others have come."""

    breaks, found_by = "update.stored", STAYS

    def update(self, call: Call, slug: str) -> Answer:
        if not self.updates:
            self._slug, self._before = slug, {name: self.find(slug)[name] for name in (NAME, EXTERNAL_ID)}
        if self.updates == 500:
            self.find(self._slug).update(self._before)
        return super().update(call, slug)


class ReadsFromAnOldCopy(Broken):
    """Shows in every third read a customer as it was made."""

    breaks, found_by = "update.linearizable", STAYS

    def begin(self) -> None:
        self._copies: dict[str, Members] = {}
        self._reads: Counter[str] = Counter()

    def store(self, customer: Members, value: Members) -> None:
        super().store(customer, value)
        self._copies.setdefault(customer["slug"], dict(customer))

    def show(self, call: Call, slug: str) -> Answer:
        self._reads[slug] += 1
        if slug in self.customers and self._reads[slug] % 3 == 0:
            self.authorize(call, READ)
            return self.json(200, self._copies[slug])
        return super().show(call, slug)


class MistakesTheMediaTypeEach20thTime(Broken):
    """Sends each 20th problem as application/json."""

    breaks, found_by = "problem.media_type", OTHER_SCHEMA
    _problems = 0

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        self._problems += 1
        if self._problems % 20 == 0:
            answer.headers = [("Content-Type", "application/json")]
        return answer
