"""A run that is cut short leaves nothing that the next run, or `clean`, does not remove."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contracts import har
from contracts.document import load
from contracts.evidence import Evidence, Part, Source, Step
from contracts.exchange import CUSTOMER, Exchange, update
from contracts.promise import violation
from contracts.vendor import MOCK_TOKENS, Vendor
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT, run_suite

TOKENS = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))


def cut_short(server: RawServer, journal: Path, *signal_numbers: int) -> str:
    """Start a run, and send it signals once it has made customers and updates them; what it prints."""
    command = [sys.executable, "-m", "pytest", "tests/contract", "-q", "--base-url", server.url, f"--journal={journal}"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | TOKENS, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while len(server.calls) < 60 and time.monotonic() < deadline:
            time.sleep(0.01)
        for number in signal_numbers:
            process.send_signal(number)
            time.sleep(0.05)
        return process.communicate(timeout=60)[0]


@pytest.mark.parametrize(
    "signal_numbers",
    [
        pytest.param([signal.SIGINT], id="ctrl-c"),
        pytest.param([signal.SIGTERM], id="sigterm"),
        pytest.param([signal.SIGINT, signal.SIGINT], id="ctrl-c-passed-on-by-tox"),
    ],
)
def test_an_interrupted_run_removes_its_customers(signal_numbers: list[int], tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM leave no customer and no journal behind, and end with the summary."""
    with serving(Vendor(load("docs")), delay=0.02) as server:
        printed = cut_short(server, tmp_path, *signal_numbers)

    assert "customers left none" in printed
    assert "Traceback" not in printed
    assert len(server.calls) >= 60
    assert server.vendor.customers == {}
    assert list(tmp_path.iterdir()) == []


def test_the_next_run_removes_what_a_killed_run_left(tmp_path: Path) -> None:
    """After kill -9 the next run against the same target removes the customers that the journal lists."""
    with serving(Vendor(load("docs")), delay=0.02) as server:
        cut_short(server, tmp_path, signal.SIGKILL)
        left = len(server.vendor.customers)

        result = run_suite("--base-url", server.url, "-k", "published", journal=tmp_path)

    assert left > 0
    assert result.returncode == 0, result.stdout[-3000:]
    assert server.vendor.customers == {}
    assert list(tmp_path.iterdir()) == []


def test_clean_removes_what_a_killed_run_left(tmp_path: Path) -> None:
    """`python -m contracts clean` removes the customers that the journal lists."""
    with serving(Vendor(load("docs")), delay=0.02) as server:
        cut_short(server, tmp_path, signal.SIGKILL)
        left = len(server.vendor.customers)
        command = [sys.executable, "-m", "contracts", "clean", "--journal", str(tmp_path)]

        result = subprocess.run(
            command, cwd=ROOT, env=os.environ | TOKENS, capture_output=True, text=True, timeout=60, check=False
        )

    assert left > 0
    assert f"{left} customers removed, 0 left" in result.stdout
    assert server.vendor.customers == {}
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_replay_has_no_verdict(tmp_path: Path) -> None:
    """Ctrl-C ends a replay with an exit code that is no verdict, and its customers are removed."""
    template = update(CUSTOMER, b'{"name":""}')
    step = Step(Part.FAILING, template, Exchange(template.addressed("contract-test-1"), None))
    broken = violation("status.schema", "422", "204")
    har.write(tmp_path / "kept.har", Evidence((step,), Source("docs", "http://127.0.0.1:1"), broken))
    with serving(Vendor(load("docs")), delay=0.02) as server:
        arguments = [str(tmp_path), "--base-url", server.url, "--times", "10000", f"--journal={tmp_path / 'j'}"]
        command = [sys.executable, "-m", "contracts", "replay", *arguments]
        with subprocess.Popen(command, cwd=ROOT, env=os.environ | TOKENS, stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while len(server.calls) < 60 and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)

    assert (process.returncode, said.strip()) == (130, "Interrupted: there is no verdict.")
    assert server.vendor.customers == {}
