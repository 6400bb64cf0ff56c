"""Correct vendors of the release 1.x."""

from __future__ import annotations

import json
from typing import Any

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.variant import Unusual
from tests.suite.vendors.writing import WritesProblems


class IsV1(Unusual):
    """Is the documented vendor of the release 1.x."""

    contract = "v1"


class IgnoresReadOnlyMembers(IsV1):
    """Takes no notice of members that only the vendor sets, whatever they hold."""

    def validate(self, value: Any, slug: str) -> None:
        super().validate(self.document.without_read_only(value), slug)


class RefusesReadOnlyMembers(IsV1):
    """Refuses members that only the vendor sets."""

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        for name in sorted(self.document.read_only_members & set(value)):
            raise Refusal(422, "validation failed", {"location": f"body.{name}", "message": "It is read-only."})


class WithholdsTheCause(IsV1):
    """Has its API under /api, names no such prefix in its instance, and has an errorId and a type in each problem."""

    base_path = "/api"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        own = {"instance": call.path.removeprefix(self.prefix), "errorId": "4bf92f35", "type": "about:blank"}
        answer.body = json.dumps(json.loads(answer.body) | own).encode()
        return answer


class WritesNullForErrors(WritesProblems, IsV1):
    """Writes null for the errors where it lists none."""

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        return {"errors": None} | members
