"""The options: what they become, and which of them cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import WrongCall
from contracts.fuzz.generation import CASES, ROUND
from contracts.options import OPTIONS, options_from, passed_on
from contracts.run import Options
from contracts.vendor.model import MOCK_TOKENS

DEFAULTS = {option.name: option.default for option in OPTIONS}
TOKENS = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))


def options(**chosen: Any) -> Options:
    """The options of a run where these were chosen."""
    return options_from(DEFAULTS | chosen, "http://127.0.0.1:1", None, TOKENS)


def test_one_customer_is_for_one_process() -> None:
    """Several processes would change the one customer of --customer under each other's eyes."""
    with pytest.raises(WrongCall, match="leave out -n"):
        options_from(DEFAULTS | {"customer": "acme"}, "http://127.0.0.1:1", None, TOKENS, workers=2)


@pytest.mark.parametrize(
    ("given", "statuses"),
    [(None, set()), ("530", {530}), ("530,599", {530, 599}), (" 530 , 418", {418, 530})],
    ids=["none", "one", "several", "spaces"],
)
def test_further_interruptions_are_statuses_with_commas_between(given: str | None, statuses: set[int]) -> None:
    """With --interruption further statuses are an interruption on this target."""
    assert options(interruption=given).target.limits.interruptions == statuses


@pytest.mark.parametrize("given", ["5xx", "530;599", "53", "5300", "530,", ",", "600", "099", "\uff15\uff13\uff10"])
def test_what_is_no_status_is_no_interruption(given: str) -> None:
    """Anything but statuses is a wrong call, which says what they look like."""
    with pytest.raises(WrongCall, match=r"must be statuses with commas between them, like 530,599"):
        options(interruption=given)


@pytest.mark.parametrize("name", ["time_limit", "size_limit", "rate_limit", "concurrency", "cases"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_is_more_than_0(name: str, value: float) -> None:
    """A limit of nothing, or of no number, is a wrong call."""
    with pytest.raises(WrongCall, match=f"--{name.replace('_', '-')} must be more than 0"):
        options(**{name: value})


@pytest.mark.parametrize("name", ["patience", "settle"])
@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_a_wait_is_not_less_than_0(name: str, value: float) -> None:
    """A wait of no seconds is none; of less it is a wrong call."""
    with pytest.raises(WrongCall, match=f"--{name} must be 0 or more"):
        options(**{name: value})

    assert getattr(options(**{name: 0.0}).target.limits, name) == 0


@pytest.mark.parametrize(
    ("cases", "least", "most"), [(1, 1, 16), (100, 100, 160), (1000, 1000, 1200)], ids=["one", "some", "many"]
)
def test_so_many_cases_are_drawn_as_were_asked_for(cases: int, least: int, most: int) -> None:
    """`--cases` is how many requests a generated test sends, or a few more, in rounds that are short."""
    generation = options(cases=cases).generation

    assert least <= generation.examples * generation.rounds * CASES[generation.together] <= most
    assert generation.examples <= ROUND


def test_what_was_chosen_is_passed_on() -> None:
    """Another command is given what was chosen for the target, and nothing that is so anyway."""
    chosen = DEFAULTS | {"interruption": "530", "concurrency": 2, "allow_plain_http": True}

    assert passed_on(DEFAULTS) == []
    assert passed_on(chosen) == ["--concurrency", "2", "--interruption", "530", "--allow-plain-http"]


def test_limits_are_shared_out_among_workers() -> None:
    """The requests a second and the requests at once of all workers together are what was allowed."""
    chosen = DEFAULTS | {"rate_limit": 30.0, "concurrency": 9}

    limits = options_from(chosen, "http://127.0.0.1:1", None, TOKENS, workers=2).target.limits

    assert (limits.rate, limits.concurrency) == (15.0, 5)


@pytest.mark.parametrize("slug", ["a b", "caf\u00e9", "", "..", "a/b", "a?b"])
def test_a_customer_that_is_no_slug_is_a_wrong_call(slug: str) -> None:
    """What would not be one segment of a path as it stands is never sent as one."""
    with pytest.raises(WrongCall, match="is not a slug"):
        options(customer=slug)
