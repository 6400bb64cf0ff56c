"""Rounds: the same in every process, each with requests of its own, and as many as were asked for."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase

from contracts import fuzz
from contracts.fuzz import Round, authorizations, mutated_bodies, rounds, slugs_of_nobody
from contracts.fuzz.generation import ROUND, Generation, generation
from contracts.http.request import Request
from contracts.rules.document import load
from tests.suite.suite_run import ROOT, environment_of, run_suite

FILE = "test_generated_requests.py"
# What a process draws in its rounds, written out.
DRAW = """
import json, sys
from hypothesis import given, strategies as st
from contracts import fuzz
from contracts.fuzz.generation import generation, register_profiles
from contracts.rules.document import load

register_profiles()
fuzz.pin(load("docs"), generation(int(sys.argv[1]), cases=60))
drawn = []
for one in fuzz.rounds():
    @one.settings_and_seed
    @given(one.batches(fuzz.mutated_bodies() | fuzz.slugs_of_nobody() | fuzz.authorizations()))
    def explore(requests):
        drawn.append([repr(request) for request in requests])
    explore()
print(json.dumps(drawn))
"""


@pytest.fixture(autouse=True)
def _pinned_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What these tests pin is nobody else's."""
    before = dict(fuzz._pinned)
    yield
    fuzz._pinned.update(before)


def pinned(seed: int = 1, cases: int | None = None, profile: str | None = None) -> list[Round]:
    """The rounds of a generated test, of a run with these options."""
    fuzz.pin(load("docs"), generation(seed, profile, cases))
    return rounds()


def drawn(round_: Round, strategy: st.SearchStrategy[Any]) -> list[list[Any]]:
    """What a round draws from lists of a strategy."""
    examples: list[list[Any]] = []

    @round_.settings_and_seed
    @given(round_.batches(strategy))
    def explore(values: list[Any]) -> None:
        examples.append(values)

    explore()
    return examples


def bodies(round_: Round) -> list[bytes]:
    """The bodies that a round draws, in their order."""
    return [request.body for requests in drawn(round_, mutated_bodies()) for request in requests]


