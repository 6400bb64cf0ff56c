"""The console script: click's own completion, in a real bash, and what help does not wait for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.suite.suite_run import ROOT, environment_of

SCRIPT = """
eval "$(_CONTRACTS_COMPLETE=bash_source contracts)"
COMPREPLY=(); COMP_WORDS=(contracts {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_contracts_completion contracts
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the console script, as pip writes it."""
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]["contracts"]
    module, _, function = entry.partition(":")
    script = tmp_path / "contracts"
    script.write_text(f"#!{sys.executable}\nfrom {module} import {function}\n{function}()\n")
    script.chmod(0o755)
    return tmp_path


def test_bash_completes_the_commands(installed: Path) -> None:
    """Commands, options and choices are completed, as the line in contracts/README.md sets it up."""
    asked = {
        '""': "clean doctor mock release replay",
        "re": "release replay",
        "mock --po": "--port",
        "release --format j": "json",
    }
    script = "echo =\n".join(SCRIPT.format(words=words) for words in asked)
    variables = environment_of({}) | {"PATH": f"{installed}:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    shell = subprocess.run(["bash", "-c", script], env=variables, capture_output=True, text=True, check=True)

    assert [offered.split() for offered in shell.stdout.split("=")] == [offered.split() for offered in asked.values()]
    assert 'eval "$(_CONTRACTS_COMPLETE=bash_source contracts)"' in (ROOT / "contracts/README.md").read_text("utf-8")


def test_help_waits_for_nothing_that_only_some_commands_need() -> None:
    """Help and completion are there at once: what takes long to import is imported by the commands that need it."""
    code = "import sys, contracts.__main__; print(*{name.partition('.')[0] for name in sys.modules})"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    late = {"harfile", "hypothesis", "jinja2", "pytest", "respx", "schemathesis", "uvicorn", "yaml"}
    assert not late & set(shown.stdout.split())
