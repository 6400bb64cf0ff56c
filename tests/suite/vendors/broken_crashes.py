"""Vendors that fail with a 500 on particular requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from contracts.vendor.model import Call, Refusal
from tests.suite.vendors.finders import LEFT_OPEN, OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.named import named_after
from tests.suite.vendors.variant import Broken


class _CrashesOnTexts(Broken):
    """Fails when it stores a text that `condition` holds of."""

    breaks, found_by = "status.internal_error", OTHER_VALID
    condition: Callable[[str], bool]
    members = ("name", "externalCustomerId")

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if any(value.get(name) is not None and self.condition(value[name]) for name in self.members):
            raise Refusal(500, "The database is not amused.")
        super().store(customer, value)


class _CrashesOnCalls(Broken):
    """Fails on an update that `condition` holds of, before it reads the body."""

    breaks, found_by = "status.internal_error", LEFT_OPEN
    condition: Callable[[Call], bool]

    def parse(self, call: Call) -> Any:
        if call.method == "PUT" and self.condition(call):
            raise Refusal(500, "The parser is not amused.")
        return super().parse(call)


def _on(kind: type[Broken], **content: object) -> Callable[[Callable[..., bool]], type[Broken]]:
    """A variant of this kind that fails where the function says so."""
    return lambda condition: named_after(condition, kind, condition=staticmethod(condition), **content)


_on_names = _on(_CrashesOnTexts, members=("name",))
_on_external_ids = _on(_CrashesOnTexts, members=("externalCustomerId",))
_on_calls = _on(_CrashesOnCalls)


# Valid texts


@_on_names
def crashes_on_long_names(text: str) -> bool:
    """Fails with a 500 on names of more than 255 characters."""
    return len(text) > 255


@_on_external_ids
def crashes_on_very_long_external_ids(text: str) -> bool:
    """Fails with a 500 on external ids of more than 5,000 characters."""
    return len(text) > 5000


@_on_names
def crashes_on_huge_names(text: str) -> bool:
    """Fails with a 500 on names of more than 90,000 characters."""
    return len(text) > 90_000


@_on_external_ids
def crashes_on_empty_external_ids(text: str) -> bool:
    """Fails with a 500 on an empty external id."""
    return text == ""


@_on_external_ids
def crashes_on_single_quotes(text: str) -> bool:
    """Fails with a 500 on a single quote in an external id."""
    return "'" in text


@_on_external_ids
def crashes_on_percents(text: str) -> bool:
    """Fails with a 500 on a percent sign in an external id."""
    return "%" in text


@_on_external_ids
def crashes_on_backslashes(text: str) -> bool:
    """Fails with a 500 on a backslash in an external id."""
    return "\\" in text


@_on_names
def crashes_on_emoji(text: str) -> bool:
    """Fails with a 500 on a character beyond the basic plane in a name."""
    return any(character > "\uffff" for character in text)


@_on_external_ids
def crashes_on_hebrew(text: str) -> bool:
    """Fails with a 500 on a Hebrew letter in an external id."""
    return re.search("[\u0590-\u05ff]", text) is not None


# Texts that a server may refuse, but not fail on


@_on(_CrashesOnTexts, found_by=LEFT_OPEN)
def crashes_on_nul(text: str) -> bool:
    """Fails with a 500 on U+0000 in a text."""
    return "\0" in text


@_on_calls
def crashes_on_bad_utf8(call: Call) -> bool:
    """Fails with a 500 on a body that is no UTF-8."""
    try:
        call.body.decode()
    except UnicodeDecodeError:
        return True
    return False


@_on_calls
def crashes_on_lone_surrogates(call: Call) -> bool:
    """Fails with a 500 on an escaped surrogate that has no other half."""
    pairs_left_out = re.sub(rb"(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}", b"", call.body)
    return re.search(rb"(?i)\\ud[89a-f]", pairs_left_out) is not None


# Shapes


@_on_calls
def crashes_on_depth(call: Call) -> bool:
    """Fails with a 500 on brackets more than ninety deep."""
    return re.search(rb'(?:\[|{"name":){90}', call.body) is not None


@_on_calls
def crashes_on_repeated_names(call: Call) -> bool:
    """Fails with a 500 on an object that names a member twice."""
    return len(re.findall(rb'"name"\s*:', call.body[:1000])) == 2


@_on(_CrashesOnCalls, found_by=OTHER_SCHEMA)
def crashes_on_big_integers(call: Call) -> bool:
    """Fails with a 500 on an integer that needs more than 64 bits."""
    return any(int(digits) >= 2**63 for digits in re.findall(rb":([0-9]{19,1000})\b", call.body))


@_on_calls
def crashes_on_many_members(call: Call) -> bool:
    """Fails with a 500 on an object of more than a hundred members."""
    return call.body.count(b'":') > 100


@_on(_CrashesOnCalls, found_by=OTHER_VALID)
def crashes_on_large_bodies(call: Call) -> bool:
    """Fails with a 500 on a body of more than 64 KiB."""
    return len(call.body) > 65_536


@_on_calls
def crashes_without_media_type(call: Call) -> bool:
    """Fails with a 500 on a body without Content-Type."""
    return not call.header("content-type")
