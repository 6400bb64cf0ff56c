"""Vendors that take one credential, or one slug, for another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import unquote

from contracts.vendor import READ, WRITE, Call, Refusal
from tests.suite.vendors.named import named_after
from tests.suite.vendors.variant import Broken

UNAUTHORIZED = "test_a_request_without_a_valid_credential_is_answered_401"
FORBIDDEN = "test_a_credential_without_the_scope_is_answered_403"
NOT_FOUND = "test_a_slug_that_names_no_customer_is_answered_404"
VALID = "test_a_valid_update_is_answered_204_and_empty"


# Credentials


class _Reads(Broken):
    """Reads the Authorization header as `read` has it: as that of a token that it knows."""

    breaks, found_by = "status.credential", UNAUTHORIZED
    read: Callable[[str, str], bool]

    def authorize(self, call: Call, scope: str) -> None:
        came = call.header("authorization")
        taken = next((token for token in self.tokens if self.read(came, token)), None)
        header = came if taken is None else f"Bearer {taken}"
        super().authorize(replace(call, headers=[("authorization", header)]), scope)


def _reads(read: Callable[[str, str], bool]) -> type[Broken]:
    return named_after(read, _Reads, read=staticmethod(read))


@_reads
def takes_any_scheme(header: str, token: str) -> bool:
    """Takes a valid token by any scheme."""
    return header.endswith(f" {token}")


@_reads
def takes_no_scheme(header: str, token: str) -> bool:
    """Takes a valid token without a scheme."""
    return header == token


@_reads
def takes_what_a_token_begins_with(header: str, token: str) -> bool:
    """Takes the beginning of a valid token, from its fifth character on."""
    return len(header) > len("Bearer ksh_") and f"Bearer {token}".startswith(header)


@_reads
def takes_what_begins_with_a_token(header: str, token: str) -> bool:
    """Takes a valid token with more after it."""
    return header.startswith(f"Bearer {token}")


@_reads
def takes_tokens_in_any_letter_case(header: str, token: str) -> bool:
    """Takes a valid token in any letter case."""
    return header.lower() == f"bearer {token}".lower()


@_reads
def takes_any_basic(header: str, token: str) -> bool:
    """Takes any user and password by the scheme Basic."""
    return header.startswith("Basic ")


@_reads
def takes_machine_tokens(header: str, token: str) -> bool:
    """Takes tokens of the class ksm_."""
    return header.startswith("Bearer ksm_")


@_reads
def takes_any_token_of_its_class(header: str, token: str) -> bool:
    """Takes every token that begins with ksh_ for the one that may write, but for the one that may not."""
    return header.startswith("Bearer ksh_") and not header.endswith("-may-read")


class WantsOneLetterCase(Broken):
    """Takes the scheme Bearer in one letter case only."""

    breaks, found_by = "status.valid", VALID

    def authorize(self, call: Call, scope: str) -> None:
        if not call.header("authorization").startswith("Bearer"):
            raise Refusal(401, "A valid bearer token is needed.")
        super().authorize(call, scope)


# Scopes


class IgnoresScopes(Broken):
    """Lets any valid token write."""

    breaks, found_by = "status.scope", FORBIDDEN

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(call, READ)


class IgnoresScopesOfSmallBodies(Broken):
    """Lets any valid token write, where the body has no external id."""

    breaks, found_by = "status.scope", FORBIDDEN

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(call, scope if b"externalCustomerId" in call.body else READ)


class DoesNotKnowReaders(Broken):
    """Answers a valid token that may not write with 401."""

    breaks, found_by = "status.scope", FORBIDDEN

    def authorize(self, call: Call, scope: str) -> None:
        try:
            super().authorize(call, scope)
        except Refusal as refusal:
            status = 401 if scope == WRITE else refusal.status
            raise Refusal(status, refusal.detail) from None


# Slugs


class _Finds(Broken):
    """Finds a customer also where `meant` says that its slug is the one that is meant."""

    breaks, found_by = "status.slug", NOT_FOUND
    meant: Callable[[str, str], bool]

    def find(self, slug: str) -> dict[str, Any]:
        known = slug in self.customers
        return super().find(slug if known else next((own for own in self.customers if self.meant(slug, own)), slug))


def _finds(meant: Callable[[str, str], bool], found_by: str = NOT_FOUND) -> type[Broken]:
    return named_after(meant, _Finds, meant=staticmethod(meant), found_by=found_by)


@_finds
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


@partial(_finds, found_by="test_a_request_left_open_gets_one_of_the_answers_allowed")
def ends_slugs_at_nul(slug: str, own: str) -> bool:
    """Reads slugs up to a zero byte, as C does."""
    return slug.partition("\0")[0] == own


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

    breaks, found_by = "status.slug", NOT_FOUND
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

    breaks, status = "status.internal_error", 500
    condition = staticmethod(lambda slug: not slug.isascii())


class FindsPercentsMalformed(_RefusesSlugs):
    """Answers slugs with a percent sign with 400."""

    status = 400
    condition = staticmethod(lambda slug: "%" in slug)


class FindsStrangeSlugsInvalid(_RefusesSlugs):
    """Answers slugs that no customer can have with 422."""

    status = 422
    condition = staticmethod(lambda slug: re.fullmatch("[a-z0-9-]{2,100}", slug) is None)


class AnswersUnknownSlugsWith403(Broken):
    """Hides which customers exist behind a 403."""

    breaks, found_by = "status.slug", NOT_FOUND

    def find(self, slug: str) -> dict[str, Any]:
        try:
            return super().find(slug)
        except Refusal:
            raise Refusal(403, "You may not see this customer.") from None
