"""Pairs: the dimensions of a request in `payloads.yaml`, and requests that have every pair of their values.

A pair counts only if nothing else is wrong with the request: after a wrong credential no server looks at the body. So
no request has two wrong values, and pairs of two wrong values are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from allpairspy import AllPairs

from contracts.errors import WrongCall
from contracts.fuzz.payloads import PAYLOADS, Payload, content, payload_of

# The family of the payloads that are made of pairs.
PAIRS = "pairs"
Value = Mapping[str, Any]


def dimensions() -> Sequence[str]:
    """The names of the dimensions."""
    return [dimension["id"] for dimension in content(PAYLOADS)["dimensions"]]


@cache
def pairs() -> tuple[Payload, ...]:
    """Requests that have every pair of values of two dimensions. Those with nothing wrong come first.

    Raises:
        WrongCall: the dimensions in the file are not valid.

    """
    try:
        return tuple(_payload(row, wrong, number) for number, (row, wrong) in enumerate(_rows(), 1))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise WrongCall(f"the dimensions in {PAYLOADS.name} cannot be read: {error}") from None


def tried_pairs(sent: int) -> str:
    """What this many requests with pairs have tried, in words; empty if there was none."""
    tried = "every pair" if sent == len(pairs()) else f"{sent} of {len(pairs())} requests with pairs"
    names = dimensions()
    return f"{tried} of {len(names)} dimensions: {', '.join(names)}" if sent else ""


def _rows() -> Iterator[tuple[Sequence[Value], str]]:
    """Rows with a value of each dimension, each row with the id of its wrong value, or `nothing-wrong`."""
    values: list[list[Value]] = [dimension["values"] for dimension in content(PAYLOADS)["dimensions"]]
    plain = [[value for value in each if "expect" not in value] for each in values]
    yield from ((row, "nothing-wrong") for row in AllPairs(plain))
    for at, each in enumerate(values):
        for value in (value for value in each if "expect" in value):
            yield from ((row, value["id"]) for row in _beside(plain, at, value))


def _beside(plain: Sequence[Sequence[Value]], at: int, value: Value) -> Iterator[list[Value]]:
    """Rows that combine a value of the dimension `at` with every plain value of each other dimension."""
    others = [len(each) for place, each in enumerate(plain) if place != at]
    for number in range(max(others)):
        yield [value if place == at else each[number % len(each)] for place, each in enumerate(plain)]


def _payload(row: Sequence[Value], wrong: str, number: int) -> Payload:
    if any(value.get("text") == "" for value in row):
        # Nobody may expect a 100 where there is no content (RFC 9110 section 10.1.1).
        row = [value for value in row if "Expect" not in value.get("headers", {})]
    fields = {name: value for each in row for name, value in each.items() if name != "id"}
    fields["headers"] = {name: value for each in row for name, value in each.get("headers", {}).items()}
    fields["text"] = fields["text"].replace("<N>", str(number))
    why = f"A pair of values: {', '.join(each['id'] for each in row)}."
    return payload_of(PAIRS, {"expect": 204, **fields, "id": f"pairs-{number:03}-{wrong}", "why": why})
