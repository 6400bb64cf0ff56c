"""Exit code, last line, summary, page, JUnit, step summary and annotations: one result, whatever came of the run."""

from __future__ import annotations

import html
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal, Vendor
from tests.suite.forked import python_m
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT, environment_of
from tests.suite.vendors import vendor_named

DOCS = load("docs")
MALFORMED = ("tests/contract/test_400_bad_request.py",)
REFUSED = (*MALFORMED, "-k", "not whatever_else")
FORBIDDEN = ("tests/contract/test_403_forbidden.py", "tests/contract/test_422_unprocessable_entity.py")
BREAKING = ("tests/contract/test_422_unprocessable_entity.py", "-k", "unknown-member or name-null")
ACCEPTED = """\
[[deviation]]
promise = "status.schema"
reason = "Unknown members are ignored; ticket 17."
until = {}
"""


class Stops(Vendor):
    """Answers 503 to everything from the 40th request on."""

    calls = 0

    def handle(self, call: Call) -> Answer:
        self.calls += 1
        return self.json(503, {}) if self.calls > 40 else super().handle(call)


class BreaksAndStops(Stops):
    """Has another title than is documented, and answers 503 to everything from the 40th request on."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        answer.body = answer.body.replace(b"Bad Request", b"Mistake")
        return answer


@dataclass(frozen=True)
class Case:
    """One outcome of a run: the vendor, the tests and what the run is told, and what everybody has to say of it."""

    id: str
    vendor: type[Vendor]
    arguments: tuple[str, ...]
    code: int
    line: str
    broken: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    deviations: str = ""
    interrupted: bool = False
    # Where the parts of several workers may differ there are two; each takes a second to start.
    workers: int = 1


CASES = [
    Case("kept", Vendor, REFUSED, 0, r"KEPT \d+ promises"),
    Case(
        "broken",
        vendor_named("AcceptsUnknownMembers"),
        BREAKING,
        1,
        r"BROKEN 1 of \d+ promises",
        broken=True,
        workers=2,
    ),
    Case(
        "comes-and-goes",
        vendor_named("FailsOnceOnSomeBodies"),
        ("tests/contract/test_422_unprocessable_entity.py",),
        1,
        r"BROKEN \d+ of \d+ promises: status.internal_error.*\(comes and goes: \d+ of \d+ updates\)",
        broken=True,
        workers=2,
    ),
    Case(
        "accepted",
        vendor_named("AcceptsUnknownMembers"),
        BREAKING,
        0,
        r"KEPT \d+ promises, 1 broken as accepted",
        deviations="2999-12-31",
    ),
    Case(
        "expired",
        vendor_named("AcceptsUnknownMembers"),
        BREAKING,
        1,
        r"BROKEN 1 of \d+ promises: status.schema",
        broken=True,
        deviations="2020-12-31",
    ),
    Case(
        "not-tried",
        Vendor,
        FORBIDDEN,
        0,
        r"KEPT 25 promises, 1 not tried, 26 not selected",
        environment={"KAITEN_READ_TOKEN": ""},
    ),
    Case(
        "require-all",
        Vendor,
        (*FORBIDDEN, "--require-all", "-k", "may-read-only or name-null"),
        1,
        r"NOT TRIED, though --require-all asks for it: KAITEN_READ_TOKEN is not set",
        environment={"KAITEN_READ_TOKEN": ""},
    ),
    Case(
        "no-verdict-before-the-first-test",
        Vendor,
        (*REFUSED, "--base-url", "http://127.0.0.1:9", "--patience", "0.5"),
        6,
        r"NO VERDICT: the target does not answer",
    ),
    Case(
        "no-verdict-in-the-middle",
        Stops,
        (*MALFORMED, "--patience", "0.5"),
        6,
        r"NO VERDICT: the target stopped answering",
        workers=2,
    ),
    Case(
        "broken-and-then-no-answer",
        BreaksAndStops,
        (*MALFORMED, "--patience", "0.5", "--concurrency", "1"),
        1,
        r"BROKEN 1 of \d+ promises: problem.title; then the target stopped answering",
        broken=True,
        workers=2,
    ),
    Case(
        "wrong-call",
        Vendor,
        REFUSED,
        4,
        r"WRONG CALL: http://\S+ refuses KAITEN_AUTH_TOKEN \(401\)",
        environment={"KAITEN_AUTH_TOKEN": "wrong"},
    ),
    Case(
        "ctrl-c",
        Vendor,
        ("tests/contract/test_204_no_content.py",),
        2,
        r"STOPPED by hand; no broken promise was found before",
        interrupted=True,
        workers=2,
    ),
]


@dataclass(frozen=True)
class RunOutput:
    """What a run left: exit code, output, and the files that it wrote."""

    code: int
    output: str
    page: str
    promises: ElementTree.Element
    tests: ElementTree.Element
    step: str

    @property
    def section(self) -> list[str]:
        """The lines of the section on the contract."""
        after = self.output.partition(" contract =")[2].splitlines()[1:]
        end = next(
            (
                place
                for place, line in enumerate(after)
                if re.match(r"[=!-]{5}|- Generated|\d+ (passed|failed|skipped)", line)
            ),
            None,
        )
        return [line for line in after[:end] if line.strip()]


def ended(command: list[str], environment: dict[str, str], server: RawServer, case: Case) -> tuple[int, str]:
    """The exit code and the output of a run; one that is to be interrupted has a process group of its own."""
    if not case.interrupted:
        result = python_m(command, environment, ROOT, 120)
        return result.returncode, result.stdout + result.stderr
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        wait_for(lambda: len(server.calls) > 60, server)
        os.killpg(process.pid, signal.SIGINT)
        return process.wait(120), process.communicate()[0]


def run(case: Case, folder: Path, *more: str) -> RunOutput:
    """A run as GitHub would have it, with every file that a run can write."""
    if case.deviations:
        (folder / "deviations.toml").write_text(ACCEPTED.format(case.deviations))
        more = (*more, f"--deviations={folder / 'deviations.toml'}")
    files = [f"--html={folder / 'page.html'}", "--self-contained-html", f"--junit-xml={folder / 'tests.xml'}"]
    files += [f"--promises-xml={folder / 'promises.xml'}", f"--journal={folder / 'journal'}"]
    step = folder / "step.md"
    with serving(case.vendor(DOCS), 0.02 if case.interrupted else 0.0) as server:
        target = [] if "--base-url" in case.arguments else [f"--base-url={server.url}"]
        command = ["pytest", "-q", f"--evidence={folder / 'evidence'}", *target, *files, *case.arguments, *more]
        said = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(step)}
        tokens = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))
        code, output = ended(command, environment_of(tokens | said | case.environment), server, case)
    return RunOutput(
        code,
        output,
        (folder / "page.html").read_text(),
        ElementTree.parse(folder / "promises.xml").getroot()[0],
        ElementTree.parse(folder / "tests.xml").getroot()[0],
        step.read_text(),
    )


def wait_for(reached: Callable[[], bool], server: RawServer) -> None:
    """Until the server has seen so much."""
    deadline = time.monotonic() + 60
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not server.errors


@pytest.mark.parametrize("distributed", [pytest.param(False, id="one-process"), pytest.param(True, id="workers")])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_everything_that_is_drawn_of_a_run_says_the_same(case: Case, distributed: bool, tmp_path: Path) -> None:
    """Whatever came of a run: exit code, last line, page, JUnit, step summary and annotations agree."""
    ran = run(case, tmp_path, *(["-n", str(case.workers)] if distributed else []))

    last = ran.section[-1]
    assert ran.code == case.code, ran.output[-3000:]
    assert re.match(case.line, last), ran.output[-3000:]
    assert html.unescape(re.search("<h1>(.*?)</h1>", ran.page.partition('id=\\"contract')[2] or ran.page)[1]) == last  # type: ignore[index]
    assert html.unescape(ran.step.splitlines()[0]) == f"### {last}"
    assert bool(re.search("^BROKEN ", "\n".join(ran.section[:-1]), re.MULTILINE)) == case.broken
    assert (ran.promises.get("failures") != "0" or ran.promises.get("errors") != "0") == (case.code != 0)
    assert bool(re.search("^::error ", ran.output, re.MULTILINE)) == (case.code != 0)
    broken = re.search(r"^BROKEN (\d+) of (\d+)", last)
    if broken:
        assert ran.promises.get("failures") == broken[1]
        assert len(re.findall("^::error ", ran.output, re.MULTILINE)) == min(10, int(broken[1]))
        assert f", {broken[1]} broken, " in ran.output
    accepted = [line for line in ran.section if line.startswith(("ACCEPTED until ", "EXPIRED on "))]
    assert len(accepted) == bool(case.deviations)
    for line in accepted:
        assert line in html.unescape(ran.page)
        assert line in html.unescape(ran.step)
        assert line in str(ran.promises.findtext("./testcase/system-out"))
    failed = re.search(r"(\d+) failed", ran.output.splitlines()[-1])
    assert int(ran.tests.get("failures", "0")) == int(failed[1] if failed else 0)
    # With workers, what their reports have told is counted, however the run ended.
    assert not case.interrupted or int(re.search(r"updates sent +(\d+)", ran.output)[1]) > 0  # type: ignore[index]
    assert "Traceback" not in ran.output
    assert "Exit:" not in ran.output
