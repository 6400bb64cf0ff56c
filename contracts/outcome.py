"""An outcome: a request that was tried, what answered it, and what the contract says of that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from contracts.http.exchange import Exchange, Request
from contracts.rules.judge import Verdict
from contracts.rules.oracle import Prediction
from contracts.rules.promise import Violation

NOTHING = Verdict(frozenset(), ())


@dataclass(frozen=True)
class Outcome:
    """A request that was tried, what answered, and what the contract says of the answer and of what is stored.

    `template` is the request as it was asked for, `exchange` has it as sent. `repeated` says whether it broke the same
    rule when it was tried again alone; None where it was not.

    What it takes to see the outcome again: `before` is the last update that was accepted by the same customer, `beside`
    are the updates that were sent at once, and `read` is the exchange that showed what is stored.
    """

    template: Request
    exchange: Exchange
    prediction: Prediction
    answer: Verdict
    stored: Verdict = NOTHING
    repeated: bool | None = None
    before: Outcome | None = field(default=None, repr=False)
    beside: tuple[Outcome, ...] = field(default=(), repr=False)
    read: Exchange | None = field(default=None, repr=False)

    @property
    def violations(self) -> tuple[Violation, ...]:
        return self.answer.violations + self.stored.violations

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(violation.rule for violation in self.violations)

    @property
    def accepted(self) -> bool:
        """Whether it was answered 204."""
        return self.exchange.status == 204

    @property
    def size(self) -> tuple[int, int]:
        """How large the request is, to find the smallest: bytes of body, characters of path."""
        return len(self.template.body), len(self.template.path)

    def only(self, rules: Collection[str]) -> Outcome:
        """The outcome with the violations of these rules alone."""

        def left(verdict: Verdict) -> Verdict:
            return replace(verdict, violations=tuple(one for one in verdict.violations if one.rule in rules))

        return replace(self, answer=left(self.answer), stored=left(self.stored))

    def alone(self) -> Outcome:
        """The outcome as it is kept: without the others around it, and without the end of a very long answer."""
        return replace(self.kept(), before=None, beside=())

    def kept(self) -> Outcome:
        """The outcome without the end of a very long answer."""
        return replace(self, exchange=self.exchange.kept())
