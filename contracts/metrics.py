"""Metrics: what was sent and what came of it, counted as plain data that goes from process to process."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from contracts.http.exchange import OPERATION, Exchange, Failure
from contracts.rules.judge import Verdict
from contracts.rules.oracle import Prediction

# In place of a status. What came and is no answer is called what it is: it is no interruption.
NO_ANSWER = "no answer"
_NO_INTERRUPTION = frozenset({Failure.MALFORMED, Failure.TOO_LARGE})
# Latencies are counted in steps of a twelfth of each other: 20 for each power of ten.
_STEPS = 20
_LOCK = threading.Lock()


@dataclass
class Metrics:
    """What was counted, by every thread of a run. `updates` are the requests to the operation.

    `latencies` has all updates, by status and by step; `tried` how many answers put each promise to the test, `broken`
    how many broke it; `answers` those to the requests of each circumstance (the promise to blame), by status, `wrong`
    those of them that nothing allows; `generated` the different requests of each test; `pairs` the requests with pairs
    of values; `accepted` how often each accepted deviation was seen; `untried` why a promise could not be tried; `left`
    customers that are still there.
    """

    exchanges: int = 0
    interruptions: int = 0
    latencies: dict[str, dict[str, int]] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    wrong: dict[str, dict[str, int]] = field(default_factory=dict)
    generated: dict[str, int] = field(default_factory=dict)
    pairs: int = 0
    accepted: dict[str, int] = field(default_factory=dict)
    untried: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, counts: Mapping[str, Any]) -> None:
        """Add to what these names count: numbers are summed, lists joined, and of two reasons the first stays."""
        with _LOCK:
            _add(vars(self), counts)

    def taken(self) -> dict[str, Any]:
        """What was counted since this was asked last."""
        with _LOCK:
            counts = {name: value for name, value in vars(self).items() if value}
            vars(self).update(vars(Metrics()))
        return counts

    def sent(self, exchange: Exchange) -> None:
        """Count one exchange."""
        step = str(round(math.log10(max(exchange.seconds, 1e-6)) * _STEPS))
        latency = {"latencies": {_came(exchange): {step: 1}}}
        self.add({"exchanges": 1} | (latency if exchange.request.method == OPERATION else {}))

    def judged(self, verdict: Verdict) -> None:
        """Count which promises something put to the test, and which of them it broke."""
        broken = {violation.promise for violation in verdict.violations}
        self.add({"tried": dict.fromkeys(verdict.tried, 1), "broken": dict.fromkeys(broken, 1)})

    def answered(self, exchange: Exchange, prediction: Prediction) -> None:
        """Count what came of a request, by its circumstance."""
        allowed = exchange.status in prediction.allowed or (exchange.status is None and prediction.may_break)
        answer = {prediction.reasons[0].id: {_came(exchange): 1}}
        self.add({"answers": answer, "wrong": {} if allowed else answer})

    def drawn(self, distinct: int, test: str) -> None:
        """Count the different requests that one round of a generated test has sent."""
        kind = test.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
        self.add({"generated": {kind: distinct}})

    def not_tried(self, promise_ids: Iterable[str], reason: str) -> None:
        """Note that promises could not be tried, and why."""
        self.add({"untried": dict.fromkeys(promise_ids, reason)})

    @property
    def statuses(self) -> dict[str, int]:
        """How many updates were answered with each status."""
        return {status: sum(steps.values()) for status, steps in sorted(self.latencies.items())}

    @property
    def updates(self) -> int:
        return sum(self.statuses.values())

    def quantile(self, status: str, share: float) -> float:
        """In how many seconds this share of the answers with a status came."""
        steps = sorted((int(step), count) for step, count in self.latencies[status].items())
        seen, wanted = accumulate(count for _, count in steps), share * self.statuses[status]
        step = next(step for (step, _), so_far in zip(steps, seen, strict=True) if so_far >= wanted)
        return float(10 ** (step / _STEPS))


def _came(exchange: Exchange) -> str:
    """The status, or what came in place of one."""
    return str(exchange.status or (exchange.failure if exchange.failure in _NO_INTERRUPTION else NO_ANSWER))


def _add(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        known = into.setdefault(key, type(value)())
        if isinstance(value, dict):
            _add(known, value)
        elif isinstance(value, list):
            known += [one for one in value if one not in known]
        else:
            into[key] = known or value if isinstance(value, str) else known + value
