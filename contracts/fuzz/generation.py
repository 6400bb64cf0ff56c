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
# Seconds for one call of the shared database.
_TIMEOUT = 2.0
ROUND = 8
# Cases that an example has on average: Hypothesis draws lists of one to 16, and more of the short ones.
CASES = 5
# The examples of one round and the rounds of each generated test, by profile (`--hypothesis-profile` picks).
PROFILES = {"quick": (6, 1), "ci": (ROUND, 40), "deep": (ROUND, 640)}


@dataclass(frozen=True)
class Generation:
    """How requests are generated, and how many.

    A generated test has so many `rounds` of so many `examples`. The same `seed` gives the same requests. With `reuse`
    what failed in an earlier run comes first; where a seed was asked for it does not, so that the run is the same
    again. `warning` says what is wrong with the `database`.
    """

    seed: int = 0
    reuse: bool = True
    database: ExampleDatabase | None = None
    warning: str = ""
    examples: int = ROUND
    rounds: int = 1


def generation(
    seed: int | None, made_up: int, shared: str | None, profile: str | None = None, cases: int | None = None
) -> Generation:
    """How to generate, by the seed that was asked for or else the one made up, and the URL of a shared database.

    How much is what the profile says, unless a number of `cases` is given: those of each generated test.

    Raises:
        WrongCall: the URL is none of a Redis, or the package for it is missing.

    """
    local = DirectoryBasedExampleDatabase(LOCAL)
    database, warning = (local, "") if shared is None else _with_shared(local, shared)
    examples, rounds = PROFILES[profile or "quick"] if cases is None else _rounds(cases)
    return Generation(made_up if seed is None else seed, seed is None, database, warning, examples, rounds)


def _rounds(cases: int) -> tuple[int, int]:
    """The examples and rounds that make so many cases or a few more."""
    examples = -(-cases // CASES)
    rounds = -(-examples // ROUND)
    return -(-examples // rounds), rounds


def _with_shared(local: ExampleDatabase, url: str) -> tuple[ExampleDatabase, str]:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis, RedisError
    except ImportError:
        raise WrongCall("--example-database needs the package redis: python -m pip install -e '.[redis]'") from None
    try:
        redis = Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
    except ValueError:
        raise WrongCall("--example-database must be like redis://127.0.0.1:6379/0") from None
    try:
        redis.ping()
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
        self._failure = failure

    def fetch(self, key: bytes) -> Iterable[bytes]:
        found: list[bytes] = []
        with suppress(self._failure):
            found += self._inner.fetch(key)
        return found

    def save(self, key: bytes, value: bytes) -> None:
        with suppress(self._failure):
            self._inner.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        with suppress(self._failure):
            self._inner.delete(key, value)
