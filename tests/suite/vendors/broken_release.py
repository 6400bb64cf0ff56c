"""Vendors of the release 1.x that do otherwise than its prose says."""

from __future__ import annotations

from typing import Any

from contracts.vendor.model import Refusal
from tests.suite.vendors.finders import EMAIL_KEPT, EMAIL_REMOVED, OTHER_SCHEMA
from tests.suite.vendors.variant import Broken

EMAIL = "billingEmail"
Members = dict[str, Any]


class _IsV1(Broken):
    """Is of the release 1.x."""

    contract = "v1"


class ClearsAnEmailThatIsLeftOut(_IsV1):
    """Removes the billing address when an update leaves it out."""

    breaks, found_by = "update.stored", EMAIL_KEPT

    def store(self, customer: Members, value: Members) -> None:
        super().store(customer, {EMAIL: ""} | value)


class KeepsAnEmailThatIsEmpty(_IsV1):
    """Keeps the billing address when an update sends an empty one."""

    breaks, found_by = "update.cleared", EMAIL_REMOVED

    def store(self, customer: Members, value: Members) -> None:
        super().store(customer, {name: item for name, item in value.items() if (name, item) != (EMAIL, "")})


class TakesWordsForAnEmail(_IsV1):
    """Takes any text for a billing address."""

    breaks, found_by = "status.schema", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        text = isinstance(value, dict) and isinstance(value.get(EMAIL), str)
        super().validate(value | {EMAIL: ""} if text else value, slug)


class FindsNothingForOddEmails(_IsV1):
    """Answers an address that some take for one with 404."""

    breaks, found_by = "status.email", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if self.document.has_doubtful_email(value):
            raise Refusal(404, "Nobody is there.")


class RefusesNull(_IsV1):
    """Refuses null for the members that its schema types as plain strings."""

    breaks, found_by = "status.valid", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        for name in sorted(set(value) - {"externalCustomerId"}):
            if value[name] is None and name not in self.document.read_only_members:
                item = {"location": f"body.{name}", "message": "expected string"}
                raise Refusal(422, "validation failed", item)
