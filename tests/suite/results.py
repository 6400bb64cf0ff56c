"""What the tests of a result begin with: a sighting, the part of a process, and what is collected of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from contracts.report.finding import Finding, Sighting
from contracts.report.result import Result, Results
from contracts.tally import Tally

TEST = "tests/contract/test_422.py::test_a_name[name-null]"
TARGET = "https://api.example.org"
# A title that is not the phrase of its status, seen again alone.
SEEN = Sighting(
    rule="problem.title",
    place="title",
    cause="name breaks minLength",
    layer="exact",
    expected="Unprocessable Entity",
    actual='"Unprocessable Content"',
    request="PUT /customers/acme, 11 bytes of application/json",
    answer="422 Unprocessable Entity, 99 bytes, 2 ms",
    curl="curl https://api.example.org",
    size=(11, 15),
    repeated=True,
    har="{}",
)


def seen(rule: str = "problem.title", **changes: Any) -> Sighting:
    """A sighting of this promise."""
    return replace(SEEN, rule=rule, **changes)


def finding(rule: str = "problem.title", **changes: Any) -> Finding:
    """A finding of this promise, without a file."""
    return replace(Finding(seen(rule), (TEST,), broke=2, tried=32), **changes)


def part(*tried: str, **changes: Any) -> dict[str, Any]:
    """What a process did that got one answer, a 422, which put these promises to the test."""
    return {
        "exchanges": 1,
        "updates": 1,
        "statuses": {"422": 1},
        "tally": Tally(Counter({f"{rule} 422": 1 for rule in tried})).plain(),
        "untried": {},
        "generated": {},
        "violated": {},
        "interruptions": 0,
        "left": [],
        "accepted": {},
        "warnings": [],
        "stopped": None,
        "selected": True,
    } | changes


def results(folder: Path | None = None) -> Results:
    """What is collected of a run that has just begun."""
    return Results(TARGET, "docs", "42", folder)


def result(*findings: Finding, tried: Iterable[str] = (), **changes: Any) -> Result:
    """What came of a run that found this, and put these promises to the test besides."""
    tally = Tally(Counter({f"{rule} 422": 1 for rule in tried}))
    return replace(Result(TARGET, "docs", "42", findings=findings, tally=tally), **changes)
