"""Other customers: whatever is asked of one customer, and however it is answered, no other one changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.customers import Customer
from contracts.exchange import CUSTOMER, Request, update
from contracts.payload import to_json
from contracts.run import Run
from contracts.trials import BEFORE

Kept = Callable[..., None]

MINE = to_json({"name": "Only mine", "externalCustomerId": "only-mine"})
OURS = to_json({"name": "Not only mine", "externalCustomerId": BEFORE})


@pytest.mark.usefixtures("readable", "several_customers")
@pytest.mark.parametrize(
    "template",
    [
        pytest.param(update(CUSTOMER, MINE), marks=pytest.mark.status_204, id="valid"),
        pytest.param(update(CUSTOMER, OURS), marks=pytest.mark.status_204, id="details-of-another"),
        pytest.param(update(CUSTOMER, MINE[:-1]), marks=pytest.mark.status_400, id="no-json"),
        pytest.param(update(CUSTOMER, MINE, authorization=()), marks=pytest.mark.status_401, id="no-credential"),
        pytest.param(update("contract-test-nobody", MINE), marks=pytest.mark.status_404, id="unknown-slug"),
        pytest.param(update(CUSTOMER, to_json({"name": ""})), marks=pytest.mark.status_422, id="schema-broken"),
    ],
)
def test_a_request_changes_no_other_customer(run: Run, customer: Customer, kept: Kept, template: Request) -> None:
    """A request changes no other customer, neither an older nor a newer one, whether it is accepted or refused."""
    outcome = run.trials.leaving_others_alone(template, customer)

    kept(outcome)
