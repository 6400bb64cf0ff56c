"""Other customers: whatever is sent to one customer, and however it is answered, no other customer changes."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from tests.contract.assertions import assert_one_of, assert_unchanged

DETAILS = b'{"name": "Only mine", "externalCustomerId": "only-mine"}'
# The older customer has the same external id.
DETAILS_OF_ANOTHER = b'{"name": "Not only mine", "externalCustomerId": "before.example"}'


@pytest.mark.parametrize(
    ("status", "body", "how"),
    [
        pytest.param(204, DETAILS, {}, marks=pytest.mark.status_204, id="valid"),
        pytest.param(204, DETAILS_OF_ANOTHER, {}, marks=pytest.mark.status_204, id="details-of-another"),
        pytest.param(400, DETAILS[:-1], {}, marks=pytest.mark.status_400, id="not-json"),
        pytest.param(401, DETAILS, {"authorization": ()}, marks=pytest.mark.status_401, id="no-credential"),
        pytest.param(404, DETAILS, {"slug": "contract-test-nobody"}, marks=pytest.mark.status_404, id="unknown-slug"),
        pytest.param(422, b'{"name": ""}', {}, marks=pytest.mark.status_422, id="schema-broken"),
    ],
)
def test_a_request_changes_no_other_customer(
    api: Api, customer: Customer, status: int, body: bytes, how: dict[str, Any]
) -> None:
    """Accepted or refused, a request changes no other customer: no older one, and no newer one with its details."""
    answer, older, newer = api.put_beside_others(customer, body, **how)

    assert_one_of(answer, {status})
    assert_unchanged(older)
    assert_unchanged(newer)
