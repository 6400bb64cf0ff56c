"""A seed generates the same requests again."""

from __future__ import annotations

import re
from pathlib import Path

from contracts.document import load
from contracts.vendor import Answer, Call, Vendor
from tests.suite.served import serving
from tests.suite.suite_run import run_suite

GENERATED = "tests/contract/test_generated_requests.py"


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
            *("--base-url", server.url, "--hypothesis-seed", seed, "--concurrency", "1"),
            journal=journal,
            PYTHONHASHSEED=hash_seed,
        )
    assert result.returncode == 0, result.stdout[-3000:]
    return server.vendor.__dict__["updates"]


def test_a_seed_sends_the_same_requests_in_the_same_order(tmp_path: Path) -> None:
    """Two runs with the same seed and profile send the same updates in the same order; another seed sends others."""
    first, second, other = (updates(tmp_path, seed, hashes) for seed, hashes in (("7", "1"), ("7", "2"), ("8", "1")))

    assert first == second
    assert first != other
