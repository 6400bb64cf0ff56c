"""What the user reads of a release: one verdict line, and a block for each change."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from contracts.release.change import Change, Kind, Verdict

Json = Any

_LONGEST = 1_000
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
