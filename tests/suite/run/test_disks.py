"""A checkout that cannot be written, a disk that is full: one clear line, and customers are removed all the same."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contracts.rules.document import load
from contracts.vendor.model import Vendor
from tests.suite.kills import TOKENS
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT, run_suite
from tests.suite.vendors import vendor_named

AnswersMalformedJsonWith422 = vendor_named("AnswersMalformedJsonWith422")

# Python, when even root is refused what a file's mode forbids (PR_CAPBSET_DROP, CAP_DAC_OVERRIDE); for others the same.
_OBEYING = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def started(server: RawServer, *arguments: str, folder: Path = ROOT, obeying: bool = False) -> subprocess.Popen[str]:
    """A run of the suite in a checkout."""
    return subprocess.Popen(
        [
            sys.executable,
            *(["-c", _OBEYING] if obeying else []),
            "-m",
            "pytest",
            "tests/contract",
            "-q",
            "--base-url",
            server.url,
            *arguments,
        ],
        cwd=folder,
        env=os.environ | TOKENS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def read_only_checkout(tmp_path: Path) -> Path:
    """A copy of what is needed to run, in which nothing can be written."""
    checkout = tmp_path / "checkout"
    without = shutil.ignore_patterns("suite", "benchmarks")
    for name in ("contracts", "tests"):
        shutil.copytree(ROOT / name, checkout / name, ignore=without)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    for path in [checkout, *checkout.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return checkout


def ended(server: RawServer, checkout: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of a run in a checkout that it may not write, and what it printed."""
    with started(server, *arguments, folder=checkout, obeying=True) as run:
        printed = run.communicate(timeout=120)[0]
    return run.returncode, printed


def test_a_read_only_checkout_needs_another_journal(read_only_checkout: Path) -> None:
    """Where the journal cannot be written nothing is sent: one line says why, and exit 4."""
    with serving(Vendor(load("docs"))) as server:
        code, printed = ended(server, read_only_checkout)

    assert code == 4, printed
    assert printed.count("the journal cannot be written") == 1
    assert "Traceback" not in printed
    assert server.calls == []


def test_a_read_only_checkout_is_no_reason_to_fail(read_only_checkout: Path, tmp_path: Path) -> None:
    """With a journal elsewhere a run in a read-only checkout is as green as any other."""
    with serving(Vendor(load("docs"))) as server:
        code, printed = ended(server, read_only_checkout, f"--journal={tmp_path / 'j'}", "-k", "names or published")

    assert code == 0, printed
    assert "Traceback" not in printed
    assert server.vendor.customers == {}


def test_a_read_only_checkout_hides_no_failure(read_only_checkout: Path, tmp_path: Path) -> None:
    """Where no evidence can be kept, a failure is still told as what it is, with a warning."""
    with serving(AnswersMalformedJsonWith422(load("docs"))) as server:
        code, printed = ended(server, read_only_checkout, f"--journal={tmp_path / 'j'}", "-k", "names or empty")

    assert code == 1, printed
    assert "warning        evidence cannot be written: Permission denied" in printed
    assert "Traceback" not in printed
    assert server.vendor.customers == {}


@pytest.mark.parametrize("calls", [3, 150], ids=["while-customers-are-made", "in-the-middle"])
def test_a_disk_that_fills_up_leaves_no_customer(calls: int, tmp_path: Path) -> None:
    """From some moment on no file can grow: no traceback, and every customer is removed."""
    written = [f"--journal={tmp_path / 'j'}", f"--evidence={tmp_path / 'e'}", f"--junit-xml={tmp_path / 'x.xml'}"]
    # From the first test on something fails, which is to be kept.
    written += ["-k", "not_json or json_that_breaks"]
    with serving(AnswersMalformedJsonWith422(load("docs")), delay=0.005) as server, started(server, *written) as run:
        deadline = time.monotonic() + 60
        while len(server.calls) < calls and time.monotonic() < deadline:
            time.sleep(0.001)
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        printed = run.communicate(timeout=180)[0]

    assert run.returncode in (1, 6), printed
    assert "warning        a file could not be written" in printed
    assert "Traceback" not in printed
    assert server.vendor.customers == {}
    assert list((tmp_path / "j").iterdir()) == []


@pytest.mark.parametrize("option", ["--junit-xml", "--result"])
def test_a_report_that_cannot_be_written_is_found_out_first(option: str, tmp_path: Path) -> None:
    """A file of results that cannot be written is a wrong call, before anything is sent."""
    (tmp_path / "file").touch()
    with serving(Vendor(load("docs"))) as server:
        result = run_suite(f"{option}={tmp_path / 'file' / 'x'}", "--base-url", server.url, journal=tmp_path)

    assert result.returncode == 4, result.stderr
    assert f"ERROR: {option} cannot be written" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert server.calls == []
