"""Tokens are placeholders everywhere but on the wire; what a request may do is told by its headers."""

from __future__ import annotations

import pytest

from contracts.http.credential import (
    CUT_TOKEN,
    READ_TOKEN,
    SWAPPED_TOKEN,
    WRITE_TOKEN,
    Role,
    fill,
    mask,
    role_of,
    with_derived,
)
from contracts.http.request import update
from contracts.http.target import Target

TOKENS = {WRITE_TOKEN: "ksh_secret-write", READ_TOKEN: "ksh_secret-read"}


@pytest.mark.parametrize(
    ("values", "role"),
    [
        pytest.param([], Role.NONE, id="no-header"),
        pytest.param([""], Role.MALFORMED, id="empty"),
        pytest.param(["  "], Role.MALFORMED, id="blank"),
        pytest.param([f"Bearer {WRITE_TOKEN}"], Role.WRITE, id="write"),
        pytest.param([f"bearer {WRITE_TOKEN}"], Role.WRITE, id="scheme-in-lower-case"),
        pytest.param([f"BEARER {WRITE_TOKEN}"], Role.WRITE, id="scheme-in-upper-case"),
        pytest.param([f"Bearer  {WRITE_TOKEN}"], Role.WRITE, id="two-spaces-between"),
        pytest.param([f"Bearer {READ_TOKEN}"], Role.READ, id="read"),
        pytest.param(["Bearer ksh_other"], Role.INVALID, id="unknown-token"),
        pytest.param(["Basic dXNlcjpwYXNz"], Role.INVALID, id="well-formed-of-another-scheme"),
        pytest.param(["Bearer"], Role.MALFORMED, id="scheme-alone"),
        pytest.param(["Bearer "], Role.MALFORMED, id="scheme-and-a-space"),
        pytest.param(["Basic"], Role.MALFORMED, id="another-scheme-alone"),
        pytest.param([WRITE_TOKEN], Role.MALFORMED, id="token-alone"),
        pytest.param([f"Bearer{WRITE_TOKEN}"], Role.MALFORMED, id="glued"),
        pytest.param([f"Basic {WRITE_TOKEN}"], Role.INVALID, id="other-scheme"),
        pytest.param([f"Bearer {WRITE_TOKEN}x"], Role.INVALID, id="one-letter-more"),
        pytest.param([f"Bearer {WRITE_TOKEN}="], Role.INVALID, id="padded"),
        pytest.param([f'Bearer "{WRITE_TOKEN}"'], Role.MALFORMED, id="quoted"),
        pytest.param([f"Bearer {WRITE_TOKEN} x"], Role.MALFORMED, id="two-words"),
        pytest.param([f"Bearer {WRITE_TOKEN}, Bearer {WRITE_TOKEN}"], Role.MALFORMED, id="two-credentials-in-one"),
        pytest.param([f"Bearer {READ_TOKEN} x"], Role.MALFORMED, id="two-words-of-a-reader"),
        pytest.param(["Bearer ksh_\u00fc"], Role.MALFORMED, id="no-token-of-any"),
        pytest.param([f"Bearer {WRITE_TOKEN} "], Role.UNCLEAR, id="trailing-space"),
        pytest.param([f"\tBearer {WRITE_TOKEN}"], Role.UNCLEAR, id="leading-tab"),
        pytest.param(["Bearer ksh_other "], Role.INVALID, id="unknown-token-with-trailing-space"),
        pytest.param([f"Bearer {WRITE_TOKEN}", "Bearer ksh_other"], Role.UNCLEAR, id="valid-then-invalid"),
        pytest.param(["Bearer ksh_other", f"Bearer {WRITE_TOKEN}"], Role.UNCLEAR, id="invalid-then-valid"),
        pytest.param([f"Bearer {WRITE_TOKEN}"] * 2, Role.UNCLEAR, id="valid-twice"),
        pytest.param(["Bearer", f"Bearer {WRITE_TOKEN}"], Role.UNCLEAR, id="malformed-then-valid"),
        pytest.param(["Bearer ksh_other", "Basic eDp5"], Role.INVALID, id="both-invalid"),
    ],
)
def test_the_role_is_told_by_the_authorization_headers(values: list[str], role: Role) -> None:
    """What a request may do is told by its Authorization headers and by nothing else."""
    headers = (("X-Other", f"Bearer {WRITE_TOKEN}"), *(("authorization", value) for value in values))

    assert role_of(headers) is role


