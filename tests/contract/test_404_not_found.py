"""404 Not Found: which customer does not exist."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.exchange import update
from contracts.outcome import Outcome
from contracts.payload import Payload, to_json
from contracts.run import Run

pytestmark = pytest.mark.status_404

Tried = Callable[[Payload], Outcome]
Kept = Callable[..., None]


@pytest.mark.payloads(404)
def test_a_slug_that_names_no_customer_is_answered_404(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A slug that names no customer is answered 404 and the documented problem."""
    outcome = tried(payload)

    kept(outcome, outcome.answer, payload.why)


@pytest.mark.payloads(404)
@pytest.mark.usefixtures("readable")
def test_a_slug_that_names_no_customer_changes_nothing(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A request that is refused with 404 changes nothing."""
    outcome = tried(payload)

    kept(outcome, outcome.stored, payload.why)


@pytest.mark.usefixtures("readable")
def test_a_slug_that_names_no_customer_creates_none(run: Run, kept: Kept) -> None:
    """An update of a customer that does not exist does not make one."""
    slug = run.customers.unused_slug()

    outcome = run.trials.one(update(slug, to_json({"name": "Nobody"})), run.customers.unused())

    kept(run.trials.creating_none(outcome))
