"""Replay: what is in evidence, sent again. Whether it is seen again, is gone, or is different now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from contracts.attempt import NO_READING, Attempt
from contracts.customers.disposable import Customer
from contracts.customers.journal import PREFIX
from contracts.evidence.evidence import Evidence, Part, Step
from contracts.http.credential import READ_TOKEN
from contracts.rules.judge import Circumstance, judge
from contracts.rules.oracle import predict
from contracts.rules.promise import Violation, is_of_state
from contracts.run import NO_READ_TOKEN, ONE_CUSTOMER, Run

# Seconds to wait for what may follow a 204, where that was the failure.
_LONG_LINGER = 1.0
# What is seen each time, or never, is told from what comes and goes by so many times.
_STEADY = 3


class Fate(StrEnum):
    """What became of a recorded violation."""

    SEEN_AGAIN = "seen again"
    DIFFERENT = "different"
    GONE = "gone"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Replayed:
    """What came of evidence: the result, how often of how many times it was seen, and what shows it now.

    `needs_state` says that it was seen each time, and never by the failing request alone, on a fresh customer. `reason`
    is why it was not tried.
    """

    evidence: Evidence
    result: Fate
    seen: int = 0
    times: int = 1
    now: tuple[Violation, ...] = ()
    attempt: Attempt | None = None
    needs_state: bool = False
    reason: str = ""


def exit_code(results: Iterable[Replayed]) -> int:
    """1 where any was seen again or is different, 6 where nothing is known of one, 0 where all are gone."""
    fates = {came.result for came in results}
    if fates & {Fate.SEEN_AGAIN, Fate.DIFFERENT}:
        return 1
    return 6 if Fate.NOT_TRIED in fates else 0


class Replay:
    """Replays evidence in a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._attempts = run.attempts
        self._customer = run.customers.unused()

    def of(self, evidence: Evidence, times: int = 1) -> Replayed:
        """Send what is in evidence again, in the same order, so many times."""
        evidence = evidence if evidence.violation else self._judged(evidence)
        reason = next(self._obstacles(evidence), "")
        if reason:
            return Replayed(evidence, Fate.NOT_TRIED, reason=reason)
        attempts = [self._once(evidence, build=number == 0) for number in range(times)]
        steady = all(evidence.rule in attempt.rules for attempt in attempts)
        never_alone = steady and self._is_never_seen_alone(evidence, max(times, _STEADY))
        if never_alone:
            attempts += [self._once(evidence, build=True) for _ in range(times, _STEADY)]
        seen = [attempt for attempt in attempts if evidence.rule in attempt.rules]
        other = [attempt for attempt in attempts if attempt.violations]
        telling = (seen or other or attempts)[0]
        return Replayed(
            evidence,
            Fate.SEEN_AGAIN if seen else Fate.DIFFERENT if other else Fate.GONE,
            len(seen),
            len(attempts),
            _first(telling, evidence.rule),
            telling,
            needs_state=never_alone and len(seen) == len(attempts),
        )

    def _judged(self, evidence: Evidence) -> Evidence:
        """Somebody else's recording, with what the contract says of the recorded answer."""
        exchange = evidence.failing.exchange
        existing = set() if exchange.status == 404 else {exchange.request.slug.decode("utf-8", "replace")}
        prediction = predict(exchange.request, self._run.document, existing)
        found = judge(exchange, prediction, self._run.document).violations
        return replace(
            evidence,
            violation=found[0] if found else None,
            rules=tuple(violation.rule for violation in found),
        )

    def _obstacles(self, evidence: Evidence) -> Iterator[str]:
        headers = [value for step in evidence.steps for _, value in step.template.headers]
        if any(READ_TOKEN in value for value in headers) and not self._run.target.can_try_scope:
            yield NO_READ_TOKEN
        if is_of_state(evidence.rule) and not self._run.customers.readable:
            yield NO_READING
        if evidence.rule == "update.isolated" and self._run.customers.given:
            yield ONE_CUSTOMER
        for step in evidence.part(Part.BEFORE, Part.BESIDE, Part.FAILING):
            self._visit(step)
            # Somebody else's recording names no source, and is of a customer that was there.
            slug = step.template.slug.decode("utf-8", "replace")
            if not evidence.source.contract and step.exchange.status != 404 and not self._knows(slug):
                yield f"the target has no customer {slug!r}, and the recorded one had"

    def _once(self, evidence: Evidence, *, build: bool) -> Attempt:
        """Send it once; `build` the state before it, where the customer does not have that yet."""
        of_state = is_of_state(evidence.rule)
        # What is stored is only known of a customer on which nothing but this was tried.
        customer = self._run.customers.unused() if of_state else self._customer
        if build or of_state:
            for step in evidence.part(Part.BEFORE):
                self._attempts.send(step.template, customer, 0.0, read=of_state)
        return self._tried(evidence, (Part.BESIDE, Part.FAILING), customer)

    def _tried(self, evidence: Evidence, parts: tuple[Part, ...], customer: Customer) -> Attempt:
        rule, templates = evidence.rule, [step.template for step in evidence.part(*parts)]
        circumstance = Circumstance(rule)
        if len(templates) > 1:
            attempts = self._attempts.send_at_once(templates, customer, circumstance)
            return next((one for one in attempts if any(map(is_of_state, one.rules))), attempts[-1])
        others = self._attempts.others() if circumstance is Circumstance.BESIDE_OTHERS else ()
        linger = _LONG_LINGER if rule == "success.empty" else 0.0
        return self._attempts.send(templates[0], customer, linger, circumstance, others, read=is_of_state(rule))

    def _visit(self, step: Step) -> None:
        """Get to know the customer of a request that is not to a disposable one; the mock has those that were there."""
        slug = step.template.slug.decode("utf-8", "replace")
        if step.template.is_template or slug.startswith(PREFIX):
            return
        if self._run.vendor and step.exchange.status != 404 and slug not in self._run.vendor.customers:
            self._run.vendor.add(slug, slug)
        self._run.customers.visit(slug)

    def _knows(self, slug: str) -> bool:
        return slug in self._run.customers.existing or not self._run.customers.readable

    def _is_never_seen_alone(self, evidence: Evidence, times: int) -> bool:
        """Whether the request that failed, alone on a fresh customer, does not fail in the same way so many times."""
        if not evidence.part(Part.BEFORE, Part.BESIDE):
            return False
        alone = (self._tried(evidence, (Part.FAILING,), self._run.customers.unused()) for _ in range(times))
        return all(evidence.rule not in attempt.rules for attempt in alone)


def _first(attempt: Attempt, rule: str) -> tuple[Violation, ...]:
    """The violations of an attempt, those of this rule first."""
    return tuple(sorted(attempt.violations, key=lambda violation: violation.rule != rule))
