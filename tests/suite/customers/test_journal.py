"""The journal remembers which customers exist, so that whatever ends a run, the next one can remove them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.customers.journal import Journal, Leftover, forget, leftovers
from contracts.errors import NoVerdict, WrongCall

URL = "https://staging.example.com/api"
ONE, TWO = "contract-test-1", "contract-test-2"


def written(folder: Path, *lines: str) -> Path:
    """The journal of a run that is over."""
    path = folder / "over.jsonl"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """The journal of a run that is under way."""
    return Journal(tmp_path / "journal", "run", URL)


def test_a_run_that_removed_all_leaves_no_file(journal: Journal, tmp_path: Path) -> None:
    """When every customer is gone, nothing is left of the journal but its folder."""
    journal.made(ONE)
    journal.removed(ONE)

    journal.close()

    assert list((tmp_path / "journal").iterdir()) == []


def test_a_run_that_could_not_remove_a_customer_leaves_its_slug(journal: Journal, tmp_path: Path) -> None:
    """A customer that is left is in the journal, with where it is."""
    journal.made(ONE)
    journal.made(TWO)
    journal.removed(ONE)

    journal.close()

    assert list(leftovers(tmp_path / "journal")) == [Leftover(tmp_path / "journal" / "run.jsonl", URL, (TWO,))]


def test_a_slug_is_written_at_once(journal: Journal, tmp_path: Path) -> None:
    """A slug is in the file before the customer is made: a crash right after loses none."""
    journal.made(ONE)

    lines = (tmp_path / "journal" / "run.jsonl").read_text(encoding="utf-8").split("\n")[1:]
    journal.close()

    assert [json.loads(line) for line in lines] == [{"base_url": URL}, {"made": ONE}]


def test_a_run_under_way_is_left_alone(journal: Journal, tmp_path: Path) -> None:
    """The customers of a run that still lives are no leftovers."""
    journal.made(ONE)

    found = list(leftovers(tmp_path / "journal"))
    journal.close()

    assert found == []


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    """A journal whose customers were removed is removed too, with its lock."""
    written(tmp_path, json.dumps({"base_url": URL}), json.dumps({"made": ONE}))
    (leftover,) = leftovers(tmp_path)

    forget(leftover.path)

    assert list(tmp_path.iterdir()) == []


def test_only_customers_of_the_suite_are_leftovers(tmp_path: Path) -> None:
    """A slug that the suite cannot have made is never removed, whoever wrote it into the file."""
    written(tmp_path, json.dumps({"base_url": URL}), json.dumps({"made": "acme"}), json.dumps({"made": ONE}))

    assert [leftover.slugs for leftover in leftovers(tmp_path)] == [(ONE,)]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["not json"], id="no-json"),
        pytest.param(["[]"], id="no-object"),
        pytest.param(['"made"'], id="string"),
        pytest.param(["1"], id="number"),
        pytest.param([json.dumps({"made": ONE})], id="no-base-url"),
    ],
)
def test_a_file_that_is_no_journal_is_passed_over(lines: list[str], tmp_path: Path) -> None:
    """A file that cannot be read is neither used nor removed."""
    path = written(tmp_path, *lines)

    assert list(leftovers(tmp_path)) == []
    assert path.exists()


def test_a_line_that_was_cut_short_hides_no_other(tmp_path: Path) -> None:
    """Where the disk was full while a line was written, the customers of all other lines are still known."""
    path = written(tmp_path, json.dumps({"base_url": URL}), json.dumps({"made": ONE}))
    path.write_text(path.read_text() + '{"made": "contr\n' + json.dumps({"made": TWO}))

    assert [leftover.slugs for leftover in leftovers(tmp_path)] == [(ONE, TWO)]


@pytest.mark.parametrize("name", ["over.jsonl", "over.lock"], ids=["nothing-in-it", "no-more-than-a-lock"])
def test_what_a_run_left_before_it_wrote_anything_is_removed(name: str, tmp_path: Path) -> None:
    """Killed before it wrote the first line, a run leaves no file that stays for ever."""
    (tmp_path / name).touch()

    assert list(leftovers(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_cannot_be_written_any_more_lets_no_customer_be_made(journal: Journal, tmp_path: Path) -> None:
    """Where the disk fills up, no customer is made that would be forgotten; those that were are still removed."""
    journal.made(ONE)
    file = tmp_path / "journal" / "run.jsonl"
    file.unlink()
    file.mkdir()

    with pytest.raises(NoVerdict, match="cannot be written any more"):
        journal.made(TWO)
    journal.removed(ONE)
    journal.close()


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path: Path) -> None:
    """Without a journal there is nothing to remove."""
    assert list(leftovers(tmp_path / "nowhere")) == []


def test_a_folder_that_cannot_be_written_is_a_wrong_call(tmp_path: Path) -> None:
    """Where the journal cannot be written no customer may be made: one line says what to do."""
    (tmp_path / "file").write_text("")

    with pytest.raises(WrongCall, match=r"cannot be written .* --journal") as caught:
        Journal(tmp_path / "file", "run", URL)

    assert "\n" not in str(caught.value)


def test_two_runs_write_two_files(tmp_path: Path) -> None:
    """Two runs at once do not disturb each other."""
    first, second = Journal(tmp_path, "one", URL), Journal(tmp_path, "two", URL)
    first.made(ONE)
    second.made(TWO)
    second.close()

    found = [leftover.slugs for leftover in leftovers(tmp_path)]
    first.close()

    assert found == [(TWO,)]