def drawn_elsewhere(seed: str, **environment: str) -> Any:
    """What another process draws in its rounds."""
    command = [sys.executable, "-c", DRAW, seed]
    ran = subprocess.run(command, cwd=ROOT, env=environment_of(environment), capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def test_a_round_is_named_by_its_number() -> None:
    """A round is called by its place, whatever seed and size it has: workers and reports name it so."""
    for seed in (1, 2):
        for cases in (6000, 6001):
            named = [str(round_) for round_ in pinned(seed, cases)]

            assert named == [f"round-{number}" for number in range(1, len(named) + 1)]
            assert len(named) > 10


def test_the_tests_are_the_same_in_every_process(tmp_path: Path) -> None:
    """Whatever seed a process has, and however it hashes, it collects the same tests in the same order."""
    asked = ("--collect-only", "-m", "fuzz", "--cases", "200")

    first, second = (
        # A forked process hashes like the one that it is forked from.
        run_suite(*asked, "--hypothesis-seed", number, journal=tmp_path, file=FILE, fresh=True, PYTHONHASHSEED=number)
        for number in "12"
    )

    collected = [[line for line in result.stdout.splitlines() if "::" in line] for result in (first, second)]
    assert collected[0] == collected[1]
    assert len([line for line in collected[0] if "[round-2]" in line]) == 5


def test_a_seed_draws_the_same_in_every_process() -> None:
    """With one seed two processes draw the same requests in one order, even where one believes that it runs in CI."""
    first, second, other = (
        drawn_elsewhere("1", PYTHONHASHSEED="1"),
        drawn_elsewhere("1", PYTHONHASHSEED="2", CI="true"),
        drawn_elsewhere("2", PYTHONHASHSEED="1", CI="true"),
    )

    assert first == second
    assert first != other


def test_each_round_draws_something_of_its_own() -> None:
    """No two rounds of a test, and no two seeds, draw the same cases; one round draws the same each time."""
    first, second = pinned(1, 2 * ROUND * 5)
    (of_another_seed, _) = pinned(2, 2 * ROUND * 5)

    everything = [bodies(round_) for round_ in (first, second, of_another_seed)]

    assert bodies(first) == everything[0]
    # What Hypothesis tries first is the simplest there is, in each of them.
    for earlier, later in pairwise(map(set, everything)):
        assert len(earlier & later) < len(earlier) / 2


def test_each_test_draws_something_of_its_own() -> None:
    """Two generated tests that draw from the same strategy do not draw the same cases."""
    (round_,) = pinned(1, 40)
    numbers: dict[str, list[int]] = {"first": [], "second": []}

    @round_.settings_and_seed
    @given(st.integers())
    def first(number: int) -> None:
        numbers["first"].append(number)

    @round_.settings_and_seed
    @given(st.integers())
    def second(number: int) -> None:
        numbers["second"].append(number)

    first()
    second()

    assert numbers["first"] != numbers["second"]


@pytest.mark.parametrize(
    "strategy", [mutated_bodies(), slugs_of_nobody(), authorizations()], ids=["bodies", "slugs", "credentials"]
)
def test_as_many_cases_are_drawn_as_were_asked_for(strategy: st.SearchStrategy[Request]) -> None:
    """With a number of cases a test draws so many on average, or a few more."""
    cases = 1600

    counts = [
        sum(len(values) for round_ in pinned(seed, cases) for values in drawn(round_, strategy)) for seed in range(2)
    ]

    assert cases <= mean(counts) <= 1.5 * cases


def test_a_share_is_of_the_examples_and_not_of_the_rounds() -> None:
    """A test that is given a share has the same rounds, each with fewer examples, and at least one."""
    whole = pinned(1, 400)
    half, little = rounds(0.5), rounds(0.001)

    assert [str(round_) for round_ in half] == [str(round_) for round_ in little] == [str(round_) for round_ in whole]
    assert {round_.examples for round_ in half} == {math.ceil(whole[0].examples / 2)}
    assert {round_.examples for round_ in little} == {1}


@pytest.mark.parametrize("examples", [1, 5, 8])
def test_a_round_has_as_many_examples_as_it_says(examples: int) -> None:
    """Hypothesis is asked for so many examples, whatever it has by itself."""
    assert len(drawn(Round(0, examples, Generation()), mutated_bodies())) == examples


def test_a_slow_target_is_no_failure() -> None:
    """An example may take as long as it takes, and so may drawing it."""

    @Round(0, 2, Generation()).settings_and_seed
    @given(st.integers())
    def explore(number: int) -> None:
        time.sleep(0.3)

    explore()


def first_number(round_: Round) -> int:
    """The first number that a round draws which fails on large ones."""
    numbers: list[int] = []

    @round_.settings_and_seed
    @given(st.integers(0, 10**9))
    def explore(number: int) -> None:
        numbers.append(number)
        assert number < 1000

    with pytest.raises(AssertionError):
        explore()
    return numbers[0]


def test_what_failed_is_tried_first_in_the_first_round_alone() -> None:
    """What failed in an earlier run comes first, once; and not where a seed was asked for."""
    database = InMemoryExampleDatabase()
    first_number(Round(0, 8, Generation(3, database=database)))

    assert first_number(Round(0, 8, Generation(4, database=database))) == 1000
    assert first_number(Round(1, 8, Generation(4, database=database))) != 1000
    assert first_number(Round(0, 8, Generation(4, reuse=False, database=database))) != 1000


def test_hypothesis_says_nothing_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """What failed is explained by the promise that it broke, and not by Hypothesis's own account of it."""
    first_number(Round(0, 8, Generation(3)))

    printed = capsys.readouterr()
    assert printed.out + printed.err == ""
