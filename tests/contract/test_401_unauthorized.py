"""401 Unauthorized: no credential, or one that is not valid."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from contracts.fuzz.payloads import Payload, expecting
from tests.contract.assertions import assert_problem, assert_unchanged

pytestmark = pytest.mark.status_401

# The Authorization headers of a request, in their order. Valid tokens begin with ksh_. Those that begin with ksm_ or
# whsec_ are not for this API.
NOT_VALID = [
    pytest.param([], id="none"),
    pytest.param(["Basic dXNlcjpwYXNz"], id="another-scheme"),
    pytest.param(["Bearer ksm_contract-test-wrong-secret"], id="token-of-another-class"),
    pytest.param(["Bearer whsec_contract-test-wrong-secret"], id="secret-of-a-webhook"),
    pytest.param(["Bearer ksh_contract-test-wrong-secret"], id="wrong-secret"),
]


@pytest.mark.parametrize("authorization", NOT_VALID)
def test_a_request_without_a_valid_credential_is_refused(
    api: Api, customer: Customer, authorization: list[str]
) -> None:
    """Without a credential, or with one that is not valid, an update is answered 401, and changes nothing."""
    answer = api.put(customer, b'{"name": "Contract Test"}', authorization=authorization)

    assert_problem(answer, status=401, title="Unauthorized")
    assert_unchanged(customer)


@pytest.mark.parametrize("payload", expecting(401), ids=str)
def test_whatever_else_is_no_valid_credential_is_refused(api: Api, payload: Payload) -> None:
    """Every other request of payloads.yaml without a valid credential is answered 401, and changes nothing."""
    answer = api.send(payload)

    assert_problem(answer, status=401, title="Unauthorized")
    assert_unchanged(answer.customer)
