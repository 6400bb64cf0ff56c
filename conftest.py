"""Loads the plugins of pytest in `contracts/`, which have the options and the fixtures of the tests."""

pytest_plugins = ["contracts.plugin_process", "contracts.plugin"]
