"""The catalogue of vendors that the suite is measured by: broken ones, correct but unusual ones, hostile ones.

To add one, give it a name in the module of its family: as a row (see `variant`), or as a class. Nothing else is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from tests.suite.vendors.variant import Row, Variant

_FAMILIES = ("broken_", "unusual_", "hostile_")


@cache
def catalogue() -> tuple[type[Variant], ...]:
    """Every variant, in the order of the families."""
    families = [name for _, name, _ in iter_modules(__path__) if name.startswith(_FAMILIES)]
    return tuple(variant for name in families for variant in _variants_of(import_module(f"{__name__}.{name}")))


def vendor_named(name: str) -> type[Variant]:
    """The variant with this name. Another process is told the name: a class that a row makes cannot be pickled."""
    return next(variant for variant in catalogue() if variant.__name__ == name)


def _variants_of(family: ModuleType) -> Iterator[type[Variant]]:
    """The classes of a family's module, but for helpers, which have an underscore; and what stands in its rows."""
    for name, value in vars(family).items():
        if isinstance(value, type) and issubclass(value, Variant):
            if value.__module__ == family.__name__ and not name.startswith("_"):
                yield value
        else:
            rows = value if isinstance(value, tuple) else (value,)
            yield from (row.variant(name, family.__name__) for row in rows if isinstance(row, Row))
