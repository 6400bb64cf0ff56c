"""Reading back: what is stored after updates, and which of them is to blame where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from contracts.customers.disposable import Customer, Customers
from contracts.http.client import Client
from contracts.http.exchange import Exchange
from contracts.metrics import Metrics
from contracts.outcome import NOTHING, Outcome
from contracts.rules.document import Document
from contracts.rules.judge import Verdict
from contracts.rules.state import REFUSED, Stored, judge_state, unchanged

NO_READING = "the target does not let the token read customers back"
RACING = "updates that were sent at once before had not settled yet"
INTERRUPTED = "an interruption came in between"
NOT_SAID = "what came does not say whether the request was carried out"


class Reading:
    """Reads customers back, and judges what is stored by what was sent."""

    def __init__(self, client: Client, document: Document, customers: Customers, record: Metrics) -> None:
        self._client = client
        self._document = document
        self._customers = customers
        self._record = record
        self._interruptions = 0

    def back(self, outcomes: list[Outcome], customer: Customer, settle: float | None = None) -> list[Outcome]:
        """The outcomes of what was sent at once, the one to blame with the verdict on what is stored.

        `settle` is how many seconds the read may lag; those of the target unless given.
        """
        customer.before, customer.unread = customer.stored, ""
        if not self._customers.readable:
            customer.unread = NO_READING
            customer.last = next((outcome.alone() for outcome in reversed(outcomes) if outcome.accepted), customer.last)
            return outcomes
        if self._control_may_show() or not all(map(_tells_what_is_stored, outcomes)):
            customer.unread = NOT_SAID
            customer.stored = self._customers.shown(self._customers.get(customer.slug))
            if unchanged(customer.before, customer.stored, "refused.unchanged").violations:
                customer.last = outcomes[-1].alone()
            return outcomes
        before, racing = customer.stored, customer.racing

        def verdict(stored: Stored) -> Verdict:
            return self._state(outcomes, before, stored)

        read = self._customers.read_until(customer.slug, lambda stored: not verdict(stored).violations, settle)
        customer.stored = self._customers.shown(read)
        accepted = [outcome.alone() for outcome in outcomes if outcome.accepted]
        found = verdict(customer.stored)
        if found.violations and racing and not self._state([*racing, *outcomes], before, customer.stored).violations:
            found, customer.unread = NOTHING, RACING
        self._record.judged(found)
        if accepted:
            customer.racing = accepted if len(accepted) > 1 else ()
        if accepted or found.violations:
            customer.last = self._maker(accepted or outcomes, before, customer.stored)
        return _blaming(outcomes, found, read) if found.violations else outcomes

    def _maker(self, outcomes: Sequence[Outcome], before: Stored, after: Stored) -> Outcome:
        """The outcome that most likely made what is stored: the last of those that explain it, or the last of all."""
        explaining = [one for one in outcomes if not self._state([one], before, after).violations]
        return (explaining or outcomes)[-1].alone()

    def _state(self, outcomes: Sequence[Outcome], before: Stored, after: Stored) -> Verdict:
        sent = [(outcome.prediction, outcome.exchange) for outcome in outcomes]
        return judge_state(sent, before, after, self._document)

    def _control_may_show(self) -> bool:
        """Whether the plain update of an interruption may be what is stored: where one customer has to do for all."""
        before, self._interruptions = self._interruptions, self._client.patience.interruptions
        return self._customers.given and self._interruptions > before


def _blaming(outcomes: list[Outcome], stored: Verdict, read: Exchange) -> list[Outcome]:
    accepted = [place for place, outcome in enumerate(outcomes) if outcome.accepted]
    blamed = accepted[-1] if accepted else len(outcomes) - 1
    beside = tuple(outcome.alone() for place, outcome in enumerate(outcomes) if place != blamed)
    return [
        replace(outcome, stored=stored, beside=beside, read=read.kept()) if place == blamed else outcome
        for place, outcome in enumerate(outcomes)
    ]


def _tells_what_is_stored(outcome: Outcome) -> bool:
    if outcome.exchange.persistent:
        return False
    return outcome.exchange.status in REFUSED or (outcome.accepted and bool(outcome.prediction.readings))
