"""Where a candidate comes from: a file, or one http(s) address; within limits, and never from a second place."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from contracts.client import INTERRUPTING
from contracts.errors import NoVerdict, WrongCall
from contracts.release.notation import Unreadable, parsed
from contracts.target import MIB

LARGEST = 4 * MIB
# Seconds for a candidate behind an address: to connect or wait for the next bytes, and in all.
_PAUSE, _WHOLE = 5.0, 30.0
# Nothing is known of a document by these.
_NO_ANSWER = INTERRUPTING | {500}


def read(where: str) -> Mapping[str, Any]:
    """The OpenAPI document in a file or at an address.

    Raises:
        WrongCall: there is none, or it is no OpenAPI 3.0 or 3.1 document that can be read.
        NoVerdict: the address cannot be reached.

    """
    data = _fetched(where) if where.lower().startswith(("http://", "https://")) else _file(where)
    name = called(where)
    try:
        content = parsed(data)
    except Unreadable as error:
        raise WrongCall(f"candidate {name!r} {error}") from None
    if isinstance(content, dict) and "swagger" in content:
        raise WrongCall(f"candidate {name!r} is Swagger {str(content['swagger'])[:10]}: convert it to OpenAPI 3 first")
    version = str(content.get("openapi")) if isinstance(content, dict) else ""
    if not version.startswith(("3.0", "3.1")):
        raise WrongCall(
            f"candidate {name!r} is no OpenAPI document: it has no member openapi that begins with 3.0 or 3.1"
        )
    if not isinstance(content.get("paths"), dict):
        raise WrongCall(f"candidate {name!r} is no OpenAPI document of an API: it has no paths")
    return dict(content)


def called(where: str) -> str:
    """How a candidate is named to the user: a query may hold a secret, and is not shown."""
    return where.partition("?")[0] if "://" in where else where


def _file(where: str) -> bytes:
    path = Path(where)
    try:
        if not path.is_file():
            raise WrongCall(f"there is no candidate {where!r}: give a file, or an address that begins with https://")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise WrongCall(f"candidate {where!r} cannot be read: {getattr(error, 'strerror', error)}") from None
    if len(data) > LARGEST:
        raise WrongCall(_too_large(where))
    return data


def _too_large(name: str) -> str:
    return f"candidate {name!r} is larger than {LARGEST // MIB} MiB"


def _fetched(where: str) -> bytes:
    name = called(where)
    try:
        user_info = "@" in urlsplit(where).netloc
    except ValueError as error:
        raise WrongCall(f"the candidate's address cannot be read: {error}") from None
    if user_info:
        raise WrongCall("the candidate's address has user info in it; download the file, and give that")
    ends = time.monotonic() + _WHOLE
    try:
        with (
            httpx.Client(timeout=_PAUSE, trust_env=False, headers={"Accept-Encoding": "identity"}) as client,
            client.stream("GET", where) as response,
        ):
            _check_status(response, name)
            data = bytearray()
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > LARGEST:
                    raise WrongCall(_too_large(name))
                if time.monotonic() > ends:
                    raise NoVerdict(f"{name} took more than {_WHOLE:g} s")
    except httpx.InvalidURL as error:
        raise WrongCall(f"the candidate's address cannot be read: {error}") from None
    except httpx.HTTPError as error:
        raise NoVerdict(f"{name} cannot be read: {' '.join(str(error).split()) or type(error).__name__}") from None
    return bytes(data)


def _check_status(response: httpx.Response, name: str) -> None:
    if response.status_code in _NO_ANSWER:
        raise NoVerdict(f"{name} answers {response.status_code}")
    if response.is_redirect:
        raise WrongCall(f"{name} redirects elsewhere, which is not followed: give the address it leads to")
    if response.status_code != 200:
        raise WrongCall(f"{name} answers {response.status_code}, and not with a document")
