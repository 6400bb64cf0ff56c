"""Vendors of the release 1.x that do otherwise than its prose says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from contracts.rules.document import INVALID_EMAIL
from contracts.vendor.model import Answer, Refusal
from tests.suite.vendors.finders import EMAIL_GONE, EMAIL_KEPT, EMAIL_REMOVED, OTHER_SCHEMA
from tests.suite.vendors.variant import Broken, Variant, broken, refuse_if
from tests.suite.vendors.ways import Members, then, writing

EMAIL = "billingEmail"


def takes(name: str, text_as: Callable[[str, str], str]) -> Callable[..., None]:
    """A method `validate` that takes a text for what `text_as` makes of it, given the customer's slug, too."""

    def validate(self: Variant, value: Any, slug: str) -> None:
        if isinstance(value, dict) and isinstance(text := value.get(name), str):
            value = value | {name: text_as(text, slug)}
        Variant.validate(self, value, slug)

    return validate


def says_of_emails(**own: Any) -> Callable[..., Answer]:
    """A method `problem` that has these members where the handler refuses a billing address."""
    return writing(lambda call, members: members | (own if members["code"] == INVALID_EMAIL else {}))


def emails(change: Callable[[str], str]) -> Callable[..., None]:
    """A method `store` that stores what `change` makes of a billing address."""
    return lambda self, customer, value: Variant.store(
        self, customer, value | ({EMAIL: change(value[EMAIL])} if value.get(EMAIL) else {})
    )


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
    validate=takes(EMAIL, lambda email, slug: ""),
)
TakesAnyAtForAnEmail = broken("status.schema", OTHER_SCHEMA)(
    "Takes any text with an at sign for a billing address.",
    contract="v1",
    validate=takes(EMAIL, lambda email, slug: "" if "@" in email else email),
)
TakesDomainsInCapitals = broken("status.schema", OTHER_SCHEMA)(
    "Takes a domain in any letter case.",
    contract="v1",
    validate=takes("domain", lambda domain, slug: domain.lower()),
)
RefusesTheSlugOnRecord = broken("status.valid", OTHER_SCHEMA)(
    "Refuses a body that names its customer by the slug on record.",
    contract="v1",
    **then(validate=lambda vendor, _, value, slug: refuse_if(value.get("slug") == slug, 422, "Leave it out.")),
)
TakesALongerSlug = broken("status.schema", OTHER_SCHEMA)(
    "Takes a slug that begins with the slug on record for the same.",
    contract="v1",
    validate=takes("slug", lambda named, slug: slug if named.startswith(slug) else named),
)
DropsTheDomainBesideAnEmail = broken("update.stored", OTHER_SCHEMA)(
    "Stores no domain if it gets a billing address as well.",
    contract="v1",
    store=lambda self, customer, value: Variant.store(
        self, customer, value | ({"domain": None} if value.get(EMAIL) else {})
    ),
)
LosesTheTagOfAnEmail = broken("update.stored", OTHER_SCHEMA)(
    "Stores a billing address without its tag.",
    contract="v1",
    store=emails(lambda email: re.sub(r"\+[^@]*", "", email)),
)
ListsErrorsOfItsHandler = broken("problem.errors", OTHER_SCHEMA)(
    "Lists an error where its handler refuses a billing address.",
    contract="v1",
    problem=says_of_emails(errors=[{"location": f"body.{EMAIL}", "message": "Wrong."}]),
)
GivesEveryEmailTheSameCode = broken("problem.member", OTHER_SCHEMA)(
    "Names another code where it refuses a billing address.",
    contract="v1",
    problem=says_of_emails(code="UpdateCustomer.Invalid"),
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


class BringsBackAnEmail(Broken):
    """Shows no billing address once one was removed, and shows it again when an update leaves it out."""

    contract = "v1"
    breaks, found_by = "update.cleared", EMAIL_GONE

    def store(self, customer: Members, value: Members) -> None:
        last = customer.get(EMAIL) or customer.get("lastEmail")
        super().store(customer, value if EMAIL in value else value | {EMAIL: last or ""})
        customer["lastEmail"] = customer[EMAIL] or last


class StoresTheEmailOfAnotherSlug(Broken):
    """Stores the billing address of an update that it refuses because of its slug."""

    contract = "v1"
    breaks, found_by = "refused.unchanged", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        if isinstance(value, dict) and value.get("slug") not in (None, slug) and value.get(EMAIL):
            self.find(slug)[EMAIL] = value[EMAIL]
        super().validate(value, slug)


class RefusesNull(Broken):
    """Refuses null for the members that its schema types as plain strings."""

    contract = "v1"
    breaks, found_by = "status.valid", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        for name in sorted(set(value) - {"externalCustomerId"}):
            if value[name] is None and name not in self.document.read_only_members:
                raise Refusal(422, "validation failed", {"location": f"body.{name}", "message": "expected string"})
