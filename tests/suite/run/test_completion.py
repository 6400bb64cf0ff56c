"""Shell completion of `python -m contracts`, in a real bash."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.suite.suite_run import ROOT, environment_of

SCRIPT = """
eval "$({python} -m contracts completion bash)"
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_contracts_completion
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ('-m contracts ""', "clean completion doctor mock release replay"),
        ("-m contracts re", "release replay"),
        ("-m contracts mock --po", "--port"),
        ("-m contracts completion z", "zsh"),
        ('-m pytest ""', ""),
    ],
)
def test_bash_completes_the_commands(words: str, offered: str) -> None:
    """Commands, options and choices are completed after `python -m contracts`, and after nothing else."""
    script = SCRIPT.format(python=sys.executable, words=f"{sys.executable} {words}")
    shell = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment_of({}), capture_output=True, text=True, check=True
    )

    assert shell.stdout.split() == offered.split(), shell.stderr
