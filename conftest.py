"""Wiring: pytest's side of `contracts/`, which has the fixtures that the contract's tests take."""

pytest_plugins = ["contracts.plugin_process", "contracts.plugin"]
