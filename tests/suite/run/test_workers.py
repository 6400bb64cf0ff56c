"""One run in several processes (`-n`): what each did and found is one result."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from contracts.customers.journal import leftovers
from contracts.evidence import har
from contracts.report.result import read as result_in
from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Vendor
from tests.suite.served import plain_wire, serving
from tests.suite.suite_run import NO_TABLES, ROOT, environment_of, evidence_beside, run_suite
from tests.suite.vendors import vendor_named

OF_204 = "test_204_no_content.py"


class Dies(Vendor):
    """Answers some calls and then none."""

    calls = 0

    def wire(self, call: Call, answer: Answer) -> bytes:
        self.calls += 1
        return b"" if self.calls > 60 else plain_wire(answer)


def test_workers_do_what_one_process_does(tmp_path: Path) -> None:
    """Two workers run the same tests with the same number of updates, each on customers of its own, and leave none."""
    with serving(Vendor(load("docs"))) as server:
        arguments = ["--base-url", server.url, "--hypothesis-seed", "3", *NO_TABLES]
        single = run_suite(*arguments, "--result", str(tmp_path / "1.json"), journal=tmp_path / "1")
        distributed = run_suite(*arguments, "--result", str(tmp_path / "2.json"), "-n", "2", journal=tmp_path / "2")

    assert (single.returncode, distributed.returncode) == (0, 0), distributed.stdout[-3000:] + distributed.stderr
    alone, together = result_in(tmp_path / "1.json"), result_in(tmp_path / "2.json")
    assert sorted(together.tests) == sorted(alone.tests)
    assert together.ended["kept"] == alone.ended["kept"]
    assert together.seed == alone.seed == "3"
    # What one worker has run ahead may be given to the other.
    assert 0.9 < together.metrics.updates / alone.metrics.updates < 1.25
    assert server.vendor.customers == {}


def test_what_several_workers_found_is_told_once(tmp_path: Path) -> None:
    """What is broken is one group, with one file of evidence for each cause, whichever workers found it."""
    with serving(vendor_named("SendsBytesAfter204")(load("docs"))) as server:
        result = run_suite(
            *("--base-url", server.url, "-n", "2", "-k", "of_any_script or small_change"), journal=tmp_path, file=OF_204
        )

    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stdout.count("BROKEN success.empty: ") == 1
    files = [
        evidence for path, evidence in har.read([evidence_beside(tmp_path)]) if path.name.startswith("success.empty")
    ]
    assert 1 <= len(files) <= 6
    assert {evidence.promise for evidence in files} == {"success.empty"}


def test_a_target_that_dies_leaves_no_verdict(tmp_path: Path) -> None:
    """Where patience ends in the workers, the run has no verdict, and says why."""
    with serving(Dies(load("docs"))) as server:
        result = run_suite("--base-url", server.url, "-n", "2", "--patience", "1", journal=tmp_path, file=OF_204)

    assert result.returncode == 6, result.stdout[-3000:] + result.stderr
    assert "NO VERDICT: the target stopped answering: " in result.stdout
    assert "Traceback" not in result.stdout


def test_a_wrong_call_is_one_in_the_workers_too(tmp_path: Path) -> None:
    """A token that the target refuses is a wrong call, however many processes notice."""
    with serving(Vendor(load("docs"))) as server:
        target = ("--base-url", server.url, "-n", "2")
        result = run_suite(*target, journal=tmp_path, file=OF_204, KAITEN_AUTH_TOKEN="ksh_stale")

    assert result.returncode == 4, result.stdout[-3000:] + result.stderr
    assert f"WRONG CALL: {server.url} refuses KAITEN_AUTH_TOKEN (401)" in result.stdout


def test_a_worker_that_crashes_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Where a worker is killed the others do its work, the run has no verdict, and no customer is left unsaid."""
    with serving(Vendor(load("docs")), delay=0.02) as server:
        arguments = [f"tests/contract/{OF_204}", "-q", "-n", "2", "--base-url", server.url, "--journal", str(tmp_path)]
        command = [sys.executable, "-m", "pytest", *arguments]
        variables = environment_of(dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True)))
        with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while len(server.calls) < 100 and time.monotonic() < deadline:
                time.sleep(0.01)
            subprocess.run(["kill", f"-{signal.SIGKILL.value}", _worker_of(process.pid)], check=True)
            printed, _ = process.communicate(timeout=120)

    assert process.returncode == 6, printed[-3000:]
    assert re.search(r"^NO VERDICT: the worker gw\d crashed", printed, re.MULTILINE)
    # A worker that is started in its place removes its customers, unless no test is left by then.
    listed = {slug for leftover in leftovers(tmp_path) for slug in leftover.slugs}
    assert listed >= {*server.vendor.customers}
    assert ("customers left none" in printed) is not bool(listed)


def _worker_of(pid: int) -> str:
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return children.stdout.split()[0]
