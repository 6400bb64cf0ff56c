"""What every vendor has in common that writes its problems in its own way."""

from __future__ import annotations

import json
from typing import Any

from contracts.vendor.model import Answer, Call, Refusal, Vendor


class WritesProblems(Vendor):
    """Writes some members of a problem in its own way."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        answer.body = json.dumps(self.written(call, json.loads(answer.body))).encode()
        return answer

    def written(self, call: Call, members: dict[str, Any]) -> dict[str, Any]:
        """The members of a problem, as they are sent."""
        return members
