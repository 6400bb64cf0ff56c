"""Tokens are placeholders everywhere but on the wire; what a request may do is told by its headers."""

from __future__ import annotations

import pytest

from contracts.credential import READ_TOKEN, WRITE_TOKEN, Role, fill, mask, role_of
from contracts.exchange import update
from contracts.target import Target

TOKENS = {WRITE_TOKEN: "ksh_secret-write", READ_TOKEN: "ksh_secret-read"}


@pytest.mark.parametrize(
    ("values", "role"),
    [
        pytest.param([], Role.NONE, id="no-header"),
        pytest.param([""], Role.NONE, id="empty"),
        pytest.param(["  "], Role.NONE, id="blank"),
        pytest.param([f"Bearer {WRITE_TOKEN}"], Role.WRITE, id="write"),
        pytest.param([f"bearer {WRITE_TOKEN}"], Role.WRITE, id="scheme-in-lower-case"),
        pytest.param([f"BEARER {WRITE_TOKEN}"], Role.WRITE, id="scheme-in-upper-case"),
        pytest.param([f"Bearer  {WRITE_TOKEN}"], Role.WRITE, id="two-spaces-between"),
        pytest.param([f"Bearer {READ_TOKEN}"], Role.READ, id="read"),
        pytest.param(["Bearer ksh_other"], Role.INVALID, id="unknown-token"),
        pytest.param(["Bearer"], Role.INVALID, id="scheme-alone"),
        pytest.param([WRITE_TOKEN], Role.INVALID, id="token-alone"),
        pytest.param([f"Bearer{WRITE_TOKEN}"], Role.INVALID, id="glued"),
        pytest.param([f"Basic {WRITE_TOKEN}"], Role.INVALID, id="other-scheme"),
        pytest.param([f"Bearer {WRITE_TOKEN}x"], Role.INVALID, id="one-letter-more"),
        pytest.param([f'Bearer "{WRITE_TOKEN}"'], Role.INVALID, id="quoted"),
        pytest.param([f"Bearer {WRITE_TOKEN} x"], Role.INVALID, id="two-words"),
        pytest.param([f"Bearer {WRITE_TOKEN} "], Role.UNCLEAR, id="trailing-space"),
        pytest.param([f"\tBearer {WRITE_TOKEN}"], Role.UNCLEAR, id="leading-tab"),
        pytest.param(["Bearer ksh_other "], Role.INVALID, id="unknown-token-with-trailing-space"),
        pytest.param([f"Bearer {WRITE_TOKEN}", "Bearer ksh_other"], Role.UNCLEAR, id="valid-then-invalid"),
        pytest.param(["Bearer ksh_other", f"Bearer {WRITE_TOKEN}"], Role.UNCLEAR, id="invalid-then-valid"),
        pytest.param([f"Bearer {WRITE_TOKEN}"] * 2, Role.UNCLEAR, id="valid-twice"),
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
