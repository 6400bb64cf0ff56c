"""The search for counterexamples: Hypothesis draws batches of requests, and shrinks what fails."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from contracts.deviation import Deviations
from contracts.examples import Generation
from contracts.exchange import Request
from contracts.outcome import Outcome
from contracts.promise import promises
from contracts.trials import Trials

BATCH = 8
# Seconds for shrinking one test's failures; after that the smallest request so far is the one reported.
SHRINKING = 5.0

# The number of batches of one generated test, by profile; `--hypothesis-profile` picks.
PROFILES = {"quick": 4, "ci": 150, "deep": 3_000}


def register_profiles() -> None:
    """Make `quick`, `ci` and `deep` known to Hypothesis, and `quick` the default."""
    for name, batches in PROFILES.items():
        settings.register_profile(
            name,
            max_examples=batches,
            # Hypothesis has other defaults where it believes to run in CI.
            derandomize=False,
            # A target may be slow, and a batch is drawn as one example: neither says anything of the tests.
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
            verbosity=Verbosity.quiet,
            print_blob=False,
        )
    settings.load_profile("quick")


class Counterexample(Exception):
    """A request that breaks a promise each time. One subclass a rule, so that Hypothesis tells them apart."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@cache
def _counterexample_to(rule: str) -> type[Counterexample]:
    return type(f"CounterexampleTo[{rule}]", (Counterexample,), {})


class _ShrunkEnough(BaseException):
    """Ends Hypothesis's shrinking, which has no time limit that can be set; what was found is known by then."""


class Search:
    """One generated test's search. `found` grows to hold every failure that is worth a report."""

    def __init__(
        self, trials: Trials, test_id: str, generation: Generation, deviations: Deviations | None = None
    ) -> None:
        self._trials = trials
        self._test_id = test_id
        self._generation = generation
        self._deviations = deviations or Deviations()
        self._customer = trials.customers.make_several(1)[0]
        self._known: dict[Request, Outcome | None] = {}
        self._seen_once: dict[frozenset[str], Outcome] = {}
        self._deadline: float | None = None

    def through(self, requests: Sequence[Request]) -> list[Outcome]:
        """Try all these requests, in batches; the failures."""
        failures: list[Outcome] = []
        for start in range(0, len(requests), BATCH):
            failures += self._batch(requests[start : start + BATCH])
        return [*_smallest(failures), *self._seen_once.values()]

    def among(self, strategy: st.SearchStrategy[Request]) -> list[Outcome]:
        """Try as many batches of drawn requests as the profile says; the smallest failure for each rule."""
        phases = tuple(phase for phase in settings().phases if phase is not Phase.reuse or self._generation.reuse)

        @settings(database=self._generation.database, phases=phases)
        @hypothesis.seed(self._generation.seed)
        @given(st.lists(strategy, min_size=BATCH, max_size=BATCH))
        def explore(batch: list[Request]) -> None:
            self._explore(batch)

        # What hypothesis's pytest plugin does for a parametrized test: a place of its own in the example database.
        explore.hypothesis.inner_test._hypothesis_internal_add_digest = self._test_id.encode()  # type: ignore[attr-defined]
        try:
            explore()
        except (Counterexample, BaseExceptionGroup, Flaky, _ShrunkEnough) as error:
            failures = [counterexample.outcome for counterexample in _counterexamples(error)]
            return [*_smallest([*failures, *filter(None, self._known.values())]), *self._seen_once.values()]
        return list(self._seen_once.values())

    def _explore(self, batch: list[Request]) -> None:
        if self._deadline is None:
            failures = self._batch(list(dict.fromkeys(batch)))
            self._known |= {failure.template: failure for failure in failures}
        elif time.monotonic() > self._deadline:
            raise _ShrunkEnough
        for outcome in self._one_by_one(batch):
            self._deadline = self._deadline or time.monotonic() + SHRINKING
            raise _counterexample_to(_first_rule(outcome))(outcome)

    def _one_by_one(self, batch: list[Request]) -> Iterator[Outcome]:
        """The known failures of a batch; while shrinking, what is not known is tried alone first."""
        for request in batch:
            if request not in self._known and self._deadline is not None:
                outcome = self._left(self._trials.by_itself(request, self._customer))
                self._known[request] = outcome if outcome.violations else None
            known = self._known.get(request)
            if known is not None:
                yield known

    def _batch(self, batch: Sequence[Request]) -> list[Outcome]:
        """Try a batch at once, and what failed of it again alone; the failures that repeat."""
        outcomes = [self._left(outcome) for outcome in self._trials.together(batch, self._customer)]
        repeating: list[Outcome] = []
        for outcome in outcomes:
            if not outcome.violations:
                continue
            # What is wrong with what is stored may be the doing of any request of the batch.
            suspects = outcomes if outcome.stored.violations else [outcome]
            second = [again for again in map(self._again, suspects) if again.violations and again.repeated is not False]
            repeating += second
            if not second:
                self._seen_once.setdefault(outcome.rules, replace(outcome, repeated=False))
        return repeating

    def _again(self, outcome: Outcome) -> Outcome:
        if outcome.violations:
            return self._left(self._trials.again(outcome, self._customer))
        return self._left(self._trials.by_itself(outcome.template, self._customer))

    def _left(self, outcome: Outcome) -> Outcome:
        return self._deviations.left_of(outcome, self._test_id)


def _first_rule(outcome: Outcome) -> str:
    return next(rule for rule in promises() if rule in outcome.rules)


def _smallest(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """For each set of broken rules, the outcome with the smallest request."""
    smallest: dict[str, Outcome] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.size):
        smallest.setdefault(_first_rule(outcome), outcome)
    return list(smallest.values())


def _counterexamples(error: BaseException) -> Iterator[Counterexample]:
    if isinstance(error, Counterexample):
        yield error
    elif isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _counterexamples(inner)
