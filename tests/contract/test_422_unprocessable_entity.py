"""422 Unprocessable Entity: JSON that breaks the request schema."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.outcome import Outcome
from contracts.payload import Payload

pytestmark = pytest.mark.status_422

Tried = Callable[[Payload], Outcome]
Kept = Callable[..., None]


@pytest.mark.payloads(422)
def test_json_that_breaks_the_schema_is_answered_422(payload: Payload, tried: Tried, kept: Kept) -> None:
    """JSON that breaks the request schema is answered 422 and the documented problem."""
    outcome = tried(payload)

    kept(outcome, outcome.answer, payload.why)


@pytest.mark.payloads(422)
@pytest.mark.usefixtures("readable")
def test_json_that_breaks_the_schema_changes_nothing(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A request that is refused with 422 changes nothing."""
    outcome = tried(payload)

    kept(outcome, outcome.stored, payload.why)
