"""The README: every command in it does what it says, here against vendors that are served on this machine."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from contracts.rules.document import DOCUMENTS, load
from contracts.vendor.model import MOCK_TOKENS, Vendor
from tests.suite.forked import python_m
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of, run_suite, served_mock
from tests.suite.vendors import vendor_named

README = (ROOT / "README.md").read_text(encoding="utf-8")
LONGEST = 250
# A command stands on an indented line of its own, maybe with a comment after it.
SHOWN = re.compile(r"^    ((?:tox|python|SCHEMATHESIS_HOOKS=\S+ st) [^#\n]*?)\s*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Said:
    """A command of the README, what it is here, and what has to come of it."""

    command: str
    here: str
    code: int
    prints: str


# What takes long is asked for less of the same. `{url}` is a correct vendor, `{red}` one whose titles are wrong;
# `{desk}` has evidence of that, a recording and a candidate.
SAID = [
    Said(
        "tox -e contract -- --base-url https://staging.example.com/api",
        "tox contract --base-url {url} -k valid",
        0,
        "0 broken",
    ),
    Said(
        "tox -e doctor -- --base-url https://staging.example.com/api",
        "tox doctor --base-url {url}",
        0,
        "ok    create",
    ),
    Said(
        "tox -e contract -- --base-url https://staging.example.com/api --html report.html --self-contained-html",
        "tox contract -k valid --base-url {url} --html {desk}/report.html --self-contained-html",
        0,
        "Generated html report",
    ),
    Said(
        "tox -e release -- --candidate openapi.yaml --base-url https://candidate.example.com/api",
        "tox release --candidate {desk}/openapi.yaml",
        0,
        "safe: docs",
    ),
    Said("tox -e replay -- evidence", "tox replay {desk}/evidence", 0, "GONE"),
    Said(
        "tox -e replay -- evidence --base-url http://127.0.0.1:8000",
        "tox replay {desk}/evidence --base-url {red}",
        1,
        "SEEN AGAIN",
    ),
    Said(
        "tox -e replay -- evidence/status.internal_error*.har --times 50",
        "tox replay {har} --times 3 --base-url {red}",
        1,
        "SEEN AGAIN, 3 of 3 times",
    ),
    Said("tox -e replay -- recorded-by-a-browser.har --as-test", "tox replay {har} --as-test", 0, "id: replayed-"),
    Said(
        "tox -e faults -- --only now_and_then --seeds 20",
        "tox faults --only TitleOfRfc9110 --seeds 1",
        0,
        "1 of 1 right",
    ),
    Said(
        "python -m tests.benchmarks.against_st_run",
        "python -m tests.benchmarks.against_st_run --each 1000",
        0,
        "st run      found",
    ),
]
# What .ci/run itself does, what the tests of the mock and of the hooks try, and what only names another one.
TRIED_ELSEWHERE = {
    "python -m pip install tox && tox -e contract",
    "python -m pip install tox && tox",
    "tox -e faults",
    "tox -e mock -- --port 8000",
    "SCHEMATHESIS_HOOKS=contracts.schemathesis_check st run contracts/documents/docs.yaml --url https://staging.example.com/api",
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the placeholders stand for."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copy(DOCUMENTS / "docs.yaml", desk / "openapi.yaml")
    with serving(Vendor(load("docs"))) as green, serving(vendor_named("TitleOfRfc9110")(load("docs"))) as red:
        run_suite("--base-url", red.url, "-k", "name-null", journal=desk)
        har = next((desk / "evidence").glob("*.har"))
        yield {"url": green.url, "red": red.url, "desk": str(desk), "har": str(har)}


def run(here: str) -> subprocess.CompletedProcess[str]:
    """Run a command as its environment of tox does."""
    words = shlex.split(here)
    if words[0] == "tox":
        tox = configparser.ConfigParser()
        tox.read(ROOT / "tox.ini")
        words = shlex.split(tox[f"testenv:{words[1]}"]["commands"].replace("{posargs}", shlex.join(words[2:])))
    tokens = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))
    # A benchmark has processes of its own, which a forked one cannot start.
    if words[1] == "-m" and words[2] in ("pytest", "contracts"):
        return python_m(words[2:], environment_of(tokens), ROOT, 180)
    return subprocess.run(
        [sys.executable, *words[1:]],
        cwd=ROOT,
        env=environment_of(tokens),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.mark.parametrize("said", SAID, ids=[said.command for said in SAID])
def test_a_command_does_what_the_readme_says(said: Said, places: dict[str, str]) -> None:
    """Each command ends as the README says that it does."""
    came = run(said.here.format(**places))

    assert said.prints in came.stdout, came.stdout + came.stderr
    assert came.returncode == said.code, came.stdout + came.stderr


def test_every_command_is_tried() -> None:
    """No command of the README is left out here."""
    assert set(SHOWN.findall(README)) == {said.command for said in SAID} | TRIED_ELSEWHERE


def test_the_mock_prints_what_to_export() -> None:
    """The mocked vendor prints its base URL and the tokens."""
    with served_mock() as (_, url):
        assert url.startswith("http://127.0.0.1:")


def test_the_readme_is_short() -> None:
    """It has 250 lines at the most, and every picture that it shows."""
    assert len(README.splitlines()) <= LONGEST
    assert all((ROOT / picture).is_file() for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README))
