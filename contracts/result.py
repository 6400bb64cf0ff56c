"""The result of a run, or of several that were parts of one: plain data, that goes from process to process as JSON."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.errors import WrongCall
from contracts.record import Broken
from contracts.rules.promise import promises
from contracts.run import MOST_EVIDENCE, Options, Run
from contracts.tally import Tally, summed

GREEN, RED, NO_VERDICT = 0, 1, 6


@dataclass(frozen=True)
class Finding:
    """One rule that was broken at one place of the answer: what shows it best, how often and in which tests.

    `repeated` says whether it was seen again when it was tried alone, `size` how large the request is; `evidence` is
    the file that keeps it, empty where none does. Of `tried` updates that put it to the test `broke` broke it; `layer`
    is who asks for it.
    """

    rule: str
    place: str
    expected: str
    actual: str
    count: int
    repeated: bool
    size: tuple[int, int]
    tests: tuple[str, ...]
    evidence: str = ""
    broke: int = 0
    tried: int = 0
    layer: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is the same by."""
        return self.rule, self.place

    @property
    def rank(self) -> tuple[bool, bool, tuple[int, int]]:
        """The less, the better it shows what is broken."""
        return not self.repeated, not self.evidence, self.size


@dataclass(frozen=True)
class Result:
    """What a run did and found. `stopped` is why it came to no verdict.

    `started` is in seconds since the epoch, as the moment of each that `interrupted` it is.
    """

    base_url: str
    contract: str
    seed: str
    stopped: str = ""
    stop_code: int = NO_VERDICT
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
    # How many tests were judged by the pin alone, and not by their literal, which speaks of `docs`.
    not_literal: int = 0
    # The tests that failed although no promise was found broken: by their literal, or by --require-all.
    otherwise: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)
    started: float = 0.0
    interrupted: tuple[tuple[float, str], ...] = ()

    @cached_property
    def tried(self) -> frozenset[str]:
        """The rules that something put to the test."""
        return frozenset(key.split()[0] for key in self.tally.rules)

    @property
    def groups(self) -> dict[str, list[Finding]]:
        """What was broken, by rule: first the rule that was found first, and of each what was found most often."""
        grouped: dict[str, list[Finding]] = {}
        for finding in self.findings:
            grouped.setdefault(finding.rule, []).append(finding)
        return {rule: sorted(found, key=lambda finding: -finding.count) for rule, found in grouped.items()}

    @property
    def deviating(self) -> dict[str, int]:
        """How often each rule was seen broken as somebody has accepted it."""
        return _summed({key.split()[0]: count} for key, count in self.accepted.items())

    @property
    def kept(self) -> list[str]:
        """The rules that were tried and not broken."""
        return [rule for rule in promises() if rule in self.tried and rule not in self.groups | self.deviating]

    @property
    def not_tried(self) -> dict[str, str]:
        """The rules that nothing put to the test, each with its reason; last, what is no rule of its own."""
        missing = [rule for rule in promises() if rule not in self.tried and rule not in self.groups]
        why = "the run was over before" if self.stopped else "no test that was run tries it"
        others = {what: reason for what, reason in self.untried.items() if what not in promises()}
        return {rule: self.untried.get(rule, why) for rule in missing} | others

    def outcome_of(self, rule: str) -> tuple[str, str]:
        """What became of a promise in one word, and why where it is neither kept nor broken."""
        if rule in self.groups:
            return "broken", ""
        if rule in self.deviating:
            return "accepted", f"broken {self.deviating[rule]} times, as somebody has accepted"
        return ("not tried", self.not_tried[rule]) if rule in self.not_tried else ("kept", "")

    @property
    def untried_by_reason(self) -> dict[str, list[str]]:
        """What nothing put to the test, by the reason."""
        reasons: dict[str, list[str]] = {}
        for what, reason in self.not_tried.items():
            reasons.setdefault(reason, []).append(what)
        return reasons

    @property
    def code(self) -> int:
        """The verdict as an exit code. What broke in a run that was stopped may be the doing of what stopped it."""
        if self.stopped:
            return self.stop_code
        if not self.tried and not self.otherwise:
            return NO_VERDICT
        return RED if self.findings or self.otherwise else GREEN


def nothing(options: Options, stopped: str = "", stop_code: int = NO_VERDICT) -> Result:
    """The result of a run that came to nothing."""
    return Result(
        base_url=options.target.base_url,
        contract=options.document.name,
        seed=str(options.generation.seed),
        stopped=stopped,
        stop_code=stop_code,
        started=time.time(),
    )


