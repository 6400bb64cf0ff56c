"""How much is generated and from which seed: profiles, rounds, and the database of the examples that failed before.

A generated test runs in short rounds, each a test item with a seed of its own. Within a round, Hypothesis repeats parts
of earlier examples. Eight rounds of eight examples take as long as one of 64, with half as many repeated requests.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase, MultiplexedDatabase

from contracts.errors import WrongCall, one_line

# The folder that Hypothesis uses by default. In CI, Hypothesis by itself would not use it.
LOCAL = Path(".hypothesis", "examples")
# The most examples of one round; and from how many rounds on one has twice as many, as pytest keeps 5 kB for each.
ROUND = 8
_MOST_ROUNDS = 100
# The most requests that are sent together, in a run of few cases and of many. CASES has the average for each.
FEW, MANY = 16, 64
CASES = {FEW: 5, MANY: 32}
# By profile (`--hypothesis-profile`): examples of a round, rounds of each generated test, most requests together.
PROFILES = {"quick": (6, 1, FEW), "ci": (ROUND, 5, MANY), "deep": (ROUND, 80, MANY)}


@dataclass(frozen=True)
class Generation:
    """How requests are generated: `rounds` of `examples`, each example of at most `together` requests.

    The same `seed` gives the same requests. With `reuse`, requests that failed in an earlier run come first. `warnings`
    say what is wrong with the `database`.
    """

    seed: int = 0
    reuse: bool = True
    database: ExampleDatabase | None = None
    examples: int = ROUND
    rounds: int = 1
    together: int = FEW
    warnings: list[str] = field(default_factory=list)


def generation(
    seed: int | None = None, profile: str | None = None, cases: int | None = None, shared: str | None = None
) -> Generation:
    """How to generate requests. If no seed is given, a random one is chosen, so that the run can be repeated.

    The profile, or the number of `cases` for each generated test, says how much. `shared` is the URL of a Redis. Raises
    WrongCall if it is not, or if the package for it is missing.
    """
    warnings: list[str] = []
    local = DirectoryBasedExampleDatabase(LOCAL)
    database = local if shared is None else _with_shared(local, shared, warnings)
    size = PROFILES[profile or "quick"] if cases is None else _size(cases)
    return Generation(secrets.randbelow(2**32) if seed is None else seed, seed is None, database, *size, warnings)


def _size(cases: int) -> tuple[int, int, int]:
    """The examples, rounds and requests together that give this many cases, or a few more."""
    together = MANY if cases >= ROUND * CASES[MANY] else FEW
    examples = -(-cases // CASES[together])
    rounds = -(-examples // ROUND)
    rounds = rounds if rounds <= _MOST_ROUNDS else -(-rounds // 2)
    return -(-examples // rounds), rounds, together


def _with_shared(local: ExampleDatabase, url: str, warnings: list[str]) -> ExampleDatabase:
    """The local database and a Redis. If the Redis fails, the run goes on with a warning, and without the Redis."""
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis, RedisError
    except ImportError:
        raise WrongCall("--example-database needs the package redis: python -m pip install -e '.[redis]'") from None
    try:
        shared = RedisExampleDatabase(Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0))
    except ValueError:
        raise WrongCall("--example-database must be like redis://127.0.0.1:6379/0") from None

    def forgiving(method: Callable[..., Any]) -> Callable[..., list[bytes]]:
        def forgiven(*arguments: bytes) -> list[bytes]:
            try:
                return [] if warnings else [*(method(*arguments) or ())]
            except RedisError as error:
                # The URL may hold a password.
                host, why = urlsplit(url).hostname or url.partition(":")[0], one_line(error, 100)
                warnings.append(f"the example database at {host} cannot be used ({why}): only {LOCAL} is")
                return []

        return forgiven

    for name in ("fetch", "save", "delete", "move"):
        setattr(shared, name, forgiving(getattr(shared, name)))
    return MultiplexedDatabase(local, shared)


@dataclass(frozen=True)
class Round:
    """One round of a generated test, with this many `examples`. `number` counts from 0."""

    number: int
    examples: int
    generation: Generation

    def __str__(self) -> str:
        return f"round-{self.number + 1}"

    def settings_and_seed(self, test: Callable[[], None]) -> Callable[[], None]:
        """The Hypothesis test with the settings of this round: its number of examples, and a seed of its own."""
        # The first round tries earlier failures again. With a given seed it does not, so that a run can be repeated.
        reuse = (Phase.reuse,) if self.number == 0 and self.generation.reuse else ()
        phases = (*reuse, Phase.generate, Phase.shrink)
        chosen = settings(max_examples=self.examples, phases=phases, database=self.generation.database)
        # The order matters: a seed that is set after the settings removes their database.
        return chosen(hypothesis.seed(f"{self.generation.seed} {test.__qualname__} {self.number}")(test))

    def batches(self, requests: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        """Lists of requests that are sent together. Hypothesis shrinks them to short ones, at best to one request.

        In a run of many cases, two of three lists have the greatest length, so that they keep every connection busy.
        """
        most = self.generation.together
        least = (1,) if most == FEW else (1, most, most)
        return st.one_of(*(st.lists(requests, min_size=size, max_size=most) for size in least))


def register_profiles() -> None:
    """Make `quick`, `ci` and `deep` known to Hypothesis, so that `--hypothesis-profile` takes them."""
    common = settings(
        derandomize=False,  # also if Hypothesis detects CI
        deadline=None,  # a target may be slow, and a list of cases takes a while to draw
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
        verbosity=Verbosity.quiet,  # the broken promise explains a failure
        print_blob=False,
    )
    for name in PROFILES:
        settings.register_profile(name, common)
    settings.load_profile("quick")
