"""The ledger of a generated test: what is sent, which promise is raised, and what the test has found in the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.attempt import Attempt, BrokenPromise
from contracts.fuzz import Round
from contracts.fuzz.generation import Generation
from contracts.fuzz.ledger import Ledger
from contracts.http.exchange import Exchange, Response
from contracts.http.request import CUSTOMER, Request, update
from contracts.rules.oracle import Prediction
from contracts.rules.promise import promises, violation
from tests.suite.clock import clock_of

# Three promises, in the order of promises.yaml; the last is about what is stored.
FIRST, SECOND, STORED = "status.schema", "problem.title", "update.stored"
Rules = Callable[[Request], Collection[str]]


def named(name: str) -> Request:
    """An update with this name."""
    return update(CUSTOMER, b'{"name":"%s"}' % name.encode())


def attempt_of(request: Request, promise_ids: Collection[str], repeated: bool | None = None) -> Attempt:
    """A request that was tried, and broke these promises."""
    broken = tuple(violation(promise, "this", "that") for promise in promise_ids)
    exchange = Exchange(request.addressed("acme"), Response(204, (), b"", b""))
    prediction = Prediction((promises()["status.valid"],), frozenset({204}))
    return Attempt(request, exchange, prediction, violations=broken, repeated=repeated)


class FakeAttempts:
    """Tries requests without sending them: `breaks` says what each breaks, `again` what it breaks when tried alone."""

    def __init__(self, breaks: Rules, again: Rules | None = None, wait: Callable[[], None] | None = None) -> None:
        self._breaks, self._again, self._wait = breaks, again or breaks, wait or (lambda: None)
        self.sent: list[Request] = []
        self.alone: list[Request] = []
        self.hurried: list[bool] = []
        self.customers, self.workers = SimpleNamespace(own=None, lanes=1, lags=False), SimpleNamespace(map=map)

    def in_turn(self, templates: Sequence[Request], customer: None, settle: float | None) -> list[Attempt]:
        """What comes of these when they are sent one after the other."""
        self._wait()
        self.sent += templates
        self.hurried.append(settle == 0)
        tried = [attempt_of(template, self._breaks(template)) for template in templates]
        return [replace(attempt, beside=tuple(other for other in tried if other is not attempt)) for attempt in tried]

    def again(self, failed: Attempt) -> list[Attempt]:
        """What comes of one that failed, tried again alone: what it broke again, and what it broke once."""
        self.alone.append(failed.template)
        again = attempt_of(failed.template, self._again(failed.template), repeated=True)
        once = failed.broken - again.broken
        return [*([again] if again.broken & failed.broken else []), replace(failed.only(once), repeated=False)]


def ledger_of(attempts: FakeAttempts, explained: Collection[str] = (), accepted: Collection[str] = ()) -> Ledger:
    """A ledger on these attempts; what is `accepted` is no violation."""

    def left(attempt: Attempt) -> Attempt:
        return attempt.only(attempt.broken - set(accepted))

    return Ledger(attempts, explained, left)  # type: ignore[arg-type]


def raised_by(ledger: Ledger, *names: str) -> str | None:
    """The promise that is raised when these are sent together."""
    try:
        ledger.each_as_promised([named(name) for name in names])
    except BrokenPromise as error:
        promise = next(each for each in promises() if re.sub("[._]", "", each) == type(error).__name__.lower())
        return promise if promise in error.attempts[0].broken else "a promise that the attempt did not break"
    return None


def breaking(promise_ids: dict[str, Collection[str]]) -> Rules:
    """Requests break what is said of a letter that their name holds."""
    return lambda request: {
        promise for letter, broken in promise_ids.items() if letter in request.body.decode()[9:-2] for promise in broken
    }


def test_nothing_is_sent_twice_while_nothing_failed() -> None:
    """What was sent before, in this batch or in an earlier one, is not sent again as long as all is as promised."""
    attempts = FakeAttempts(breaking({}))
    ledger = ledger_of(attempts)

    batches = [("x", "y", "x"), ("y", "z"), ("x", "y", "z")]
    raised = [raised_by(ledger, *batch) for batch in batches]

    assert raised == [None] * 3
    assert attempts.sent == [named("x"), named("y"), named("z")]
    assert not ledger.conclusion()
    assert ledger.conclusion() == []


def test_after_a_failure_everything_is_sent() -> None:
    """From the first failure on the vendor is asked and not a memory, so that shrinking sees what is so now."""
    attempts = FakeAttempts(breaking({"a": {FIRST}}))
    ledger = ledger_of(attempts)
    raised_by(ledger, "x")
    raised_by(ledger, "a", "y")
    attempts.sent.clear()

    raised = [raised_by(ledger, *batch) for batch in [("x",), ("a",), ("x", "a", "a")]]

    assert raised == [None, FIRST, FIRST]
    assert attempts.sent == [named(name) for name in ("x", "a", "x", "a")]
    assert ledger.conclusion()


def test_each_promise_is_raised_the_one_named_least_often_first() -> None:
    """Batches that break several promises raise each in turn, so that Hypothesis finds and shrinks each of them."""
    ledger = ledger_of(FakeAttempts(breaking({"a": {FIRST}, "b": {SECOND, STORED}})))

    raised = [raised_by(ledger, "a", "b", f"x{batch}") for batch in range(6)]

    assert raised[:3] == [FIRST, SECOND, STORED]
    assert Counter(raised) == {FIRST: 2, SECOND: 2, STORED: 2}


def test_a_promise_that_only_some_batches_break_is_raised_before_one_named_often() -> None:
    """What was raised by itself before lets another promise go first."""
    ledger = ledger_of(FakeAttempts(breaking({"a": {FIRST}, "b": {SECOND}})))

    raised = [raised_by(ledger, *names) for names in [("a",), ("aa",), ("b", "a"), ("b", "aa"), ("b", "aaa")]]

    assert raised == [FIRST, FIRST, SECOND, SECOND, FIRST]


@pytest.mark.parametrize("seconds", [5.0, -1.0], ids=["while-shrinking", "from-memory"])
def test_a_batch_that_is_tried_again_raises_what_it_raised_before(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One batch raises one promise, however often: anything else Hypothesis takes for a test that is flaky."""
    monkeypatch.setattr("contracts.fuzz.ledger.SHRINKING", seconds)
    ledger = ledger_of(FakeAttempts(breaking({"a": {FIRST, SECOND}, "b": {STORED}})))

    raised = [raised_by(ledger, *names) for names in [("a", "b"), ("a",), ("a", "b"), ("a",), ("a", "b")]]

    assert raised == [raised[0], raised[1], raised[0], raised[1], raised[0]]


