"""Wiring: the fixtures that the contract's tests take. What is decided, is decided in `contracts/`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts import stash
from contracts.api import Api
from contracts.customers.disposable import Customer
from contracts.run import Run

pytest_plugins = ["contracts.plugin", "contracts.plugin_results"]


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """The run against the target of the options."""
    run = request.config.stash[stash.RUN] = Run(request.config.stash[stash.OPTIONS])
    yield run.open()
    run.close()


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest, run: Run) -> Api:
    """The operation under contract: what is sent through it is judged."""
    api = request.config.stash[stash.API] = Api(run)
    return api


@pytest.fixture
def customer(api: Api) -> Customer:
    """A customer to update."""
    return api.customer
