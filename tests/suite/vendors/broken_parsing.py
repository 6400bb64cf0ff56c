"""Vendors that read as JSON what is none, or say the wrong thing of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contracts.vendor.model import Call, Refusal
from tests.suite.vendors.finders import CONSTANTS, NO_JSON, OTHER_NO_JSON
from tests.suite.vendors.named import named_after
from tests.suite.vendors.variant import Broken


class _Mends(Broken):
    """Reads what is no JSON once more, as `mended` has it."""

    mended: Callable[[str], str]

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            return super().parse(replace(call, body=self.mended(call.body.decode("utf-8", "replace")).encode()))


def _mends(found_by: str, breaks: str = "status.syntax") -> Callable[[Callable[[str], str]], type[Broken]]:
    return lambda mended: named_after(mended, _Mends, mended=staticmethod(mended), found_by=found_by, breaks=breaks)


# Punctuation


@_mends(NO_JSON)
def takes_trailing_commas(text: str) -> str:
    """Takes a comma after the last member."""
    return re.sub(r",\s*}", "}", text)


@_mends(NO_JSON)
def takes_single_quotes(text: str) -> str:
    """Takes single quotes for double ones."""
    return text.replace("'", '"')


@_mends(OTHER_NO_JSON)
def closes_objects(text: str) -> str:
    """Closes an object that is not closed."""
    return text + "}"


@_mends(NO_JSON)
def takes_comments(text: str) -> str:
    """Takes comments, as in JavaScript."""
    return re.sub(r"//[^\n]*\n|/\*.*?\*/", "", text)


# What stands around the text


@_mends(NO_JSON)
def overlooks_what_follows(text: str) -> str:
    """Reads the first value and overlooks what follows."""
    try:
        return text[: json.JSONDecoder().raw_decode(text)[1]]
    except (ValueError, RecursionError):
        return text


@_mends(OTHER_NO_JSON)
def trims_form_feeds(text: str) -> str:
    """Takes for white space what is none in JSON: form feeds, vertical tabs, no-break spaces."""
    return text.strip()


# Numbers, words and strings


@_mends(CONSTANTS, "status.constant")
def takes_nan(text: str) -> str:
    """Takes NaN for null."""
    return text.replace("NaN", "null")


@_mends(OTHER_NO_JSON)
def takes_leading_zeros(text: str) -> str:
    """Takes numbers with a zero in front, and then finds that they are no strings."""
    return re.sub(r":0+(?=[0-9])", ":", text)


@_mends(OTHER_NO_JSON)
def takes_raw_line_feeds(text: str) -> str:
    """Takes line feeds in strings."""
    return text.replace("\n", "\\n")


# The wrong status


class AnswersNoBodyWith422(Broken):
    """Answers a request without a body with 422."""

    breaks, found_by = "status.syntax", NO_JSON

    def parse(self, call: Call) -> Any:
        if not call.body:
            raise Refusal(422, "validation failed", {"location": "body", "message": "a body is required"})
        return super().parse(call)