def result_of(run: Run, tests: Iterable[str], seconds: float, stopped: str = "", stop_code: int = NO_VERDICT) -> Result:
    """The result of a run that is over."""
    record = run.record
    warnings = (run.options.generation.warning, record.no_evidence)
    return replace(
        nothing(run.options, stopped, stop_code),
        exchanges=record.exchanges,
        updates=record.updates,
        interruptions=run.client.patience.interruptions,
        seconds=seconds,
        statuses=dict(record.statuses),
        left=tuple(run.customers.left),
        tally=record.tally,
        started=time.time() - seconds,
        interrupted=tuple(run.client.patience.log),
        untried=dict(record.untried),
        findings=tuple(_finding(broken, *record.rate(broken.violation.rule)) for broken in record.broken.values()),
        accepted=run.options.deviations.seen,
        tests=frozenset(tests),
        warnings=tuple(warning for warning in warnings if warning),
        not_literal=record.not_literal,
        otherwise=tuple(record.otherwise),
    )


def _finding(broken: Broken, broke: int, tried: int) -> Finding:
    violation = broken.violation
    return Finding(
        rule=violation.rule,
        place=violation.place,
        expected=violation.expected,
        actual=violation.actual,
        count=broken.count,
        repeated=broken.repeated,
        size=broken.outcome.size,
        tests=tuple(broken.tests),
        evidence=str(broken.evidence or ""),
        broke=broke,
        tried=tried,
        layer=violation.layer,
    )


def merged(results: Sequence[Result]) -> Result:
    """The results of the parts of one run, as one. Of what was tried by any of them, nothing is left untried."""
    first = results[0]
    return replace(
        first,
        seed=", ".join(dict.fromkeys(result.seed for result in results)),
        stopped="; ".join(dict.fromkeys(result.stopped for result in results if result.stopped)),
        stop_code=min(result.stop_code for result in results),
        exchanges=sum(result.exchanges for result in results),
        updates=sum(result.updates for result in results),
        interruptions=sum(result.interruptions for result in results),
        seconds=max(result.seconds for result in results),
        statuses=_summed(result.statuses for result in results),
        left=tuple(slug for result in results for slug in result.left),
        tally=summed(result.tally for result in results),
        started=min(result.started for result in results),
        interrupted=tuple(sorted(one for result in results for one in result.interrupted)),
        untried={what: reason for result in reversed(results) for what, reason in result.untried.items()},
        findings=_merged_findings(results),
        accepted=_summed(result.accepted for result in results),
        tests=frozenset().union(*(result.tests for result in results)),
        warnings=tuple(dict.fromkeys(warning for result in results for warning in result.warnings)),
        not_literal=sum(result.not_literal for result in results),
        otherwise=tuple(test for result in results for test in result.otherwise),
    )


def drop_spare_evidence(parts: Iterable[Result], whole: Result) -> None:
    """Remove the files that show what another file shows better."""
    kept = {finding.evidence for finding in whole.findings}
    for path in {finding.evidence for part in parts for finding in part.findings} - kept - {""}:
        Path(path).unlink(missing_ok=True)


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def _merged_findings(results: Iterable[Result]) -> tuple[Finding, ...]:
    found: dict[tuple[str, str], list[Finding]] = {}
    for result in results:
        for finding in result.findings:
            found.setdefault(finding.key, []).append(finding)
    kept = []
    for alike in found.values():
        best = min(alike, key=lambda finding: finding.rank)
        tests = dict.fromkeys(test for one in alike for test in one.tests)
        sums = {name: sum(getattr(one, name) for one in alike) for name in ("count", "broke", "tried")}
        kept.append(replace(best, tests=tuple(tests), **sums))
    return tuple(
        finding if place < MOST_EVIDENCE else replace(finding, evidence="") for place, finding in enumerate(kept)
    )


def to_json(result: Result) -> str:
    """The result as JSON text."""
    # `asdict` of Python 3.11 makes other counters of counters.
    values = asdict(replace(result, tally=Tally())) | {"tally": vars(result.tally)}
    return json.dumps(values, default=sorted, indent=1)


def write(result: Result, path: Path) -> None:
    """Write the result to a file, for who started the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(result), encoding="utf-8")


def from_json(text: str) -> Result:
    """The result that JSON text holds.

    Raises:
        WrongCall: it holds none.

    """
    try:
        values: dict[str, Any] = json.loads(text)
        findings = tuple(
            Finding(**finding | {"size": tuple(finding["size"]), "tests": tuple(finding["tests"])})
            for finding in values["findings"]
        )
        read_ = {
            "findings": findings,
            "tests": frozenset(values["tests"]),
            "tally": Tally(**{name: Counter(counts) for name, counts in values["tally"].items()}),
            "interrupted": tuple((moment, reason) for moment, reason in values["interrupted"]),
            **{name: tuple(values[name]) for name in ("left", "warnings", "otherwise")},
        }
        return Result(**values | read_)
    except (ValueError, TypeError, KeyError) as error:
        raise WrongCall(f"it holds no result of a run: {' '.join(str(error).split())[:100]}") from None


def read(path: Path) -> Result:
    """The result that a run wrote to a file.

    Raises:
        WrongCall: there is none.

    """
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCall(f"{path} cannot be read: {error}") from None
    except WrongCall as error:
        raise WrongCall(f"{path}: {error}") from None
