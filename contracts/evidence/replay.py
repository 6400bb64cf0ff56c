"""Replay: sends evidence again, and finds out whether the violation is seen again, is gone, or is different now."""

from dataclasses import dataclass, replace
from enum import StrEnum

from contracts.attempt import Attempt, Attempts
from contracts.clients import Clients
from contracts.customers.disposable import Customer
from contracts.evidence.har import Evidence
from contracts.http.client import LONG_LINGER
from contracts.rules.judge import Circumstance, judge
from contracts.rules.oracle import predict
from contracts.rules.promise import is_of_state, is_status

# A failure that is seen every time, or never, in this many times does not come and go.
_STEADY = 3
_NEEDS_OTHERS = "it needs the other requests in the file: sent alone, to a fresh customer, it is not seen"
_NEEDS_TWIN = "it needs the same details at another customer, or earlier at its own: sent alone, it is not seen"


class Fate(StrEnum):
    """What became of a recorded violation."""

    SEEN_AGAIN = "seen again"
    DIFFERENT = "different"
    GONE = "gone"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Replayed:
    """What became of evidence: its fate, how often it was seen in how many times, and the attempt that shows it.

    `needs` says what the failing request needs besides itself: sent alone, it never failed. `reason` is why it was not
    tried.
    """

    evidence: Evidence
    result: Fate
    seen: int = 0
    times: int = 1
    attempt: Attempt | None = None
    needs: str = ""
    reason: str = ""


class Replay:
    """Replays evidence against a target."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._customer = attempts.customers.make()

    def of(self, evidence: Evidence, times: int = 1) -> Replayed:
        """Send the requests of the evidence again, in the same order, this many times."""
        if not evidence.source.contract and not evidence.failing.unsendable:
            evidence = self._judged(evidence)
        promise = evidence.promise
        if reason := self._obstacle(evidence):
            return Replayed(evidence, Fate.NOT_TRIED, reason=reason)
        attempts = [self._sent(evidence, build=number == 0) for number in range(times)]
        needs = ""
        if evidence.part("before", "beside") and all(promise in attempt.broken for attempt in attempts):
            alone = replace(evidence, steps=(evidence.failing,))
            if not any(promise in self._sent(alone, fresh=True).broken for _ in range(max(times, _STEADY))):
                attempts += [self._sent(evidence) for _ in range(times, _STEADY)]
                needs = _NEEDS_OTHERS if all(promise in attempt.broken for attempt in attempts) else ""
        seen = [attempt for attempt in attempts if promise in attempt.broken]
        again = [] if seen or not self._takes_one(evidence) else [self._after_the_same(evidence)]
        others = [attempt for attempt in (*attempts, *again) if attempt.violations]
        if any(promise in attempt.broken for attempt in again):
            again += [self._after_the_same(evidence) for _ in range(1, _STEADY)]
            seen = [attempt for attempt in again if promise in attempt.broken]
            attempts, needs = (again, _NEEDS_TWIN) if len(seen) == _STEADY else (attempts + again, "")
        fate = Fate.SEEN_AGAIN if seen else Fate.DIFFERENT if others else Fate.GONE
        return Replayed(evidence, fate, len(seen), len(attempts), (seen or others or attempts)[0], needs)

    def _judged(self, evidence: Evidence) -> Evidence:
        """A recording by another program, with the first violation of its answer, as far as the answer is known."""
        step, document = evidence.failing, self._attempts.document
        existing = {step.exchange.request.slug.decode("utf-8", "replace")} if step.exchange.status != 404 else set()
        verdict = judge(step.exchange, predict(step.exchange.request, document, existing), document)
        known = (each for each in verdict.violations if step.answer_known or is_status(each.place))
        return replace(evidence, violation=next(known, None))

    def _obstacle(self, evidence: Evidence) -> str:
        """Why the evidence cannot be tried on this target; empty if it can."""
        untriable, id_ = self._attempts.customers.target.untriable, self._customer.id
        reasons = [step.unsendable or untriable(step.template, id_) for step in evidence.steps]
        return next(filter(None, [*reasons, self._attempts.metrics.untried.get(evidence.promise)]), "")

    def _sent(self, evidence: Evidence, *, build: bool = True, fresh: bool = False) -> Attempt:
        """Send the evidence once: with `fresh` to an unused customer, with `build` after the requests before it."""
        # What is stored is only known if the customer has received no other request.
        fresh = fresh or self._needs_reading(evidence)
        customer = self._attempts.customers.unused() if fresh else self._customer
        try:
            return self._sent_to(customer, evidence, build=build)
        finally:
            if customer is not self._customer:
                self._attempts.customers.remove(customer.slug)

    def _needs_reading(self, evidence: Evidence) -> bool:
        """Whether what is stored has to be read: a recording by another program tells nothing of that."""
        return is_of_state(evidence.promise) or not evidence.source.contract

    def _takes_one(self, evidence: Evidence) -> bool:
        """Whether one request to a customer of ours breaks the promise, and there are customers to send it to."""
        is_usual = bool(evidence.promise) and Circumstance(evidence.promise) is Circumstance.USUAL
        is_ours = evidence.failing.template.is_template and not self._attempts.customers.only_one
        return is_usual and is_ours and not evidence.part("beside")

    def _after_the_same(self, evidence: Evidence) -> Attempt:
        """Send the failing request to two customers, and to the second one twice. Returns the attempt that shows most.

        In the run another customer, or the same one, may have had its details before.
        """
        customers, promise = self._attempts.customers, evidence.promise
        twin, customer = customers.unused(), customers.unused()
        sent = [
            self._attempts.send(evidence.failing.template, each, _linger(promise), apart=True)
            for each in (twin, customer, customer)
        ]
        for each in (twin, customer):
            customers.remove(each.slug)
        return max(sent, key=lambda attempt: (promise in attempt.broken, bool(attempt.violations)))

    def _sent_to(self, customer: Customer, evidence: Evidence, *, build: bool) -> Attempt:
        circumstance, of_state = Circumstance(evidence.promise), is_of_state(evidence.promise)
        templates = [step.template for step in evidence.part("beside", "failing")]
        in_a_history = evidence.promise in (Circumstance.IN_A_HISTORY, "update.atomic")
        if in_a_history and evidence.violation and evidence.violation.place:
            # One read was at fault, at this place of what it showed, and no history.
            circumstance, in_a_history = Circumstance.USUAL, False
        like = None
        for step in evidence.part("before") if build or of_state or circumstance.is_relation else ():
            like = self._attempts.send(step.template, customer, 0.0, read=of_state)
        if in_a_history or len(templates) > 1:
            at_once = in_a_history or not of_state
            attempts, clients = self._attempts, Clients(self._attempts, customer)
            again = clients.often(templates, evidence.promise) if at_once else attempts.in_turn(templates, customer)
            other = next((attempt for attempt in again if any(map(is_of_state, attempt.broken))), again[-1])
            return next((attempt for attempt in again if evidence.promise in attempt.broken), other)
        if circumstance is Circumstance.BESIDE_OTHERS:
            return self._attempts.send_beside_others(templates[0], customer)[0]
        linger, reads = _linger(evidence.promise), self._needs_reading(evidence)
        return self._attempts.send(templates[0], customer, linger, circumstance, read=reads, like=like)


def _linger(promise: str) -> float:
    """Seconds to wait for what may follow a 204."""
    return LONG_LINGER if promise == "success.empty" else 0.0