def test_an_explained_promise_is_counted_and_not_raised() -> None:
    """What another test has explained stops no search, and is among what this one found all the same."""
    attempts = FakeAttempts(breaking({"a": {FIRST}, "b": {SECOND}}))
    ledger = ledger_of(attempts, explained={FIRST})

    assert raised_by(ledger, "a", "x") is None
    assert raised_by(ledger, "a", "b") == SECOND
    assert ledger.conclusion()
    assert [attempt.broken for attempt in ledger.conclusion()] == [{FIRST}, {SECOND}]


def test_a_batch_with_an_explained_promise_raises_the_other_of_the_same_request() -> None:
    """A request that breaks an explained promise and another one is raised for the other."""
    ledger = ledger_of(FakeAttempts(breaking({"a": {FIRST, SECOND}})), explained={FIRST})

    assert [raised_by(ledger, "a"), raised_by(ledger, "a")] == [SECOND, SECOND]


def test_an_accepted_deviation_is_no_failure() -> None:
    """What somebody has accepted is neither raised nor counted, and does not let everything be sent again."""
    attempts = FakeAttempts(breaking({"a": {FIRST}}))
    ledger = ledger_of(attempts, accepted={FIRST})

    assert [raised_by(ledger, "a"), raised_by(ledger, "a", "x")] == [None, None]
    assert not ledger.conclusion()
    assert attempts.sent == [named("a"), named("x")]


