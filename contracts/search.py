"""The search for counterexamples: Hypothesis draws requests and shrinks what fails; in between they are tried."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from unittest import SkipTest

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase, ReadOnlyDatabase
from hypothesis.errors import Flaky

from contracts import backend
from contracts.customers import Customer
from contracts.deviation import Deviations
from contracts.examples import BATCH, PROFILES, Generation
from contracts.exchange import Request
from contracts.outcome import Outcome
from contracts.rules.promise import promises
from contracts.trials import Trials

Requests = st.SearchStrategy[Request]

# Seconds for shrinking one test's failures; after that the smallest request so far is the one reported.
SHRINKING = 5.0


def register_profiles() -> None:
    """Make `quick`, `ci` and `deep` known to Hypothesis, and `quick` the default."""
    backend.register()
    for name in PROFILES:
        settings.register_profile(
            name,
            backend=backend.FRESH,
            # Hypothesis has other defaults where it believes to run in CI.
            derandomize=False,
            # A target may be slow, and a batch is drawn as one example: neither says anything of the tests.
            deadline=None,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            print_blob=False,
        )
    settings.load_profile("quick")


class Counterexample(Exception):
    """A batch has a request that breaks the promise in question each time."""


class _ShrunkEnough(BaseException):
    """Ends Hypothesis's shrinking, which has no time limit that can be set; what was found is known by then."""


class Search:
    """One round of a generated test's search; what failed in an earlier run comes first in the first round."""

    def __init__(
        self, trials: Trials, test_id: str, round_: int, generation: Generation, deviations: Deviations | None = None
    ) -> None:
        self._trials = trials
        self._test_id = test_id
        self._round = round_
        self._generation = generation
        self._deviations = deviations or Deviations()
        # Every request that was tried, with what it breaks each time, or None.
        self._known: dict[Request, Outcome | None] = {}
        self._seen_once: dict[frozenset[str], Outcome] = {}

    def through(self, requests: Sequence[Request]) -> list[Outcome]:
        """Try all these requests, in batches; the smallest failure of each rule."""
        starts = range(0, len(requests), BATCH)
        self._wait_for([self._trials.submit(self._batch, requests[at : at + BATCH]) for at in starts])
        return self._failures()

    def among(self, strategies: Sequence[Requests]) -> list[Outcome]:
        """Try batches of one request of each strategy, as many as the profile says; the smallest failure of each rule.

        The batches are drawn while those before them are tried. Drawn again from the same seed they are the same: that
        is how what failed is shrunk in the end.
        """
        tried: list[Future[None]] = []

        def submit(batch: Sequence[Request]) -> None:
            tried.append(self._trials.submit(self._batch, batch))

        database = self._generation.database
        self._draw(strategies, submit, ReadOnlyDatabase(database) if database else None, Phase.reuse, Phase.generate)
        self._wait_for(tried)
        # Where nothing was kept there is nothing to forget.
        with suppress(SkipTest):
            self._draw(strategies, self._fail_on_known, database, Phase.reuse)
        deadline = time.monotonic() + SHRINKING
        for rule in sorted({_first_rule(outcome) for outcome in filter(None, self._known.values())}):
            if rule not in self._trials.shrunk:
                self._trials.shrunk.add(rule)
                self._shrink(strategies, rule, deadline)
        # What Hypothesis used refers to itself in circles, and all that was drawn with it would stay for many rounds.
        gc.collect()
        return self._failures()

    def _draw(
        self,
        strategies: Sequence[Requests],
        take: Callable[[Sequence[Request]], None],
        database: ExampleDatabase | None,
        *phases: Phase,
    ) -> None:
        if self._round or not self._generation.reuse:
            phases = tuple(phase for phase in phases if phase is not Phase.reuse)
        if not phases:
            return

        batches = self._generation.batches

        @settings(max_examples=batches, database=database, phases=phases, report_multiple_bugs=False)
        @hypothesis.seed(f"{self._generation.seed} {self._test_id} {self._round}")
        @given(st.tuples(*strategies))
        def explore(batch: Sequence[Request]) -> None:
            take(batch)

        # What hypothesis's pytest plugin does for a parametrized test: a place of its own in the example database.
        explore.hypothesis.inner_test._hypothesis_internal_add_digest = self._test_id.encode()  # type: ignore[attr-defined]
        with suppress(Counterexample, Flaky, _ShrunkEnough):
            explore()

    def _fail_on_known(self, batch: Sequence[Request]) -> None:
        """Let Hypothesis forget what it kept of an earlier run and is mended now."""
        if any(self._known.get(request) for request in batch):
            raise Counterexample

    def _shrink(self, strategies: Sequence[Requests], rule: str, deadline: float) -> None:
        """Let Hypothesis shrink what broke this rule: whatever is smaller and breaks it too is known afterwards."""

        def fail(batch: Sequence[Request]) -> None:
            if time.monotonic() > deadline:
                raise _ShrunkEnough
            for request in batch:
                outcome = self._alone(request)
                if outcome and _first_rule(outcome) == rule:
                    raise Counterexample

        self._draw(strategies, fail, self._generation.database, Phase.generate, Phase.shrink)

    def _alone(self, request: Request) -> Outcome | None:
        if request not in self._known:
            with self._trials.free() as customer:
                outcome = self._left(self._trials.by_itself(request, customer))
            self._known[request] = outcome if outcome.violations else None
        return self._known[request]

    def _batch(self, batch: Sequence[Request]) -> None:
        """Try a batch, and what failed of it again alone; from then on it is known what each request breaks."""
        requests = [request for request in dict.fromkeys(batch) if request not in self._known]
        if not requests:
            return
        with self._trials.free() as customer:
            outcomes = [self._left(outcome) for outcome in self._trials.in_turn(requests, customer)]
            for request in requests:
                # Another batch may have found meanwhile what is wrong with it.
                self._known.setdefault(request, None)
            for outcome in outcomes:
                if outcome.violations:
                    self._settle(outcome, outcomes, customer)

    def _settle(self, failed: Outcome, batch: Sequence[Outcome], customer: Customer) -> None:
        # What is wrong with what is stored may be the doing of any request of the batch.
        suspects = batch if failed.stored.violations else [failed]
        again = [self._again(suspect, customer) for suspect in suspects]
        repeating = [outcome for outcome in again if outcome.violations and outcome.repeated is not False]
        self._known |= {outcome.template: outcome for outcome in repeating}
        if not repeating:
            self._seen_once.setdefault(failed.rules, replace(failed, repeated=False))

    def _again(self, outcome: Outcome, customer: Customer) -> Outcome:
        if outcome.violations:
            return self._left(self._trials.again(outcome, customer))
        return self._left(self._trials.by_itself(outcome.template, customer))

    def _left(self, outcome: Outcome) -> Outcome:
        return self._deviations.left_of(outcome, self._test_id)

    def _failures(self) -> list[Outcome]:
        """For each rule the failure with the smallest request, and what was seen once."""
        smallest: dict[str, Outcome] = {}
        for outcome in sorted(filter(None, self._known.values()), key=lambda outcome: outcome.size):
            smallest.setdefault(_first_rule(outcome), outcome)
        return [*smallest.values(), *self._seen_once.values()]

    @staticmethod
    def _wait_for(tried: Iterable[Future[None]]) -> None:
        for future in tried:
            future.result()


def _first_rule(outcome: Outcome) -> str:
    return next(rule for rule in promises() if rule in outcome.rules)
