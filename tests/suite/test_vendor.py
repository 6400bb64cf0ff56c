"""The documented vendor, asked directly."""

from __future__ import annotations

import pytest

from contracts.document import load
from contracts.vendor import MOCK_TOKENS, Call, Vendor


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
