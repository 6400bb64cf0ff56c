"""Correct vendors that read a request more strictly or more leniently than most, or look at it in another order."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from contracts.rules.body import shallow, well_formed
from contracts.vendor import WRITE, Answer, Call, Refusal
from tests.suite.vendors.variant import Unusual


class _RefusesSome(Unusual):
    """Refuses with `refuses_with` some bodies that others read."""

    refuses_with = 400

    def refusal(self, why: str) -> Refusal:
        return Refusal(self.refuses_with, why, {"location": "body", "message": why})


class RefusesBadUtf8(_RefusesSome):
    """Refuses bad UTF-8 with 400."""

    def parse(self, call: Call) -> Any:
        try:
            call.body.decode("utf-8")
        except UnicodeDecodeError:
            raise self.refusal("The body is not UTF-8.") from None
        return super().parse(call)


class RefusesBadUtf8With422(RefusesBadUtf8):
    """Refuses bad UTF-8 with 422."""

    refuses_with = 422


class RefusesNul(_RefusesSome):
    """Refuses text with U+0000 with 422, as what the database cannot store."""

    refuses_with = 422

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if "\\u0000" in json.dumps(value).replace("\\\\", ""):
            raise self.refusal("U+0000 cannot be stored.")


class StripsNul(Unusual):
    """Stores text without U+0000."""

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        stripped = {name: item.replace("\0", "") if isinstance(item, str) else item for name, item in value.items()}
        super().store(customer, stripped)


class DropsBadUtf8(Unusual):
    """Drops from a text the bytes that are no UTF-8."""

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        if not isinstance(value, dict) or "\ufffd" in call.body.decode("utf-8", "ignore"):
            return value
        return {name: item.replace("\ufffd", "") if isinstance(item, str) else item for name, item in value.items()}


class KeepsLoneSurrogates(Unusual):
    """Stores lone surrogates as they are, and shows them as escapes."""

    def parse(self, call: Call) -> Any:
        super().parse(call)
        return json.loads(shallow(call.body.decode("utf-8", "replace")))

    def validate(self, value: Any, slug: str) -> None:
        super().validate(well_formed(value), slug)


class RefusesRepeatedNames(_RefusesSome):
    """Refuses an object that names a member twice, with 400."""

    def parse(self, call: Call) -> Any:
        super().parse(call)
        return well_formed(json.loads(shallow(call.body.decode("utf-8", "replace")), object_pairs_hook=self.members))

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """An object of these pairs of name and value."""
        if len(dict(pairs)) < len(pairs):
            raise self.refusal("A member is named twice.")
        return dict(pairs)


class RefusesRepeatedNamesWith422(RefusesRepeatedNames):
    """Refuses an object that names a member twice, with 422."""

    refuses_with = 422


class TakesTheFirstOfRepeatedNames(RefusesRepeatedNames):
    """Takes the first value of a member that is named twice."""

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(pairs))


class RefusesDepth(_RefusesSome):
    """Refuses what is nested deeper than 64 levels, with 400."""

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        level, depth = [value], 0
        while level := [item for item in level if isinstance(item, dict | list)]:
            depth += 1
            level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
        if depth > 64:
            raise self.refusal("The body is nested too deeply.")
        return value


class RefusesHugeNumbersWith422(_RefusesSome):
    """Reads a number past a double, and refuses it by the schema."""

    refuses_with = 422

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status == 400 and b"e999" in call.body.lower() and _is_json(call.body):
                raise self.refusal("A number is out of range.") from None
            raise


def _is_json(body: bytes) -> bool:
    """Whether it is JSON, were numbers without bounds."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


class _Renames(Unusual):
    """Answers with another status in the place of one."""

    others: ClassVar[dict[int, int]]

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        if refusal.status not in self.others:
            return super().problem(call, refusal)
        item = {"location": "body", "message": refusal.detail}
        return super().problem(call, Refusal(self.others[refusal.status], refusal.detail, item))


class RefusesSizeAndMediaTypeWith400(_Renames):
    """Answers a body that is too large, and one of another media type, with 400."""

    others: ClassVar = {413: 400, 415: 400}


class RefusesSizeAndMediaTypeWith422(_Renames):
    """Answers a body that is too large, and one of another media type, with 422."""

    others: ClassVar = {413: 422, 415: 422}


class TakesJsonAlone(Unusual):
    """Answers whatever is not called application/json with 415, a body of no media type too."""

    def parse(self, call: Call) -> Any:
        if call.header("content-type").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "Only application/json is taken here.")
        return super().parse(call)


class TakesAnySize(Unusual):
    """Has no limit for a body."""

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status != 413:
                raise
        try:
            return well_formed(json.loads(shallow(call.body.decode("utf-8", "replace"))))
        except ValueError:
            raise Refusal(400, "The body is not JSON.") from None


class LooksForTheCustomerFirst(Unusual):
    """Answers 404 before it looks at the credential."""

    def update(self, call: Call, slug: str) -> Answer:
        self.find(slug)
        return super().update(call, slug)


class LooksAtTheCredentialLast(Unusual):
    """Looks at the credential when nothing else is wrong."""

    def update(self, call: Call, slug: str) -> Answer:
        value = self.parse(call)
        self.validate(value, slug)
        self.find(slug)
        return super().update(call, slug)


class LooksForTheCustomerBeforeTheBody(Unusual):
    """Answers 404 before it reads the body, and after it looked at the credential."""

    def update(self, call: Call, slug: str) -> Answer:
        self.authorize(call, WRITE)
        self.find(slug)
        return super().update(call, slug)
