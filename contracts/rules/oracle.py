"""The oracle: which statuses may answer a request.

It works out the circumstances of a request from its bytes; which statuses a circumstance allows is data, the
`allows` of the promise that has the circumstance's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from contracts.credential import Role, role_of
from contracts.exchange import Request
from contracts.rules.body import Body, read
from contracts.rules.document import Document
from contracts.rules.promise import Promise, promises

_JSON_LIKE = re.compile(r"(?:[\w.!#$&^-]+/(?:[\w.!#$&^-]+\+)?json|application/(?:\w+-)?json[\w-]*)")
_CHARSET_UTF8 = re.compile(r'charset="?utf-8"?')


@dataclass(frozen=True)
class Prediction:
    """What the contract says of a request before it is sent.

    `reasons` are the promises that bind it, first the one to blame; `allowed` the statuses that may answer;
    `readings` the bodies that may be stored when it is accepted.
    """

    reasons: tuple[Promise, ...]
    allowed: frozenset[int]
    readings: tuple[Any, ...] = ()
    open_text: bool = False
    may_break: bool = False


def predict(request: Request, document: Document, existing: Collection[str]) -> Prediction:
    """The statuses that may answer `request`, when exactly the customers with the slugs in `existing` exist."""
    body, role = read(request.body), role_of(request.headers)
    context = {"$request.path.customerSlug": frozenset({request.slug.decode("utf-8", "replace")})}
    # Whoever ignores read-only members reads what is left (OpenAPI 3.1, readOnly).
    accepted = tuple(
        value for value in map(document.without_read_only, body.values) if document.accepts(value, context)
    )
    binding = [
        *_of_credential(role),
        *_of_slug(request, existing),
        *_of_media_type(request),
        *_of_body(body, accepted),
    ]
    open_ = [*_open(request, role, body, document)]
    known = promises()
    # Where nothing else is wrong, it is the open circumstance that was not answered as it may be.
    reasons = tuple(known[rule] for rule in (*binding, *open_, *([] if binding else ["status.valid"])))
    return Prediction(
        reasons=reasons,
        allowed=frozenset(status for promise in reasons for status in promise.allows),
        readings=() if binding else accepted,
        open_text=body.open_text,
        # A server may close at once on a body that is too large (RFC 9110 section 15.5.14).
        may_break=body.oversized,
    )


def _of_credential(role: Role) -> list[str]:
    rules = {Role.NONE: "status.credential", Role.INVALID: "status.credential", Role.READ: "status.scope"}
    return [rules[role]] if role in rules else []


def _of_slug(request: Request, existing: Collection[str]) -> list[str]:
    return [] if request.slug.decode("utf-8", "surrogateescape") in existing else ["status.slug"]


def media_type(request: Request) -> str:
    """How the request's media type counts: `json`, `like-json` (a server may choose) or `other`."""
    value = request.header("Content-Type")
    if value is None or not value.strip():
        return "like-json"
    essence, *parameters = (part.strip().lower() for part in value.split(";"))
    if essence != "application/json":
        return "like-json" if _JSON_LIKE.fullmatch(essence) else "other"
    return "json" if all(_CHARSET_UTF8.fullmatch(parameter) for parameter in parameters) else "like-json"


def _of_media_type(request: Request) -> list[str]:
    return ["status.media_type"] if media_type(request) == "other" else []


def _of_body(body: Body, accepted: tuple[Any, ...]) -> list[str]:
    if body.huge_number:
        return ["status.number"]
    if not body.values:
        return ["status.syntax"]
    return [] if accepted else ["status.schema"]


def _open(request: Request, role: Role, body: Body, document: Document) -> list[str]:
    """The circumstances that allow more statuses and forbid none."""
    rules = {
        "status.media_type_like_json": media_type(request) == "like-json",
        "status.size": body.oversized,
        "status.text": body.open_text or not _is_text(request.slug) or bool(body.values and not body.strict),
        "status.credential_unclear": role is Role.UNCLEAR or _credentials(request) > 1,
        "status.read_only": any(
            isinstance(value, dict) and document.read_only_members & set(value) for value in body.values
        ),
    }
    return [rule for rule, holds in rules.items() if holds]


def _credentials(request: Request) -> int:
    return len([name for name, _ in request.headers if name.lower() == "authorization"])


def _is_text(slug: bytes) -> bool:
    try:
        return "\x00" not in slug.decode("utf-8")
    except UnicodeDecodeError:
        return False
