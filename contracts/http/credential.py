"""Credentials: written as placeholders everywhere, filled in when a request leaves, masked when an answer arrives.

No request, exchange or message of this suite ever holds a token, so none can leak one. The client fills in and masks;
`Attempts` masks what was generated, and `Process` what a test prints.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, reduce

Headers = tuple[tuple[str, str], ...]

WRITE_TOKEN = "<KAITEN_AUTH_TOKEN>"
READ_TOKEN = "<KAITEN_READ_TOKEN>"
# The write token in the other letter case after its prefix, and without its last character. Neither is valid, but both
# are secret.
SWAPPED_TOKEN = "<KAITEN_AUTH_TOKEN_SWAPPED>"
CUT_TOKEN = "<KAITEN_AUTH_TOKEN_CUT>"
# Each placeholder, and how a shell (bash) writes what it stands for.
PLACEHOLDERS = {
    WRITE_TOKEN: "${KAITEN_AUTH_TOKEN}",
    READ_TOKEN: "${KAITEN_READ_TOKEN}",
    SWAPPED_TOKEN: "${KAITEN_AUTH_TOKEN:0:4}$(tr a-zA-Z A-Za-z <<< ${KAITEN_AUTH_TOKEN:4})",
    CUT_TOKEN: "${KAITEN_AUTH_TOKEN%?}",
}

# The placeholder for the value of a `--header`. The variable of this name may hold the value.
HEADER_VALUE = re.compile(r"<(KAITEN_HEADER_\d+)>")
# So few characters of a token give nothing away: all tokens begin alike.
_TOO_SHORT = 5
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
# A scheme and one token68, the only form that a bearer token has (RFC 9110 section 11.4, RFC 6750 section 2.1).
_WELL_FORMED = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ +[A-Za-z0-9._~+/-]+=*")


class Role(StrEnum):
    """What a request may do, by the Authorization headers that it carries.

    `MALFORMED` is invalid and does not have the form of a credential: nothing, a scheme alone, or more than a token.
    `UNCLEAR` is a credential that a server may rightly read as valid or as invalid: one with white space
    around it (RFC 9110 section 5.5), or more than one credential (section 5.3).
    """

    WRITE = "write"
    READ = "read"
    NONE = "none"
    INVALID = "invalid"
    MALFORMED = "malformed"
    UNCLEAR = "unclear"


def values_of(headers: Headers, name: str) -> list[str]:
    """Every value of a header; names of headers have no letter case (RFC 9110 section 5.1)."""
    return [value for key, value in headers if key.lower() == name.lower()]


def role_of(headers: Headers) -> Role:
    """The role of a request with these headers. The scheme's name is case-insensitive (RFC 9110 section 11.1)."""
    roles = roles_of(headers)
    if len(roles) < 2:
        return roles[0] if roles else Role.NONE
    if {Role.WRITE, Role.UNCLEAR} & set(roles):
        return Role.UNCLEAR
    return Role.READ if Role.READ in roles else Role.INVALID


def roles_of(headers: Headers) -> list[Role]:
    """The role of each Authorization header, in their order."""
    return [_role_of_value(value) for value in values_of(headers, "Authorization")]


def _role_of_value(value: str) -> Role:
    # Only spaces and tabs may stand around a value, and no other white space (RFC 9110 section 5.5).
    stripped = value.strip(" \t")
    match = _BEARER.fullmatch(stripped)
    valid = {WRITE_TOKEN: Role.WRITE, READ_TOKEN: Role.READ}.get(match[1]) if match else None
    if valid is None:
        # A placeholder stands for a token, which is a token68.
        plain = reduce(lambda text, placeholder: text.replace(placeholder, "token"), PLACEHOLDERS, stripped)
        return Role.INVALID if _WELL_FORMED.fullmatch(plain) else Role.MALFORMED
    return Role.UNCLEAR if valid is Role.WRITE and value != stripped else valid


def with_derived(tokens: Mapping[str, str]) -> dict[str, str]:
    """The tokens by their placeholders, together with those that are made from the write token."""
    write = tokens.get(WRITE_TOKEN)
    if not write:
        return dict(tokens)
    # All valid tokens begin alike, so that is kept. A token without a letter after that has no other letter case.
    swapped = next(form for form in (write[:4] + write[4:].swapcase(), f"{write}x") if form != write)
    return {**tokens, SWAPPED_TOKEN: swapped, CUT_TOKEN: write[:-1]}


def fill(headers: Headers, tokens: Mapping[str, str]) -> Headers:
    """The headers with each placeholder replaced by its token."""
    return tuple(
        (name, reduce(lambda text, pair: text.replace(*pair), tokens.items(), value)) for name, value in headers
    )


def mask(text: bytes, tokens: Mapping[str, str]) -> bytes:
    """The text with each token replaced by its placeholder, also where it is written with escapes of JSON or a URL."""
    for placeholder, token in tokens.items():
        if token.encode() in text:
            text = text.replace(token.encode(), placeholder.encode())
        if b"\\" in text or b"%" in text:
            text = _escaped(token).sub(placeholder.encode(), text)
    return text


class Secret(str):
    """A text that its repr does not show, for example where a traceback shows local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'<secret>'"


def concealed(text: str, tokens: Mapping[str, str]) -> str:
    """A traceback with each token masked, even if only the beginning or the end of the token is shown."""
    text = mask(text.encode("utf-8", "backslashreplace"), tokens).decode()
    for placeholder, token in tokens.items():
        for length in range(len(token) - 1, _TOO_SHORT, -1):
            text = text.replace(f"{token[:length]}...", f"{placeholder}...")
            text = text.replace(f"...{token[-length:]}", f"...{placeholder}")
    return text


@cache
def _escaped(token: str) -> re.Pattern[bytes]:
    r"""A token in which any character may stand as itself, behind a backslash, as `\u00XX` or as `%XX`."""
    forms = (rf"(?:\\?{re.escape(letter)}|(?i:\\u00{ord(letter):02x}|%{ord(letter):02x}))" for letter in token)
    return re.compile("".join(forms).encode())
