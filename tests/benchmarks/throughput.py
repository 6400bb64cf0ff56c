"""How many generated cases a second: the suite against plain `st run`, and against a client that only sends.

`python -m tests.benchmarks.throughput` prints, in alternating rounds on one mock that another process serves, cases a
second of whole processes, start-up included, and their ratios: (a) `st run`, (b) this suite's generated tests, in one
process and in two, (c) a bare client. Then the same of (a) and (b) for a server that takes 100 ms.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable

import httpx

from contracts.fuzz.payloads import payloads
from contracts.http.credential import WRITE_TOKEN
from contracts.http.request import Request
from contracts.rules.document import load
from contracts.vendor.model import Vendor
from tests.benchmarks.replay_rate import bare
from tests.benchmarks.tools import SLUG, TOKENS, Came, generated, st_run
from tests.suite.served import serving
from tests.suite.suite_run import served_mock

DELAY = 0.1


def compared(rounds: int, **tools: Callable[[], float]) -> None:
    """Print the rates of tools in alternating rounds, their medians, and the ratio to the first."""
    rates: dict[str, list[float]] = {name: [] for name in tools}
    for number in range(rounds):
        for name, tool in tools.items():
            rates[name].append(tool())
        figures = ", ".join(f"{name} {found[-1]:.0f}/s" for name, found in rates.items())
        print(f"  round {number + 1}: {figures}", flush=True)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    first = next(iter(medians.values()))
    print("  median:  " + ", ".join(f"{name} {rate:.0f}/s ({rate / first:.1f} x)" for name, rate in medians.items()))


def _rate(run: Came) -> float:
    return run.updates / run.seconds


def _small_requests() -> list[Request]:
    """What the bare client sends over and over."""
    return [payload.request.addressed("nobody") for payload in payloads() if len(payload.request.body) < 2000][:400]


def _add_customer(url: str) -> None:
    headers = {"Authorization": f"Bearer {TOKENS[WRITE_TOKEN]}"}
    httpx.post(f"{url}/customers", headers=headers, json={"name": "Acme", "slug": SLUG}).raise_for_status()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=12_000, help="cases of one run of a tool")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    cases, slower = chosen.cases, chosen.cases // 4
    with served_mock() as (_, url):
        _add_customer(url)
        print(f"an instant server, {cases} cases")
        compared(
            chosen.rounds,
            st_run=lambda: _rate(st_run(url, "docs", "--max-examples", str(cases))),
            suite=lambda: _rate(generated(url, cases)),
            suite_n_2=lambda: _rate(generated(url, cases, "-n", "2")),
            bare=lambda: bare(url, _small_requests()),
        )
    vendor = Vendor(load("docs"))
    vendor.add(SLUG, "Acme")
    with serving(vendor, DELAY) as server:
        print(f"a server that takes {DELAY * 1000:.0f} ms, {slower} cases")
        compared(
            1,
            st_run=lambda: _rate(st_run(server.url, "docs", "--max-examples", str(slower))),
            suite=lambda: _rate(generated(server.url, slower, "--concurrency", "16")),
        )


if __name__ == "__main__":
    main()
