"""A ledger of what one generated test has sent, and of what broke a promise. It guides Hypothesis's search."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from contracts.attempt import Attempt, Attempts, fail
from contracts.clients import spread
from contracts.http.request import Request
from contracts.rules.promise import is_of_state, promises

# Seconds for shrinking one test's failures. Hypothesis has no setting for that.
SHRINKING = 5.0
# How many failures of one promise are tried again alone, at most: the smallest first, until one repeats.
_CANDIDATES = 3


class Ledger:
    """What one generated test has sent (in `sent`, each distinct request once), and which attempts broke a promise.

    `explained` are the promises that an earlier test has explained: they are counted, but not searched for again.
    `left` removes the accepted violations from an attempt.
    """

    def __init__(self, attempts: Attempts, explained: Collection[str], left: Callable[[Attempt], Attempt]) -> None:
        self._attempts, self._left = attempts, left
        self._place, self._explained = list(promises()).index, frozenset(explained)
        self.sent: set[Request] = set()
        self._failures: dict[Request, Attempt] = {}
        self._named: Counter[str] = Counter()
        # If the same requests are sent again, they must fail in the same way, or Hypothesis calls the test flaky.
        self._raised: dict[tuple[Request, ...], str] = {}
        self._deadline = float("inf")

    def each_as_promised(self, requests: Sequence[Request]) -> None:
        """Send requests together, record whatever broke a promise, and raise for one such promise.

        Until something fails, no request is sent twice. From then on every request is sent, so that shrinking sees the
        vendor and not a record. When the time for shrinking is over, only recorded failures count.
        """
        if time.monotonic() > self._deadline:
            broken = [self._failures[request] for request in requests if request in self._failures]
        else:
            broken = self._tried(requests)
        found = {promise: attempt for attempt in broken for promise in attempt.broken if promise not in self._explained}
        if found:
            promise = self._chosen(tuple(requests), found)
            self._deadline = min(self._deadline, time.monotonic() + SHRINKING)
            fail(promise, found[promise])

    def _chosen(self, requests: tuple[Request, ...], found: Collection[str]) -> str:
        """The promise to raise for: the one raised for least often, so that Hypothesis finds each of several."""
        if self._raised.get(requests) not in found:
            self._raised[requests] = min(found, key=lambda each: (self._named[each], self._place(each)))
            self._named[self._raised[requests]] += 1
        return self._raised[requests]

    def _tried(self, requests: Sequence[Request]) -> list[Attempt]:
        wanted = [each for each in dict.fromkeys(requests) if self._raised or each not in self.sent]
        self.sent.update(wanted)
        attempts = map(self._left, spread(self._attempts, wanted, hurry=bool(self._raised))) if wanted else ()
        broken = [attempt for attempt in attempts if attempt.violations]
        for attempt in broken:
            self._failures.setdefault(attempt.template, attempt)
        return broken

    @property
    def failures(self) -> list[Attempt]:
        return list(self._failures.values())

    def conclusion(self) -> list[Attempt]:
        """For each broken promise, the smallest request that breaks it, tried again alone."""
        by_size = sorted(self._failures.values(), key=lambda attempt: attempt.template.size)
        concluded: list[Attempt] = []
        for promise in sorted({promise for attempt in by_size for promise in attempt.broken}, key=self._place):
            if not any(promise in attempt.broken and attempt.repeated is not False for attempt in concluded):
                concluded.append(self._again([attempt for attempt in by_size if promise in attempt.broken], promise))
        return concluded

    def _again(self, failures: Sequence[Attempt], promise: str) -> Attempt:
        # The failure that was found first is tried last.
        first = next(attempt for attempt in self._failures.values() if promise in attempt.broken)
        for attempt in (*failures[:_CANDIDATES], first):
            # If the wrong thing is what is stored, any request that went to the customer may have caused it.
            for suspect in (attempt, *(attempt.beside if is_of_state(promise) else ())):
                for again in map(self._left, self._attempts.again(replace(suspect, violations=attempt.violations))):
                    if promise in again.broken and again.repeated is not False:
                        return again
        return replace(first.only({promise}), repeated=False)


@dataclass(frozen=True)
class Together:
    """Requests that are sent together."""

    ledger: Ledger
    requests: Sequence[Request]

    def each_as_promised(self) -> None:
        """Send them. Each must be answered as the contract promises, and what is stored afterwards must be right."""
        self.ledger.each_as_promised(self.requests)
