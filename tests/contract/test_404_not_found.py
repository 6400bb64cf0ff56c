"""404 Not Found: a slug that names no customer."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from contracts.fuzz.payloads import Payload, expecting
from tests.contract.assertions import assert_one_of, assert_problem, assert_unchanged

pytestmark = pytest.mark.status_404

# Slugs as they are in the path. <CUSTOMER_UPPER> stands for the customer's own slug in upper case.
NOBODY = [
    pytest.param("contract-test-nobody", id="unknown"),
    pytest.param("<CUSTOMER_UPPER>", id="another-letter-case"),
    pytest.param("contract-test-nobody-" + "a" * 279, id="longer-than-any-slug"),
    pytest.param("contract-test-nobody-" + "a" * 5000, id="of-5-kilobytes"),
]


@pytest.mark.parametrize("slug", NOBODY)
def test_a_slug_that_names_no_customer_is_refused(api: Api, customer: Customer, slug: str) -> None:
    """An update of a customer that does not exist is answered 404, and changes no other customer."""
    answer = api.put(customer, b'{"name": "Contract Test"}', slug=slug)

    assert_problem(answer, status=404, title="Not Found")
    assert_unchanged(customer)


def test_a_request_line_that_is_too_long_is_refused(api: Api, customer: Customer) -> None:
    """A slug of over 8,000 characters is answered 404, or 414 or 431 in any shape, and changes nothing."""
    answer = api.put(customer, b'{"name": "Contract Test"}', slug="contract-test-nobody-" + "a" * 8000)

    assert_one_of(answer, {404, 414, 431})
    assert_unchanged(customer)


def test_an_update_of_an_unknown_customer_makes_none(api: Api, customer: Customer) -> None:
    """An update of a customer that does not exist is answered 404, and does not create that customer."""
    slug = api.slug_of_nobody()

    answer = api.put(customer, b'{"name": "Nobody"}', slug=slug)

    assert_problem(answer, status=404, title="Not Found")
    assert not api.is_there(customer, slug)


def test_an_update_of_a_removed_customer_does_not_bring_it_back(api: Api, customer: Customer) -> None:
    """An update of a customer that was removed is answered 404, and it stays removed."""
    slug = api.slug_of_a_removed_customer()

    answer = api.put(customer, b'{"name": "Nobody"}', slug=slug)

    assert_problem(answer, status=404, title="Not Found")
    assert not api.is_there(customer, slug)


def test_an_external_id_is_no_slug(api: Api, customer: Customer) -> None:
    """A slug that is the external id of a customer, and no slug, is answered 404, and changes nothing."""
    api.put(customer, b'{"name": "Contract Test", "externalCustomerId": "contract-test-nobody-by-id"}')

    answer = api.put(
        customer,
        b'{"name": "Nobody", "externalCustomerId": "contract-test-nobody-by-id"}',
        slug="contract-test-nobody-by-id",
    )

    assert_problem(answer, status=404, title="Not Found")
    assert_unchanged(customer)


@pytest.mark.parametrize("payload", expecting(404), ids=str)
def test_whatever_else_names_no_customer_is_refused(api: Api, payload: Payload) -> None:
    """Every other slug of payloads.yaml that names no customer is answered 404, and changes nothing."""
    answer = api.send(payload)

    assert_problem(answer, status=404, title="Not Found")
    assert_unchanged(answer.customer)
