"""What a replay says to the person who reads it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from contracts.evidence.evidence import Evidence
from contracts.evidence.replay import Fate, Replayed
from contracts.report.finding import answer_line, request_line
from contracts.report.terminal import promise_lines

_ALWAYS = (Fate.SEEN_AGAIN, Fate.DIFFERENT, Fate.GONE)
# How likely the times that are suggested show a failure again, and the most that are suggested: what --times takes.
_CHANCE = 0.95
MOST_TIMES = 10_000


def replayed(came: Replayed, path: Path) -> Iterator[str]:
    """What became of one recorded violation."""
    recorded = came.evidence.violation
    how = "comes and goes: seen " if 0 < came.seen < came.times else ""
    often = f", {how}{came.seen} of {came.times} times" if came.times > 1 else ""
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
        told = promise_lines(violation.rule, violation.layer, violation.expected, violation.actual)
        yield from ("  " + line for line in told)
    if came.attempt:
        yield f"  request   {request_line(came.attempt.exchange)}"
        yield f"  answer    {answer_line(came.attempt.exchange)}"
    if came.needs_state:
        yield "  state     it needs what was sent before it: alone, on a fresh customer, it is not seen"
    if came.result is Fate.GONE and came.evidence.seen_once:
        yield from _how_often(came.evidence, came.times)


def _how_often(evidence: Evidence, times: int) -> Iterator[str]:
    """How often to send what came and went, where it was not sent as often."""
    if 0 < evidence.broke < evidence.tried:
        missed = 1 - evidence.broke / evidence.tried
        wanted = min(math.ceil(math.log(1 - _CHANCE, missed)), MOST_TIMES)
        if times < wanted:
            seen = f"it came and went, {evidence.broke} of {evidence.tried} updates"
            chance = min(1 - missed**wanted, _CHANCE)
            yield f"  often     {seen}: `--times {wanted}` sees it with {100 * chance:.0f} %"
    elif times == 1:
        yield "  often     it was seen once when it was recorded: --times 50 gives it more chances"


def verdict(results: Sequence[Replayed]) -> str:
    """One line on all that was replayed."""
    counts = Counter(came.result for came in results)
    return ", ".join(f"{counts[result]} {result}" for result in Fate if counts[result] or result in _ALWAYS)
