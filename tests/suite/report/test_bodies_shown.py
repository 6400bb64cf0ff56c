"""A body is shown so that it can be read and copied: JSON stays JSON, and what is no text is hexadecimal."""

from __future__ import annotations

import json

import pytest

from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import Request
from contracts.report.files import _answer, _places, _request
from contracts.report.result import Finding
from contracts.rules.promise import violation
from tests.suite.samples import REQUESTS

BODIES = [
    pytest.param('{"name":"\x7f\x85\u00a0\u2028\u202e\ufeff\U000e0001\U0001f600\u00e9"}', id="not-printable"),
    pytest.param(r'{"name":"\u0000\ud800\\u2028\n\t"}', id="escaped"),
    pytest.param('{\t"a":\r[1,\r\n2,\n\t3]\r}\n', id="white-space"),
    pytest.param('{"a":"' + "\u2028" * 3990 + '"}', id="longest"),
    pytest.param('{"a":' + "[1,2,3," * 200 + "1" + "]" * 200 + "}", id="deep"),
    pytest.param('{"a":[' + "1," * 900 + "1]}", id="many-items"),
    pytest.param('"text"', id="string"),
]


def answered(body: bytes, *places: str) -> list[tuple[str, bool]]:
    """What the page shows of an answer with this body; the body is what follows the first empty line."""
    lines = [*_answer(Exchange(REQUESTS[422], Response(422, (), body, body)), *places)]
    return lines[lines.index(("", False)) + 1 :] if ("", False) in lines else lines[lines.index(("", True)) + 1 :]


@pytest.mark.parametrize("place", ["", "body", "a", "name"])
@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_json_is_json_when_it_is_copied(body: str, place: str) -> None:
    """What is on the page has the same value as what came, and nothing in it that would garble the page."""
    lines = [line for line, _ in answered(body.encode(), place)]

    assert json.loads("\n".join(lines)) == json.loads(body)
    assert all(line.replace("\t", "").isprintable() for line in lines)


def test_the_member_at_fault_is_on_a_line_of_its_own() -> None:
    """Where one member is at fault it is marked, and the others are not."""
    assert answered(b'{"title":"x","status":1}', "status") == [
        ("{", False),
        ('  "title": "x",', False),
        ('  "status": 1', True),
        ("}", False),
    ]


@pytest.mark.parametrize("place", ["errors.0.location", "body.title"])
def test_the_member_at_fault_is_the_last_of_its_place(place: str) -> None:
    """Where a place has several steps, its last one is the member that is marked."""
    lines = answered(b'{"title":"x","errors":[{"location":"y"}]}', place)

    assert [line.strip() for line, at_fault in lines if at_fault] == [
        {"location": '"location": "y"', "title": '"title": "x",'}[place.rpartition(".")[2]]
    ]


@pytest.mark.parametrize(
    ("place", "marked"),
    [("HTTP status 422", ["422 "]), ("Content-Type", ["Content-Type: text/html"]), ("", [])],
    ids=["status", "header", "nowhere"],
)
def test_what_is_at_fault_outside_of_the_body_is_marked(place: str, marked: list[str]) -> None:
    """A status that is wrong, or a header, is marked above the body."""
    headers = (("Date", "now"), ("Content-Type", "text/html"))
    lines = _answer(Exchange(REQUESTS[422], Response(422, headers, b"{}", b"{}")), place)

    assert [line for line, at_fault in lines if at_fault] == marked


def test_each_member_that_is_too_much_is_marked() -> None:
    """Where members are not documented, the line of each of them is marked."""
    body = b'{"title":"x","traceId":1,"a\\"b":2}'
    found = violation("problem.members", "no others", '["traceId", "a\\"b"]')
    places = _places(Finding(found.promise, found.place, "", found.layer, found.expected, found.actual))

    assert [line.strip() for line, at_fault in answered(body, *places) if at_fault] == ['"traceId": 1,', '"a\\"b": 2']


def test_no_answer_is_at_fault_itself() -> None:
    """Where nothing came, why is all that there is to show."""
    assert [*_answer(Exchange(REQUESTS[422], None, Failure.TIMEOUT), "")] == [("no complete answer came in time", True)]


def test_the_member_at_fault_is_marked_in_a_long_body_too() -> None:
    """A body past the limit is cut after it was written out by line."""
    lines = answered(json.dumps({"status": 1, "detail": "x" * 4000}).encode(), "status")

    assert lines[1] == ('  "status": 1,', True)
    assert lines[-1][0].endswith(" more characters")


def test_a_long_body_says_how_much_of_it_is_left_out() -> None:
    """A body past the limit is cut, and the line below counts the rest."""
    assert answered(b"a" * 4001, "")[-1] == ("… 1 more characters", False)


def test_a_body_that_is_no_text_is_shown_as_hexadecimal_with_text_beside_it() -> None:
    """Bytes that are no UTF-8 can be read, in a request as in an answer; each line fits a telephone."""
    body = b'\xff\xfe{"a":\x00}\n'
    lines = ['0000  ff fe 7b 22 61 22 3a 00  ..{"a":.', "0008  7d 0a                    }."]

    assert [line for line, _ in answered(body, "")] == lines
    assert [line for line, _ in _request(Request("PUT", "/", (), body))][-2:] == lines
    assert max(len(line) for line, _ in answered(bytes(range(256)), "")) <= 40


def test_a_long_body_that_is_no_text_says_how_much_of_it_is_left_out() -> None:
    """Of bytes the first are shown, and the last line counts the rest."""
    lines = [line for line, _ in answered(b"\xff" * 1000, "")]

    assert len(lines) == 33
    assert lines[-1] == "… 744 more bytes"
