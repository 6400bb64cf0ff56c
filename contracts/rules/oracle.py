"""The oracle: which statuses may answer a request.

It works out the circumstances of a request from its bytes. Which statuses a circumstance allows is data: the `allows`
of the promise that is about it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from contracts.http.credential import Role, role_of, roles_of, values_of
from contracts.http.request import Request
from contracts.rules.body import read
from contracts.rules.document import Document
from contracts.rules.promise import Promise, promises

_JSON_LIKE = re.compile(r"(?:[\w.!#$&^-]+/(?:[\w.!#$&^-]+\+)?json|application/(?:\w+-)?json[\w-]*|json|\*/\*)")
# Characters that no valid text has: U+0000, and the surrogates that stand for bytes that are not UTF-8.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# How many octets of a request line every server should support (RFC 9112 section 3).
_REQUEST_LINE = 8000


@dataclass(frozen=True)
class Prediction:
    """What the contract says about a request before it is sent.

    `reasons` are the promises that bind it, the one to blame first. `allowed` are the statuses that may answer.
    `readings` are the bodies that may be stored if it is accepted. `leaving_open` are promises that only add statuses.
    """

    reasons: tuple[Promise, ...]
    allowed: frozenset[int]
    readings: tuple[Any, ...] = ()
    leaving_open: tuple[str, ...] = ()

    @property
    def open_text(self) -> bool:
        """Whether text may be stored repaired."""
        return "status.text" in self.leaving_open

    @property
    def may_break(self) -> bool:
        """Whether the connection may break: a server may close at once on a large body (RFC 9110 section 15.5.14)."""
        return "status.size" in self.leaving_open


def predict(request: Request, document: Document, existing: Collection[str]) -> Prediction:
    """The statuses that may answer `request`, if exactly the customers with the slugs in `existing` exist."""
    body, role, kind = read(request.body), role_of(request.headers), media_type(request)
    slug = request.slug.decode("utf-8", "surrogateescape")
    credentials = values_of(request.headers, "Authorization")
    # Several credentials, or white space around one.
    unclear = len(credentials) > 1 or any(value and value != value.strip(" \t") for value in credentials)
    # A server may ignore read-only members and read the rest (OpenAPI 3.1, readOnly).
    fitting = tuple(
        value
        for value in map(document.without_read_only, body.values)
        if not any(document.request_mismatches(value, slug))
    )
    # No customer has a slug that makes the request line this long.
    too_long = len(f"{request.method} {request.path} HTTP/1.1") > _REQUEST_LINE
    odd_number = body.special & {"status.number", "status.constant"}
    # The order is that in which a server checks a request. The first circumstance that applies is to blame.
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
        leaving_open=tuple(open_),
    )


def media_type(request: Request) -> str:
    """How the request's media type counts: `json`, `like-json` (a server may choose) or `other`.

    JSON with a parameter, such as a charset, or white space before it is `like-json`: real servers read or refuse it.
    """
    value = (request.header("Content-Type") or "").lower()
    if value == "application/json":
        return "json"
    essence = value.partition(";")[0].strip()
    return "like-json" if not essence or _JSON_LIKE.fullmatch(essence) else "other"
