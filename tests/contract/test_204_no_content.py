"""204 No Content: a valid update is answered with nothing, and stored exactly as it was sent."""

from __future__ import annotations

import json

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from contracts.fuzz.payloads import Payload, expecting, to_json
from tests.contract.assertions import assert_no_content, assert_stored

pytestmark = pytest.mark.status_204

TEXTS = [
    pytest.param("x", id="one-character"),
    pytest.param("a" * 10_000, id="10000-characters"),
    pytest.param("\u039f\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2", id="greek"),
    pytest.param("\u0410\u0441\u043c\u0435", id="cyrillic"),
    pytest.param("\u05e9\u05dc\u05d5\u05dd", id="hebrew"),
    pytest.param("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f \u06a9\u06cc \u06f1", id="arabic"),
    pytest.param("\u0915\u094d\u0937\u0947\u0924\u094d\u0930", id="devanagari"),
    pytest.param("\u0e40\u0e1b\u0e47\u0e19", id="thai"),
    pytest.param("\u5ba2\u6237", id="han"),
    pytest.param("\u30ab\u30bf\u30ab\u30ca", id="katakana"),
    pytest.param("\ud55c\uad6d", id="hangul"),
    pytest.param("\U0001f600", id="emoji"),
]


def test_the_published_example_is_stored(api: Api, customer: Customer) -> None:
    """The example of the API page is answered 204 with an empty body, and stored."""
    answer = api.put(customer, b'{"externalCustomerId": "external-customer-id-12345", "name": "Awesome Customer"}')

    assert_no_content(answer)
    assert_stored(customer, name="Awesome Customer", externalCustomerId="external-customer-id-12345")


def test_nothing_follows_a_204_until_the_connection_ends(api: Api, customer: Customer) -> None:
    """If a request asks to close the connection, no byte of body follows the 204 within a second."""
    answer = api.put(customer, b'{"name": "Contract Test"}', headers=(("Connection", "close"),), linger=1.0)

    assert_no_content(answer)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_any_script_and_length_is_stored(api: Api, customer: Customer, text: str) -> None:
    """Name and external id accept any Unicode text, even of 10,000 characters, and store it character by character."""
    answer = api.put(customer, to_json({"name": text, "externalCustomerId": text}))

    assert_no_content(answer)
    assert_stored(customer, name=text, externalCustomerId=text)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"name": "After"}', id="left-out"),
        pytest.param(b'{"name": "After", "externalCustomerId": null}', id="null"),
    ],
)
def test_an_external_id_is_cleared(api: Api, customer: Customer, body: bytes) -> None:
    """An externalCustomerId that is left out, or null, is cleared, because an update is a full replacement."""
    api.put(customer, b'{"name": "Before", "externalCustomerId": "set-before"}')

    answer = api.put(customer, body)

    assert_no_content(answer)
    assert_stored(customer, name="After", externalCustomerId=None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Acme", "ACME", id="letter-case"),
        pytest.param("caf\u00e9", "cafe", id="accent"),
        pytest.param("caf\u00e9", "cafe\u0301", id="normalisation"),
        pytest.param("Acme", "Acme ", id="trailing-space"),
        pytest.param("stra\u00dfe", "strasse", id="sharp-s"),
        pytest.param("\U0001f363", "\U0001f37a", id="emoji"),
        pytest.param("1", "01", id="leading-zero"),
    ],
)
@pytest.mark.parametrize("member", ["name", "externalCustomerId"])
def test_a_small_change_is_stored(api: Api, customer: Customer, member: str, before: str, after: str) -> None:
    """A change of one member that a loose comparison would miss is stored."""
    details = {"name": before, "externalCustomerId": before}
    api.put(customer, to_json(details))

    answer = api.put(customer, to_json(details | {member: after}))

    assert_no_content(answer)
    assert_stored(customer, **details | {member: after})


@pytest.mark.parametrize(
    ("name", "external_id"),
    [pytest.param("Before", "another", id="external-id"), pytest.param("Another", "before", id="name")],
)
def test_a_change_of_one_member_alone_is_stored(api: Api, customer: Customer, name: str, external_id: str) -> None:
    """An update that changes one member and repeats the other is stored."""
    api.put(customer, b'{"name": "Before", "externalCustomerId": "before"}')

    answer = api.put(customer, to_json({"name": name, "externalCustomerId": external_id}))

    assert_no_content(answer)
    assert_stored(customer, name=name, externalCustomerId=external_id)


@pytest.mark.parametrize(
    ("before", "after"), [pytest.param(None, "", id="empty-after-null"), pytest.param("", None, id="null-after-empty")]
)
def test_empty_and_null_are_not_the_same(api: Api, customer: Customer, before: str | None, after: str | None) -> None:
    """An external id that is empty is a text, and not none: an update that changes the one to the other is stored."""
    api.put(customer, to_json({"name": "Contract Test", "externalCustomerId": before}))

    answer = api.put(customer, to_json({"name": "Contract Test", "externalCustomerId": after}))

    assert_no_content(answer)
    assert_stored(customer, name="Contract Test", externalCustomerId=after)


def test_the_same_update_twice_is_as_once(api: Api, customer: Customer) -> None:
    """PUT is idempotent: the same update, sent twice, is answered 204 twice and stores the same values."""
    api.put(customer, b'{"name": "Twice", "externalCustomerId": "the-same"}')

    answer = api.put_again(customer)

    assert_no_content(answer)
    assert_stored(customer, name="Twice", externalCustomerId="the-same")


@pytest.mark.parametrize("payload", expecting(204), ids=str)
def test_a_valid_update_is_answered_204_and_stored(api: Api, payload: Payload) -> None:
    """Every other valid request of payloads.yaml is answered 204 with an empty body, and stored as sent."""
    answer = api.send(payload)

    sent = json.loads(payload.request.body)
    assert_no_content(answer)
    assert_stored(answer.customer, name=sent["name"], externalCustomerId=sent.get("externalCustomerId"))
