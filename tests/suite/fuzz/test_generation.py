"""What Hypothesis is given: a seed, an amount, and what failed before, on this machine and through a Redis on all."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import WrongCall
from contracts.fuzz import Round
from contracts.fuzz.generation import CASES, FEW, LOCAL, MANY, PROFILES, ROUND, Generation, generation
from contracts.fuzz.ledger import Ledger
from contracts.http.request import CUSTOMER, Request, update
from contracts.http.target import MOCK_URL, Target
from contracts.rules.document import load
from contracts.run import Options, Run
from contracts.vendor.model import Answer, Call, Refusal, Vendor
from tests.suite.choosy import TOKENS
from tests.suite.served import serving
from tests.suite.suite_run import run_suite


class DislikesSomeNumbers(Vendor):
    """Fails on ten names of three hundred; `first` is which of the numbers that came was the first to fail."""

    def __init__(self) -> None:
        super().__init__(load("docs"))
        self.numbers = self.first = 0

    def update(self, call: Call, slug: str) -> Answer:
        self.numbers += bool(re.fullmatch(rb'{"name":"\d+"}', call.body))
        if re.fullmatch(rb'{"name":"17\d"}', call.body):
            self.first = self.first or self.numbers
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


def first_failure(seed: int, generated: Generation, journal: Path, number: int = 0) -> int:
    """Which number of a round is the first that fails; 0 where none does."""
    numbers = st.integers(0, 299).map(lambda number: update(CUSTOMER, b'{"name":"%d"}' % number))
    vendor = DislikesSomeNumbers()
    with serving(vendor) as server:
        run = Run(Options(Target(server.url, TOKENS), vendor.document, journal)).open()
        ledger = Ledger(run.attempts, (), lambda attempt: attempt)

        @Round(number, 100, replace(generated, seed=seed)).settings_and_seed
        @given(numbers)
        def explore(request: Request) -> None:
            ledger.each_as_promised([request])

        with suppress(AssertionError, ExceptionGroup):
            explore()
        run.close()
    return vendor.first


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without what failed before, to search in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_failed_comes_first_in_the_next_run(local: Path) -> None:
    """A local run starts with what failed in the one before, whatever its seed."""
    assert first_failure(3, generation(), local) > 1
    assert first_failure(4, generation(), local) == 1
    assert list((local / LOCAL).rglob("*"))


def test_what_failed_is_tried_once_and_not_in_each_round(local: Path) -> None:
    """The first round of a test starts with what failed before; the others draw something new."""
    first_failure(3, generation(), local)

    assert first_failure(4, generation(), local, number=1) != 1


def test_a_seed_that_was_asked_for_starts_with_nothing_else(local: Path) -> None:
    """With a seed the requests are those of the seed, whatever failed before."""
    before = first_failure(3, generation(3), local)

    assert first_failure(3, generation(3), local) == before > 1


def test_machines_share_what_failed_through_a_redis(local: Path, redis: str) -> None:
    """With a Redis, what failed on one machine comes first on another one."""
    first_failure(3, generation(shared=redis), local)
    shutil.rmtree(local / LOCAL)

    assert first_failure(2, generation(shared=redis), local) == 1


def test_a_redis_that_goes_away_ends_no_run(local: Path, redis: str) -> None:
    """Where the Redis stops in the middle of a run, it is one warning, and the local database does alone."""
    shared = generation(shared=redis)
    assert shared.database
    subprocess.run(["redis-cli", "-u", redis, "shutdown", "nosave"], check=True, capture_output=True)

    shared.database.save(b"key", b"value")
    shared.database.move(b"key", b"other", b"value")
    shared.database.delete(b"other", b"nothing")

    assert list(shared.database.fetch(b"other")) == [b"value"]
    assert len(shared.warnings) == 1


def test_a_redis_that_is_not_there_is_one_warning(local: Path) -> None:
    """An unreachable Redis is a warning without its password, and only the local database is used."""
    made = generation(shared="redis://me:secret@127.0.0.1:9/0")
    assert made.database

    made.database.save(b"key", b"value")

    assert list(made.database.fetch(b"key")) == [b"value"]
    (warning,) = made.warnings
    assert warning.startswith("the example database at 127.0.0.1 cannot be used (")
    assert "secret" not in warning
    assert "\n" not in warning


def test_a_run_goes_on_without_its_redis(tmp_path: Path) -> None:
    """A run whose Redis cannot be reached is green, with the warning in its summary."""
    arguments = ("-k", "slugs", "--example-database", "redis://127.0.0.1:9/0")
    result = run_suite(*arguments, journal=tmp_path, file="test_generated_requests.py")

    assert result.returncode == 0, result.stdout
    assert result.stdout.count("warning        the example database at 127.0.0.1 cannot be used") == 1


def test_what_is_no_redis_url_is_a_wrong_call() -> None:
    """A URL of something else is refused in one line."""
    with pytest.raises(WrongCall, match="must be like redis://"):
        generation(shared="https://example.com")


def test_a_seed_is_made_up_where_none_is_given() -> None:
    """Without a seed each run has another one, and what failed before comes first."""
    assert len({generation().seed for _ in range(5)}) > 1
    assert generation().reuse
    assert (generation(7).seed, generation(7).reuse) == (7, False)


def test_a_profile_says_how_much_is_generated() -> None:
    """Each profile has more than the one before; quick is meant where none is named; no round is longer than one."""
    sizes = {name: generation(1, name) for name in PROFILES}
    amounts = [made.examples * made.rounds * made.together for made in sizes.values()]

    assert list(PROFILES) == ["quick", "ci", "deep"]
    assert amounts == sorted(set(amounts))
    assert generation(1) == generation(1, "quick")
    assert max(made.examples for made in sizes.values()) == ROUND


@pytest.mark.parametrize("cases", [1, 4, 5, 6, 39, 40, 41, 100, 255, 256, 1000, 12_345, 1_000_000])
def test_a_number_of_cases_is_met_or_a_little_more(cases: int) -> None:
    """As many examples are asked for as make the cases on average, in rounds of at most eight, or for very many 16."""
    made = generation(1, "deep", cases)

    each = CASES[made.together]
    assert cases <= made.examples * made.rounds * each < cases + (made.rounds + 1) * each
    assert 1 <= made.examples <= (ROUND if cases < 100_000 else 2 * ROUND)
    assert made.together == (FEW if cases < 256 else MANY)


def test_the_run_without_options_is_that_of_the_mock(local: Path) -> None:
    """A run that is given nothing has a seed, one round, and no database of anybody's."""
    made = Options(Target(MOCK_URL, TOKENS), load("docs")).generation

    assert (made.seed, made.rounds, made.database, made.warnings) == (0, 1, None, [])
