"""The templates for CI: each is what its engine takes, and its commands do what they say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS, Vendor
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of

GITHUB, GITLAB = ROOT / ".github/workflows/contract.yml", ROOT / ".gitlab-ci.yml"
# A small share of the tests, in the shortest profile, does for a template.
FEW = "-p no:cacheprovider -k 'published or scope' --hypothesis-profile quick"
# The two lines that make several machines of one.
MACHINES = re.compile(r"^( *)# (strategy|env|parallel|variables): ", re.MULTILINE)

both = pytest.mark.parametrize("template", [GITHUB, GITLAB], ids=["github", "gitlab"])


def commands(template: Path) -> list[str]:
    """The commands of a template, in their order: the check for a target, pip, the run."""
    job = yaml.safe_load(template.read_text(encoding="utf-8"))
    if template.name == GITLAB.name:
        return list(job["contract"]["script"])
    return [step["run"] for step in job["jobs"]["contract"]["steps"] if "run" in step]


def shell(command: str, results: Path, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a template as its engine does, in a checkout, with its results in the folder."""
    tokens = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))
    engine = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "GITHUB_RUN_ID": "7", "CI_PIPELINE_ID": "7"}
    return subprocess.run(
        # The checkout is shared with other tests, and the results of one template are none of another's.
        ["/bin/bash", "-eo", "pipefail", "-c", command.replace("results/", f"{results}/")],
        cwd=cwd,
        env=environment_of(tokens | engine) | variables,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@both
@pytest.mark.parametrize("machines", [1, 3])
def test_a_template_fits_the_schema_of_its_engine(template: Path, machines: int, tmp_path: Path) -> None:
    """The published schema of the engine takes the template, also with the lines for several machines."""
    text, changed = MACHINES.subn(r"\1\2: ", template.read_text(encoding="utf-8")) if machines > 1 else ("", 0)
    copy = tmp_path / "template.yml"
    copy.write_text(text or template.read_text(encoding="utf-8"), encoding="utf-8")
    schema = "vendor.github-workflows" if template == GITHUB else "vendor.gitlab-ci"
    tool = Path(sys.executable).with_name("check-jsonschema")

    result = subprocess.run(
        [str(tool), "--builtin-schema", schema, str(copy)], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert changed == (2 if machines > 1 else 0)


@both
def test_without_a_target_the_first_step_fails(template: Path, tmp_path: Path) -> None:
    """An empty or unset KAITEN_BASE_URL ends the job at once, and is told; with a target the job goes on."""
    check = commands(template)[0]

    for variables in ({}, {"KAITEN_BASE_URL": ""}):
        result = shell(check, tmp_path, **variables)
        assert result.returncode == 4
        assert "KAITEN_BASE_URL is empty: set it " in result.stdout
    assert shell(check, tmp_path, KAITEN_BASE_URL="https://staging.example.com").returncode == 0


@pytest.mark.parametrize(
    ("template", "options"),
    [(GITHUB, ""), (GITLAB, "--splits 3 --group 2")],
    ids=["github-alone", "gitlab-second-of-three"],
)
def test_the_run_of_a_template_comes_to_a_verdict(template: Path, options: str, tmp_path: Path) -> None:
    """The run is green on a correct vendor, on one machine and on one of several, and leaves a report and JUnit."""
    with serving(Vendor(load("docs"))) as server:
        result = shell(f"{commands(template)[-1]} {FEW}", tmp_path, KAITEN_BASE_URL=server.url, PYTEST_ADDOPTS=options)

    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    assert f"target         {server.url}" in result.stdout
    assert "0 broken" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<testcase " in (tmp_path / "promises.xml").read_text(encoding="utf-8")


@both
def test_the_files_that_the_readme_names_are_enough(template: Path, tmp_path: Path) -> None:
    """A repository with the files that the README says to copy is red without a target, and green with one."""
    copied = re.search(r"copy these to a repository:(.*?)Then", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert copied
    repository = tmp_path / "repository"
    for name in re.findall(r"`([^`]+)`", copied[1]):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if name.endswith("/") else shutil.copy
        copy(ROOT / name, repository / name)
    check, _, run = commands(repository / template.relative_to(ROOT))

    assert shell(check, tmp_path, repository).returncode == 4
    with serving(Vendor(load("docs"))) as server:
        variables = {"KAITEN_BASE_URL": server.url, "PYTHONPATH": str(repository)}
        assert shell(check, tmp_path, repository, **variables).returncode == 0
        ran = shell(f"{run} {FEW}", tmp_path, repository, **variables)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    assert "KEPT " in ran.stdout
