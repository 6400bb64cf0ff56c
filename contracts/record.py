"""The record of a run: what was sent, seen, kept, broken and not tried."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from contracts.exchange import OPERATION, Exchange
from contracts.outcome import Outcome
from contracts.rules.document import Document
from contracts.rules.judge import Verdict
from contracts.rules.oracle import Prediction
from contracts.rules.promise import Violation
from contracts.tally import Tally

# What shows a failure best: one that was seen again, then one that was not tried again, then one that was seen once.
_SURE = (True, None, False)


@dataclass
class Broken:
    """One broken promise at one place of the answer: how often it was seen, and the outcome that shows it best.

    That is one that was seen again when it was tried alone, and of those the smallest.
    `tests` are the ids of the tests that found it, `evidence` is the file that keeps it, or None where none is kept.
    """

    violation: Violation
    outcome: Outcome
    count: int = 0
    repeated: bool = False
    tests: list[str] = field(default_factory=list)
    evidence: Path | None = None


@dataclass
class Record:
    """Filled by every thread of a run, read at its end."""

    updates: int = 0
    exchanges: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    untried: dict[str, str] = field(default_factory=dict)
    broken: dict[tuple[str, str], Broken] = field(default_factory=dict)
    no_evidence: str = ""
    not_literal: int = 0
    # The tests that failed although no promise was found broken.
    otherwise: list[str] = field(default_factory=list)
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

    def rate(self, rule: str) -> tuple[int, int]:
        """How many updates broke a promise, and how many put it to the test."""
        with self._lock:
            tried = sum(count for key, count in self.tally.rules.items() if key.split()[0] == rule)
            return self.violated[rule], max(tried, self.violated[rule])

    def answered(self, exchange: Exchange, prediction: Prediction, document: Document) -> None:
        """Count what came of a request, by its circumstance."""
        with self._lock:
            self.tally.sent(exchange.request.body, prediction, document)
            self.tally.answered(exchange, prediction)

    def not_tried(self, rules: Iterable[str], reason: str) -> None:
        """Note that promises could not be tried, and why."""
        with self._lock:
            for rule in rules:
                self.untried.setdefault(rule, reason)

    def found(self, violation: Violation, outcome: Outcome, test: str) -> Broken:
        """Enter what a test found broken: one entry for each rule and place."""
        outcome = outcome.kept()
        with self._lock:
            entry = self.broken.setdefault((violation.rule, violation.place), Broken(violation, outcome))
            entry.count += 1
            self.tally.broke(violation.rule, outcome.exchange.status)
            entry.tests += [] if test in entry.tests else [test]
            entry.repeated = entry.repeated or outcome.repeated is not False
            if _rank(outcome) < _rank(entry.outcome):
                entry.violation, entry.outcome = violation, outcome
            return entry


def _rank(outcome: Outcome) -> tuple[int, tuple[int, int]]:
    return _SURE.index(outcome.repeated), outcome.size
