"""500 Internal Server Error: documented, so it has a shape; but no request may get it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.customers import Customer
from contracts.exchange import CUSTOMER, update
from contracts.payload import to_json
from contracts.run import NO_500, Run

pytestmark = pytest.mark.status_500

Kept = Callable[..., None]


def test_a_500_has_the_problem_shape(run: Run, customer: Customer, kept: Kept) -> None:
    """A 500 carries the problem that is documented. Tried on the mock alone: on a live target it is looked for."""
    if run.vendor is None:
        run.record.not_tried(["the shape of a 500"], NO_500)
        pytest.skip(NO_500)

    with run.vendor.answering(500):
        outcome = run.trials.provoked(update(CUSTOMER, to_json({"name": "Contract Test"})), customer)

    kept(outcome)
