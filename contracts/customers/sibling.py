"""The sibling operations: create, read and delete a customer. None is under contract; the attempts need them."""

from __future__ import annotations

import json
from urllib.parse import quote

from contracts.errors import NoVerdict, WrongCall
from contracts.http.credential import WRITE_TOKEN, Headers
from contracts.http.exchange import ACCEPT, CUSTOMERS, Exchange, Request

# What a target answers that does not offer one of them to us.
CANNOT = frozenset({403, 404, 405})


def create(slug: str) -> Request:
    """The request that makes a customer."""
    content = {"name": slug, "slug": slug, "externalCustomerId": f"{slug}-id"}
    headers = (*_headers(WRITE_TOKEN), ("Content-Type", "application/json"))
    return Request("POST", CUSTOMERS, headers, json.dumps(content).encode())


def read(slug: str, token: str = WRITE_TOKEN) -> Request:
    """The request that reads a customer."""
    return Request("GET", _path(slug), _headers(token))


def delete(slug: str) -> Request:
    """The request that removes a customer."""
    return Request("DELETE", _path(slug), _headers(WRITE_TOKEN))


def _path(slug: str) -> str:
    return f"{CUSTOMERS}/{quote(slug, safe='')}"


def _headers(token: str) -> Headers:
    return ACCEPT, ("Authorization", f"Bearer {token}")


def refused_token(base_url: str, name: str = "KAITEN_AUTH_TOKEN") -> WrongCall:
    """What to tell whoever gave a token that is not valid there."""
    return WrongCall(f"{base_url} refuses {name} (401): export a token that is valid there")


def cannot_make(exchange: Exchange, base_url: str) -> WrongCall | NoVerdict:
    """Why no customer was made."""
    if exchange.status == 401:
        return refused_token(base_url)
    if exchange.status in CANNOT:
        other = base_url.removesuffix("/api") if base_url.endswith("/api") else f"{base_url}/api"
        hint = f", or try {other}, if that is where the API is" if exchange.status == 404 else ""
        scope = "give a token with the scope write:customers, or " if exchange.status == 403 else ""
        return WrongCall(
            f"POST {base_url}{CUSTOMERS} answered {exchange.status}: no customer can be made there; "
            f"{scope}name one that may be changed with --customer SLUG{hint}"
        )
    came = exchange.failure or exchange.status
    return NoVerdict(f"POST {base_url}{CUSTOMERS} did not make a customer (promised: 201, came: {came})")
