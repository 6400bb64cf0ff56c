"""The suite, run as a user runs it: another process, against a base URL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.vendor.model import MOCK_TOKENS
from tests.suite.forked import python_m

ROOT = Path(__file__).resolve().parent.parent.parent

# What is written out and some of what is generated, without the tables of payloads, which take most of a run.
NO_TABLES = ("-k", "not whatever_else and not a_valid_update and not left_open", "--hypothesis-profile", "quick")


def run_suite(
    *arguments: str, journal: Path, file: str = "", timeout: float = 180.0, fresh: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the contract's tests, with evidence beside the journal. The tokens are the mock's unless others are given.

    To collect only one `file` of tests/contract takes a third of the time.
    A run that takes more than `timeout` seconds is killed. A `fresh` run is a child of this process, so that its memory
    and its time are known.
    """
    folders = [f"--journal={journal}", f"--evidence={evidence_beside(journal)}"]
    command = ["pytest", str(Path("tests/contract", file)), "-q", *folders, *arguments]
    return _python(*command, environment=environment, timeout=timeout, fresh=fresh)


def replay(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `replay` in a checkout, with the mock's tokens unless others are given."""
    return _python("contracts", "replay", *arguments, folder=folder, environment=environment)


def release(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ask whether a release is safe."""
    return _python("contracts", "release", *arguments, environment=environment)


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ask whether a run would work, with the mock's tokens unless others are given."""
    return _python("contracts", "doctor", *arguments, environment=environment)


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


def evidence_beside(journal: Path) -> Path:
    """The folder where `run_suite` keeps evidence."""
    return journal / "evidence"


def environment_of(own: dict[str, str]) -> dict[str, str]:
    """The environment of a user who has set these variables. A variable with an empty value is not set."""
    # The variables of pytest, its workers or CI are about this process and not about one that a user starts.
    said = ("KAITEN_", "PYTEST_")
    others = {name: value for name, value in os.environ.items() if not name.startswith(said)}
    return {name: value for name, value in (others | own).items() if value}


def _python(
    module: str,
    *arguments: str,
    environment: dict[str, str],
    folder: Path = ROOT,
    timeout: float = 180.0,
    fresh: bool = False,
) -> subprocess.CompletedProcess[str]:
    write, read = MOCK_TOKENS
    env = environment_of({"KAITEN_AUTH_TOKEN": write, "KAITEN_READ_TOKEN": read} | environment)
    if folder == ROOT and not fresh:
        return python_m([module, *arguments], env, folder, timeout)
    # Another checkout has a suite of its own, so its process must not be forked from one that has imported ours.
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
