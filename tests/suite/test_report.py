"""The report says of each outcome what a reader needs: what was promised, what came, and how to see it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.result import result_of

from contracts import recording
from contracts.credential import READ_TOKEN, WRITE_TOKEN
from contracts.exchange import CUSTOMER, Exchange, Failure, Request, Response, update
from contracts.fuzz.generation import Generation
from contracts.outcome import Outcome
from contracts.report import WIDTH, explain, explain_each, summary
from contracts.rules.judge import Verdict, judge
from contracts.rules.oracle import predict
from contracts.rules.promise import promises, violation
from contracts.run import Options, Run
from contracts.target import MOCK_URL, Target
from contracts.vendor import MOCK_TOKENS
from tests.suite.samples import DOCUMENTS, PROBLEM, REQUESTS, answer, problem

TEST = "tests/contract/test_422.py::test_a_name[name-null]"
TOKENS = dict(zip((WRITE_TOKEN, READ_TOKEN), MOCK_TOKENS, strict=True))
NOTHING = Verdict(frozenset(), ())
WRONG_TITLE = Response(422, PROBLEM, problem(422, title="Unprocessable Content"), b"", "Unprocessable Entity")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run against the mock in which nothing was tried yet."""
    run = Run(
        Options(Target(MOCK_URL, TOKENS), DOCUMENTS["docs"], generation=Generation(42), evidence=tmp_path / "e")
    ).open()
    yield run
    run.close()


def outcome(came: Response | Failure, request: Request = REQUESTS[422], repeated: bool | None = None) -> Outcome:
    """What came of a request: this answer."""
    response, failure = (None, came) if isinstance(came, Failure) else (came, None)
    exchange = Exchange(request, response, failure, 0.0021)
    prediction = predict(request, DOCUMENTS["docs"], {"acme"})
    return Outcome(request, exchange, prediction, judge(exchange, prediction, DOCUMENTS["docs"]), NOTHING, repeated)


def breaking(rules: Sequence[str]) -> Outcome:
    """What came of a request whose answer breaks all of these."""
    broken = tuple(violation(rule, "this", "that", "here") for rule in rules)
    return replace(outcome(WRONG_TITLE), answer=Verdict(frozenset(rules), broken))


def explained(of: Outcome, run: Run, why: str = "") -> list[str]:
    """The explanation, line by line, without white space around and doubled."""
    text = explain(of, of.violations, run.keep(of, of.violations, TEST), run, why)
    return [" ".join(line.split()) for line in text.splitlines()]


def judge_often(run: Run, broken: Outcome, broke: int, kept: int) -> None:
    """Let so many updates have broken what this one breaks, and so many others have kept it."""
    for _ in range(broke):
        run.record.judged(broken.answer, broken.exchange)
    for _ in range(kept):
        run.record.judged(replace(broken.answer, violations=()), broken.exchange)


def summed_up(run: Run) -> list[str]:
    """The summary, line by line, without doubled white space."""
    return [" ".join(line.split()) for line in summary(result_of(run, [TEST], 1.0))]


def test_a_broken_promise_is_explained_from_promise_to_replay(run: Run, tmp_path: Path) -> None:
    """An explanation has the promise, what came, the request, the answer, and two lines that send it again."""
    lines = explained(outcome(WRONG_TITLE, repeated=True), run, "The name is null.")

    (kept,) = (tmp_path / "e").iterdir()
    assert lines[:-2] == [
        "problem.title: The member title is the phrase of its status. (page, problem; Go net/http StatusText; held on "
        "every answer, whatever is documented)",
        "expected Unprocessable Entity",
        'came "Unprocessable Content" [at title]',
        "",
        "request PUT /customers/acme, 13 bytes of application/json",
        f"answer 422 Unprocessable Entity, {len(WRONG_TITLE.body)} bytes, 2 ms",
        "payload The name is null.",
        "repeated yes, when it was tried again alone",
    ]
    assert lines[-2].startswith("curl curl ")
    assert lines[-2].endswith(f"--data-binary '{{\"name\":null}}' {MOCK_URL}/customers/acme")
    assert lines[-1] == f"again python -m contracts replay {kept}"


def test_the_curl_line_of_an_explanation_is_for_a_customer_of_the_reader(run: Run) -> None:
    """The line names no customer that is gone, and the line below says what to put there."""
    sent = outcome(WRONG_TITLE)
    lines = explained(replace(sent, template=replace(sent.template, path=f"/customers/{CUSTOMER}")), run)

    assert lines[-3].endswith(f'"{MOCK_URL}/customers/$CUSTOMER"')
    assert lines[-2] == "(CUSTOMER is the slug of a customer of yours)"


