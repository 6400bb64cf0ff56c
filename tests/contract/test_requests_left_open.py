"""Requests that more than one status may answer: where the page or the standards leave the choice to the server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.outcome import Outcome
from contracts.payload import Payload

Tried = Callable[[Payload], Outcome]
Kept = Callable[..., None]


@pytest.mark.payloads
def test_a_request_left_open_gets_one_of_the_answers_allowed(payload: Payload, tried: Tried, kept: Kept) -> None:
    """Whatever a server makes of it, it answers as one of the circumstances allows, and never 500."""
    outcome = tried(payload)

    kept(outcome, outcome.answer, payload.why)


@pytest.mark.payloads
@pytest.mark.usefixtures("readable")
def test_a_request_left_open_leaves_what_its_answer_says(payload: Payload, tried: Tried, kept: Kept) -> None:
    """Accepted, it is stored as sent; refused, it changes nothing."""
    outcome = tried(payload)

    kept(outcome, outcome.stored, payload.why)
