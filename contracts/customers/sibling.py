"""The sibling operations: create, read and delete a customer. None is under contract; the attempts need them."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

from contracts.customers.journal import PREFIX
from contracts.errors import NoVerdict, WrongCall
from contracts.http.credential import WRITE_TOKEN
from contracts.http.exchange import Exchange
from contracts.http.request import CUSTOMERS, Request, update

# Statuses of a target that does not offer such an operation to us; and all statuses that say that no customer was made.
CANNOT = frozenset({403, 404, 405})
MADE_NONE = CANNOT | {400, 401, 422}
# Statuses of a DELETE that removed the customer; and all statuses that say that it is not there.
REMOVED = frozenset({200, 202, 204})
NOT_THERE = REMOVED | {404, 410}
# The slug of a customer of ours, which needs no encoding in a path.
_OURS = re.compile(rf"{PREFIX}[A-Za-z0-9._~-]+")


def create(slug: str, *, complete: bool) -> Request:
    """The request that makes a customer, `complete` or without what may be left out.

    What another update might clear has to be there. In a customer to update, nothing was ever set before.
    """
    details = {"name": slug, "slug": slug} | ({"externalCustomerId": f"{slug}-id"} if complete else {})
    return replace(update("", json.dumps(details).encode()), method="POST", path=CUSTOMERS)


def read(slug: str, token: str = WRITE_TOKEN) -> Request:
    """The request that reads a customer. If the token is empty, none is sent."""
    credentials = (f"Bearer {token}",) if token else ()
    return replace(update(quote(slug, safe=""), b"", content_type=None, authorization=credentials), method="GET")


def read_beside(request: Request, slug: str) -> Request:
    """A read that the same server answers as this request, for a path that begins like ours do.

    No other path is read: for one it is a read of the customer with this slug.
    """
    begins_like_ours = request.path.startswith(f"{CUSTOMERS}/{PREFIX}")
    return replace(read(slug), path=request.path) if begins_like_ours else read(slug)


def delete(slug: str) -> Request:
    return replace(read(slug), method="DELETE")


def made_as(exchange: Exchange) -> str:
    """The slug that a 201 names: the vendor may have changed the one that it was asked for.

    Raises NoVerdict if it names none, or one that the suite may not touch.
    """
    slug = None
    with suppress(ValueError, RecursionError, LookupError, TypeError):
        slug = json.loads(exchange.response.body if exchange.response else b"")["slug"]
    if isinstance(slug, str) and _OURS.fullmatch(slug):
        return slug
    named = f"the slug {slug!r}, and not one like {PREFIX}a-1" if slug else "no slug"
    raise NoVerdict(f"the 201 of POST {CUSTOMERS} names {named}: that customer can be neither used nor removed")


def refusal(exchange: Exchange, base_url: str, there: int) -> WrongCall | NoVerdict:
    """Why no customer was made. `there` is how many there are already."""
    status, post = exchange.status, f"POST {base_url}{CUSTOMERS}"
    if status == 401:
        return refused_token(base_url)
    if there and status in MADE_NONE | {402, 409}:
        more = "no second customer" if there == 1 else f"no more than {there} customers"
        return NoVerdict(f"{post} answered {status}: it makes {more}; --customers {there} lets a run do with fewer")
    if status not in CANNOT:
        return NoVerdict(f"{post} did not make a customer (promised: 201, came: {exchange.failure or status})")
    scope = "give a token with the scope write:customers, or " if status == 403 else ""
    hint = f", or try {other_prefix(base_url)}, if that is where the API is" if status == 404 else ""
    remedy = f"{scope}name one that may be changed with --customer SLUG{hint}"
    return WrongCall(f"{post} answered {status}: no customer can be made there; {remedy}")


def in_front(exchange: Exchange) -> str:
    """What to tell the user if an HTML page, and not a problem of the API, refuses the request; else an empty text."""
    types = exchange.response.values("Content-Type") if exchange.response else []
    if exchange.status not in (400, 401, 403) or not any("html" in media_type.lower() for media_type in types):
        return ""
    said = f"something in front of the API answers, not the API: {exchange.request.method} got {exchange.status}"
    return f"{said} and an HTML page; if it wants a key or a certificate, give --header or --client-cert"


def refused_token(base_url: str, name: str = "KAITEN_AUTH_TOKEN") -> WrongCall:
    """The error for a user whose token is not valid at this target."""
    return WrongCall(f"{base_url} refuses {name} (401): export a token that is valid there")


def other_prefix(base_url: str) -> str:
    """Where the API may be, if it is not under this base URL: the same with `/api`, or without it."""
    return base_url.removesuffix("/api") if base_url.endswith("/api") else f"{base_url}/api"
