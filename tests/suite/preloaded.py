"""What a run begins with, imported and read: `forked` forks its processes from one that has imported this module."""

from __future__ import annotations

import gc
from importlib import import_module
from importlib.metadata import entry_points

from contracts.fuzz.payloads import payloads
from contracts.fuzz.schema import loaded
from contracts.rules.document import load

for module in ("contracts.plugin", "contracts.vendor.served"):
    import_module(module)
for plugin in entry_points(group="pytest11"):
    plugin.load()
for name in ("docs", "v1"):
    loaded(load(name), breaking=False)
payloads()
# What is there by now, no process that is forked from here need look at.
gc.collect()
gc.freeze()
