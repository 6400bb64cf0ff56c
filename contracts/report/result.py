"""The result of a run: made once, from pytest's own reports and from what each process did. All is drawn from it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from contracts.errors import WrongCall
from contracts.evidence import har
from contracts.report.finding import Finding, Sighting, sighting_of
from contracts.rules.promise import promises
from contracts.tally import Tally, summed, tally_of

GREEN, RED, INTERRUPTED, WRONG_CALL, NO_VERDICT = 0, 1, 2, 4, 6
# Files of evidence that are kept, and findings of one promise at one place that are told apart.
MOST_EVIDENCE, MOST_CAUSES = 20, 5
OTHER_CAUSES = "other circumstances"
# How the reason begins for which a test was not run, where there was no time for it.
OUT_OF_TIME = "the time of --max-time"
# What was seen again alone so often does not come and go.
_SURELY = 2


@dataclass(frozen=True)
class Result:
    """What a run did and found. `started` is in seconds since the epoch.

    `stopped` says why it came to no verdict, and `stop_code` what that means; `by_hand` that Ctrl-C or SIGTERM ended
    it. `accepted` is how often each accepted deviation was seen. `failed` are the tests that failed although no promise
    was found broken, `required` those that --require-all wants and that could not be tried, each with its reason.
    `generated` is how many distinct requests each generated test has sent, `selected` whether all tests were;
    `skipped` has the reasons why some of them could not be tried, `out_of_time` how many --max-time left out.
    `no_evidence` says why findings have no file, where that is not their number.
    """

    base_url: str
    contract: str
    seed: str
    stopped: str = ""
    stop_code: int = NO_VERDICT
    by_hand: bool = False
    exchanges: int = 0
    updates: int = 0
    interruptions: int = 0
    seconds: float = 0.0
    statuses: Mapping[str, int] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    untried: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    accepted: Mapping[str, int] = field(default_factory=dict)
    tests: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    not_literal: int = 0
    failed: tuple[str, ...] = ()
    required: Mapping[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    started: float = 0.0
    generated: Mapping[str, int] = field(default_factory=dict)
    selected: bool = True
    skipped: frozenset[str] = frozenset()
    out_of_time: int = 0
    no_evidence: str = ""

    @cached_property
    def tried(self) -> frozenset[str]:
        """The promises that something put to the test."""
        return frozenset(key.split()[0] for key in self.tally.rules) | frozenset(self.groups)

    @cached_property
    def groups(self) -> dict[str, list[Finding]]:
        """What was broken, by promise: first the one that was found first, and of each what most tests saw.

        Last of each is what was not told apart any more.
        """
        grouped: dict[str, list[Finding]] = {}
        for finding in self.findings:
            grouped.setdefault(finding.rule, []).append(finding)
        return {rule: sorted(found, key=_place) for rule, found in grouped.items()}

    @property
    def deviating(self) -> dict[str, int]:
        """How often each promise was seen broken as somebody has accepted it."""
        total: Counter[str] = Counter()
        for key, times in self.accepted.items():
            total[key.split()[0]] += times
        return dict(total)

    @property
    def kept(self) -> list[str]:
        """The promises that were tried and not broken."""
        return [rule for rule in promises() if self.outcome_of(rule)[0] == "kept"]

    @property
    def not_tried(self) -> dict[str, str]:
        """The promises that nothing put to the test, each with its reason; last, what is no promise of its own.

        Where not all tests were selected, only what those that were could not try is listed.
        """
        missing = [rule for rule in promises() if rule not in self.tried and rule not in self.deviating]
        why = "the run was over before" if self.stopped or self.by_hand else "nothing that was answered decided it"
        why = next((reason for reason in self.skipped if reason.startswith(OUT_OF_TIME)), why)
        others = {what: reason for what, reason in self.untried.items() if what not in promises()}
        if not self.selected:
            return {what: reason for what, reason in self.untried.items() if reason in self.skipped}
        return {rule: self.untried.get(rule, why) for rule in missing} | others

    def outcome_of(self, rule: str) -> tuple[str, str]:
        """What became of a promise in one word, and why where it is neither kept nor broken."""
        if rule in self.groups:
            return "broken", ""
        if rule in self.deviating:
            return "accepted", f"broken {self.deviating[rule]} times, as somebody has accepted"
        if rule in self.tried:
            return "kept", ""
        return "not tried", self.not_tried.get(rule, "no test that was selected tries it")

    @property
    def untried_by_reason(self) -> dict[str, list[str]]:
        """What nothing put to the test, by the reason."""
        return _by_reason(self.not_tried)

    @property
    def required_by_reason(self) -> dict[str, list[str]]:
        """The tests that --require-all wants and that could not be tried, by the reason."""
        return _by_reason(self.required)

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


class Results:
    """Collects what came of a run: what the reports of its tests carry, and the parts of its processes.

    `folder` is where evidence goes, None for nowhere.
    """

    def __init__(self, base_url: str, contract: str, seed: str, folder: Path | None = None) -> None:
        self._start = Result(base_url, contract, seed, started=time.time())
        self._folder = folder
        self._findings: dict[tuple[str, str, str], Finding] = {}
        # How many sightings of each were seen again alone, and how many were not.
        self._again: Counter[tuple[tuple[str, str, str], bool]] = Counter()
        self._parts: list[Mapping[str, Any]] = []
        self._tests: set[str] = set()
        self._failed: list[str] = []
        self._required: dict[str, str] = {}
        self._not_literal = 0
        # Why evidence could not be written.
        self.no_evidence = ""
        self.stopped, self.stop_code, self.by_hand, self.begun = "", NO_VERDICT, False, False
        self.left: list[str] = []
        self.warnings: list[str] = []
        self.skipped: Counter[str] = Counter()

    def stop(self, reason: str, code: int = NO_VERDICT) -> None:
        """The run is over before its end."""
        if reason not in self.stopped:
            self.stopped = "; ".join(filter(None, (self.stopped, reason)))
        self.stop_code = min(code, self.stop_code)

    def add_part(self, part: Mapping[str, Any]) -> None:
        """What one process did."""
        self._parts.append(part)
        if part["stopped"]:
            self.stop(*part["stopped"])

    def add_test(self, test: str, *, failed: bool = False, required: str = "", not_literal: bool = False) -> None:
        """A test ran: whether it failed without a broken promise, or could not be tried though it had to be."""
        self._tests.add(test)
        self._not_literal += not_literal
        if required:
            self._required[test] = required
        elif failed and test not in self._failed:
            self._failed.append(test)

    @property
    def any_part(self) -> bool:
        """Whether any process has told what it did."""
        return bool(self._parts)

    def add(self, test: str, seen: Iterable[Sighting]) -> list[tuple[Finding, bool]]:
        """What a test saw broken: the finding that each belongs to, and whether another test had found that before."""
        self._tests.add(test)
        return [self._entered(test, one) for one in seen]

    def _entered(self, test: str, seen: Sighting) -> tuple[Finding, bool]:
        key = seen.key
        alike = [other for other in self._findings if other[:2] == key[:2]]
        if key not in self._findings and len(alike) >= MOST_CAUSES:
            seen = replace(seen, cause=OTHER_CAUSES)
            key = seen.key
        known = self._findings.get(key)
        finding = known or Finding(seen)
        if known is None or (seen.har and seen.rank < known.shown.rank):
            finding = replace(finding, shown=seen)
        tests = finding.tests if test in finding.tests else (*finding.tests, test)
        if seen.repeated is not None:
            self._again[key, seen.repeated] += 1
        finding = replace(finding, tests=tests)
        if finding.shown is seen:
            finding = self._kept(finding)
        self._findings[key] = finding
        return finding, known is not None

    def _kept(self, finding: Finding) -> Finding:
        """The finding with its evidence in a file, where one more may be kept."""
        text = finding.shown.har
        if self._folder is None or not text:
            return finding
        kept = [one.rule for one in self._findings.values() if one.evidence]
        # The first of each promise is kept in any case.
        if not finding.evidence and finding.rule in kept and len(kept) >= MOST_EVIDENCE:
            return finding
        path = Path(finding.evidence) if finding.evidence else self._free(self._folder, finding.rule)
        try:
            har.write(path, text)
        except OSError as error:
            self.no_evidence = f"{self._folder} cannot be written: {error.strerror}"
            return replace(finding, evidence="")
        return replace(finding, evidence=str(path))

    def _free(self, folder: Path, rule: str) -> Path:
        """The first file of a promise that no finding is in: one may have lost its own."""
        taken = {one.evidence for one in self._findings.values()}
        names = (f"{rule}{f'-{number}' if number > 1 else ''}.har" for number in count(1))
        return next(path for name in names if str(path := folder / name) not in taken)

    def note_rates(self) -> None:
        """Tell each file of evidence how often its promise was broken in the whole run, which is known at the end."""
        for one in self.result().findings:
            if one.evidence:
                told = har.with_rate(one.shown.har, one.broke, one.tried, comes_and_goes=one.comes_and_goes)
                self._findings[one.shown.key] = self._kept(replace(one, shown=replace(one.shown, har=told)))

    def _comes_and_goes(self, key: tuple[str, str, str]) -> bool:
        """Whether what was tried again alone was mostly not seen: in this circumstance, or by the promise as a whole.

        A fault that comes and goes may by chance be seen again once.
        """
        again, gone = self._again[key, True], self._again[key, False]
        alike = [other for other in self._findings if other[:2] == key[:2]]
        all_again, all_gone = (sum(self._again[other, seen] for other in alike) for seen in (True, False))
        return gone > again or (again < _SURELY and all_gone > all_again)

    def result(self) -> Result:
        """What came of the run, as far as it is known by now."""
        parts = self._parts
        tally = summed(tally_of(part["tally"]) for part in parts)
        violated = _summed(part["violated"] for part in parts)
        accepted = _summed(part["accepted"] for part in parts)
        warnings = [*self.warnings, *(warning for part in parts for warning in part["warnings"])]
        left = [slug for part in parts for slug in part["left"]]
        return replace(
            self._start,
            stopped=self.stopped,
            stop_code=self.stop_code,
            by_hand=self.by_hand,
            exchanges=sum(part["exchanges"] for part in parts),
            updates=sum(part["updates"] for part in parts),
            interruptions=sum(part["interruptions"] for part in parts),
            seconds=time.time() - self._start.started,
            statuses=_summed(part["statuses"] for part in parts),
            left=tuple(dict.fromkeys([*left, *self.left])),
            untried={what: reason for part in reversed(parts) for what, reason in part["untried"].items()},
            findings=tuple(
                replace(_with_rate(finding, tally, violated), comes_and_goes=self._comes_and_goes(key))
                for key, finding in self._findings.items()
            ),
            accepted=accepted,
            tests=frozenset(self._tests),
            warnings=tuple(dict.fromkeys(filter(None, [*warnings, self.no_evidence]))),
            not_literal=self._not_literal,
            failed=tuple(self._failed),
            required=self._required,
            tally=tally,
            generated=_summed(part["generated"] for part in parts),
            selected=all(part["selected"] for part in parts),
            skipped=frozenset(self.skipped),
            out_of_time=sum(times for reason, times in self.skipped.items() if reason.startswith(OUT_OF_TIME)),
            no_evidence=self.no_evidence,
        )


def _by_reason(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for what, reason in reasons.items():
        grouped.setdefault(reason, []).append(what)
    return grouped


def _place(finding: Finding) -> tuple[bool, int]:
    return finding.shown.cause == OTHER_CAUSES, -len(finding.tests)


def _with_rate(finding: Finding, tally: Tally, violated: Mapping[str, int]) -> Finding:
    if not violated:
        # Workers that were stopped have told nothing.
        return finding
    broke = max(1, violated.get(finding.rule, 0))
    return replace(finding, broke=broke, tried=max(tally.decided(finding.rule), broke))


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def write(result: Result, path: Path) -> None:
    """Write the result to a file as JSON, for another process to read."""
    findings = tuple(replace(one, shown=replace(one.shown, har="")) for one in result.findings)
    # `asdict` of Python 3.11 makes other counters of counters.
    told = asdict(replace(result, findings=findings, tally=Tally())) | {"tally": vars(result.tally)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, default=sorted, indent=1), encoding="utf-8")


def read(path: Path) -> Result:
    """The result that a run wrote to a file.

    Raises:
        WrongCall: there is none.

    """
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        findings = [
            Finding(**one | {"shown": sighting_of(one["shown"]), "tests": tuple(one["tests"])})
            for one in told["findings"]
        ]
        made = {
            "findings": tuple(findings),
            "tests": frozenset(told["tests"]),
            "skipped": frozenset(told["skipped"]),
            "tally": tally_of(told["tally"]),
            **{name: tuple(told[name]) for name in ("left", "warnings", "failed")},
        }
        return Result(**told | made)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WrongCall(f"{path} holds no result of a run: {' '.join(str(error).split())[:100]}") from None
