"""What failed in one run comes first in the next one: on this machine, and through a Redis on all of them."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from contracts.customers import Customer
from contracts.errors import WrongCall
from contracts.examples import BATCH, LOCAL, Generation, generation
from contracts.exchange import CUSTOMER, Request, update
from contracts.outcome import Outcome
from contracts.rules.document import load
from contracts.rules.judge import Verdict
from contracts.rules.promise import violation
from contracts.run import Options, Run
from contracts.search import Search
from contracts.target import MOCK_URL, Limits, Target
from contracts.vendor import Answer, Call, Refusal, Vendor
from tests.suite.choosy import TOKENS
from tests.suite.served import serving
from tests.suite.suite_run import run_suite


class DislikesSomeNumbers(Vendor):
    """Fails on ten names of three hundred; `first` is which update was the first to fail."""

    def __init__(self) -> None:
        super().__init__(load("docs"))
        self.updates = self.first = 0

    def update(self, call: Call, slug: str) -> Answer:
        self.updates += 1
        if re.fullmatch(rb'{"name":"17\d"}', call.body):
            self.first = self.first or self.updates
            raise Refusal(500, "It broke.")
        return super().update(call, slug)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The URL of a Redis of this test's own."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("there is no redis-server on this machine")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _await(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _await(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def first_failure(seed: int, generated: Generation, journal: Path) -> int:
    """Which update of a search is the first to fail; 0 where none is found."""
    numbers = st.integers(0, 299).map(lambda number: update(CUSTOMER, b'{"name":"%d"}' % number))
    vendor = DislikesSomeNumbers()
    with serving(vendor) as server:
        target = Target(server.url, TOKENS, Limits(concurrency=1))
        run = Run(Options(target, vendor.document, journal, generation=replace(generated, seed=seed, batches=20)))
        Search(run.trials, "a test", 0, run.options.generation).among([numbers] * BATCH)
        run.close()
    return vendor.first


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without what failed before, to search in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_was_tried_is_not_tried_again(local: Path) -> None:
    """A batch of which every request was tried before is not sent."""
    vendor = DislikesSomeNumbers()
    with serving(vendor) as server:
        target = Target(server.url, TOKENS, Limits(concurrency=1))
        run = Run(Options(target, vendor.document, local, generation=Generation(batches=3)))
        found = Search(run.trials, "a test", 0, Generation(batches=3)).through([update(CUSTOMER, b'{"name":"x"}')] * 24)
        run.close()

    assert not found
    assert server.calls.count(("PUT", next(path for method, path in server.calls if method == "PUT"))) <= 2


def test_what_another_batch_found_is_not_forgotten(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one batch found broken of a request stays, when another one with the same request finds nothing."""
    run = Run(Options(Target(MOCK_URL, TOKENS), load("docs"), local))
    search = Search(run.trials, "a test", 0, Generation())
    request = update(CUSTOMER, b"[]")
    broken = run.trials.under("update.stored", run.trials.one(request, run.customers.make()))
    broken = replace(broken, stored=Verdict(frozenset(), (violation("update.stored", "this", "that"),)))

    def meanwhile(requests: Sequence[Request], customer: Customer) -> list[Outcome]:
        search._known[request] = broken
        return []

    monkeypatch.setattr(run.trials, "in_turn", meanwhile)
    found = search.through([request])
    run.close()

    assert found == [broken]


def test_what_failed_comes_first_in_the_next_run(local: Path) -> None:
    """A local run starts with what failed in the one before, whatever its seed."""
    assert first_failure(3, generation(None, 0, None), local) > BATCH
    assert 0 < first_failure(4, generation(None, 0, None), local) <= BATCH
    assert list((local / LOCAL).rglob("*"))


def test_a_seed_that_was_asked_for_starts_with_nothing_else(local: Path) -> None:
    """With a seed the requests are those of the seed, whatever failed before."""
    before = first_failure(3, generation(3, 0, None), local)

    assert first_failure(3, generation(3, 0, None), local) == before > BATCH


def test_machines_share_what_failed_through_a_redis(local: Path, redis: str) -> None:
    """With a Redis, what failed on one machine comes first on another one."""
    first_failure(3, generation(None, 0, redis), local)
    shutil.rmtree(local / LOCAL)

    assert 0 < first_failure(2, generation(None, 0, redis), local) <= BATCH


def test_a_redis_that_goes_away_ends_no_run(local: Path, redis: str) -> None:
    """Where the Redis stops in the middle of a run, the run goes on with the local database."""
    shared = generation(None, 0, redis)
    assert shared.database
    subprocess.run(["redis-cli", "-u", redis, "shutdown", "nosave"], check=True, capture_output=True)

    shared.database.save(b"key", b"value")

    assert list(shared.database.fetch(b"key")) == [b"value"]


def test_a_redis_that_is_not_there_is_one_warning(local: Path) -> None:
    """An unreachable Redis is a warning without its password, and only the local database is used."""
    made = generation(None, 0, "redis://me:secret@127.0.0.1:9/0")

    assert made.warning.startswith("the example database at 127.0.0.1 cannot be used (")
    assert "secret" not in made.warning
    assert "\n" not in made.warning
    assert isinstance(made.database, DirectoryBasedExampleDatabase)


def test_a_run_goes_on_without_its_redis(tmp_path: Path) -> None:
    """A run whose Redis cannot be reached is green, with the warning in its summary."""
    result = run_suite("-k", "names_of_any", "--example-database", "redis://127.0.0.1:9/0", journal=tmp_path)

    assert result.returncode == 0, result.stdout
    assert result.stdout.count("warning        the example database at 127.0.0.1 cannot be used") == 1


def test_what_is_no_redis_url_is_a_wrong_call() -> None:
    """A URL of something else is refused in one line."""
    with pytest.raises(WrongCall, match="must be like redis://"):
        generation(None, 0, "https://example.com")


def test_a_seed_is_made_up_where_none_is_given() -> None:
    """Without a seed the made-up one counts, and what failed before comes first."""
    assert (generation(None, 5, None).seed, generation(None, 5, None).reuse) == (5, True)
    assert (generation(7, 5, None).seed, generation(7, 5, None).reuse) == (7, False)
