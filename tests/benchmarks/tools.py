"""The two tools that are compared, each run as its users run it: plain `st run`, and this suite."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.report.result import read
from contracts.rules.document import DOCUMENTS
from contracts.vendor.model import MOCK_TOKENS
from tests.suite.suite_run import ROOT, environment_of

TOKENS = dict(zip((WRITE_TOKEN, READ_TOKEN), MOCK_TOKENS, strict=True))
GENERATED = "tests/contract/test_generated_requests.py"
# The generated tests that share the cases out among them: three of the five have half as many as the others.
TESTS = 3.5
SLUG = "acme"
# As the guide of `st run` advises: the token by the document's security scheme, a slug that exists, retries, and of the
# coverage phase no methods that the document does not declare.
CONFIG = f"""
continue-on-failure = true
request-retries = 3
request-timeout = 10
parameters = {{ "path.customerSlug" = "{SLUG}" }}
[auth.openapi.bearer]
bearer = "{TOKENS[WRITE_TOKEN]}"
[phases.coverage]
unexpected-methods = []
"""
LIMIT = 3600.0
# Schemathesis's command, as it is installed beside this Python.
ST = str(Path(sys.executable).with_name("st"))


@dataclass(frozen=True)
class Came:
    """What came of one run: its exit code, its seconds, the memory of the process itself, the updates that it sent."""

    code: int
    seconds: float
    megabytes: float
    updates: int = 0


def st_run(url: str, contract: str = "docs", *arguments: str, limit: float = LIMIT) -> Came:
    """One run of `st run`, all checks and all phases but the stateful one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "schemathesis.toml"
        config.write_text(CONFIG, encoding="utf-8")
        document = str(DOCUMENTS / f"{contract}.yaml")
        command = [ST, "--config-file", str(config), "run", document, "--url", url]
        options = ["--seed", "1", "--checks", "all", "--phases", "examples,coverage,fuzzing"]
        return _measured([*command, *options, *arguments], folder, limit)


def generated(url: str, cases: int, *arguments: str) -> Came:
    """One run of this suite's generated tests, with at least so many cases in all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = folder / "result.json"
        options = ["--base-url", url, "--cases", str(math.ceil(cases / TESTS)), "--hypothesis-seed", "1"]
        kept = ["--journal", str(folder / "journal"), "--evidence", str(folder / "evidence"), "--result", str(result)]
        command = [sys.executable, "-m", "pytest", GENERATED, "-q", "-p", "no:cacheprovider"]
        run = _measured([*command, *options, *kept, *arguments], ROOT, LIMIT)
        return Came(run.code, run.seconds, run.megabytes, read(result).metrics.updates)


def _measured(command: Sequence[str], folder: Path, limit: float) -> Came:
    variables = environment_of({"KAITEN_AUTH_TOKEN": TOKENS[WRITE_TOKEN], "KAITEN_READ_TOKEN": TOKENS[READ_TOKEN]})
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(list(command), cwd=folder, env=variables, stdout=output, stderr=subprocess.STDOUT)
        killer = threading.Timer(limit, process.kill)
        killer.start()
        # What `wait` of subprocess does not tell is the memory of this process alone.
        _, status, usage = os.wait4(process.pid, 0)
        killer.cancel()
        seconds, process.returncode = time.perf_counter() - started, os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode()
    if process.returncode not in (0, 1, -signal.SIGKILL):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {printed[-3000:]}")
    cases = re.search(r"([\d,]+) generated", printed)
    return Came(process.returncode, seconds, usage.ru_maxrss / 1024, int(cases[1].replace(",", "")) if cases else 0)
