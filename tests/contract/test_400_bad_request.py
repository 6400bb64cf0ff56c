"""400 Bad Request: what is no JSON."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.outcome import Outcome
from contracts.payload import Payload

pytestmark = pytest.mark.status_400

Tried = Callable[[Payload], Outcome]
Kept = Callable[..., None]


@pytest.mark.payloads(400)
def test_a_body_that_is_no_json_is_answered_400(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A body that is absent, or is not JSON text, is answered 400 and the documented problem."""
    outcome = tried(payload)

    kept(outcome, outcome.answer, payload.why)


@pytest.mark.payloads(400)
@pytest.mark.usefixtures("readable")
def test_a_body_that_is_no_json_changes_nothing(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A request that is refused with 400 changes nothing."""
    outcome = tried(payload)

    kept(outcome, outcome.stored, payload.why)
