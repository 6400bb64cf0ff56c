"""The result of a run: made once, of what pytest's reports carry and each process has counted. All is drawn from it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from contracts.errors import WrongCall
from contracts.evidence import har
from contracts.metrics import Metrics
from contracts.report.finding import Finding, Sighting
from contracts.rules.promise import promises

GREEN, RED, INTERRUPTED, WRONG_CALL, NO_VERDICT = 0, 1, 2, 4, 6
# Files of evidence that are kept, and findings of one promise at one place that are told apart.
MOST_EVIDENCE, MOST_CAUSES = 20, 5
OTHER_CAUSES = "other circumstances"
# How the reason begins for which a test was not run, where there was no time for it.
OUT_OF_TIME = "the time of --max-time"
NOT_SELECTED = "no test that was selected tries it"
# What was broken again alone so often does not come and go.
_SURELY = 2

_T = TypeVar("_T")


@dataclass
class Result:
    """What a run did and found: plain data, filled until `finish`. `started` is in seconds since the epoch.

    Evidence goes to the folder `evidence`, empty for nowhere; `no_evidence` says why a file could not be written.
    `stopped` says why the run came to no verdict, and `stop_code` what that means; `by_hand` that Ctrl-C or SIGTERM
    ended it; `selected` whether all tests were. Of the `tests` that ran `failed` are those that failed although no
    promise was found broken; `required` are those that --require-all wants and that could not be tried, each with its
    reason. `skipped` counts tests by the reason, `not_literal` those that only the judge has judged.
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
    no_evidence: str = ""

    def stop(self, reason: str, code: int = NO_VERDICT) -> None:
        """The run is over before its end."""
        if reason not in self.stopped:
            self.stopped = "; ".join(filter(None, (self.stopped, reason)))
        self.stop_code = min(code, self.stop_code)

    def warn(self, warning: str) -> None:
        """Note what a reader should know, though it changes no verdict."""
        self.metrics.add({"warnings": [warning]})

    def add(self, report: Any) -> list[list[tuple[Sighting, Finding]]]:
        """Add what pytest's report of a test says, and what it carries.

        Comes back with all that each failing request broke, and the finding that this belongs to.
        """
        test, told, called = report.nodeid, report.contract, report.when == "call"
        self.metrics.add(told["metrics"] or {})
        if (called or report.failed or told["required"]) and test not in self.tests:
            self.tests.append(test)
        self.not_literal += called and any(name == "judged by" for name, _ in report.user_properties)
        if told["required"]:
            self.required[test] = told["required"]
        elif report.failed and not told["broken"] and test not in self.failed:
            self.failed.append(test)
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            self.skipped[reason] = self.skipped.get(reason, 0) + 1
        failures = [[Sighting(**one) for one in broken] for broken in told["broken"]]
        return [[(seen, self._entered(test, seen)) for seen in failure] for failure in failures]

    def _entered(self, test: str, seen: Sighting) -> Finding:
        """The finding that a sighting belongs to, with it."""
        alike = self._alike(seen)
        known = next((one for one in alike if one.shown.key == seen.key), None)
        if known is None and len(alike) >= MOST_CAUSES:
            seen = replace(seen, cause=OTHER_CAUSES, family="")
            known = next((one for one in alike if one.shown.key == seen.key), None)
        finding = known or Finding(seen)
        if known is None:
            self.findings.append(finding)
        elif seen.har and seen.rank < known.shown.rank:
            finding.shown = seen
        if test not in finding.tests:
            finding.tests.append(test)
        finding.again += seen.repeated is True
        finding.gone += seen.repeated is False
        if finding.shown is seen:
            self._keep(finding)
        return finding

    def _alike(self, seen: Sighting) -> list[Finding]:
        """The findings of the same promise at the same place, in any circumstance."""
        return [one for one in self.findings if one.shown.key[:2] == seen.key[:2]]

    def _keep(self, finding: Finding) -> None:
        """Write the evidence of a finding, where one more file may be kept: the first of each promise in any case."""
        number = [one.shown.key for one in self.groups[finding.rule]].index(finding.shown.key) + 1
        full = sum(bool(one.evidence) for one in self.findings) >= MOST_EVIDENCE
        if not self.evidence or not finding.shown.har or (full and number > 1 and not finding.evidence):
            return
        path = Path(self.evidence, f"{finding.rule}{f'-{number}' if number > 1 else ''}.har")
        try:
            har.write(path, finding.shown.har)
            finding.evidence = str(path)
        except OSError as error:
            finding.evidence = ""
            self.no_evidence = f"{self.evidence} cannot be written: {error.strerror}"
            self.warn(self.no_evidence)

    def finish(self) -> None:
        """Note what is known at the end: how often each promise was broken in the whole run, and how steadily.

        A fault that comes and goes may by chance be broken again once: then the promise as a whole decides.
        """
        self.seconds = time.time() - self.started
        for one in self.findings:
            one.broke = max(1, self.metrics.broken.get(one.rule, 0))
            one.tried = max(self.metrics.tried.get(one.rule, 0), one.broke)
            alike = self._alike(one.shown)
            mostly_gone = sum(other.gone for other in alike) > sum(other.again for other in alike)
            one.comes_and_goes = one.gone > one.again or (one.again < _SURELY and mostly_gone)
            if one.evidence:
                text = har.with_rate(one.shown.har, one.broke, one.tried, comes_and_goes=one.comes_and_goes)
                one.shown = replace(one.shown, har=text)
                self._keep(one)

    @property
    def groups(self) -> dict[str, list[Finding]]:
        """What was broken, by promise, in the order in which it was found: the first has the file named for it."""
        return by(self.findings, lambda finding: finding.rule)

    @property
    def tried(self) -> set[str]:
        """The promises that something put to the test."""
        return {*self.metrics.tried, *self.groups}

    @property
    def deviating(self) -> dict[str, int]:
        """How often each promise was seen broken as somebody has accepted it."""
        seen = by(self.metrics.accepted.items(), lambda item: item[0].split()[0])
        return {rule: sum(times for _, times in items) for rule, items in seen.items()}

    @property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        """What became of each promise: broken, accepted, kept, or not tried; and why, where it is one of these.

        Where not all tests were selected, what the others would have tried is nobody's question.
        """
        reasons, otherwise = self.metrics.untried, "nothing that was answered decided it"
        if not self.selected:
            reasons, otherwise = {what: why for what, why in reasons.items() if why in self.skipped}, NOT_SELECTED
        elif self.stopped or self.by_hand or self.out_of_time:
            late = [reason for reason in self.skipped if reason.startswith(OUT_OF_TIME)]
            otherwise = next(iter(late), "the run was over before")
        found = {rule: ("not tried", reasons.get(rule, otherwise)) for rule in promises()}
        found |= dict.fromkeys(self.metrics.tried, ("kept", ""))
        accepted = {rule: f"broken {times} times, as somebody has accepted" for rule, times in self.deviating.items()}
        found |= {rule: ("accepted", reason) for rule, reason in accepted.items()}
        return found | dict.fromkeys(self.groups, ("broken", ""))

    @property
    def kept(self) -> list[str]:
        """The promises that were tried and not broken."""
        return [rule for rule, (outcome, _) in self.outcomes.items() if outcome == "kept"]

    @property
    def not_tried(self) -> dict[str, list[str]]:
        """The promises that a test that was selected should have tried, and that nothing has, by the reason."""
        reasons = {rule: why for rule, (outcome, why) in self.outcomes.items() if outcome == "not tried"}
        return by((rule for rule, why in reasons.items() if why != NOT_SELECTED), reasons.__getitem__)

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
        return self.stop_code if self.stopped else GREEN if self.tried or self.deviating else NO_VERDICT


def by(items: Iterable[_T], key: Callable[[_T], str]) -> dict[str, list[_T]]:
    """The items in groups, in the order in which they come."""
    grouped: dict[str, list[_T]] = {}
    for item in items:
        grouped.setdefault(key(item), []).append(item)
    return grouped


def write(result: Result, path: Path) -> None:
    """Write the result to a file as JSON, for another process to read. Evidence has files of its own."""
    findings = [replace(one, shown=replace(one.shown, har="")) for one in result.findings]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(replace(result, findings=findings)), indent=1), encoding="utf-8")


def read(path: Path) -> Result:
    """The result that a run wrote to a file.

    Raises:
        WrongCall: there is none.

    """
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        findings = [Finding(**one | {"shown": Sighting(**one["shown"])}) for one in told["findings"]]
        return Result(**told | {"findings": findings, "metrics": Metrics(**told["metrics"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WrongCall(f"{path} holds no result of a run: {' '.join(str(error).split())[:100]}") from None
