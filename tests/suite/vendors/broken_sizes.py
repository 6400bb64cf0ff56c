"""Vendors that cannot bear a body or a slug of some size, or answer a small one with something huge."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contracts.http.target import MIB
from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import LEFT_OPEN, NO_CUSTOMER, OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.variant import Broken, Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import NAME, Members, first, reading

PAGE = b"<html><head><title>413 Request Entity Too Large</title></head></html>"


def crashes(sentence: str, condition: Callable[[int], bool], found_by: str = LEFT_OPEN) -> Row:
    """Fails with a 500 on a body of so many bytes."""
    crash = first(parse=lambda vendor, call: refuse_if(condition(len(call.body)), 500, "There is no more memory."))
    return broken("status.internal_error", found_by)(sentence, **crash)


# Bodies

CrashesOn3Megabytes = crashes("Fails with a 500 on a body of 3 MB.", lambda size: 2_500_000 < size < 4_000_000)
CrashesOn5Megabytes = crashes("Fails with a 500 on a body of 5 MB.", lambda size: size > 4_000_000)
CrashesOnAlmostAMebibyte = crashes(
    "Fails with a 500 on a body of 1,000,000 bytes or more, and less than 1 MiB.",
    lambda size: 1_000_000 <= size < MIB,
    OTHER_VALID,
)
CutsBodiesAtAMebibyte = broken("status.syntax", LEFT_OPEN)(
    "Reads the first MiB of a body, and takes it for the whole.",
    parse=reading(lambda call: replace(call, body=call.body[:MIB])),
)
LosesTheLastBlock = broken("status.valid", OTHER_VALID)(
    "Reads a body in blocks of 4,096 bytes, and loses the last one where that is whole.",
    parse=reading(lambda call: call if len(call.body) % 4096 else replace(call, body=call.body[:-4096])),
)
ShowsAPageForLargeBodies = broken("problem.media_type", LEFT_OPEN)(
    "Answers a body over 1 MiB with 413 and a page, as a proxy does.",
    **first(
        handle=lambda vendor, call: Answer(413, [("Content-Type", "text/html")], PAGE) if len(call.body) > MIB else None
    ),
)


class CutsMegabytes(Broken):
    """Takes a body of any size, and stores a name up to 2 MiB."""

    breaks, found_by = "update.stored", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status != 413 or (value := _value(call.body)) is None:
                raise
            return value

    def store(self, customer: Members, value: Members) -> None:
        super().store(customer, value | {NAME: value[NAME][: 2 * MIB]})


# Slugs


def refuses_slugs(sentence: str, condition: Callable[[str], bool], answer: Answer, breaks: str) -> Row:
    """Answers a slug that the condition holds of in words of its own."""
    look = first(update=lambda vendor, call, slug: answer if condition(slug) else None)
    return broken(breaks, NO_CUSTOMER)(sentence, **look)


FindsLongSlugsBad = refuses_slugs(
    "Answers a slug of more than 4,096 characters with 400 in plain text.",
    lambda slug: 4096 < len(slug) < 8000,
    Answer(400, [("Content-Type", "text/plain")], b"Bad Request"),
    "status.slug",
)
FindsLongSlugsTooLong = refuses_slugs(
    "Answers a slug of more than 4,096 characters with 414.",
    lambda slug: 4096 < len(slug) < 8000,
    Answer(414, [("Content-Type", "text/plain")], b"URI Too Long"),
    "status.documented",
)

# Answers


def echoes(sentence: str, many: Callable[[Any, bytes], int], found_by: str = OTHER_SCHEMA) -> Row:
    """Lists so many errors for a body that it refuses, and shows the whole body with each, up to 1,500 of them."""

    def update(self: Variant, call: Call, slug: str) -> Answer:
        try:
            return Variant.update(self, call, slug)
        except Refusal as refusal:
            if refusal.status != 422 or len(call.body) > 100_000:
                raise
            shown = call.body.decode("utf-8", "replace")
            item = {"location": "body", "message": "This is wrong.", "value": shown}
            number = min(many(_value(call.body), call.body), 1500)
            raise Refusal(422, "validation failed", *[item] * max(number, 1)) from None

    return broken("answer.given", found_by)(sentence, update=update)


def _value(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


EchoesTheBodyForEachItem = echoes(
    "Lists each item of an array that stands where the name belongs, with the whole body.",
    lambda value, body: len(value[NAME]) if isinstance(value, dict) and isinstance(value.get(NAME), list) else 1,
)
EchoesTheBodyForEachCustomer = echoes(
    "Lists each item of an array that is the whole body, with the whole body.",
    lambda value, body: len(value) if isinstance(value, list) else 1,
)
EchoesTheBodyForEachLevel = echoes(
    "Lists each level of what is nested, with the whole body.",
    lambda value, body: max(body.count(b"["), body.count(b"{")) if value is None else 1,
    LEFT_OPEN,
)
EchoesTheBodyForEachCharacter = echoes(
    "Lists each character of the name of an unknown member, with the whole body.",
    lambda value, body: max(map(len, value), default=1) if isinstance(value, dict) else 1,
)
CrashesOn1000Members = broken("status.internal_error", OTHER_SCHEMA)(
    "Fails with a 500 on more than a thousand different members.",
    **first(validate=lambda vendor, value, slug: refuse_if(len(_members(value)) > 1000, 500, "Too many members.")),
)


def _members(value: Any) -> Members:
    return value if isinstance(value, dict) else {}
