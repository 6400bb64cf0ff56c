"""A deployment of a release: held to the pin, held to its own document, and compared with the pin's mock."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import click
import pytest

from contracts.customers.journal import ROOT
from contracts.errors import NoVerdict, WrongCall
from contracts.evidence.deviation import load_deviations
from contracts.fuzz.payloads import Payload, payloads
from contracts.http.exchange import Exchange
from contracts.report import terminal
from contracts.report.finding import Finding
from contracts.report.result import GREEN, RED, WRONG_CALL, Result, read
from contracts.rules.document import PROBLEM
from contracts.rules.promise import promises
from contracts.run import Run

# Seconds between two lines that say what is under way.
_TOLD = 10.0
# Of so many payloads that are answered otherwise the ids are told.
_NAMED = 4


class Word(Enum):
    """What a release says of a way in which it behaves otherwise than the pin promises, and what it does."""

    UNSAID = "does without saying"
    SAID = "says and does"
    NOT_DONE = "says and does not do"


@dataclass(frozen=True)
class Behaviour:
    """One promise that a deployment breaks, of the pin, of its own document or of both."""

    word: Word
    finding: Finding


@dataclass(frozen=True)
class Difference:
    """Requests that a deployment answers otherwise than the pin's mock, in one way: both answers, and the payloads."""

    pin: str
    candidate: str
    payloads: tuple[str, ...]


@dataclass(frozen=True)
class Observed:
    """What a deployment did: promises that it breaks, answers that differ, and what became of accepted deviations."""

    base_url: str
    behaviours: Sequence[Behaviour]
    differences: Sequence[Difference] = ()
    deviations: Sequence[str] = ()

    @property
    def safe(self) -> bool:
        """Whether it breaks no promise of the pin that its own document still makes."""
        return not self._count(Word.UNSAID)

    @property
    def counts(self) -> str:
        """How many promises it breaks in which way, in words."""
        return ", ".join(f"{self._count(word)} {word.value}" for word in Word if self._count(word)) or "as promised"

    def _count(self, word: Word) -> int:
        return sum(one.word is word for one in self.behaviours)


def observed(
    contracts: tuple[str, str | None], base_url: str, arguments: Sequence[str], folder: Path, deviations: Path | None
) -> Observed:
    """A deployment held to the pin, and to the release's own document where that can be adopted.

    `arguments` go to the runs of the contract; their evidence is kept in `folder`.

    Raises:
        WrongCall: the runs were called wrongly.
        NoVerdict: the target could not be reached, stopped answering, or a run came to nothing.

    """
    pin, own = contracts
    arguments = [*arguments, *(["--deviations", str(deviations)] if deviations else [])]
    of_pin = _held(pin, base_url, arguments, folder / "pin")
    of_own = _held(own, base_url, arguments, folder / "own").findings if own else of_pin.findings
    told = [*load_deviations(deviations).report(of_pin.tried, of_pin.tests, of_pin.metrics.accepted)]
    return Observed(base_url, told_apart(of_pin.findings, of_own), deviations=told)


def _held(contract: str, base_url: str, arguments: Sequence[str], folder: Path) -> Result:
    """What came of the whole contract, run against a base URL."""
    for old in folder.glob("*.har"):
        old.unlink()
    path = folder / "result.json"
    kept = ["--evidence", str(folder), "--result", str(path)]
    chosen = ["--contract", contract, "--base-url", base_url, *kept, *arguments]
    command = [sys.executable, "-m", "pytest", str(ROOT / "tests" / "contract"), "-q", "-p", "no:cacheprovider"]
    done = _ended([*command, *chosen], f"{base_url} is held to {contract}")
    if done.returncode == pytest.ExitCode.USAGE_ERROR and not path.stat().st_size:
        raise WrongCall(_last_words(done))
    try:
        result = read(path)
    except WrongCall:
        raise NoVerdict(_last_words(done)) from None
    if result.stopped:
        raise (WrongCall if result.code == WRONG_CALL else NoVerdict)(result.stopped)
    if done.returncode not in (GREEN, RED):
        raise NoVerdict(_last_words(done))
    if done.returncode == RED and not result.findings:
        failed = ", ".join(result.failed[:2]) or _last_words(done)
        raise NoVerdict(f"the run of {contract} failed without a broken promise that it could name: {failed}")
    return result


