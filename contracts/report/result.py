"""The result of a run: made once, of what pytest's reports carry and each process has counted. All is drawn from it."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts.errors import WrongCall
from contracts.evidence import har
from contracts.metrics import Metrics
from contracts.rules.promise import promises

GREEN, RED, INTERRUPTED, WRONG_CALL, NO_VERDICT = 0, 1, 2, 4, 6
# Files of evidence that are kept, and findings of one promise at one place that are told apart.
MOST_EVIDENCE, MOST_CAUSES = 20, 5
OTHER_CAUSES = "other circumstances"
# What may become of a promise.
OUTCOMES = ("kept", "broken", "broken as accepted", "not tried", "not selected")
# How the reason begins for which a test was not run, where there was no time for it.
OUT_OF_TIME = "the time of --max-time"
# What was broken again alone so often does not come and go.
_SURELY = 2
# What shows a failure best: one that was broken again alone, then one that was not sent again, then the others.
_SURE = (True, None, False)


@dataclass
class Finding:
    """One promise broken in one circumstance, and everything that is shown of it: plain data, so it goes in a report.

    Each failing request makes one for each promise that it broke; the result merges those with the same key. `place` is
    where in the answer, `also` where else; `cause` is the circumstance in words, and `why` what the payload is there
    for. `size` is how large the request is, and `repeated` whether it broke the promise again when it was sent again
    alone (None: it was not). `har` is the evidence as the text of a HAR file, empty where this process has sent a
    better one, and `evidence` its file, or empty.

    Sent again alone, the requests of all `tests` broke it `again` so often, and so often it was `gone`. When the run is
    over it is known that of `tried` answers `broke` broke the promise, and whether that comes and goes.
    """

    promise: str
    place: str
    cause: str
    layer: str
    expected: str
    actual: str
    request: str = ""
    answer: str = ""
    trace: str = ""
    curl: str = ""
    why: str = ""
    size: list[int] = field(default_factory=list)
    repeated: bool | None = None
    har: str = ""
    evidence: str = ""
    also: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    again: int = 0
    gone: int = 0
    broke: int = 0
    tried: int = 0
    comes_and_goes: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is the same finding by."""
        return self.promise, self.place, self.cause

    @property
    def rank(self) -> tuple[int, list[int]]:
        """The less, the better it shows what is broken."""
        return _SURE.index(self.repeated), self.size

    @property
    def seen(self) -> str:
        """How often, in words that are the same everywhere."""
        return f"{'comes and goes: ' if self.comes_and_goes else ''}{self.broke} of {self.tried} updates"

    def merge(self, other: Finding) -> None:
        """Take what another request showed of it; the better one is shown."""
        better = other if other.har and other.rank < self.rank else self
        again, gone, tests = self.again + other.again, self.gone + other.gone, [*self.tests, *other.tests]
        of_both = {"evidence": self.evidence, "again": again, "gone": gone, "tests": [*dict.fromkeys(tests)]}
        vars(self).update(vars(better) | of_both)


