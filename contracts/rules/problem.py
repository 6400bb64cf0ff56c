"""Problem details (RFC 9457), judged: an error answer against its document, and against `exact.yaml`.

`exact.yaml` is what every answer is held to beyond its document.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import yaml

from contracts.http.exchange import Exchange, Response
from contracts.http.request import Request
from contracts.rules.body import read, refuse_constant, shallow, well_formed, whole_number
from contracts.rules.document import Document, Mismatch, mismatches
from contracts.rules.oracle import Prediction
from contracts.rules.promise import Layer, Violation, excerpt, promises, violation

EXACT = Path(__file__).parent.parent / "exact.yaml"

# `charset` has no meaning for JSON (RFC 8259 section 11); frameworks add it all the same.
# A parameter may be empty (RFC 9110 section 5.6.6).
_PARAMETERS = r"(?:\s*;\s*(?:charset=utf-8|charset=\"utf-8\")?)*"

# Headers that any request to the operation has or should have.
_HEADERS = frozenset(
    {"accept", "authorization", "content-length", "content-type", "host", "transfer-encoding", "user-agent"}
)
# The body, an item of a body that is an array, or a member whose name is not simple, in brackets.
_BODY = re.compile(r"body(\[(\d+|[^\]]*[^\]A-Za-z0-9_-][^\]]*)\])*")
# A member name that every notation writes in the same way.
_SIMPLE = re.compile(r"[A-Za-z0-9_-]+")


class Exact:
    """The exact problem shape: the one media type, the titles of each status, and the schema of the body."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.media_type: str = content["media_type"]
        self.members: Mapping[str, Mapping[str, Any]] = content["problem"]["properties"]
        self._titles: Mapping[int, list[str]] = content["titles"]
        # The statuses whose answers have this shape, including 413 and 415, which no release documents.
        self.statuses = frozenset(self._titles)
        self._problem = jsonschema_rs.Draft202012Validator(content["problem"], validate_formats=True)

    def problem_mismatches(self, status: int, problem: Mapping[str, Any]) -> Iterator[Mismatch]:
        """Where a problem with this HTTP status is not of the exact shape."""
        found = [*mismatches(self._problem, problem)]
        yield from found
        wrong, titles = {each.path for each in found}, self._titles.get(status, ())
        if titles and "title" in problem and ("title",) not in wrong and problem["title"] not in titles:
            yield Mismatch("title", ("title",), " or ".join(titles), problem["title"])
        # JSON has one kind of number: 400.0 is the integer 400.
        if "status" in problem and ("status",) not in wrong and problem["status"] != status:
            yield Mismatch("status", ("status",), f"{status}, the HTTP status", problem["status"])

    def contradictions(self, document: Document) -> Iterator[tuple[int, str]]:
        """Each documented status for which no problem can fit both the document and `exact.yaml`, and why."""
        for status in sorted(document.documented & self.statuses):
            problem = {"title": self._titles[status][0], "status": status, "detail": "Something is wrong."}
            for mismatch in document.problem_mismatches(status, problem):
                if mismatch.path:
                    yield status, mismatch.message


@cache
def exact() -> Exact:
    """What `exact.yaml` says."""
    return Exact(yaml.safe_load(EXACT.read_text(encoding="utf-8")))


def judge_problem(
    exchange: Exchange, response: Response, prediction: Prediction, document: Document
) -> tuple[frozenset[str], list[Violation]]:
    """The promises that an error answer puts to the test, and what is wrong with it.

    A body that is no JSON object says nothing about members, and a member that is absent says nothing about its value.
    """
    found = [*_media_type(response)]
    problem, wrong = _read(response.body)
    found += wrong
    if problem is None:
        return frozenset({"problem.media_type", *(violation.promise for violation in wrong)}), found
    if document.is_of_1x and response.status == 422:
        found += _of_the_handler(exchange.request, prediction, problem, document)
    found += [*_shape(exchange, response.status, problem, document), *_locations(exchange.request, problem, document)]
    return _tried_without(frozenset(_absent(problem, document.problem_members(response.status)))), found


