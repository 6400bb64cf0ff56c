"""Other customers: whatever is asked of one customer, and however it is answered, no other one changes."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.api import Api
from contracts.customers import Customer
from tests.contract.assertions import assert_unchanged

MINE = b'{"name": "Only mine", "externalCustomerId": "only-mine"}'
THEIRS = b'{"name": "Not only mine", "externalCustomerId": "before.example"}'


@pytest.mark.parametrize(
    ("body", "how"),
    [
        pytest.param(MINE, {}, marks=pytest.mark.status_204, id="valid"),
        pytest.param(THEIRS, {}, marks=pytest.mark.status_204, id="details-of-another"),
        pytest.param(MINE[:-1], {}, marks=pytest.mark.status_400, id="not-json"),
        pytest.param(MINE, {"authorization": ()}, marks=pytest.mark.status_401, id="no-credential"),
        pytest.param(MINE, {"slug": "contract-test-nobody"}, marks=pytest.mark.status_404, id="unknown-slug"),
        pytest.param(b'{"name": ""}', {}, marks=pytest.mark.status_422, id="schema-broken"),
    ],
)
def test_a_request_changes_no_other_customer(api: Api, customer: Customer, body: bytes, how: dict[str, Any]) -> None:
    """Accepted or refused, a request changes no other customer, neither an older nor a newer one."""
    older, newer = api.put_beside_others(customer, body, **how)

    assert_unchanged(older)
    assert_unchanged(newer)
