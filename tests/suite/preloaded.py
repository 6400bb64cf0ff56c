"""What a run begins with, imported and read: `forked` forks its processes from one that has imported this module."""

from __future__ import annotations

import gc
from importlib import import_module
from importlib.metadata import entry_points

from _pytest.config import default_plugins

from contracts.fuzz.payloads import payloads
from contracts.rules.document import load

OURS = ("contracts.plugin", "contracts.vendor.served", "schemathesis.specs.openapi.schemas")

for module in (*OURS, *(f"_pytest.{name}" for name in default_plugins)):
    import_module(module)
for plugin in entry_points(group="pytest11"):
    plugin.load()
for name in ("docs", "v1"):
    load(name)
payloads()
# What is there by now, no process that is forked from here need look at.
gc.collect()
gc.freeze()
