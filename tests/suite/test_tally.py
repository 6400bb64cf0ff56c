"""The tally: what was tried and what came of it, counted."""

from __future__ import annotations

from collections import Counter

import pytest

from contracts.exchange import CUSTOMER, Exchange, Response, update
from contracts.payload import to_json
from contracts.rules.document import load
from contracts.rules.oracle import Prediction, predict
from contracts.rules.promise import promises
from contracts.tally import Tally, keywords, quantiles, summed

DOCUMENT = load("docs")


def tallied(value: object) -> Tally:
    """What is counted of a body."""
    tally, body = Tally(), to_json(value)
    request = update(CUSTOMER, body).addressed("acme")
    tally.sent(body, predict(request, DOCUMENT, {"acme"}), DOCUMENT)
    return tally


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        ({"name": ""}, {"name.minLength breaks"}),
        ({"name": 1, "externalCustomerId": 2}, {"name.type breaks", "externalCustomerId.type breaks"}),
        ({}, {"required breaks"}),
        ({"name": "a", "x": 1}, {"additionalProperties breaks"}),
        ([], {"type breaks"}),
        ({"name": "x" * 20_000, "y": 1}, set()),
    ],
    ids=["too-short", "types", "missing", "unknown", "no-object", "too-large-to-look-at"],
)
def test_a_refused_body_breaks_keywords(value: object, broken: set[str]) -> None:
    """Of a body that breaks the schema, each keyword that it breaks is counted, unless it is very large."""
    assert set(tallied(value).keywords) == broken


def test_an_accepted_body_keeps_the_keywords_of_what_it_has() -> None:
    """Of a body that fits, the keywords of the body and of its members are counted, and none of a missing member."""
    kept = set(tallied({"name": "a"}).keywords)

    assert kept == {f"{one} keeps" for one in keywords(DOCUMENT) if not one.startswith("externalCustomerId.")}


def test_answers_are_counted_by_circumstance() -> None:
    """An answer is counted by the rule that is to blame, and by its status; no answer as none."""
    tally = Tally()
    prediction = Prediction((promises()["status.schema"],), frozenset({422}))
    tally.answered(Exchange(update("acme", b"{}"), Response(422, (), b"", b"")), prediction)
    tally.answered(Exchange(update("acme", b"{}"), None), prediction)

    assert tally.answers == {"status.schema 422": 1, "status.schema none": 1}


def test_quantiles_are_those_of_the_steps() -> None:
    """Of 100 answers the 50th, 95th and 99th tell p50, p95 and p99, each within the width of a step."""
    tally = Tally()
    for hundredth in range(1, 101):
        exchange = Exchange(update("acme", b"{}"), Response(204, (), b"", b""), seconds=hundredth / 100)
        tally.answered(exchange, Prediction((promises()["status.valid"],), frozenset({204})))

    ((status, count, *found),) = quantiles(tally)

    assert (status, count) == ("204", 100)
    assert found == pytest.approx([0.5, 0.95, 0.99], rel=0.07)


def test_tallies_are_summed_up() -> None:
    """Those of several workers or machines make one."""
    whole = summed([Tally(Counter({"a 204": 1})), Tally(Counter({"a 204": 2, "b 422": 1}))])

    assert whole.rules == {"a 204": 3, "b 422": 1}