def _ended(command: Sequence[str], what: str) -> subprocess.CompletedProcess[str]:
    """A command that has ended. It is another process, as a user would start it, with its own target and journal.

    Whoever interrupts this one interrupts it, too, once, and it removes its customers.
    """
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 (no shell)
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=_TOLD)
            except subprocess.TimeoutExpired:
                click.echo(f"… {what}: {time.monotonic() - began:.0f} s", err=True)
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)
                process.communicate()
                raise
            else:
                return subprocess.CompletedProcess(command, process.returncode, out, err)


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The one line in which a run says why it has no verdict."""
    lines = [*done.stderr.splitlines(), *done.stdout.splitlines()]
    marks = ("ERROR: ", "NO VERDICT: ", "WRONG CALL: ")
    telling = (line.partition(mark)[2].strip("! ") for line in lines for mark in marks if mark in line)
    return next(telling, f"the run of the contract ended with exit {done.returncode}")


def told_apart(of_pin: Sequence[Finding], of_own: Sequence[Finding]) -> list[Behaviour]:
    """What breaks the pin and what breaks the release's own document, told apart by what the release says of it."""
    # The first of each: in which circumstances else it was seen is for the run to tell.
    pin, own = ({_about(finding): finding for finding in reversed(found)} for found in (of_pin, of_own))
    found = [
        *(Behaviour(Word.UNSAID if about in own else Word.SAID, finding) for about, finding in reversed(pin.items())),
        *(Behaviour(Word.NOT_DONE, finding) for about, finding in reversed(own.items()) if about not in pin),
    ]
    return sorted(found, key=lambda one: list(Word).index(one.word))


def _about(finding: Finding) -> tuple[str, str]:
    """What a finding is the same by in runs of two contracts: in which circumstance a request is may differ."""
    return finding.rule, finding.shown.place


def differences(pin: Run, candidate: Run) -> list[Difference]:
    """Every payload, sent to the pin's mock and to a deployment: the answers that differ."""
    chosen = [
        payload
        for payload in payloads()
        if not (pin.untriable(payload.request) or candidate.untriable(payload.request))
    ]
    groups: dict[tuple[str, str], list[str]] = {}
    for payload, before, after in zip(chosen, _answers(pin, chosen), _answers(candidate, chosen), strict=True):
        if before != after:
            groups.setdefault((before, after), []).append(payload.id)
    return [Difference(*answers, tuple(ids)) for answers, ids in groups.items()]


def _answers(run: Run, chosen: Sequence[Payload]) -> Iterator[str]:
    for outcome in run.trials.each([payload.request for payload in chosen]):
        yield _shape(outcome.exchange)


def _shape(exchange: Exchange) -> str:
    """An answer without what differs from one request to the next: status, media type, and the members of a problem."""
    response = exchange.response
    if response is None:
        return f"no answer: {exchange.failure}"
    media_type = ", ".join(value.partition(";")[0].strip().lower() for value in response.values("Content-Type"))
    members = f" {{{', '.join(_members(response.body))}}}" if media_type == PROBLEM else ""
    return " ".join(filter(None, [str(response.status), media_type])) + members


def _members(body: bytes) -> list[str]:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ["no JSON"]
    return sorted(value) if isinstance(value, dict) else ["no object"]


def lines(observed: Observed) -> Iterator[str]:
    """What a deployment does, in words."""
    yield f"behaviour at {observed.base_url}: {observed.counts}"
    for one in observed.behaviours:
        found = one.finding
        yield ""
        yield f"{one.word.value}: {found.rule}: {promises()[found.rule].sentence}"
        yield f"  expected  {found.shown.expected}"
        yield f"  came      {found.shown.actual}"
        if found.evidence:
            yield f"  again     {terminal.replay_command([found.evidence], observed.base_url)}"
    yield from observed.deviations
    if observed.differences:
        yield ""
        number = sum(len(one.payloads) for one in observed.differences)
        yield f"answers that differ from those of the pin's mock: {number}"
    for difference in observed.differences:
        more = len(difference.payloads) - _NAMED
        yield f"  {', '.join(difference.payloads[:_NAMED])}{f' and {more} more' if more > 0 else ''}"
        yield f"    pin       {difference.pin}"
        yield f"    candidate {difference.candidate}"
