"""What the plugin makes of a report before pytest shows it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.plugin import Collector
from tests.suite.results import TARGET, report, seen


@pytest.fixture
def collector(tmp_path: Path) -> Collector:
    """What collects the reports of a run that has just begun."""
    options = SimpleNamespace(
        document=SimpleNamespace(name="docs"),
        generation=SimpleNamespace(seed=42),
        evidence=tmp_path / "evidence",
        target=SimpleNamespace(base_url=TARGET),
    )
    config = SimpleNamespace(getoption=lambda *_: None)
    return Collector(config, SimpleNamespace(options=options, ends=0.0))  # type: ignore[arg-type]


def test_a_failure_is_explained_with_its_file(collector: Collector, tmp_path: Path) -> None:
    """The explanation of a failure takes the place of its traceback, and names the file that keeps it."""
    failed = report(seen())
    collector.pytest_runtest_logreport(failed)

    assert failed.longrepr.startswith("problem.title: ")
    assert failed.longrepr.endswith(f"replay {tmp_path / 'evidence' / 'problem.title.har'} --base-url {TARGET}")
    assert collector.pytest_report_teststatus(failed) is None


def test_what_another_test_explained_is_not_explained_again(collector: Collector) -> None:
    """A test that saw only what others have seen counts as failed and is not shown; one that saw more is."""
    first, again, more = (
        report(seen(), test="a"),
        report(seen(), test="b"),
        report(seen(), seen("status.slug"), test="c"),
    )
    more.contract["broken"] = [[finding] for finding in more.contract["broken"][0]]
    for test_report in (first, again, more):
        collector.pytest_runtest_logreport(test_report)

    assert collector.pytest_report_teststatus(again) == ("failed again", "F", "FAILED")
    assert collector.pytest_report_teststatus(more) is None
    assert more.longrepr.startswith("status.slug: ")
    assert "  and also  problem.title" in more.longrepr.splitlines()


def test_what_passed_is_left_as_it_is(collector: Collector) -> None:
    """A report without a broken promise, and one that stands for a worker that crashed, are not touched."""
    passed, crashed = report(), SimpleNamespace(failed=True, longrepr="crashed")
    for test_report in (passed, crashed):
        collector.pytest_runtest_logreport(test_report)

    assert (passed.longrepr, crashed.longrepr) == ("", "crashed")
