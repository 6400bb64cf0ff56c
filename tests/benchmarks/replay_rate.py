"""How fast replay is: the rate of 1,000 recorded exchanges against a bare httpx loop that sends the same bytes.

Run it with `python -m tests.benchmarks.replay_rate`. Both send to one mock that is served by another process, in turn,
so that a machine whose speed drifts does them the same good or harm. It prints the ratio of each round.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from contracts.evidence import har
from contracts.evidence.har import Source, evidence_of
from contracts.evidence.replay import Replay
from contracts.fuzz.payloads import payloads
from contracts.http.credential import fill
from contracts.http.request import Request
from contracts.http.target import Limits, Target
from contracts.rules.document import load
from contracts.rules.promise import violation
from contracts.run import Options, Run
from tests.benchmarks.tools import TOKENS
from tests.suite.suite_run import served_mock

EXCHANGES = 1000
ROUNDS = 5


def record(url: str, folder: Path) -> list[Request]:
    """Keep 1,000 exchanges as evidence, a file each, as a run does; the requests that were sent."""
    small = [payload.request for payload in payloads() if len(payload.request.body) < 2000]
    templates = [small[number % len(small)] for number in range(EXCHANGES)]
    run = Run(Options(Target(url, TOKENS), load("docs"), folder / "journal")).open()
    customer = run.customers.unused()
    for number, template in enumerate(templates):
        attempt = run.attempts.send(template, customer, 0.0, read=False)
        broken = violation("problem.title", "another title", "this title", "title")
        evidence = evidence_of(attempt, broken, Source("docs", url))
        har.write(folder / "evidence" / f"{number:04}.har", har.to_har(evidence))
    sent = [
        step.template.addressed(customer.slug) for _, kept in har.read([folder / "evidence"]) for step in kept.steps
    ]
    run.close()
    return sent


def replayed(url: str, folder: Path) -> float:
    """Exchanges a second of a replay, the judging included; the files are read before, as the command does it."""
    run = Run(Options(Target(url, TOKENS, Limits(patience=5)), load("docs"), folder / "journal")).open()
    replay = Replay(run.attempts)
    recorded = [evidence for _, evidence in har.read([folder / "evidence"])]
    before, started = run.metrics.exchanges, time.perf_counter()
    for evidence in recorded:
        replay.of(evidence)
    rate = (run.metrics.exchanges - before) / (time.perf_counter() - started)
    run.close()
    return rate


def bare(url: str, requests: Sequence[Request]) -> float:
    """Exchanges a second of a loop that only sends."""
    with httpx.Client() as client:
        started = time.perf_counter()
        for request in requests:
            # httpx refuses white space around a value.
            headers = [(name, value.strip()) for name, value in fill(request.headers, TOKENS)]
            client.request(request.method, url + request.path, headers=headers, content=request.body)
        return len(requests) / (time.perf_counter() - started)


def main() -> None:
    """Print the rates and their ratio, round by round, and the median ratio."""
    with tempfile.TemporaryDirectory() as name, served_mock() as (_, url):
        folder = Path(name)
        requests = record(url, folder)
        ratios = []
        for number in range(ROUNDS):
            ours, theirs = replayed(url, folder), bare(url, requests)
            ratios.append(ours / theirs)
            print(f"round {number + 1}: replay {ours:6.0f}/s, bare httpx {theirs:6.0f}/s, ratio {ours / theirs:.2f}")
        print(f"median ratio {statistics.median(ratios):.2f} (at least 0.80 is wanted)")


if __name__ == "__main__":
    main()
