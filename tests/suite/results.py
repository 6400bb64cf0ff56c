"""Samples for the tests of a result: a finding, what a process has counted, and the result of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any

from contracts.report.result import Finding, Result

TEST = "tests/contract/test_422.py::test_a_name[name-null]"
TARGET = "https://api.example.org"
# A title that is not the phrase of its status, seen again alone.
SEEN = Finding(
    promise="problem.title",
    place="title",
    cause="name breaks minLength",
    layer="exact",
    expected="Unprocessable Entity",
    actual='"Unprocessable Content"',
    request="PUT /customers/acme, 11 bytes of application/json",
    answer="422 Unprocessable Entity, 99 bytes, 2 ms",
    curl="curl https://api.example.org",
    size=[11, 15],
    repeated=True,
    again=1,
    har="{}",
)


def seen(promise: str = "problem.title", **changes: Any) -> Finding:
    """A finding of this promise, as one test saw it. `repeated` says whether it was seen again alone."""
    repeated = changes.get("repeated", SEEN.repeated)
    return replace(SEEN, promise=promise, again=int(repeated is True), gone=int(repeated is False), **changes)


def finding(promise: str = "problem.title", **changes: Any) -> Finding:
    """A finding of this promise, without a file."""
    return replace(seen(promise, tests=[TEST], broke=2, tried=32), **changes)


def report(
    *broken: Finding,
    test: str = TEST,
    failed: bool = False,
    required: str = "",
    skipped: str = "",
    judged: bool = False,
) -> SimpleNamespace:
    """The report of pytest on a test, with what the plugin adds to it. One request broke all of `broken`."""
    added = {
        "broken": [[vars(found) | {"tests": [test]} for found in broken]] if broken else [],
        "required": required,
        "metrics": None,
    }
    return SimpleNamespace(
        nodeid=test,
        when="call",
        failed=failed or bool(broken or required),
        skipped=bool(skipped),
        longrepr=("a.py", 1, f"Skipped: {skipped}") if skipped else "",
        user_properties=[("judged by", "v1")] if judged else [],
        contract=added,
    )


def counted(*tried: str, **changes: Any) -> dict[str, Any]:
    """The counts of a process that got one answer, a 422, which put these promises to the test."""
    return {"exchanges": 1, "latencies": {"422": {"-60": 1}}, "tried": dict.fromkeys(tried, 1)} | changes


def result(
    *findings: Finding,
    tried: Iterable[str] = (),
    metrics: Mapping[str, Any] = MappingProxyType({}),
    base_url: str = TARGET,
    **changes: Any,
) -> Result:
    """The result of a run with these findings, which also put the promises in `tried` to the test."""
    made = Result(base_url, "docs", "42", findings=[*findings], **changes)
    made.metrics.add({"tried": dict.fromkeys(tried, 1), **metrics})
    return made
