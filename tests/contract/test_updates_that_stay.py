"""Updates that stay: what an update has stored is still there long after it, whatever else was sent meanwhile."""

from __future__ import annotations

import pytest

from contracts.api import Api
from tests.contract.assertions import assert_no_content, assert_stored


# No test is run beside it, so it comes last.
@pytest.mark.alone
def test_the_first_update_is_still_stored_at_the_end(api: Api) -> None:
    """What the first update of a run has stored is stored until its end. Nothing else is sent to that customer."""
    answer = api.first_update()

    assert_no_content(answer)
    assert_stored(answer.customer, name="First \u00e9\u4e00\U0001f600 " * 40, externalCustomerId="first")
