"""Vendors whose answer to a valid update is wrong."""

from __future__ import annotations

from contracts.vendor import Answer, Call
from tests.suite.served import plain_wire
from tests.suite.vendors.variant import Broken

VALID = "test_a_valid_update_is_answered_204_and_empty"


class AnswersOkWithTheCustomer(Broken):
    """Answers 200 with the customer instead of 204."""

    breaks, found_by = "status.documented", VALID

    def update(self, call: Call, slug: str) -> Answer:
        super().update(call, slug)
        return self.json(200, self.find(slug))


class SendsBytesAfter204(Broken):
    """Sends a body after the headers of a 204."""

    breaks, found_by = "success.empty", VALID

    def wire(self, call: Call, answer: Answer) -> bytes:
        return plain_wire(answer) + (b"{}" if answer.status == 204 and call.method == "PUT" else b"")
