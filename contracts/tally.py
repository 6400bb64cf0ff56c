"""A tally: what was sent and what came of it, counted, so that the whole of a run can be seen at a glance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from contracts.http.exchange import Exchange
from contracts.rules.oracle import Prediction

# In place of a status, where there was no answer.
NONE = "none"
# Latencies are counted in steps of a twelfth of each other: 20 for each power of ten.
_STEPS = 20


@dataclass
class Tally:
    """Counters whose keys are words with a space between.

    `rules`: promise and status of the answer that put it to the test. `answers`: circumstance (the promise to blame)
    and status; `wrong`: those of them that nothing allows. `latencies`: status and step.
    """

    rules: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    latencies: Counter[str] = field(default_factory=Counter)

    def tried(self, rules: Iterable[str], status: int | None) -> None:
        """Count what an answer put to the test."""
        self.rules.update(f"{rule} {status or NONE}" for rule in rules)

    def decided(self, rule: str) -> int:
        """How many answers put this promise to the test."""
        return sum(count for key, count in self.rules.items() if key.split()[0] == rule)

    def answered(self, exchange: Exchange, prediction: Prediction) -> None:
        """Count one answer, or that there was none."""
        status = str(exchange.status or NONE)
        key = f"{prediction.reasons[0].id} {status}"
        self.answers[key] += 1
        self.wrong[key] += exchange.status not in prediction.allowed and not (
            exchange.status is None and prediction.may_break
        )
        self.latencies[f"{status} {_step(exchange.seconds)}"] += 1

    def plain(self) -> dict[str, dict[str, int]]:
        """As data that goes from process to process."""
        return {one.name: dict(getattr(self, one.name)) for one in fields(Tally)}


def tally_of(plain: Mapping[str, Mapping[str, int]]) -> Tally:
    """What `Tally.plain` made data of."""
    return Tally(**{name: Counter(counts) for name, counts in plain.items()})


def summed(tallies: Iterable[Tally]) -> Tally:
    """Several as one."""
    whole = Tally()
    for tally in tallies:
        for one in fields(Tally):
            getattr(whole, one.name).update(getattr(tally, one.name))
    return whole


def _step(seconds: float) -> int:
    return round(math.log10(max(seconds, 1e-6)) * _STEPS)


def seconds_of(step: int) -> float:
    """The latency in seconds that a step stands for."""
    return float(10 ** (step / _STEPS))


def quantiles(tally: Tally) -> list[tuple[str, int, float, float, float]]:
    """For each status how many answers, and in how many seconds the first 50, 95 and 99 of 100 of them came."""
    steps: dict[str, Counter[int]] = {}
    for key, count in tally.latencies.items():
        status, step = key.split()
        steps.setdefault(status, Counter())[int(step)] += count
    return [
        (status, counts.total(), *(_quantile(counts, share) for share in (0.5, 0.95, 0.99)))  # type: ignore[misc]  # how many there are is not known
        for status, counts in sorted(steps.items())
    ]


def _quantile(counts: Counter[int], share: float) -> float:
    wanted, seen = share * counts.total(), 0
    for step in sorted(counts):
        seen += counts[step]
        if seen >= wanted:
            return seconds_of(step)
    return 0.0
