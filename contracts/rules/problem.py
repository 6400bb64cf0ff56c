"""Problem details (RFC 9457), judged: the body of an error answer against the contract document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from contracts.exchange import Response
from contracts.rules.body import refuse_constant, shallow, well_formed
from contracts.rules.document import EQUALS, PROBLEM, Context, Document, Finding
from contracts.rules.promise import Violation, excerpt, promises, violation

# `charset` has no meaning for JSON (RFC 8259 section 11); frameworks add it all the same.
# A parameter may be empty (RFC 9110 section 5.6.6).
_MEDIA_TYPE = re.compile(rf"{re.escape(PROBLEM)}(?:\s*;\s*(?:charset=\"?utf-8\"?)?)*", re.IGNORECASE)

RULES = (
    "problem.media_type",
    "problem.encoding",
    "problem.json",
    "problem.unique_names",
    "problem.object",
    "problem.required",
    "problem.members",
    "problem.status",
)


def judge_problem(response: Response, document: Document, context: Context) -> Iterator[Violation]:
    """What is wrong with an error answer."""
    yield from _media_type(response)
    text = _text(response.body)
    if isinstance(text, Violation):
        yield text
        return
    repeated: list[str] = []
    try:
        value = json.loads(
            shallow(text), object_pairs_hook=lambda pairs: _members(pairs, repeated), parse_constant=refuse_constant
        )
    except ValueError as error:
        why = "an empty body" if not text.strip() else f"{excerpt(text)} ({error})"
        yield violation("problem.json", "a problem, as one JSON text", why)
        return
    for name in repeated:
        yield violation("problem.unique_names", "each member named once", f"{name!r} is named more than once", name)
    yield from _value(value, response.status, document, context)


@cache
def tried_by(status: int, document: Document) -> frozenset[str]:
    """The rules that an error answer with this status puts to the test."""
    members = {f"problem.{name}" for name in document.problem_members(status)}
    named = {rule if rule in promises() else "problem.member" for rule in members}
    return frozenset(RULES) | named | ({"problem.located"} if status == 422 else set())


def _media_type(response: Response) -> Iterator[Violation]:
    values = response.values("Content-Type")
    if len(values) != 1 or not _MEDIA_TYPE.fullmatch(values[0].strip()):
        came = " and ".join(map(excerpt, values)) or "no Content-Type"
        yield violation("problem.media_type", f"Content-Type: {PROBLEM}", came, "Content-Type")


def _text(body: bytes) -> str | Violation:
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return violation("problem.encoding", "UTF-8 without a byte order mark", f"a body that begins with {body[:4]!r}")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        return violation("problem.encoding", "UTF-8", f"{body[error.start : error.start + 4]!r} at byte {error.start}")


def _members(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        repeated += sorted({name for name in names if names.count(name) > 1})
    return members


def _value(value: Any, status: int, document: Document, context: Context) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield violation("problem.object", "a JSON object", excerpt(json.dumps(value)))
        return
    seen = set()
    if "status" in value and (isinstance(value["status"], bool) or value["status"] != status):
        seen.add("problem.status")
        yield violation("problem.status", f"{status}, the HTTP status", excerpt(json.dumps(value["status"])), "status")
    # A lone surrogate is no text that a validator takes.
    for finding in document.problem_findings(status, well_formed(value), context):
        found = _violation(finding)
        if found.rule != "problem.status" or found.rule not in seen:
            yield found


def _violation(finding: Finding) -> Violation:
    place = ".".join(step if isinstance(step, str) else "[]" for step in finding.path)
    message = excerpt(finding.message)
    if finding.keyword == "required":
        return violation(_rule(finding), message, "it is missing", place)
    if finding.keyword in ("const", EQUALS):
        return violation(_rule(finding), message, excerpt(json.dumps(finding.value)), place)
    return violation(_rule(finding), f"{place or 'a problem'} as documented ({finding.keyword})", message, place)


def _rule(finding: Finding) -> str:
    member = finding.path[0] if finding.path else None
    if finding.keyword in ("contains", "minItems") or (member is None and '"errors" is a required' in finding.message):
        return "problem.located"
    if member is None:
        return {"required": "problem.required", "additionalProperties": "problem.members"}.get(
            finding.keyword, "problem.object"
        )
    rule = f"problem.{member}"
    return rule if rule in promises() else "problem.member"
