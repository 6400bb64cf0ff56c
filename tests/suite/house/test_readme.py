"""The README files: each command in them does what they say, here against vendors that are served on this machine."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from contracts.evidence.deviation import load_deviations
from contracts.options import OPTIONS
from contracts.report import result
from contracts.rules.document import DOCUMENTS, load
from contracts.vendor.model import MOCK_TOKENS, Vendor
from tests.suite.forked import python_m
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of, run_suite, served_mock
from tests.suite.vendors import vendor_named

FILES = [ROOT / "README.md", ROOT / "contracts/README.md", ROOT / "tests/README.md"]
README = FILES[0].read_text(encoding="utf-8")
LONGEST = 150
# In an indented block a line that begins so is a command, maybe with a comment after it. The others show its output.
COMMAND = re.compile(r"((?:\.venv/bin/|python|tox\b|contracts |eval |SCHEMATHESIS_HOOKS=).*?)(?:\s+#.*)?")
# What differs from run to run: how long something took, and the name of a customer.
VARIES = re.compile(r"\d+ ms|contract-test-[0-9a-f]{8}-customer-\d+")
STAGING, CANDIDATE = "--base-url https://staging.example.com/api", "--base-url https://candidate.example.com/api"


def shown_in(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a README file, and the lines of its output that are shown."""
    for block in re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.MULTILINE):
        output: list[str] | None = None
        for line in filter(None, map(str.strip, block.splitlines())):
            if command := COMMAND.fullmatch(line):
                output = []
                yield command[1], output
            elif output is not None:
                output.append(line)


SHOWN = {command: output for file in FILES for command, output in shown_in(file.read_text(encoding="utf-8"))}


@dataclass(frozen=True)
class Trial:
    """What a command is here, its exit code, and what it prints beside the output that is shown.

    `{url}` is a correct vendor, `{red}` one that reads member names in any letter case; `{desk}` is a folder with
    evidence of that and with a candidate's document.
    """

    here: str
    code: int = 0
    prints: str = ""


