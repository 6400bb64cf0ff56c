"""422 Unprocessable Entity: JSON that breaks the request schema.

The schema asks for an object. Its `name` is required, a string of one character or more. Its `externalCustomerId` is a
string or null. It has no other member.
"""

from __future__ import annotations

from typing import Any

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from contracts.fuzz.payloads import Payload, expecting, to_json
from tests.contract.assertions import assert_problem, assert_unchanged

pytestmark = pytest.mark.status_422

BROKEN = [
    pytest.param({}, id="no-member"),
    pytest.param({"externalCustomerId": "x"}, id="name-missing"),
    pytest.param({"name": None}, id="name-null"),
    pytest.param({"name": ""}, id="name-empty"),
    pytest.param({"name": 1}, id="name-number"),
    pytest.param({"name": True}, id="name-boolean"),
    pytest.param({"name": ["Contract Test"]}, id="name-array"),
    pytest.param({"name": {"en": "Contract Test"}}, id="name-object"),
    pytest.param({"name": "Contract Test", "externalCustomerId": 12345}, id="external-id-number"),
    pytest.param({"name": "Contract Test", "externalCustomerId": True}, id="external-id-boolean"),
    pytest.param({"name": "Contract Test", "externalCustomerId": ["x"]}, id="external-id-array"),
    pytest.param({"name": "Contract Test", "externalCustomerId": {"id": "x"}}, id="external-id-object"),
    pytest.param({"name": "Contract Test", "foo": "bar"}, id="unknown-member"),
    pytest.param({"name": "Contract Test", "foo": None}, id="unknown-member-null"),
    pytest.param({"name": "Contract Test", "Name": "Contract Test"}, id="member-in-another-letter-case"),
    pytest.param(None, id="null"),
    pytest.param(True, id="boolean"),
    pytest.param(0, id="number"),
    pytest.param("Contract Test", id="string"),
    pytest.param(["name", "Contract Test"], id="array"),
    pytest.param({"data": {"name": "Contract Test"}}, id="wrapped-in-data"),
]


@pytest.mark.parametrize("body", BROKEN)
def test_json_that_breaks_the_schema_is_refused(api: Api, customer: Customer, body: Any) -> None:
    """JSON that breaks the request schema is answered 422 with the documented problem, and changes nothing."""
    answer = api.put(customer, to_json(body))

    assert_problem(answer, status=422, title="Unprocessable Entity")
    assert_unchanged(customer)


@pytest.mark.parametrize("payload", expecting(422), ids=str)
def test_whatever_else_breaks_the_schema_is_refused(api: Api, payload: Payload) -> None:
    """Every other body of payloads.yaml that breaks the request schema is answered 422, and changes nothing."""
    answer = api.send(payload)

    assert_problem(answer, status=422, title="Unprocessable Entity")
    assert_unchanged(answer.customer)
