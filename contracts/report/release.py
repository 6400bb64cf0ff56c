"""What the release check prints: a block for each change, and the verdict as the last line; or the same as JSON."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import click

from contracts.release import Change, Kind, ReleaseVerdict
from contracts.release.difference import is_in_answer
from contracts.report import files, terminal
from contracts.report.result import Finding
from contracts.rules.promise import promises

Json = Any

# The most characters that are shown of a value, of a value in an annotation, and of a reason.
_LONGEST, _IN_ANNOTATION, _REASON = 1_000, 200, 160
# How the value of a proof is labelled, by the first word of the place of the change.
_VALUES = {"request": "payload", "answer": "answer"}


class Behaviour(Enum):
    """Whether a release documents a broken promise, and whether its deployment breaks it."""

    UNSAID = "does without saying"
    SAID = "says and does"
    NOT_DONE = "says and does not do"


@dataclass(frozen=True)
class Observed:
    """What a deployment did: the promises that it breaks, of the pin, of its own document or of both.

    `deviations` are the lines about accepted deviations.
    """

    base_url: str
    broken: Sequence[tuple[Behaviour, Finding]]
    deviations: Sequence[str] = ()

    @property
    def safe(self) -> bool:
        """Whether it breaks no promise of the pin that its own document still makes."""
        return all(word is not Behaviour.UNSAID for word, _ in self.broken)

    @property
    def counts(self) -> str:
        """How many promises it breaks in each way, in words."""
        return _counts(Behaviour, [word for word, _ in self.broken]) or "as promised"


@dataclass
class ReleaseReport:
    """What is printed about a release: what the documents say, what a deployment does, and the verdict.

    `obstacle` is why the document cannot be adopted, `observed` what the deployment did, `stopped` why nothing is known
    about it, and `adopted` the name of the contract that was saved.
    """

    verdict: ReleaseVerdict
    pin: str
    candidate: str
    as_json: bool = False
    obstacle: str = ""
    observed: Observed | None = None
    stopped: str = ""
    adopted: str = ""

    @property
    def safe(self) -> bool:
        """Whether neither the documents nor the deployment speak against the release."""
        return self.verdict.safe and (self.observed is None or self.observed.safe)

    def print_documents(self) -> None:
        """Print what the documents say. It is known before the deployment is tried."""
        if not self.as_json:
            click.echo("".join(f"{line}\n" for line in blocks(self.verdict)), nl=False)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for change in [change for change in self.verdict.changes if change.kind in (Kind.BREAKING, Kind.UNDECIDED)]:
                value = f": {_cut(_json(change.proof.value), _IN_ANNOTATION)}" if change.proof else ""
                line = files.annotation(f"{change.kind.value}: {change.where}", f"{change.what}{value}")
                click.echo(line, err=self.as_json)

    def print_verdict(self) -> None:
        """Print what the deployment did, then the verdict as the last line; or print everything as JSON."""
        click.echo(_text(self._content()) if self.as_json else "\n".join(self._last_lines()))

    def _last_lines(self) -> Iterator[str]:
        if self.observed:
            yield from (*_of_deployment(self.observed), "")
        if self.adopted:
            yield f"contracts/documents/{self.adopted}.yaml is saved; hold targets to it with --contract {self.adopted}"
        if self.safe and not self.stopped:
            adopt = "; --adopt NAME saves it as a contract, for --contract NAME"
            adopt = f"; it cannot be adopted: {self.obstacle}" if self.obstacle else adopt
            drift = f"; with --contract {self.pin}, a run on it may report the drift as broken promises"
            may_adopt = self.verdict.changes and not self.adopted
            yield f"next: upgrade{adopt if may_adopt else ''}{drift if self._count(Kind.DRIFT) else ''}"
        notes = [f"the deployment: {self.observed.counts}"] if self.observed else []
        if self.verdict.exact and self._count(Kind.DRIFT):
            notes.append("with --exact, drift is not safe")
        if not self.verdict.allow_undecided and self._count(Kind.UNDECIDED):
            notes.append("undecided changes are not safe, unless --allow-undecided is given")
        why = f" ({'; '.join(notes)})" if notes else ""
        counts = _counts(Kind, [change.kind for change in self.verdict.changes]) or "no change"
        verdict = f"{'by the documents alone, ' if self.stopped else ''}{'safe' if self.safe else 'not safe'}"
        yield f"{verdict}: {self.pin} → {self.candidate}: {counts}{why}"

    def _count(self, kind: Kind) -> int:
        return sum(change.kind is kind for change in self.verdict.changes)

    def _content(self) -> dict[str, Json]:
        content: dict[str, Json] = {
            "verdict": None if self.stopped and self.safe else "safe" if self.safe else "not safe",
            "by_documents": "safe" if self.verdict.safe else "not safe",
            "pin": self.pin,
            "candidate": self.candidate,
            "counts": {kind.value: self._count(kind) for kind in Kind},
            "changes": [_change(change) for change in self.verdict.changes],
            "adopted": self.adopted,
        }
        if self.observed:
            behaviours = [asdict(finding) | {"word": word.value} for word, finding in self.observed.broken]
            content |= {"behaviours": behaviours, "deviations": [*self.observed.deviations]}
        return content | ({"stopped": self.stopped} if self.stopped else {})


def no_verdict(why: str) -> str:
    """The JSON text if not even the documents could be compared."""
    return _text({"verdict": None, "stopped": why})


def _text(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)


def blocks(verdict: ReleaseVerdict) -> Iterator[str]:
    """Each change with its proof, or with what the two documents say; a blank line after each."""
    for change in verdict.changes:
        named = f"  (oasdiff: {change.oasdiff})" if change.oasdiff else ""
        yield f"{change.kind.value}: {change.where}: {change.what}{named}"
        sides = (change.pin, change.candidate)
        if change.proof is not None:
            refuses = f"refuses it: {'; '.join(_cut(reason, _REASON) for reason in change.proof.reasons)}"
            sides = (refuses, "allows it") if is_in_answer(change.where) else ("allows it", refuses)
            label = _VALUES.get(change.where.partition(" ")[0], "value")
            yield from terminal.labelled((label, _cut(_json(change.proof.value))))
        yield from terminal.labelled(("pin", _cut(sides[0])), ("candidate", _cut(sides[1])))
        yield ""


def _of_deployment(observed: Observed) -> Iterator[str]:
    yield f"behaviour at {observed.base_url}: {observed.counts}"
    for word, finding in observed.broken:
        yield f"\n{word.value}: {finding.promise}: {promises()[finding.promise].sentence}"
        again = terminal.replay_command([finding.evidence], observed.base_url) if finding.evidence else ""
        shown = ("expected", _cut(finding.expected)), ("came", _cut(finding.actual))
        yield from terminal.labelled(*shown, ("request", finding.request), ("payload", finding.why), ("again", again))
    yield from observed.deviations


def _counts(kinds: type[Enum], found: Sequence[Enum]) -> str:
    return ", ".join(f"{found.count(kind)} {kind.value}" for kind in kinds if kind in found)


def _change(change: Change) -> dict[str, Json]:
    sides = {"pin": change.pin, "candidate": change.candidate} if change.pin or change.candidate else {}
    named = {"oasdiff": change.oasdiff} if change.oasdiff else {}
    reasons = [_cut(reason, _REASON) for reason in change.proof.reasons] if change.proof else []
    proof = change.proof and {"value": change.proof.value, "reasons": reasons}
    content = {"kind": change.kind.value, "where": change.where, "what": change.what, **sides, **named}
    return content | ({"proof": proof} if proof else {})


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _cut(text: str, longest: int = _LONGEST) -> str:
    """The text, or if it is too long, its beginning, its end and its size."""
    ends = f"{text[: longest // 4]} … {text[-longest // 4 :]} ({len(text):,} characters)"
    return text if len(text) <= longest else ends
