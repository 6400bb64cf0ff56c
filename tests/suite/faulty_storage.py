"""Faulty vendors that store what they should not, or not what they should."""

from __future__ import annotations

import random
import time
from typing import Any

from contracts.vendor import WRITE, Answer, Call, Refusal
from tests.suite.faulty import Faulty


class TrimsNames(Faulty):
    """Stores names without the white space around them."""

    breaks = "update.stored"

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().store(customer, value | {"name": value["name"].strip()})


class KeepsWhatIsLeftOut(Faulty):
    """Treats the update as a patch: what is left out stays."""

    breaks = "update.cleared"

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().store(customer, customer | value)


class StoresWhatItRefuses(Faulty):
    """Stores the name before it looks at the other members."""

    breaks = "refused.unchanged"

    def validate(self, value: Any, slug: str) -> None:
        if isinstance(value, dict) and isinstance(value.get("name"), str) and slug in self.customers:
            self.customers[slug]["name"] = value["name"]
        super().validate(value, slug)


class WritesToTheFirstCustomer(Faulty):
    """Stores every update for the customer that was made first, too."""

    breaks = "update.isolated"

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        for other in self.customers.values():
            super().store(other, value)
        super().store(customer, value)


class RefusesTheSameTwice(Faulty):
    """Answers an update that changes nothing with 409."""

    breaks = "status.documented"

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if "name" in customer and all(customer[name] == value.get(name) for name in ("name", "externalCustomerId")):
            raise Refusal(409, "Nothing would change.")
        super().store(customer, value)


class StoresNothing(Faulty):
    """Answers 204 and keeps the old details."""

    breaks = "update.stored"

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if "createdAt" not in value:
            return
        super().store(customer, value)


class CreatesWhatIsNotThere(Faulty):
    """Makes a customer of an unknown slug, although it answers 404."""

    breaks = "refused.created"

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self.customers and slug.startswith("contract-test-"):
            self.add(slug, "Nobody")
            raise Refusal(404, "No customer has this slug.")
        return super().update(call, slug)


class Upserts(Faulty):
    """Makes a customer of an unknown slug."""

    breaks = "status.slug"

    def update(self, call: Call, slug: str) -> Answer:
        if slug not in self.customers and slug.startswith("contract-test-"):
            self.authorize(call, WRITE)
            self.validate(self.parse(call), slug)
            self.add(slug, "Nobody")
        return super().update(call, slug)


class StoresWhatItForbids(Faulty):
    """Stores the update before it looks at the scope."""

    breaks = "refused.unchanged"

    def update(self, call: Call, slug: str) -> Answer:
        try:
            return super().update(call, slug)
        except Refusal as refusal:
            if refusal.status == 403 and slug in self.customers:
                self.store(self.customers[slug], self.parse(call))
            raise


class TrimsSlugs(Faulty):
    """Looks slugs up without the white space around them."""

    breaks = "status.slug"

    def find(self, slug: str) -> dict[str, Any]:
        return super().find(slug.strip())


class WritesInTwoSteps(Faulty):
    """Stores the two members one after the other, so that another update comes between."""

    breaks = "update.atomic"

    def handle(self, call: Call) -> Answer:
        try:
            return self.route(call)
        except Refusal as refusal:
            return self.problem(call, refusal)

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        customer["name"] = value["name"]
        time.sleep(random.uniform(0, 0.004))
        super().store(customer, value | {"name": customer["name"]})


class ForgetsWhoMadeIt(Faulty):
    """Renews the time of creation with each update."""

    breaks = "update.stored"

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().store(customer, value)
        customer["createdAt"] = customer["updatedAt"]
