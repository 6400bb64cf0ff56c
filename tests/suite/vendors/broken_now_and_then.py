"""Vendors that are right most of the time."""

from __future__ import annotations

import random
from typing import Any

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.variant import Broken


class _Fails(Broken):
    """Answers each so many'th update with 500."""

    breaks, found_by = "status.internal_error", OTHER_VALID
    each: int

    def update(self, call: Call, slug: str) -> Answer:
        if (self.updates + 1) % self.each == 0:
            self.updates += 1
            raise Refusal(500, "Unlucky.")
        return super().update(call, slug)


class FailsEach10thTime(_Fails):
    """Answers each 10th update with 500."""

    each = 10


class FailsEach20thTime(_Fails):
    """Answers each 20th update with 500."""

    each = 20


class FailsEach40thTime(_Fails):
    """Answers each 40th update with 500."""

    each = 40


class FailsByChance(Broken):
    """Answers one update in twenty with 500, nobody knows which."""

    breaks, found_by = "status.internal_error", OTHER_VALID

    def update(self, call: Call, slug: str) -> Answer:
        if random.random() < 1 / 20:
            raise Refusal(500, "Unlucky.")
        return super().update(call, slug)


class _Loses(Broken):
    """Answers 204 to each so many'th update and does not store its name."""

    breaks, found_by = "update.stored", OTHER_VALID
    each: int

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        lost = "name" in customer and self.updates % self.each == 0
        super().store(customer, value | ({"name": customer["name"]} if lost else {}))


class LosesEach10thUpdate(_Loses):
    """Answers 204 to each 10th update and does not store its name."""

    each = 10


class LosesEach20thUpdate(_Loses):
    """Answers 204 to each 20th update and does not store its name."""

    each = 20


class LosesEach40thUpdate(_Loses):
    """Answers 204 to each 40th update and does not store its name."""

    each = 40


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
