"""What the contract's tests share: customers to try things on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pytest

from contracts.customers import Customer
from contracts.rules.promise import is_of_state, promises
from contracts.run import NO_READING, ONE_CUSTOMER, Run

OF_STATE = [rule for rule in promises() if is_of_state(rule)]


@pytest.fixture
def customer(run: Run) -> Customer:
    """A customer of this test's own."""
    return run.customers.unused()


@pytest.fixture
def several_customers(run: Run, not_tried: Callable[..., NoReturn]) -> None:
    """Go on only where more than one customer may be used."""
    if run.customers.given:
        not_tried(ONE_CUSTOMER, "update.isolated")


@pytest.fixture
def readable(run: Run, not_tried: Callable[..., NoReturn]) -> None:
    """Go on only where customers can be read back."""
    if not run.customers.readable:
        not_tried(NO_READING, *OF_STATE)
