"""The record of a run: what was sent, seen, kept, broken and not tried."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from contracts.exchange import OPERATION, Exchange
from contracts.judge import Verdict
from contracts.outcome import Outcome
from contracts.promise import Violation, promises

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
    tried: set[str] = field(default_factory=set)
    untried: dict[str, str] = field(default_factory=dict)
    broken: dict[tuple[str, str], Broken] = field(default_factory=dict)
    no_evidence: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, exchange: Exchange) -> None:
        """Count one exchange."""
        with self._lock:
            self.exchanges += 1
            if exchange.request.method == OPERATION:
                self.updates += 1
                self.statuses[str(exchange.status or "no answer")] += 1

    def judged(self, verdict: Verdict) -> None:
        """Note which promises were put to the test."""
        with self._lock:
            self.tried |= verdict.tried

    def not_tried(self, rules: Iterable[str], reason: str) -> None:
        """Note that promises could not be tried, and why."""
        with self._lock:
            for rule in rules:
                self.untried.setdefault(rule, reason)

    def found(self, violation: Violation, outcome: Outcome, test: str) -> Broken:
        """Enter what a test found broken: one entry for each rule and place."""
        with self._lock:
            entry = self.broken.setdefault((violation.rule, violation.place), Broken(violation, outcome))
            entry.count += 1
            entry.tests += [] if test in entry.tests else [test]
            entry.repeated = entry.repeated or outcome.repeated is not False
            if _rank(outcome) < _rank(entry.outcome):
                entry.violation, entry.outcome = violation, outcome
            return entry

    @property
    def groups(self) -> dict[str, list[Broken]]:
        """What was broken, by rule: first the rule that was found first, and of each what was found most often."""
        grouped: dict[str, list[Broken]] = {}
        for (rule, _), broken in self.broken.items():
            grouped.setdefault(rule, []).append(broken)
        return {rule: sorted(found, key=lambda broken: -broken.count) for rule, found in grouped.items()}

    @property
    def broken_rules(self) -> list[str]:
        """The rules that were broken, in the order of the promises."""
        seen = {rule for rule, _ in self.broken}
        return [rule for rule in promises() if rule in seen]

    @property
    def kept_rules(self) -> list[str]:
        """The rules that were tried and not broken."""
        return [rule for rule in promises() if rule in self.tried and rule not in self.broken_rules]

    @property
    def untried_rules(self) -> dict[str, str]:
        """The rules that nothing put to the test, each with its reason; last, what is no rule of its own."""
        missing = [rule for rule in promises() if rule not in self.tried and rule not in self.broken_rules]
        others = {what: reason for what, reason in self.untried.items() if what not in promises()}
        return {rule: self.untried.get(rule, "no test that was run tries it") for rule in missing} | others


def _rank(outcome: Outcome) -> tuple[int, tuple[int, int]]:
    return _SURE.index(outcome.repeated), outcome.size
