"""Progress while requests are generated: one line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts import progress
from contracts.exchange import Exchange, Response
from contracts.record import Record
from contracts.rules.document import load
from contracts.vendor import Vendor
from tests.suite.kills import TOKENS
from tests.suite.samples import REQUESTS
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of

EXCHANGE = Exchange(REQUESTS[422], Response(422, (), b"", b""))


def seen_on_a_terminal(*arguments: str, columns: int = 100) -> str:
    """What a terminal of this width gets of a run on the mock, unless the arguments name another target."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest", "tests/contract/test_generated_requests.py", "-p", "no:cacheprovider"]
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=environment_of(TOKENS | {"COLUMNS": str(columns)}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        pieces = []
        # Linux raises where the other end is closed.
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:
            pass
    os.close(ours)
    return b"".join(pieces).decode()


def test_a_terminal_has_one_line_that_is_written_over(tmp_path: Path) -> None:
    """Cases, rate, round, statuses and the time left stand in one line, no wider than the terminal, gone in the end."""
    # On a target where a round takes longer than it is to be without a word.
    with serving(Vendor(load("docs")), delay=0.1) as server:
        output = seen_on_a_terminal("--cases", "40", "--base-url", server.url, "--journal", str(tmp_path))
    lines = re.findall(r"\r(generated requests: [^\r]*)", output)

    assert any(
        re.match(r"generated requests: \d+ updates, \d+/s, round \d+ of \d+, about \d+ s left; 204: ", line)
        for line in lines
    )
    assert max(map(len, lines)) == 99
    assert "generated requests" not in re.sub(r"\r[^\r\n]*(?=\r)", "", output)


def test_several_processes_are_told_of_as_one() -> None:
    """With -n the line has what all workers have sent, and the rounds of all."""
    lines = re.findall(r"\r(generated requests: [^\r]*)", seen_on_a_terminal("--cases", "1000", "-n", "2"))
    told = re.findall(r": (\d+) updates, \d+/s, round (\d+) of (\d+)", "\n".join(lines))
    updates, rounds, all_rounds = zip(*told, strict=True)

    assert len({*all_rounds}) == 1
    assert int(updates[-1]) > int(updates[0])
    assert int(rounds[-1]) > int(rounds[0])


def test_nothing_is_told_once_all_rounds_are_over() -> None:
    """What else a run tries after its generated requests needs no line of theirs."""
    before, worker = threading.active_count(), SimpleNamespace(gateway=SimpleNamespace(id="gw0"))
    plugin = progress.SharedProgress(io.StringIO())
    plugin.pytest_xdist_node_collection_finished(["a", "b[round-1]"])
    plugin.pytest_runtest_logreport(SimpleNamespace(when="call", nodeid="b[round-1]", counts=(1, {}), node=worker))

    assert threading.active_count() == before


@pytest.mark.parametrize("processes", ["0", "2"])
def test_quiet_is_quiet(processes: str) -> None:
    """With -q there is no such line."""
    assert "generated requests" not in seen_on_a_terminal("--cases", "300", "-q", "-n", processes)


def told(record: Record, happens: Callable[[], None]) -> str:
    """What is told, where there is no terminal, of one round in which something happens."""
    output = io.StringIO()
    teller = progress.Teller(output, lambda: progress.counts_of(record))
    teller.rounds = 2
    teller.start()
    happens()
    time.sleep(0.2)
    teller.stop()
    return output.getvalue()


def test_elsewhere_there_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log gets whole lines, with what was sent until then."""
    monkeypatch.setattr(progress, "ELSEWHERE", 0.05)
    record = Record()

    lines = told(record, lambda: record.sent(EXCHANGE)).split("\n\n")

    assert re.fullmatch(r"\ngenerated requests: 1 updates, \d+/s, round 1 of 2; 422: 1", lines[0])
    assert "\r" not in "".join(lines)


def test_a_round_that_is_over_tells_nothing_more() -> None:
    """A round that takes no time needs no line, and leaves no thread."""
    before = threading.active_count()

    assert told(Record(), lambda: None) == ""
    assert threading.active_count() == before
