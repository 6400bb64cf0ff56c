"""What a run says at a terminal: each failure explained, a summary that fits on a screen, the verdict as last line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from contracts.http.target import MOCK_URL
from contracts.report.result import OUT_OF_TIME, Finding
from contracts.report.terminal import WIDTH, again, count_of, explanation, how_sure, last_line, summary
from contracts.rules.promise import promises
from tests.suite.results import SEEN, TARGET, TEST, finding, result, seen

KEPT_FILE = "evidence/problem.title.har"
ALL = [*promises()]


def failure(*of_one: Finding, evidence: str = KEPT_FILE) -> list[Finding]:
    """What one request broke, each with the file of its finding."""
    return [replace(finding_, tests=[TEST], evidence=evidence) for finding_ in of_one]


def explained(*failures: Sequence[Finding], **changes: Any) -> list[str]:
    """The explanation, line by line, without white space around and doubled."""
    return [" ".join(line.split()) for line in explanation(failures, result(**changes)).splitlines()]


def summed_up(*findings: Finding, **changes: Any) -> list[str]:
    """The summary, line by line, without doubled white space."""
    return [" ".join(line.split()) for line in summary(result(*findings, **changes))]


def test_a_broken_promise_is_explained_from_promise_to_replay() -> None:
    """An explanation has the promise, what came, the request, the answer, and two lines that send it again."""
    assert explained(failure(seen(trace="4b4b", why="The name is null."))) == [
        "problem.title: The member title is the phrase of its status. (Kaiten's API page, problem; Go net/http "
        "StatusText; required of every answer, whatever is documented)",
        "expected Unprocessable Entity",
        'came "Unprocessable Content" [at title]',
        "",
        "request PUT /customers/acme, 11 bytes of application/json",
        "answer 422 Unprocessable Entity, 99 bytes, 2 ms",
        "trace 4b4b",
        "payload The name is null.",
        "repeated yes, sent again alone",
        "curl curl https://api.example.org",
        f"again python -m contracts replay {KEPT_FILE} --base-url {TARGET}",
    ]


def test_a_curl_line_for_any_customer_says_so() -> None:
    """Where the line has a variable for the customer, the line below says what to put there."""
    lines = explained(failure(seen(curl='curl "https://api.example.org/customers/$CUSTOMER"')))

    assert lines[-2] == "(set CUSTOMER to the slug of one of your customers)"


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        pytest.param("success.empty", "(curl does not print what follows a 204: the evidence has it)", id="after-204"),
        pytest.param(
            "refused.unchanged",
            "(the answer may look right: read the customer before and after it, or replay the evidence)",
            id="stored",
        ),
        pytest.param("problem.title", "curl curl https://api.example.org", id="answer"),
    ],
)
def test_what_curl_cannot_show_is_told(promise: str, said: str) -> None:
    """Below the curl line stands where to look, if the fault is not in what curl prints."""
    assert explained(failure(seen(promise)))[-2] == said


def test_what_is_seen_again_on_the_mock_needs_no_address() -> None:
    """The mock is what a replay sends to anyway."""
    assert explanation([failure(SEEN)], result(base_url=MOCK_URL)).endswith(f"replay {KEPT_FILE}")


@pytest.mark.parametrize(
    ("repeated", "said"),
    [
        (True, "repeated yes, sent again alone"),
        (False, "repeated no: sent again alone, it was as promised"),
        (None, "repeated not sent again"),
    ],
    ids=["repeated", "comes-and-goes", "not-tried-again"],
)
def test_an_explanation_says_what_came_of_it_alone(repeated: bool | None, said: str) -> None:
    """It says of one request what came of it alone; whether the fault comes and goes, the summary says of all."""
    assert said in explained(failure(seen(repeated=repeated)))


@pytest.mark.parametrize(
    ("layer", "said"),
    [("documented", "; documented)"), ("exact", "; required of every answer, whatever is documented)")],
)
def test_an_explanation_says_who_asks_for_it(layer: str, said: str) -> None:
    """The first line ends with whether the vendor documents the promise, or every answer is held to it anyway."""
    assert explained(failure(seen(layer=layer)))[0].endswith(said)


def test_every_place_of_an_answer_is_named() -> None:
    """What breaks a promise at several places names them, a few at least."""
    lines = explained(failure(seen(also=[f"member-{number}" for number in range(8)])))

    assert lines[2].endswith("[at title, member-0, member-1, member-2, member-3, member-4 and 3 more]")


def test_an_explanation_is_read_at_a_glance() -> None:
    """However much is wrong with an answer, its explanation has at most 25 lines and names every promise."""
    lines = explained(failure(*(seen(promise, why="The name is null.", trace="4b4b") for promise in ALL[:10])))

    assert len(lines) <= 25
    assert not [promise for promise in ALL[:10] if promise not in "\n".join(lines)]


def test_of_many_failures_of_one_test_the_first_is_explained() -> None:
    """Where one test found many failures, one is explained, and what the others broke is named."""
    lines = explained(failure(SEEN), *(failure(seen(promise)) for promise in ALL[:9]))

    assert len(lines) <= 25
    assert lines[0].startswith("problem.title: ")
    assert [line for line in lines if line.startswith("and also")] == [f"and also {', '.join(ALL[:6])} and 3 more"]


def test_what_is_explained_is_not_named_again() -> None:
    """Other failures of the same promise are not what was broken besides."""
    assert not [line for line in explained(failure(SEEN), failure(SEEN)) if line.startswith("and also")]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ({}, "again none: 20 files of evidence are kept at most"),
        ({"no_evidence": "e cannot be written: No space left"}, "again e cannot be written: No space left"),
    ],
    ids=["too-many", "cannot-be-written"],
)
def test_why_there_is_no_evidence_is_said(reason: dict[str, str], said: str) -> None:
    """Explanation and summary give the same reason why nothing can be sent again."""
    assert explained(failure(SEEN, evidence=""), **reason)[-1] == said
    assert said in summed_up(finding(), **reason)


def test_a_summary_of_nothing_names_the_run() -> None:
    """A summary begins with what was tried against what, and how to generate it again."""
    assert summed_up(base_url=MOCK_URL)[:8] == [
        "target http://kaiten.mock (the mock, in process)",
        "contract docs",
        f"promises 0 kept, 0 broken, {len(ALL)} not tried (of {len(ALL)})",
        "seed 42",
        "exchanges 0",
        "updates sent 0, answered nothing",
        "interruptions 0",
        "customers left none",
    ]


def test_what_was_sent_is_counted_by_its_answer() -> None:
    """The summary counts updates by status; other requests are exchanges but no updates."""
    latencies = {"no answer": {"0": 1}, "422": {"0": 1}, "204": {"-9": 1}}
    sent = {"exchanges": 4, "latencies": latencies, "interruptions": 2}
    lines = summed_up(metrics=sent)

    assert lines[4:7] == ["exchanges 4", "updates sent 3, answered 204: 1, 422: 1, no answer: 1", "interruptions 2"]


def test_requests_that_were_sent_again_are_counted() -> None:
    """A connection that ends without an answer is no interruption, but who reads the summary learns of it."""
    lines = summed_up(metrics={"interruptions": 2, "resent": 1})

    assert "interruptions 2; 1 request sent again, because a kept connection ended without an answer" in lines


def test_customers_that_are_left_are_named() -> None:
    """A customer that could not be removed is named, with the command that removes it."""
    lines = summed_up(metrics={"left": ["contract-test-1"]})

    assert "customers left contract-test-1" in lines
    assert "remove them with: python -m contracts clean" in lines


def test_a_promise_that_was_broken_is_told() -> None:
    """A broken promise is in the summary with what came, when, how often, in which tests, and how to see it again."""
    often = finding(evidence=KEPT_FILE, tests=["a.py::test_title[one-two]", "a.py::test_other"])
    rare = finding(cause="name breaks type", actual='"Oops"', tests=["a.py::test_other"])

    lines = summed_up(often, rare)

    assert lines[lines.index("") + 2 : -1] == [
        "expected Unprocessable Entity",
        'came "Unprocessable Content" [at title]',
        "request PUT /customers/acme, 11 bytes of application/json",
        "answer 422 Unprocessable Entity, 99 bytes, 2 ms",
        "when name breaks minLength",
        'and when name breaks type, came: "Oops"',
        "seen 2 of 32 updates",
        "tests 2: test_title[one-two], test_other",
        f"again python -m contracts replay {KEPT_FILE} --base-url {TARGET}",
    ]


def test_what_comes_and_goes_has_no_circumstance() -> None:
    """What comes and goes is told with its rate, and not with what was sent by chance when it came."""
    lines = summed_up(finding(comes_and_goes=True), finding(cause="name breaks type", comes_and_goes=True))

    assert "seen comes and goes: 2 of 32 updates" in lines
    assert not [line for line in lines if line.startswith(("when", "and when"))]


def test_payloads_in_a_circumstance_are_no_other_circumstance() -> None:
    """Where a circumstance is told, the payloads that bring it about are not told besides."""
    causes = ("no JSON (payloads: pairs)", "no JSON", "a slug (payloads: slugs)")
    lines = summed_up(*(finding(cause=cause) for cause in causes))

    assert [line for line in lines if line.startswith("when")] == ["when no JSON; a slug (payloads: slugs)"]


def test_of_many_causes_a_few_are_told() -> None:
    """Circumstances in which the same came are one line; where another thing came that is told."""
    alike = [finding(cause=f"cause {number}") for number in range(9)]
    lines = summed_up(*alike, finding(cause="another", actual='"Oops"'))

    assert len([line for line in lines if line.startswith("BROKEN")]) == 1
    assert "when cause 0; cause 1; cause 2; cause 3; cause 4; cause 5 and 3 more" in lines
    assert [line for line in lines if line.startswith("and when")] == ['and when another, came: "Oops"']


def test_a_promise_that_was_not_tried_is_listed_with_its_reason() -> None:
    """What could not be tried is in the summary, with the reason, in lines that fit a terminal."""
    untried = dict.fromkeys(["update.stored", "update.cleared"], "the target does not let the token read back")
    lines = summary(result(tried=set(ALL) - set(untried), metrics={"untried": untried}))

    text = " ".join(" ".join(lines).split())

    assert "not tried update.stored, update.cleared: the target does not let the token read back" in text
    assert max(map(len, lines)) <= WIDTH


def test_what_else_failed_is_in_the_summary() -> None:
    """Tests that failed otherwise, that had to be tried, or that the literal does not judge, and every warning."""
    lines = summed_up(
        failed=["a.py::test_one[a]", "a.py::test_two"],
        required={"a.py::test_three": "no token"},
        not_literal=3,
        metrics={"warnings": ["the disk is full"]},
    )

    assert "failed too 2 tests without a broken promise: test_one[a], test_two" in lines
    assert "required 1 test not tried (--require-all): no token" in lines
    assert "literals 3 tests judged by docs alone: their literals are those of docs" in lines
    assert "warning the disk is full" in lines


@pytest.mark.parametrize("causes", [1, 8])
def test_a_summary_fits_on_a_screen(causes: int) -> None:
    """With 45 promises broken the summary has at most 50 lines; it names all, and how to see them again."""
    shown = [
        finding(promise, trace="4b4b", cause=f"cause {number}") for promise in ALL[:45] for number in range(causes)
    ]
    made = result(
        *(replace(finding_, evidence=f"evidence/{finding_.promise}.har", tests=[*ALL]) for finding_ in shown),
        metrics={"left": [f"contract-test-{number}" for number in range(1000)], "warnings": ["the disk is full"]},
        failed=[TEST],
        to_replay=["evidence"],
    )

    lines = summary(made)

    assert len(lines) <= 50
    assert not [promise for promise in ALL[:45] if promise not in "\n".join(lines)]
    (shown,) = [line.split("with: ")[1] for line in lines if "see all of them again" in line]
    assert shown == f"python -m contracts replay evidence --base-url {TARGET}"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_few_broken_promises_are_all_told_in_full(number: int) -> None:
    """Nothing of a few broken promises is left to the page."""
    lines = summed_up(*(finding(promise, evidence=KEPT_FILE) for promise in ALL[:number]), tried=ALL)

    assert [line.split()[1] for line in lines if line.startswith("BROKEN")] == [
        f"{promise}:" for promise in ALL[:number]
    ]


def test_counts_agree() -> None:
    """Kept, broken, accepted and not tried are all promises; one that is broken and accepted counts once."""
    accepted = {"problem.title 0": 3, "problem.status 0": 1}
    made = result(finding(), tried=["problem.title", "status.valid"], metrics={"accepted": accepted})

    numbers = [int(number) for number in re.findall(r"\d+", count_of(made))]

    assert count_of(made) == f"1 kept, 1 broken, 1 broken as accepted, {len(ALL) - 3} not tried (of {len(ALL)})"
    assert sum(numbers[:-1]) == numbers[-1]
    assert f"promises {count_of(made)}" in summed_up(finding(), tried=made.tried, metrics={"accepted": accepted})


def test_what_comes_and_goes_is_sent_as_often_as_it_takes_to_see_it_again() -> None:
    """The command of a failure that comes and goes sends it so often that it is seen again with 95 %."""
    seldom = finding(evidence="evidence/status.valid.har", broke=3, tried=32, comes_and_goes=True)
    steady = finding(evidence="evidence/status.valid.har", broke=3, tried=32)

    assert again([seldom], result()).endswith(
        "replay evidence/status.valid.har --times 31 --base-url https://api.example.org"
    )
    assert again([steady], result()).endswith("replay evidence/status.valid.har --base-url https://api.example.org")


def test_what_did_not_repeat_is_sent_as_often_as_its_rate_so_far_says() -> None:
    """While the run goes on, nobody knows whether a failure comes and goes: what did not repeat is taken to."""
    (gone,) = failure(seen("status.valid", repeated=False))
    so_far = {"broken": {"status.valid": 3}, "tried": {"status.valid": 32}}

    assert again([gone], result(metrics=so_far)).endswith(f"{KEPT_FILE} --times 31 --base-url https://api.example.org")


def test_all_that_comes_and_goes_is_sent_as_often_as_the_rarest_needs() -> None:
    """If everything that was found comes and goes, the command for all of it says how often, too."""
    goes = [finding(promise, broke=3, tried=32, comes_and_goes=True) for promise in ALL[:2]]

    lines = summary(result(*goes, to_replay=["evidence"]))

    shown = next(line for line in lines if "see all of them again with" in line)
    assert shown.endswith(f"replay evidence --times 31 --base-url {TARGET}")


def test_a_run_that_had_no_time_for_any_test_says_so() -> None:
    """Where --max-time left nothing, the last line gives that reason."""
    assert last_line(result(skipped={f"{OUT_OF_TIME} 1 s was over": 3})) == f"NO VERDICT: {OUT_OF_TIME} 1 s was over"


def test_what_was_not_selected_is_counted_as_that() -> None:
    """Where some tests were chosen nobody is told that the others could not be tried."""
    made = result(tried=["status.valid"], selected=False)

    assert count_of(made) == f"1 kept, 0 broken, {len(ALL) - 1} not selected (of {len(ALL)})"
    assert last_line(made) == f"KEPT 1 promise, {len(ALL) - 1} not selected"


GOES = {"comes_and_goes": True}


@pytest.mark.parametrize(
    ("findings", "changes", "line"),
    [
        pytest.param([], {"tried": ALL}, f"KEPT {len(ALL)} promises", id="kept"),
        pytest.param([], {"tried": ALL[1:]}, f"KEPT {len(ALL) - 1} promises, 1 not tried", id="not-tried"),
        pytest.param(
            [],
            {"tried": ALL, "metrics": {"accepted": {"problem.title 0": 2}}},
            f"KEPT {len(ALL) - 1} promises, 1 broken as accepted",
            id="accepted",
        ),
        pytest.param([finding()], {"tried": ALL}, f"BROKEN 1 of {len(ALL)} promises: problem.title", id="broken"),
        pytest.param(
            [finding(promise) for promise in ALL[:5]],
            {"tried": ALL},
            f"BROKEN 5 of {len(ALL)} promises: {ALL[0]}, {ALL[1]}, {ALL[2]} and 2 more",
            id="many-broken",
        ),
        pytest.param(
            [finding(**GOES)],
            {},
            "BROKEN 1 of 1 promise: problem.title (comes and goes: 2 of 32 updates)",
            id="comes-and-goes",
        ),
        pytest.param(
            [finding(**GOES), finding("problem.status")],
            {},
            "BROKEN 2 of 2 promises: problem.title, problem.status",
            id="one-of-two-comes-and-goes",
        ),
        pytest.param(
            [finding()],
            {"stopped": "the target stopped answering"},
            "BROKEN 1 of 1 promise: problem.title; then the target stopped answering",
            id="broken-and-stopped",
        ),
        pytest.param(
            [finding()],
            {"by_hand": True},
            "BROKEN 1 of 1 promise: problem.title; then it was stopped",
            id="broken-and-by-hand",
        ),
        pytest.param(
            [], {"failed": [TEST]}, "FAILED 1 test without a broken promise: test_a_name[name-null]", id="failed"
        ),
        pytest.param(
            [],
            {"failed": [TEST, "a.py::test_two"], "stopped": "it does not answer"},
            "FAILED 2 tests without a broken promise: test_a_name[name-null], test_two; then it does not answer",
            id="failed-and-stopped",
        ),
        pytest.param(
            [],
            {"tried": ALL, "required": {TEST: "no token", "a.py::test_two": "no token"}},
            "NOT TRIED, though --require-all asks for it: no token",
            id="require-all",
        ),
        pytest.param([], {"by_hand": True}, "STOPPED by hand; no broken promise was found before", id="by-hand"),
        pytest.param([], {"stopped": "it does not answer"}, "NO VERDICT: it does not answer", id="stopped"),
        pytest.param([], {}, "NO VERDICT: none of the selected tests could be tried here", id="nothing-tried"),
        pytest.param(
            [finding()],
            {"stopped": "the token is refused", "stop_code": 4, "by_hand": True},
            "WRONG CALL: the token is refused",
            id="wrong-call-outranks-all",
        ),
    ],
)
def test_the_last_line_is_the_verdict(findings: list[Finding], changes: dict[str, Any], line: str) -> None:
    """Whatever came of a run, its last line says it."""
    assert last_line(result(*findings, **changes)) == line


@pytest.mark.parametrize("ci", [None, "", "true"])
@pytest.mark.parametrize("findings", [[], [finding()]], ids=["kept", "broken"])
def test_a_machine_that_asked_no_vendor_is_told_so(
    findings: list[Finding], ci: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the mock in a CI the last line says that no vendor was asked; a vendor's result, or a person's, does not."""
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    made = result(*findings, tried=ALL)

    assert last_line(replace(made, base_url=MOCK_URL)).endswith(" (on the mock, in process: no vendor was asked)") == (
        ci == "true"
    )
    assert "mock" not in last_line(made)


