"""403 Forbidden: a valid credential without the scope write:customers."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from tests.contract.assertions import assert_problem, assert_unchanged

pytestmark = pytest.mark.status_403


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("Bearer <KAITEN_READ_TOKEN>", id="may-read-only"),
        pytest.param("bearer <KAITEN_READ_TOKEN>", id="may-read-only-in-lower-case"),
    ],
)
def test_a_credential_without_the_scope_is_refused(api: Api, customer: Customer, authorization: str) -> None:
    """A valid token that may read but not write customers is answered 403, and changes nothing."""
    answer = api.put(customer, b'{"name": "Contract Test"}', authorization=[authorization])

    assert_problem(answer, status=403, title="Forbidden")
    assert_unchanged(customer)
