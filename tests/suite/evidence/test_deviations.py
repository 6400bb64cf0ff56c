"""A deviation that somebody has accepted fails no run until its date; nothing else is hidden by it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from contracts.attempt import Attempt
from contracts.errors import WrongCall
from contracts.evidence.deviation import Deviation, Deviations, load_deviations
from contracts.http.exchange import Exchange, Response
from contracts.rules.document import load
from contracts.rules.judge import judge
from contracts.rules.oracle import predict
from contracts.rules.promise import violation
from tests.suite.samples import DOCUMENTS, REQUESTS, answer, problem
from tests.suite.served import serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import vendor_named

TEST = "tests/contract/test_422.py::test_a_name[name-null]"
FOUND = violation("status.schema", "422", "204")
TODAY = date(2026, 11, 24)
# Tests of unknown members, and of a body that is no JSON.
SOME = "unknown-member-alone or unknown-members-two or truncated"

ACCEPTED = """\
[[deviation]]
promise = "status.schema"
reason = "Unknown members are ignored; ticket 17."
until = 2999-12-31
status = 204
"""


def written(folder: Path, text: str) -> Path:
    """A file of deviations."""
    path = folder / "deviations.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        pytest.param({}, True, id="promise-alone"),
        pytest.param({"status": 204}, True, id="status"),
        pytest.param({"status": 500}, False, id="another-status"),
        pytest.param({"payload": "name-null"}, True, id="payload"),
        pytest.param({"payload": "name-empty"}, False, id="another-payload"),
        pytest.param({"test": "test_a_name"}, True, id="test"),
        pytest.param({"test": "test_another"}, False, id="another-test"),
        pytest.param({"promise": "status.syntax"}, False, id="another-promise"),
        pytest.param({"until": TODAY}, True, id="last-day"),
        pytest.param({"until": date(2026, 11, 23)}, False, id="day-after"),
    ],
)
def test_a_deviation_covers_what_it_names(changes: dict[str, object], accepted: bool) -> None:
    """A violation is accepted by a deviation of its promise that no narrowing excludes, until its date."""
    fields = {"promise": "status.schema", "reason": "Known.", "until": date(2027, 1, 31)} | changes

    assert Deviations([Deviation(**fields)], TODAY).accept(FOUND, 204, TEST) is accepted


@pytest.mark.parametrize(
    ("until", "seen", "tried", "said"),
    [
        pytest.param(date(2027, 1, 31), True, {"status.schema"}, "ACCEPTED until 2027-01-31, seen 1 time", id="seen"),
        pytest.param(date(2027, 1, 31), False, {"status.schema"}, "MENDED, remove it", id="no-longer-seen"),
        pytest.param(
            date(2026, 1, 31), True, {"status.schema"}, "EXPIRED on 2026-01-31, no longer accepted", id="past"
        ),
        pytest.param(date(2026, 1, 31), False, {"status.schema"}, "MENDED, remove it", id="past-and-no-longer-seen"),
        pytest.param(date(2027, 1, 31), False, set(), "NOT TRIED", id="promise-not-tried"),
    ],
)
def test_each_deviation_is_reported(until: date, seen: bool, tried: set[str], said: str) -> None:
    """A deviation is told as accepted, expired, mended or not tried."""
    deviations = Deviations([Deviation("status.schema", "Known.", until)], TODAY)
    if seen:
        deviations.accept(FOUND, 204, TEST)

    broken = {promise: [TEST] for promise in tried} if seen else {}
    lines = list(deviations.report(tried, broken, {TEST}, deviations.seen, is_whole=True))

    assert [line.partition(": ")[0] for line in lines] == [said]


def test_what_some_tests_did_not_see_is_not_mended() -> None:
    """If only some tests of the contract ran, others may still break what was accepted."""
    deviations = Deviations([Deviation("status.schema", "Known.", date(2027, 1, 31))], TODAY)

    (line,) = deviations.report({"status.schema"}, {}, {TEST}, {}, is_whole=False)

    assert line == "NOT SEEN in the tests that ran: status.schema (Known.)"


def test_an_expired_deviation_is_about_the_tests_that_it_names() -> None:
    """If another test breaks the promise, the one that the deviation names is mended."""
    expired = Deviation("status.schema", "Known.", date(2020, 1, 31), payload="name-null")
    deviations, other = Deviations([expired], TODAY), TEST.replace("name-null", "name-number")

    (mended,) = deviations.report({"status.schema"}, {"status.schema": [other]}, {TEST, other}, {}, is_whole=True)
    (over,) = deviations.report({"status.schema"}, {"status.schema": [TEST]}, {TEST, other}, {}, is_whole=True)

    assert mended.startswith("MENDED, remove it: ")
    assert over.startswith("EXPIRED on 2020-01-31, ")


def test_a_deviation_that_names_no_test_is_told() -> None:
    """A misspelt payload or test would never be seen: the summary says that nothing it names ran."""
    deviations = Deviations([Deviation("status.schema", "Known.", date(2027, 1, 31), payload="name-nul")], TODAY)

    (line,) = deviations.report({"status.schema"}, {}, {TEST}, {}, is_whole=True)

    assert line.startswith("NOT TRIED: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            ACCEPTED.replace("schema", "shema"), "deviation 1: unknown promise 'status.shema'", id="unknown-rule"
        ),
        pytest.param(ACCEPTED.replace("2999-12-31", '"soon"'), "deviation 1: until has the wrong type", id="no-date"),
        pytest.param(ACCEPTED.replace("2999-12-31", "2999-13-31"), "not TOML.*line 4", id="no-such-month"),
        pytest.param(
            ACCEPTED.replace("2999-12-31", "2999-12-31T10:00:00"), "deviation 1: until has the wrong type", id="a-time"
        ),
        pytest.param(ACCEPTED + ACCEPTED.replace("reason", "why"), "deviation 2: no reason; a deviation", id="second"),
        pytest.param(
            ACCEPTED + "server = 1\n", "deviation 1: unknown field server; a deviation has", id="unknown-field"
        ),
        pytest.param(ACCEPTED.replace("204", '"204"'), "deviation 1: status has the wrong type", id="status-string"),
        pytest.param(
            ACCEPTED.replace("Unknown members are ignored; ticket 17.", " "), "deviation 1: the reason", id="blank"
        ),
        pytest.param("deviation = 1\n", "nothing but tables", id="no-table"),
        pytest.param("promise: status.schema\n", "not TOML", id="yaml"),
    ],
)
def test_a_broken_file_is_a_wrong_call_that_says_where(text: str, said: str, tmp_path: Path) -> None:
    """A file that cannot be meant is refused in one line, which names the deviation and the field."""
    with pytest.raises(WrongCall, match=said) as caught:
        load_deviations(written(tmp_path, text))

    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    """A misspelt path is told; without one nothing is accepted."""
    with pytest.raises(WrongCall, match="cannot be read: No such file"):
        load_deviations(tmp_path / "nowhere.toml")

    assert load_deviations(None).accept(FOUND, 204, TEST) is False


def attempt(answer: Response) -> Attempt:
    """What comes of a name that is null, where this answers."""
    request, document = REQUESTS[422], DOCUMENTS["docs"]
    exchange, prediction = Exchange(request, answer), predict(request, document, {"acme"})
    return Attempt(request, exchange, prediction, violations=judge(exchange, prediction, document).violations)


def test_what_was_not_accepted_is_still_found() -> None:
    """An accepted deviation hides no other violation of the same answer, and each name of an accepted status."""
    deviations = Deviations([Deviation("status.schema", "Known.", date(2027, 1, 31))], TODAY)

    left = deviations.left_of(attempt(answer(500, problem(500, trace="abc"))), TEST)

    assert [violation.promise for violation in left.violations] == ["problem.members"]
    # What is broken by an accepted status is never called kept.
    assert deviations.seen == {"status.schema 0": 1, "status.internal_error too": 1}


def test_nothing_is_left_of_what_was_accepted() -> None:
    """Where all that is wrong was accepted, nothing is."""
    deviations = Deviations([Deviation("status.schema", "Known.", date(2027, 1, 31), status=204)], TODAY)

    assert deviations.left_of(attempt(answer(204)), TEST).violations == ()


def test_an_accepted_deviation_fails_no_run(tmp_path: Path) -> None:
    """A run in which all that is broken was accepted exits 0, and says what was accepted and until when."""
    with serving(vendor_named("AcceptsUnknownMembers")(load("docs"))) as server:
        path = written(tmp_path, ACCEPTED)
        result = run_suite("--base-url", server.url, "-k", SOME, "--deviations", str(path), journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]
    assert "ACCEPTED until 2999-12-31, seen " in result.stdout
    assert " xfailed" in result.stdout
    assert " kept, 0 broken, 1 broken as accepted, " in result.stdout


def test_an_expired_deviation_fails_again(tmp_path: Path) -> None:
    """After its date a deviation is no excuse; of one that the selected tests do not see, nothing more is said."""
    with serving(vendor_named("AcceptsUnknownMembers")(load("docs"))) as server:
        mended = ACCEPTED.replace("status.schema", "status.syntax")
        path = written(tmp_path, ACCEPTED.replace("2999", "2020") + mended)
        result = run_suite("--base-url", server.url, "-k", SOME, "--deviations", str(path), journal=tmp_path)

    assert result.returncode == 1
    assert "EXPIRED on 2020-12-31, no longer accepted: status.schema, status 204" in result.stdout
    assert "NOT SEEN in the tests that ran: status.syntax, status 204" in result.stdout


def test_a_deviation_of_an_unknown_rule_is_exit_4(tmp_path: Path) -> None:
    """A wrong file ends the run before anything is sent."""
    path = written(tmp_path, ACCEPTED.replace("schema", "shema"))

    result = run_suite("--deviations", str(path), journal=tmp_path)

    assert result.returncode == 4
    assert f"{path}, deviation 1: unknown promise 'status.shema'" in result.stderr
