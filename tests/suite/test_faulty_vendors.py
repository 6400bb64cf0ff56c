"""Every faulty vendor turns the run red, under the rule that it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.document import load
from tests.suite.faulty import FAULTY, Faulty
from tests.suite.served import serving
from tests.suite.suite_run import run_suite


@pytest.mark.parametrize("vendor", FAULTY, ids=lambda vendor: vendor.__name__)
def test_a_faulty_vendor_turns_the_run_red_under_its_rule(vendor: type[Faulty], tmp_path: Path) -> None:
    """A run against a vendor that breaks a rule exits 1 and says which rule."""
    with serving(vendor(load("docs"))) as server:
        result = run_suite("--base-url", server.url, journal=tmp_path)

    assert result.returncode == 1, result.stdout[-3000:] + result.stderr
    assert f"{vendor.breaks}: " in result.stdout
