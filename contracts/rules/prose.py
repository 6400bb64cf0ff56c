"""What release 1.x says in prose alone: no schema of its document holds it (the vendor's API reference of 1.x).

What a request may be, and what is stored of it, is asked of this module. A document is of 1.x where its problems have
the members `code` and `errorId`. Of any other document every function here says what its schema says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from contracts.rules.document import Document, Finding

Json = Any

# Members that an update neither renames nor sets: left out, or as they are on record.
_ON_RECORD = frozenset({"slug", "integrations"})
# Left out it is kept, "" removes it, and so may null.
BILLING_EMAIL = "billingEmail"
_LONGEST_EMAIL = 254
# Everybody takes this for an address. What has an @ and is not of this form some take for one, and others do not.
_PLAIN_EMAIL = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9+_-]+(?:\.[A-Za-z0-9+_-]+)*@(?:[A-Za-z0-9]{1,63}[.-])*[A-Za-z0-9]{1,63}\.[A-Za-z]{2,63}"
)


@cache
def is_of_1x(document: Document) -> bool:
    """Whether the document is of a release 1.x."""
    return {"code", "errorId"} <= set(document.problem_members(422))


@cache
def settable_members(document: Document) -> frozenset[str]:
    """The members that an update stores."""
    return frozenset(document.request_members) - (_ON_RECORD if is_of_1x(document) else frozenset())


@cache
def clearable_members(document: Document) -> frozenset[str]:
    """The members that are cleared when they are null or left out: the update is a full replacement."""
    if not is_of_1x(document):
        return document.nullable_members
    return settable_members(document) - document.required_members - {BILLING_EMAIL}


@cache
def nullable_members(document: Document) -> frozenset[str]:
    """The members that may be null: by their schema, and in 1.x every optional one, for the framework lets it pass."""
    return document.nullable_members | (_optional(document) if is_of_1x(document) else frozenset())


def request_findings(document: Document, value: Json, slug: str) -> Iterator[Finding]:
    """Where a request body for the customer `slug` is not as the document, and the prose, say."""
    if not is_of_1x(document) or not isinstance(value, dict):
        yield from document.request_findings(value)
        return
    present = {name: item for name, item in value.items() if item is not None or name not in nullable_members(document)}
    yield from document.request_findings(present)
    if isinstance(present.get("slug"), str) and present["slug"] != slug:
        yield Finding("prose", ("slug",), f"the slug of the path, {slug!r}", present["slug"])
    if isinstance(present.get("integrations"), dict) and present["integrations"]:
        yield Finding("prose", ("integrations",), "the integrations on record, which are none", present["integrations"])
    email = present.get(BILLING_EMAIL)
    if isinstance(email, str) and email and ("@" not in email.strip("@") or len(email) > _LONGEST_EMAIL):
        yield Finding("prose", (BILLING_EMAIL,), f"an address of at most {_LONGEST_EMAIL} characters", email)


def has_doubtful_email(document: Document, value: Json) -> bool:
    """Whether a body has a `billingEmail` that some take for an address and others do not."""
    email = value.get(BILLING_EMAIL) if is_of_1x(document) and isinstance(value, dict) else None
    return isinstance(email, str) and bool(email) and not _PLAIN_EMAIL.fullmatch(email)


def stored_values(document: Document, name: str, body: Mapping[str, Json], before: Mapping[str, Json]) -> list[Json]:
    """What a settable member may be after an accepted update with this body; None where it is cleared."""
    wanted = body.get(name)
    if not is_of_1x(document) or name != BILLING_EMAIL:
        return [wanted]
    if name not in body:
        return [before.get(name)]
    return {None: [before.get(name), None, ""], "": [None, ""]}.get(wanted, [wanted])


def problem_findings(document: Document, problem: Mapping[str, Json], paths: frozenset[str]) -> Iterator[Finding]:
    """Where a problem is not as the prose says. `paths` are the request's path as sent, with and without the prefix."""
    if not is_of_1x(document):
        return
    if "code" not in problem:
        yield Finding("required", (), '"code" is a required property', dict(problem))
    instance = problem.get("instance")
    if isinstance(instance, str) and unquote(instance) not in {unquote(path) for path in paths}:
        yield Finding("prose", ("instance",), f"the request's path, {' or '.join(sorted(paths))}", instance)


@cache
def _optional(document: Document) -> frozenset[str]:
    return frozenset(document.request_members) - document.required_members
