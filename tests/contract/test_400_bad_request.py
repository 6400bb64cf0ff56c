"""400 Bad Request: a body that is absent, or is not JSON.

If a standard leaves it open whether a body is JSON (other encodings, NaN), the test allows other statuses, too.
"""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from contracts.fuzz.payloads import Payload, expecting
from tests.contract.assertions import assert_one_of, assert_problem, assert_stored, assert_unchanged

pytestmark = pytest.mark.status_400

MALFORMED = [
    pytest.param(b"", id="absent"),
    pytest.param(b" \r\n", id="blank"),
    pytest.param(b'{"name":', id="truncated"),
    pytest.param(b"{'name':'Contract Test'}", id="single-quotes"),
    pytest.param(b'{name:"Contract Test"}', id="unquoted-member-name"),
    pytest.param(b'{"name":"Contract Test",}', id="trailing-comma"),
    pytest.param(b'{"name":"Contract Test"} trailing', id="trailing-text"),
    pytest.param(b'{"name":"Contract Test" // comment\n}', id="line-comment"),
    pytest.param(b'{"name":"Contract Test" /* comment */}', id="block-comment"),
    pytest.param(b'{"name":"Contract Test"}{"name":"Another Test"}', id="two-documents"),
]
ENCODED = [
    pytest.param(b'\xef\xbb\xbf{"name":"Contract Test"}', id="byte-order-mark"),
    pytest.param('\ufeff{"name":"Contract Test"}'.encode("utf-16-le"), id="utf-16"),
]
CONSTANTS = [
    pytest.param(b'{"name":"Contract Test","externalCustomerId":NaN}', id="nan"),
    pytest.param(b'{"name":"Contract Test","externalCustomerId":Infinity}', id="infinity"),
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_body_that_is_not_json_is_refused(api: Api, customer: Customer, body: bytes) -> None:
    """A body that is absent, or is not JSON, is answered 400 with the documented problem, and changes nothing."""
    answer = api.put(customer, body)

    assert_problem(answer, status=400, title="Bad Request")
    assert_unchanged(customer)


@pytest.mark.parametrize("body", ENCODED)
def test_json_in_another_encoding_is_read_or_refused(api: Api, customer: Customer, body: bytes) -> None:
    """JSON with a byte order mark or in UTF-16 is stored as decoded, or refused with 400 or 422, as RFC 8259 allows."""
    answer = api.put(customer, body)

    assert_one_of(answer, {204, 400, 422})
    if answer.status == 204:
        assert_stored(customer, name="Contract Test", externalCustomerId=None)
    else:
        assert_unchanged(customer)


@pytest.mark.parametrize("body", CONSTANTS)
def test_nan_and_infinity_are_refused(api: Api, customer: Customer, body: bytes) -> None:
    """A body with NaN or Infinity, which many parsers take for JSON, is answered 400 or 422, and changes nothing."""
    answer = api.put(customer, body)

    assert_one_of(answer, {400, 422})
    assert_unchanged(customer)


@pytest.mark.parametrize("payload", expecting(400), ids=str)
def test_whatever_else_is_not_json_is_refused(api: Api, payload: Payload) -> None:
    """Every other body of payloads.yaml that is not JSON is answered 400, and changes nothing."""
    answer = api.send(payload)

    assert_problem(answer, status=400, title="Bad Request")
    assert_unchanged(answer.customer)
