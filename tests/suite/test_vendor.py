"""The documented vendor is the same on every Python."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from contracts.document import load
from contracts.vendor import Call, Refusal, Vendor


@pytest.mark.parametrize(
    ("status", "since_3_13", "title"),
    [
        pytest.param(413, "Content Too Large", b"Request Entity Too Large", id="413"),
        pytest.param(422, "Unprocessable Content", b"Unprocessable Entity", id="422"),
    ],
)
def test_a_title_is_as_documented_whatever_python_calls_the_status(
    status: int, since_3_13: str, title: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title is the phrase that the page documents; Python 3.13 renamed two."""
    monkeypatch.setattr(HTTPStatus(status), "phrase", since_3_13)

    answer = Vendor(load("docs")).problem(Call("PUT", "/customers/x", [], b""), Refusal(status, "No."))

    assert b'"title":"' + title + b'"' in answer.body
