"""Faulty vendors: the documented one with one small change each. The beginning of the catalogue.

Each says in its docstring how it misbehaves, and names the rule that it breaks.
"""

from __future__ import annotations

from typing import ClassVar

from contracts.vendor import Vendor


class Faulty(Vendor):
    """A vendor with a fault; `breaks` is the rule that it breaks."""

    breaks: ClassVar[str]
