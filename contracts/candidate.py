"""The document of a release: in a file, on standard input, at an address, or as a deployment serves it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import httpx

from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.exchange import Failure, Request
from contracts.http.retries import INTERRUPTING
from contracts.http.target import MIB, Limits, Target
from contracts.rules.openapi import document
from contracts.rules.references import References

LARGEST = 4 * MIB
# Seconds for a document behind an address.
_WHOLE = 30.0
NOWHERE = Target("", {})
# Nothing is known of a document by these.
_NO_ANSWER = INTERRUPTING | {500}


def read(where: str, target: Target = NOWHERE) -> References:
    """The OpenAPI document in a file, on standard input (`-`) or at an address, which is reached as `target` is.

    Raises:
        WrongCall: there is no document, or it is not OpenAPI 3.0 or 3.1, or it cannot be read.
        NoVerdict: the address cannot be reached.

    """
    is_address = where.lower().startswith(("http://", "https://"))
    data = _fetched(where, target) if is_address else _file(where)
    name = f"candidate {called(where)!r}"
    if len(data) > LARGEST:
        raise WrongCall(f"{name} is larger than {LARGEST // MIB} MiB")
    return References(document(data, name), name)


def called(where: str) -> str:
    """How a candidate is named to the user: a query may hold a secret, and is not shown."""
    return where.partition("?")[0] if "://" in where else "standard input" if where == "-" else where


def _file(where: str) -> bytes:
    try:
        if where == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        if not Path(where).is_file():
            raise WrongCall(f"there is no candidate {where!r}: give a file, or an address that begins with https://")
        with Path(where).open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise WrongCall(f"{where!r} cannot be read: {getattr(error, 'strerror', error)}") from None


def _fetched(where: str, target: Target) -> bytes:
    name = called(where)
    try:
        url = httpx.URL(where)
        if url.userinfo or not url.host:
            raise WrongCall("the candidate's address has user info in it, or no host; download the file, and give that")
    except httpx.InvalidURL as error:
        raise WrongCall(f"the candidate's address cannot be read: {error}") from None
    # Without tokens: the document is for everybody. Another host is told no header of the target's.
    own = httpx.URL(target.base_url)
    headers = target.headers if (url.scheme, url.netloc) == (own.scheme, own.netloc) else ()
    origin = f"{url.scheme}://{url.netloc.decode()}"
    with Client(replace(target, base_url=origin, tokens={}, limits=Limits(_WHOLE, LARGEST), headers=headers)) as client:
        exchange = client.once(Request("GET", url.raw_path.decode("ascii"), (("Accept", "*/*"),)))
    if exchange.response is None:
        if exchange.failure is Failure.TOO_LARGE:
            raise WrongCall(f"candidate {name!r} is larger than {LARGEST // MIB} MiB")
        raise NoVerdict(f"{name} cannot be read: {exchange.failure}")
    if exchange.status in _NO_ANSWER:
        raise NoVerdict(f"{name} answers {exchange.status}")
    if exchange.status in range(300, 400):
        raise WrongCall(f"{name} redirects elsewhere, which is not followed: give the address it leads to")
    if exchange.status != 200:
        raise WrongCall(f"{name} answers {exchange.status}, and not with a document")
    return exchange.response.body