ONE_VENDOR = Trial("tox faults --only TitleOfRfc9110 --seeds 1", 0, "1 of 1 right")
# What takes long is asked for less of the same.
TRIALS = {
    ".venv/bin/tox -e contract": Trial("tox contract"),
    f"tox -e doctor -- {STAGING}": Trial("tox doctor --base-url {url}"),
    f"tox -e contract -- {STAGING} --html report.html --self-contained-html": Trial(
        "tox contract --base-url {red} --html {desk}/report.html --self-contained-html", 1, "Generated html report"
    ),
    f"tox -e release -- --candidate openapi.yaml {CANDIDATE}": Trial("tox release --candidate {desk}/openapi.yaml", 1),
    f"tox -e replay -- evidence/status.schema.har {STAGING}": Trial(
        "tox replay {desk}/evidence/status.schema.har --base-url {red}", 1
    ),
    "tox -e replay -- evidence": Trial("tox replay {desk}/evidence"),
    "tox -e replay -- recorded-by-a-browser.har --as-test": Trial(
        "tox replay {desk}/evidence/status.schema.har --as-test", 0, "id: replayed-"
    ),
    "tox -e faults": ONE_VENDOR,
    "tox -e faults -- --only TitleOfRfc9110": ONE_VENDOR,
    "tox -e faults -- --only now_and_then --seeds 20": ONE_VENDOR,
    "python -m pytest tests/contract": Trial("python -m pytest tests/contract -k published", 0, "KEPT "),
    "python -m pytest tests/contract -k name-null": Trial("python -m pytest tests/contract -k name-null", 0, "KEPT "),
    'python -m pytest tests/contract -m "status_422 and not fuzz"': Trial(
        'python -m pytest tests/contract -m "status_422 and not fuzz"', 0, "test_422_unprocessable_entity.py"
    ),
    "python -m pytest tests/suite/rules": Trial("python -m pytest tests/suite/rules/test_body.py", 0, " passed"),
    "python -m pytest --collect-only -q tests/contract": Trial(
        "python -m pytest --collect-only -q tests/contract", 0, "test_a_body_that_is_not_json_is_refused[truncated]"
    ),
    "contracts mock --help": Trial("python -m contracts mock --help", 0, "--port"),
    "python -m tests.suite.garbage --times 20000": Trial("python -m tests.suite.garbage --times 20"),
    "python -m tests.suite.kills --times 20": Trial("python -m tests.suite.kills --times 1"),
    "python -m tests.suite.picture": Trial("python -m tests.suite.picture {desk}/picture.png -k another-letter-case"),
}
# Commands that something else runs, by the file that does, and how they are written there.
TRIED_ELSEWHERE = {
    "python -m tests.benchmarks.against_st_run": ("tox.ini", "python -m tests.benchmarks.against_st_run --each 100"),
    "python3 -m venv .venv && .venv/bin/pip install tox": (".ci/run", '"$environment/bin/pip" install --quiet tox'),
    ".venv/bin/tox": (".ci/run", '"$environment/bin/tox"'),
    "tox": (".ci/run", '"$environment/bin/tox"'),
    "tox -e release -- --candidate openapi.yaml --adopt NAME": (
        "tests/suite/release/test_release_command.py",
        "--adopt",
    ),
    "python -m pip install -c constraints.txt -e .": (
        ".gitlab-ci.yml",
        "python -m pip install -c constraints.txt -e .",
    ),
    'eval "$(_CONTRACTS_COMPLETE=bash_source contracts)"': (
        "tests/suite/run/test_completion.py",
        "_CONTRACTS_COMPLETE",
    ),
    "SCHEMATHESIS_HOOKS=contracts.schemathesis_check st run contracts/documents/docs.yaml "
    "--url https://staging.example.com/api": ("tests/suite/run/test_schemathesis_check.py", "SCHEMATHESIS_HOOKS"),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the placeholders stand for."""
    desk = tmp_path_factory.mktemp("desk")
    document = (DOCUMENTS / "docs.yaml").read_text(encoding="utf-8")
    (desk / "openapi.yaml").write_text(document.replace("minLength: 1", "minLength: 3"), encoding="utf-8")
    red = vendor_named("ReadsNamesInAnyLetterCase")(load("docs"))
    with serving(Vendor(load("docs"))) as correct, serving(red) as broken:
        run_suite("--base-url", broken.url, "-k", "member-in-another-letter-case", journal=desk)
        yield {"url": correct.url, "red": broken.url, "desk": str(desk)}


@cache
def run(here: str) -> subprocess.CompletedProcess[str]:
    """Run a command as its environment of tox does. Commands that are the same here are run once."""
    words = shlex.split(here)
    if words[0] == "tox":
        commands = tox_ini()[f"testenv:{words[1]}"]["commands"].replace("{work_dir}/contract/bin/python", "python")
        words = shlex.split(commands.replace("{posargs}", shlex.join(words[2:])))
    tokens = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))
    environment = environment_of(tokens | {"COLUMNS": "120"})
    # The tests of the suite have processes of their own, which a forked one cannot start.
    if words[2] == "contracts" or "tests/contract" in words:
        return python_m(words[2:], environment, ROOT, 180)
    return subprocess.run(
        [sys.executable, *words[1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def tox_ini() -> configparser.ConfigParser:
    """What tox.ini says."""
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    return tox


@pytest.mark.parametrize("command", TRIALS)
def test_a_command_does_what_is_said(command: str, places: dict[str, str]) -> None:
    """Each command ends as the README files say, and prints the output that they show."""
    if "picture" in command and not shutil.which("chromium"):
        pytest.skip("there is no chromium on this machine")
    trial = TRIALS[command]
    ran = run(trial.here.format(**places))

    printed = VARIES.sub("*", ran.stdout.replace(f"{places['desk']}/", ""))
    lines = {line.strip() for line in printed.splitlines()}
    assert ran.returncode == trial.code, ran.stdout[-3000:] + ran.stderr
    assert trial.prints in printed
    assert [line for line in SHOWN[command] if VARIES.sub("*", line) not in lines] == [], printed[-3000:]


def test_every_command_is_tried() -> None:
    """No command of the README files is left out here."""
    assert set(SHOWN) == {*TRIALS, *TRIED_ELSEWHERE}
    for file, text in TRIED_ELSEWHERE.values():
        assert text in (ROOT / file).read_text(encoding="utf-8")


def test_the_deviation_that_is_shown_is_one(tmp_path: Path) -> None:
    """The suite reads the accepted deviation that the README shows."""
    shown = re.search(r"(?:^    .*\n)*^    \[\[deviation\]\]\n(?:    .*\n)+", README, re.MULTILINE)
    assert shown
    file = tmp_path / "deviations.toml"
    file.write_text(shown[0], encoding="utf-8")

    assert [*load_deviations(file).report({"status.schema"}, {}, ["a test"], {"status.schema 0": 1}, is_whole=True)]


def test_the_mock_prints_what_to_export() -> None:
    """The mocked vendor prints its base URL and the tokens."""
    with served_mock() as (_, url):
        assert url.startswith("http://127.0.0.1:")


def table(heading: str) -> list[list[str]]:
    """The rows of the README's table whose first column has this heading."""
    rows = re.search(rf"^\| {re.escape(heading)} \|.*\n\|.*\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[1].splitlines()]


def test_every_option_is_in_the_table() -> None:
    """The table of options has every option of the suite, with its default."""
    rows = table("option of `tox -e contract --`")
    found = {}
    for options, defaults, _ in rows:
        flags = re.findall(r"--[a-z-]+", options)
        words = defaults.replace("`", "").split(", ") * (len(flags) if ", " not in defaults else 1)
        found |= dict(zip(flags, words, strict=False))

    for option in OPTIONS:
        default = option.default
        if option.flag not in ("--cases", "--interruption"):
            words = {None: "none", False: "off"}.get(default, f"{default:g}" if isinstance(default, float) else default)
            assert found[option.flag] == (words.name if isinstance(words, Path) else str(words)), option.flag
        assert option.flag in found


def test_every_command_of_tox_is_in_the_table() -> None:
    """The table of commands has every environment of tox, and no other."""
    named = {name for command, _ in table("command") for name in re.findall(r"tox -e ([a-z]+)", command)}

    assert named == {name.removeprefix("testenv:") for name in tox_ini().sections() if name.startswith("testenv:")}


def test_every_exit_code_is_in_the_table() -> None:
    """The table of exit codes has each exit code of a run."""
    codes = {result.GREEN, result.RED, result.INTERRUPTED, result.WRONG_CALL, result.NO_VERDICT}

    assert {int(code) for code, _ in table("exit")} == codes


@pytest.mark.parametrize("row", table("what you see"), ids=lambda row: row[0])
def test_what_you_see_is_what_is_printed(row: list[str]) -> None:
    """Each text in the table of what a user sees is one that the suite prints."""
    sources = "".join(
        (ROOT / "contracts" / path).read_text("utf-8") for path in ("report/terminal.py", "evidence/deviation.py")
    )
    seen = row[0].strip("`").replace("how sure  ", "")

    for words in filter(None, map(str.strip, re.split(r"…|: |\d+ (?:of \d+)?|\bv1\b|status\.schema", seen))):
        assert words in sources or words in result.OUTCOMES


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_linked_is_there(file: Path) -> None:
    """Every picture and every file that is linked is there, and so is every file and folder that is named."""
    text = file.read_text(encoding="utf-8")
    linked = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    named = re.findall(r"`([\w./-]+(?:/|\.py|\.toml|\.ini)|contracts/[\w.]+\.yaml)`", text)

    for name in (*linked, *named):
        assert (file.parent / name).exists() or (ROOT / name).exists() or (ROOT / "contracts" / name).exists(), name


def test_the_readme_is_short() -> None:
    """The README has 150 lines at the most."""
    assert len(README.splitlines()) <= LONGEST
