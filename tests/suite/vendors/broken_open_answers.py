"""Vendors that go too far where the contract leaves them a choice of statuses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from contracts.http.target import MIB
from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import ENCODED, LEFT_OPEN, OTHER_SCHEMA
from tests.suite.vendors.variant import Broken


class AcceptsHugeNumbers(Broken):
    """Takes a number past the range of a double for a text."""

    breaks, found_by = "status.number", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        return super().parse(replace(call, body=re.sub(rb"-?1e999", b'"1e999"', call.body)))


class AcceptsPlainText(Broken):
    """Reads plain text as JSON."""

    breaks, found_by = "status.media_type", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        plain = call.header("content-type").startswith("text/plain")
        return super().parse(replace(call, headers=[]) if plain else call)


class RefusesReadOnlyMembersWith400(Broken):
    """Answers a member that only the vendor sets with 400."""

    contract = "v1"
    breaks, found_by = "status.read_only", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if self.document.read_only_members & set(value):
            raise Refusal(400, "This is set by the server.")


class FindsNothingWithoutMediaType(Broken):
    """Answers a good update without Content-Type with 404, as a router may."""

    breaks, found_by = "status.media_type_like_json", LEFT_OPEN
    media_type = ""

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        if call.header("content-type") == self.media_type and not any(self.document.request_findings(value, "")):
            raise Refusal(404, "Nothing here takes this.")
        return value


class FindsNothingForMergePatch(FindsNothingWithoutMediaType):
    """Answers a good update that is called a JSON Merge Patch with 404, as a router may."""

    media_type = "application/merge-patch+json"


class AnswersUtf16With415(Broken):
    """Takes JSON in UTF-16 for another media type."""

    breaks, found_by = "status.encoding", ENCODED

    def parse(self, call: Call) -> Any:
        if call.body.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Refusal(415, "Only UTF-8 is taken here.")
        return super().parse(call)


class ForbidsLargeBodies(Broken):
    """Answers a body of 1 MiB or more with 403, as a firewall does."""

    breaks, found_by = "status.size", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        if len(call.body) >= MIB:
            raise Refusal(403, "This is not allowed.")
        return super().parse(call)


class FindsNothingForNul(Broken):
    """Answers a name with U+0000 with 404."""

    breaks, found_by = "status.text", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        if isinstance(value, dict) and any("\0" in str(member) for member in value.values()):
            raise Refusal(404, "No customer is so called.")
        return value


class ForbidsBadText(Broken):
    """Answers a body that would be valid, but is no UTF-8, with 403."""

    breaks, found_by = "status.text", LEFT_OPEN
    _bad = False

    def parse(self, call: Call) -> Any:
        self._bad = call.body.decode("utf-8", "ignore").encode() != call.body
        return super().parse(call)

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if self._bad:
            raise Refusal(403, "This is not allowed.")


class AnswersLoneSurrogatesWith409(Broken):
    """Answers half a surrogate pair with 409, which is not documented."""

    breaks, found_by = "status.documented", LEFT_OPEN

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        if re.search(rb"\\ud[89ab]..(?!\\u)", call.body):
            raise Refusal(409, "This cannot be stored.")
        return value


class ForbidsTwoCredentials(Broken):
    """Answers a request with two Authorization headers with 403."""

    breaks, found_by = "status.credential_unclear", LEFT_OPEN

    def update(self, call: Call, slug: str) -> Answer:
        if len([name for name, _ in call.headers if name.lower() == "authorization"]) > 1:
            raise Refusal(403, "One credential is enough.")
        return super().update(call, slug)
