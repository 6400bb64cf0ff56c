"""Vendors that answer otherwise for how a body is framed, or for what a client accepts."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace

from contracts.rules.document import PROBLEM
from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.served import plain_wire
from tests.suite.vendors.finders import ACCEPTED, BESIDE, LEFT_OPEN, OTHER_NO_JSON, OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.variant import Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import first, holding, reading, then, to_updates, writing

PAGE = b"<!DOCTYPE html><h1>Something is wrong</h1>"
IN_GERMAN = {
    400: "Fehlerhafte Anfrage",
    401: "Nicht angemeldet",
    403: "Verboten",
    404: "Nicht gefunden",
    415: "Medientyp nicht unterst\u00fctzt",
    422: "Nicht verarbeitbar",
}


def is_chunked(call: Call) -> bool:
    """Whether the body came in chunks (RFC 9112 section 7.1)."""
    return call.header("transfer-encoding") == "chunked"


def takes_for_none(sentence: str, condition: Callable[[Call], object], found_by: str = BESIDE) -> Row:
    """Takes a body for none where the condition holds."""
    body = reading(lambda call: replace(call, body=b"") if condition(call) else call)
    return broken("status.valid", found_by)(sentence, parse=body)


def writes(
    sentence: str, media_type: str, body: bytes, condition: Callable[[str], object], found_by: str = BESIDE
) -> Row:
    """Writes a problem in another media type where `condition` holds of the request's Accept; no body leaves it."""

    def problem(self: Variant, call: Call, refusal: Refusal) -> Answer:
        answer = Variant.problem(self, call, refusal)
        if call.method == "PUT" and condition(call.header("accept").lower()):
            answer = Answer(answer.status, [("Content-Type", media_type)], body or answer.body)
        return answer

    return broken("problem.media_type", found_by)(sentence, problem=problem)


def crashes(sentence: str, condition: Callable[[Call], object], found_by: str = BESIDE) -> Row:
    """Fails with a 500 on an update that the condition holds of."""
    crash = first(update=lambda vendor, call, slug: refuse_if(condition(call), 500, "Something went wrong."))
    return broken("status.internal_error", found_by)(sentence, **crash)


# Framing

TakesChunksForNoBodyWithoutAccept = takes_for_none(
    "Takes a body in chunks for none, where the client says nothing of what it accepts.",
    lambda call: is_chunked(call) and not call.header("accept"),
)
TakesChunksForNoBodyOfAnEncodedSlug = takes_for_none(
    "Takes a body in chunks for none, where the path has a percent sign.",
    lambda call: is_chunked(call) and "%" in call.path,
)
KnowsChunksInSmallLettersOnly = takes_for_none(
    "Takes a body in chunks for none, where the name of the coding has a capital letter.",
    lambda call: call.header("transfer-encoding") == "Chunked",
    OTHER_VALID,
)
TakesChunksForNoBodyOfWhoWaits = takes_for_none(
    "Takes a body in chunks for none, where its client waits for leave to continue.",
    lambda call: is_chunked(call) and call.header("expect"),
    OTHER_VALID,
)
CrashesOnChunksThatAreNoJson = crashes(
    "Fails with a 500 on a body in chunks that ends too early.",
    lambda call: is_chunked(call) and not call.body.endswith(b"}"),
    OTHER_NO_JSON,
)
CrashesOnLongChunks = crashes(
    "Fails with a 500 on a chunk of more than 64 KiB.",
    lambda call: is_chunked(call) and len(call.body) > 65_536,
    OTHER_VALID,
)
HangsOnChunks = broken("answer.given", OTHER_VALID)(
    "Waits for more after the last chunk.",
    arguments=("--time-limit", "1", "--patience", "6"),
    wire=to_updates(lambda call, answer: holding(seconds=3) if is_chunked(call) else plain_wire(answer)),
)


def refuses(
    status: int, sentence: str, condition: Callable[[Call], object] = is_chunked, found_by: str = OTHER_VALID
) -> Row:
    """Refuses a body that is framed so in words of its own, before it looks at anything else."""
    page = Answer(status, [("Content-Type", "text/html")], PAGE)
    return broken("status.documented", found_by)(
        sentence, **first(handle=lambda vendor, call: page if condition(call) else None)
    )


WantsALength = refuses(411, "Answers a body in chunks with 411 and a page, for want of a Content-Length.")
KnowsNoChunks = refuses(501, "Answers a body in chunks with 501 and a page, as a coding that it does not know.")

KnowsNoExpectations = refuses(
    417, "Answers a request that expects 100 Continue with 417.", lambda call: call.header("expect"), BESIDE
)

# Accept

WritesJsonForWhoAcceptsNoProblems = writes(
    "Calls a problem application/json for a client that accepts this and no problems.",
    "application/json",
    b"",
    lambda accept: accept == "application/json",
)
WritesTheTypeThatIsAcceptedFirst = writes(
    "Calls a problem application/json where the client names that first, whatever its q.",
    "application/json",
    b"",
    lambda accept: accept.startswith("application/json;q"),
)
ShowsBrowsersAPage = writes(
    "Shows a browser a page in place of a problem.", "text/html", PAGE, lambda accept: "text/html" in accept
)
ShowsWhoAcceptsAnythingAPage = writes(
    "Shows a page in place of a problem to whoever accepts anything, as curl does.",
    "text/html",
    PAGE,
    lambda accept: accept == "*/*",
)
WritesTextForWhoSaysNothing = writes(
    "Writes plain text to a client that says nothing of what it accepts.",
    "text/plain",
    b"Something is wrong.",
    lambda accept: not accept,
)
WritesTextForWhoAcceptsProblemsAlone = writes(
    "Writes plain text to a client that accepts problems alone.",
    "text/plain",
    b"Something is wrong.",
    lambda accept: accept == "application/problem+json",
    ACCEPTED,
)

