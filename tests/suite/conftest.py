"""How many processes run the tests of the suite."""

import os

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto`, one process more than there are processors: tests wait for servers now and then."""
    return (os.cpu_count() or 1) + 1
