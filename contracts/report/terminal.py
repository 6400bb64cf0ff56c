"""What a run says to the person at a terminal: each failure explained, a summary, and the verdict as its last line."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from contracts.http.curl import OF_YOURS, names_customer
from contracts.http.target import MOCK_URL
from contracts.report.finding import Finding, Sighting
from contracts.report.result import GREEN, INTERRUPTED, MOST_EVIDENCE, RED, WRONG_CALL, Result, by
from contracts.rules.promise import Layer, promises

WIDTH = 110
# A statement on one request. Whether the fault comes and goes is known at the end, of all requests.
_ALONE = {True: "it was broken again", None: "it was not sent again", False: "it was not broken again"}
# So many causes are named in one line, promises in the last line, and tests, by names that -k takes.
_NAMED, _IN_LINE, _TESTS = 6, 3, 2
# So many broken promises are explained of one answer and told in a summary, which has to fit on a screen. So many
# that were not tried are named.
_EXPLAINED, _SCREEN, _LISTED = 4, 50, 12
_LAYERS = {Layer.DOCUMENTED: "documented", Layer.EXACT: "held on every answer, whatever is documented"}
# Of as many requests as were drawn none broke a promise: then, at 95 %, fewer than three over that number would
# (the rule of three; Hanley and Lippman-Hand, JAMA 249, 1983). Of fewer than these nothing is worth saying.
_THREE, _FEW = 3, 30
NO_EVIDENCE = f"none: no more than {MOST_EVIDENCE} files of evidence are kept"


def explanation(failures: Sequence[Sequence[tuple[Sighting, Finding]]], base_url: str, no_evidence: str) -> str:
    """What a test found broken: what was promised, what came, and how to see it again.

    Of several failing requests the first is explained, and what the others broke is named.
    """
    first, seen = failures[0], failures[0][0][0]
    lines = [line for one, _ in first[:_EXPLAINED] for line in _promise(one)]
    rules = dict.fromkeys(one.rule for failure in (first[_EXPLAINED:], *failures[1:]) for one, _ in failure)
    lines += [f"  and also  {some([*rules])}"] if rules else []
    lines += ["", f"  request   {seen.request}", f"  answer    {seen.answer}", *_trace(seen)]
    lines += [f"  payload   {seen.why}"] if seen.why else []
    lines += [f"  alone     {_ALONE[seen.repeated]}", f"  curl      {seen.curl}"]
    lines += [f"            ({OF_YOURS})"] if names_customer(seen.curl) else []
    return "\n".join([*lines, _again((finding for _, finding in first), base_url, no_evidence)])


def promise_lines(rule: str, layer: str, expected: str, actual: str, word: str = "") -> Iterator[str]:
    """A broken promise: what was promised, by whom, and what came."""
    promise = promises()[rule]
    yield f"{word}{promise.id}: {promise.sentence} ({promise.source}; {_LAYERS[Layer(layer)]})"
    yield f"  expected  {expected}"
    yield f"  came      {actual}"


def _promise(seen: Sighting, word: str = "") -> Iterator[str]:
    places = [place for place in (seen.place, *seen.also) if place]
    at = f"   [at {some(places)}]" if places else ""
    return promise_lines(seen.rule, seen.layer, seen.expected, seen.actual + at, word)


def _trace(seen: Sighting) -> list[str]:
    return [f"  trace     {seen.trace}, for the vendor's own logs"] if seen.trace else []


def _again(findings: Iterable[Finding], base_url: str, no_evidence: str) -> str:
    paths = [finding.evidence for finding in findings if finding.evidence]
    return f"  again     {replay_command(paths, base_url) if paths else no_evidence or NO_EVIDENCE}"


def replay_command(paths: Iterable[str], base_url: str) -> str:
    """The command that sends these files again to the same target."""
    where = [] if base_url == MOCK_URL else ["--base-url", base_url]
    # Whoever has only tox says so in tox.ini.
    return f"{os.environ.get('CONTRACTS_REPLAY', 'python -m contracts replay')} {shlex.join([*paths, *where])}"


def summary(result: Result) -> list[str]:
    """The summary of a run, a screen at the most: what was kept, broken, not tried, sent and left behind."""
    metrics = result.metrics
    statuses = ", ".join(f"{status}: {count}" for status, count in metrics.statuses.items())
    facts = [
        ("target", result.base_url + (" (the mock, in process)" if result.base_url == MOCK_URL else "")),
        ("contract", result.contract),
        ("promises", count_of(result)),
        ("seed", result.seed),
        ("exchanges", str(metrics.exchanges)),
        ("updates sent", f"{metrics.updates}, answered {statuses or 'nothing'}"),
        ("interruptions", str(metrics.interruptions)),
        ("customers left", some(metrics.left) or "none"),
    ]
    if metrics.left:
        facts.append(("", "remove them with: python -m contracts clean"))
    if result.failed:
        facts.append(("failed too", f"{len(result.failed)} without a broken promise: {names(result.failed)}"))
    if result.not_literal:
        words = f"of the tests judged by {result.contract}, not by the literal, which speaks of docs"
        facts.append(("literals", f"{result.not_literal} {words}"))
    for reason, tests in by(result.required, result.required.__getitem__).items():
        facts.append(("required", f"{len(tests)} of the tests could not be tried (--require-all): {reason}"))
    for reason, rules in result.not_tried.items():
        # A run that was over at once has tried next to nothing: the promises are on the page.
        which = ", ".join(rules) if len(rules) <= _LISTED else f"{len(rules)} promises"
        facts.append(("not tried", f"{which}: {reason}"))
    facts += [("how sure", how_sure(result))] if how_sure(result) else []
    facts += [("warning", warning) for warning in metrics.warnings]
    lines = [line for label, text in facts for line in _wrapped(label, text)]
    groups = [*result.groups.values()]
    told = [["", *broken_lines(group, result)] for group in groups[:_EXPLAINED]]
    while True:
        whole = [*lines, *chain(*told), *_also_broken(groups[len(told) :], result), ""]
        if len(told) < 2 or len(whole) <= _SCREEN:
            return whole
        told.pop()


def _also_broken(groups: Sequence[Sequence[Finding]], result: Result) -> list[str]:
    """Further broken promises in a few lines: each is told in the failures above, on the page and by its evidence."""
    if not groups:
        return []
    again = f"see all of them again with: {replay_command([result.evidence], result.base_url)}"
    kept = any(finding.evidence for finding in result.findings)
    named = _wrapped("also broken", ", ".join(group[0].rule for group in groups))
    return ["", *named, *([f"{'':15}{again}"] if kept else [])]


def broken_lines(group: Sequence[Finding], result: Result) -> Iterator[str]:
    """All that broke one promise, told by what was found first."""
    first, shown = group[0], group[0].shown
    yield from _promise(shown, "BROKEN ")
    yield f"  request   {shown.request}"
    yield from _trace(shown)
    # What comes and goes has no circumstance.
    if not all(finding.comes_and_goes for finding in group):
        yield f"  when      {some([one.shown.cause for one in group if one.shown.actual == shown.actual], '; ')}"
        for other in group:
            if other.shown.actual != shown.actual:
                yield f"  and when  {other.shown.cause}: {other.shown.actual}"
    yield f"  seen      {first.seen}"
    tests = dict.fromkeys(test for finding in group for test in finding.tests)
    yield f"  tests     {len(tests)}: {names(tests)}"
    kept = [finding for finding in group if finding.evidence]
    yield _again(kept[:1], result.base_url, result.no_evidence)


def last_line(result: Result) -> str:
    """The verdict in one line."""
    code, groups = result.code, result.groups
    if code == WRONG_CALL:
        return f"WRONG CALL: {result.stopped}"
    after = f"; then {result.stopped}" if result.stopped else "; then it was stopped" if result.by_hand else ""
    after += f"; {result.out_of_time} tests were not run: --max-time" if result.out_of_time else ""
    # Where a machine runs it, a variable that was forgotten must not look like a vendor that keeps its word.
    mocked = result.base_url == MOCK_URL and os.environ.get("CI")
    mock = " (on the mock, in process: no vendor was asked)" if mocked else ""
    if code == RED and groups:
        goes = f" ({result.findings[0].seen})" if all(one.comes_and_goes for one in result.findings) else ""
        which = some([*groups], most=_IN_LINE)
        return f"BROKEN {len(groups)} of {_promises(len(result.tried))}: {which}{goes}{after}{mock}"
    if code == RED and result.failed:
        tests = f"{len(result.failed)} test{'' if len(result.failed) == 1 else 's'}"
        return f"FAILED {tests} without a broken promise: {names(result.failed)}{after}"
    if code == RED:
        return f"NOT TRIED, though --require-all wants it: {'; '.join(dict.fromkeys(result.required.values()))}{after}"
    if code == INTERRUPTED:
        return "STOPPED by hand; nothing was found broken before"
    if code != GREEN:
        return f"NO VERDICT: {result.stopped or 'nothing that was selected could be tried here'}"
    number = sum(map(len, result.not_tried.values()))
    untried = f", {number} not tried" if number else ""
    accepted = f", {len(result.deviating)} broken as accepted" if result.deviating else ""
    return f"KEPT {_promises(len(result.kept))}{accepted}{untried}{after}{mock}"


def _promises(number: int) -> str:
    return f"{number} promise{'' if number == 1 else 's'}"


def how_sure(result: Result) -> str:
    """What the generated requests show where none of them broke a promise; empty where that cannot be said."""
    generated = result.metrics.generated
    total = sum(generated.values())
    found = any("test_generated_requests" in test for finding in result.findings for test in finding.tests)
    if found or total < _FEW:
        return ""
    kinds = ", ".join(f"{name}: {_one_in(count)}" for name, count in sorted(generated.items()) if count >= _FEW)
    return (
        f"of {total:,} distinct generated updates none broke a promise: of updates drawn as these were, at 95 % fewer "
        f"than {_one_in(total)} would{f' ({kinds})' if kinds else ''}"
    )


def _one_in(count: int) -> str:
    return f"1 in {count // _THREE:,}"


def count_of(result: Result) -> str:
    """How many promises were kept, broken and not tried. What was broken otherwise, too, is broken."""
    counts = Counter(outcome for outcome, _ in result.outcomes.values())
    accepted = f"{counts['accepted']} broken as accepted, " if counts["accepted"] else ""
    untried = f"{counts['not tried']} {'not tried' if result.selected else 'not selected or not tried'}"
    return f"{counts['kept']} kept, {counts['broken']} broken, {accepted}{untried} (of {counts.total()})"


def names(tests: Iterable[str]) -> str:
    """The names of some tests, each as -k takes it."""
    return some([test.rpartition("::")[2] for test in tests], most=_TESTS)


def some(words: Sequence[str], separator: str = ", ", most: int = _NAMED) -> str:
    """The first of these words, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return separator.join(words[:most]) + more


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(f"{label:<15}{text}", WIDTH, subsequent_indent=" " * 15, break_on_hyphens=False)
