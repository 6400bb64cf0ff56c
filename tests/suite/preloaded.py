"""Imports and reads what every run needs at first: `forked` forks its processes from one that imported this module."""

from __future__ import annotations

import gc
from importlib import import_module
from importlib.metadata import entry_points

from contracts.fuzz.payloads import payloads
from contracts.fuzz.schema import loaded
from contracts.rules.document import load
from contracts.rules.problem import exact
from contracts.rules.promise import promises

for module in ("contracts.plugin", "contracts.vendor.served"):
    import_module(module)
for plugin in entry_points(group="pytest11"):
    plugin.load()
for name in ("docs", "v1"):
    loaded(load(name), breaking=False)
payloads()
promises()
exact()
# The garbage collector of a forked process need not look at the objects that exist by now.
gc.collect()
gc.freeze()
