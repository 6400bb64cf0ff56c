"""Runs that are killed at random moments, and what each leaves behind.

Run as `python -m tests.suite.kills --times 20`; `--seed 7` picks other moments.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS, Vendor
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT

# Seconds in which a run that is interrupted must end by itself.
SECONDS = 30.0
# Seconds in which a run must reach the moment at which it is killed.
_REACHED = 60.0
_DELAY = 0.01
_CHOSEN = ("tests/contract/test_204_no_content.py", "tests/contract/test_404_not_found.py")
TOKENS = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))


class Phase(StrEnum):
    """What a run is doing: making its first customers, trying requests, or removing what it made."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True)
class Moment:
    """When a run is killed: once `count` requests of a phase have come, and `pause` seconds later."""

    phase: Phase
    count: int
    pause: float

    def has_come(self, server: RawServer) -> bool:
        """Whether the run has sent that many requests of the phase."""
        removing = sum(method == "DELETE" for method, _ in server.calls)
        return (removing if self.phase is Phase.END else len(server.calls)) >= self.count

    def __str__(self) -> str:
        return f"{self.phase:6} request {self.count:3} + {self.pause * 1000:3.0f} ms"


@dataclass
class Killed:
    """The end of a killed run: exit code, seconds to its end, customers and journal files left, and what is wrong."""

    moment: Moment
    code: int
    seconds: float
    customers: int
    files: list[str]
    output: str
    wrong: list[str] = field(default_factory=list)


_REQUESTS = {Phase.START: (0, 12), Phase.MIDDLE: (13, 400), Phase.END: (1, 9)}


def moments(seed: int, times: int) -> Iterator[Moment]:
    """Random moments, each phase as often as the others."""
    chance = random.Random(seed)
    for number in range(times):
        phase = list(Phase)[number % len(Phase)]
        yield Moment(phase, chance.randint(*_REQUESTS[phase]), chance.uniform(0, 2 * _DELAY))


def killed(number: signal.Signals, moment: Moment, folder: Path, *, by_clean: bool = False) -> Killed:
    """Kill a run at a moment. After SIGKILL, also remove what the run left, with `clean` or with the next run."""
    with serving(Vendor(load("docs")), _DELAY) as server:
        run = _kill(number, moment, server, folder)
        if number is signal.SIGKILL:
            command = ["contracts", "clean"] if by_clean else ["pytest", "-q", "tests/contract", "-k", "published"]
            target = [] if by_clean else ["--base-url", server.url]
            with _started(*command, *target, f"--journal={folder}") as process:
                run.output += process.communicate(timeout=_REACHED)[0]
        run.wrong += _wrong(run, number, len(server.vendor.customers), folder)
        return run


def _kill(number: signal.Signals, moment: Moment, server: RawServer, folder: Path) -> Killed:
    with _started("pytest", "-q", *_CHOSEN, "--base-url", server.url, f"--journal={folder}") as process:
        deadline = time.monotonic() + _REACHED
        while not moment.has_come(server) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(moment.pause)
        process.send_signal(number)
        started = time.monotonic()
        try:
            output = process.communicate(timeout=SECONDS)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0]
        seconds = time.monotonic() - started
    files = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    return Killed(moment, process.returncode, seconds, len(server.vendor.customers), files, output)


def _started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | TOKENS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wrong(run: Killed, number: signal.Signals, customers: int, folder: Path) -> Iterator[str]:
    if number is not signal.SIGKILL:
        if run.seconds >= SECONDS:
            yield f"did not end in {SECONDS:.0f} s"
        if run.customers:
            yield f"left {run.customers} customers"
        if run.files:
            yield f"left {', '.join(run.files)}"
        if "Traceback" in run.output and "conftest.py" in run.output:
            yield "a traceback"
    elif customers or list(folder.glob("*")):
        yield f"{customers} customers and {len(list(folder.glob('*')))} files are still there"


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill as many runs as were asked for with each signal. Returns 1 if anything is wrong with any of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="kill so many runs with each signal")
    parser.add_argument("--seed", type=int, default=1, help="the moments")
    chosen = parser.parse_args(arguments)
    wrong: Counter[str] = Counter()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for place, moment in enumerate(moments(chosen.seed * 1000 + number, chosen.times)):
            with tempfile.TemporaryDirectory() as folder:
                run = killed(number, moment, Path(folder), by_clean=place % 2 == 0)
            left = f"left {run.customers:2} customers, {len(run.files)} files"
            print(f"{number.name:8} {moment}  exit {run.code:3} in {run.seconds:4.1f} s  {left}", flush=True)
            for what in run.wrong:
                print(f"  WRONG: {what}\n{run.output[-3000:]}", flush=True)
            wrong[number.name] += bool(run.wrong)
    print(", ".join(f"{name}: {count} of {chosen.times} wrong" for name, count in wrong.items()))
    return 1 if wrong.total() else 0


if __name__ == "__main__":
    sys.exit(main())
