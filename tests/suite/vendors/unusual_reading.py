"""Correct vendors that read a request more strictly or more leniently than most, or look at it in another order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from contracts.http.target import MIB
from contracts.rules.body import shallow, well_formed
from contracts.vendor.model import WRITE, Answer, Call, Refusal
from tests.suite.served import HangUp, plain_wire
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


class KeepsLoneSurrogates(Unusual):
    """Stores lone surrogates as they are, and shows them as escapes."""

    def parse(self, call: Call) -> Any:
        super().parse(call)
        return json.loads(shallow(call.body.decode("utf-8", "replace")))

    def validate(self, value: Any, slug: str) -> None:
        super().validate(json.loads(well_formed(json.dumps(value))), slug)


class RefusesRepeatedNames(_RefusesSome):
    """Refuses an object that names a member twice, with 400."""

    def parse(self, call: Call) -> Any:
        super().parse(call)
        text = well_formed(shallow(call.body.decode("utf-8", "replace")))
        return json.loads(text, object_pairs_hook=self.members)

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


class RefusesNanWith422(_RefusesSome):
    """Reads NaN and Infinity, and refuses them by the schema."""

    refuses_with = 422

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status == 400 and (b"NaN" in call.body or b"Infinity" in call.body) and _is_json(call.body):
                raise self.refusal("This is not a number.") from None
            raise


class ReadsByteOrderMarks(Unusual):
    """Reads JSON behind a byte order mark, and in UTF-16 and UTF-32."""

    def parse(self, call: Call) -> Any:
        try:
            text = call.body.decode(json.detect_encoding(call.body))
        except UnicodeDecodeError:
            return super().parse(call)
        return super().parse(replace(call, body=text.encode()))


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


class TakesNoParameters(Unusual):
    """Answers whatever is not called application/json, without a parameter, with 415."""

    def parse(self, call: Call) -> Any:
        if call.header("content-type").lower() != "application/json":
            raise Refusal(415, "Only application/json is taken here.")
        return super().parse(call)


class TakesWhatMayMeanJson(Unusual):
    """Reads a body that is called json, text/json or */* as JSON."""

    def parse(self, call: Call) -> Any:
        may = call.header("content-type") in ("json", "text/json", "*/*")
        return super().parse(replace(call, headers=[]) if may else call)


class ClosesOnLargeBodies(Unusual):
    """Answers a body over 1 MiB with 413 before it read it, and closes the connection."""

    title = "Payload Too Large"

    def early(self, call: Call) -> Iterator[bytes]:
        if int(call.header("content-length") or 0) > MIB:
            answer = self.problem(call, Refusal(413, "The body is larger than 1 MiB."))
            answer.headers.append(("Connection", "close"))
            yield plain_wire(answer)
            raise HangUp

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        title = self.title if refusal.status == 413 else json.loads(answer.body)["title"]
        answer.body = json.dumps(json.loads(answer.body) | {"title": title}).encode()
        return answer


class ClosesOnLargeContent(ClosesOnLargeBodies):
    """Answers a body over 1 MiB with 413, as RFC 9110 calls it, and closes the connection."""

    title = "Content Too Large"


class FindsCredentialsMalformed(Unusual):
    """Answers an Authorization header that is no scheme and one token with 400."""

    def authorize(self, call: Call, scope: str) -> None:
        values = [value for name, value in call.headers if name.lower() == "authorization" and value.strip()]
        if values and not re.fullmatch(r"[!#-'*+.^_`|~\w-]+ +[\w.~+/-]+=*", values[0].strip(), re.ASCII):
            raise Refusal(400, "The Authorization header is malformed.")
        super().authorize(call, scope)


class LimitsTheRequestLine(Unusual):
    """Answers a request line of more than 8,000 octets with 414 and a page in HTML."""

    def handle(self, call: Call) -> Answer:
        if len(f"{call.method} {call.path} HTTP/1.1") > 8000:
            return Answer(414, [("Content-Type", "text/html")], b"<h1>URI Too Long</h1>")
        return super().handle(call)


class TakesAnySize(Unusual):
    """Has no limit for a body."""

    def parse(self, call: Call) -> Any:
        try:
            return super().parse(call)
        except Refusal as refusal:
            if refusal.status != 413:
                raise
        try:
            return json.loads(well_formed(shallow(call.body.decode("utf-8", "replace"))))
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
