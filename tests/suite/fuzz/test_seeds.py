"""A seed generates the same requests again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.rules.document import load
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of, run_suite


class Listening(Vendor):
    """Keeps every update as it came, but for the slugs of disposable customers."""

    def handle(self, call: Call) -> Answer:
        if call.method == "PUT":
            sent = (call.path, call.header("content-type"), call.header("authorization"), call.body.decode("latin-1"))
            known = tuple(re.sub(r"(?i)(c|%63|%2563|%EF%BD%83)ontract-test-[0-9a-f]{8}-", "", part) for part in sent)
            self.__dict__.setdefault("updates", []).append(known)
        return super().handle(call)


def updates(journal: Path, seed: str, hash_seed: str) -> list[tuple[str, ...]]:
    """The updates that a run with this seed sends, in their order."""
    with serving(Listening(load("docs"))) as server:
        result = run_suite(
            *("--base-url", server.url, "--hypothesis-seed", seed, "--concurrency", "1", "-m", "fuzz"),
            journal=journal,
            file="test_generated_requests.py",
            fresh=True,
            PYTHONHASHSEED=hash_seed,
        )
    assert result.returncode == 0, result.stdout[-3000:]
    return server.vendor.__dict__["updates"]


def strategies(contract: str, hash_seed: str) -> str:
    """The strategies of bodies for a contract, written out by another process."""
    code = (
        "import sys; from contracts.rules.document import load;"
        "from contracts.fuzz.strategies import breaking, fitting;"
        "document = load(sys.argv[1]); print(fitting(document), *breaking(document), sep='\\n')"
    )
    variables = environment_of({"PYTHONHASHSEED": hash_seed})
    command = [sys.executable, "-c", code, contract]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("contract", ["docs", "v1"])
def test_what_is_drawn_from_is_the_same_in_every_process(contract: str) -> None:
    """No strategy has an order that Python makes up anew for each process."""
    first, second = (strategies(contract, hash_seed) for hash_seed in ("1", "2"))

    assert first == second
    assert "externalCustomerId" in first


def test_a_seed_sends_the_same_requests_in_the_same_order(tmp_path: Path) -> None:
    """Two runs with the same seed and profile send the same updates in the same order."""
    first, second = (updates(tmp_path, "7", hash_seed) for hash_seed in ("1", "2"))

    assert len(first) > 50
    assert first == second
