"""A history of one customer: which histories an order of their accesses explains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules.history import Access, Effect, judge_history, linearizable, without_lagging_reads


def update(value: str, start: float, end: float, effect: Effect = Effect.CERTAIN) -> Access:
    return Access((value, f"of {value}"), start, end, effect=effect)


def read(value: str, start: float, end: float, other: str = "") -> Access:
    return Access((value, other or f"of {value}"), start, end, is_read=True)


POSSIBLE, NONE = Effect.POSSIBLE, Effect.NONE
OLD = ("old", "of old")


@pytest.mark.parametrize(
    "accesses",
    [
        pytest.param([], id="nothing"),
        pytest.param([read("old", 0, 1)], id="a-read-of-what-was-there"),
        pytest.param([update("a", 0, 1), read("a", 2, 3)], id="an-update-is-read"),
        pytest.param([update("a", 0, 3), read("old", 1, 2)], id="a-read-during-an-update-shows-the-value-before"),
        pytest.param([update("a", 0, 3), read("a", 1, 2)], id="a-read-during-an-update-shows-its-value"),
        pytest.param([update("a", 0, 5), update("b", 0, 5), read("a", 6, 7)], id="the-first-of-two-at-once-was-last"),
        pytest.param([update("a", 0, 5), update("b", 0, 5), read("b", 6, 7)], id="the-second-of-two-at-once-was-last"),
        pytest.param(
            [update("a", 0, 9), update("b", 0, 9), read("a", 1, 2), read("b", 3, 4)], id="two-at-once-seen-in-order"
        ),
        pytest.param(
            [update("a", 0, 1, POSSIBLE), read("old", 2, 3), read("a", 4, 5)], id="no-answer-takes-effect-late"
        ),
        pytest.param([update("a", 0, 1, POSSIBLE), read("old", 8, 9)], id="no-answer-never-takes-effect"),
        pytest.param([update("a", 0, 1, NONE), read("old", 2, 3)], id="a-refused-one-is-not-seen"),
    ],
)
def test_an_order_explains_the_history(accesses: list[Access]) -> None:
    """Each access can be given a moment between its start and its end so that every read is right."""
    assert linearizable(OLD, accesses)


@pytest.mark.parametrize(
    "accesses",
    [
        pytest.param([read("new", 0, 1)], id="nobody-wrote-it"),
        pytest.param([update("a", 0, 1), read("old", 2, 3)], id="a-lost-update"),
        pytest.param([update("a", 0, 1), update("b", 2, 3), read("a", 4, 5)], id="the-last-update-is-lost"),
        pytest.param([update("a", 0, 9), read("a", 1, 2), read("old", 3, 4)], id="a-read-goes-back-in-time"),
        pytest.param(
            [update("a", 0, 9), update("b", 0, 9), read("a", 1, 2), read("b", 3, 4), read("a", 5, 6)],
            id="a-value-comes-back",
        ),
        pytest.param([update("a", 4, 5), read("a", 1, 2)], id="a-value-before-it-is-written"),
        pytest.param([update("a", 4, 5, POSSIBLE), read("a", 1, 2)], id="a-value-without-an-answer-before-it-is-sent"),
        pytest.param([update("a", 0, 9, NONE), read("a", 1, 2)], id="a-refused-one-is-seen"),
        pytest.param(
            [update("a", 0, 1, POSSIBLE), read("a", 2, 3), read("old", 4, 5)], id="no-answer-takes-effect-and-is-undone"
        ),
    ],
)
def test_no_order_explains_the_history(accesses: list[Access]) -> None:
    """Whatever the order, a read shows something else than the update before it."""
    assert not linearizable(OLD, accesses)


def test_a_read_lags_only_shortly_after_its_value_was_overwritten() -> None:
    """A read of a value that was overwritten less than `settle` before is left out; one of an older value is not."""
    updates = [update("a", 0, 1), update("b", 2, 3)]
    soon, late, right = read("a", 4, 5), read("a", 9, 10), read("b", 4, 5)

    assert without_lagging_reads(OLD, [*updates, soon, late, right], settle=5) == [*updates, late, right]


def test_a_read_of_what_was_stored_before_the_history_lags_only_at_its_beginning() -> None:
    """A value that is no mixture and that none of these updates wrote was overwritten before all of them."""
    updates = [update("a", 0, 1), update("b", 2, 9)]
    soon, late = read("older", 4, 5), read("older", 6, 7)

    assert without_lagging_reads(OLD, [*updates, soon, late], settle=5) == [*updates, late]


def test_a_read_during_the_next_update_does_not_lag() -> None:
    """Its value was not overwritten yet: it has to be explained."""
    accesses = [update("a", 0, 1), update("b", 2, 6), read("a", 3, 4)]

    assert without_lagging_reads(OLD, accesses, settle=5) == accesses


@pytest.mark.parametrize(
    ("accesses", "last", "broken", "lags"),
    [
        pytest.param([update("a", 0, 1), read("a", 2, 3)], read("a", 4, 5), [], False, id="right"),
        pytest.param([update("a", 0, 1), read("old", 2, 3)], read("a", 4, 5), [], True, id="a-read-lags"),
        pytest.param(
            [update("a", 0, 1), read("a", 2, 3)],
            read("old", 4, 5),
            ["update.linearizable"],
            False,
            id="last",
        ),
        pytest.param(
            [update("a", 0, 1), update("b", 0, 1), read("a", 2, 3, "of b")],
            read("a", 4, 5),
            ["update.atomic"],
            False,
            id="a-mixture",
        ),
        pytest.param(
            [update("a", 0, 1), read("a", 2, 3, "of old")],
            read("a", 4, 5),
            ["update.atomic"],
            False,
            id="a-mixture-with-what-was-there",
        ),
        pytest.param([update("a", 0, 1), read("older", 2, 3)], read("a", 4, 5), [], True, id="a-read-lags-by-several"),
        pytest.param(
            [update("a", 0, 1), update("b", 0, 2), read("a", 3, 4)],
            read("b", 5, 6),
            [],
            True,
            id="a-read-lags-behind-an-update-at-the-same-time",
        ),
        pytest.param(
            [update("a", 0, 1), update("b", 2, 9), read("b", 3, 4), read("a", 5, 6)],
            read("b", 9, 10),
            ["update.linearizable"],
            False,
            id="a-read-goes-back-in-time-while-an-update-is-under-way",
        ),
        pytest.param(
            [update("a", 0, 1), update("b", 2, 3), update("c", 8, 8.5), read("a", 9, 10)],
            read("c", 11, 12),
            ["update.linearizable"],
            False,
            id="a-read-of-what-was-overwritten-long-before-the-last-update",
        ),
        pytest.param(
            [update("a", 0, 1), update("b", 2, 3, NONE), read("b", 4, 5)],
            read("a", 6, 7),
            ["update.linearizable"],
            False,
            id="a-refused-one-is-seen-soon-after-it",
        ),
        pytest.param(
            [update("a", 0, 1), read("older", 6, 7)],
            read("a", 8, 9),
            ["update.linearizable"],
            False,
            id="a-read-of-long-ago",
        ),
        pytest.param(
            [update("a", 0, 1, NONE), read("a", 2, 3)], read("old", 4, 5), ["update.linearizable"], False, id="refused"
        ),
    ],
)
def test_a_history_is_judged(accesses: list[Access], last: Access, broken: list[str], lags: bool) -> None:
    """Reads may lag for a while, but for the last one; what several wrote a part of is a mixture."""
    verdict, only_lags = judge_history(OLD, accesses, [last], settle=5)

    assert [violation.promise for violation in verdict.violations] == broken
    assert only_lags is lags
    assert verdict.tried == {"update.atomic", "update.linearizable"}


@pytest.mark.parametrize(("known", "broken"), [(False, ["update.linearizable"]), (True, [])])
def test_where_reads_lag_they_lag_while_an_update_is_under_way_too(known: bool, broken: list[str]) -> None:
    """Of two replicas one shows an update that has no answer yet, and the other one what was there before."""
    accesses = [update("a", 0, 1), update("b", 2, 9), read("b", 3, 4), read("a", 5, 6)]

    verdict, lags = judge_history(OLD, accesses, [read("b", 9, 10)], settle=5, lags=known)

    assert [violation.promise for violation in verdict.violations] == broken
    assert lags is known


def test_the_first_read_that_no_order_explains_is_named() -> None:
    """A violation names that read, and before it what had ended, the latest first, with their times."""
    accesses = [
        update("a", 0, 0.01),
        read("a", 0.02, 0.03),
        update("b", 0.025, 0.04),
        update("c", 0.03, 0.04, NONE),
        read("a", 0.05, 0.06),
        read("old", 0.07, 0.08),
    ]

    verdict, _ = judge_history(OLD, accesses, [read("b", 9, 10)], settle=0)

    assert [violation.actual for violation in verdict.violations] == [
        "none explains the read of 'a' (50 to 60 ms), after refused update 'c' (30 to 40 ms),"
        " update 'b' (25 to 40 ms), read of 'a' (20 to 30 ms), update 'a' (0 to 10 ms)"
    ]


def test_what_was_there_before_is_no_mixture() -> None:
    """It may have a part like that of an update: both clear the external id."""
    initial, written = ("old", None), ("new", None)
    accesses = [Access(written, 0, 9), Access(initial, 1, 2, is_read=True)]

    assert judge_history(initial, accesses, [], settle=0)[0].violations == ()
    assert judge_history(("older", "x"), accesses, [], settle=0)[0].violations[0].promise == "update.atomic"


@st.composite
def histories_of_a_register(draw: st.DrawFn) -> list[Access]:
    """What clients of a real register see: each access has its moment, and some time before and after it."""
    value, accesses = OLD, []
    for moment, is_read in enumerate(draw(st.lists(st.booleans(), max_size=10))):
        value = value if is_read else (f"value {moment}", f"of value {moment}")
        before, after = draw(st.floats(0, 4)), draw(st.floats(0, 4))
        accesses.append(Access(value, moment - before, moment + after, is_read))
    return draw(st.permutations(accesses))


@given(accesses=histories_of_a_register())
def test_every_history_of_a_register_is_explained(accesses: list[Access]) -> None:
    """Nobody who keeps the promise is blamed, however long the answers take."""
    assert linearizable(OLD, accesses)


@given(accesses=histories_of_a_register(), stale=st.integers(0, 9))
def test_a_value_from_before_all_updates_is_found(accesses: list[Access], stale: int) -> None:
    """A read after the end of an update never shows what was stored before all of them."""
    updates = [access for access in accesses if not access.is_read]
    if updates:
        end = max(access.end for access in accesses)
        assert not linearizable(OLD, [*accesses, read("old", end + 1 + stale, end + 2 + stale)])
