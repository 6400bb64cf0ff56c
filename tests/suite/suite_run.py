"""The suite, run as a user runs it: another process, against a base URL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from contracts.vendor import MOCK_TOKENS

ROOT = Path(__file__).resolve().parent.parent.parent


def run_suite(*arguments: str, journal: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the contract's tests; the tokens are the mock's unless the environment says otherwise."""
    write, read = MOCK_TOKENS
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("KAITEN_", "PYTEST_"))}
    variables |= {"KAITEN_AUTH_TOKEN": write, "KAITEN_READ_TOKEN": read} | environment
    command = [sys.executable, "-m", "pytest", "tests/contract", "-q", f"--journal={journal}", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={name: value for name, value in variables.items() if value},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
