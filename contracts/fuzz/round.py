"""Rounds: a generated test is run in short rounds, each a test item with a seed of its own.

Within one run Hypothesis repeats parts of earlier examples; eight rounds of eight examples draw as fast as one of 64,
and half as many requests come twice. Each round is one dot of pytest's, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings

from contracts.fuzz.generation import PROFILES, Generation


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


def register_profiles() -> None:
    """Make `quick`, `ci` and `deep` known to Hypothesis, so that `--hypothesis-profile` takes them."""
    for name in PROFILES:
        settings.register_profile(
            name,
            # Hypothesis has other defaults where it believes to run in CI.
            derandomize=False,
            # A target may be slow, and a list of cases takes a while to draw: neither says anything of the tests.
            deadline=None,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
            # What failed is explained by the promise that it broke.
            verbosity=Verbosity.quiet,
            print_blob=False,
        )
    settings.load_profile("quick")
