"""Evidence: what is kept of a broken promise, so that it can be seen again at any desk."""

from __future__ import annotations

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
    """One exchange of a failure. `template` is what it was made from: in its path stands whose customer it is.

    `unsendable` says why the request cannot be sent as it was, and is empty where it can. `answer_known` is False where
    only the status of the answer was recorded.
    """

    part: Part
    template: Request
    exchange: Exchange
    unsendable: str = ""
    answer_known: bool = True


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

    What others recorded has a source without a contract, and no violation until it is judged. `seen_once` marks a
    failure that did not repeat. In the run `broke` of the `tried` updates that put the promise to the test broke it.
    """

    steps: tuple[Step, ...]
    source: Source
    violation: Violation | None = None
    seen_once: bool = False
    broke: int = 0
    tried: int = 0

    @property
    def promise(self) -> str:
        """The promise that was broken, or the empty string."""
        return self.violation.promise if self.violation else ""

    def part(self, *parts: Part) -> list[Step]:
        """The steps of these kinds, in order."""
        return [step for step in self.steps if step.part in parts]

    @property
    def failing(self) -> Step:
        """The step that failed."""
        return self.part(Part.FAILING)[0]


def evidence_of(attempt: Attempt, violation: Violation, source: Source) -> Evidence:
    """The evidence of one violation of a failed attempt."""
    of_state, before, read = is_of_state(violation.promise), attempt.before, attempt.read
    sent = [(Part.BEFORE, before)] if before else []
    sent += [(Part.BESIDE, beside) for beside in attempt.beside if of_state] + [(Part.FAILING, attempt)]
    steps = [Step(part, each.template, each.exchange) for part, each in sent]
    steps += [Step(Part.READ, read.request, read)] if read and of_state else []
    return Evidence(tuple(steps), source, violation, attempt.repeated is False)
