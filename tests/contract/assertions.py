"""What the contract's tests assert: an empty 204, the exact problem, and what is stored afterwards.

The promises are written twice: here, as literals, and in `contracts/rules`, for the judge. Nothing here is taken from
there, so a mistake in one place shows up against the other. The judge behind `api` looks at every answer first, and
fails the test if it finds a violation. If an assertion of this module fails, the two disagree.

The literals speak of the release `docs`, the vendor's API page. If another release is pinned (`--contract`), it may
allow other statuses for some requests. For these `answer.judged_by` names the release, the judge decides alone, and the
assertions return at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

import pytest

from contracts.api import JudgedAnswer
from contracts.customers.disposable import Customer

# The members of a problem: those that are always there, and those that may be.
REQUIRED = {"title", "status", "detail"}
OPTIONAL = {"type", "instance", "errors"}
# Further members that each release has, always and sometimes. For a release that is not listed here, the judge alone
# checks the names of further members.
ADDITIONAL_REQUIRED: dict[str, set[str]] = {"docs": set(), "v1": {"code"}}
ADDITIONAL_OPTIONAL: dict[str, set[str]] = {"docs": set(), "v1": {"errorId"}}

MEDIA_TYPE = re.compile(r'application/problem\+json(\s*;\s*(charset=utf-8|charset="utf-8")?)*', re.IGNORECASE)
URI_REFERENCE = re.compile(r"([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
# Where in the request something is wrong: body, body.name and deeper, path.customerSlug, header.Name or query.name.
LOCATION = re.compile(r"body([.\[].*)?|path\.customerSlug|(header|query)\..+", re.DOTALL)
# The titles of each status: the phrases of Go's net/http, as on the API page. 413 goes by three names.
TITLES = {
    400: ["Bad Request"],
    401: ["Unauthorized"],
    403: ["Forbidden"],
    404: ["Not Found"],
    413: ["Request Entity Too Large", "Payload Too Large", "Content Too Large"],
    415: ["Unsupported Media Type"],
    422: ["Unprocessable Entity"],
}
# Answers to a request line that is too long come from a server in front of the API, and have any shape.
SHAPELESS = {414, 431}
# By what a customer is known, and its details. A read may show more, which changes by itself.
OF_A_CUSTOMER = ["id", "slug", "name", "externalCustomerId"]
# What a customer that could not be read has in place of its members.
UNREADABLE = "(unreadable)"


def assert_no_content(answer: JudgedAnswer) -> None:
    """The answer is 204, and not one byte follows its header section."""
    if answer.judged_by:
        return
    expect(answer.status == 204, "204", answer.status)
    expect(answer.after_head == b"", "no byte after the header section", answer.after_head)


def assert_one_of(answer: JudgedAnswer, statuses: Collection[int]) -> None:
    """The answer has one of these statuses, and the shape of that status: an empty 204, or the exact problem."""
    if answer.judged_by:
        return
    expect(answer.status in statuses, " or ".join(map(str, sorted(statuses))), answer.status)
    if answer.status == 204:
        assert_no_content(answer)
    elif answer.status in TITLES:
        assert_problem(answer, status=answer.status, title=TITLES[answer.status])
    else:
        expect(answer.status in SHAPELESS, "a documented status", answer.status)


def assert_alike(first: JudgedAnswer, second: JudgedAnswer) -> None:
    """Both answers have the same status, and problems of the same title, and of the same type if both have one."""
    if first.judged_by or second.judged_by:
        return
    expect(second.status == first.status, f"{first.status}, as before", second.status)
    if first.status != 204:
        problems = [read_json(answer.body) for answer in (first, second)]
        both = [name for name in ("type", "title") if all(name in problem for problem in problems)]
        said = [{name: problem[name] for name in both} for problem in problems]
        expect(said[0] == said[1], f"{said[0]}, as before", said[1])


def assert_problem(answer: JudgedAnswer, *, status: int, title: str | Sequence[str]) -> None:
    """The answer has this status, and a problem (RFC 9457) of the exact shape with this title, or one of these.

    Content-Type: application/problem+json

    {
      "title":    the phrase of the status,
      "status":   the status, as a number,
      "detail":   a string,
      "type":     a URI reference              (may be absent),
      "instance": a URI reference              (may be absent),
      "errors":   [{"location": "body.name",   (may be absent)
                    "message":  a string, not empty,
                    "value":    anything       (may be absent)}]
    }

    A location is `body`, `body.name` and deeper, `path.customerSlug`, `header.NAME` or `query.NAME`.
    """
    if answer.judged_by:
        return
    expect(answer.status == status, status, answer.status)
    media_types = answer.header("Content-Type")
    right = [MEDIA_TYPE.fullmatch(media_type) is not None for media_type in media_types]
    expect(right == [True], "one Content-Type: application/problem+json", media_types)
    codings = [coding for coding in answer.header("Content-Encoding") if coding.lower() != "identity"]
    expect(codings == [], "no Content-Encoding: the request accepts none", codings)
    problem = read_json(answer.body)
    expect(isinstance(problem, dict), "a JSON object", problem)
    assert_members(problem, answer.pin)

    titles = [title] if isinstance(title, str) else title
    expect(problem["title"] in titles, f"the title {' or '.join(titles)}", problem["title"])
    expect(problem["status"] == status, f"the status {status}", problem["status"])
    for member in ("detail", "code", "errorId"):
        expect(isinstance(problem.get(member, ""), str), f"{member}: a string", problem.get(member))
    for member in ("type", "instance"):
        expect(is_uri_reference(problem.get(member, "")), f"{member}: a URI reference", problem.get(member))
    # The API page shows an array. Later releases allow null, too.
    if problem.get("errors", []) is not None or answer.pin == "docs":
        assert_errors(problem.get("errors", []))


def assert_members(problem: dict[str, Any], pin: str) -> None:
    """Every required member is there, and no member that the release does not have."""
    required = REQUIRED | ADDITIONAL_REQUIRED.get(pin, set())
    expect(required <= problem.keys(), f"the members {sorted(required)}", sorted(problem))
    if pin in ADDITIONAL_OPTIONAL:
        allowed = required | OPTIONAL | ADDITIONAL_OPTIONAL[pin]
        expect(problem.keys() <= allowed, f"no members but {sorted(allowed)}", sorted(problem))


def assert_errors(errors: Any) -> None:
    """An array of objects with `location` and `message`, both non-empty strings, and maybe a `value`."""
    expect(isinstance(errors, list), "errors: an array", errors)
    for error in errors:
        expect(isinstance(error, dict), "each error: an object", error)
        expect({"location", "message"} <= error.keys(), "each error: location and message", sorted(error))
        expect(error.keys() <= {"location", "message", "value"}, "each error: at most value besides", sorted(error))
        expect(is_text(error["message"]), "message: a string, not empty", error["message"])
        expect(is_text(error["location"]), "location: a string, not empty", error["location"])
        expect(
            bool(LOCATION.fullmatch(error["location"])),
            "location: like body, body.name, path.customerSlug or header.Authorization",
            error["location"],
        )


def is_text(value: Any) -> bool:
    """A string that is not empty."""
    return isinstance(value, str) and value != ""


def is_uri_reference(value: Any) -> bool:
    """A URI reference (RFC 3986 section 4.1), as far as its characters tell."""
    return isinstance(value, str) and bool(URI_REFERENCE.fullmatch(value))


def assert_stored(customer: Customer, **members: Any) -> None:
    """A read of the customer shows each of these members with this value. None stands for null or an absent member."""
    if customer.judged_by:
        return
    skip_unless_read(customer)
    for name, value in members.items():
        expect(customer.stored.get(name) == value, f"{name}: {value!r}", customer.stored.get(name))


def assert_unchanged(customer: Customer) -> None:
    """A read of the customer shows its id, its slug and its details as they were before the request.

    What is stored before a request always differs from what the request has, so a change would show.
    """
    if customer.judged_by:
        return
    skip_unless_read(customer)
    if UNREADABLE in customer.before:
        pytest.skip("the answer is as promised; what was stored before it could not be read")
    for name in OF_A_CUSTOMER:
        before, after = customer.before.get(name), customer.stored.get(name)
        expect(before == after, f"{name}: {before!r}, as before", after)


def skip_unless_read(customer: Customer) -> None:
    """Skip the test, with the reason, if the customer cannot be read back."""
    if customer.unread:
        pytest.skip(f"the answer is as promised; what is stored was not tried: {customer.unread}")


def expect(holds: bool, promised: object, actual: object) -> None:
    """Fail if something is not as promised, and say what came."""
    __tracebackhide__ = True
    if not holds:
        pytest.fail(
            f"promised  {promised}\n"
            f"came      {str(actual)[:500]!r}\n"
            "The judge found nothing wrong with this answer, and the assertion of this test did: one is mistaken.\n"
            "This is a fault of the suite, or of the payload's `expect`. Please report both lines.",
            pytrace=False,
        )


def read_json(body: bytes) -> Any:
    """The one JSON value of a body: UTF-8 without a byte order mark, no name twice in an object, no NaN."""
    try:
        text = body.decode("utf-8")
        shown = without_deep_values(text)
        return json.loads(shown, object_pairs_hook=members_once, parse_constant=no_json, parse_int=integer)
    except ValueError as error:
        expect(False, "one JSON text in UTF-8", f"{body[:200]!r} ({error})")


def members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object, each of which is named once."""
    members = dict(pairs)
    expect(len(members) == len(pairs), "each member named once", [name for name, _ in pairs])
    return members


def integer(digits: str) -> int | float:
    """An integer, or a float if it has too many digits for Python: a problem may repeat such a number."""
    return int(digits) if len(digits) < 300 else float(digits)


def no_json(constant: str) -> NoReturn:
    """NaN and Infinity are not JSON, though Python reads them."""
    raise ValueError(f"{constant} is not JSON")


def without_deep_values(text: str) -> str:
    """The text without values that are nested more than 64 levels deep.

    A problem may repeat a request body of 10,000 levels, which Python's parser cannot read.
    """
    kept, depth, end = [], 0, 0
    for token in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}]', text):
        if token[0] in ("[", "{"):
            depth += 1
            if depth == 65:
                kept.append(text[end : token.start()] + "null")
        elif token[0] in ("]", "}"):
            depth -= 1
            if depth == 64:
                end = token.end()
    return "".join([*kept, text[end:]])
