"""401 Unauthorized: who is not known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.outcome import Outcome
from contracts.payload import Payload

pytestmark = pytest.mark.status_401

Tried = Callable[[Payload], Outcome]
Kept = Callable[..., None]


@pytest.mark.payloads(401)
def test_a_request_without_a_valid_credential_is_answered_401(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A request without a credential, or with one that is not valid, is answered 401 and the documented problem."""
    outcome = tried(payload)

    kept(outcome, outcome.answer, payload.why)


@pytest.mark.payloads(401)
@pytest.mark.usefixtures("readable")
def test_a_request_without_a_valid_credential_changes_nothing(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A request that is refused with 401 changes nothing."""
    outcome = tried(payload)

    kept(outcome, outcome.stored, payload.why)
