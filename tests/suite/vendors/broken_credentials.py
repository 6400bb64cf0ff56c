"""Vendors that take one credential for another, or do not look at what it allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from contracts.vendor.model import READ, WRITE, Answer, Call, Refusal
from tests.suite.vendors.finders import LEFT_OPEN, NO_CREDENTIAL, NO_SCOPE, OTHER_CREDENTIAL, OTHER_VALID
from tests.suite.vendors.variant import Broken, Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import first


def takes(sentence: str, found_by: str, read: Callable[[str, str], bool]) -> Row:
    """Takes an Authorization header for that of a token that it knows, where `read` says so of both."""

    def authorize(self: Variant, call: Call, scope: str) -> None:
        header = call.header("authorization")
        taken = [f"Bearer {token}" for token in self.tokens if read(header, token)]
        Variant.authorize(self, replace(call, headers=[("authorization", [*taken, header][0])]), scope)

    return broken("status.credential", found_by)(sentence, authorize=authorize)


TakesAnyScheme = takes(
    "Takes a valid token by any scheme.", OTHER_CREDENTIAL, lambda header, token: header.endswith(f" {token}")
)
TakesWhatTheSchemeBeginsWith = takes(
    "Takes a valid token by a scheme with which the right one begins.",
    OTHER_CREDENTIAL,
    lambda header, token: header.endswith(f" {token}") and "bearer".startswith(header.split(" ")[0].lower()),
)
TakesNoScheme = takes("Takes a valid token without a scheme.", LEFT_OPEN, lambda header, token: header == token)
TakesWhatATokenBeginsWith = takes(
    "Takes the beginning of a valid token, from its fifth character on.",
    OTHER_CREDENTIAL,
    lambda header, token: len(header) > len("Bearer ksh_") and f"Bearer {token}".startswith(header),
)
TakesWhatBeginsWithAToken = takes(
    "Takes a valid token with more after it.",
    OTHER_CREDENTIAL,
    lambda header, token: header.startswith(f"Bearer {token}"),
)
TakesATokenAndMore = takes(
    "Takes a valid token with another word, or what ends a list, after it.",
    LEFT_OPEN,
    lambda header, token: re.match(rf"Bearer {re.escape(token)}[ ,;]+\S", header) is not None,
)
TakesTokensInAnyLetterCase = takes(
    "Takes a valid token in any letter case.",
    OTHER_CREDENTIAL,
    lambda header, token: header.lower() == f"bearer {token}".lower(),
)
TakesSecretsInAnyLetterCase = takes(
    "Takes a valid token in any letter case after the prefix that all tokens have.",
    OTHER_CREDENTIAL,
    lambda header, token: header[:11] == "Bearer ksh_" and header[7:].lower() == token.lower(),
)
TakesATabAfterASpace = takes(
    "Takes a valid token after a space and a tab.", LEFT_OPEN, lambda header, token: header == f"Bearer \t{token}"
)
TakesAnyBasic = takes(
    "Takes any user and password by the scheme Basic.", NO_CREDENTIAL, lambda header, token: header.startswith("Basic ")
)
TakesMachineTokens = takes(
    "Takes tokens of the class ksm_.", NO_CREDENTIAL, lambda header, token: header.startswith("Bearer ksm_")
)
TakesAnyTokenOfItsClass = takes(
    "Takes every token that begins with ksh_ for the one that may write, but for the one that may not.",
    NO_CREDENTIAL,
    lambda header, token: header.startswith("Bearer ksh_") and not header.endswith("-may-read"),
)
TakesTheSecondWord = takes(
    "Takes the second of the words in the header, whatever white space is between them.",
    LEFT_OPEN,
    lambda header, token: header.split()[1:2] == [token],
)
TakesTheLastWord = takes(
    "Takes the last of the words in the header.", LEFT_OPEN, lambda header, token: header.split()[-1:] == [token]
)
TakesAnyOfAList = takes(
    "Takes a header for a list, of which one item has to be valid.",
    LEFT_OPEN,
    lambda header, token: f"Bearer {token}" in [part.strip() for part in header.split(",")],
)
TakesTokensAnywhere = takes(
    "Takes a header in which there is a valid token.", LEFT_OPEN, lambda header, token: token in header
)
CutsSignatures = takes(
    "Takes a valid token with a full stop and more after it.",
    OTHER_CREDENTIAL,
    lambda header, token: header.partition(".")[0] == f"Bearer {token}",
)
CutsPasswords = takes(
    "Takes a valid token with a colon and more after it.",
    LEFT_OPEN,
    lambda header, token: header.partition(":")[0] == f"Bearer {token}",
)
OverlooksTheLastCharacter = takes(
    "Takes a valid token whatever its last character is.",
    OTHER_CREDENTIAL,
    lambda header, token: len(header) == len(f"Bearer {token}") and header[:-1] == f"Bearer {token}"[:-1],
)
ReadsTokensAsPatterns = takes(
    "Looks tokens up with LIKE, so that a percent sign stands for anything.",
    LEFT_OPEN,
    lambda header, token: "%" in header and f"Bearer {token}".startswith(header.partition("%")[0]),
)
TrimsPadding = takes(
    "Takes a valid token with equals signs after it.",
    OTHER_CREDENTIAL,
    lambda header, token: header.rstrip("=") == f"Bearer {token}",
)
TrimsPunctuation = takes(
    "Takes a valid token with a comma, a semicolon or a full stop after it.",
    LEFT_OPEN,
    lambda header, token: header.rstrip(",;. ") == f"Bearer {token}",
)
TakesTokensBeforeNoBreakSpaces = takes(
    "Takes a valid token with a no-break space after it.",
    LEFT_OPEN,
    lambda header, token: header.strip("\xa0") == f"Bearer {token}",
)
TakesTokensInQuotes = takes(
    "Takes a valid token in quotes.", LEFT_OPEN, lambda header, token: header == f'Bearer "{token}"'
)
CrashesOnSchemesAlone = broken("status.internal_error", LEFT_OPEN)(
    "Fails with a 500 on a scheme without a token.",
    **first(authorize=lambda vendor, call, scope: refuse_if(call.header("authorization") == "Bearer", 500, "Oops.")),
)
CrashesOnTwoCredentials = broken("status.internal_error", LEFT_OPEN)(
    "Fails with a 500 on two Authorization headers.",
    **first(
        authorize=lambda vendor, call, scope: refuse_if(
            sum(name.lower() == "authorization" for name, _ in call.headers) > 1, 500, "Oops."
        )
    ),
)
TrustsWhoeverSaysWhoTheyAre = broken("status.credential", OTHER_CREDENTIAL)(
    "Believes a header that says who asks, as its gateway would send it.",
    **first(authorize=lambda vendor, call, scope: call.header("x-forwarded-user") or None),
)
TrustsItsOwnMachine = broken("status.credential", OTHER_CREDENTIAL)(
    "Wants no credential of its own machine, by an address that anybody may write.",
    **first(authorize=lambda vendor, call, scope: call.header("x-forwarded-for") == "127.0.0.1" or None),
)
WantsOneLetterCase = broken("status.valid", OTHER_VALID)(
    "Takes the scheme Bearer in one letter case only.",
    **first(
        authorize=lambda vendor, call, scope: refuse_if(
            not call.header("authorization").startswith("Bearer"), 401, "A valid bearer token is needed."
        )
    ),
)
HasAGateway = broken("problem.media_type", NO_CREDENTIAL)(
    "Has a gateway that answers a missing token, and one of another class, with 401 in plain text.",
    **first(
        handle=lambda vendor, call: (
            None
            if re.match("(?i)bearer +ksh_", call.header("authorization"))
            else Answer(401, [("Content-Type", "text/plain")], b"Unauthorized")
        )
    ),
)

# Scopes

IgnoresScopes = broken("status.scope", NO_SCOPE)(
    "Lets any valid token write.", authorize=lambda self, call, scope: Variant.authorize(self, call, READ)
)
IgnoresScopesOfSmallBodies = broken("status.scope", NO_SCOPE)(
    "Lets any valid token write, where the body has no external id.",
    authorize=lambda self, call, scope: Variant.authorize(
        self, call, scope if b"externalCustomerId" in call.body else READ
    ),
)


class DoesNotKnowReaders(Broken):
    """Answers a valid token that may not write with 401."""

    breaks, found_by = "status.scope", NO_SCOPE

    def authorize(self, call: Call, scope: str) -> None:
        try:
            super().authorize(call, scope)
        except Refusal as refusal:
            raise Refusal(401 if scope == WRITE else refusal.status, refusal.detail) from None
