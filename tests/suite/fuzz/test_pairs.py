"""Pairs: which pairs of values are sent, and with which statuses."""

from __future__ import annotations

from itertools import combinations, product

import pytest
import yaml

from contracts.errors import WrongCall
from contracts.fuzz import payloads as module
from contracts.fuzz.payloads import dimensions, pairs, payloads
from contracts.rules.document import load
from contracts.rules.oracle import predict

SLUG = "contract-test-abc"
VALUES = dimensions()
RIGHT = {name: [value["id"] for value in values if "expect" not in value] for name, values in VALUES.items()}
WRONG = {name: [value["id"] for value in values if "expect" in value] for name, values in VALUES.items()}
# Nobody may expect a 100 where there is no content (RFC 9110 section 10.1.1); waitress answers nothing then.
IMPOSSIBLE = ("expecting-continue", "no-body")


def rows() -> list[list[str]]:
    """The values of each request, as it says itself."""
    return [payload.why.removeprefix("A pair of values: ").removesuffix(".").split(", ") for payload in pairs()]


def test_the_dimensions_are_those_that_the_summary_names() -> None:
    """Credential, slug, media type, framing, Accept and body, each with more than one value that is right."""
    assert list(dimensions()) == ["credential", "slug", "media type", "framing", "accept", "body"]
    assert all(len(values) > 1 for values in RIGHT.values())


@pytest.mark.parametrize("two", list(combinations(VALUES, 2)), ids="-".join)
def test_every_pair_of_values_is_sent(two: tuple[str, str]) -> None:
    """Each value is sent beside each right value of every other dimension, where nothing else is wrong."""
    first, second = two
    wanted = {
        *product(RIGHT[first], RIGHT[second]),
        *product(WRONG[first], RIGHT[second]),
        *product(RIGHT[first], WRONG[second]),
    }
    all_wrong = {value for values in WRONG.values() for value in values}

    sent = {(a, b) for row in rows() for a in row for b in row if len(all_wrong & {*row} - {a, b}) == 0}

    assert wanted - sent == {IMPOSSIBLE} & wanted


def test_at_most_one_value_of_a_request_is_wrong() -> None:
    """What is wrong is in the name of the request, so that a red test says it."""
    all_wrong = {value for values in WRONG.values() for value in values}

    for payload, row in zip(pairs(), rows(), strict=True):
        assert [value for value in row if value in all_wrong] == [
            name for name in [str(payload).split("-", 2)[2]] if name != "nothing-wrong"
        ]


def test_there_are_not_too_many() -> None:
    """A run has at most 200 updates for pairs and relations together."""
    assert 100 < len(pairs()) <= 175
    assert not {payload.id for payload in pairs()} & {payload.id for payload in payloads()}


@pytest.mark.parametrize("contract", ["docs", "v1"])
def test_what_a_pair_expects_is_what_the_oracle_allows(contract: str) -> None:
    """The statuses of each value are written by hand; the oracle works them out from the bytes."""
    document = load(contract)

    allowed = {str(p): predict(p.request.addressed(SLUG), document, {SLUG}).allowed for p in pairs()}

    assert allowed == {str(payload): payload.expect for payload in pairs()}


def test_a_request_has_the_headers_of_each_of_its_values() -> None:
    """What is accepted does not take the place of what is expected."""
    both = [p for p, row in zip(pairs(), rows(), strict=True) if {"expecting-continue", "accept-anything"} <= {*row}]

    assert both
    assert {(p.request.header("Expect"), p.request.header("Accept")) for p in both} == {("100-continue", "*/*")}


def test_each_request_stores_a_name_of_its_own() -> None:
    """What one request stores is never what another one does."""
    bodies = [payload.request.body for payload in pairs() if payload.expect == {204}]

    assert len(set(bodies)) == len(bodies)


@pytest.mark.parametrize("dimensions", [None, [{"id": "x"}], [{"id": "x", "values": [{"expect": 1}]}]])
def test_dimensions_that_cannot_be_read_are_a_wrong_call(dimensions: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the file is told before the first test, in one line."""
    monkeypatch.setattr(module, "content", lambda _: yaml.safe_load(yaml.safe_dump({"dimensions": dimensions})))

    with pytest.raises(WrongCall, match=r"^the dimensions in payloads.yaml cannot be read[^\n]+$"):
        pairs.__wrapped__()
