"""The suite and plain `st run`, Schemathesis's own command, against the same broken and correct vendors, side by side.

`python -m tests.benchmarks.against_st_run --each 8` takes each eighth vendor of the catalogue.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from contracts.rules.document import load
from tests.benchmarks.tools import SLUG, st_run
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import catalogue, vendor_named
from tests.suite.vendors.variant import Broken, Hostile, Variant

LIMIT = 300.0


@dataclass(frozen=True)
class Came:
    """What one tool said of one vendor: its exit code, the seconds that it took, the requests that it sent."""

    code: int
    seconds: float
    requests: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables and their sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=1, help="take each so many'th vendor")
    parser.add_argument("--workers", type=int, default=2, help="vendors at a time")
    chosen = parser.parse_args(arguments)
    picked = [variant for variant in catalogue() if not issubclass(variant, Hostile)][:: chosen.each]
    outcomes: list[tuple[type[Variant], Came, Came]] = []
    print(f"{'':45} {'must':>4}   {'this suite':>24}   {'st run':>24}")
    with ProcessPoolExecutor(chosen.workers) as pool:
        for future in as_completed([pool.submit(_both, variant.__name__) for variant in picked]):
            name, suite, plain = future.result()
            outcomes.append((vendor_named(name), suite, plain))
            print(_row(*outcomes[-1]), flush=True)
    print("\n".join(_summary(outcomes)))
    return 0


def _both(name: str) -> tuple[str, Came, Came]:
    variant = vendor_named(name)
    return name, _of(variant, _suite), _of(variant, _st_run)


def _of(variant: type[Variant], tool: Callable[[type[Variant], RawServer, Path], int]) -> Came:
    vendor = variant(load(variant.contract), variant.base_path)
    vendor.add(SLUG, "Acme")
    with serving(vendor) as server, tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        code = tool(variant, server, Path(folder))
        return Came(code, time.monotonic() - started, len(server.calls))


def _suite(variant: type[Variant], server: RawServer, folder: Path) -> int:
    options = ["--base-url", server.url, "--contract", variant.contract, *variant.arguments, "--hypothesis-seed", "1"]
    return run_suite(*options, fresh=True, journal=folder, timeout=LIMIT).returncode


def _st_run(variant: type[Variant], server: RawServer, folder: Path) -> int:
    return st_run(server.url, variant.contract, limit=LIMIT).code


def _row(variant: type[Variant], suite: Came, st_run: Came) -> str:
    figures = "   ".join(
        f"exit {outcome.code:>2} {outcome.seconds:6.1f} s {outcome.requests:6}" for outcome in (suite, st_run)
    )
    return f"{variant.__name__:45} {_must(variant):>4}   {figures}"


def _must(variant: type[Variant]) -> int:
    return 1 if issubclass(variant, Broken) else 0


def _summary(outcomes: Sequence[tuple[type[Variant], Came, Came]]) -> Iterator[str]:
    yield f"\nschemathesis {version('schemathesis')}, hypothesis {version('hypothesis')}"
    yield _sum("this suite", [(variant, suite) for variant, suite, _ in outcomes])
    yield _sum("st run", [(variant, st_run) for variant, _, st_run in outcomes])


def _sum(tool: str, outcomes: Sequence[tuple[type[Variant], Came]]) -> str:
    broken = [outcome for variant, outcome in outcomes if _must(variant)]
    correct = [outcome for variant, outcome in outcomes if not _must(variant)]
    found = f"found {sum(outcome.code == 1 for outcome in broken)} of {len(broken)}"
    alarms = f"false alarms {sum(outcome.code != 0 for outcome in correct)} of {len(correct)}"
    seconds = statistics.median(outcome.seconds for _, outcome in outcomes)
    requests = statistics.median(outcome.requests for _, outcome in outcomes)
    return f"{tool:10}  {found}, {alarms}, median {seconds:.1f} s, {requests:.0f} requests"


if __name__ == "__main__":
    sys.exit(main())
