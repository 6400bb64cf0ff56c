"""Requests that more than one status may answer: where the page or the standards leave the choice to the server."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.payload import Payload, expecting
from tests.contract.assertions import assert_no_content, assert_problem, assert_unchanged, expect

TITLES = {
    400: ["Bad Request"],
    401: ["Unauthorized"],
    403: ["Forbidden"],
    404: ["Not Found"],
    413: ["Request Entity Too Large", "Payload Too Large", "Content Too Large"],
    415: ["Unsupported Media Type"],
    422: ["Unprocessable Entity"],
}


@pytest.mark.parametrize("payload", expecting(), ids=str)
def test_a_request_left_open_gets_one_of_its_answers(api: Api, payload: Payload) -> None:
    """A request of payloads.yaml with several statuses gets one of them: refused it changes nothing, and never 500."""
    answer = api.send(payload)

    if answer.status is None:
        expect(len(payload.request.body) >= 1024 * 1024, "an answer to a body under 1 MiB", "a connection that broke")
    elif answer.status == 204:
        assert_no_content(answer)
        expect(bool(answer.judged_by) or 204 in payload.expect, sorted(payload.expect), 204)
    else:
        expect(bool(answer.judged_by) or answer.status in payload.expect, sorted(payload.expect), answer.status)
        assert_problem(answer, status=answer.status, title=TITLES[answer.status])
        assert_unchanged(answer.customer)
