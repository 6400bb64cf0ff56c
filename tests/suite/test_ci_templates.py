"""The templates for CI: each is what its engine takes, and its commands do what they say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.rules.document import load
from contracts.vendor import MOCK_TOKENS, Vendor
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT, environment_of

GITHUB, GITLAB = ROOT / ".github/workflows/contract.yml", ROOT / ".gitlab-ci.yml"
KUBERNETES = ROOT / ".ci/kubernetes.yml"
# A small share of the tests, in the shortest profile, does for a template.
FEW = "-p no:cacheprovider -k 'published or credential' --hypothesis-profile quick"


def content(template: Path) -> Any:
    """What a template says."""
    return yaml.safe_load(template.read_text(encoding="utf-8"))


def commands(template: Path) -> tuple[str, str]:
    """The command of a shard and that of the verdict."""
    said = content(template)
    if template == GITLAB:
        return said["shard"]["script"][0], said["verdict"]["script"][0]
    if template == GITHUB:
        run = {job: [step["run"] for step in said["jobs"][job]["steps"] if "run" in step] for job in said["jobs"]}
        return run["shard"][-1], run["verdict"][-1]
    return said["spec"]["template"]["spec"]["containers"][0]["args"][
        0
    ], "python -m contracts summary /results --html /results/report.html"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(GITHUB)], id="github"),
        pytest.param(["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(GITLAB)], id="gitlab"),
        pytest.param(["kubernetes-validate", "--strict", str(KUBERNETES)], id="kubernetes"),
    ],
)
def test_a_template_fits_the_schema_of_its_engine(command: list[str]) -> None:
    """The published schema of the engine takes the template."""
    tool = Path(sys.executable).with_name(command[0])

    came = subprocess.run([str(tool), *command[1:]], capture_output=True, text=True, check=False)

    assert came.returncode == 0, came.stdout + came.stderr


@pytest.fixture
def target() -> Iterator[RawServer]:
    """The documented vendor, served."""
    with serving(Vendor(load("docs"))) as server:
        yield server


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a template as its engine does; its results are in the folder."""
    tokens = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))
    python = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    # The checkout is shared with other tests, and results of one template are none of another.
    here = (
        command.replace("/results", str(folder)) if "/results" in command else command.replace("results", str(folder))
    )
    return subprocess.run(
        ["/bin/sh", "-c", here],
        cwd=ROOT,
        env=environment_of(tokens | {"PATH": python} | variables),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        pytest.param(GITHUB, {"CI_NODE_INDEX": "{}", "CI_NODE_TOTAL": "2", "SEED": "7"}, id="github"),
        pytest.param(GITLAB, {"CI_NODE_INDEX": "{}", "CI_NODE_TOTAL": "2", "CI_PIPELINE_ID": "7"}, id="gitlab"),
        pytest.param(KUBERNETES, {"JOB_COMPLETION_INDEX": "{}", "CI_NODE_TOTAL": "2"}, id="kubernetes"),
    ],
)
def test_the_commands_of_a_template_come_to_a_verdict(
    template: Path, variables: dict[str, str], target: RawServer, tmp_path: Path
) -> None:
    """The lines of a template, run for two shards and then for the verdict, are green on a correct vendor."""
    shard, verdict = commands(template)
    first = 0 if template == KUBERNETES else 1
    for place in (1, 2):
        own = {name: value.format(place - 1 + first) for name, value in variables.items()}
        # GitHub keeps what each machine uploads in a folder of its own.
        folder = tmp_path / f"shard-{place}" if template == GITHUB else tmp_path
        came = shell(f"{shard} {FEW}", folder, KAITEN_BASE_URL=target.url, **own)
        assert came.returncode == 0, came.stdout[-2000:] + came.stderr

    whole = shell(verdict, tmp_path)

    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert f"target         {target.url}" in whole.stdout
    assert "0 broken" in whole.stdout
    assert "0 broken" in (tmp_path / "report.html").read_text(encoding="utf-8")
