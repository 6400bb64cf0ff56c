"""Vendors that take one credential for another, or do not look at what it allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from contracts.vendor.model import READ, WRITE, Answer, Call, Refusal
from tests.suite.vendors.finders import LEFT_OPEN, NO_CREDENTIAL, NO_SCOPE, OTHER_CREDENTIAL, OTHER_VALID
from tests.suite.vendors.named import named_after
from tests.suite.vendors.variant import Broken


class _Reads(Broken):
    """Reads the Authorization header as `read` has it: as that of a token that it knows."""

    breaks = "status.credential"
    read: Callable[[str, str], bool]

    def authorize(self, call: Call, scope: str) -> None:
        came = call.header("authorization")
        taken = next((token for token in self.tokens if self.read(came, token)), None)
        header = came if taken is None else f"Bearer {taken}"
        super().authorize(replace(call, headers=[("authorization", header)]), scope)


def _reads(found_by: str) -> Callable[[Callable[[str, str], bool]], type[Broken]]:
    return lambda read: named_after(read, _Reads, read=staticmethod(read), found_by=found_by)


@_reads(OTHER_CREDENTIAL)
def takes_any_scheme(header: str, token: str) -> bool:
    """Takes a valid token by any scheme."""
    return header.endswith(f" {token}")


@_reads(LEFT_OPEN)
def takes_no_scheme(header: str, token: str) -> bool:
    """Takes a valid token without a scheme."""
    return header == token


@_reads(OTHER_CREDENTIAL)
def takes_what_a_token_begins_with(header: str, token: str) -> bool:
    """Takes the beginning of a valid token, from its fifth character on."""
    return len(header) > len("Bearer ksh_") and f"Bearer {token}".startswith(header)


@_reads(OTHER_CREDENTIAL)
def takes_what_begins_with_a_token(header: str, token: str) -> bool:
    """Takes a valid token with more after it."""
    return header.startswith(f"Bearer {token}")


@_reads(LEFT_OPEN)
def takes_a_token_and_more(header: str, token: str) -> bool:
    """Takes a valid token with another word, or what ends a list, after it."""
    return re.match(rf"Bearer {re.escape(token)}[ ,;]+\S", header) is not None


@_reads(OTHER_CREDENTIAL)
def takes_tokens_in_any_letter_case(header: str, token: str) -> bool:
    """Takes a valid token in any letter case."""
    return header.lower() == f"bearer {token}".lower()


@_reads(NO_CREDENTIAL)
def takes_any_basic(header: str, token: str) -> bool:
    """Takes any user and password by the scheme Basic."""
    return header.startswith("Basic ")


@_reads(NO_CREDENTIAL)
def takes_machine_tokens(header: str, token: str) -> bool:
    """Takes tokens of the class ksm_."""
    return header.startswith("Bearer ksm_")


@_reads(NO_CREDENTIAL)
def takes_any_token_of_its_class(header: str, token: str) -> bool:
    """Takes every token that begins with ksh_ for the one that may write, but for the one that may not."""
    return header.startswith("Bearer ksh_") and not header.endswith("-may-read")


class WantsOneLetterCase(Broken):
    """Takes the scheme Bearer in one letter case only."""

    breaks, found_by = "status.valid", OTHER_VALID

    def authorize(self, call: Call, scope: str) -> None:
        if not call.header("authorization").startswith("Bearer"):
            raise Refusal(401, "A valid bearer token is needed.")
        super().authorize(call, scope)


class HasAGateway(Broken):
    """Has a gateway that answers a missing token, and one of another class, with 401 in plain text."""

    breaks, found_by = "problem.media_type", NO_CREDENTIAL

    def handle(self, call: Call) -> Answer:
        if re.match("(?i)bearer +ksh_", call.header("authorization")):
            return super().handle(call)
        return Answer(401, [("Content-Type", "text/plain")], b"Unauthorized")


# Scopes


class IgnoresScopes(Broken):
    """Lets any valid token write."""

    breaks, found_by = "status.scope", NO_SCOPE

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(call, READ)


class IgnoresScopesOfSmallBodies(Broken):
    """Lets any valid token write, where the body has no external id."""

    breaks, found_by = "status.scope", NO_SCOPE

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(call, scope if b"externalCustomerId" in call.body else READ)


class DoesNotKnowReaders(Broken):
    """Answers a valid token that may not write with 401."""

    breaks, found_by = "status.scope", NO_SCOPE

    def authorize(self, call: Call, scope: str) -> None:
        try:
            super().authorize(call, scope)
        except Refusal as refusal:
            status = 401 if scope == WRITE else refusal.status
            raise Refusal(status, refusal.detail) from None
