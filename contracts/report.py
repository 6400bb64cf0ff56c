"""The report: what a run says to the person who reads it."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from contracts.curl import curl
from contracts.deviation import Deviations
from contracts.exchange import Exchange
from contracts.outcome import Outcome
from contracts.record import Broken
from contracts.replay import Fate, Replayed
from contracts.result import NO_VERDICT, Finding, Result
from contracts.rules.promise import Layer, Violation, excerpt, promises
from contracts.run import MOST_EVIDENCE, Run
from contracts.target import MOCK_URL

WIDTH = 110
_REPEATED = {True: "yes, when it was tried again alone", None: "not tried again"}
_CURL_SHOWN = 1000
# So many of the tests, and of the further places, of one broken rule are named.
_NAMED = 6
# So many broken promises are explained of one answer and told in a summary, and so many further failures of one test
# are named: an explanation has to be read, and a summary to fit on a screen.
_EXPLAINED, _IN_SHORT = 4, 2
_NO_EVIDENCE = f"no evidence: more than {MOST_EVIDENCE} promises were broken"
_LAYERS = {Layer.DOCUMENTED: "documented", Layer.EXACT: "held on every answer, whatever is documented"}
_ALWAYS = (Fate.SEEN_AGAIN, Fate.DIFFERENT, Fate.GONE)


def explain(outcome: Outcome, violations: Sequence[Violation], found: Sequence[Broken], run: Run, why: str = "") -> str:
    """Everything that was found broken: what was promised, what came, and how to see it again.

    `found` are the entries of the violations in the record. What was explained before, in another test, is told in
    fewer words.
    """
    known = is_known(found)
    lines = [line for violation in violations[:_EXPLAINED] for line in _violation(violation)]
    if violations[_EXPLAINED:]:
        lines.append(f"  and also  {_some([violation.rule for violation in violations[_EXPLAINED:]], ', ')}")
    lines += ["", f"  request   {_request(outcome.exchange)}"]
    if not known:
        lines.append(f"  answer    {_answer(outcome.exchange)}")
        if outcome.exchange.trace_id:
            lines.append(f"  trace     {outcome.exchange.trace_id}, for the vendor's own logs")
    if why:
        lines.append(f"  payload   {why}")
    if not known:
        lines.append(f"  repeated  {_repeated(outcome, violations[0], run)}")
        lines.append(f"  curl      {command(outcome.exchange, run.target.base_url)}")
    lines.append(f"  again     {_again(found, run)}")
    return "\n".join(lines)


def _repeated(outcome: Outcome, violation: Violation, run: Run) -> str:
    if outcome.repeated is not False:
        return _REPEATED[outcome.repeated]
    broke, tried = run.record.rate(violation.rule)
    return f"comes and goes: {broke} of {tried} updates, and not when it was tried again alone"


def explain_each(failures: Iterable[tuple[Outcome, Sequence[Broken]]], run: Run, why: str = "") -> str:
    """The explanation of the first failure, or of the first that no other test explained; of the others a line."""
    (outcome, found), *others = sorted(failures, key=lambda failure: is_known(failure[1]))
    lines = [explain(outcome, outcome.violations, found, run, why)]
    if others:
        lines += ["", *(f"  and also  {_in_short(other.violations[0])}" for other, _ in others[:_IN_SHORT])]
    if others[_IN_SHORT:]:
        lines.append(f"  and {len(others) - _IN_SHORT} more, in the summary")
    return "\n".join(lines)


def _in_short(violation: Violation) -> str:
    return f"{violation.rule}: {_placed(violation.actual, violation.place)}"


def is_known(found: Iterable[Broken]) -> bool:
    """Whether all of this was found broken before, in another test, and explained there."""
    return all(broken.count > 1 for broken in found)


def _again(found: Iterable[Broken], run: Run) -> str:
    """The command that sends what was kept of these again, or why there is none."""
    paths = [str(broken.evidence) for broken in found if broken.evidence]
    return replay_command(paths, run.target.base_url) if paths else run.record.no_evidence or _NO_EVIDENCE


def replay_command(paths: Iterable[str], base_url: str) -> str:
    """The command that sends these files again to the same target."""
    where = [] if base_url == MOCK_URL else ["--base-url", base_url]
    # Whoever has only tox says so in tox.ini.
    return f"{os.environ.get('CONTRACTS_REPLAY', 'python -m contracts replay')} {shlex.join([*paths, *where])}"


def command(exchange: Exchange, base_url: str) -> str:
    """The curl line for an exchange, or why there is none."""
    line = curl(exchange.request, base_url, exchange.headers_in_front)
    return (
        line
        if len(line) <= _CURL_SHOWN
        else f"(a curl line of {len(line)} characters; the payload's id says what was sent)"
    )


def _violation(violation: Violation) -> Iterator[str]:
    promise = violation.promise
    yield f"{promise.id}: {promise.sentence} ({promise.source}; {_LAYERS[violation.layer]})"
    yield from _expected(violation.expected, violation.actual, violation.place)


def _expected(expected: str, actual: str, place: str) -> Iterator[str]:
    yield f"  expected  {expected}"
    yield f"  came      {_placed(actual, place)}"


def _placed(actual: str, place: str) -> str:
    return actual + (f"   [at {place}]" if place else "")


def _request(exchange: Exchange) -> str:
    request = exchange.request
    media_type = request.header("Content-Type") or "no media type"
    return f"{request.method} {request.path}, {len(request.body)} bytes of {excerpt(media_type)}"


def _answer(exchange: Exchange) -> str:
    response = exchange.response
    if response is None:
        return f"none: {exchange.failure}"
    size = f"{response.size} bytes, {exchange.seconds * 1000:.0f} ms"
    return f"{response.status} {excerpt(response.reason)}, {size}"


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
        *_wrapped(f"customers left {_some(result.left, ', ') or 'none'}"),
    ]
    if result.otherwise:
        tests = [test.rpartition("::")[2] for test in result.otherwise]
        lines += _wrapped(f"failed too     {len(tests)} without a broken promise, see above: {_some(tests, ', ')}")
    if result.not_literal:
        by = f"judged by {result.contract}, not by the literal, which speaks of docs"
        lines += _wrapped(f"literals       {result.not_literal} of the tests {by}")
    if result.left:
        lines.append("               remove them with: python -m contracts clean")
    for reason, rules in result.untried_by_reason.items():
        lines += _wrapped(f"not tried      {', '.join(rules)}: {reason}")
    if result.stopped:
        what = "no verdict     " if result.code == NO_VERDICT else "wrong call     "
        lines += _wrapped(what + result.stopped)
    elif not result.tried:
        lines.append("no verdict     nothing that was selected could be tried here")
    lines += [f"warning        {warning}" for warning in result.warnings]
    groups = [*result.groups.values()]
    for group in groups[:_EXPLAINED]:
        lines += ["", *broken_lines(group, result)]
    return lines + _also_broken(groups[_EXPLAINED:], result)


def _also_broken(groups: Iterable[Sequence[Finding]], result: Result) -> list[str]:
    """Further broken promises in a few lines: each is told in the failures above, on the page and by its evidence."""
    told = [f"{group[0].rule} ({_count(group)}x)" for group in groups]
    if not told:
        return []
    folders = {str(Path(finding.evidence).parent) for finding in result.findings if finding.evidence}
    again = [f"               see all of them again with: {replay_command(sorted(folders), result.base_url)}"]
    return ["", *_wrapped(f"also broken    {', '.join(told)}"), *(again if folders else [])]


def _count(group: Iterable[Finding]) -> int:
    return sum(finding.count for finding in group)


def count_of(result: Result) -> str:
    """How many promises were kept, broken and not tried."""
    not_tried = len(set(result.not_tried) & set(promises()))
    accepted = f"{len(result.deviating)} broken as accepted, " if result.deviating else ""
    told = f"{len(result.kept)} kept, {len(result.groups)} broken, {accepted}{not_tried} not tried"
    return f"{told} (of {len(promises())})"


def deviations(accepted: Deviations, result: Result) -> list[str]:
    """A line on each deviation that somebody has accepted."""
    return [*accepted.report(result.tried, result.tests, result.accepted)]


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent=" " * 15, break_on_hyphens=False)


def broken_lines(group: Sequence[Finding], result: Result) -> Iterator[str]:
    """All that broke one rule, told by what was found most often."""
    first, *others = group
    promise = promises()[first.rule]
    yield f"BROKEN {promise.id}: {promise.sentence} ({promise.source}; {_LAYERS[Layer(first.layer or promise.layer)]})"
    yield from _expected(first.expected, first.actual, first.place)
    if others:
        yield f"  also at   {_some([finding.place or 'another place' for finding in others], ', ')}"
    yield f"  seen      {_often(group)}"
    kept = [finding.evidence for finding in group if finding.evidence]
    yield f"  again     {replay_command(kept[:1], result.base_url) if kept else _NO_EVIDENCE}"


def _often(group: Sequence[Finding]) -> str:
    tests = [test.rpartition("::")[2] for test in dict.fromkeys(test for finding in group for test in finding.tests)]
    # What a test was tried with says more than the test's name, which its promise has said.
    names = [test.partition("[")[2].removesuffix("]") or test for test in tests]
    broke, tried = group[0].broke, group[0].tried
    once = "" if any(finding.repeated for finding in group) else "comes and goes, "
    return f"{once}{broke} of {tried} updates that put it to the test: {_some(names, ' ')}"


def _some(words: Sequence[str], separator: str) -> str:
    words = list(dict.fromkeys(words))
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return separator.join(words[:_NAMED]) + more


def replayed(came: Replayed, path: Path) -> Iterator[str]:
    """What became of one recorded violation."""
    recorded = came.evidence.violation
    often = f", {came.seen} of {came.times} times" if came.times > 1 else ""
    yield f"{came.result.upper()}{often}  {path}"
    if came.result is not Fate.SEEN_AGAIN:
        yield (
            f"  {recorded.promise.id}: {recorded.promise.sentence}" if recorded else "  nothing was recorded as broken"
        )
    if came.reason:
        yield f"  reason    {came.reason}"
    if came.result is Fate.DIFFERENT and recorded:
        yield f"  recorded  {recorded.actual}"
    for violation in came.now[:1] if came.result is Fate.SEEN_AGAIN else came.now:
        yield from ("  " + line for line in _violation(violation))
    if came.outcome:
        yield f"  request   {_request(came.outcome.exchange)}"
        yield f"  answer    {_answer(came.outcome.exchange)}"
    if came.needs_state:
        yield "  state     it needs what was sent before it: alone, on a fresh customer, it is not seen"
    if came.result is Fate.GONE and came.evidence.seen_once and came.times == 1:
        yield "  often     it was seen once when it was recorded: --times 50 gives it more chances"


def verdict(results: Sequence[Replayed]) -> str:
    """One line on all that was replayed."""
    counts = Counter(came.result for came in results)
    return ", ".join(f"{counts[result]} {result}" for result in Fate if counts[result] or result in _ALWAYS)
