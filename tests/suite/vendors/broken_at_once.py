"""Vendors that mix up what several clients do at the same time."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from contracts.vendor.model import READ, Answer, Call, Refusal
from tests.suite.vendors.finders import AT_ONCE, MANY_AT_ONCE
from tests.suite.vendors.variant import Broken, refuse_if
from tests.suite.vendors.ways import EXTERNAL_ID, NAME, Members


class _Unlocked(Broken):
    """A vendor that does several things at a time."""

    breaks, found_by = "update.linearizable", AT_ONCE

    def handle(self, call: Call) -> Answer:
        # Without the lock of the documented vendor.
        try:
            return self.route(call)
        except Refusal as refusal:
            return self.problem(call, refusal)


class FailsInACrowd(_Unlocked):
    """Has a deadlock, and answers 500, when four updates of one customer are under way."""

    breaks, found_by = "status.internal_error", MANY_AT_ONCE

    def begin(self) -> None:
        self._under_way: Counter[str] = Counter()
        self._counting = threading.Lock()

    def update(self, call: Call, slug: str) -> Answer:
        with self._counting:
            self._under_way[slug] += 1
            is_crowded = self._under_way[slug] > 3
        try:
            refuse_if(is_crowded, 500, "There was a deadlock.")
            time.sleep(0.02)
            return super().update(call, slug)
        finally:
            with self._counting:
                self._under_way[slug] -= 1


class WritesInTwoSteps(_Unlocked):
    """Stores the two members one after the other, so that another update comes between."""

    breaks = "update.atomic"

    def store(self, customer: Members, value: Members) -> None:
        if NAME in customer:
            customer[NAME] = value[NAME]
            time.sleep(random.uniform(0, 0.004))
            value = value | {NAME: customer[NAME]}
        super().store(customer, value)


class WritesWhatDiffers(_Unlocked):
    """Writes only the members that differ from what it has read, so that another update comes between."""

    breaks = "update.atomic"

    def store(self, customer: Members, value: Members) -> None:
        if NAME in customer:
            read = dict(customer)
            time.sleep(random.uniform(0, 0.004))
            same = [name for name in (NAME, EXTERNAL_ID) if value.get(name) == read[name]]
            value = value | {name: customer[name] for name in same}
        super().store(customer, value)


class ShowsHalfAnUpdate(_Unlocked):
    """Stores the two members one after the other: a read between them shows the new name beside the old external id."""

    breaks = "update.atomic"

    def store(self, customer: Members, value: Members) -> None:
        if NAME in customer:
            super().store(customer, value | {EXTERNAL_ID: customer[EXTERNAL_ID]})
            time.sleep(0.01)
        super().store(customer, value)


class LosesUpdatesWhileItIsRead(_Unlocked):
    """Loses an update that comes while somebody reads the customer, and answers it 204."""

    def begin(self) -> None:
        self.read: Counter[str] = Counter()

    def show(self, call: Call, slug: str) -> Answer:
        self.read[slug] += 1
        time.sleep(0.01)
        self.read[slug] -= 1
        return super().show(call, slug)

    def store(self, customer: Members, value: Members) -> None:
        if NAME not in customer or not self.read[customer["slug"]]:
            super().store(customer, value)


class GoesBackInTime(_Unlocked):
    """While an update is under way, every other read shows it, and the one after that what was there before."""

    def begin(self) -> None:
        self.before: dict[str, Members] = {}
        self.reads: Counter[str] = Counter()

    def store(self, customer: Members, value: Members) -> None:
        if NAME in customer:
            self.before[customer["slug"]] = dict(customer)
            super().store(customer, value)
            time.sleep(0.02)
            self.before.pop(customer["slug"], None)
        else:
            super().store(customer, value)

    def show(self, call: Call, slug: str) -> Answer:
        self.reads[slug] += 1
        if slug in self.before and self.reads[slug] % 2:
            self.authorize(call, READ)
            return self.json(200, self.before[slug])
        return super().show(call, slug)


class ShowsWhatItRefuses(_Unlocked):
    """Stores an update before it looks at the member names, and takes it back where it refuses it."""

    def validate(self, value: object, slug: str) -> None:
        before = dict(self.customers.get(slug, {}))
        early = before and isinstance(value, dict) and isinstance(value.get(NAME), str)
        if early:
            self.customers[slug].update({name: value[name] for name in (NAME, EXTERNAL_ID) if name in value})
            time.sleep(0.02)
        try:
            super().validate(value, slug)
        except Refusal:
            if early:
                self.customers[slug].update(before)
            raise
