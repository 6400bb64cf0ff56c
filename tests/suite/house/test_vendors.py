"""The catalogue of vendors covers every promise, and one vendor of each is found. `tox -e faults` judges them all."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.rules.document import load
from contracts.rules.promise import promises
from contracts.vendor.model import MOCK_TOKENS
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, evidence_beside, replay, run_suite
from tests.suite.vendors import catalogue
from tests.suite.vendors.finders import BESIDE, LEFT_OPEN, OTHER_NO_JSON, OTHER_SCHEMA, OTHER_SLUG, OTHER_VALID
from tests.suite.vendors.variant import Broken, Hostile, Unusual, Variant

CATALOGUE = catalogue()
BROKEN = [variant for variant in CATALOGUE if issubclass(variant, Broken)]
# Those that are wrong each time.
STEADY = [variant for variant in BROKEN if not variant.__module__.endswith("now_and_then")]
# The file of each test.
TESTS = {
    node.name: path.name
    for path in ROOT.glob("tests/contract/test_*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef)
}
# These tests send many requests.
LARGE = {OTHER_VALID, OTHER_SCHEMA, OTHER_NO_JSON, OTHER_SLUG, LEFT_OPEN, BESIDE}
# The first vendor for each promise: of the default pin if there is one, and found by a small test if there is one.
IN_ORDER = sorted(STEADY, key=lambda variant: (variant.contract != "docs", variant.found_by in LARGE))
OF_RULES = {variant.breaks: variant for variant in reversed(IN_ORDER)}


def named(variant: type[Variant]) -> str:
    return variant.__name__


@pytest.mark.parametrize(("kind", "least"), [(Broken, 100), (Unusual, 25), (Hostile, 20)])
def test_the_catalogue_is_large(kind: type[Variant], least: int) -> None:
    """There are enough vendors of each kind to measure the suite by."""
    assert len([variant for variant in CATALOGUE if issubclass(variant, kind)]) >= least


def test_a_name_is_that_of_one_vendor() -> None:
    """No two vendors have the same name."""
    assert [name for name, count in Counter(map(named, CATALOGUE)).items() if count > 1] == []


def test_every_vendor_says_what_is_special_about_it() -> None:
    """A vendor's own docstring is one sentence that says in what it differs."""
    first_lines = {named(variant): (vars(variant)["__doc__"] or "").strip().split("\n")[0] for variant in CATALOGUE}

    assert [name for name, line in first_lines.items() if not line.endswith((".", ",", "and", "the"))] == []


def test_every_broken_vendor_breaks_a_promise_that_a_test_tries() -> None:
    """The promise that it breaks is written down, and the test that has to find it exists."""
    assert [named(variant) for variant in BROKEN if variant.breaks not in promises()] == []
    assert [named(variant) for variant in BROKEN if variant.found_by not in TESTS] == []


def test_every_promise_is_broken_by_a_vendor() -> None:
    """Each promise of promises.yaml is broken by at least one vendor of the catalogue."""
    assert set(promises()) - {variant.breaks for variant in BROKEN} == set()


@pytest.mark.parametrize("variant", OF_RULES.values(), ids=OF_RULES)
def test_a_broken_promise_is_found_and_seen_again(variant: type[Broken], tmp_path: Path) -> None:
    """The test that has to find it is red under its promise; its evidence is seen again there, and gone on the mock."""
    evidence, selected = evidence_beside(tmp_path), ["-k", variant.found_by, "--settle", "0.2", "--maxfail=1"]
    with serving(variant(load(variant.contract), variant.base_path)) as server:
        options = ["--base-url", server.url, "--contract", variant.contract, *selected, *variant.arguments]
        found = run_suite(*options, journal=tmp_path, file=TESTS[variant.found_by])
        there = replay(str(evidence), "--base-url", server.url, "--journal", str(tmp_path / "j"), "--settle", "0.2")
    mocked = replay(str(evidence))

    assert found.returncode == 1, found.stdout[-3000:] + found.stderr
    assert f"BROKEN {variant.breaks}: " in found.stdout
    assert list(evidence.glob(f"{variant.breaks}*.har"))
    assert there.returncode == 1, there.stdout + there.stderr
    assert "SEEN AGAIN" in there.stdout
    assert mocked.returncode == 0, mocked.stdout + mocked.stderr
    printed = [found.stdout, found.stderr, there.stdout, there.stderr, mocked.stdout]
    assert not list(tokens_in(tmp_path, printed))


def tokens_in(folder: Path, printed: list[str]) -> Iterator[str]:
    """The tokens that are in a file of the folder or were printed."""
    kept = [path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()]
    yield from (token for token in MOCK_TOKENS for text in [*kept, *printed] if token in text)
