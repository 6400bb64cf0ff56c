"""A pytest plugin that sets the clock an hour ahead once some tests have begun."""

from __future__ import annotations

import time
from types import SimpleNamespace

from contracts import plugin_process

_HOUR = 3600.0
# How often the time is asked for before the hour passes. Each test asks when it is set up and when it is called.
_BEFORE = 20
_asked = 0


def _now() -> float:
    global _asked
    _asked += 1
    return time.time() + (_HOUR if _asked > _BEFORE else 0.0)


plugin_process.time = SimpleNamespace(time=_now)  # type: ignore[assignment]
