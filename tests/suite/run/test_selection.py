"""What pytest's own options do here: collecting, selecting, running again, stopping early."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from contracts.options import OPTIONS
from contracts.rules.document import load
from contracts.vendor.model import Vendor
from tests.suite.forked import python_m
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of, run_suite
from tests.suite.vendors import vendor_named


@cache
def asked(*arguments: str) -> str:
    """What pytest prints of the contract's tests without running them."""
    result = python_m(["pytest", "tests/contract", "-p", "no:cacheprovider", *arguments], environment_of({}), ROOT, 60)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_collecting_reads_as_a_table_of_contents() -> None:
    """The names of the tests, in the order of the statuses, are the promises of the contract."""
    lines = asked("--collect-only", "-q").splitlines()
    files = list(dict.fromkeys(line.partition("::")[0] for line in lines if "::" in line))
    names = {line.partition("::")[2].partition("[")[0] for line in lines if "::" in line}

    assert [int(found[1]) for found in map(re.compile(r".*/test_(\d{3})_").match, files) if found] == [
        204,
        400,
        401,
        403,
        404,
        422,
        500,
    ]
    assert all(len(name.split("_")) > 4 for name in names)


def test_tests_of_another_release_are_deselected() -> None:
    """Tests of a member that the pin lacks are left out, and pytest says how many."""
    of_docs, of_v1 = (asked("--collect-only", "-q", "--contract", name) for name in ("docs", "v1"))

    assert re.search(r"\n\d+/\d+ tests collected \(3 deselected\)", of_docs)
    assert "test_billing_email.py" not in of_docs
    assert "deselected" not in of_v1


def test_the_options_are_one_group_with_their_defaults() -> None:
    """--help shows every option of the suite in one group, each with its default."""
    group = asked("--help").partition("the contract of update-customer")[2].partition("\n\n")[0]

    assert [option.flag for option in OPTIONS if f"  {option.flag}" not in group] == []
    assert group.count("(default:") == sum(option.default not in (None, False) for option in OPTIONS)


def test_markers_are_listed() -> None:
    """--markers lists each marker, by status and by kind, with what it selects."""
    listed = re.findall(r"^@pytest\.mark\.(\w+)[(:]", asked("--markers"), re.MULTILINE)

    assert {"status_204", "status_422", "status_500", "fuzz"} <= set(listed)


@pytest.mark.parametrize(
    ("arguments", "some", "none"),
    [
        (["-m", "status_401"], "test_401_unauthorized.py", "test_422"),
        (["-m", "status_404"], "test_other_customers.py", "[valid]"),
        (["-m", "fuzz"], "test_slugs_that_name_no_customer", "test_401"),
        (["-k", "name-only-space"], "[name-only-space]", "[name-null]"),
        (["-k", "name-null"], "[name-null]", "[name-empty]"),
    ],
    ids=["status", "status-of-one-body", "fuzz", "payload", "body"],
)
def test_a_selection_selects(arguments: list[str], some: str, none: str) -> None:
    """Markers and names select what they say, and nothing else."""
    listed = asked("--collect-only", "-q", *arguments)

    assert some in listed
    assert none not in listed


def test_several_machines_have_each_test_once() -> None:
    """The groups of `--splits 3` together have every test, none twice, and each its share of the generated ones."""

    def listed(*group: str) -> list[str]:
        printed = asked("--collect-only", "-q", "--hypothesis-profile", "ci", *group)
        return [line for line in printed.splitlines() if line.startswith("tests/contract/")]

    groups = [listed("--splits", "3", "--group", str(number)) for number in (1, 2, 3)]
    rounds = [sum("[round-" in test for test in group) for group in groups]

    assert sorted(test for group in groups for test in group) == sorted(listed())
    assert max(rounds) - min(rounds) <= 2


def test_a_machine_must_try_all_of_its_own(tmp_path: Path) -> None:
    """Without the read token `--require-all` is red on the machine that has a test of the 403, and there only."""
    arguments = ["--require-all", "-k", "secret-of-a-webhook or may-read-only-in", "--splits", "2"]
    with serving(Vendor(load("docs"))) as server:
        arguments += ["--base-url", server.url]
        machines = [
            run_suite(*arguments, "--group", group, journal=tmp_path, KAITEN_READ_TOKEN="") for group in ("1", "2")
        ]

    assert sorted(machine.returncode for machine in machines) == [0, 1]
    assert all(
        ("could not be tried (--require-all)" in machine.stdout) == bool(machine.returncode) for machine in machines
    )


def test_the_first_failure_ends_a_run_that_should_stop(tmp_path: Path) -> None:
    """-x ends the run at the first failure: red, with a summary, and no customer left."""
    vendor = vendor_named("TitleOfRfc9110")(load("docs"))
    with serving(vendor) as server:
        arguments = ("--base-url", server.url, "-x", "-k", "not_json_is_refused or json_that_breaks")
        result = run_suite(*arguments, journal=tmp_path)

    assert result.returncode == 1
    assert "BROKEN problem.title: " in result.stdout
    assert "\n1 failed, " in result.stdout
    assert not vendor.customers


def test_what_failed_last_runs_alone(tmp_path: Path) -> None:
    """--lf runs only the tests that failed; when they pass, the run is green."""
    folder = ["-o", f"cache_dir={tmp_path / 'cache'}", "-k", "not_json_is_refused or json_that_breaks"]
    with serving(vendor_named("TitleOfRfc9110")(load("docs"))) as broken:
        run_suite("--base-url", broken.url, *folder, journal=tmp_path)
    with serving(Vendor(load("docs"))) as mended:
        result = run_suite("--base-url", mended.url, "--lf", *folder, journal=tmp_path)

    assert result.returncode == 0
    assert re.search(r"\n\d+ passed, \d+ deselected|\n\d+ passed", result.stdout)
    assert "0 broken" in result.stdout
