"""Evidence: what is kept of a broken promise, so that it can be seen again at any desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from contracts.attempt import Attempt
from contracts.http.exchange import Exchange, Request
from contracts.rules.promise import Violation, is_of_state


class Part(StrEnum):
    """What a step is to the failure: sent before it, the failure itself, sent at once with it, read after it."""

    BEFORE = "before"
    FAILING = "failing"
    BESIDE = "beside"
    READ = "read"


@dataclass(frozen=True)
class Step:
    """One exchange of a failure. `template` is what it was made from: in its path stands whose customer it is."""

    part: Part
    template: Request
    exchange: Exchange


@dataclass(frozen=True)
class Source:
    """Where evidence comes from: the contract, the base URL and the seed of the run, and the test."""

    contract: str
    base_url: str
    seed: int | None = None
    test: str = ""


@dataclass(frozen=True)
class Evidence:
    """One broken promise, with the exchanges that broke it in the order in which they were sent.

    `violation` is None where nothing is known to be wrong: in a recording of somebody else's. `rules` are all rules
    that the exchange broke. `seen_once` marks a failure that did not repeat. In the run the rule was broken by `broke`
    of the `tried` updates that put it to the test; 0 where that is not known.
    """

    steps: tuple[Step, ...]
    source: Source
    violation: Violation | None = None
    rules: tuple[str, ...] = ()
    seen_once: bool = False
    broke: int = 0
    tried: int = 0

    @property
    def rule(self) -> str:
        """The rule that was broken, or the empty string."""
        return self.violation.rule if self.violation else ""

    def part(self, *parts: Part) -> list[Step]:
        """The steps of these kinds, in order."""
        return [step for step in self.steps if step.part in parts]

    @property
    def failing(self) -> Step:
        """The step that failed."""
        return self.part(Part.FAILING)[0]


def evidence_of(attempt: Attempt, violation: Violation, source: Source) -> Evidence:
    """The evidence of one violation of a failed attempt."""
    return Evidence(
        tuple(_steps(attempt, violation)),
        source,
        violation,
        (violation.rule, *sorted(attempt.rules - {violation.rule})),
        attempt.repeated is False,
    )


def _steps(attempt: Attempt, violation: Violation) -> Iterator[Step]:
    of_state = is_of_state(violation.rule)
    if attempt.before:
        yield Step(Part.BEFORE, attempt.before.template, attempt.before.exchange)
    if of_state:
        for beside in attempt.beside:
            yield Step(Part.BESIDE, beside.template, beside.exchange)
    yield Step(Part.FAILING, attempt.template, attempt.exchange)
    if of_state and attempt.read:
        yield Step(Part.READ, attempt.read.request, attempt.read)
