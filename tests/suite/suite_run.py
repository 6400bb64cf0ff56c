"""The suite, run as a user runs it: another process, against a base URL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from contracts.vendor import MOCK_TOKENS

ROOT = Path(__file__).resolve().parent.parent.parent


def run_suite(
    *arguments: str, journal: Path, timeout: float = 180.0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the contract's tests, evidence beside the journal; the tokens are the mock's unless told otherwise.

    One that takes more than `timeout` seconds is killed.
    """
    folders = [f"--journal={journal}", f"--evidence={evidence_beside(journal)}"]
    return _python("pytest", "tests/contract", "-q", *folders, *arguments, environment=environment, timeout=timeout)


def replay(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Replay, in a checkout; the tokens are the mock's unless told otherwise."""
    return _python("contracts", "replay", *arguments, folder=folder, environment=environment)


def release(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask whether a release is safe."""
    return _python("contracts", "release", *arguments, environment={})


def evidence_beside(journal: Path) -> Path:
    """Where `run_suite` lets evidence be kept."""
    return journal / "evidence"


def _python(
    *arguments: str, environment: dict[str, str], folder: Path = ROOT, timeout: float = 180.0
) -> subprocess.CompletedProcess[str]:
    write, read = MOCK_TOKENS
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("KAITEN_", "PYTEST_"))}
    variables |= {"KAITEN_AUTH_TOKEN": write, "KAITEN_READ_TOKEN": read} | environment
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={name: value for name, value in variables.items() if value},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
