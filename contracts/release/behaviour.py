"""How a deployment of a release behaves: held to the pin, held to its own document, and beside the pin's mock."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from contracts.errors import NoVerdict, WrongCall
from contracts.exchange import Exchange
from contracts.journal import ROOT
from contracts.payload import Payload, payloads
from contracts.result import GREEN, NO_VERDICT, RED, Finding, read
from contracts.rules.document import PROBLEM
from contracts.run import Run


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


def broken_promises(contract: str, base_url: str, arguments: Sequence[str], folder: Path) -> Sequence[Finding]:
    """What the whole contract, run against a base URL, finds broken; its evidence is kept in `folder`.

    Raises:
        WrongCall: the run was called wrongly.
        NoVerdict: the target could not be reached, or stopped answering.

    """
    for old in folder.glob("*.har"):
        old.unlink()
    result = folder / "result.json"
    kept = ["--evidence", str(folder), "--result", str(result)]
    chosen = ["--contract", contract, "--base-url", base_url, *kept, *arguments]
    command = [sys.executable, "-m", "pytest", str(ROOT / "tests" / "contract"), "-q", "-p", "no:cacheprovider"]
    # Another process, as a user would start it: each run has its own target, contract and journal.
    done = subprocess.run([*command, *chosen], capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
    if done.returncode not in (GREEN, RED):
        raise (NoVerdict if done.returncode == NO_VERDICT else WrongCall)(_last_words(done))
    return read(result).findings


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The one line in which a run says why it has no verdict."""
    lines = [*done.stderr.splitlines(), *done.stdout.splitlines()]
    marks = ("ERROR: ", "no verdict: ", "the call is wrong: ")
    telling = (line.partition(mark)[2].strip("! ") for line in lines for mark in marks if mark in line)
    return next(telling, f"the run of the contract ended with exit {done.returncode}")


def held(pin: str, own: str, base_url: str, arguments: Sequence[str], folder: Path) -> list[Behaviour]:
    """A deployment held to the pin and to the release's own document, two runs of the whole contract.

    Raises:
        WrongCall: the runs were called wrongly.
        NoVerdict: the target could not be reached, or stopped answering.

    """
    of_pin = broken_promises(pin, base_url, arguments, folder / "pin")
    return compared(of_pin, broken_promises(own, base_url, arguments, folder / "own"))


def compared(of_pin: Sequence[Finding], of_own: Sequence[Finding]) -> list[Behaviour]:
    """What breaks the pin and what breaks the release's own document, told apart by what the release says of it."""
    pin, own = ({finding.key for finding in found} for found in (of_pin, of_own))
    found = [
        *(Behaviour(Word.UNSAID if finding.key in own else Word.SAID, finding) for finding in of_pin),
        *(Behaviour(Word.NOT_DONE, finding) for finding in of_own if finding.key not in pin),
    ]
    return sorted(found, key=lambda one: list(Word).index(one.word))


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
