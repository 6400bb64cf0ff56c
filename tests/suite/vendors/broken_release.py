"""Vendors of the release 1.x that do otherwise than its prose says."""

from __future__ import annotations

from typing import Any

from contracts.vendor.model import Refusal
from tests.suite.vendors.finders import EMAIL_KEPT, EMAIL_REMOVED, OTHER_SCHEMA
from tests.suite.vendors.variant import Broken, Variant, broken, refuse_if
from tests.suite.vendors.ways import then

EMAIL = "billingEmail"

ClearsAnEmailThatIsLeftOut = broken("update.stored", EMAIL_KEPT)(
    "Removes the billing address when an update leaves it out.",
    contract="v1",
    store=lambda self, customer, value: Variant.store(self, customer, {EMAIL: ""} | value),
)
KeepsAnEmailThatIsEmpty = broken("update.cleared", EMAIL_REMOVED)(
    "Keeps the billing address when an update sends an empty one.",
    contract="v1",
    store=lambda self, customer, value: Variant.store(
        self, customer, {name: item for name, item in value.items() if (name, item) != (EMAIL, "")}
    ),
)
TakesWordsForAnEmail = broken("status.schema", OTHER_SCHEMA)(
    "Takes any text for a billing address.",
    contract="v1",
    validate=lambda self, value, slug: Variant.validate(
        self, value | {EMAIL: ""} if isinstance(value, dict) and isinstance(value.get(EMAIL), str) else value, slug
    ),
)
FindsNothingForOddEmails = broken("status.email", OTHER_SCHEMA)(
    "Answers an address that some take for one with 404.",
    contract="v1",
    **then(
        validate=lambda vendor, _, value, slug: refuse_if(
            vendor.document.has_doubtful_email(value), 404, "Nobody is there."
        )
    ),
)


class RefusesNull(Broken):
    """Refuses null for the members that its schema types as plain strings."""

    contract = "v1"
    breaks, found_by = "status.valid", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        for name in sorted(set(value) - {"externalCustomerId"}):
            if value[name] is None and name not in self.document.read_only_members:
                raise Refusal(422, "validation failed", {"location": f"body.{name}", "message": "expected string"})
