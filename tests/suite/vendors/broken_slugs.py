"""Vendors that take one slug for another, or stumble over slugs that name no customer."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from contracts.vendor.model import Refusal
from tests.suite.vendors.finders import LEFT_OPEN, LONG_LINE, NO_CUSTOMER, OTHER_SLUG
from tests.suite.vendors.named import named_after
from tests.suite.vendors.variant import Broken


class _Finds(Broken):
    """Finds a customer also where `meant` says that its slug is the one that is meant."""

    breaks, found_by = "status.slug", NO_CUSTOMER
    meant: Callable[[str, str], bool]

    def find(self, slug: str) -> dict[str, Any]:
        known = slug in self.customers
        return super().find(slug if known else next((own for own in self.customers if self.meant(slug, own)), slug))


def _finds(meant: Callable[[str, str], bool], found_by: str = OTHER_SLUG) -> type[Broken]:
    return named_after(meant, _Finds, meant=staticmethod(meant), found_by=found_by)


@partial(_finds, found_by=NO_CUSTOMER)
def finds_slugs_in_any_letter_case(slug: str, own: str) -> bool:
    """Looks slugs up whatever their letter case."""
    return slug.lower() == own


@_finds
def trims_slugs(slug: str, own: str) -> bool:
    """Looks slugs up without the white space around them."""
    return slug.strip() == own


@_finds
def decodes_slugs_twice(slug: str, own: str) -> bool:
    """Percent-decodes slugs twice."""
    return unquote(slug) == own


@partial(_finds, found_by=LEFT_OPEN)
def ends_slugs_at_nul(slug: str, own: str) -> bool:
    """Reads slugs up to a zero byte, as C does."""
    return slug.partition("\0")[0] == own


@_finds
def reads_slugs_as_paths(slug: str, own: str) -> bool:
    """Resolves slashes and dot segments in a slug, as a proxy does that decodes the path too early."""
    return "/" in slug and posixpath.normpath(f"/customers/{slug}") == f"/customers/{own}"


@_finds
def cuts_matrix_parameters(slug: str, own: str) -> bool:
    """Reads slugs up to a semicolon."""
    return slug.partition(";")[0] == own


@_finds
def cuts_extensions(slug: str, own: str) -> bool:
    """Reads slugs up to a full stop."""
    return slug.partition(".")[0] == own


@_finds
def completes_slugs(slug: str, own: str) -> bool:
    """Finds the first customer whose slug begins like that."""
    return own.startswith(slug)


@_finds
def reads_slugs_as_patterns(slug: str, own: str) -> bool:
    """Looks slugs up with LIKE, so that a percent sign stands for anything."""
    return "%" in slug and re.fullmatch(".*".join(map(re.escape, slug.split("%"))), own) is not None


@_finds
def folds_slugs(slug: str, own: str) -> bool:
    """Looks slugs up in the normal form NFKC."""
    return unicodedata.normalize("NFKC", slug) == own


class _RefusesSlugs(Broken):
    """Answers `status` for the slugs that `condition` holds of."""

    breaks, found_by = "status.slug", NO_CUSTOMER
    status: int
    condition: Callable[[str], bool]

    def find(self, slug: str) -> dict[str, Any]:
        if self.condition(slug):
            errors = [{"location": "path.customerSlug", "message": "This is no slug."}] if self.status == 422 else []
            raise Refusal(self.status, "What a slug.", *errors)
        return super().find(slug)


class CrashesOnLongSlugs(_RefusesSlugs):
    """Fails with a 500 on slugs of more than 255 characters."""

    breaks, status = "status.internal_error", 500
    condition = staticmethod(lambda slug: len(slug) > 255)


class CrashesOnUnicodeSlugs(_RefusesSlugs):
    """Fails with a 500 on slugs with a character beyond ASCII."""

    breaks, found_by, status = "status.internal_error", OTHER_SLUG, 500
    condition = staticmethod(lambda slug: not slug.isascii())


class FindsPercentsMalformed(_RefusesSlugs):
    """Answers slugs with a percent sign with 400."""

    found_by, status = OTHER_SLUG, 400
    condition = staticmethod(lambda slug: "%" in slug)


class FindsLongLinesMalformed(_RefusesSlugs):
    """Answers a slug of more than 8,000 characters with 400."""

    breaks, found_by, status = "status.request_line", LONG_LINE, 400
    condition = staticmethod(lambda slug: len(slug) > 8000)


class FindsStrangeSlugsInvalid(_RefusesSlugs):
    """Answers slugs that no customer can have with 422."""

    status = 422
    condition = staticmethod(lambda slug: re.fullmatch("[a-z0-9-]{2,100}", slug) is None)


class AnswersUnknownSlugsWith403(Broken):
    """Hides which customers exist behind a 403."""

    breaks, found_by = "status.slug", NO_CUSTOMER

    def find(self, slug: str) -> dict[str, Any]:
        try:
            return super().find(slug)
        except Refusal:
            raise Refusal(403, "You may not see this customer.") from None
