"""Correct vendors of the release 1.x."""

from __future__ import annotations

from typing import Any

from contracts.vendor.model import Refusal
from tests.suite.vendors.variant import Unusual, Variant, unusual
from tests.suite.vendors.ways import writing

IsV1 = unusual("Is the documented vendor of the release 1.x.", contract="v1")
IgnoresReadOnlyMembers = unusual(
    "Takes no notice of members that only the vendor sets, whatever they hold.",
    contract="v1",
    validate=lambda self, value, slug: Variant.validate(self, self.document.without_read_only(value), slug),
)
WithholdsTheCause = unusual(
    "Has its API under /api, names no such prefix in its instance, and has an errorId and a type in each problem.",
    contract="v1",
    base_path="/api",
    problem=writing(
        lambda call, members: (
            members | {"instance": call.path.removeprefix("/api"), "errorId": "4bf92f35", "type": "about:blank"}
        )
    ),
)
WritesNullForErrors = unusual(
    "Writes null for the errors where it lists none.",
    contract="v1",
    problem=writing(lambda call, members: {"errors": None} | members),
)


class RefusesReadOnlyMembers(Unusual):
    """Refuses members that only the vendor sets."""

    contract = "v1"

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        for name in sorted(self.document.read_only_members & set(value)):
            raise Refusal(422, "validation failed", {"location": f"body.{name}", "message": "It is read-only."})
