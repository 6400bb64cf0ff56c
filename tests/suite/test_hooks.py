"""The judge as a check of `st run`, tried with the real command and the configuration that the README shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.rules.document import DOCUMENTS, load
from contracts.vendor import MOCK_TOKENS, Vendor
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of
from tests.suite.vendors import vendor_named


def st_run(url: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`st run` with our hooks, in a folder that has the README's schemathesis.toml."""
    shown = re.search(
        r"^    # schemathesis.toml\n((?:    .*\n|\n)+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert shown
    (folder / "schemathesis.toml").write_text(re.sub(r"^    ", "", shown[1], flags=re.MULTILINE), encoding="utf-8")
    write, read = MOCK_TOKENS
    own = {
        "SCHEMATHESIS_HOOKS": "contracts.schemathesis_check",
        "KAITEN_AUTH_TOKEN": write,
        "KAITEN_READ_TOKEN": read,
        "COLUMNS": "160",
    }
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        str(DOCUMENTS / "docs.yaml"),
        "--url",
        url,
        "--seed",
        "1",
    ]
    return subprocess.run(
        command, cwd=folder, env=environment_of(own | variables), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["TitleOfRfc9110", "SaysItTwice", "AnswersResetContent"])
def test_a_broken_promise_fails_the_check(name: str, tmp_path: Path) -> None:
    """An answer that breaks a rule is reported with the rule's name and sentence, what was expected and what came."""
    variant = vendor_named(name)
    vendor = variant(load("docs"))
    vendor.add("acme", "Acme")

    with serving(vendor) as server:
        result = st_run(server.url, tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert f"- ST901 {variant.breaks}: " in result.stdout
    assert re.search(r"expected .+\n\s+came ", result.stdout)


@pytest.mark.parametrize("variant", [Vendor, vendor_named("HintsEarly"), vendor_named("LimitsTheRate")])
def test_a_vendor_that_keeps_its_promises_passes(variant: type[Vendor], tmp_path: Path) -> None:
    """Nothing is reported of a correct vendor, though nobody knows which customers it has."""
    with serving(variant(load("docs"))) as server:
        result = st_run(server.url, tmp_path)

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_missing_token_is_told_in_one_line(tmp_path: Path) -> None:
    """Without the token nothing is sent: which credential a request carries could not be told."""
    with serving(Vendor(load("docs"))) as server:
        result = st_run(server.url, tmp_path, KAITEN_AUTH_TOKEN="")

    assert result.returncode != 0
    assert "Missing environment variable: `KAITEN_AUTH_TOKEN`" in result.stdout + result.stderr
    assert not server.calls
