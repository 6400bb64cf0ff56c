"""What the user reads of a release: one verdict line, and a block for each change."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from contracts.release.behaviour import Behaviour, Difference, Word
from contracts.release.change import Change, Kind, Verdict
from contracts.report import replay_command
from contracts.rules.promise import promises

Json = Any

_LONGEST = 1_000
# Of so many payloads that are answered otherwise the ids are told.
_NAMED = 4
# How the value of a proof is called, by the first word of where it is.
_VALUES = {"request": "payload", "answer": "answer"}


def lines(verdict: Verdict, pin: str, candidate: str) -> Iterator[str]:
    """The verdict, and each change with its proof or with what the two sides say."""
    word = "safe" if verdict.safe else "not safe"
    counts = ", ".join(f"{verdict.count(kind)} {kind.value}" for kind in Kind if verdict.count(kind))
    yield f"{word}: {pin} → {candidate}: {counts or 'no change'}{_why(verdict)}"
    for change in verdict.changes:
        yield ""
        yield from _block(change)


def behaviour_lines(behaviours: Sequence[Behaviour], differing: Sequence[Difference], base_url: str) -> Iterator[str]:
    """What a deployment does: each promise that it breaks, and the answers that differ from those of the pin's mock."""
    counts = ", ".join(
        f"{len([one for one in behaviours if one.word is word])} {word.value}"
        for word in Word
        if any(one.word is word for one in behaviours)
    )
    yield f"behaviour at {base_url}: {counts or 'as promised'}"
    for one in behaviours:
        yield ""
        yield from _behaviour(one, base_url)
    if differing:
        yield ""
        yield f"answers that differ from those of the pin's mock: {sum(len(one.payloads) for one in differing)}"
    for difference in differing:
        shown = ", ".join(difference.payloads[:_NAMED])
        more = len(difference.payloads) - _NAMED
        yield f"  {shown}{f' and {more} more' if more > 0 else ''}"
        yield from ("  " + line for line in _labelled("pin", difference.pin))
        yield from ("  " + line for line in _labelled("candidate", difference.candidate))


def _behaviour(one: Behaviour, base_url: str) -> Iterator[str]:
    found = one.finding
    yield f"{one.word.value}: {found.rule}: {promises()[found.rule].sentence}"
    yield from _labelled("expected", found.expected)
    yield from _labelled("came", found.actual)
    if found.evidence:
        yield from _labelled("again", replay_command([found.evidence], base_url))


def _why(verdict: Verdict) -> str:
    """What else made the release unsafe, or was let pass."""
    notes = []
    if verdict.refused_drift:
        notes.append("--exact refuses drift")
    if verdict.refused_undecided:
        notes.append("what is not decided is not safe; --allow-undecided lets it pass")
    return f" ({'; '.join(notes)})" if notes else ""


def _block(change: Change) -> Iterator[str]:
    yield f"{change.kind.value}: {change.where}: {change.what}"
    if change.proof is not None:
        theirs = "; ".join(change.proof.reasons)
        is_answer = change.where.startswith("answer")
        sides = (f"refuses it: {theirs}", "allows it") if is_answer else ("allows it", f"refuses it: {theirs}")
        yield from _labelled(_VALUES.get(change.where.partition(" ")[0], "value"), _shown(change.proof.value))
        yield from _labelled("pin", sides[0])
        yield from _labelled("candidate", sides[1])
    elif change.pin or change.candidate:
        yield from _labelled("pin", change.pin)
        yield from _labelled("candidate", change.candidate)


def _labelled(label: str, text: str) -> Iterator[str]:
    yield f"  {label:<9} {textwrap.shorten(text, _LONGEST, placeholder=' …') if len(text) > _LONGEST else text}"


def _shown(value: Json) -> str:
    """The value as JSON; a long one as its ends and its size."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= _LONGEST:
        return text
    return f"{text[:60]} … {text[-20:]} ({len(text):,} characters)"
