"""The stash: what the hooks of one run hand to each other, and to the fixtures."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.report.result import Result, Results
from contracts.run import Options, Run

OPTIONS = pytest.StashKey[Options]()
RUN = pytest.StashKey[Run]()
API = pytest.StashKey[Api]()
# When the run has to be over, in seconds since the epoch.
ENDS = pytest.StashKey[float]()
# Why this process ended its run, and with which exit code.
STOPPED = pytest.StashKey[tuple[str, int]]()
# What came of the run is collected and told by one process: that which the user started.
RESULTS = pytest.StashKey[Results]()
RESULT = pytest.StashKey[Result]()
# The name of the plugin that gives out work to other processes.
WORKERS = "contract-workers"
