"""A ledger: what one generated test has sent, and what of it broke a promise. Hypothesis searches and shrinks by it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from contracts.http.exchange import Request
from contracts.outcome import Outcome
from contracts.rules.promise import is_of_state, promises
from contracts.trials import Trials

# Seconds for shrinking one test's failures. Hypothesis has no limit that can be set.
SHRINKING = 5.0
# So many of the failures of one promise are tried again alone, the smallest first, until one repeats.
_CANDIDATES = 3


class Ledger:
    """What one generated test has sent, and what of it broke a promise.

    `explained` are the promises that a test has explained before: they are counted, and not searched for again. `left`
    takes from an outcome what somebody has accepted, `fail` raises for a promise.
    """

    def __init__(
        self,
        trials: Trials,
        explained: Collection[str],
        left: Callable[[Outcome], Outcome],
        fail: Callable[[str, Outcome], None],
    ) -> None:
        self._trials = trials
        self._place = list(promises()).index
        self._explained = frozenset(explained)
        self._left = left
        self._fail = fail
        self._sent: set[Request] = set()
        self._failures: dict[Request, Outcome] = {}
        self._named: Counter[str] = Counter()
        # Sent once more, the same requests have to fail in the same way, or Hypothesis takes them for flaky.
        self._raised: dict[tuple[Request, ...], str] = {}
        self._deadline = float("inf")

    def each_as_promised(self, requests: Sequence[Request]) -> None:
        """Send requests together, record whatever broke a promise, and raise for one such promise.

        What was sent before is not sent again while nothing has failed. From then on everything is sent, so that
        shrinking sees the vendor and not a memory; but when the time for shrinking is over, what is known decides.
        """
        if time.monotonic() > self._deadline:
            broken = [self._failures[request] for request in requests if request in self._failures]
        else:
            broken = self._tried(requests)
        found = {rule: outcome for outcome in broken for rule in outcome.rules if rule not in self._explained}
        if found:
            rule = self._chosen(tuple(requests), found)
            self._deadline = min(self._deadline, time.monotonic() + SHRINKING)
            self._fail(rule, found[rule])

    def _chosen(self, requests: tuple[Request, ...], found: Collection[str]) -> str:
        """The promise to raise for: the one named least often, so that Hypothesis finds each of several."""
        if self._raised.get(requests) not in found:
            self._raised[requests] = min(found, key=lambda one: (self._named[one], self._place(one)))
            self._named[self._raised[requests]] += 1
        return self._raised[requests]

    def _tried(self, requests: Sequence[Request]) -> list[Outcome]:
        wanted = [one for one in dict.fromkeys(requests) if self._raised or one not in self._sent]
        self._sent.update(wanted)
        outcomes = map(self._left, self._trials.spread(wanted, hurry=bool(self._raised))) if wanted else ()
        broken = [outcome for outcome in outcomes if outcome.violations]
        for outcome in broken:
            self._failures.setdefault(outcome.template, outcome.kept())
        return broken

    @property
    def distinct(self) -> int:
        """How many different requests were sent."""
        return len(self._sent)

    @property
    def failures(self) -> list[Outcome]:
        """What broke a promise, as it was found."""
        return list(self._failures.values())

    def conclusion(self) -> list[Outcome]:
        """For each promise that was broken the smallest request that breaks it, tried again alone."""
        by_size = sorted(self._failures.values(), key=lambda outcome: outcome.size)
        concluded: list[Outcome] = []
        for rule in sorted({rule for outcome in by_size for rule in outcome.rules}, key=self._place):
            if not any(rule in outcome.rules and outcome.repeated is not False for outcome in concluded):
                concluded.append(self._again([outcome for outcome in by_size if rule in outcome.rules], rule))
        return concluded

    def _again(self, failures: Sequence[Outcome], rule: str) -> Outcome:
        # Last the one that was found first.
        first = next(outcome for outcome in self._failures.values() if rule in outcome.rules)
        for outcome in (*failures[:_CANDIDATES], first):
            # What is wrong with what is stored may be the doing of any request that went to the customer.
            for suspect in (outcome, *(outcome.beside if is_of_state(rule) else ())):
                for again in map(self._left, self._trials.settled(replace(suspect, stored=outcome.stored))):
                    if rule in again.rules and again.repeated is not False:
                        return again
        return replace(first.only({rule}), repeated=False)
