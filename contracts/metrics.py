"""Metrics: what was sent and how it was answered, counted as plain data that can go to another process."""

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from contracts.http.exchange import Exchange, Failure
from contracts.http.request import OPERATION
from contracts.rules.judge import Verdict
from contracts.rules.oracle import Prediction
from contracts.rules.promise import is_status

# Counted in place of a status. The failures below are counted under their own names: they are not interruptions.
NO_ANSWER = "no answer"
_NO_INTERRUPTION = frozenset({Failure.MALFORMED, Failure.TOO_LARGE})
# Latencies are counted in steps, 20 for each power of ten: each step is 12 % longer than the one before.
_STEPS = 20
_LOCK = threading.Lock()


@dataclass
class Metrics:
    """What all threads of a run have counted. `updates` are the requests to the operation.

    `resent` counts the requests that were sent again, because a kept connection had ended without an answer;
    `latencies` counts all updates, by status and by step; `tried` the answers that tried each promise, and `broken` the
    answers that broke it; `answers` the answers to the requests of each circumstance (named by its promise), by status,
    and `wrong` those that are not allowed; `generated` the distinct requests of each generated test; `pairs` the
    requests with pairs of values; `accepted` how often each accepted deviation was seen. `untried` says why promises
    could not be tried; `left` are customers that are still there.
    """

    exchanges: int = 0
    interruptions: int = 0
    resent: int = 0
    latencies: dict[str, dict[str, int]] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    wrong: dict[str, dict[str, int]] = field(default_factory=dict)
    generated: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    untried: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, counts: Mapping[str, Any]) -> None:
        """Add these counts: numbers are summed, lists are joined, and of two reasons the first stays."""
        with _LOCK:
            _add(vars(self), counts)

    def taken(self) -> dict[str, Any]:
        """Take what was counted since the last call."""
        with _LOCK:
            counts = {name: value for name, value in vars(self).items() if value}
            vars(self).update(vars(Metrics()))
        return counts

    def sent(self, exchange: Exchange) -> None:
        step = str(round(math.log10(max(exchange.seconds, 1e-6)) * _STEPS))
        latency = {"latencies": {_outcome(exchange): {step: 1}}}
        self.add(
            {"exchanges": 1, "resent": int(exchange.sent_again)}
            | (latency if exchange.request.method == OPERATION else {})
        )

    def judged(self, verdict: Verdict) -> None:
        """Count which promises an answer tried, and which of them it broke."""
        broken = {violation.promise for violation in verdict.violations}
        self.add({"tried": dict.fromkeys(verdict.tried, 1), "broken": dict.fromkeys(broken, 1)})

    def answered(self, exchange: Exchange, prediction: Prediction, verdict: Verdict) -> None:
        """Count how a request was answered, by its circumstance; and whether that status, or no answer, was wrong."""
        answer = {prediction.reasons[0].id: {_outcome(exchange): 1}}
        is_answered = exchange.response is not None and not exchange.persistent
        wrong = [each for each in verdict.violations if is_status(each.place) or not is_answered]
        self.add({"answers": answer, "wrong": answer if wrong else {}})

    def drawn(self, distinct: int, test: str) -> None:
        """Count the distinct requests that one round of a generated test has sent."""
        kind = test.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
        self.add({"generated": {kind: distinct}})

    def not_tried(self, promise_ids: Iterable[str], reason: str) -> None:
        self.add({"untried": dict.fromkeys(promise_ids, reason)})

    @property
    def statuses(self) -> dict[str, int]:
        """How many updates were answered with each status."""
        return {status: sum(steps.values()) for status, steps in sorted(self.latencies.items())}

    @property
    def updates(self) -> int:
        return sum(self.statuses.values())

    def quantile(self, status: str, share: float) -> float:
        """The seconds within which this share of the answers with a status came."""
        steps = sorted((int(step), count) for step, count in self.latencies[status].items())
        seen, wanted = accumulate(count for _, count in steps), share * self.statuses[status]
        step = next(step for (step, _), so_far in zip(steps, seen, strict=True) if so_far >= wanted)
        return float(10 ** (step / _STEPS))


def _outcome(exchange: Exchange) -> str:
    """The status, or what came in place of one."""
    return str(exchange.status or (exchange.failure if exchange.failure in _NO_INTERRUPTION else NO_ANSWER))


def _add(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        known = into.setdefault(key, type(value)())
        if isinstance(value, dict):
            _add(known, value)
        elif isinstance(value, list):
            known += [each for each in value if each not in known]
        else:
            into[key] = known or value if isinstance(value, str) else known + value
