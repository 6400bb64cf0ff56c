"""`python -m MODULE` in a process of its own, forked from a process that has already imported what the module needs.

The imports take most of the time of a short run.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.suite.preloaded"])
# pytest warns of plugins that were imported before it could rewrite their asserts. They need not be rewritten.
_QUIET = "-W ignore::pytest.PytestAssertRewriteWarning"


def python_m(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, timeout: float
) -> subprocess.CompletedProcess[str]:
    """What `python -m` does with these arguments: its exit code, and what it printed.

    Raises:
        subprocess.TimeoutExpired: the process took longer than `timeout` seconds, and was killed.

    """
    with tempfile.TemporaryDirectory() as printed:
        stdout, stderr = Path(printed, "stdout"), Path(printed, "stderr")
        process = _SERVER.Process(target=_run, args=(list(arguments), dict(environment), folder, stdout, stderr))
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        texts = [path.read_text(encoding="utf-8") for path in (stdout, stderr)]
        return subprocess.CompletedProcess(list(arguments), process.exitcode or 0, *texts)


def _run(arguments: list[str], environment: dict[str, str], folder: Path, stdout: Path, stderr: Path) -> None:
    for descriptor, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.environ.clear()
    os.environ.update(environment | {"PYTEST_ADDOPTS": f"{environment.get('PYTEST_ADDOPTS', '')} {_QUIET}"})
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
