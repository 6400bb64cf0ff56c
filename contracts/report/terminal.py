"""What a run says to the person at a terminal: each failure explained, a summary, and the verdict as its last line."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from contracts.evidence.deviation import Deviations
from contracts.http.curl import OF_YOURS, names_customer
from contracts.http.target import MOCK_URL
from contracts.report.finding import Finding, Sighting
from contracts.report.result import GREEN, INTERRUPTED, MOST_EVIDENCE, RED, WRONG_CALL, Result
from contracts.rules.promise import Layer, promises

WIDTH = 110
_REPEATED = {
    True: "yes, when it was tried again alone",
    None: "not tried again",
    False: "it comes and goes: not seen when it was tried again alone",
}
# So many tests, causes or promises are named in one line.
_NAMED = 6
# So many broken promises are explained of one answer and told in a summary, and so many further failures of one test
# are named: an explanation has to be read, and a summary to fit on a screen.
_EXPLAINED, _IN_SHORT = 4, 2
_SCREEN = 50
# So many promises are named in the last line, and of those that were not tried for one reason.
_IN_LINE, _LISTED = 3, 12
_LAYERS = {Layer.DOCUMENTED: "documented", Layer.EXACT: "held on every answer, whatever is documented"}
# Of as many requests as were drawn none broke a promise: then, at 95 %, fewer than three over that number would
# (the rule of three; Hanley and Lippman-Hand, JAMA 249, 1983).
_THREE = 3
# Of fewer requests than these nothing is worth saying.
_FEW = 30
NO_EVIDENCE = f"none: no more than {MOST_EVIDENCE} files of evidence are kept"

# One thing that a test saw: what was broken by one request, each with its finding and whether that was known before.
Failure = Sequence[tuple[Sighting, Finding, bool]]


def explanation(failures: Iterable[Failure], base_url: str, no_evidence: str) -> str:
    """What a test found broken: the first failure, or the first that no other test explained; of the others a line."""
    first, *others = sorted(failures, key=_is_known)
    lines = [*_explained(first, base_url, no_evidence)]
    if others:
        lines += ["", *(f"  and also  {one[0][0].rule}: {_came(one[0][0])}" for one in others[:_IN_SHORT])]
    if others[_IN_SHORT:]:
        lines.append(f"  and {len(others) - _IN_SHORT} more, in the summary")
    return "\n".join(lines)


def _is_known(failure: Failure) -> bool:
    return all(known for _, _, known in failure)


def _explained(failure: Failure, base_url: str, no_evidence: str) -> Iterator[str]:
    """Everything that one request broke: what was promised, what came, and how to see it again.

    What another test has explained is told in fewer words.
    """
    seen, known = failure[0][0], _is_known(failure)
    for one, _, _ in failure[:_EXPLAINED]:
        yield from promise_lines(one.rule, one.layer, one.expected, _came(one))
    if failure[_EXPLAINED:]:
        yield f"  and also  {_some([one.rule for one, _, _ in failure[_EXPLAINED:]])}"
    yield ""
    yield f"  request   {seen.request}"
    if not known:
        yield f"  answer    {seen.answer}"
        if seen.trace:
            yield f"  trace     {seen.trace}, for the vendor's own logs"
    if seen.why:
        yield f"  payload   {seen.why}"
    if not known:
        yield f"  repeated  {_REPEATED[seen.repeated]}"
        yield f"  curl      {seen.curl}"
        if names_customer(seen.curl):
            yield f"            ({OF_YOURS})"
    paths = [finding.evidence for _, finding, _ in failure if finding.evidence]
    yield f"  again     {replay_command(paths, base_url) if paths else no_evidence or NO_EVIDENCE}"


def promise_lines(rule: str, layer: str, expected: str, came: str, word: str = "") -> Iterator[str]:
    """A broken promise: what was promised, by whom, and what came."""
    promise = promises()[rule]
    yield f"{word}{promise.id}: {promise.sentence} ({promise.source}; {_LAYERS[Layer(layer)]})"
    yield f"  expected  {expected}"
    yield f"  came      {came}"


def _came(seen: Sighting) -> str:
    places = [place for place in (seen.place, *seen.also) if place]
    return seen.actual + (f"   [at {_some(places)}]" if places else "")


def replay_command(paths: Iterable[str], base_url: str) -> str:
    """The command that sends these files again to the same target."""
    where = [] if base_url == MOCK_URL else ["--base-url", base_url]
    # Whoever has only tox says so in tox.ini.
    return f"{os.environ.get('CONTRACTS_REPLAY', 'python -m contracts replay')} {shlex.join([*paths, *where])}"


def summary(result: Result) -> list[str]:
    """The summary of a run, a screen at the most: what was kept, broken, not tried, sent and left behind."""
    mocked = " (the mock, in process)" if result.base_url == MOCK_URL else ""
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(result.statuses.items()))
    lines = [
        f"target         {result.base_url}{mocked}",
        f"contract       {result.contract}",
        f"promises       {count_of(result)}",
        f"seed           {result.seed}",
        f"exchanges      {result.exchanges}",
        f"updates sent   {result.updates}, answered {statuses or 'nothing'}",
        f"interruptions  {result.interruptions}",
        *_wrapped(f"customers left {_some(result.left) or 'none'}"),
    ]
    if result.left:
        lines.append("               remove them with: python -m contracts clean")
    if result.failed:
        lines += _wrapped(
            f"failed too     {len(result.failed)} without a broken promise: {_some(names(result.failed))}"
        )
    if result.not_literal:
        by = f"judged by {result.contract}, not by the literal, which speaks of docs"
        lines += _wrapped(f"literals       {result.not_literal} of the tests {by}")
    for reason, tests in result.required_by_reason.items():
        lines += _wrapped(f"required       {len(tests)} of the tests could not be tried (--require-all): {reason}")
    for reason, rules in result.untried_by_reason.items():
        # A run that was over at once has tried next to nothing: the promises are on the page.
        told = ", ".join(rules) if len(rules) <= _LISTED else f"{len(rules)} promises"
        lines += _wrapped(f"not tried      {told}: {reason}")
    if sure := how_sure(result):
        lines += _wrapped(f"how sure       {sure}")
    lines += [line for warning in result.warnings for line in _wrapped(f"warning        {warning}")]
    groups = [*result.groups.values()]
    explained = 0
    for group in groups[:_EXPLAINED]:
        more, rest = ["", *broken_lines(group, result)], _also_broken(groups[explained + 1 :], result)
        if explained and len([*lines, *more, *rest, ""]) > _SCREEN:
            break
        lines += more
        explained += 1
    return [*lines, *_also_broken(groups[explained:], result), ""]


def _also_broken(groups: Iterable[Sequence[Finding]], result: Result) -> list[str]:
    """Further broken promises in a few lines: each is told in the failures above, on the page and by its evidence."""
    told = [group[0].rule for group in groups]
    if not told:
        return []
    folders = {str(Path(finding.evidence).parent) for finding in result.findings if finding.evidence}
    again = [f"               see all of them again with: {replay_command(sorted(folders), result.base_url)}"]
    return ["", *_wrapped(f"also broken    {', '.join(told)}"), *(again if folders else [])]


def broken_lines(group: Sequence[Finding], result: Result) -> Iterator[str]:
    """All that broke one promise, told by what most tests saw."""
    first, *others = group
    shown = first.shown
    yield from promise_lines(first.rule, shown.layer, shown.expected, _came(shown), "BROKEN ")
    yield f"  request   {shown.request}"
    if shown.trace:
        yield f"  trace     {shown.trace}, for the vendor's own logs"
    goes = all(finding.comes_and_goes for finding in group)
    # What comes and goes has no circumstance.
    if not goes:
        alike = [one.shown.cause for one in group if one.shown.actual == shown.actual]
        yield f"  when      {_some(alike)}"
    for other in () if goes else [one for one in others if one.shown.actual != shown.actual]:
        yield f"  and when  {other.shown.cause}: {other.shown.actual}"
    yield f"  seen      {first.seen}"
    tests = names(dict.fromkeys(test for finding in group for test in finding.tests))
    yield f"  tests     {len(tests)}: {_some(tests)}"
    kept = [finding.evidence for finding in group if finding.evidence]
    yield f"  again     {replay_command(kept[:1], result.base_url) if kept else result.no_evidence or NO_EVIDENCE}"


def last_line(result: Result) -> str:
    """The verdict in one line."""
    code = result.code
    if code == WRONG_CALL:
        return f"WRONG CALL: {result.stopped}"
    after = f"; then {result.stopped}" if result.stopped else "; then it was stopped" if result.by_hand else ""
    after += f"; {result.out_of_time} tests were not run: --max-time" if result.out_of_time else ""
    if code == RED and result.groups:
        which = f"{_some([*result.groups], _IN_LINE)}{_goes(result)}"
        return f"BROKEN {len(result.groups)} of {_promises(len(result.tried))}: {which}{after}{_mock(result)}"
    if code == RED and result.failed:
        tests = f"{len(result.failed)} test{'' if len(result.failed) == 1 else 's'}"
        return f"FAILED {tests} without a broken promise: {_some(names(result.failed))}{after}"
    if code == RED:
        return f"NOT TRIED, though --require-all wants it: {'; '.join(result.required_by_reason)}{after}"
    if code == INTERRUPTED:
        return "STOPPED by hand; nothing was found broken before"
    if code != GREEN:
        return f"NO VERDICT: {result.stopped or 'nothing that was selected could be tried here'}"
    number = len(promises().keys() & result.not_tried)
    untried = f", {number} not tried" if number else ""
    accepted = f", {len(result.deviating)} broken as accepted" if result.deviating else ""
    return f"KEPT {_promises(len(result.kept))}{accepted}{untried}{after}{_mock(result)}"


def _promises(number: int) -> str:
    return f"{number} promise{'' if number == 1 else 's'}"


def _goes(result: Result) -> str:
    return f" ({result.findings[0].seen})" if all(finding.comes_and_goes for finding in result.findings) else ""


def _mock(result: Result) -> str:
    # Where a machine runs it, a variable that was forgotten must not look like a vendor that keeps its word.
    told = result.base_url == MOCK_URL and os.environ.get("CI")
    return " (on the mock, in process: no vendor was asked)" if told else ""


def how_sure(result: Result) -> str:
    """What the generated requests show where none of them broke a promise; empty where that cannot be said."""
    total = sum(result.generated.values())
    found = any("test_generated_requests" in test for finding in result.findings for test in finding.tests)
    if found or total < _FEW:
        return ""
    counts = sorted(result.generated.items())
    kinds = ", ".join(f"{name}: {_one_in(count)}" for name, count in counts if count >= _FEW)
    return (
        f"of {total:,} distinct generated updates none broke a promise: of updates drawn as these were, at 95 % fewer "
        f"than {_one_in(total)} would{f' ({kinds})' if kinds else ''}"
    )


def _one_in(count: int) -> str:
    return f"1 in {count // _THREE:,}"


def count_of(result: Result) -> str:
    """How many promises were kept, broken and not tried."""
    # What was broken otherwise, too, is broken.
    as_accepted = len(result.deviating.keys() - result.groups)
    accepted = f"{as_accepted} broken as accepted, " if as_accepted else ""
    not_tried = len(promises()) - len(result.kept) - len(result.groups) - as_accepted
    untried = f"{not_tried} not tried" if result.selected else f"{not_tried} not selected or not tried"
    told = f"{len(result.kept)} kept, {len(result.groups)} broken, {accepted}{untried}"
    return f"{told} (of {len(promises())})"


def deviations(accepted: Deviations, result: Result) -> list[str]:
    """A line on each deviation that somebody has accepted."""
    return [*accepted.report(result.tried, result.tests, result.accepted)]


def names(tests: Iterable[str]) -> list[str]:
    """What a test was tried with says more than the test's name, which its promise has said."""
    short = [test.rpartition("::")[2] for test in tests]
    return [name.partition("[")[2].removesuffix("]") or name for name in short]


def _some(words: Sequence[str], most: int = _NAMED) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent=" " * 15, break_on_hyphens=False)