@dataclass
class Result:
    """What a run did and found: plain data, filled until `finish`. `started` is in seconds since the epoch.

    Evidence goes to the folder `evidence`, empty for nowhere; `no_evidence` says why a finding has no file. `stopped`
    says why the run came to no verdict, and `stop_code` what that means; `by_hand` that Ctrl-C or SIGTERM ended it;
    `selected` whether all tests were. Of the `tests` that ran, `failed` failed although no promise was found broken,
    and `required` could not be tried, with the reason, though --require-all wants it. `skipped` counts tests by the
    reason, `not_literal` those that only the judge has judged.
    """

    base_url: str
    contract: str
    seed: str
    evidence: str = ""
    started: float = 0.0
    seconds: float = 0.0
    stopped: str = ""
    stop_code: int = NO_VERDICT
    by_hand: bool = False
    selected: bool = True
    metrics: Metrics = field(default_factory=Metrics)
    findings: list[Finding] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    required: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    not_literal: int = 0
    no_evidence: str = f"none; no more than {MOST_EVIDENCE} files of evidence are kept"

    def stop(self, reason: str, code: int = NO_VERDICT) -> None:
        """The run is over before its end. What several processes stop for is told once: each has its own numbers."""
        if reason.partition(" (")[0] not in self.stopped:
            self.stopped = "; ".join(filter(None, (self.stopped, reason)))
        self.stop_code = min(code, self.stop_code)

    def add(self, report: Any) -> list[list[Finding]]:
        """Add pytest's report of a test. What each failing request broke comes back, with the whole finding's file."""
        test, carried, called = report.nodeid, report.contract, report.when == "call"
        self.metrics.add(carried["metrics"] or {})
        if (called or report.failed or carried["required"]) and test not in self.tests:
            self.tests.append(test)
        self.not_literal += called and any(name == "judged by" for name, _ in report.user_properties)
        if carried["required"]:
            self.required[test] = carried["required"]
        elif report.failed and not carried["broken"] and test not in self.failed:
            self.failed.append(test)
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            self.skipped[reason] = self.skipped.get(reason, 0) + 1
        return [[self._entered(Finding(**broken)) for broken in failure] for failure in carried["broken"]]

    def _entered(self, seen: Finding) -> Finding:
        """What a test saw, entered into the finding that it belongs to; with that finding's file and tests."""
        keys = [each.key for each in self._alike(seen)]
        if seen.key not in keys and len(keys) >= MOST_CAUSES:
            seen = replace(seen, cause=OTHER_CAUSES)
        whole = next((each for each in self.findings if each.key == seen.key), None)
        if whole:
            whole.merge(seen)
        else:
            whole = replace(seen)
            self.findings.append(whole)
        if whole.har is seen.har:
            self._keep(whole)
        return replace(seen, evidence=whole.evidence, tests=whole.tests)

    def _alike(self, seen: Finding) -> list[Finding]:
        """The findings of the same promise at the same place, in any circumstance."""
        return [each for each in self.findings if each.key[:2] == seen.key[:2]]

    def _keep(self, finding: Finding) -> None:
        """Write the evidence of a finding, where one more file may be kept: the first of each promise in any case."""
        number = self.groups[finding.promise].index(finding) + 1
        full = sum(bool(each.evidence) for each in self.findings) >= MOST_EVIDENCE
        if not (self.evidence and finding.har) or (full and number > 1 and not finding.evidence):
            return
        path = Path(self.evidence, f"{finding.promise}{f'-{number}' if number > 1 else ''}.har")
        try:
            har.write(path, finding.har)
            finding.evidence = str(path)
        except OSError as error:
            finding.evidence, self.no_evidence = "", f"{self.evidence} cannot be written: {error.strerror}"
            self.metrics.add({"warnings": [self.no_evidence]})

    def finish(self) -> None:
        """Note what is known at the end: how often each promise was broken in the whole run, and how steadily.

        A fault that comes and goes may by chance be broken again once: then the promise as a whole decides.
        """
        self.seconds = time.time() - self.started
        for each in self.findings:
            each.broke = max(1, self.metrics.broken.get(each.promise, 0))
            each.tried = max(self.metrics.tried.get(each.promise, 0), each.broke)
            alike = self._alike(each)
            mostly_gone = sum(other.gone for other in alike) > sum(other.again for other in alike)
            each.comes_and_goes = each.gone > each.again or (each.again < _SURELY and mostly_gone)
            if each.evidence:
                each.har = har.with_rate(each.har, each.broke, each.tried, comes_and_goes=each.comes_and_goes)
                self._keep(each)

    @property
    def groups(self) -> dict[str, list[Finding]]:
        """What was broken, by promise, in the order in which it was found: the first has the file named for it."""
        return {
            each.promise: [other for other in self.findings if other.promise == each.promise] for each in self.findings
        }

    @property
    def tried(self) -> set[str]:
        """The promises that something put to the test."""
        return {*self.metrics.tried, *self.groups}

    @property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        """What became of each promise, one of `OUTCOMES`; and why, or how often, where that is said.

        Where not all tests were selected, what the others would have tried is nobody's question.
        """
        reasons, other = self.metrics.untried, ("not tried", "nothing that was answered decided it")
        if not self.selected:
            reasons = {promise: why for promise, why in reasons.items() if why in self.skipped}
            other = "not selected", "no test that was selected tries it"
        elif self.stopped or self.by_hand or self.out_of_time:
            late = (reason for reason in self.skipped if reason.startswith(OUT_OF_TIME))
            other = "not tried", next(late, "the run was over before")
        found = {promise: ("not tried", reasons[promise]) if promise in reasons else other for promise in promises()}
        found |= dict.fromkeys(self.metrics.tried, ("kept", ""))
        accepted: Counter[str] = Counter()
        for deviation, times in self.metrics.accepted.items():
            accepted[deviation.split()[0]] += times
        found |= {promise: ("broken as accepted", f"{times} times") for promise, times in accepted.items()}
        return found | dict.fromkeys(self.groups, ("broken", ""))

    @property
    def ended(self) -> dict[str, list[str]]:
        """The promises by what became of them."""
        outcomes = self.outcomes
        return {word: [promise for promise, (became, _) in outcomes.items() if became == word] for word in OUTCOMES}

    @property
    def not_tried(self) -> dict[str, list[str]]:
        """The promises that a test that was selected should have tried, and that nothing has, by the reason."""
        untried = {promise: why for promise, (outcome, why) in self.outcomes.items() if outcome == "not tried"}
        return {why: [promise for promise, reason in untried.items() if reason == why] for why in untried.values()}

    @property
    def out_of_time(self) -> int:
        """How many tests --max-time left out."""
        return sum(times for reason, times in self.skipped.items() if reason.startswith(OUT_OF_TIME))

    @property
    def code(self) -> int:
        """The verdict as an exit code: what was found broken is broken, whatever happened later."""
        if self.stopped and self.stop_code == WRONG_CALL:
            return WRONG_CALL
        if self.findings or self.failed or self.required:
            return RED
        if self.by_hand:
            return INTERRUPTED
        return self.stop_code if self.stopped else GREEN if self.tried or self.metrics.accepted else NO_VERDICT


def write(result: Result, path: Path) -> None:
    """Write the result to a file as JSON, for another process to read. Evidence has files of its own."""
    findings = [replace(each, har="") for each in result.findings]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(replace(result, findings=findings)), indent=1), encoding="utf-8")


def read(path: Path) -> Result:
    """The result that a run wrote to a file.

    Raises:
        WrongCall: there is none.

    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        findings = [Finding(**each) for each in content["findings"]]
        return Result(**content | {"findings": findings, "metrics": Metrics(**content["metrics"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WrongCall(f"{path} holds no result of a run: {' '.join(str(error).split())[:100]}") from None
