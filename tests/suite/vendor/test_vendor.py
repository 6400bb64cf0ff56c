"""The documented vendor, asked directly."""

from __future__ import annotations

import gc
from http import HTTPStatus

import httpx
import pytest

from contracts.http.request import update
from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS, Call, Refusal, Vendor
from contracts.vendor.served import transport


@pytest.mark.parametrize(
    ("status", "since_3_13", "title"),
    [
        pytest.param(413, "Content Too Large", b"Request Entity Too Large", id="413"),
        pytest.param(422, "Unprocessable Content", b"Unprocessable Entity", id="422"),
    ],
)
def test_a_title_is_as_documented_whatever_python_calls_the_status(
    status: int, since_3_13: str, title: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title is the phrase that the page documents; Python 3.13 renamed two."""
    monkeypatch.setattr(HTTPStatus(status), "phrase", since_3_13)

    answer = Vendor(load("docs")).problem(Call("PUT", "/customers/x", [], b""), Refusal(status, "No."))

    assert b'"title":"' + title + b'"' in answer.body


@pytest.mark.parametrize("depth", [64, 256, 500, 990, 5000, 100_000])
@pytest.mark.parametrize("before", [b"", b'{"name":'], ids=["body", "name"])
def test_the_vendor_refuses_what_is_nested_deeply(before: bytes, depth: int) -> None:
    """JSON that breaks the schema is answered 422 however deep it is nested."""
    vendor = Vendor(load("docs"))
    vendor.add("acme", "Acme")
    headers = [("authorization", f"Bearer {next(iter(MOCK_TOKENS))}"), ("content-type", "application/json")]
    body = before + b"[" * depth + b"]" * depth + b"}" * len(before[:1])

    answer = vendor.handle(Call("PUT", "/customers/acme", headers, body))

    assert answer.status == 422


def test_a_customer_of_which_the_vendor_fails_is_answered_500() -> None:
    """Told to fail for one customer, the vendor answers its updates 500, whatever they ask, and nobody else's."""
    vendor = Vendor(load("docs"))
    vendor.add("acme", "Acme")
    vendor.add("other", "Other")
    headers = [("authorization", f"Bearer {next(iter(MOCK_TOKENS))}"), ("content-type", "application/json")]

    with vendor.failing("acme"):
        statuses = [
            vendor.handle(Call("PUT", f"/customers/{slug}", headers, body)).status
            for slug, body in (("acme", b'{"name":"x"}'), ("acme", b"{"), ("other", b'{"name":"x"}'))
        ]
        read = vendor.handle(Call("GET", "/customers/acme", headers, b""))

    assert (statuses, read.status) == ([500, 500, 204], 200)
    assert vendor.customers["acme"]["name"] == "Acme"
    assert vendor.handle(Call("PUT", "/customers/acme", headers, b'{"name":"x"}')).status == 204


def test_the_mock_in_process_keeps_no_requests() -> None:
    """However many requests it answers, only the newest stays in memory."""
    answer = transport(Vendor(load("docs")))
    for number in range(50):
        answer(update(f"contract-test-kept-{number}", b'{"name":"x"}'))

    gc.collect()
    paths = [each.url.path for each in gc.get_objects() if isinstance(each, httpx.Request)]

    kept = "/customers/contract-test-kept-"
    assert [path for path in paths if path.startswith(kept)] == [f"{kept}49"]
