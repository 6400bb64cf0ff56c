"""Strategies of our own: texts, bodies that fit or break the request schema, and requests that no case can express.

Each way to break the schema has a strategy, so that each gets its turn. A generator that draws from all values at
random breaks one keyword often and another never. The oracle decides what a body means, so a strategy that misses its
aim costs a request, but raises no false alarm.
"""

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from contracts.customers.journal import NOBODY
from contracts.fuzz.payloads import to_json
from contracts.http.credential import WRITE_TOKEN
from contracts.http.request import CUSTOMER, Request, update
from contracts.rules.document import BILLING_EMAIL, Document

Values = st.SearchStrategy[Any]
Requests = st.SearchStrategy[Request]

_LENGTHS = (1, 2, 63, 64, 65, 255, 256, 1000, 1023, 1024, 1025, 4000, 8191, 8192, 10_000)
# Ranges of characters, one of each kind that storage, transport or comparison often gets wrong, the simplest first.
_RANGES = (
    "61-7A 20-7E 0-1F 7F-9F A0-2FF 300-36F 370-58F 590-6FF 700-1FFF 2000-206F 2070-303F 3040-9FFF A000-D7FF E000-FFFF "
    "10000-1F2FF 1F300-1FAFF 20000-3FFFF E0000-10FFFF"
)
# The text beside a character may decide whether that character is trimmed, folded or dropped.
_BESIDE = st.sampled_from(("", "a", "Z", "9", " ", "aZ", "  "))


@cache
def texts(longest: int = 10_000) -> st.SearchStrategy[str]:
    """Texts of one to `longest` characters, in every script of Unicode."""
    ends = ([int(end, 16) for end in pair.split("-")] for pair in _RANGES.split())
    # The codec leaves out surrogates, which are not characters.
    letters = [st.characters(codec="utf-8", min_codepoint=low, max_codepoint=high) for low, high in ends]
    words = st.one_of(*(st.text(letter, min_size=1, max_size=12) for letter in letters))
    mixed = st.text(min_size=1, max_size=24)
    lengths = st.sampled_from([length for length in _LENGTHS if length <= longest]) | st.integers(1, longest)
    inside = st.tuples(_BESIDE, words, _BESIDE).map("".join)
    long = st.builds(_stretched, st.one_of(words, mixed), lengths)
    return st.one_of(words, inside, mixed, long).map(lambda text: text[:longest])


