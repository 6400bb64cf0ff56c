"""One run of the suite against one variant: its outcome, and what is wrong with the outcome."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS
from tests.suite.recorder import EMPTY_204, recording
from tests.suite.served import serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import vendor_named
from tests.suite.vendors.variant import Broken, Hostile, Unusual, Variant

# Seconds that a run may take, by the kind of vendor.
SECONDS = {Broken: 90.0, Unusual: 120.0, Hostile: 120.0}
MEGABYTES = 500
MOST_GROUPS = 5
PAGE = "report.html"
_GROUP = re.compile(r"^BROKEN ([a-z_.0-9]+): ", re.MULTILINE)
_REASON = re.compile(r"^(?:NO VERDICT|WRONG CALL): (.*)$", re.MULTILINE)
_UNFIT_FOR_A_TERMINAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@dataclass
class Measured:
    """What one run did: its exit code, the promises that it found broken in the order shown, and what it took.

    The vendor is stored by its name, since the run may have been in another process.
    """

    name: str
    code: int
    groups: list[str]
    reasons: list[str]
    seconds: float
    megabytes: float
    output: str
    wrong: list[str] = field(default_factory=list)

    @property
    def variant(self) -> type[Variant]:
        return vendor_named(self.name)


def measured(name: str, folder: Path, *arguments: str) -> Measured:
    """Serve the variant of this name, run the default profile on it, and say what is wrong with the outcome.

    The memory is that of the largest process that this one ever waited for.
    """
    variant, junit = vendor_named(name), folder / "junit.xml"
    with recording(lambda request: EMPTY_204) as elsewhere, serving(_made(variant, elsewhere.url)) as server:
        options = ["--base-url", server.url, "--contract", variant.contract, *variant.arguments]
        if issubclass(variant, Hostile):
            options += [f"--html={folder / PAGE}", "--self-contained-html"]
        started = time.monotonic()
        limit = SECONDS[_kind(variant)] + 60
        try:
            result = run_suite(
                *options, f"--junit-xml={junit}", *arguments, journal=folder / "journal", timeout=limit, fresh=True
            )
        except subprocess.TimeoutExpired as killed:
            result = subprocess.CompletedProcess(killed.args, -signal.SIGKILL, "", "")
        seconds = time.monotonic() - started
    output = result.stdout + result.stderr
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    groups, reasons = _GROUP.findall(output), _REASON.findall(output)
    run = Measured(name, result.returncode, groups, reasons, seconds, megabytes, output)
    run.wrong += [*_wrong_with_any(run, folder), *_wrong(run, _failed(junit))]
    run.wrong += [f"{request.line} was sent to another host" for request in elsewhere.requests[:1]]
    run.wrong += [f"the vendor itself failed: {error}" for error in server.errors[:1]]
    run.wrong += [f"{method} {path} was sent" for method, path in _forbidden(server.calls)]
    return run


def _made(variant: type[Variant], elsewhere: str) -> Variant:
    vendor = variant(load(variant.contract), variant.base_path)
    vendor.elsewhere = elsewhere
    return vendor


def _kind(variant: type[Variant]) -> type[Variant]:
    return next(kind for kind in SECONDS if issubclass(variant, kind))


def _failed(junit: Path) -> dict[str, str]:
    """What each failed test said, by its name without its parameters."""
    if not junit.exists() or not junit.stat().st_size:
        return {}
    failed: dict[str, str] = {}
    for case in ElementTree.parse(junit).iter("testcase"):
        # The test case in which the run was ended has no name.
        name = case.attrib.get("name", "").split("[")[0]
        for failure in case.iter("failure"):
            failed[name] = failed.get(name, "") + "\n" + (failure.text or "")
    return failed


def _wrong_with_any(run: Measured, folder: Path) -> Iterator[str]:
    kept = [path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()]
    if any(token in text for token in MOCK_TOKENS for text in [run.output, *kept]):
        yield "a token is in the output or in an artefact"
    if re.search(r"^Traceback \(most recent call last\)|INTERNALERROR|^E  +\w+Error", run.output, re.MULTILINE):
        yield "a traceback"
    if _UNFIT_FOR_A_TERMINAL.search(run.output):
        yield "control characters reach the terminal"
    page = (folder / PAGE).read_text(encoding="utf-8") if (folder / PAGE).exists() else ""
    if "<script>alert" in page or _UNFIT_FOR_A_TERMINAL.search(page):
        yield "scripts or control characters reach the page"
    if run.seconds > SECONDS[_kind(run.variant)]:
        yield f"took more than {SECONDS[_kind(run.variant)]:.0f} s"
    if run.megabytes > MEGABYTES:
        yield f"took more than {MEGABYTES} MB"


def _wrong(run: Measured, failed: dict[str, str]) -> Iterator[str]:
    variant = run.variant
    if issubclass(variant, Unusual) and run.code != 0:
        yield "a false alarm" if run.code == 1 else "no verdict"
    if issubclass(variant, Hostile) and run.code not in (1, 6):
        yield "must end red or without a verdict"
    if issubclass(variant, Hostile) and run.code == 6 and len(run.reasons) != 1:
        yield "must give one reason"
    if issubclass(variant, Broken):
        if run.code != 1 or variant.breaks not in run.groups:
            yield f"must be found under {variant.breaks}"
        elif run.groups[0] != variant.breaks:
            yield f"{variant.breaks} must be the first that is shown"
        finders = [name for name, text in failed.items() if f"{variant.breaks}: " in text]
        if variant.found_by not in finders:
            yield f"{variant.found_by} must find it, and not {' and '.join(finders) or 'none'}"
        if len(run.groups) > MOST_GROUPS:
            yield f"more than {MOST_GROUPS} groups of violations"


def _forbidden(calls: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Calls that no run may make: of a method it does not need, or reading or removing a customer it did not make."""
    known = {"PUT", "POST", "GET", "DELETE"}
    strange = [call for call in calls if call[0] not in known]
    strangers = [call for call in calls if call[0] in ("GET", "DELETE") and "/contract-test-" not in call[1]]
    return [*strange, *strangers][:1]
