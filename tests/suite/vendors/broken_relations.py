"""Vendors that answer two requests otherwise which mean the same."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import REFUSED_AGAIN, REWRITTEN, REWRITTEN_BROKEN, WITH_HEADERS
from tests.suite.vendors.variant import Broken, broken, refuse_if
from tests.suite.vendors.ways import first, reading, writing


def typed(by: Callable[[Call], object]) -> Callable[..., Answer]:
    """A method `problem` that gives a problem a type by what `by` finds in the request."""
    return writing(lambda call, members: members | {"type": f"https://kaiten.example.com/errors/{by(call)}"})


class RefusesInTurn(Broken):
    """Calls a request without a credential by another type when it comes again."""

    breaks, found_by = "relation.refused", REFUSED_AGAIN

    def begin(self) -> None:
        self._refused: Counter[bytes] = Counter()

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        if refusal.status == 401:
            self._refused[call.body] += 1
            members = json.loads(answer.body) | {"type": f"/errors/{self._refused[call.body] % 2}"}
            answer.body = json.dumps(members).encode()
        return answer


class LosesEscapedNames(Broken):
    """Answers 204 to an update whose member names have escapes, and stores nothing of it."""

    breaks, found_by = "update.stored", REWRITTEN

    def update(self, call: Call, slug: str) -> Answer:
        return Answer(204) if b"external\\u0043" in call.body else super().update(call, slug)


# A problem's members

TypesByLength = broken("relation.json", REWRITTEN_BROKEN)(
    "Gives a problem another type for each length of the body.", problem=typed(lambda call: len(call.body))
)
TypesByFirstMember = broken("relation.json", REWRITTEN_BROKEN)(
    "Gives a problem the type of the first member of the body.",
    problem=typed(lambda call: b"".join(re.findall(rb"\w+", call.body)[:1])[:100].decode()),
)
TypesByFirstHeader = broken("relation.headers", WITH_HEADERS)(
    "Gives a problem the type of the first header.",
    problem=typed(lambda call: next((name for name, _ in call.headers if name in ("accept", "content-type")), "")),
)

# What is read

ReadsNoEscapedNames = broken("status.valid", REWRITTEN)(
    "Looks for the name before it undoes the escapes.",
    **first(parse=lambda vendor, call: refuse_if(b"name" not in call.body and b"{" in call.body, 422, "No name.")),
)
ReadsNameFirst = broken("status.valid", REWRITTEN)(
    "Takes a body whose first member is the name, and no other.",
    **first(
        parse=lambda vendor, call: refuse_if(
            re.match(rb'\s*\{\s*"externalCustomerId"', call.body) and b'"name":"A' in call.body, 422, "The name first."
        )
    ),
)
ReadsNoSolidusEscaped = broken("update.stored", REWRITTEN)(
    "Stores an escaped solidus with its backslash.",
    parse=reading(lambda call: replace(call, body=call.body.replace(rb"\/", rb"\\/"))),
)
