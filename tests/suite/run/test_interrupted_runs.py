"""A run that is cut short leaves nothing that the next run, or `clean`, does not remove."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contracts.customers.journal import leftovers
from contracts.evidence import har
from contracts.evidence.har import Evidence, Source, Step
from contracts.http.exchange import Exchange
from contracts.http.request import CUSTOMER, update
from contracts.http.retries import PASSED_ON
from contracts.rules.document import load
from contracts.rules.promise import violation
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.forked import python_m
from tests.suite.kills import TOKENS, Moment, Phase, killed
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT

FIRST_MADE = Moment(Phase.START, 1, 0.005)
MIDDLE = Moment(Phase.MIDDLE, 150, 0.0)
FIRST_REMOVED = Moment(Phase.END, 1, 0.005)


class SlowToRemove(Vendor):
    """Takes seconds to remove a customer."""

    def handle(self, call: Call) -> Answer:
        time.sleep(1.5 if call.method == "DELETE" else 0.0)
        return super().handle(call)


def cut_short(server: RawServer, journal: Path, *signal_numbers: int, pause: float = 0.05) -> str:
    """Start a run, and send it signals once it has made customers and updates them; what it prints."""
    arguments = ["tests/contract/test_204_no_content.py", "-q", "--base-url", server.url, f"--journal={journal}"]
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | TOKENS, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while len(server.calls) < 60 and time.monotonic() < deadline:
            time.sleep(0.01)
        for number in signal_numbers:
            process.send_signal(number)
            time.sleep(pause)
        return process.communicate(timeout=60)[0]


def test_an_interrupted_run_removes_its_customers(tmp_path: Path) -> None:
    """Ctrl-C, passed on by tox as a second one, leaves no customer and no journal behind, and ends with the summary."""
    with serving(Vendor(load("docs")), delay=0.02) as server:
        printed = cut_short(server, tmp_path, signal.SIGINT, signal.SIGINT)

    assert "customers left none" in printed
    assert "Traceback" not in printed
    assert len(server.calls) >= 60
    assert server.vendor.customers == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        pytest.param(signal.SIGTERM, FIRST_MADE, id="sigterm-while-the-first-customer-is-made"),
        pytest.param(signal.SIGINT, MIDDLE, id="ctrl-c-in-the-middle"),
        pytest.param(signal.SIGTERM, MIDDLE, id="sigterm-in-the-middle"),
        pytest.param(signal.SIGTERM, FIRST_REMOVED, id="sigterm-while-customers-are-removed"),
    ],
)
def test_a_run_that_is_interrupted_at_any_moment_removes_its_customers(
    number: signal.Signals, moment: Moment, tmp_path: Path
) -> None:
    """Whatever it is doing, an interrupted run ends by itself, soon, and leaves nothing; while it cleans up, too."""
    run = killed(number, moment, tmp_path)

    assert run.wrong == [], run.output[-3000:]


@pytest.mark.parametrize(
    ("moment", "by_clean"),
    [
        pytest.param(FIRST_MADE, False, id="while-the-first-customer-is-made-then-the-next-run"),
        pytest.param(FIRST_REMOVED, True, id="while-customers-are-removed-then-clean"),
    ],
)
def test_a_run_that_is_killed_at_any_moment_leaves_what_is_found(
    moment: Moment, by_clean: bool, tmp_path: Path
) -> None:
    """What a run killed with SIGKILL leaves, whatever it was doing, is removed by `clean` or by the next run."""
    run = killed(signal.SIGKILL, moment, tmp_path, by_clean=by_clean)

    assert run.wrong == [], run.output[-3000:]


def test_an_impatient_user_loses_no_customer(tmp_path: Path) -> None:
    """A second Ctrl-C, while customers are removed, leaves none that is not in the journal or said to be left."""
    with serving(SlowToRemove(load("docs")), delay=0.02) as server:
        printed = cut_short(server, tmp_path, signal.SIGINT, signal.SIGINT, pause=PASSED_ON + 0.2)
        remembered = {slug for leftover in leftovers(tmp_path) for slug in leftover.slugs}

    assert "Traceback" not in printed
    assert set(server.vendor.customers) <= remembered


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


@pytest.mark.parametrize("given", ["", "staging.example.com"])
def test_clean_takes_no_base_url_that_is_none(given: str, tmp_path: Path) -> None:
    """An empty or half a base URL is a wrong call, and not a place where nothing was left."""
    result = python_m(["contracts", "clean", "--base-url", given, "--journal", str(tmp_path)], TOKENS, ROOT, 60)

    assert result.returncode == 2
    assert result.stderr == "Error: the base URL must be like https://staging.example.com/api\n"
    assert not result.stdout


def test_an_interrupted_replay_has_no_verdict(tmp_path: Path) -> None:
    """Ctrl-C ends a replay with an exit code that is no verdict, and its customers are removed."""
    template = update(CUSTOMER, b'{"name":""}')
    step = Step("failing", template, Exchange(template.addressed("contract-test-1"), None))
    broken = violation("status.schema", "422", "204")
    har.write(tmp_path / "kept.har", har.to_har(Evidence((step,), Source("docs", "http://127.0.0.1:1"), broken)))
    with serving(Vendor(load("docs")), delay=0.02) as server:
        arguments = [str(tmp_path), "--base-url", server.url, "--times", "10000", f"--journal={tmp_path / 'j'}"]
        command = [sys.executable, "-m", "contracts", "replay", *arguments]
        with subprocess.Popen(command, cwd=ROOT, env=os.environ | TOKENS, stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while len(server.calls) < 60 and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said.splitlines()[-1] == "Interrupted: there is no verdict."
    assert server.vendor.customers == {}
