"""Where a problem's `errors` point: each `location` names a place that the request has or should have.

Whoever shows errors at form fields relies on it. The page's locations are `body`, `body.<member>` and deeper,
`path.customerSlug`, `header.<name>` and `query.<name>`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from contracts.http.exchange import Request

_PATH = "path.customerSlug"
# Headers that any request to the operation has or should have.
_HEADERS = frozenset(
    {"accept", "authorization", "content-length", "content-type", "host", "transfer-encoding", "user-agent"}
)
# The body, an item of one that is an array, or a member whose name is not simple.
_BODY = re.compile(r"body(\[(\d+|[^\]]*[^\]A-Za-z0-9_-][^\]]*)\])*")
_SIMPLE = re.compile(r"[A-Za-z0-9_-]+")
# What ends the first step of a place in the body: `body.a.b`, `body.a[0]`.
_STEP = re.compile(r"[.\[]")


def is_a_place(location: str, request: Request, values: Iterable[Any], members: Collection[str]) -> bool:
    """Whether a location names a place of the request.

    `values` are the bodies that the request's bytes may be read as, `members` the names that a body may have.
    """
    kind, separator, name = location.partition(".")
    if _BODY.fullmatch(kind):
        return not separator or _is_in_body(name, request, values, members)
    if location == _PATH:
        return True
    if kind == "header":
        return name.lower() in _HEADERS | {sent.lower() for sent, _ in request.headers}
    return kind == "query" and name in parse_qs(urlsplit(request.path).query, keep_blank_values=True)


def _is_in_body(place: str, request: Request, values: Iterable[Any], members: Collection[str]) -> bool:
    first = _STEP.split(place, maxsplit=1)[0]
    # Only names that no notation can garble are held; an index may stand for the item of a body that is an array.
    values = list(values)
    present = [name for value in values for name in _names(value)]
    if first in members or first in present or first.isdecimal():
        return True
    # What a notation makes of a name that is not simple is not held.
    if (first and not _SIMPLE.fullmatch(first)) or not all(map(_SIMPLE.fullmatch, present)):
        return True
    # Of a body that is not JSON, or is an array, it may stand anywhere.
    return all(isinstance(value, list) for value in values) and first.encode() in request.body


def _names(value: Any) -> Iterable[str]:
    """The names of a body's members; of an array, those of its items."""
    if isinstance(value, list):
        return [name for item in value if isinstance(item, dict) for name in item]
    return value if isinstance(value, dict) else ()
