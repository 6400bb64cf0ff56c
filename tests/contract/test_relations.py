"""Relations: two requests that mean the same are answered alike, whatever the answer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.api import Api
from contracts.customers.disposable import Customer
from tests.contract.assertions import assert_alike, assert_stored, assert_unchanged

VALID = b'{"name":"A/B \xf0\x9f\x98\x80","externalCustomerId":"x"}'
BROKEN = b'{"name":"Contract Test","foo":"bar"}'

Headers = tuple[tuple[str, str], ...]


@pytest.mark.parametrize(
    "rewritten",
    [
        pytest.param(b'{"externalCustomerId":"x","name":"A/B \xf0\x9f\x98\x80"}', id="members-in-another-order"),
        pytest.param(
            b' {\t"name" :\r\n "A/B \xf0\x9f\x98\x80" , "externalCustomerId": "x" }\n', id="white-space-between-tokens"
        ),
        pytest.param(b'{"name":"\\u0041\\/B \\ud83d\\ude00","externalCustomerId":"\\u0078"}', id="escapes-in-values"),
        pytest.param(
            b'{"\\u006eame":"A/B \xf0\x9f\x98\x80","external\\u0043ustomerId":"x"}', id="escapes-in-member-names"
        ),
    ],
)
def test_how_an_update_is_written_changes_nothing(api: Api, customer: Customer, rewritten: bytes) -> None:
    """The same JSON, written differently, is answered alike, and stores the same values."""
    first = api.put(customer, VALID)

    second = api.put_rewritten(customer, rewritten)

    assert_alike(first, second)
    assert_stored(customer, name="A/B \U0001f600", externalCustomerId="x")


@pytest.mark.parametrize(
    "rewritten",
    [
        pytest.param(b'{"foo":"bar","name":"Contract Test"}', id="members-in-another-order"),
        pytest.param(b'\n{ "name" : "Contract Test" ,\t"foo" : "bar" }', id="white-space-between-tokens"),
        pytest.param(b'{"name":"Contract\\u0020Test","\\u0066oo":"bar"}', id="escapes"),
    ],
)
def test_how_an_invalid_update_is_written_changes_nothing(api: Api, customer: Customer, rewritten: bytes) -> None:
    """The same JSON that breaks the schema, written differently, is refused alike, and changes nothing."""
    first = api.put(customer, BROKEN)

    second = api.put_rewritten(customer, rewritten)

    assert_alike(first, second)
    assert_unchanged(customer)


@pytest.mark.parametrize("body", [pytest.param(VALID, id="valid"), pytest.param(BROKEN, id="invalid")])
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda headers: headers[::-1], id="in-reverse-order"),
        pytest.param(lambda headers: [(name.lower(), value) for name, value in headers], id="in-lower-case"),
        pytest.param(lambda headers: [(name.upper(), value) for name, value in headers], id="in-upper-case"),
    ],
)
def test_how_headers_are_written_changes_nothing(
    api: Api, customer: Customer, written: Callable[[Headers], Headers], body: bytes
) -> None:
    """The same headers in another order, or with names in another letter case, are answered alike."""
    first = api.put(customer, body)

    second = api.put_with_headers(customer, written)

    assert_alike(first, second)


@pytest.mark.parametrize("body", [pytest.param(VALID, id="valid"), pytest.param(BROKEN, id="invalid")])
@pytest.mark.parametrize(
    "accepted",
    [
        pytest.param(
            {"Accept": "application/json, text/plain, */*", "Accept-Language": "de-DE, de;q=0.9, *;q=0.1"},
            id="plain-text-or-anything-in-german",
        ),
        pytest.param({"Accept": "application/*", "Accept-Language": "fr, en;q=0.1"}, id="a-range-in-french"),
        pytest.param(
            {"Accept": "application/problem+json", "Accept-Charset": "iso-8859-1, utf-8;q=0.5"}, id="problems-alone"
        ),
    ],
)
def test_what_a_client_accepts_changes_nothing(
    api: Api, customer: Customer, accepted: dict[str, str], body: bytes
) -> None:
    """A client that accepts other media types, or another language, is answered alike: an error is still a problem."""
    first = api.put(customer, body)

    second = api.put_with_headers(
        customer, lambda headers: [*accepted.items(), *(pair for pair in headers if pair[0] not in accepted)]
    )

    assert_alike(first, second)


@pytest.mark.parametrize(
    ("body", "how"),
    [
        pytest.param(b'{"name":', {}, id="not-json"),
        pytest.param(VALID, {"authorization": ()}, id="no-credential"),
        pytest.param(VALID, {"authorization": ("Bearer <KAITEN_READ_TOKEN>",)}, id="no-scope"),
        pytest.param(VALID, {"slug": "contract-test-nobody"}, id="unknown-slug"),
        pytest.param(BROKEN, {}, id="schema-broken"),
    ],
)
def test_what_is_refused_is_refused_again(api: Api, customer: Customer, body: bytes, how: dict[str, Any]) -> None:
    """A refused request that is sent again is refused in the same way, and changes nothing."""
    first = api.put(customer, body, **how)

    second = api.put_again(customer)

    assert_alike(first, second)
    assert_unchanged(customer)
