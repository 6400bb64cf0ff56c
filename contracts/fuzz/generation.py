"""What Hypothesis is given: a seed, and the database of the examples that failed before."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase, MultiplexedDatabase

from contracts.errors import WrongCall

# As Hypothesis has it, which switches it off where it believes to run in CI.
LOCAL = Path(".hypothesis", "examples")
ROUND = 8
# Requests that are sent together, at most, in a run of few cases and of many; and how many they are on average.
FEW, MANY = 16, 64
CASES = {FEW: 5, MANY: 32}
# The examples of one round and the rounds of each generated test, by profile (`--hypothesis-profile` picks).
PROFILES = {"quick": (6, 1, FEW), "ci": (ROUND, 5, MANY), "deep": (ROUND, 80, MANY)}


@dataclass(frozen=True)
class Generation:
    """How requests are generated, and how many.

    A generated test has so many `rounds` of so many `examples` of at most `together` requests. The same `seed` gives
    the same requests. With `reuse` what failed in an earlier run comes first; where a seed was asked for it does not.
    `warning` says what is wrong with the `database`.
    """

    seed: int = 0
    reuse: bool = True
    database: ExampleDatabase | None = None
    warning: str = ""
    examples: int = ROUND
    rounds: int = 1
    together: int = FEW


def generation(
    seed: int | None, made_up: int, shared: str | None, profile: str | None = None, cases: int | None = None
) -> Generation:
    """How to generate, by the seed that was asked for or else the one made up, and the URL of a shared database.

    How much is what the profile says, or `cases` where they are given: those of each generated test.

    Raises:
        WrongCall: the URL is none of a Redis, or the package for it is missing.

    """
    local = DirectoryBasedExampleDatabase(LOCAL)
    database, warning = (local, "") if shared is None else _with_shared(local, shared)
    size = PROFILES[profile or "quick"] if cases is None else _size(cases)
    return Generation(made_up if seed is None else seed, seed is None, database, warning, *size)


def _size(cases: int) -> tuple[int, int, int]:
    """What makes so many cases or a few more."""
    together = MANY if cases >= ROUND * CASES[MANY] else FEW
    examples = -(-cases // CASES[together])
    rounds = -(-examples // ROUND)
    return -(-examples // rounds), rounds, together


def _with_shared(local: ExampleDatabase, url: str) -> tuple[ExampleDatabase, str]:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis, RedisError
    except ImportError:
        raise WrongCall("--example-database needs the package redis: python -m pip install -e '.[redis]'") from None
    try:
        redis = Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0)
        redis.ping()
    except ValueError:
        raise WrongCall("--example-database must be like redis://127.0.0.1:6379/0") from None
    except RedisError as error:
        # The URL may hold a password.
        host = urlsplit(url).hostname or url.partition(":")[0]
        why = " ".join(str(error).split())[:100]
        return local, f"the example database at {host} cannot be used ({why}): only {LOCAL} is"
    return MultiplexedDatabase(local, _Forgiving(RedisExampleDatabase(redis), RedisError)), ""


class _Forgiving(ExampleDatabase):
    """A database whose failures end no run."""

    def __init__(self, inner: ExampleDatabase, failure: type[Exception]) -> None:
        super().__init__()
        self._inner = inner
        self._forgiven = suppress(failure)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        with self._forgiven:
            yield from [*self._inner.fetch(key)]

    def save(self, key: bytes, value: bytes) -> None:
        with self._forgiven:
            self._inner.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        with self._forgiven:
            self._inner.delete(key, value)
