"""500 Internal Server Error: documented, so it has a shape; but no request may get it."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.customers import Customer
from tests.contract.assertions import assert_problem

pytestmark = pytest.mark.status_500


def test_a_500_has_the_documented_shape(api: Api, customer: Customer) -> None:
    """A vendor that fails answers 500 with the documented problem.

    The mock fails by arrangement. No live vendor can be told to: there the test is skipped, and every 500 that is seen
    is judged.
    """
    answer = api.put_while_the_vendor_fails(customer, b'{"name": "Contract Test"}')

    assert_problem(answer, status=500, title="Internal Server Error")