@pytest.mark.parametrize(
    ("repeated", "said"),
    [
        (True, "repeated yes, when it was tried again alone"),
        (False, "repeated comes and goes: 2 of 32 updates, and not when it was tried again alone"),
        (None, "repeated not tried again"),
    ],
    ids=["repeated", "comes-and-goes", "not-tried-again"],
)
def test_an_explanation_says_whether_it_repeated(repeated: bool | None, said: str, run: Run) -> None:
    """Whoever reads it knows whether the failure comes back, and how often it was seen where it does not."""
    broken = outcome(WRONG_TITLE, repeated=repeated)
    judge_often(run, broken, 2, 30)

    assert said in explained(broken, run)


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (Response(404, PROBLEM, problem(404), b""), "; documented)"),
        (WRONG_TITLE, "; held on every answer, whatever is documented)"),
    ],
    ids=["documented", "exact"],
)
def test_an_explanation_says_who_asks_for_it(came: Response, said: str, run: Run) -> None:
    """The first line ends with whether the vendor documents the promise, or every answer is held to it anyway."""
    assert explained(outcome(came), run)[0].endswith(said)


def test_an_explanation_names_the_trace(run: Run) -> None:
    """Where the request had a trace id, the explanation says by what the vendor finds it."""
    broken = outcome(WRONG_TITLE)
    traced = replace(broken.exchange, sent_headers=(("traceparent", f"00-{'4b' * 16}-{'00f1' * 4}-01"),))

    lines = explained(replace(broken, exchange=traced), run)

    assert lines[6] == f"trace {'4b' * 16}, for the vendor's own logs"


def test_every_violation_of_an_answer_is_explained(run: Run) -> None:
    """An explanation does not stop at the first thing that is wrong."""
    lines = explained(outcome(Response(500, (), b"oops", b"")), run)

    assert [line.split(":")[0] for line in lines if line.startswith(("status.", "problem."))] == [
        "status.internal_error",
        "problem.media_type",
        "problem.json",
    ]


def test_an_explanation_is_read_at_a_glance(run: Run) -> None:
    """However much is wrong with an answer, its explanation has at most 25 lines and names every promise."""
    several = breaking([*promises()][:10])

    lines = explained(several, run, "The name is null.")

    assert len(lines) <= 25
    assert not [rule for rule in several.rules if rule not in "\n".join(lines)]


def test_of_many_failures_of_one_test_the_first_is_explained(run: Run) -> None:
    """Where one test found many failures, the explanation of all has at most 25 lines and counts what it leaves out."""
    failures = [outcome(WRONG_TITLE), *(outcome(Response(status, (), b"oops", b"")) for status in range(500, 509))]
    found = [(one, run.keep(one, one.violations, TEST)) for one in failures]

    text = explain_each(found, run)

    assert len(text.splitlines()) <= 25
    assert text.startswith("problem.title: ")
    assert text.endswith("and 7 more, in the summary")


def test_no_answer_is_explained_too(run: Run) -> None:
    """Where nothing came, the explanation says why."""
    assert "answer none: no complete answer came in time" in explained(outcome(Failure.TIMEOUT), run)


def test_a_curl_line_of_a_mile_is_not_printed(run: Run) -> None:
    """A body that would flood the terminal is left to the replay."""
    noise = bytes(range(256)) * 30 + b"".join(i.to_bytes(2, "big") for i in range(5000))
    lines = explained(outcome(answer(500), update("acme", noise)), run)

    assert lines[-2].startswith("curl (a curl line of ")
    assert max(map(len, lines)) < 1200


def test_a_summary_of_nothing_names_the_run(run: Run) -> None:
    """A summary begins with what was tried against what, and how to generate it again."""
    lines = summed_up(run)

    assert lines[:4] == [
        "target http://kaiten.mock (the mock, in process)",
        "contract docs",
        f"promises 0 kept, 0 broken, {len(promises())} not tried (of {len(promises())})",
        "seed 42",
    ]
    assert lines[5:8] == ["updates sent 0, answered nothing", "interruptions 0", "customers left none"]


def test_a_promise_that_was_kept_is_counted(run: Run) -> None:
    """A promise that was put to the test and held is kept."""
    run.record.judged(Verdict(frozenset({"status.valid", "success.empty"}), ()), outcome(WRONG_TITLE).exchange)

    assert summed_up(run)[2].startswith("promises 2 kept, 0 broken, ")


@pytest.mark.parametrize(
    ("repeated", "said"),
    [
        (True, "seen 3 of 7 updates that put it to the test: one two"),
        (False, "seen comes and goes, 3 of 7 updates that put it to the test: one two"),
    ],
    ids=["repeated", "comes-and-goes"],
)
def test_a_promise_that_was_broken_is_told(repeated: bool, said: str, run: Run) -> None:
    """A broken promise is in the summary with what came, how often and in which tests, and how to see it again."""
    broken = outcome(WRONG_TITLE, repeated=repeated)
    judge_often(run, broken, 3, 4)
    run.keep(broken, broken.violations, "tests/contract/test_422.py::test_title[one two]")

    lines = summed_up(run)

    assert ", 1 broken, " in lines[2]
    assert lines[-5].startswith("BROKEN problem.title: ")
    assert lines[-3].startswith("came ")
    assert lines[-2] == said
    assert lines[-1].startswith("again python -m contracts replay ")


