"""Problem details (RFC 9457), judged: the body of an error answer against its document and against the exact shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from contracts.http.exchange import Exchange, Response
from contracts.rules import prose
from contracts.rules.body import read, refuse_constant, shallow, well_formed
from contracts.rules.document import Document, Finding
from contracts.rules.exact import exact
from contracts.rules.location import is_a_place
from contracts.rules.promise import Layer, Violation, excerpt, promises, violation

# `charset` has no meaning for JSON (RFC 8259 section 11); frameworks add it all the same.
# A parameter may be empty (RFC 9110 section 5.6.6).
_PARAMETERS = r"(?:\s*;\s*(?:charset=utf-8|charset=\"utf-8\")?)*"

RULES = (
    "problem.media_type",
    "problem.encoding",
    "problem.json",
    "problem.unique_names",
    "problem.object",
    "problem.required",
    "problem.members",
    "problem.location",
    "problem.status",
)


def judge_problem(exchange: Exchange, response: Response, document: Document) -> Iterator[Violation]:
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
    if not isinstance(value, dict):
        yield violation("problem.object", "a JSON object", excerpt(json.dumps(value)))
        return
    # A lone surrogate is no text that a validator takes.
    yield from _shape(exchange, response.status, well_formed(value), document)
    yield from _locations(exchange, value, document)


@cache
def tried_by(status: int, document: Document) -> frozenset[str]:
    """The rules that an error answer with this status puts to the test."""
    members = {f"problem.{name}" for name in document.problem_members(status)}
    return frozenset(RULES) | {rule if rule in promises() else "problem.member" for rule in members}


def _media_type(response: Response) -> Iterator[Violation]:
    values, wanted = response.values("Content-Type"), exact().media_type
    right = re.compile(re.escape(wanted) + _PARAMETERS, re.IGNORECASE)
    if len(values) != 1 or not right.fullmatch(values[0].strip()):
        came = " and ".join(map(excerpt, values)) or "no Content-Type"
        yield violation("problem.media_type", f"Content-Type: {wanted}", came, "Content-Type")


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


def _shape(exchange: Exchange, status: int, problem: dict[str, Any], document: Document) -> Iterator[Violation]:
    """Where a problem is not as documented, or not as exact; what breaks both is told once, as documented."""
    paths = frozenset({exchange.request.path, exchange.sent_path} - {""})
    documented = [*document.problem_findings(status, problem), *prose.problem_findings(document, problem, paths)]
    seen = set(map(_about, documented))
    yield from (_violation(finding, Layer.DOCUMENTED) for finding in documented)
    exacting = [*exact().problem_findings(status, problem), *_unlisted(status, problem, document)]
    yield from (_violation(finding, Layer.EXACT) for finding in exacting if _about(finding) not in seen)


def _unlisted(status: int, problem: dict[str, Any], document: Document) -> Iterator[Finding]:
    """The members that the document does not list, also where it says nothing against them."""
    listed = document.problem_members(status)
    names = [name for name in problem if name not in listed] if listed else []
    if names:
        yield Finding("additionalProperties", (), f"{', '.join(names)} is not listed", names)


def _about(finding: Finding) -> tuple[object, ...]:
    """What a finding is the same by in both layers."""
    return finding.path, finding.keyword, finding.message if finding.keyword == "required" else ""


def _violation(finding: Finding, layer: Layer) -> Violation:
    place = ".".join(step if isinstance(step, str) else "[]" for step in finding.path)
    message = excerpt(finding.message)
    if finding.keyword == "required":
        return violation(_rule(finding), message, "it is missing", place, layer)
    if finding.keyword in ("title", "status", "prose"):
        return violation(_rule(finding), message, excerpt(json.dumps(finding.value)), place, layer)
    return violation(_rule(finding), f"{place or 'a problem'} as promised ({finding.keyword})", message, place, layer)


def _rule(finding: Finding) -> str:
    member = finding.path[0] if finding.path else None
    if member is None:
        return {"required": "problem.required", "additionalProperties": "problem.members"}.get(
            finding.keyword, "problem.object"
        )
    rule = f"problem.{member}"
    return rule if rule in promises() else "problem.member"


def _locations(exchange: Exchange, problem: dict[str, Any], document: Document) -> Iterator[Violation]:
    errors = problem.get("errors")
    items = [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []
    locations = [item["location"] for item in items if isinstance(item.get("location"), str) and item["location"]]
    if not locations:
        return
    values = read(exchange.request.body).values
    for location in dict.fromkeys(locations):
        if not is_a_place(location, exchange.request, values, document.request_members):
            expected = "a place that the request has or should have, like body, body.name or path.customerSlug"
            yield violation("problem.location", expected, excerpt(location), "errors.[].location")
