"""Generated requests: what nobody thought of. Hypothesis draws and shrinks them; the judge says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from contracts import fuzz
from contracts.outcome import Outcome
from contracts.run import Run
from contracts.search import Search

pytestmark = pytest.mark.fuzz

AllKept = Callable[[Sequence[Outcome]], None]


@pytest.fixture(scope="module")
def schema(run: Run) -> fuzz.Schema:
    """Schemathesis's view of the contract."""
    return fuzz.Schema(run.document)


def test_examples_and_boundaries_of_the_schema(schema: fuzz.Schema, search: Search, all_kept: AllKept) -> None:
    """Every example and every boundary of the request schema, from both sides, gets what the contract says."""
    all_kept(search.through(schema.cases()))


@pytest.mark.rounds
def test_bodies_that_fit_the_schema(schema: fuzz.Schema, search: Search, all_kept: AllKept) -> None:
    """Every body that fits the request schema is accepted and stored."""
    all_kept(search.among(schema.fitting()))


@pytest.mark.rounds
def test_bodies_that_break_the_schema(schema: fuzz.Schema, search: Search, all_kept: AllKept) -> None:
    """Every body that breaks the request schema is refused, and changes nothing."""
    all_kept(search.among(schema.breaking()))


@pytest.mark.rounds
def test_names_of_any_script_and_length(schema: fuzz.Schema, search: Search, all_kept: AllKept) -> None:
    """Every name and identifier, of any script and of up to 10,000 characters, is accepted and stored exactly."""
    all_kept(search.among(schema.names()))


@pytest.mark.rounds
def test_bytes_that_are_no_json(search: Search, all_kept: AllKept) -> None:
    """Every mutation of a valid body is refused, or read as the JSON that it still is."""
    all_kept(search.among(fuzz.broken_bodies()))


@pytest.mark.rounds
def test_slugs_that_name_no_customer(search: Search, all_kept: AllKept) -> None:
    """Every slug that names no customer is answered 404."""
    all_kept(search.among(fuzz.slugs()))


@pytest.mark.rounds
def test_credentials_of_any_kind(search: Search, all_kept: AllKept) -> None:
    """Every credential that is not the valid one is answered 401."""
    all_kept(search.among(fuzz.credentials()))
