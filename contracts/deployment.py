"""A deployment of a release, held to the pin and to the release's own document, each in a run of the contract."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from contracts.candidate import adopt
from contracts.customers.journal import ROOT
from contracts.errors import NoVerdict, WrongCall
from contracts.report.release import Behaviour, Observed
from contracts.report.result import GREEN, RED, WRONG_CALL, Finding, Result
from contracts.report.result import read as read_result
from contracts.rules.openapi import References

# Seconds between two lines of progress.
_BETWEEN_LINES = 10.0


def observed(
    contract: str, offered: References, base_url: str, arguments: Sequence[str], folder: Path, deviations: Path | None
) -> Observed:
    """Hold a deployment to the pin, and to the `offered` document if that can be adopted. Returns what it does.

    `arguments` go to the runs of the contract. Their evidence is kept in `folder`. Raises WrongCall if the runs were
    called wrongly, and NoVerdict if the target could not be reached, stopped answering, or a run has no verdict.
    """
    arguments = [*arguments, *(["--deviations", str(deviations)] if deviations else [])]
    # The evidence names this file, which the next check of another release must not overwrite.
    digest = hashlib.sha256(json.dumps(offered.content, sort_keys=True, default=str).encode()).hexdigest()
    path = folder / f"candidate-{digest[:8]}.yaml"
    try:
        adopt(path, offered)
        own = str(path)
    except WrongCall as error:
        click.echo(f"The deployment is held to {contract} alone: {error}", err=True)
        own = ""
    of_pin = _held(contract, base_url, arguments, folder / "pin")
    of_own = _held(own, base_url, arguments, folder / "own") if own else of_pin
    return Observed(base_url, by_word(of_pin.findings, of_own.findings), of_pin.deviations)


def by_word(of_pin: Sequence[Finding], of_own: Sequence[Finding]) -> list[tuple[Behaviour, Finding]]:
    """What breaks the pin and what breaks the release's own document, each with what the release says about it."""
    # Circumstances may differ between the contracts, so findings match by promise and place; the first is shown.
    pin, own = ({(each.promise, each.place): each for each in reversed(found)} for found in (of_pin, of_own))
    found = [(Behaviour.UNSAID if key in own else Behaviour.SAID, finding) for key, finding in reversed(pin.items())]
    found += [(Behaviour.NOT_DONE, finding) for key, finding in reversed(own.items()) if key not in pin]
    return sorted(found, key=lambda each: [*Behaviour].index(each[0]))


def _held(contract: str, base_url: str, arguments: Sequence[str], folder: Path) -> Result:
    """The result of the whole contract, run against a base URL."""
    path = folder / "result.json"
    for old in (path, *folder.glob("*.har")):
        old.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", str(ROOT / "tests" / "contract"), "-q", "-p", "no:cacheprovider"]
    command += ["--contract", contract, "--base-url", base_url, "--evidence", str(folder), "--result", str(path)]
    done = _ended([*command, *arguments], f"{base_url} is held to {contract}")
    try:
        result = read_result(path)
    except WrongCall:
        raise (WrongCall if done.returncode == WRONG_CALL else NoVerdict)(_last_words(done)) from None
    if result.stopped:
        raise (WrongCall if result.code == WRONG_CALL else NoVerdict)(result.stopped)
    if done.returncode != (RED if result.findings else GREEN):
        failed = ", ".join(result.failed[:2]) or _last_words(done)
        raise NoVerdict(f"the run with {contract} failed without a broken promise: {failed}")
    return result


def _ended(command: Sequence[str], what: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a process of its own, as a user would start it.

    If this process is interrupted, that one is interrupted once, so that it removes its customers.
    """
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 (no shell)
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=_BETWEEN_LINES)
            except subprocess.TimeoutExpired:
                click.echo(f"… {what}: {time.monotonic() - began:.0f} s", err=True)
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)
                process.communicate()
                raise
            else:
                return subprocess.CompletedProcess(command, process.returncode, out, err)


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The line in which a run says why it has no verdict."""
    lines = [*done.stderr.splitlines(), *done.stdout.splitlines()]
    marks = ("ERROR: ", "NO VERDICT: ", "WRONG CALL: ")
    reasons = (line.partition(mark)[2].strip("! ") for line in lines for mark in marks if mark in line)
    return next(reasons, f"the run of the contract ended with exit {done.returncode}")
