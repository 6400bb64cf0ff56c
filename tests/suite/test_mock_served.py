"""The mock behind a real port keeps every promise of the contract that it stands for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.suite.suite_run import ROOT, run_suite


@contextmanager
def served_mock(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`python -m contracts mock` on a free port, and the base URL that it prints."""
    command = [sys.executable, "-m", "contracts", "mock", "--port", "0", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        try:
            yield process, found[0]
        finally:
            process.kill()


@pytest.mark.parametrize("contract", ["docs", "v1"])
def test_the_mock_keeps_its_contract_over_http(contract: str, tmp_path: Path) -> None:
    """A run against the served mock is green, with at least 300 updates, and leaves no customer behind."""
    with served_mock("--contract", contract) as (_, url):
        result = run_suite("--base-url", url, "--contract", contract, "--require-all", journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]
    assert int(re.findall(r"updates sent +(\d+)", result.stdout)[0]) >= 300
    assert re.search(r"customers left +none", result.stdout)


def test_the_mock_serves_under_a_prefix(tmp_path: Path) -> None:
    """With --prefix the mock answers under that path, as a real deployment does."""
    with served_mock("--prefix", "/api") as (_, url):
        result = run_suite("--base-url", url, "-k", "422", journal=tmp_path)

    assert url.endswith("/api")
    assert result.returncode == 0, result.stdout[-3000:]


def test_the_mock_stops_on_ctrl_c() -> None:
    """Ctrl-C ends the mock, without a traceback."""
    with served_mock() as (process, _):
        process.send_signal(signal.SIGINT)

        output, _ = process.communicate(timeout=10)

    assert process.returncode == 0
    assert "Traceback" not in output
    assert "Aborted" not in output


def test_the_mock_names_a_port_that_is_taken() -> None:
    """A port that is taken is one clear line and exit 2."""
    with served_mock() as (_, url):
        port = url.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "contracts", "mock", "--port", port]

        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
