"""A run in shards: each machine has its share, and `summary` makes one verdict of what all of them left."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts.errors import WrongCall
from contracts.options import OPTIONS, options_from
from contracts.rules.document import load
from contracts.shard import Shard, shard_from
from contracts.vendor import MOCK_TOKENS
from tests.suite.served import serving
from tests.suite.suite_run import run_suite, summary
from tests.suite.vendors.broken_success import SendsBytesAfter204

DEFAULTS = {option.name: option.default for option in OPTIONS}
TOKENS = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))


@pytest.mark.parametrize("total", range(1, 8))
def test_shards_overlap_in_nothing_and_leave_out_nothing(total: int) -> None:
    """Of whatever units, some of them named twice, the shares of all shards have each unit once."""
    units = [f"unit-{number}" for number in range(100)]

    shares = [Shard(index, total).share([*units, *units]) for index in range(1, total + 1)]

    assert sorted(unit for share in shares for unit in share) == sorted(units)


def test_every_test_is_collected_by_one_shard(tmp_path: Path) -> None:
    """Every test of the profile `ci`, each round of a generated one too, is in the share of exactly one shard."""
    shards = [collected(tmp_path, f"{index}/3") for index in (1, 2, 3)]

    assert sorted(test for tests in shards for test in tests) == sorted(collected(tmp_path, "1/1"))
    assert all(any("[round-" in test for test in tests) for tests in shards)


def collected(journal: Path, shard: str) -> list[str]:
    """The tests that a shard would run."""
    arguments = ["--collect-only", "--hypothesis-profile", "ci", "--hypothesis-seed", "1", "--shard", shard]
    return re.findall(r"^tests/contract/.*::.*$", run_suite(*arguments, journal=journal).stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("given", "environment", "shard"),
    [
        pytest.param(None, {}, Shard(1, 1), id="none"),
        pytest.param("2/5", {"CI_NODE_TOTAL": "9", "CI_NODE_INDEX": "9"}, Shard(2, 5), id="option-first"),
        pytest.param(None, {"CI_NODE_TOTAL": "3", "CI_NODE_INDEX": "3"}, Shard(3, 3), id="gitlab-from-1"),
        pytest.param(None, {"CI_NODE_TOTAL": "3", "JOB_COMPLETION_INDEX": "0"}, Shard(1, 3), id="kubernetes-from-0"),
    ],
)
def test_a_shard_is_told_by_option_or_engine(given: str | None, environment: dict[str, str], shard: Shard) -> None:
    """The shard is that of `--shard`, or the one that the engine's variables name."""
    assert shard_from(given, environment) == shard


@pytest.mark.parametrize("given", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/5", ""])
def test_what_is_no_shard_is_a_wrong_call(given: str) -> None:
    """A shard that is none is refused in one line."""
    with pytest.raises(WrongCall, match="give one like 2/5"):
        shard_from(given, {})


def test_a_job_that_does_not_say_which_is_a_wrong_call() -> None:
    """How many shards there are without which one this is, is refused."""
    with pytest.raises(WrongCall, match="CI_NODE_TOTAL is 3"):
        shard_from(None, {"CI_NODE_TOTAL": "3"})


def test_the_rate_is_shared_out() -> None:
    """The requests a second of all shards and all their workers are what `--rate-limit` allows."""
    chosen = DEFAULTS | {"rate_limit": 30.0, "concurrency": 9, "shard": "1/5"}

    options = options_from(chosen, "http://127.0.0.1:1", None, TOKENS, workers=2)

    assert options.target.limits.rate == pytest.approx(30 / 5 / 2)
    assert options.target.limits.concurrency == 5


@pytest.mark.parametrize("slug", ["a b", "caf\u00e9", "", "..", "a/b", "a?b"])
def test_a_customer_that_is_no_slug_is_a_wrong_call(slug: str) -> None:
    """What would not be one segment of a path as it stands is never sent as one."""
    with pytest.raises(WrongCall, match="is no slug"):
        options_from(DEFAULTS | {"customer": slug}, "http://127.0.0.1:1", None, TOKENS)


def left_by(folder: Path, base_url: str, index: int) -> Path:
    """The folder that a shard's machine leaves."""
    own = folder / f"shard-{index}"
    files = ["--result", str(own / "result.json"), f"--junit-xml={own / 'junit.xml'}"]
    told = ["--base-url", base_url, "--hypothesis-seed", "1", "--shard", f"{index}/3", "-k", "valid or credential"]
    run_suite(*told, *files, journal=own)
    return own


def test_three_shards_are_one_verdict(tmp_path: Path) -> None:
    """What three shards found is one summary, its evidence at hand, one JUnit file, and the exit code of all."""
    with serving(SendsBytesAfter204(load("docs"))) as server:
        folders = [left_by(tmp_path, server.url, index) for index in (1, 2, 3)]

    came = summary(*map(str, folders), "--junit-xml", str(tmp_path / "all.xml"))

    assert came.returncode == 1, came.stdout + came.stderr
    assert came.stdout.count("BROKEN success.empty: ") == 1
    shown = re.search(r"replay (\S+\.har)", came.stdout)
    assert shown
    assert Path(shown[1]).is_file()
    assert "customers left none" in came.stdout
    whole = ElementTree.parse(tmp_path / "all.xml").getroot()
    parts = [ElementTree.parse(folder / "junit.xml").getroot() for folder in folders]
    assert len([*whole.iter("testcase")]) == sum(len([*part.iter("testcase")]) for part in parts) > 100


def test_a_missing_shard_is_no_verdict(tmp_path: Path) -> None:
    """Where the result of a shard is missing there is no verdict, and the summary says which it is."""
    with serving(SendsBytesAfter204(load("docs"))) as server:
        folders = [left_by(tmp_path, server.url, index) for index in (1, 3)]

    came = summary(*map(str, folders))

    assert came.returncode == 6
    assert "no verdict     the result of shard 2/3 is missing" in came.stdout
    assert "BROKEN success.empty: " in came.stdout


def test_a_shard_that_came_to_no_end_is_a_missing_one(tmp_path: Path) -> None:
    """The empty file of a run that was killed is no result."""
    with serving(SendsBytesAfter204(load("docs"))) as server:
        left_by(tmp_path, server.url, 1)
    (tmp_path / "shard-2").mkdir()
    (tmp_path / "shard-2" / "result.json").touch()

    came = summary(str(tmp_path))

    assert came.returncode == 6
    assert "the result of shard 2/3, 3/3 is missing" in came.stdout


def test_a_folder_without_a_result_is_a_wrong_call(tmp_path: Path) -> None:
    """Where no shard left a result, one line says so."""
    came = summary(str(tmp_path))

    assert came.returncode == 2
    assert came.stderr == f"Error: there is no result.json in {tmp_path}: give --result to each shard's run\n"


def test_a_result_that_cannot_be_read_is_a_wrong_call(tmp_path: Path) -> None:
    """A broken result is named in one line."""
    (tmp_path / "result.json").write_text('{"findings": 1}')

    came = summary(str(tmp_path))

    assert came.returncode == 2
    assert came.stderr.startswith(f"Error: {tmp_path / 'result.json'}: it holds no result of a run")
    assert came.stderr.count("\n") == 1
