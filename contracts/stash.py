"""The stash: what the hooks of one run hand to each other, and to the fixtures."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.result import Result
from contracts.run import Options, Run

OPTIONS = pytest.StashKey[Options]()
RUN = pytest.StashKey[Run]()
API = pytest.StashKey[Api]()
# The ids of the tests that ran.
TESTS = pytest.StashKey[set[str]]()
# Why the run was ended, and with which exit code.
STOPPED = pytest.StashKey[tuple[str, int]]()
BEGUN = pytest.StashKey[float]()
RESULT = pytest.StashKey[Result]()
# Whether another test has explained what failed.
AGAIN = pytest.StashKey[bool]()
# The name of the plugin that gives out work to other processes.
WORKERS = "contract-workers"
