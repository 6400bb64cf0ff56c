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

# How likely the times that are suggested show a failure again, and the most that are suggested: what --times takes.
_CHANCE = 0.95
MOST_TIMES = 10_000


def lines(replayed: Replayed, path: Path) -> Iterator[str]:
    """What became of one recorded violation."""
    evidence, step, is_again = replayed.evidence, replayed.evidence.failing, replayed.result is Fate.SEEN_AGAIN
    how = "comes and goes: seen " if 0 < replayed.seen < replayed.times else ""
    often = f", {how}{replayed.seen} of {replayed.times} times" if replayed.times > 1 else ""
    yield f"{replayed.result.upper()}{often}  {path}"
    if evidence.violation and not is_again:
        yield f"  {evidence.rule}: {evidence.violation.promise.sentence}"
    if replayed.reason:
        yield f"  reason    {replayed.reason}"
    elif not step.answer_known:
        yield "  recorded  not the whole answer is in the file: only its status was judged"
    elif not evidence.violation:
        yield "  nothing was recorded as broken"
    elif replayed.result is Fate.DIFFERENT:
        yield f"  recorded  {evidence.violation.actual}"
    if replayed.attempt:
        sent, recorded = replayed.attempt.exchange, step.exchange.request.path
        found = sorted(replayed.attempt.violations, key=lambda violation: violation.rule != evidence.rule)
        for now in found[:1] if is_again else found:
            yield from ("  " + line for line in promise_lines(now.rule, now.layer, now.expected, now.actual))
        yield f"  request   {request_line(sent)}"
        if not evidence.source.contract and sent.request.path != recorded:
            yield f"  customer  one of the suite's, in place of {recorded}; --customer SLUG chooses another"
        yield f"  answer    {answer_line(sent)}"
    if replayed.needs_state:
        yield "  state     it needs what was sent before it: alone, on a fresh customer, it is not seen"
    if replayed.result is Fate.GONE and evidence.seen_once and (hint := _how_often(evidence, replayed.times)):
        yield f"  often     {hint}"


def _how_often(evidence: Evidence, times: int) -> str:
    """How often to send what came and went; empty where it was sent as often."""
    if not 0 < evidence.broke < evidence.tried:
        return "it was seen once when it was recorded: --times 50 gives it more chances" if times == 1 else ""
    missed = 1 - evidence.broke / evidence.tried
    wanted = min(math.ceil(math.log(1 - _CHANCE, missed)), MOST_TIMES)
    rate, chance = f"{evidence.broke} of {evidence.tried} updates", min(1 - missed**wanted, _CHANCE)
    hint = f"it came and went, {rate}: `--times {wanted}` sees it with {100 * chance:.0f} %"
    return hint if times < wanted else ""


def verdict(results: Sequence[Replayed]) -> str:
    """One line on all that was replayed."""
    counts = Counter(replayed.result for replayed in results)
    return ", ".join(f"{counts[fate]} {fate}" for fate in Fate if counts[fate] or fate is not Fate.NOT_TRIED)