def test_a_broken_promise_is_shown_by_its_smallest_request(run: Run) -> None:
    """Of many requests that break a promise the smallest is the one to look at."""
    large, small = outcome(WRONG_TITLE), outcome(WRONG_TITLE, replace(REQUESTS[422], body=b"{}"))
    judge_often(run, large, 2, 0)
    run.keep(large, large.violations, TEST)
    (broken,) = run.keep(small, small.violations, "tests/contract/test_other.py::test_other")

    lines = summed_up(run)

    assert lines[-2] == "seen 2 of 2 updates that put it to the test: name-null test_other"
    assert lines[-1].endswith(str(broken.evidence))
    assert recording.read(broken.evidence)[0].failing.template.body == b"{}"


def test_all_that_broke_one_rule_is_one_group(run: Run) -> None:
    """What breaks one rule at several places is told once, with the other places, what came first at first."""
    wrong = outcome(WRONG_TITLE)
    elsewhere = replace(wrong.violations[0], place="elsewhere")
    run.keep(outcome(answer(500)), outcome(answer(500)).violations[:1], TEST)
    run.keep(wrong, [*wrong.violations, elsewhere, elsewhere], TEST)

    lines = summed_up(run)

    assert [line.split()[1] for line in lines if line.startswith("BROKEN")] == [
        "status.internal_error:",
        "problem.title:",
    ]
    assert lines[-4].endswith("[at elsewhere]")
    assert lines[-3] == "also at title"


def test_a_promise_that_was_not_tried_is_listed_with_its_reason(run: Run) -> None:
    """What could not be tried is in the summary, with the reason, in lines that fit a terminal."""
    run.record.not_tried(["update.stored", "update.cleared"], "the target does not let the token read customers back")

    text = "\n".join(summary(result_of(run, [TEST], 1.0)))

    assert "not tried update.stored, update.cleared: the target does not let" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_summary_fits_on_a_screen(run: Run) -> None:
    """With every promise broken the summary has at most 50 lines; it names all of them, and how to see them again."""
    broken = breaking([*promises()])
    run.record.judged(broken.answer, broken.exchange)
    run.keep(broken, broken.violations, TEST)
    run.customers.left.extend(f"contract-test-{number}" for number in range(1000))

    lines = summary(result_of(run, [TEST], 1.0))

    assert len(lines) <= 50
    assert not [rule for rule in promises() if rule not in "\n".join(lines)]
    assert lines[-1].endswith(f"with: python -m contracts replay {run.options.evidence}")


def test_customers_that_are_left_are_named(run: Run) -> None:
    """A customer that could not be removed is named, with the command that removes it."""
    run.customers.left.append("contract-test-1")

    lines = summed_up(run)

    assert "customers left contract-test-1" in lines
    assert "remove them with: python -m contracts clean" in lines


def test_what_was_sent_is_counted_by_its_answer(run: Run) -> None:
    """The summary counts updates by status; other requests are exchanges but no updates."""
    before = run.record.exchanges
    run.record.sent(Exchange(REQUESTS[422], WRONG_TITLE))
    run.record.sent(Exchange(REQUESTS[204], answer(204)))
    run.record.sent(Exchange(REQUESTS[204], None, Failure.BROKEN))
    run.record.sent(Exchange(Request("GET", "/customers/acme"), answer(200)))

    lines = summed_up(run)

    assert lines[4] == f"exchanges {before + 4}"
    assert lines[5] == "updates sent 3, answered 204: 1, 422: 1, no answer: 1"


def test_no_report_shows_a_token(run: Run) -> None:
    """Neither explanation nor summary has a token in it."""
    broken = outcome(WRONG_TITLE)
    text = "\n".join([*explained(broken, run), *summary(result_of(run, [TEST], 1.0))])

    assert "$KAITEN_AUTH_TOKEN" in text
    assert not [token for token in MOCK_TOKENS if token in text]


def test_of_many_places_twenty_are_kept(run: Run, tmp_path: Path) -> None:
    """No more than 20 files of evidence are kept; of many places of one rule a few are named, the rest is counted."""
    broken = outcome(WRONG_TITLE)
    places = [replace(broken.violations[0], place=f"member-{number}") for number in range(23)]
    run.keep(broken, places, TEST)

    lines = summed_up(run)

    assert len(list((tmp_path / "e").iterdir())) == 20
    assert len([line for line in lines if line.startswith("BROKEN")]) == 1
    assert lines[-3].endswith("member-6 and 16 more")


def test_evidence_that_cannot_be_written_is_a_warning(run: Run, tmp_path: Path) -> None:
    """Where no evidence can be written the run goes on, and says so in one line."""
    (tmp_path / "e").write_text("a file where the folder should be")
    broken = outcome(WRONG_TITLE)

    lines = [*explained(broken, run), *summed_up(run)]

    assert len([line for line in lines if line.startswith(f"warning {tmp_path / 'e'} cannot be written")]) == 1


def test_what_was_explained_before_is_told_in_fewer_words(run: Run) -> None:
    """The second failure of one kind says what came and how to see it again, without what the first has said."""
    broken = outcome(WRONG_TITLE)
    first, second = explained(broken, run), explained(broken, run)

    assert [line.partition(" ")[0] for line in second] == ["problem.title:", "expected", "came", "", "request", "again"]
    assert len(first) > len(second)
    assert second[-1] == first[-1]
