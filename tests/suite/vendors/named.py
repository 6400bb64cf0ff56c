"""Variants that are made of functions: a condition, or a change, that says all there is to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.suite.vendors.variant import Broken


def named_after(function: Callable[..., Any], kind: type[Broken], **content: object) -> type[Broken]:
    """A variant of this kind with the function's name and docstring."""
    # The qualified name is what the function's module calls it, and so where pickle finds it.
    own = {"__doc__": function.__doc__, "__module__": function.__module__, "__qualname__": function.__name__}
    return type(function.__name__.title().replace("_", ""), (kind,), content | own)
