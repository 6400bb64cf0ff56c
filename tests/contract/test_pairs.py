"""Pairs: a value of one part of a request is answered in the same way beside every value of each other part.

The parts are the dimensions of payloads.yaml: credential, slug, media type, framing, Accept and body. Every pair of
their values, of which at most one is wrong, is sent at least once. A request with a wrong value may be answered with
the statuses that are listed for that value.
"""

from __future__ import annotations

import json

import pytest

from contracts.api import Api
from contracts.fuzz.payloads import Payload, pairs
from tests.contract.assertions import assert_one_of, assert_stored, assert_unchanged


@pytest.mark.parametrize("payload", pairs(), ids=str)
def test_a_value_is_answered_alike_beside_every_other(api: Api, payload: Payload) -> None:
    """A request with nothing wrong is stored, and one with a wrong value is refused, whatever the other parts are."""
    answer = api.send(payload)

    assert_one_of(answer, payload.expect)
    if answer.status == 204:
        sent = json.loads(payload.request.body)
        assert_stored(answer.customer, name=sent.get("name"), externalCustomerId=sent.get("externalCustomerId"))
    else:
        assert_unchanged(answer.customer)
