"""What the user reads of a release: a block for each change, and the verdict as the last line; or the same as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import click

from contracts import deployment
from contracts.deployment import Observed
from contracts.release.changes import Change, Kind, Verdict
from contracts.release.containment import Proof, Reason
from contracts.report import ci

Json = Any

_LONGEST = 1_000
# How the value of a proof is called, by the first word of where it is.
_VALUES = {"request": "payload", "answer": "answer"}


def blocks(verdict: Verdict) -> Iterator[str]:
    """Each change with its proof, or with what the two sides say; a blank line after each."""
    for change in verdict.changes:
        rule = f"  (oasdiff: {change.oasdiff})" if change.oasdiff else ""
        yield f"{change.kind.value}: {change.where}: {change.what}{rule}"
        if change.proof is not None:
            refuses = f"refuses it: {'; '.join(map(words, change.proof.reasons))}"
            sides = (refuses, "allows it") if change.where.startswith("answer") else ("allows it", refuses)
            yield _labelled(_VALUES.get(change.where.partition(" ")[0], "value"), shown(change.proof.value))
        else:
            sides = (change.pin, change.candidate)
        yield from (_labelled(*side) for side in zip(("pin", "candidate"), sides, strict=True) if side[1])
        yield ""


@dataclass
class Told:
    """What is told of a release, in this order: what the documents say, what a deployment does, and the verdict.

    `observed` is what the deployment did, `stopped` why nothing is known of that; `adopted` is the contract that was
    written.
    """

    verdict: Verdict
    pin: str
    candidate: str
    as_json: bool = False
    observed: Observed | None = None
    stopped: str = ""
    adopted: str = ""

    @property
    def safe(self) -> bool:
        """Whether neither the documents nor the deployment speak against the release."""
        return self.verdict.safe and (self.observed is None or self.observed.safe)

    def by_documents(self) -> None:
        """Tell what the documents say, at once."""
        if not self.as_json:
            click.echo("".join(f"{line}\n" for line in blocks(self.verdict)), nl=False)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            grave = [change for change in self.verdict.changes if change.kind in (Kind.BREAKING, Kind.UNDECIDED)]
            for change in grave:
                click.echo(ci.annotation(f"{change.kind.value}: {change.where}", _sentence(change)), err=self.as_json)

    def at_last(self) -> None:
        """Tell what the deployment did, and the verdict as the last line."""
        if self.as_json:
            click.echo(json.dumps(self._content(), ensure_ascii=False, indent=2))
            return
        if self.observed:
            click.echo("\n".join([*deployment.lines(self.observed), ""]))
        if self.adopted:
            click.echo(f"{self.adopted}.yaml is written: --contract {self.adopted} holds targets to this release")
        if self.safe and not self.stopped:
            click.echo(f"next: {self._next()}")
        click.echo(self.last_line())

    def last_line(self) -> str:
        """The verdict in one line."""
        counts = ", ".join(f"{self._count(kind)} {kind.value}" for kind in Kind if self._count(kind))
        notes = [f"the deployment: {self.observed.counts}"] if self.observed else []
        if self.verdict.exact and self._count(Kind.DRIFT):
            notes.append("--exact refuses drift")
        if not self.verdict.allow_undecided and self._count(Kind.UNDECIDED):
            notes.append("what is not decided is not safe; --allow-undecided lets it pass")
        why = f" ({'; '.join(notes)})" if notes else ""
        alone = "by the documents alone, " if self.stopped else ""
        word = "safe" if self.safe else "not safe"
        return f"{alone}{word}: {self.pin} → {self.candidate}: {counts or 'no change'}{why}"

    def _count(self, kind: Kind) -> int:
        return sum(change.kind is kind for change in self.verdict.changes)

    def _next(self) -> str:
        drift = self._count(Kind.DRIFT)
        expected = f"; with --contract {self.pin} a run of it may report that drift as broken promises" if drift else ""
        told = (
            "; --adopt NAME writes it as a contract, for --contract NAME"
            if self.verdict.changes and not self.adopted
            else ""
        )
        return f"upgrade{told}{expected}"

    def _content(self) -> Json:
        verdict = self.verdict
        told: dict[str, Json] = {
            "verdict": None if self.stopped and self.safe else "safe" if self.safe else "not safe",
            "by_documents": "safe" if verdict.safe else "not safe",
            "pin": self.pin,
            "candidate": self.candidate,
            "counts": {kind.value: self._count(kind) for kind in Kind},
            "changes": [_change(change) for change in verdict.changes],
            "adopted": self.adopted,
        }
        if self.observed:
            told["behaviours"] = [asdict(one.finding) | {"word": one.word.value} for one in self.observed.behaviours]
            told["differences"] = [asdict(one) for one in self.observed.differences]
            told["deviations"] = [*self.observed.deviations]
        return told | ({"stopped": self.stopped} if self.stopped else {})


def _sentence(change: Change) -> str:
    value = f": {shown(change.proof.value, 200)}" if change.proof else ""
    return f"{change.what}{value}"


def _change(change: Change) -> Mapping[str, Json]:
    told: dict[str, Json] = {"kind": change.kind.value, "where": change.where, "what": change.what}
    told |= {"pin": change.pin, "candidate": change.candidate} if change.pin or change.candidate else {}
    told |= {"oasdiff": change.oasdiff} if change.oasdiff else {}
    return told | ({"proof": _proof(change.proof)} if change.proof else {})


def _proof(proof: Proof) -> Mapping[str, Json]:
    return {"value": proof.value, "reasons": [words(reason) for reason in proof.reasons]}


def words(reason: Reason) -> str:
    """A reason in words of the document."""
    place = ".".join(map(str, reason.path[:-1] if reason.said is False else reason.path))
    return f"{_said(reason)} [at {place}]" if place else _said(reason)


def _said(reason: Reason) -> str:
    value = shown(reason.value, 60)
    told = {
        "contains": f"no item {_asks(reason.said)}",
        "minContains": f"fewer than {reason.said} items are as `contains` asks",
        "maxContains": f"more than {reason.said} items are as `contains` asks",
        "not": f"{value} is excluded: {shown(reason.said, 120)}",
        "anyOf": f"{value} fits none of the alternatives of anyOf: {shown(reason.said, 120)}",
        "const": f"{value} is not {shown(reason.said, 60)}",
    }
    if reason.said is False:
        return f"{json.dumps(reason.path[-1])} is not allowed" if reason.path else "nothing is allowed"
    if reason.keyword == "oneOf":
        several = "more than one" if "more than one" in reason.message else "none"
        return f"{value} fits {several} of the alternatives of oneOf: {shown(reason.said, 120)}"
    return told.get(reason.keyword) or (reason.message if len(reason.message) < 160 else _cut(reason.message, 160))


def _asks(schema: Json) -> str:
    """What a schema asks of a value, as the end of a sentence."""
    members = schema.get("properties", {}) if isinstance(schema, dict) else {}
    required = schema.get("required", []) if isinstance(schema, dict) else []
    if not required:
        return f"fits {shown(schema, 120)}"
    said = [members[name] if isinstance(members.get(name), dict) else {} for name in required]
    named = [
        f"a {'non-empty ' if one.get('minLength') else ''}{name}" for name, one in zip(required, said, strict=True)
    ]
    return f"has {' and '.join(named)}"


def _labelled(label: str, text: str) -> str:
    return f"  {label:<9} {_cut(text, _LONGEST)}"


def shown(value: Json, longest: int = _LONGEST) -> str:
    """A value as JSON; a long one as its ends and its size."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (
        text if len(text) <= longest else f"{text[: min(60, longest // 2)]} … {text[-20:]} ({len(text):,} characters)"
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 4 :]}"
