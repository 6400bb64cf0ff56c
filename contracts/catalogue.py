"""The catalogue as tried in one run: every selected payload, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.outcome import Outcome
from contracts.payload import Payload
from contracts.run import Run


class Catalogue:
    """The payloads of a run, tried together at the first demand, several customers at once."""

    def __init__(self, run: Run, selected: Iterable[Payload]) -> None:
        self._run = run
        self._selected = [payload for payload in dict.fromkeys(selected) if run.untriable(payload) is None]
        self._first: dict[str, Outcome] = {}
        self._settled: dict[str, Outcome] = {}

    def outcome(self, payload: Payload) -> Outcome:
        """What came of a payload; one that failed has been tried again alone."""
        if self._selected:
            selected, self._selected = self._selected, []
            outcomes = self._run.trials.each([payload.request for payload in selected])
            self._first = {payload.id: outcome for payload, outcome in zip(selected, outcomes, strict=True)}
        if payload.id not in self._settled:
            self._settled[payload.id] = self._run.trials.settled(self._first[payload.id])
        return self._settled[payload.id]