def test_after_the_shrinking_time_nothing_is_sent_and_memory_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time is over, what is known to fail fails, and what is not known passes; nothing is sent for it."""
    attempts = FakeAttempts(breaking({"a": {FIRST}, "b": {SECOND}}))
    ledger = ledger_of(attempts)
    monkeypatch.setattr("contracts.fuzz.ledger.SHRINKING", -1.0)
    raised_by(ledger, "a", "x")
    attempts.sent.clear()

    raised = [raised_by(ledger, *names) for names in [("a",), ("x", "a"), ("x",), ("b",), ("aa",), ("y", "z")]]

    assert raised == [FIRST, FIRST, None, None, None, None]
    assert attempts.sent == []


def test_while_it_is_shrunk_a_read_has_no_time_to_settle() -> None:
    """The first failure is looked at with all the time that a read may lag; what comes after it is not."""
    attempts = FakeAttempts(breaking({"a": {FIRST}}))
    ledger = ledger_of(attempts)

    for name in ("x", "a", "a", "x"):
        raised_by(ledger, name)

    assert attempts.hurried == [False, False, True, True]


def test_time_alone_ends_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as nothing failed everything new is sent, however long it takes."""
    clock = clock_of(monkeypatch, "contracts.fuzz.ledger")
    attempts = FakeAttempts(breaking({"a": {FIRST}}), wait=lambda: clock.sleep(0.05))
    ledger = ledger_of(attempts)
    monkeypatch.setattr("contracts.fuzz.ledger.SHRINKING", 0.01)

    assert [raised_by(ledger, name) for name in "xyza"] == [None, None, None, FIRST]
    assert attempts.sent == [named(name) for name in "xyza"]


def test_the_conclusion_has_the_smallest_request_of_each_promise() -> None:
    """For each promise the smallest request that breaks it is tried again alone, and is what the test has found."""
    attempts = FakeAttempts(breaking({"a": {FIRST}, "b": {SECOND}}))
    ledger = ledger_of(attempts)
    for names in [("aaaa", "bbb"), ("a", "x"), ("aa", "bb"), ("xxxb",)]:
        raised_by(ledger, *names)

    concluded = ledger.conclusion()

    assert [(found.template, found.broken, found.repeated) for found in concluded] == [
        (named("a"), {FIRST}, True),
        (named("bb"), {SECOND}, True),
    ]
    assert attempts.alone == [named("a"), named("bb")]


def test_one_request_may_show_several_promises() -> None:
    """A request that is the smallest for two promises is there once, with both."""
    ledger = ledger_of(FakeAttempts(breaking({"a": {FIRST, SECOND}})))
    raised_by(ledger, "a")

    (found,) = ledger.conclusion()

    assert (found.template, found.broken, found.repeated) == (named("a"), {FIRST, SECOND}, True)


def test_a_larger_request_that_repeats_is_better_than_a_smaller_one_that_does_not() -> None:
    """Of the smallest failing requests the first that fails again when tried alone is shown."""
    attempts = FakeAttempts(breaking({"a": {FIRST}}), again=breaking({"aa": {FIRST}}))
    ledger = ledger_of(attempts)
    raised_by(ledger, "a", "aa", "aaa")

    (found,) = ledger.conclusion()

    assert (found.template, found.repeated) == (named("aa"), True)
    assert attempts.alone == [named("a"), named("aa")]


def test_what_does_not_repeat_is_told_as_such() -> None:
    """Where no request fails again when it is tried alone, the one found first is shown, as one not seen again."""
    attempts = FakeAttempts(breaking({"a": {FIRST}}), again=breaking({}))
    ledger = ledger_of(attempts)
    raised_by(ledger, "aaaaa", "aaa", "a", "aa", "aaaa")

    (found,) = ledger.conclusion()

    assert (found.template, found.broken, found.repeated) == (named("aaaaa"), {FIRST}, False)
    assert attempts.alone == [named(name) for name in ("a", "aa", "aaa", "aaaaa")]


def test_what_is_stored_may_be_the_doing_of_a_request_beside_it() -> None:
    """The request that is blamed for what is stored need not be the one: those sent with it are tried alone, too."""

    def blamed(request: Request) -> Collection[str]:
        return {STORED} if request == named("blamed") else ()

    def culprit(request: Request) -> Collection[str]:
        return {STORED} if request == named("culprit") else ()

    ledger = ledger_of(FakeAttempts(blamed, again=culprit))
    raised_by(ledger, "innocent", "culprit", "blamed")

    (found,) = ledger.conclusion()

    assert (found.template, found.broken, found.repeated) == (named("culprit"), {STORED}, True)


