"""A tally: what was sent and what came of it, counted, so that the whole of a run can be seen at a glance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import cache

from contracts.exchange import Exchange
from contracts.rules.body import read
from contracts.rules.document import Document
from contracts.rules.oracle import Prediction

# In place of a status, where there was no answer.
NONE = "none"
# Latencies are counted in steps of a twelfth of each other: 20 for each power of ten.
_STEPS = 20
# So many refused bodies are looked at for the keywords that they break: looking takes as long as judging.
_LOOKED_AT = 3000
# Bytes of a body beyond which it is not looked at: the messages of its errors would repeat it.
_LARGE = 10_000
# What a schema may say of a value, as far as the contracts say it.
_KEYWORDS = ("type", "minLength", "maxLength", "pattern", "format", "enum", "minimum", "maximum")


@dataclass
class Tally:
    """Counters whose keys are words with a space between.

    `rules`: rule and status of the answer that put it to the test; `broken`: those that broke it. `answers`:
    circumstance (the rule to blame) and status. `latencies`: status and step. `keywords`: keyword of the request
    schema, and whether the body `keeps` or `breaks` it.
    """

    rules: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    latencies: Counter[str] = field(default_factory=Counter)
    keywords: Counter[str] = field(default_factory=Counter)

    def tried(self, rules: Iterable[str], status: int | None) -> None:
        """Count what an answer put to the test."""
        self.rules.update(f"{rule} {status or NONE}" for rule in rules)

    def broke(self, rule: str, status: int | None) -> None:
        """Count a rule that an answer broke."""
        self.broken[f"{rule} {status or NONE}"] += 1

    def answered(self, exchange: Exchange, prediction: Prediction) -> None:
        """Count one answer, or that there was none."""
        status = str(exchange.status or NONE)
        self.answers[f"{prediction.reasons[0].id} {status}"] += 1
        self.latencies[f"{status} {_step(exchange.seconds)}"] += 1

    def sent(self, body: bytes, prediction: Prediction, document: Document) -> None:
        """Count which keywords of the request schema a body keeps or breaks."""
        for reading in prediction.readings[:1]:
            self.keywords.update(f"{keyword} keeps" for keyword in _kept(reading, document))
        if len(body) > _LARGE or self.answers["status.schema 422"] >= _LOOKED_AT:
            return
        if prediction.reasons[0].id == "status.schema":
            for value in read(body).values[:1]:
                self.keywords.update(f"{keyword} breaks" for keyword in set(_broken(value, document)))


def summed(tallies: Iterable[Tally]) -> Tally:
    """Several as one."""
    whole = Tally()
    for tally in tallies:
        for one in fields(Tally):
            getattr(whole, one.name).update(getattr(tally, one.name))
    return whole


@cache
def keywords(document: Document) -> tuple[str, ...]:
    """Every keyword of the request schema, as `member.keyword`, and those of the body itself."""
    members = [
        f"{name}.{keyword}"
        for name, schema in document.request_members.items()
        for keyword in _KEYWORDS
        if keyword in schema
    ]
    own = [keyword for keyword in ("type", "required", "additionalProperties") if keyword in document.request_schema]
    return (*own, *members)


def _kept(reading: Iterable[str], document: Document) -> Iterator[str]:
    present = tuple(f"{name}." for name in reading)
    return (one for one in keywords(document) if "." not in one or one.startswith(present))


def _broken(value: object, document: Document) -> Iterator[str]:
    for finding in document.request_findings(value):
        member = finding.path[0] if finding.path and finding.path[0] in document.request_members else ""
        yield f"{member}.{finding.keyword}" if member else finding.keyword


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
