"""The record of a run: what one process sent, what it put to the test, and what it could not try."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contracts.http.exchange import OPERATION, Exchange
from contracts.rules.judge import Verdict
from contracts.rules.oracle import Prediction
from contracts.tally import Tally


@dataclass
class Record:
    """Filled by every thread of a run, read at its end. `generated` counts different requests, by what they are."""

    updates: int = 0
    exchanges: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    untried: dict[str, str] = field(default_factory=dict)
    generated: Counter[str] = field(default_factory=Counter)
    # How many updates broke each promise, those that were tried again among them.
    violated: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, exchange: Exchange) -> None:
        """Count one exchange."""
        with self._lock:
            self.exchanges += 1
            if exchange.request.method == OPERATION:
                self.updates += 1
                self.statuses[str(exchange.status or "no answer")] += 1

    def judged(self, verdict: Verdict, exchange: Exchange) -> None:
        """Note which promises an exchange put to the test."""
        with self._lock:
            self.tally.tried(verdict.tried, exchange.status)
            self.violated.update({violation.rule for violation in verdict.violations})

    def answered(self, exchange: Exchange, prediction: Prediction) -> None:
        """Count what came of a request, by its circumstance."""
        with self._lock:
            self.tally.answered(exchange, prediction)

    def drawn(self, distinct: int, test: str) -> None:
        """Count the different requests that one round of a generated test has sent."""
        kind = test.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
        with self._lock:
            self.generated[kind] += distinct

    def not_tried(self, rules: Iterable[str], reason: str) -> None:
        """Note that promises could not be tried, and why."""
        with self._lock:
            for rule in rules:
                self.untried.setdefault(rule, reason)

    def part(self) -> dict[str, Any]:
        """All of it as plain data, which goes from process to process."""
        with self._lock:
            return {
                "exchanges": self.exchanges,
                "updates": self.updates,
                "statuses": dict(self.statuses),
                "tally": self.tally.plain(),
                "untried": dict(self.untried),
                "generated": dict(self.generated),
                "violated": dict(self.violated),
            }
