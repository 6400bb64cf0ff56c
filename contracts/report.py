"""The report: what a run says to the person who reads it."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from contracts.exchange import Exchange, curl
from contracts.outcome import Outcome
from contracts.promise import Violation, excerpt, promises
from contracts.record import Broken
from contracts.replay import Replayed, Result
from contracts.run import MOST_EVIDENCE, Run

WIDTH = 110
_REPEATED = {
    True: "yes, when it was tried again alone",
    False: "no: seen once, and not when it was tried again alone",
    None: "not tried again",
}
_CURL_SHOWN = 1000
# So many of the tests, and of the further places, of one broken rule are named.
_NAMED = 6
_ALWAYS = (Result.SEEN_AGAIN, Result.DIFFERENT, Result.GONE)


def explain(outcome: Outcome, found: Sequence[Broken], run: Run, why: str = "") -> str:
    """Everything that was found broken: what was promised, what came, and how to see it again.

    What was explained before, in another test, is told in fewer words.
    """
    known = is_known(found)
    lines = [line for broken in found for line in _violation(broken.violation)]
    lines += ["", f"  request   {_request(outcome.exchange)}"]
    if not known:
        lines.append(f"  answer    {_answer(outcome.exchange)}")
    if why:
        lines.append(f"  payload   {why}")
    if not known:
        lines.append(f"  repeated  {_REPEATED[outcome.repeated]}")
        lines.append(f"  curl      {command(outcome.exchange, run.target.base_url)}")
    lines.append(f"  again     {_replay(found, run)}")
    return "\n".join(lines)


def is_known(found: Iterable[Broken]) -> bool:
    """Whether all of this was found broken before, in another test, and explained there."""
    return all(broken.count > 1 for broken in found)


def _replay(found: Iterable[Broken], run: Run) -> str:
    """The command that sends what was kept of these again, or why there is none."""
    paths = [str(broken.evidence) for broken in found if broken.evidence]
    if not paths:
        return run.record.no_evidence or f"no evidence: more than {MOST_EVIDENCE} promises were broken"
    where = [] if run.target.is_mock else ["--base-url", run.target.base_url]
    # Whoever has only tox says so in tox.ini.
    return f"{os.environ.get('CONTRACTS_REPLAY', 'python -m contracts replay')} {shlex.join([*paths, *where])}"


def command(exchange: Exchange, base_url: str) -> str:
    """The curl line for an exchange, or why there is none."""
    line = curl(exchange.request, base_url)
    return (
        line
        if len(line) <= _CURL_SHOWN
        else f"(a curl line of {len(line)} characters; the payload's id says what was sent)"
    )


def _violation(violation: Violation) -> Iterator[str]:
    promise = violation.promise
    yield f"{promise.id}: {promise.sentence} ({promise.source})"
    yield f"  expected  {violation.expected}"
    yield f"  came      {violation.actual}" + (f"   [at {violation.place}]" if violation.place else "")


def _request(exchange: Exchange) -> str:
    request = exchange.request
    media_type = request.header("Content-Type") or "no media type"
    return f"{request.method} {request.path}, {len(request.body)} bytes of {excerpt(media_type)}"


def _answer(exchange: Exchange) -> str:
    response = exchange.response
    if response is None:
        return f"none: {exchange.failure}"
    size = f"{len(response.body)} bytes, {exchange.seconds * 1000:.0f} ms"
    return f"{response.status} {excerpt(response.reason)}, {size}"


def summary(run: Run) -> list[str]:
    """The summary of a run, a screen at the most: what was kept, broken, not tried, sent and left behind."""
    record = run.record
    mocked = " (the mock, in process)" if run.target.is_mock else ""
    untried = record.untried_rules
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(record.statuses.items()))
    lines = [
        f"target         {run.target.base_url}{mocked}",
        f"contract       {run.document.name}",
        f"promises       {len(record.kept_rules)} kept, {len(record.broken_rules)} broken, "
        f"{len(set(untried) & set(promises()))} not tried"
        f" (of {len(promises())})",
        f"seed           {run.options.generation.seed}",
        f"exchanges      {record.exchanges}",
        f"updates sent   {record.updates}, answered {statuses or 'nothing'}",
        f"interruptions  {run.client.patience.interruptions}",
        f"customers left {', '.join(run.customers.left) or 'none'}",
    ]
    if run.customers.left:
        lines.append("               remove them with: python -m contracts clean")
    lines += _untried(untried)
    if not record.tried:
        lines.append("no verdict     nothing that was selected could be tried here")
    lines += [
        f"warning        {warning}" for warning in (run.options.generation.warning, record.no_evidence) if warning
    ]
    for group in record.groups.values():
        lines += ["", *_group(group, run)]
    return lines


def _untried(untried: dict[str, str]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for rule, reason in untried.items():
        reasons.setdefault(reason, []).append(rule)
    for reason, rules in reasons.items():
        yield from textwrap.wrap(
            f"not tried      {', '.join(rules)}: {reason}", WIDTH, subsequent_indent=" " * 15, break_on_hyphens=False
        )


def _group(group: Sequence[Broken], run: Run) -> Iterator[str]:
    """All that broke one rule, told by what was found most often."""
    first, *others = group
    promise, *came = _violation(first.violation)
    yield f"BROKEN {promise}"
    yield from came
    if others:
        yield f"  also at   {_some([broken.violation.place or 'another place' for broken in others], ', ')}"
    yield f"  seen      {_often(group)}"
    yield f"  again     {_replay([first], run)}"


def _often(group: Sequence[Broken]) -> str:
    tests = [test.rpartition("::")[2] for test in dict.fromkeys(test for broken in group for test in broken.tests)]
    # What a test was tried with says more than the test's name, which its promise has said.
    names = [test.partition("[")[2].removesuffix("]") or test for test in tests]
    once = "" if any(broken.repeated for broken in group) else ", not again when it was tried alone"
    return f"{sum(broken.count for broken in group)}x{once}: {_some(names, ' ')}"


def _some(words: Sequence[str], separator: str) -> str:
    words = list(dict.fromkeys(words))
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return separator.join(words[:_NAMED]) + more


def replayed(came: Replayed, path: Path) -> Iterator[str]:
    """What became of one recorded violation."""
    recorded = came.evidence.violation
    often = f", {came.seen} of {came.times} times" if came.times > 1 else ""
    yield f"{came.result.upper()}{often}  {path}"
    if came.result is not Result.SEEN_AGAIN:
        yield (
            f"  {recorded.promise.id}: {recorded.promise.sentence}" if recorded else "  nothing was recorded as broken"
        )
    if came.reason:
        yield f"  reason    {came.reason}"
    if came.result is Result.DIFFERENT and recorded:
        yield f"  recorded  {recorded.actual}"
    for violation in came.now[:1] if came.result is Result.SEEN_AGAIN else came.now:
        yield from ("  " + line for line in _violation(violation))
    if came.outcome:
        yield f"  request   {_request(came.outcome.exchange)}"
        yield f"  answer    {_answer(came.outcome.exchange)}"
    if came.needs_state:
        yield "  state     it needs what was sent before it: alone, on a fresh customer, it is not seen"
    if came.result is Result.GONE and came.evidence.seen_once and came.times == 1:
        yield "  often     it was seen once when it was recorded: --times 50 gives it more chances"


def verdict(results: Sequence[Replayed]) -> str:
    """One line on all that was replayed."""
    counts = Counter(came.result for came in results)
    return ", ".join(f"{counts[result]} {result}" for result in Result if counts[result] or result in _ALWAYS)
