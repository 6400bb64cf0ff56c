"""500 Internal Server Error: the API page documents its shape. No request may cause it."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from tests.contract.assertions import assert_problem

pytestmark = pytest.mark.status_500


def test_a_500_has_the_documented_shape(api: Api, customer: Customer) -> None:
    """A server that fails answers 500 with the documented problem.

    The mock is told to fail. A live server cannot be told to fail, so there this test is skipped. Any other test that
    gets a 500 fails.
    """
    answer = api.put_while_the_vendor_fails(customer, b'{"name": "Contract Test"}')

    assert_problem(answer, status=500, title="Internal Server Error")
