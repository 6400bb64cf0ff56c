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

from hypothesis import Phase

from contracts import fuzz
from contracts.examples import ROUND, Generation
from contracts.exchange import Exchange, Request
from contracts.rules.document import load
from contracts.rules.judge import judge
from contracts.rules.oracle import Prediction, predict
from contracts.run import Options, Run
from contracts.search import Requests, Search, register_profiles
from contracts.target import Target
from tests.benchmarks.tools import TOKENS
from tests.suite.suite_run import served_mock

GENERATION = Generation(seed=1, reuse=False, batches=ROUND)


def tests_of(schema: fuzz.Schema) -> dict[str, Sequence[Requests]]:
    """The strategies of each generated test."""
    return {
        "fitting": schema.fitting(),
        "breaking": schema.breaking(),
        "names": schema.names(),
        "no JSON": fuzz.broken_bodies(),
        "slugs": fuzz.slugs(),
        "credentials": fuzz.credentials(),
    }


def drawn(strategies: Sequence[Requests], name: str) -> list[Request]:
    """The requests of one round of a test, drawn and not sent."""
    taken: list[Request] = []
    search = Search(None, name, 0, GENERATION)  # type: ignore[arg-type]  # nothing is tried
    search._draw(strategies, taken.extend, None, Phase.generate)
    return taken


def processor_time(task: Callable[[], object]) -> float:
    """Seconds of processor time that a task takes, in all threads."""
    started = time.process_time()
    task()
    return time.process_time() - started


@contextmanager
def running(url: str) -> Iterator[Run]:
    """A run against the served mock."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Options(Target(url, TOKENS), load("docs"), Path(folder)))
        yield run
        run.close()


def main() -> None:
    """Print the table."""
    register_profiles()
    tests = tests_of(fuzz.Schema(load("docs")))
    for name, strategies in tests.items():
        drawn(strategies, name)
    with served_mock() as (_, url), running(url) as run:
        taken: dict[str, list[Request]] = {}
        generation = processor_time(lambda: taken.update({name: drawn(tests[name], name) for name in tests}))
        cases = sum(map(len, taken.values()))
        customer = run.customers.make()
        requests = [request.addressed(customer.slug) for requests in taken.values() for request in requests]
        exchanges: list[Exchange] = []
        sending = processor_time(lambda: exchanges.extend(map(run.client.send, requests)))

        predictions: list[Prediction] = []
        oracle = processor_time(
            lambda: predictions.extend(predict(one.request, run.document, {customer.slug}) for one in exchanges)
        )
        judging = processor_time(
            lambda: [judge(one, said, run.document) for one, said in zip(exchanges, predictions, strict=True)]
        )
        before = run.record.updates
        everything = processor_time(
            lambda: [Search(run.trials, name, 0, GENERATION).among(tests[name]) for name in tests]
        )
        print(f"{cases} cases drawn, {run.record.updates - before} sent, microseconds of processor time a case")
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
