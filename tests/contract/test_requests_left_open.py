"""Requests that more than one status may answer: where the API page or the standards leave the choice to the server."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.fuzz.payloads import Payload, expecting
from tests.contract.assertions import assert_one_of, assert_unchanged, expect

ONE_MIB = 1024 * 1024


@pytest.mark.parametrize("payload", expecting(), ids=str)
def test_a_request_left_open_gets_one_of_its_answers(api: Api, payload: Payload) -> None:
    """A request of payloads.yaml that lists several statuses gets one of them. If it is refused, it changes nothing.

    Instead of an answer to a body of 1 MiB or more, the connection may break.
    """
    answer = api.send(payload)

    if answer.status is None:
        expect(len(payload.request.body) >= ONE_MIB, "an answer", "a connection that broke")
    else:
        assert_one_of(answer, payload.expect)
    if answer.status not in (None, 204):
        assert_unchanged(answer.customer)
