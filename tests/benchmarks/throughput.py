"""How many generated cases a second: the suite against plain `st run`, and against a client that only sends.

`python -m tests.benchmarks.throughput` prints, in alternating rounds on one mock that another process serves, cases a
second of whole processes, start-up included, and their ratios: (a) `st run`, (b) this suite's generated tests, in one
process and in two, (c) a bare client. Then the same of (a) and (b) for a server that takes 100 ms.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from contracts.credential import READ_TOKEN, WRITE_TOKEN
from contracts.document import DOCUMENTS, load
from contracts.exchange import Request
from contracts.payload import payloads
from contracts.result import read
from contracts.vendor import MOCK_TOKENS, Vendor
from tests.benchmarks.replay_rate import TOKENS, bare
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of, served_mock

GENERATED = "tests/contract/test_generated_requests.py"
# The tests that share the cases out among them.
TESTS = 6
DELAY = 0.1


def st_run(url: str, cases: int, folder: Path) -> float:
    """Cases a second of `st run` with the same document, its coverage phase without undeclared methods."""
    config, report = folder / "schemathesis.toml", folder / "st.har"
    token = f'bearer = "{next(iter(MOCK_TOKENS))}"'
    config.write_text(f"[auth.openapi.bearer]\n{token}\n[phases.coverage]\nunexpected-methods = []\n", encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    told = [str(DOCUMENTS / "docs.yaml"), "--url", url, "--seed", "1", "--phases", "examples,coverage,fuzzing"]
    rest = ["--max-examples", str(cases), "--report", "har", "--report-har-path", str(report)]
    seconds = _timed([*command, *told, *rest, "--continue-on-failure"], folder)
    return report.read_text(encoding="utf-8").count('"startedDateTime"') / seconds


def suite(url: str, cases: int, folder: Path, *more: str) -> float:
    """Cases a second of the generated tests, with at least so many cases in all."""
    result = folder / "result.json"
    command = [sys.executable, "-m", "pytest", GENERATED, "-q", "-p", "no:cacheprovider", "--base-url", url]
    told = ["--cases", str(-(-cases // TESTS)), "--hypothesis-seed", "1", "--journal", str(folder / "journal")]
    seconds = _timed([*command, *told, "--result", str(result), *more], folder)
    return read(result).updates / seconds


def _timed(command: Sequence[str], folder: Path) -> float:
    variables = environment_of({"KAITEN_AUTH_TOKEN": TOKENS[WRITE_TOKEN], "KAITEN_READ_TOKEN": TOKENS[READ_TOKEN]})
    started = time.perf_counter()
    came = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if came.returncode not in (0, 1):
        raise SystemExit(
            f"{' '.join(command)} ended with {came.returncode}: {came.stdout[-2000:]}{came.stderr[-2000:]}"
        )
    return seconds


def small_requests() -> list[Request]:
    """What the bare client sends over and over."""
    return [one.request.addressed("nobody") for one in payloads() if len(one.request.body) < 2000][:400]


def compared(rounds: int, **tools: Callable[[], float]) -> None:
    """Print the rates of tools in alternating rounds, their medians, and the ratio to the first."""
    rates: dict[str, list[float]] = {name: [] for name in tools}
    for number in range(rounds):
        for name, tool in tools.items():
            rates[name].append(tool())
        print(
            f"  round {number + 1}: " + ", ".join(f"{name} {found[-1]:.0f}/s" for name, found in rates.items()),
            flush=True,
        )
    medians = {name: statistics.median(found) for name, found in rates.items()}
    first = next(iter(medians.values()))
    print("  median:  " + ", ".join(f"{name} {rate:.0f}/s ({rate / first:.1f} x)" for name, rate in medians.items()))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=6000, help="cases of one run of the suite")
    parser.add_argument("--st-cases", type=int, default=1000, help="cases of one run of st run")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    cases, fewer = chosen.cases, chosen.st_cases
    with tempfile.TemporaryDirectory() as name, served_mock() as (_, url):
        folder = Path(name)
        print(f"an instant server ({cases} cases, st run {fewer})")
        compared(
            chosen.rounds,
            st_run=lambda: st_run(url, fewer, folder),
            suite=lambda: suite(url, cases, folder),
            suite_n_2=lambda: suite(url, cases, folder, "-n", "2", "--concurrency", "16"),
            bare=lambda: bare(url, small_requests()),
        )
    with tempfile.TemporaryDirectory() as name, serving(Vendor(load("docs")), DELAY) as server:
        folder = Path(name)
        print(f"a server that takes {DELAY * 1000:.0f} ms ({cases // 3} cases, st run {fewer // 5})")
        compared(
            1,
            st_run=lambda: st_run(server.url, fewer // 5, folder),
            suite=lambda: suite(server.url, cases // 3, folder, "--concurrency", "16"),
        )


if __name__ == "__main__":
    main()
