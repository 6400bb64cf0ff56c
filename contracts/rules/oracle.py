"""The oracle: which statuses may answer a request.

It works out the circumstances of a request from its bytes. Which statuses a circumstance allows is data: the `allows`
of the promise that is about it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from contracts.http.credential import Role, role_of, roles_of
from contracts.http.exchange import Request
from contracts.rules.body import read
from contracts.rules.document import Document
from contracts.rules.promise import Promise, promises

_JSON_LIKE = re.compile(r"(?:[\w.!#$&^-]+/(?:[\w.!#$&^-]+\+)?json|application/(?:\w+-)?json[\w-]*|json|\*/\*)")
# What no text has: U+0000, and bytes that are no UTF-8.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# Octets of a request line that every server takes (RFC 9112 section 3).
_REQUEST_LINE = 8000


@dataclass(frozen=True)
class Prediction:
    """What the contract says of a request before it is sent.

    `reasons` are the promises that bind it, first the one to blame; `allowed` the statuses that may answer;
    `readings` the bodies that may be stored when it is accepted; `leaving_open` the promises that only add statuses.
    `open_text` says that text may be stored repaired, `may_break` that the connection may break in place of an answer.
    """

    reasons: tuple[Promise, ...]
    allowed: frozenset[int]
    readings: tuple[Any, ...] = ()
    open_text: bool = False
    may_break: bool = False
    leaving_open: tuple[str, ...] = ()


def predict(request: Request, document: Document, existing: Collection[str]) -> Prediction:
    """The statuses that may answer `request`, when exactly the customers with the slugs in `existing` exist."""
    body, role, kind = read(request.body), role_of(request.headers), media_type(request)
    slug = request.slug.decode("utf-8", "surrogateescape")
    credentials = [value for name, value in request.headers if name.lower() == "authorization"]
    # Several credentials, or one with white space around it or a tab in it.
    unclear = len(credentials) > 1 or any("\t" in value or value != value.strip(" ") for value in credentials)
    # Whoever ignores read-only members reads what is left (OpenAPI 3.1, readOnly).
    fitting = tuple(
        value
        for value in map(document.without_read_only, body.values)
        if not any(document.request_findings(value, slug))
    )
    # No slug is that long.
    too_long = len(f"{request.method} {request.path} HTTP/1.1") > _REQUEST_LINE
    odd_number = body.special & {"status.number", "status.constant"}
    # In the order in which a server reads them: what it read wrong first is to blame.
    binding = {
        "status.credential": role in (Role.NONE, Role.INVALID, Role.MALFORMED),
        "status.scope": role is Role.READ,
        "status.request_line": too_long,
        "status.media_type": kind == "other",
        "status.syntax": not body.values,
        "status.number": "status.number" in odd_number,
        "status.constant": "status.constant" in odd_number,
        "status.schema": bool(body.values) and not fitting and not odd_number,
        "status.slug": slug not in existing and not too_long,
    }
    # These allow more statuses and forbid none.
    leaving_open = {
        "status.media_type_like_json": kind == "like-json",
        "status.size": "status.size" in body.special,
        "status.encoding": "status.encoding" in body.special,
        "status.text": "status.text" in body.special or bool(_NO_TEXT.search(slug)),
        "status.credential_unclear": role in (Role.UNCLEAR, Role.MALFORMED) or unclear,
        "status.scope": role is Role.UNCLEAR and Role.READ in roles_of(request.headers),
        "status.email": any(map(document.has_doubtful_email, body.values)),
        "status.read_only": any(
            isinstance(value, dict) and document.read_only_members & set(value) for value in body.values
        ),
    }
    bound = [id_ for id_, holds in binding.items() if holds]
    open_ = [id_ for id_, holds in leaving_open.items() if holds]
    # If only open circumstances apply, the first of them is blamed.
    reasons = tuple(promises()[id_] for id_ in (*bound, *open_, *([] if bound else ["status.valid"])))
    return Prediction(
        reasons=reasons,
        allowed=frozenset(status for promise in reasons for status in promise.allows),
        readings=() if bound else fitting,
        open_text="status.text" in body.special,
        # A server may close at once on a body that is too large (RFC 9110 section 15.5.14).
        may_break="status.size" in body.special,
        leaving_open=tuple(open_),
    )


def media_type(request: Request) -> str:
    """How the request's media type counts: `json`, `like-json` (a server may choose) or `other`.

    Real servers read or refuse any parameter, a charset among them, and white space before it.
    """
    value = (request.header("Content-Type") or "").lower()
    if value == "application/json":
        return "json"
    essence = value.partition(";")[0].strip()
    return "like-json" if not essence or _JSON_LIKE.fullmatch(essence) else "other"
