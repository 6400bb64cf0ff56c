"""Where the time of a generated case goes: generation, sending, judging, and the bookkeeping around them.

`python -m tests.benchmarks.where_time_goes` prints the processor time of each, in microseconds a case, measured by
doing each alone for the same requests, in one process against the served mock. What is left is bookkeeping.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import fuzz
from contracts.fuzz.generation import Generation, register_profiles
from contracts.fuzz.ledger import Ledger
from contracts.fuzz.schema import request_of
from contracts.http.exchange import Exchange
from contracts.http.request import Request
from contracts.http.target import Target
from contracts.rules.document import load
from contracts.rules.judge import judge
from contracts.rules.oracle import Prediction, predict
from contracts.run import Options, Run
from tests.benchmarks.tools import TOKENS
from tests.suite.suite_run import served_mock

ROUNDS = 8
DOCUMENT = load("docs")


Drawing = tuple[st.SearchStrategy[Any], float]


def strategies() -> dict[str, Drawing]:
    """The strategy of each generated test, and its share of the examples."""
    # That module reads what is pinned while it is imported, so this comes before the import.
    fuzz.pin(DOCUMENT, Generation(seed=1, reuse=False, rounds=ROUNDS))
    from tests.contract import test_generated_requests as tests

    return {
        "fitting": (tests.VALID, 1.0),
        "breaking": (tests.BROKEN, 1.0),
        "not JSON": (fuzz.mutated_bodies(), tests.SHARE),
        "slugs": (fuzz.slugs_of_nobody(), tests.SHARE),
        "credentials": (fuzz.authorizations(), tests.SHARE),
    }


def drawn(drawing: Drawing, take: Callable[[Sequence[Request]], object]) -> None:
    """Draw the rounds of a test, and give away the requests of each example."""
    strategy, share = drawing
    for round_ in fuzz.rounds(share):

        @round_.settings_and_seed
        @given(cases=round_.batches(strategy))
        def explore(cases: list[Any]) -> None:
            take([case if isinstance(case, Request) else request_of(case) for case in cases])

        explore()


def processor_time(task: Callable[[], object]) -> float:
    """Seconds of processor time that a task takes, in all threads."""
    started = time.process_time()
    task()
    return time.process_time() - started


@contextmanager
def running(url: str) -> Iterator[Run]:
    """A run against the served mock."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Options(Target(url, TOKENS), DOCUMENT, Path(folder))).open()
        yield run
        run.close()


def main() -> None:
    """Print the table."""
    register_profiles()
    tests = strategies()
    taken: list[Request] = []
    for strategy in tests.values():
        drawn(strategy, taken.extend)
    with served_mock() as (_, url), running(url) as run:
        taken.clear()
        generation = processor_time(lambda: [drawn(strategy, taken.extend) for strategy in tests.values()])
        cases = len(taken)
        customer = run.customers.unused()
        requests = [request.addressed(customer.slug) for request in taken]
        exchanges: list[Exchange] = []
        sending = processor_time(lambda: exchanges.extend(map(run.client.send, requests)))

        predictions: list[Prediction] = []
        oracle = processor_time(
            lambda: predictions.extend(
                predict(exchange.request, run.document, {customer.slug}) for exchange in exchanges
            )
        )
        judging = processor_time(
            lambda: [
                judge(exchange, prediction, run.document)
                for exchange, prediction in zip(exchanges, predictions, strict=True)
            ]
        )
        before = run.metrics.updates
        ledgers = [Ledger(run.attempts, (), lambda attempt: attempt) for _ in tests]
        everything = processor_time(
            lambda: [drawn(drawing, to.each_as_promised) for drawing, to in zip(tests.values(), ledgers, strict=True)]
        )
        print(f"{cases} cases drawn, {run.metrics.updates - before} sent, microseconds of processor time a case")
        left = everything - generation - sending - oracle - judging
        parts = {
            "generation": generation,
            "sending": sending,
            "oracle": oracle,
            "judging": judging,
            "bookkeeping": left,
        }
        for name, seconds in (parts | {"all": everything}).items():
            print(f"  {name:12} {seconds / cases * 1e6:6.0f}  {seconds / everything:4.0%}")


if __name__ == "__main__":
    main()