def test_a_placeholder_becomes_its_token_on_the_wire() -> None:
    """Every placeholder in a header's value is filled in, with what stands around it; the rest stays."""
    headers = (("Authorization", f"Bearer {WRITE_TOKEN}x"), ("X-Both", f"{READ_TOKEN},{READ_TOKEN}"), ("A", "b"))

    assert fill(headers, TOKENS) == (
        ("Authorization", "Bearer ksh_secret-writex"),
        ("X-Both", "ksh_secret-read,ksh_secret-read"),
        ("A", "b"),
    )


def test_a_placeholder_without_a_token_stays() -> None:
    """Where there is no read token, its placeholder is sent as it is, and no other token in its place."""
    headers = (("Authorization", f"Bearer {READ_TOKEN}"),)

    assert fill(headers, {WRITE_TOKEN: "ksh_secret-write"}) == headers


def test_a_token_in_an_answer_is_masked() -> None:
    """Every token becomes its placeholder, wherever it stands and whatever bytes are around it."""
    text = b"\xff for ksh_secret-write: ksh_secret-write, not ksh_secret-read\0"

    assert mask(text, TOKENS) == b"\xff for <KAITEN_AUTH_TOKEN>: <KAITEN_AUTH_TOKEN>, not <KAITEN_READ_TOKEN>\0"


def test_no_request_holds_a_token() -> None:
    """A request is written with placeholders, so that whatever prints it prints no token."""
    assert "Bearer <KAITEN_AUTH_TOKEN>" in repr(update("acme", b"{}"))


def test_a_target_does_not_show_its_tokens() -> None:
    """A target that is printed, as by a failing assert, shows no token."""
    assert "ksh_secret" not in repr(Target("https://staging.example.com", TOKENS))


@pytest.mark.parametrize(
    "echo",
    [
        pytest.param(rb"ksh_a\u0026b\/c", id="as-go-and-php-write-json"),
        pytest.param(rb"\u006B\u0073h_a&b\u002fc", id="any-letter-escaped"),
        pytest.param(b"ksh_a%26b%2Fc", id="percent-encoded"),
        pytest.param(b"ksh_a%26b%2fc", id="percent-encoded-in-lower-case"),
    ],
)
def test_an_escaped_token_is_masked_too(echo: bytes) -> None:
    """A token that comes back in the escapes of JSON or of a URL is as secret."""
    assert (
        mask(b'{"detail":"for ' + echo + b'"}', {WRITE_TOKEN: "ksh_a&b/c"})
        == b'{"detail":"for %s"}' % WRITE_TOKEN.encode()
    )


def test_another_text_is_not_masked() -> None:
    """What only looks like a token, but in another letter case, is left as it is."""
    assert mask(b"KSH_SECRET-WRITE \\ %41", TOKENS) == b"KSH_SECRET-WRITE \\ %41"


def test_the_derived_tokens_are_as_secret() -> None:
    """The write token in the other letter case and cut short are filled in and masked like the token itself."""
    tokens = with_derived({WRITE_TOKEN: "ksh_Secret"})

    assert fill((("A", f"{SWAPPED_TOKEN} {CUT_TOKEN}"),), tokens) == (("A", "ksh_sECRET ksh_Secre"),)
    assert mask(b"ksh_sECRET ksh_Secre ksh_Secret", tokens) == (f"{SWAPPED_TOKEN} {CUT_TOKEN} {WRITE_TOKEN}".encode())
