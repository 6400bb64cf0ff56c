"""Vendors whose problems say something wrong, are written or announced wrongly, or show what is not public.

Behind a name stands a vendor for each place where the flaw is: `NoTitle` has it in every problem, `NoTitleOn401` with
that status alone. The status is left out of the name where a flaw has but one place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from contracts.rules.document import PROBLEM
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Headers, Refusal
from tests.suite.vendors.finders import BY_STATUS, LEFT_OPEN, OTHER_SCHEMA, OTHER_SLUG
from tests.suite.vendors.variant import Row, Variant, broken
from tests.suite.vendors.ways import Members, then, writing

EVERY = None
TOKEN = next(iter(MOCK_TOKENS))
ESCAPED_TOKEN = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN).encode()
GO = "\n\ngoroutine 34 [running]:\nmain.handle()\n\t/src/main.go:12 +0x1d"
PYTHON = 'Traceback (most recent call last):\n  File "/app/views.py", line 12, in update\nKeyError'
JAVA = "java.lang.NullPointerException\n\tat com.example.CustomerController.update(CustomerController.java:42)"
ELIXIR = "** (Jason.DecodeError)\n    (jason 1.4.1) lib/jason.ex:92: Jason.decode!/2"
HTML = b"<html><body><h1>Error</h1></body></html>"

LOCATION, MESSAGE = {"location": "body"}, {"message": "It is not as it has to be."}
GOOD = LOCATION | MESSAGE

PROBLEM_TYPE = ("Content-Type", PROBLEM)
LATIN_1_TYPE = ("Content-Type", f"{PROBLEM}; charset=iso-8859-1")
JSON_TYPE = ("Content-Type", "application/json")
HTML_TYPE = ("Content-Type", "text/html; charset=utf-8")

Place = int | None
Rows = tuple[Row, ...]


def flawed(sentence: str, breaks: str, spoiled: Callable[[Answer], Answer], places: tuple[Place, ...]) -> Rows:
    """Spoils its problems with a status, or every one: a vendor for each of these places."""

    def row(place: Place) -> Row:
        def problem(self: Variant, call: Call, refusal: Refusal) -> Answer:
            answer = Variant.problem(self, call, refusal)
            return spoiled(answer) if place in (EVERY, answer.status) else answer

        where = f"in a {place} alone" if place else "in every problem"
        suffix = f"On{place}" if place and len(places) > 1 else ""
        return broken(breaks, BY_STATUS[place or 400])(f"{sentence}: {where}.", suffix, problem=problem)

    return tuple(map(row, places))


def announces(sentence: str, headers: Headers, *places: Place, breaks: str = "problem.media_type") -> Rows:
    """Sends these headers with a problem."""
    return flawed(sentence, breaks, lambda answer: replace(answer, headers=list(headers)), places)


def writes(sentence: str, breaks: str, change: Callable[[bytes], bytes], *places: Place) -> Rows:
    """Writes for a problem what `change` makes of its bytes."""
    return flawed(sentence, breaks, lambda answer: replace(answer, body=change(answer.body)), places)


def says(sentence: str, breaks: str, change: Callable[[Members], Any], *places: Place) -> Rows:
    """Says in a problem what `change` makes of its members."""
    return writes(sentence, breaks, lambda body: json.dumps(change(json.loads(body))).encode(), *places)


def puts(sentence: str, name: str, value: Any, *places: Place, breaks: str = "") -> Rows:
    """Puts this value into a problem as the member of this name; a function makes it of the value that is right."""

    def change(members: Members) -> Members:
        return members | {name: value(members[name]) if callable(value) else value}

    return says(sentence, breaks or f"problem.{name}", change, *places)


def omits(sentence: str, name: str, *places: Place) -> Rows:
    """Leaves a member out."""
    return says(sentence, "problem.required", lambda members: {k: v for k, v in members.items() if k != name}, *places)


def of_v1(rows: Rows) -> Rows:
    """The same vendors of the release 1.x."""
    return tuple(replace(row, members=row.members | {"contract": "v1"}) for row in rows)


# How they are announced

SendsProblemsAsPlainJson = announces("Sends a problem as application/json", [JSON_TYPE], EVERY, 404)
NoMediaType = announces("Sends a problem without Content-Type", [], EVERY, 401)
TwoContentTypes = announces("Sends a problem with two Content-Type headers", [PROBLEM_TYPE, JSON_TYPE], EVERY, 403)
AnnouncesLatin1 = announces("Says that a problem is in latin-1", [LATIN_1_TYPE], EVERY, 422)
AnnouncesHtml = announces("Says that a problem is a page of HTML", [HTML_TYPE], EVERY, 413)
AnnouncesGzip = announces(
    "Says that a problem is packed with gzip, which nobody asked for and it is not",
    [PROBLEM_TYPE, ("Content-Encoding", "gzip")],
    EVERY,
    400,
    breaks="response.encoding",
)

LeavesOutItsTitleUncoded = flawed(
    "Leaves out the title, and says that the problem has the coding identity, which is none",
    "problem.required",
    lambda answer: replace(
        answer,
        headers=[PROBLEM_TYPE, ("Content-Encoding", "identity")],
        body=answer.body.replace(b'"title":"Bad Request",', b""),
    ),
    (400,),
)

# How they are written

BeginsWithAByteOrderMark = writes(
    "Begins a problem with a byte order mark", "problem.encoding", lambda body: b"\xef\xbb\xbf" + body, EVERY, 415
)
WrittenInLatin1 = writes(
    "Writes a problem in latin-1",
    "problem.encoding",
    lambda body: json.dumps(json.loads(body) | {"detail": "refus\u00e9"}, ensure_ascii=False).encode(
        "latin-1", "replace"
    ),
    EVERY,
    401,
)
NamesMembersTwice = writes(
    "Names the member title twice",
    "problem.unique_names",
    lambda body: b'{"title":' + json.dumps(json.loads(body)["title"]).encode() + b"," + body[1:],
    EVERY,
    403,
)
SaysNan = puts(
    "Writes NaN for the value of an error",
    "errors",
    [LOCATION | {"message": "It is no number.", "value": float("nan")}],
    EVERY,
    404,
    breaks="problem.json",
)
SaysNothing = writes("Sends an empty body for a problem", "problem.json", lambda body: b"", EVERY, 422)
SaysItInHtml = writes("Sends a page of HTML for a problem", "problem.json", lambda body: HTML, EVERY, 400)
SaysItTwice = writes(
    "Sends a problem two times in one body", "problem.json", lambda body: body + b"\n" + body, EVERY, 413
)
EndsWithNul = writes(
    "Ends a problem with a zero byte, as C ends a string", "problem.json", lambda body: body + b"\x00", EVERY, 401
)
InAnArray = says("Sends a list of problems", "problem.object", lambda members: [members], EVERY, 415)
EncodedTwice = says("Sends a problem as a string that holds JSON", "problem.object", json.dumps, EVERY, 404)

# What they show

STACK = "public.stack_trace"
ShowsItsStack = puts(
    "Puts the stack of a goroutine into the detail", "detail", lambda text: text + GO, EVERY, 400, breaks=STACK
)
ShowsAPythonTraceback = puts("Puts a traceback of Python into the detail", "detail", PYTHON, EVERY, 422, breaks=STACK)
ShowsAJavaTrace = puts("Puts a trace of Java into the detail", "detail", JAVA, EVERY, 403, breaks=STACK)
ShowsAnElixirTrace = puts("Puts a trace of Elixir into the detail", "detail", ELIXIR, EVERY, 400, breaks=STACK)
EchoesTheToken = puts(
    "Says a token in the detail",
    "detail",
    lambda text: f"{text} (for Bearer {TOKEN})",
    EVERY,
    422,
    breaks="public.credential",
)
EchoesTheTokenEscaped = writes(
    "Says a token in the detail, with escapes of JSON",
    "public.credential",
    lambda body: body.replace(b'"detail":"', b'"detail":"for ' + ESCAPED_TOKEN + b": ", 1),
    EVERY,
    404,
)
AnswersDepthInPlainText = broken("problem.json", LEFT_OPEN)(
    "Answers a body nested near the limit of Go's parser with plain text, and calls it a problem.",
    **then(
        problem=lambda vendor, answer, call, refusal: (
            replace(answer, body=b"exceeded max depth\n")
            if max(call.body.count(b"["), call.body.count(b"{")) > 9990 and answer.status in (400, 422)
            else None
        )
    ),
)


def _as_it_is(found: re.Match[bytes]) -> bytes:
    """A part of a text of JSON without its escapes."""
    return str(json.loads(b'"%b"' % found[0])).encode("utf-8", "replace")


WritesNamesByHand = broken("problem.json", OTHER_SCHEMA)(
    "Says the names of unknown members without escapes, whatever is in them.",
    **then(
        problem=lambda vendor, answer, call, refusal: replace(
            answer, body=re.sub(rb"\('.*?' (was|were) unexpected\)", _as_it_is, answer.body)
        )
    ),
)

WritesNamesInLatin1 = broken("problem.encoding", OTHER_SCHEMA)(
    "Writes what a problem shows of a request in latin-1, with a question mark for what that lacks.",
    problem=lambda self, call, refusal: replace(
        shown := Variant.problem(self, call, refusal),
        body=json.dumps(json.loads(shown.body), ensure_ascii=False).encode("latin-1", "replace"),
    ),
)

# Members that are missing, and those that are too many

MORE = "problem.members"
NoTitle = omits("Leaves the title out", "title", EVERY, 401)
NoStatus = omits("Leaves the status out", "status", EVERY, 415)
NoDetail = omits("Leaves the detail out", "detail", EVERY, 403)
AddsATraceId = puts("Adds a member traceId", "traceId", "4bf92f35", EVERY, 404, breaks=MORE)
AddsItsSchema = says(
    "Adds a member $schema, as its framework does unless told not to",
    MORE,
    lambda members: {"$schema": "https://example.com/schemas/ErrorModel.json"} | members,
    EVERY,
    422,
)
AddsACode = puts(
    "Adds a member code, which comes only with the next release",
    "code",
    "UpdateCustomer.Refused",
    EVERY,
    413,
    breaks=MORE,
)

# Members that are not as documented

PutsTheStatusIntoAString = puts("Writes the status as a string", "status", str, EVERY, 400)
StatusOfAnother = puts(
    "Writes a status that is one more than that of HTTP", "status", lambda status: status + 1, EVERY, 422
)
TitleInLowerCase = puts("Writes the title in lower case", "title", str.lower, EVERY, 404)
TitleOfItsOwn = puts("Gives the problem a title that is no phrase of HTTP", "title", "Something went wrong", EVERY, 403)
TitleOfRfc9110 = puts("Calls a 422 as RFC 9110 does, and Go does not", "title", "Unprocessable Content", 422)
DetailNull = puts("Writes null for the detail", "detail", None, EVERY, 401)
DetailInAList = puts("Writes the detail as a list of sentences", "detail", lambda text: [text], EVERY, 422)
TypeNoUri = puts("Writes words for the type that are no URI reference", "type", "validation error", EVERY, 404)
TypeNull = puts("Writes null for the type", "type", None, EVERY, 403)
TypeANumber = puts("Numbers the types of its problems", "type", 17, EVERY, 415)
InstanceWithASpace = puts(
    "Writes an instance with a space in it, which no URI reference has", "instance", "/error log/abc123", EVERY, 400
)
InstanceNull = puts("Writes null for the instance", "instance", None, EVERY, 401)

# Errors

ErrorsNull = puts("Writes null for the errors", "errors", None, EVERY, 404)
ErrorsByMember = puts(
    "Writes the errors as an object, by member", "errors", {"name": ["is not as it has to be"]}, EVERY, 422
)
ErrorsAsStrings = puts("Writes each error as a string", "errors", ["name is not as it has to be"], EVERY, 413)
ErrorWithoutLocation = puts(
    "Leaves the location out of an error that comes after one that has it", "errors", [GOOD, MESSAGE], EVERY, 400
)
ErrorWithoutMessage = puts("Leaves the message out of an error", "errors", [LOCATION], EVERY, 403)
ErrorWithACode = puts("Adds a code to each error", "errors", [GOOD | {"code": "invalid"}], EVERY, 422)
MessageANumber = puts("Writes a number for the message of an error", "errors", [LOCATION | {"message": 17}], EVERY, 401)
SecondErrorNull = puts("Writes null for an error that comes after a good one", "errors", [GOOD, None], EVERY, 415)
LocationEmpty = puts("Has an error with an empty location", "errors", [{"location": ""} | MESSAGE], 422)
MessageEmpty = puts("Has an error with an empty message", "errors", [LOCATION | {"message": ""}], 422)


def locates(sentence: str, location: str, place: int) -> Rows:
    """Says of an error that it is at this location."""
    return puts(sentence, "errors", [{"location": location} | MESSAGE], place, breaks="problem.location")


LocationNoPlace = locates("Says that something is wrong with the request, which is no place in it", "request", 400)
LocationOfNoMember = locates(
    "Finds fault with a member that the request neither has nor should have", "body.emailAddress", 422
)
LocationAJsonPointer = locates("Says by a JSON pointer where something is wrong", "/name", 422)

# The release 1.x

NoCode = of_v1(omits("Leaves the code out, which v1 always has", "code", EVERY, 404))
CodeANumber = of_v1(puts("Writes a number for the code", "code", 17, EVERY, 403, breaks="problem.member"))
ErrorIdANumber = of_v1(puts("Writes a number for the errorId", "errorId", 17, EVERY, 422, breaks="problem.member"))
InstanceOfAnotherPath = of_v1(
    puts("Writes another path than that of the request for the instance", "instance", "/customers/another", EVERY, 401)
)
ShowsThePathDecoded = broken("problem.instance", OTHER_SLUG)(
    "Writes the request's path percent-decoded for the instance, so that it may be no URI reference.",
    contract="v1",
    problem=writing(lambda call, members: members | {"instance": unquote(call.path)}),
)
