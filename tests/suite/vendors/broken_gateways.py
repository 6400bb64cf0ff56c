"""Vendors behind something that answers some requests itself, each time."""

from __future__ import annotations

from collections.abc import Callable

from contracts.vendor.model import Answer, Call
from tests.suite.vendors.finders import BESIDE, LEFT_OPEN, NO_CUSTOMER, OTHER_SCHEMA, OTHER_VALID, TEXTS
from tests.suite.vendors.variant import Row, broken
from tests.suite.vendors.ways import first

PAGE = b"<html><head><title>Error</title></head><body><center>nginx</center></body></html>"


def stops(
    status: int, sentence: str, condition: Callable[[Call], object], found_by: str, breaks: str = "answer.given"
) -> Row:
    """Answers updates that the condition holds of with this status and a page."""
    page = Answer(status, [("Content-Type", "text/html")], PAGE)
    return broken(breaks, found_by)(
        sentence, **first(handle=lambda vendor, call: page if call.method == "PUT" and condition(call) else None)
    )


# A worker that is killed, or takes too long

KillsTheWorkerOnDepth = stops(
    502, "Kills the worker that reads 5,000 levels.", lambda call: call.body.count(b"[") > 4999, LEFT_OPEN
)
KillsTheWorkerOnEmoji = stops(
    502, "Kills the worker that stores an emoji.", lambda call: "\U0001f600".encode() in call.body, TEXTS
)
TimesOutOnManyMembers = stops(
    504, "Takes too long for a thousand members.", lambda call: call.body.count(b'":1,') > 900, OTHER_SCHEMA
)
GivesUpOnLongSlugs = stops(503, "Gives up on slugs of 255 characters.", lambda call: len(call.path) > 270, NO_CUSTOMER)
FailsOnChunks = stops(
    520, "Fails on a body in chunks.", lambda call: call.header("transfer-encoding") != "", OTHER_VALID
)
FailsOnBrowsers = stops(
    502, "Fails on what a browser accepts.", lambda call: call.header("accept-language") != "", BESIDE
)

# A firewall

BlocksScripts = stops(
    403, "Forbids a body with markup.", lambda call: b"<script" in call.body, OTHER_VALID, "status.valid"
)
BlocksSql = stops(
    403, "Forbids a body that looks like SQL.", lambda call: b"' OR 1=1" in call.body, OTHER_VALID, "status.valid"
)
BlocksPaths = stops(
    406,
    "Answers a body with a path that climbs with 406.",
    lambda call: b"/etc/passwd" in call.body,
    OTHER_VALID,
    "status.documented",
)
BlocksEncodedSlashes = stops(
    400, "Answers a path with an encoded slash with 400.", lambda call: "%2F" in call.path, BESIDE, "status.slug"
)
