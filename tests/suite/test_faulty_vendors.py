"""Every faulty vendor turns the run red under the rule that it breaks, and its evidence shows the same again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.document import load
from contracts.vendor import MOCK_TOKENS
from tests.suite import faulty_answers, faulty_storage
from tests.suite.faulty import Faulty
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import evidence_beside, replay, run_suite

FAULTY = [
    vendor
    for module in (faulty_answers, faulty_storage)
    for vendor in vars(module).values()
    if isinstance(vendor, type) and vendor.__module__ == module.__name__
]
# One that fails now and then needs more chances.
TIMES = {faulty_answers.FailsEach20thTime: "60", faulty_storage.WritesInTwoSteps: "20"}


@pytest.fixture(params=FAULTY, ids=lambda vendor: vendor.__name__)
def server(request: pytest.FixtureRequest) -> Iterator[RawServer]:
    """Each faulty vendor, served."""
    with serving(request.param(load("docs"))) as server:
        yield server


def test_a_faulty_vendor_is_caught_and_seen_again(server: RawServer, tmp_path: Path) -> None:
    """A run exits 1 under the right rule; its evidence is seen again there, is gone on the mock, and has no token."""
    vendor = server.vendor
    assert isinstance(vendor, Faulty)

    result = run_suite("--base-url", server.url, journal=tmp_path)
    evidence = evidence_beside(tmp_path)
    times = TIMES.get(type(vendor), "1")
    there = replay(str(evidence), "--base-url", server.url, "--times", times, "--journal", str(tmp_path / "j"))
    mocked = replay(str(evidence))

    assert result.returncode == 1, result.stdout[-3000:] + result.stderr
    assert f"{vendor.breaks}: " in result.stdout
    assert list(evidence.glob(f"{vendor.breaks}*.har"))
    assert there.returncode == 1, there.stdout + there.stderr
    assert there.stdout.endswith(f"{len(list(evidence.iterdir()))} seen again, 0 different, 0 gone\n"), there.stdout
    assert mocked.returncode == 0, mocked.stdout + mocked.stderr
    assert "0 seen again, 0 different, " in mocked.stdout
    artefacts = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    printed = [result.stdout, result.stderr, there.stdout, there.stderr, mocked.stdout]
    assert not [token for token in MOCK_TOKENS for text in [*artefacts, *printed] if token in text]
