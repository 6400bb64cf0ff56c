"""How long the page takes to open in Chromium: one with 2,000 violations, each with its exchange, beside one with one.

`python -m tests.benchmarks.page_opening` prints for each the bytes, the seconds until all is laid out (the median of
five), and the ratio.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from contracts.page import write_alone
from playwright.sync_api import Browser

from contracts.report.result import Finding, Result, read
from contracts.rules.document import load
from tests.suite.browser import chromium
from tests.suite.served import serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import vendor_named

_ROUNDS = 5


def red_result(folder: Path) -> Result:
    """The result of a run that found something broken, its evidence in the folder."""
    told = ["--result", str(folder / "result.json"), "--evidence", str(folder / "evidence"), "-k", "no_json"]
    with serving(vendor_named("GarblesDetails")(load("docs"))) as server:
        run_suite("--base-url", server.url, *told, journal=folder)
    return read(folder / "result.json")


def with_findings(result: Result, count: int) -> Result:
    """The result with so many findings, at a place each."""
    shown: Sequence[Finding] = [finding for finding in result.findings if finding.evidence]
    findings = [replace(shown[number % len(shown)], place=f"place-{number}") for number in range(count)]
    return replace(result, findings=tuple(findings))


def seconds_to_open(browser: Browser, page: Path) -> float:
    """The median of the seconds from the call to a page that is loaded and laid out to its end."""
    taken = []
    for _ in range(_ROUNDS):
        tab = browser.new_page()
        started = time.perf_counter()
        tab.goto(page.as_uri())
        tab.evaluate("new Promise((done) => requestAnimationFrame(() => done(document.body.offsetHeight)))")
        taken.append(time.perf_counter() - started)
        tab.close()
    return statistics.median(taken)


def main() -> None:
    """Print both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--violations", type=int, nargs="+", default=[1, 2_000])
    counts = parser.parse_args().violations
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        result, seconds = red_result(Path(name)), []
        for count in counts:
            page = Path(name, f"{count}.html")
            write_alone(with_findings(result, count), load("docs"), page)
            seconds.append(seconds_to_open(browser, page))
            size = page.stat().st_size / 1e6
            print(f"{count:>6} violations, {size:.1f} MB: {seconds[-1]:.2f} s, {seconds[-1] / seconds[0]:.1f} x")


if __name__ == "__main__":
    main()
