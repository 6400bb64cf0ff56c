"""Rounds: a generated test is run in short rounds, each a test item with a seed of its own.

Within one run Hypothesis repeats parts of earlier examples; eight rounds of eight examples draw as fast as one of 64,
and half as many requests come twice. Each round is one dot of pytest's, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st

from contracts.fuzz.generation import FEW, PROFILES, Generation


@dataclass(frozen=True)
class Round:
    """One round of a generated test, of so many `examples`; `number` counts from 0."""

    number: int
    examples: int
    generation: Generation

    def __str__(self) -> str:
        return f"round-{self.number + 1}"

    def settings_and_seed(self, test: Callable[[], None]) -> Callable[[], None]:
        """The Hypothesis test with what this round asks for: so many examples, and a seed that no other round has."""
        # What failed in an earlier run is tried first, once; with a seed that was asked for, a run is the same again.
        reuse = (Phase.reuse,) if self.number == 0 and self.generation.reuse else ()
        phases = (*reuse, Phase.generate, Phase.shrink)
        chosen = settings(max_examples=self.examples, phases=phases, database=self.generation.database)
        # In this order: a seed that is set on settings takes their database away.
        return chosen(hypothesis.seed(f"{self.generation.seed} {test.__qualname__} {self.number}")(test))

    def batches(self, requests: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        """Lists of requests that are sent together. Hypothesis shrinks to short ones, and at best to one request.

        Where there are many cases, two of three lists are as long as may be: they keep every connection busy.
        """
        most = self.generation.together
        least = (1,) if most == FEW else (1, most, most)
        return st.one_of(*(st.lists(requests, min_size=one, max_size=most) for one in least))


def register_profiles() -> None:
    """Make `quick`, `ci` and `deep` known to Hypothesis, so that `--hypothesis-profile` takes them."""
    for name in PROFILES:
        settings.register_profile(
            name,
            derandomize=False,  # also where Hypothesis believes to run in CI
            deadline=None,  # a target may be slow, and a list of cases takes a while to draw
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
            # What failed is explained by the promise that it broke.
            verbosity=Verbosity.quiet,
            print_blob=False,
        )
    settings.load_profile("quick")
