"""Loads the plugins of pytest in `contracts/`, which have the options and the fixtures of the tests."""

import os

import pytest

pytest_plugins = ["contracts.plugin_process", "contracts.plugin"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto`, one process more than there are processors: tests wait for servers now and then."""
    return (os.cpu_count() or 1) + 1
