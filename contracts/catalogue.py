"""The catalogue as tried in one run: every selected payload, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from contracts.outcome import Outcome
from contracts.payload import Payload
from contracts.run import Run


class Catalogue:
    """The payloads of a run, several customers at once: at the demand of one all of its bundle are tried."""

    def __init__(self, run: Run, selected: Iterable[Payload], bundle: Callable[[Payload], Hashable]) -> None:
        self._run = run
        self._bundle = bundle
        self._selected = [payload for payload in dict.fromkeys(selected) if run.untriable(payload) is None]
        self._first: dict[str, Outcome] = {}
        self._settled: dict[str, Outcome] = {}

    def outcome(self, payload: Payload) -> Outcome:
        """What came of a payload; one that failed has been tried again alone."""
        if payload.id not in self._first:
            wanted = self._bundle(payload)
            bundle = [one for one in self._selected if self._bundle(one) == wanted]
            outcomes = self._run.trials.each([one.request for one in bundle])
            self._first |= {one.id: outcome for one, outcome in zip(bundle, outcomes, strict=True)}
        if payload.id not in self._settled:
            self._settled[payload.id] = self._run.trials.settled(self._first[payload.id])
        return self._settled[payload.id]
