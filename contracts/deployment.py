"""The half of the release check that sends requests: it gets a release's document, and tries a deployment of it.

A deployment is held to the pin and to the release's own document, each in a run of the contract.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import httpx

from contracts.customers.journal import ROOT
from contracts.errors import NoVerdict, WrongCall
from contracts.evidence.deviation import load_deviations
from contracts.http.client import Client
from contracts.http.exchange import Failure, Request
from contracts.http.retries import INTERRUPTING
from contracts.http.target import MIB, Limits, Target
from contracts.release.adoption import adopt
from contracts.release_report import Observed, Word
from contracts.report.result import GREEN, RED, WRONG_CALL, Finding, Result, read
from contracts.rules.openapi import References, document

# The largest document in bytes, and the seconds for one behind an address.
_LARGEST, _SECONDS = 4 * MIB, 30.0
# Seconds between two lines of progress.
_BETWEEN_LINES = 10.0
_NOWHERE = Target("", {})


def candidate(where: str, target: Target = _NOWHERE) -> References:
    """The OpenAPI document in a file, on standard input (`-`) or at an address, reached in the way of `target`.

    Raises:
        WrongCall: there is no document, it cannot be read, or it is not OpenAPI 3.0 or 3.1.
        NoVerdict: the address cannot be reached.

    """
    is_address = where.lower().startswith(("http://", "https://"))
    data = _fetched(where, target) if is_address else _file(where)
    name = f"candidate {called(where)!r}"
    if len(data) > _LARGEST:
        raise WrongCall(f"{name} is larger than {_LARGEST // MIB} MiB")
    return References(document(data, name), name)


def called(where: str) -> str:
    """How messages name a candidate: without a query, which may hold a secret."""
    return where.partition("?")[0] if "://" in where else "standard input" if where == "-" else where


def _file(where: str) -> bytes:
    try:
        if where == "-":
            return sys.stdin.buffer.read(_LARGEST + 1)
        if not Path(where).is_file():
            raise WrongCall(f"there is no file {where!r}: give the candidate's file, or an address with https://")
        with Path(where).open("rb") as file:
            return file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise WrongCall(f"{where!r} cannot be read: {getattr(error, 'strerror', error)}") from None


def _fetched(where: str, target: Target) -> bytes:
    name = called(where)
    try:
        url = httpx.URL(where)
        if url.userinfo or not url.host:
            raise WrongCall("the candidate's address has user info, or no host: download it, and give the file")
    except httpx.InvalidURL as error:
        raise WrongCall(f"the candidate's address cannot be read: {error}") from None
    # The document is public, so no token is sent. Headers of the target are not sent to another host.
    own = httpx.URL(target.base_url)
    headers = target.headers if (url.scheme, url.netloc) == (own.scheme, own.netloc) else ()
    origin = f"{url.scheme}://{url.netloc.decode()}"
    limits = Limits(_SECONDS, _LARGEST)
    with Client(replace(target, base_url=origin, tokens={}, limits=limits, headers=headers)) as client:
        exchange = client.once(Request("GET", url.raw_path.decode("ascii"), (("Accept", "*/*"),)))
    if exchange.failure is Failure.TOO_LARGE:
        raise WrongCall(f"candidate {name!r} is larger than {_LARGEST // MIB} MiB")
    if exchange.response is None:
        raise NoVerdict(f"{name} cannot be read: {exchange.failure}")
    if exchange.status in INTERRUPTING | {500}:
        raise NoVerdict(f"{name} answers {exchange.status}")
    if exchange.status in range(300, 400):
        raise WrongCall(f"{name} is a redirect, which is not followed: give the address that it leads to")
    if exchange.status != 200:
        raise WrongCall(f"{name} answers {exchange.status} instead of a document")
    return exchange.response.body


def observed(
    contract: str, offered: References, base_url: str, arguments: Sequence[str], folder: Path, deviations: Path | None
) -> Observed:
    """What a deployment does, held to the pin, and also to the document that is `offered` if that can be adopted.

    `arguments` go to the runs of the contract. Their evidence is kept in `folder`.

    Raises:
        WrongCall: the runs were called wrongly.
        NoVerdict: the target could not be reached, stopped answering, or a run has no verdict.

    """
    arguments = [*arguments, *(["--deviations", str(deviations)] if deviations else [])]
    try:
        own = str(adopt("candidate", offered, folder, anew=True))
    except WrongCall as error:
        click.echo(f"The deployment is held to {contract} alone: {error}", err=True)
        own = ""
    of_pin = _held(contract, base_url, arguments, folder / "pin")
    of_own = _held(own, base_url, arguments, folder / "own") if own else of_pin
    broken = by_word(of_pin.findings, of_own.findings)
    accepted = load_deviations(deviations).report(of_pin.tried, of_pin.tests, of_pin.metrics.accepted)
    return Observed(base_url, broken, [*accepted])


def by_word(of_pin: Sequence[Finding], of_own: Sequence[Finding]) -> list[tuple[Word, Finding]]:
    """What breaks the pin and what breaks the release's own document, each with what the release says about it."""
    # The circumstance may differ between two contracts, so the first finding at each place is shown.
    pin, own = ({(one.promise, one.place): one for one in reversed(found)} for found in (of_pin, of_own))
    found = [(Word.UNSAID if key in own else Word.SAID, finding) for key, finding in reversed(pin.items())]
    found += [(Word.NOT_DONE, finding) for key, finding in reversed(own.items()) if key not in pin]
    return sorted(found, key=lambda each: [*Word].index(each[0]))


def _held(contract: str, base_url: str, arguments: Sequence[str], folder: Path) -> Result:
    """The result of the whole contract, run against a base URL."""
    path = folder / "result.json"
    for old in (path, *folder.glob("*.har")):
        old.unlink(missing_ok=True)
    chosen = ["--contract", contract, "--base-url", base_url, "--evidence", str(folder), "--result", str(path)]
    command = [sys.executable, "-m", "pytest", str(ROOT / "tests" / "contract"), "-q", "-p", "no:cacheprovider"]
    done = _ended([*command, *chosen, *arguments], f"{base_url} is held to {contract}")
    try:
        result = read(path)
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
