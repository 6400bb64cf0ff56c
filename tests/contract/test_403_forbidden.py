"""403 Forbidden: who may only read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.outcome import Outcome
from contracts.payload import Payload

pytestmark = pytest.mark.status_403

Tried = Callable[[Payload], Outcome]
Kept = Callable[..., None]


@pytest.mark.payloads(403)
def test_a_credential_without_the_scope_is_answered_403(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A valid credential without the scope write:customers is answered 403 and the documented problem."""
    outcome = tried(payload)

    kept(outcome, outcome.answer, payload.why)


@pytest.mark.payloads(403)
@pytest.mark.usefixtures("readable")
def test_a_credential_without_the_scope_changes_nothing(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A request that is refused with 403 changes nothing."""
    outcome = tried(payload)

    kept(outcome, outcome.stored, payload.why)
