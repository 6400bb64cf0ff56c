"""The oracle: which statuses may answer a request.

It works out the circumstances of a request from its bytes; which statuses a circumstance allows is data, the
`allows` of the promise that has the circumstance's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from contracts.http.credential import Role, role_of, roles_of
from contracts.http.exchange import Request
from contracts.rules import prose
from contracts.rules.body import Body, read
from contracts.rules.document import Document
from contracts.rules.promise import Promise, promises

_JSON_LIKE = re.compile(r"(?:[\w.!#$&^-]+/(?:[\w.!#$&^-]+\+)?json|application/(?:\w+-)?json[\w-]*|json|\*/\*)")
# Octets of a request line that every server takes (RFC 9112 section 3).
_REQUEST_LINE = 8000


@dataclass(frozen=True)
class Prediction:
    """What the contract says of a request before it is sent.

    `reasons` are the promises that bind it, first the one to blame; `allowed` the statuses that may answer;
    `readings` the bodies that may be stored when it is accepted; `leaving_open` the promises that only add statuses.
    """

    reasons: tuple[Promise, ...]
    allowed: frozenset[int]
    readings: tuple[Any, ...] = ()
    open_text: bool = False
    may_break: bool = False
    leaving_open: tuple[str, ...] = ()


def predict(request: Request, document: Document, existing: Collection[str]) -> Prediction:
    """The statuses that may answer `request`, when exactly the customers with the slugs in `existing` exist."""
    body, role = read(request.body), role_of(request.headers)
    slug = request.slug.decode("utf-8", "replace")
    # Whoever ignores read-only members reads what is left (OpenAPI 3.1, readOnly).
    accepted = tuple(
        value
        for value in map(document.without_read_only, body.values)
        if not any(prose.request_findings(document, value, slug))
    )
    binding = [
        *_of_credential(role),
        *_of_slug(request, existing),
        *_of_media_type(request),
        *_of_body(body, accepted),
    ]
    open_ = [*_open(request, role, body, document)]
    known = promises()
    # If only open circumstances apply, the first of them is blamed.
    reasons = tuple(known[rule] for rule in (*binding, *open_, *([] if binding else ["status.valid"])))
    return Prediction(
        reasons=reasons,
        allowed=frozenset(status for promise in reasons for status in promise.allows),
        readings=() if binding else accepted,
        open_text=body.open_text,
        # A server may close at once on a body that is too large (RFC 9110 section 15.5.14).
        may_break=body.oversized,
        leaving_open=tuple(open_),
    )


def _of_credential(role: Role) -> list[str]:
    if role is Role.READ:
        return ["status.scope"]
    return ["status.credential"] if role in (Role.NONE, Role.INVALID, Role.MALFORMED) else []


def _of_slug(request: Request, existing: Collection[str]) -> list[str]:
    # No slug is that long.
    if len(f"{request.method} {request.path} HTTP/1.1") > _REQUEST_LINE:
        return ["status.request_line"]
    return [] if request.slug.decode("utf-8", "surrogateescape") in existing else ["status.slug"]


def media_type(request: Request) -> str:
    """How the request's media type counts: `json`, `like-json` (a server may choose) or `other`.

    Real servers read or refuse any parameter, a charset among them, and white space before it.
    """
    value = (request.header("Content-Type") or "").lower()
    if value == "application/json":
        return "json"
    essence = value.partition(";")[0].strip()
    return "like-json" if not essence or _JSON_LIKE.fullmatch(essence) else "other"


def _of_media_type(request: Request) -> list[str]:
    return ["status.media_type"] if media_type(request) == "other" else []


def _of_body(body: Body, accepted: tuple[Any, ...]) -> list[str]:
    special = {"status.number": body.huge_number, "status.constant": body.constant}
    if any(special.values()):
        return [rule for rule, holds in special.items() if holds]
    if not body.values:
        return ["status.syntax"]
    return [] if accepted else ["status.schema"]


def _open(request: Request, role: Role, body: Body, document: Document) -> list[str]:
    """The circumstances that allow more statuses and forbid none."""
    rules = {
        "status.media_type_like_json": media_type(request) == "like-json",
        "status.size": body.oversized,
        "status.encoding": body.encoded,
        "status.text": body.open_text or not _is_text(request.slug),
        "status.credential_unclear": role in (Role.UNCLEAR, Role.MALFORMED) or _is_unclear(request),
        "status.scope": role is Role.UNCLEAR and Role.READ in roles_of(request.headers),
        "status.email": any(prose.has_doubtful_email(document, value) for value in body.values),
        "status.read_only": any(
            isinstance(value, dict) and document.read_only_members & set(value) for value in body.values
        ),
    }
    return [rule for rule, holds in rules.items() if holds]


def _is_unclear(request: Request) -> bool:
    """Whether there are several credentials, or white space around one."""
    values = [value for name, value in request.headers if name.lower() == "authorization"]
    return len(values) > 1 or any(value and value != value.strip() for value in values)


def _is_text(slug: bytes) -> bool:
    try:
        return "\x00" not in slug.decode("utf-8")
    except UnicodeDecodeError:
        return False
