"""The request space, partitioned: for each way to break the request schema a strategy of bodies that break it so.

A generator that draws from all values by chance breaks one keyword often and another never; here each has its turn.
What a body means is left to the oracle: a strategy that misses its aim costs a request and is no false alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from hypothesis import strategies as st

from contracts.fuzz.texts import texts
from contracts.rules.document import BILLING_EMAIL, Document

Json = Any
Values = st.SearchStrategy[Any]

# The longest text where a text's length is not in question.
SHORT = 40
_INTEGERS = st.sampled_from((0, 1, -1, 255, 256, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 10**30))
_FLOATS = st.sampled_from((0.0, -0.0, 0.1, -0.5, 1.0, 1e16, 1e300, 5e-324))
_WORDS = st.sampled_from(("", " ", "null", "true", "0", "1.0", "{}", "[]", "name")) | texts(SHORT)
_SCALARS: Mapping[str, Values] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "integer": _INTEGERS | st.integers(),
    "number": _FLOATS | st.floats(allow_nan=False, allow_infinity=False),
    "string": _WORDS,
}
_ANY_SCALAR = st.one_of(*_SCALARS.values())
_OF_TYPE: Mapping[str, Values] = {
    **_SCALARS,
    "array": st.lists(_ANY_SCALAR, max_size=3),
    "object": st.dictionaries(_WORDS, _ANY_SCALAR, max_size=3),
}
_ANY = st.one_of(*_OF_TYPE.values())
# In place of a value: the member is not there.
_ABSENT = ...


def fitting(document: Document, longest: int = 10_000) -> Values:
    """Bodies that fit the request schema; of its members those that are settable to more than one value."""
    members = {
        name: _fitting(name, document, longest)
        for name, schema in document.request_members.items()
        if "string" in _types(schema) and name in document.settable_members
    }
    return st.tuples(*members.values()).map(
        lambda values: {name: value for name, value in zip(members, values, strict=True) if value is not _ABSENT}
    )


def _fitting(name: str, document: Document, longest: int) -> Values:
    schema = document.request_members[name]
    others: list[Json] = [_ABSENT] * (name not in document.required_members)
    others += [None] * (name in document.nullable_members)
    others += [""] * ("pattern" not in schema and not schema.get("minLength"))
    text = st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else texts(longest)
    return st.one_of(*map(st.just, others), st.emails() if name == BILLING_EMAIL else text)


def breaking(document: Document) -> Iterator[Values]:
    """For each way to break the request schema a strategy of bodies that break it so."""
    fits = fitting(document, SHORT)
    yield st.one_of(*(values for name, values in _OF_TYPE.items() if name != "object"), st.lists(fits, max_size=2))
    members = document.request_members
    for name in members:
        if name in document.required_members:
            yield fits.map(partial(_without, name))
    yield _with(fits, _WORDS, _ANY)
    yield _with(fits, st.sampled_from([twin for name in members for twin in _twins(name)]), _ANY)
    for name, schema in members.items():
        for values in _wrong(schema):
            yield _with(fits, st.just(name), values)


def _wrong(schema: Mapping[str, Json]) -> Iterator[Values]:
    """For each keyword of a member's schema values that break it."""
    types = _types(schema) | ({"integer"} if "number" in _types(schema) else set())
    if types:
        yield st.one_of(*(values for name, values in _OF_TYPE.items() if name not in types))
    if schema.get("minLength"):
        yield st.text(max_size=schema["minLength"] - 1)
    if "maxLength" in schema:
        yield texts().map(lambda text: (text * (schema["maxLength"] + 1))[: schema["maxLength"] + 1])
    if "pattern" in schema:
        yield _WORDS
    if "maxProperties" in schema:
        yield st.dictionaries(_WORDS, _ANY_SCALAR, min_size=schema["maxProperties"] + 1, max_size=3)


def _without(name: str, body: Mapping[str, Json]) -> Json:
    return {key: value for key, value in body.items() if key != name}


def _with(bodies: Values, names: Values, values: Values) -> Values:
    return st.tuples(bodies, names, values).map(lambda parts: {**parts[0], parts[1]: parts[2]})


def _types(schema: Mapping[str, Json]) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _twins(name: str) -> Iterator[str]:
    """Names that a lenient server may take for this one."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    # In an order that is the same in every process, as a set's is not.
    cased = (name.lower(), name.upper(), name.title(), name[0].upper() + name[1:], snake, snake.replace("_", "-"))
    yield from (twin for twin in dict.fromkeys(cased) if twin != name)
    yield from (f" {name}", f"{name} ", f"{name}\x00", f"_{name}", f"{name}s", f"{name}[]", f"customer.{name}")