def test_a_promise_that_comes_and_goes_does_not_hide_one_that_stays() -> None:
    """Of a request that breaks one promise each time and another one now and then, each is told as what it is."""
    ledger = ledger_of(FakeAttempts(breaking({"a": {FIRST, SECOND}}), again=breaking({"a": {SECOND}})))
    raised_by(ledger, "a")

    concluded = ledger.conclusion()

    assert any(found.repeated for found in concluded if SECOND in found.broken)
    assert not any(found.repeated for found in concluded if FIRST in found.broken)


def test_what_one_try_shows_and_another_does_not_is_not_lost() -> None:
    """Two promises of one request, of which each try alone breaks another one, are both among what was found."""
    turns = iter([{FIRST}, {SECOND}, {SECOND}, {SECOND}])
    ledger = ledger_of(FakeAttempts(breaking({"a": {FIRST, SECOND}}), again=lambda request: next(turns)))
    raised_by(ledger, "a")

    assert {promise for found in ledger.conclusion() for promise in found.broken} == {FIRST, SECOND}


def explored(attempts: FakeAttempts, examples: int, explained: Collection[str] = (), seed: int = 5) -> Ledger:
    """The ledger of a search by Hypothesis, as a generated test makes it."""
    ledger = ledger_of(attempts, explained)
    names = st.text("abcdxyz", min_size=1, max_size=12).map(named)

    @Round(0, examples, Generation(seed=seed)).settings_and_seed
    @given(st.lists(names, min_size=1, max_size=16))
    def explore(requests: list[Request]) -> None:
        ledger.each_as_promised(requests)

    # Hypothesis tells several failures, or one that it does not see again, as a group.
    with suppress(BrokenPromise, ExceptionGroup):
        explore()
    return ledger


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"z": {FIRST}}, id="one"),
        pytest.param({"x": {FIRST}, "y": {SECOND}, "z": {STORED}}, id="each-by-another-request"),
        pytest.param({"yz": {FIRST, SECOND}}, id="two-by-the-same-request"),
        pytest.param({"z": {FIRST, SECOND, STORED}}, id="all-by-the-same-request"),
    ],
)
def test_hypothesis_finds_and_shrinks_each_promise(
    broken: dict[str, Collection[str]], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that has the time finds every promise that is broken, and the smallest request for each."""
    monkeypatch.setattr("contracts.fuzz.ledger.SHRINKING", float("inf"))
    attempts = FakeAttempts(breaking(broken))

    concluded = explored(attempts, 60, seed=seed).conclusion()

    assert {promise: found.template for found in concluded for promise in found.broken} == {
        promise: named(letters) for letters, promise_ids in broken.items() for promise in promise_ids
    }


def test_shrinking_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a slow vendor the search for a smaller request ends when its time is over, and what is known is told."""
    monkeypatch.setattr("contracts.fuzz.ledger.SHRINKING", 0.3)
    clock = clock_of(monkeypatch, "contracts.fuzz.ledger")
    broken = breaking({"a": {FIRST}, "b": {SECOND}, "c": {STORED}})
    attempts = FakeAttempts(broken, wait=lambda: clock.sleep(0.02))

    ledger = explored(attempts, 8)

    assert clock.waited < 3.0
    assert {promise for found in ledger.conclusion() for promise in found.broken} == {FIRST, SECOND, STORED}


def test_a_vendor_that_fails_by_chance_ends_in_good_order() -> None:
    """A failure that Hypothesis does not see again is a failure all the same, and told as one that comes and goes."""
    count = iter(range(1_000_000))
    attempts = FakeAttempts(lambda request: {FIRST} if next(count) == 40 else (), again=breaking({}))

    ledger = explored(attempts, 20)

    (found,) = ledger.conclusion()
    assert (found.broken, found.repeated) == ({FIRST}, False)


def test_an_explained_promise_is_not_searched_for() -> None:
    """A search that meets only what was explained before tries each request of each example once, and shrinks none."""
    attempts = FakeAttempts(breaking({"a": {FIRST}}))

    ledger = explored(attempts, 20, explained={FIRST})

    assert ledger.conclusion()
    assert len(attempts.sent) <= 20 * 16