def test_how_sure_is_told_by_the_rule_of_three() -> None:
    """Of n requests none broke a promise: at 95 % fewer than 3 in n would; in all and by kind, the small left out."""
    assert how_sure(result(metrics={"generated": {"any body": 2998, "any slug": 300, "any token": 2}})) == (
        "none of 3,300 generated updates broke a promise: with 95 % confidence, fewer than 1 in 1,100 like "
        "them would (any body: 1 in 999, any slug: 1 in 100)"
    )


@pytest.mark.parametrize(
    ("findings", "generated"),
    [
        ([], {}),
        ([], {"any body": 2}),
        ([finding(tests=["test_generated_requests.py::test_any_body[round-3]"])], {"any body": 3000}),
    ],
    ids=["none-generated", "too-few", "one-found-something"],
)
def test_nothing_is_sure_that_cannot_be_said(findings: list[Finding], generated: dict[str, int]) -> None:
    """Without generated requests, or where one of them broke a promise, nothing is said."""
    made = result(*findings, metrics={"generated": generated})

    assert how_sure(made) == ""
    assert "how sure" not in "\n".join(summary(made))


def test_what_other_tests_found_takes_nothing_from_the_generated_ones() -> None:
    """Where a payload broke a promise and no generated request did, it is said how sure that is."""
    assert how_sure(result(finding(), metrics={"generated": {"any body": 300}})).startswith(
        "none of 300 generated updates"
    )