def _absent(problem: Mapping[str, Any], documented: Collection[str]) -> Iterator[str]:
    """The promises on members that a problem does not have."""
    yield from (f"problem.{name}" for name in exact().members if name not in problem)
    if not problem.get("errors"):
        yield "problem.location"
    if not any(name in problem and f"problem.{name}" not in promises() for name in documented):
        yield "problem.member"


# Most answers have the same members.
@cache
def _tried_without(absent: frozenset[str]) -> frozenset[str]:
    return frozenset(id_ for id_ in promises() if id_.startswith("problem.")) - absent


def _read(body: bytes) -> tuple[dict[str, Any] | None, list[Violation]]:
    """The problem in a body, if there is one, and what is wrong with its text."""
    wanted = "UTF-8 without a byte order mark"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        actual = f"{body[error.start : error.start + 4]!r} at byte {error.start}"
        return None, [violation("problem.encoding", wanted, actual)]
    if text.startswith("\ufeff"):
        return None, [violation("problem.encoding", wanted, "a byte order mark")]
    repeated = set[str]()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.update(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return found

    upper = shallow(text)
    try:
        value = json.loads(upper, object_pairs_hook=members, parse_constant=refuse_constant, parse_int=whole_number)
    except ValueError as error:
        why = "an empty body" if not text.strip() else f"{excerpt(text)} ({error})"
        return None, [violation("problem.json", "a problem, as one JSON text", why)]
    twice = [
        violation("problem.unique_names", "each member named once", f"{name!r} is named more than once", name)
        for name in sorted(repeated)
    ]
    if not isinstance(value, dict):
        return None, [*twice, violation("problem.object", "a JSON object", excerpt(json.dumps(value)))]
    # The validator does not accept lone surrogates.
    repaired = well_formed(upper)
    return (value if repaired == upper else json.loads(repaired, parse_int=whole_number)), twice


def _media_type(response: Response) -> Iterator[Violation]:
    values, wanted = response.values("Content-Type"), exact().media_type
    right = re.compile(re.escape(wanted) + _PARAMETERS, re.IGNORECASE)
    if len(values) != 1 or not right.fullmatch(values[0].strip()):
        actual = " and ".join(map(excerpt, values)) or "no Content-Type"
        yield violation("problem.media_type", f"Content-Type: {wanted}", actual, "Content-Type")


def _shape(exchange: Exchange, status: int, problem: dict[str, Any], document: Document) -> Iterator[Violation]:
    """Where a problem breaks its document or `exact.yaml`. What breaks both is reported once, as documented."""
    paths = frozenset({exchange.request.path, exchange.sent_path} - {""})
    documented = [*document.problem_mismatches(status, problem), *document.prose_mismatches(problem, paths)]
    seen = set(map(_about, documented))
    yield from (_violation(mismatch, Layer.DOCUMENTED) for mismatch in documented)
    exacting = [*exact().problem_mismatches(status, problem), *_unlisted(status, problem, document)]
    yield from (_violation(mismatch, Layer.EXACT) for mismatch in exacting if _about(mismatch) not in seen)


def _of_the_handler(
    request: Request, prediction: Prediction, problem: dict[str, Any], document: Document
) -> Iterator[Violation]:
    """What is wrong with a 422 of the handler of 1.x, which refuses what is wrong by no schema, and nothing else."""
    if not {promise.id for promise in prediction.reasons} <= {"status.schema", "status.email"}:
        return
    body, slug = read(request.body).values[0], request.slug.decode("utf-8", "surrogateescape")
    for mismatch in document.refusal_mismatches(problem, body, slug):
        yield _violation(mismatch, Layer.DOCUMENTED)


def _unlisted(status: int, problem: dict[str, Any], document: Document) -> Iterator[Mismatch]:
    """The members that the document does not list, even if it does not forbid them."""
    listed = document.problem_members(status)
    names = [name for name in problem if name not in listed] if listed else []
    if names:
        yield Mismatch("additionalProperties", (), f"{', '.join(names)} is not listed", problem, names)


def _about(mismatch: Mismatch) -> tuple[object, ...]:
    """What identifies a mismatch, so that one found in both layers is recognised."""
    return mismatch.path, mismatch.keyword, mismatch.message if mismatch.keyword == "required" else ""


def _violation(mismatch: Mismatch, layer: Layer) -> Violation:
    place = ".".join(step if isinstance(step, str) else "[]" for step in mismatch.path)
    if mismatch.path:
        promise = f"problem.{mismatch.path[0]}"
        promise = promise if promise in promises() else "problem.member"
    else:
        promise = {"required": "problem.required", "additionalProperties": "problem.members"}.get(
            mismatch.keyword, "problem.object"
        )
    message = excerpt(mismatch.message)
    if mismatch.keyword == "required":
        return violation(promise, message, "it is missing", place, layer)
    if mismatch.keyword in ("title", "status", "prose"):
        return violation(promise, message, excerpt(json.dumps(mismatch.value)), place, layer)
    where, actual = place or "a problem", mismatch.value
    if mismatch.keyword == "additionalProperties":
        expected, actual = f"{where} with only documented members", mismatch.rule
    elif mismatch.rule is None:
        expected = f"{where} as `{mismatch.keyword}` of the schema says"
    else:
        words = " or ".join(map(json.dumps, mismatch.rule if isinstance(mismatch.rule, list) else [mismatch.rule]))
        expected = f"{where} of {mismatch.keyword} {words}"
    return violation(promise, expected, excerpt(json.dumps(actual)), place, layer)


def _locations(request: Request, problem: dict[str, Any], document: Document) -> Iterator[Violation]:
    """Each `location` that names no place of the request. Clients rely on it to show errors at form fields."""
    errors = problem.get("errors")
    items = [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []
    locations = [item["location"] for item in items if isinstance(item.get("location"), str) and item["location"]]
    values = read(request.body).values if locations else ()
    for location in dict.fromkeys(locations):
        if not _is_a_place(location, request, values, document.request_members):
            expected = "a place that the request has or should have, like body, body.name or path.customerSlug"
            yield violation("problem.location", expected, excerpt(location), "errors.[].location")


def _is_a_place(location: str, request: Request, values: Collection[Any], members: Collection[str]) -> bool:
    """Whether a location is `body`, `body.<member>` or deeper, `path.customerSlug`, `header.<name>` or `query.<name>`.

    `values` are the bodies that the request's bytes may be read as, `members` the names that a body may have.
    """
    kind, separator, name = location.partition(".")
    if _BODY.fullmatch(kind):
        return not separator or _is_in_body(name, request.body, values, members)
    if kind.startswith("body["):
        # The name in the brackets has a dot or a bracket of its own.
        return _is_in_body("", request.body, values, members)
    if kind == "header":
        return name.lower() in _HEADERS | {sent.lower() for sent, _ in request.headers}
    in_query = kind == "query" and name in parse_qs(urlsplit(request.path).query, keep_blank_values=True)
    return in_query or location == "path.customerSlug"


def _is_in_body(place: str, body: bytes, values: Collection[Any], members: Collection[str]) -> bool:
    first = re.split(r"[.\[]", place, maxsplit=1)[0]
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    present = [name for item in items if isinstance(item, dict) for name in item]
    # An index may stand for the item of a body that is an array.
    if first in members or first in present or first.isdecimal():
        return True
    # How a notation writes a name that is not simple is not checked.
    if not all(map(_SIMPLE.fullmatch, (first or "body", *present))):
        return True
    # If the body is not JSON, or is an array, the name may be anywhere in its bytes.
    return all(isinstance(value, list) for value in values) and first.encode() in body
