"""The result of a run, made once from pytest's reports and from what each process counted. All output comes from it."""

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts.errors import WrongCall, one_line
from contracts.evidence import har
from contracts.evidence.deviation import Deviations
from contracts.metrics import Metrics
from contracts.rules.promise import number, promises

GREEN, RED, INTERRUPTED, WRONG_CALL, NO_VERDICT = 0, 1, 2, 4, 6
# The most files of evidence that are kept, and the most findings of one promise at one place that are told apart.
MOST_EVIDENCE, MOST_CAUSES = 20, 5
OTHER_CAUSES = "other circumstances"
# The possible outcomes of a promise.
OUTCOMES = ("kept", "broken", "broken as accepted", "not tried", "not selected")
# How the reason for a skip begins if there was no time for the test.
OUT_OF_TIME = "the time of --max-time"
# A promise that was broken this often by requests that were sent again alone does not come and go.
_SURELY = 2
# Which request shows a failure best: one that failed again alone, then one that was not sent again, then the others.
_SURE = (True, None, False)


@dataclass
class Finding:
    """One promise broken in one circumstance, with everything that is shown of it. Plain data: it travels in a report.

    Each failing request makes one finding for each promise that it broke. The result merges findings with the same key.
    `place` is where in the answer the fault is, and `also` where else. `cause` is the circumstance in words, `why` the
    purpose of the payload. `size` is the size of the request. `repeated` says whether the request broke the promise
    again when it was sent again alone (None: it was not sent again). `har` is the evidence as the text of a HAR file,
    empty if this process has sent a better one, and `evidence` the path of its file, or empty.

    `tests` are those that found it. `again` and `gone` count their failing requests that did, or did not, break the
    promise when they were sent again alone. At the end of the run, `broke` of `tried` answers broke the promise, and
    `comes_and_goes` marks an intermittent fault.
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
        """Findings with the same key are the same finding."""
        return self.promise, self.place, self.cause

    @property
    def rank(self) -> tuple[int, list[int]]:
        """The lower the rank, the better the finding shows what is broken."""
        return _SURE.index(self.repeated), self.size

    @property
    def seen(self) -> str:
        """How often it was seen, in the words that every output uses."""
        return f"{'comes and goes: ' if self.comes_and_goes else ''}{self.broke} of {self.tried} updates"

    def merge(self, other: "Finding") -> None:
        """Add the finding of another request, and keep what the better of the two shows."""
        better = other if other.har and other.rank < self.rank else self
        again, gone, tests = self.again + other.again, self.gone + other.gone, dict.fromkeys(self.tests + other.tests)
        vars(self).update(vars(better) | {"evidence": self.evidence, "again": again, "gone": gone, "tests": [*tests]})


@dataclass
class Result:
    """What a run did and found: plain data, filled until `finish`. `started` is in seconds since the epoch.

    Evidence goes to the folder `evidence`, or nowhere if that is empty; `no_evidence` says why a finding has no file.
    `stopped` is the reason why the run has no verdict, `stop_code` the exit code for it. `by_hand` says whether Ctrl-C
    or SIGTERM ended the run, `cut_short` whether pytest did (`-x`), and `selected` whether all tests were selected.
    `tests` are those that ran: of these, `failed` failed though no promise was found broken. `required` are tests that
    could not be tried though --require-all asks for it, each with its reason. `skipped` counts skipped tests by reason,
    `not_literal` the tests that the judge alone decided. `deviations` has a line on each deviation of the
    user's file. `to_replay` is what sends all the evidence again: the folder, or its files if it has files of others.
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
    cut_short: bool = False
    selected: bool = True
    metrics: Metrics = field(default_factory=Metrics)
    findings: list[Finding] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    required: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    not_literal: int = 0
    deviations: list[str] = field(default_factory=list)
    to_replay: list[str] = field(default_factory=list)
    no_evidence: str = f"none: {MOST_EVIDENCE} files of evidence are kept at most"

    def stop(self, reason: str, code: int = NO_VERDICT) -> None:
        """Note why the run ended early. A reason that several processes give with different numbers is noted once."""
        if reason.partition(" (")[0] not in self.stopped:
            self.stopped = "; ".join(filter(None, (self.stopped, reason)))
        self.stop_code = min(code, self.stop_code)

    def add(self, report: Any) -> list[list[Finding]]:
        """Add pytest's report of a test. Returns the findings of each failing request, with the files of evidence."""
        test, carried, called = report.nodeid, report.contract, report.when == "call"
        self.metrics.add(carried["metrics"] or {})
        is_skipped = report.skipped and not hasattr(report, "wasxfail")
        if (called or report.failed) and not (is_skipped or carried["required"] or test in self.tests):
            self.tests.append(test)
        self.not_literal += called and any(name == "judged by" for name, _ in report.user_properties)
        if carried["required"]:
            self.required[test] = carried["required"]
        elif report.failed and not carried["broken"] and test not in self.failed:
            self.failed.append(test)
        if is_skipped:
            reason = report.longrepr[2].removeprefix("Skipped: ")
            self.skipped[reason] = self.skipped.get(reason, 0) + 1
        return [[self.entered(Finding(**broken)) for broken in failure] for failure in carried["broken"]]

    def entered(self, seen: Finding) -> Finding:
        """Merge what a test saw into the finding that it belongs to. Returns it with that finding's file and tests."""
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
        """Write the evidence of a finding. The first of each promise always has a file, others up to the limit."""
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

    def finish(self, deviations: Deviations) -> None:
        """Note what is known at the end: how often each promise was broken, if it comes and goes, and what is accepted.

        An intermittent fault may by chance show again once. Then the other findings at the same place decide.
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
        broken = {promise: [test for each in group for test in each.tests] for promise, group in self.groups.items()}
        self.deviations = [
            *deviations.report(self.tried, broken, self.tests, self.metrics.accepted, is_whole=self.is_whole)
        ]
        kept = sorted(each.evidence for each in self.findings if each.evidence)
        if kept:
            is_all = kept == sorted(map(str, Path(self.evidence).rglob("*.har")))
            self.to_replay = [self.evidence] if is_all else kept

    @property
    def groups(self) -> dict[str, list[Finding]]:
        """The findings by promise, in the order in which they were found. The first one's file is named after it."""
        return {
            each.promise: [other for other in self.findings if other.promise == each.promise] for each in self.findings
        }

    @property
    def tried(self) -> set[str]:
        """The promises that something put to the test."""
        return {*self.metrics.tried, *self.groups}

    @property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        """The outcome of each promise, one of `OUTCOMES`, with the reason or the count if there is one.

        If not all tests were selected, the promises that only the others try are "not selected", or "not tried" if
        --max-time ended the run as well.
        """
        reasons, other = self.metrics.untried, ("not tried", "no answer decided it")
        if not self.selected:
            reasons = {promise: why for promise, why in reasons.items() if why in self.skipped}
            other = "not selected", "no selected test tries it"
        elif not self.is_whole:
            other = "not tried", "the run ended first"
        if self.late:
            other = "not tried", self.late[0]
        found = {promise: ("not tried", reasons[promise]) if promise in reasons else other for promise in promises()}
        found |= dict.fromkeys(self.metrics.tried, ("kept", ""))
        accepted: Counter[str] = Counter()
        for deviation, times in self.metrics.accepted.items():
            accepted[deviation.split()[0]] += times
        found |= {promise: ("broken as accepted", number(times, "time")) for promise, times in accepted.items()}
        return found | dict.fromkeys(self.groups, ("broken", ""))

    @property
    def ended(self) -> dict[str, list[str]]:
        """The promises by their outcome."""
        outcomes = self.outcomes
        return {word: [promise for promise, (became, _) in outcomes.items() if became == word] for word in OUTCOMES}

    @property
    def not_tried(self) -> dict[str, list[str]]:
        """The promises that a selected test should have tried but nothing has tried, by the reason."""
        untried = {promise: why for promise, (outcome, why) in self.outcomes.items() if outcome == "not tried"}
        return {why: [promise for promise, reason in untried.items() if reason == why] for why in untried.values()}

    @property
    def is_whole(self) -> bool:
        """Whether every test of the contract was selected, and had its turn."""
        return self.selected and not (self.stopped or self.by_hand or self.cut_short or self.out_of_time)

    @property
    def late(self) -> list[str]:
        """The reasons for which tests were skipped because of --max-time."""
        return [reason for reason in self.skipped if reason.startswith(OUT_OF_TIME)]

    @property
    def out_of_time(self) -> int:
        """How many tests were skipped because of --max-time."""
        return sum(self.skipped[reason] for reason in self.late)

    @property
    def code(self) -> int:
        """The verdict as an exit code: a broken promise counts, whatever happened later."""
        if self.stopped and self.stop_code == WRONG_CALL:
            return WRONG_CALL
        if self.findings or self.failed or self.required:
            return RED
        if self.by_hand:
            return INTERRUPTED
        return self.stop_code if self.stopped else GREEN if self.tried or self.metrics.accepted else NO_VERDICT


def write(result: Result, path: Path) -> None:
    """Write the result to a file as JSON, for another process to read. The evidence is in files of its own."""
    findings = [replace(each, har="") for each in result.findings]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(replace(result, findings=findings)), indent=1), encoding="utf-8")


def read(path: Path) -> Result:
    """The result that a run wrote to a file; raises WrongCall if the file has none."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        findings = [Finding(**each) for each in content["findings"]]
        return Result(**content | {"findings": findings, "metrics": Metrics(**content["metrics"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WrongCall(f"{path} has no result of a run: {one_line(error, 100)}") from None
