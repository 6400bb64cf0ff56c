"""What every vendor has in common that stores an update otherwise than it should."""

from __future__ import annotations

from typing import Any

from tests.suite.vendors.finders import EXAMPLE
from tests.suite.vendors.variant import Broken

EXTERNAL_ID = "externalCustomerId"


class _Replaces(Broken):
    """Makes customers as documented; what an update stores is what `replace` does."""

    breaks, found_by = "update.stored", EXAMPLE

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        """Only what is being made has no name yet."""
        (self.replace if "name" in customer else super().store)(customer, value)

    def replace(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        """Replace a customer's details."""
        super().store(customer, value)