WritesTextForScripts = writes(
    "Writes plain text to a client that accepts this besides.",
    "text/plain",
    b"Something is wrong.",
    lambda accept: "text/plain" in accept,
    ACCEPTED,
)


def is_not_acceptable(call: Call) -> bool:
    """Whether the client names other media types than that of a problem, and no range."""
    accept = call.header("accept")
    return bool(accept) and "problem+json" not in accept and "*/*" not in accept


WantsProblemsAccepted = broken("status.documented", BESIDE)(
    "Answers an update with 406, where its client does not accept problems.",
    **first(update=lambda vendor, call, slug: refuse_if(is_not_acceptable(call), 406, "You accept no problem.")),
)
WantsProblemsAcceptedWhereThereIsOne = broken("status.documented", BESIDE)(
    "Answers an update that it refuses with 406, where its client does not accept problems.",
    problem=lambda self, call, refusal: Variant.problem(
        self, call, Refusal(406, "You accept no problem.") if is_not_acceptable(call) else refusal
    ),
)
WantsJsonAccepted = broken("status.documented", ACCEPTED)(
    "Answers an update with 406, where its client accepts problems alone.",
    **first(
        update=lambda vendor, call, slug: refuse_if(
            call.header("accept") == "application/problem+json", 406, "You accept no JSON."
        )
    ),
)
ShowsTheCustomerToWhoAcceptsJson = broken("status.documented", BESIDE)(
    "Answers an update with 200 and the customer, where its client accepts JSON alone.",
    update=lambda self, call, slug: (
        Variant.update(self, call, slug)
        if call.header("accept") != "application/json"
        else (Variant.update(self, call, slug), Variant.show(self, call, slug))[1]
    ),
)
SendsBrowsersToLogIn = broken("response.redirect", BESIDE)(
    "Sends a browser without a valid credential to a page where one logs in.",
    problem=lambda self, call, refusal: (
        Answer(303, [("Location", "/login")])
        if refusal.status == 401 and "text/html" in call.header("accept")
        else Variant.problem(self, call, refusal)
    ),
)
CrashesOnQ = crashes(
    "Fails with a 500 on an Accept with weights.", lambda call: ";q=0.4" in call.header("accept").replace(" ", "")
)
CrashesWithoutAccept = crashes("Fails with a 500 where there is no Accept.", lambda call: not call.header("accept"))

# Accept-Charset and Accept-Language

CallsItselfLatin1 = broken("problem.media_type", ACCEPTED)(
    "Says that a problem is in latin-1 where the client names that first.",
    problem=lambda self, call, refusal: replace(
        Variant.problem(self, call, refusal),
        headers=[
            (
                "Content-Type",
                PROBLEM + "; charset=iso-8859-1" * call.header("accept-charset").startswith("iso-8859-1"),
            )
        ],
    ),
)
CrashesOnAnyLanguage = crashes(
    "Fails with a 500 on a range of any language.", lambda call: "*" in call.header("accept-language"), ACCEPTED
)

TranslatesTitles = broken("problem.title", BESIDE)(
    "Writes the title of a problem in the language that is accepted.",
    problem=writing(
        lambda call, members: (
            members | {"title": IN_GERMAN.get(members["status"], "Fehler")}
            if call.header("accept-language").startswith("de")
            else members
        )
    ),
)
CallsProblemsByLanguage = broken("relation.headers", ACCEPTED)(
    "Gives a problem a type for each language that is accepted.",
    problem=writing(lambda call, members: members | {"type": f"/errors/{call.header('accept-language')[:2] or 'en'}"}),
)
CallsProblemsByAccept = broken("relation.headers", ACCEPTED)(
    "Gives a problem a type for each media type that is accepted.",
    problem=writing(lambda call, members: members | {"type": f"/errors/{len(call.header('accept'))}"}),
)

# Other headers

PacksNothing = broken("success.empty", OTHER_VALID)(
    "Sends nothing, packed, with a 204 to a client that unpacks.",
    **then(
        update=lambda vendor, answer, call, slug: (
            Answer(204, [("Content-Encoding", "gzip")], gzip.compress(b""))
            if "gzip" in call.header("accept-encoding")
            else None
        )
    ),
)
SendsARange = broken("status.documented", OTHER_VALID)(
    "Answers an update that names a range with 206.",
    **then(
        update=lambda vendor, answer, call, slug: (
            Answer(206, [("Content-Range", "bytes 0-0/1")]) if call.header("range") else None
        )
    ),
)
CutsProblemsToARange = broken("problem.json", OTHER_SCHEMA)(
    "Sends the range of a problem that a request names.",
    **then(
        problem=lambda vendor, answer, call, refusal: (
            replace(answer, body=answer.body[:1]) if call.header("range") == "bytes=0-0" else None
        )
    ),
)
BelievesInAnotherMethod = broken("status.documented", OTHER_VALID)(
    "Takes the method from a header, which anybody may send.",
    route=lambda self, call: Variant.route(
        self, replace(call, method=call.header("x-http-method-override") or call.method)
    ),
)
TakesSequencesForJson = broken("status.media_type", LEFT_OPEN)(
    "Takes a media type for JSON that has its suffix somewhere.",
    parse=reading(
        lambda call: (
            replace(call, headers=[("content-type", "application/json")])
            if "+json" in call.header("content-type")
            else call
        )
    ),
)
BelievesInAnotherPath = broken("status.valid", OTHER_VALID)(
    "Takes the path from a header, which anybody may send.",
    route=lambda self, call: Variant.route(self, replace(call, path=call.header("x-original-url") or call.path)),
)