def _stretched(text: str, length: int) -> str:
    return (text * (length // len(text) + 1))[:length]


# The longest text to draw where the length is not what is tested.
_SHORT = 40
# A limit from here on is not tried: for the length of a text, and for the number of members.
_LONG, _MANY = 500_000, 100
_INTEGERS = st.sampled_from((0, 1, -1, 255, 256, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 10**30))
_FLOATS = st.sampled_from((0.0, -0.0, 0.1, -0.5, 1.0, 1e16, 1e300, 5e-324))
_WORDS = st.sampled_from(("", " ", "null", "true", "0", "1.0", "{}", "[]", "name")) | texts(_SHORT)
# Names that every object of JavaScript, Python, Java, Ruby, PHP or a validator has; and names that look like a path, an
# operator or a list.
_SPECIAL = """
    __proto__ constructor prototype toString valueOf hasOwnProperty isPrototypeOf __defineSetter__
    __lookupGetter__ length call apply bind arguments caller then toJSON __class__ __dict__ __module__ __slots__
    __hash__ __call__ items keys values get update pop copy self cls model_fields dict json schema class hashCode
    equals notify clone object_id send method inspect __construct __destruct __get this _id $ne $gt $set $where
    $type @type name. name.0 name[0] name[] [name] $.name /name #name
"""
_OF_TYPE: dict[str, Values] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "integer": _INTEGERS | st.integers(),
    "number": _FLOATS | st.floats(allow_nan=False, allow_infinity=False),
    "string": _WORDS,
}
_SCALAR = st.one_of(*_OF_TYPE.values())
_OF_TYPE |= {"array": st.lists(_SCALAR, max_size=3), "object": st.dictionaries(_WORDS, _SCALAR, max_size=3)}
_ANY = st.one_of(*_OF_TYPE.values())
# This stands in place of a value if the member is left out.
_ABSENT = ...


def fitting(document: Document, longest: int = 10_000) -> Values:
    """Bodies that fit the request schema, with those of its members that an update can set to a string."""
    members = {
        name: _fitting(name, document, longest)
        for name, schema in document.request_members.items()
        if "string" in _types(schema) and name in document.settable_members
    }
    return st.fixed_dictionaries(members).map(_present)


def _fitting(name: str, document: Document, longest: int) -> Values:
    schema = document.request_members[name]
    others: list[Any] = [_ABSENT] * (name not in document.required_members)
    others += [None] * (name in document.nullable_members)
    others += [""] * ("pattern" not in schema and not schema.get("minLength"))
    text = st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else texts(longest)
    fits = st.emails() if name == BILLING_EMAIL else text
    return st.sampled_from(others) | fits if others else fits


def breaking(document: Document) -> Iterator[Values]:
    """For each way to break the request schema, a strategy of bodies that break it in that way."""
    fits, members = fitting(document, _SHORT), document.request_members
    yield st.one_of(*(values for name, values in _OF_TYPE.items() if name != "object"), st.lists(fits, max_size=2))
    yield st.builds(_with, fits, _either(_WORDS, st.sampled_from(_SPECIAL.split())), _ANY)
    yield st.builds(_with, fits, st.sampled_from([twin for name in members for twin in _twins(name)]), _ANY)
    for name, schema in members.items():
        wrong = [*_wrong(schema), *([st.just(_ABSENT)] if name in document.required_members else [])]
        yield from (st.builds(_with, fits, st.just(name), values) for values in wrong)


def _with(body: Mapping[str, Any], name: str, value: Any) -> Any:
    return _present({**body, name: value})


def _present(body: Mapping[str, Any]) -> Any:
    return {name: value for name, value in body.items() if value is not _ABSENT}


def _wrong(schema: Mapping[str, Any]) -> Iterator[Values]:
    """For each keyword of a member's schema, values that break it."""
    types = _types(schema) | ({"integer"} if "number" in _types(schema) else set())
    if types:
        yield st.one_of(*(values for name, values in _OF_TYPE.items() if name not in types))
    if schema.get("minLength"):
        yield st.text(max_size=schema["minLength"] - 1)
    # What is longer than this is a very large body before it is a text that is too long.
    if schema.get("maxLength", math.inf) < _LONG:
        yield texts().map(lambda text: _stretched(text, schema["maxLength"] + 1))
    if "pattern" in schema:
        yield _WORDS
    if (most := schema.get("maxProperties", math.inf)) < _MANY:
        yield st.dictionaries(_WORDS, _SCALAR, min_size=most + 1, max_size=most + 3)


def _types(schema: Mapping[str, Any]) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _twins(name: str) -> Iterator[str]:
    """Names that a lenient server may take for this one."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    # A dict keeps the order. The order of a set differs between processes.
    cased = (name.lower(), name.upper(), name.title(), name[0].upper() + name[1:], snake, snake.replace("_", "-"))
    yield from (twin for twin in dict.fromkeys(cased) if twin != name)
    yield from (f" {name}", f"{name} ", f"{name}\x00", f"_{name}", f"{name}s", f"{name}[]", f"customer.{name}")


_BODY = b'{"name":"Contract Test"}'
_JUNK = (b"", *b"{ } [ ] \" ' , : \\ NaN 1e999 // \x00 \xff \xef\xbb\xbf \xf1 \xe2\x82".split())


@st.composite
def mutated_bodies(draw: st.DrawFn) -> Request:
    """Updates whose bodies mostly are not JSON: a valid body cut off, lengthened, or with junk among its bytes."""
    text = draw(texts(5))
    members: tuple[dict[str, Any], ...] = (
        {},
        {"externalCustomerId": None},
        {"externalCustomerId": text},
        {"foo": [-1.5e20, True, [], {"": {}}]},
    )
    # The second has white space between its tokens, and escapes in its texts.
    written = draw(st.sampled_from((to_json, lambda value: json.dumps(value).encode())))
    body = written({"name": text} | draw(st.sampled_from(members)))
    at, kind = draw(st.integers(0, len(body))), draw(st.sampled_from(("replaced", "cut", "lengthened")))
    if kind == "cut":
        return update(CUSTOMER, body[:at])
    junk = draw(st.sampled_from(_JUNK) | st.binary(min_size=1, max_size=3))
    return update(
        CUSTOMER, body + junk if kind == "lengthened" else body[:at] + junk + body[at + draw(st.integers(0, 4)) :]
    )


# Characters that a careless server cuts off a slug, or takes for a part of a path.
_AROUND = st.text(
    "/\\.;:,&=+?#%@!*'\"()[]{}|~^$ \t\r\n\x00\x0b\x1f\x7f\x85\xa0\u2028\u3000\ufeff_-", min_size=1, max_size=4
).map(lambda text: quote(text, safe=""))


def slugs_of_nobody() -> Requests:
    """Updates of customers that do not exist: a text after a prefix that no customer has, or around a slug of ours."""
    tails = st.one_of(texts(20), st.text("abcxyz0189-", min_size=1, max_size=60))
    after = st.builds("{}{}{}".format, st.just("") | _AROUND, st.just(CUSTOMER), _AROUND)
    ours = after | _AROUND.map(lambda text: f"{text}{CUSTOMER}")
    slugs = _either(tails.map(lambda tail: f"{NOBODY}-{quote(tail, safe='')}"), ours)
    return slugs.map(lambda slug: update(slug, _BODY))


def _either(first: st.SearchStrategy[str], second: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Each of the two, half of the time. `one_of` would favour the one that is made of more strategies."""
    return st.booleans().flatmap(lambda turn: second if turn else first)


def authorizations() -> Requests:
    """Updates with Authorization headers that resemble the valid one, or that are far from it."""
    visible = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
    names = st.sampled_from(("Bearer", "bearer", "BEARER", "Basic", "Digest", "Token", "Bearer:", ""))
    schemes = names | st.text(visible, min_size=1, max_size=8)
    secrets = st.one_of(
        st.just(WRITE_TOKEN),
        st.text(visible, min_size=1, max_size=3).map(lambda tail: WRITE_TOKEN + tail),
        st.text(visible, min_size=1, max_size=40).map(lambda text: f"ksh_{text}"),
        st.sampled_from(("ksm_contract-test", "whsec_contract-test", "null", "undefined", "")),
    )
    values = st.tuples(schemes, secrets).map(lambda parts: " ".join(filter(None, parts)))
    return values.map(lambda value: update(CUSTOMER, _BODY, authorization=(value,) if value else ()))
