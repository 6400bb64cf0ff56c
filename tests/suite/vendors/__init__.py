"""The catalogue of vendors that the suite is measured by: broken ones, correct but unusual ones, hostile ones."""

from __future__ import annotations

import importlib
import pkgutil

from tests.suite.vendors.variant import Variant, variants_of


def vendor_named(name: str) -> type[Variant]:
    """The variant with this name."""
    return next(variant for variant in catalogue() if variant.__name__ == name)


def catalogue() -> list[type[Variant]]:
    """Every variant of this package, in the order of the families; what a test derives from one is none of them."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    families = [variant for variant in variants_of(Variant) if variant.__module__.startswith(f"{__name__}.")]
    return [variant for variant in families if not variant.__module__.endswith(".variant")]
