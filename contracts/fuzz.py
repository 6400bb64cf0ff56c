"""Generated requests: Schemathesis's strategies for the operation, and strategies for what it does not generate.

Every strategy gives requests whose path has `<CUSTOMER>`, or a slug that no customer can have; never another method
than PUT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from contracts.credential import WRITE_TOKEN
from contracts.document import PATH, Document
from contracts.exchange import CUSTOMER, OPERATION, Request, update
from contracts.payload import to_json

Requests = st.SearchStrategy[Request]

# A slug that begins so is nobody's; without it a generated one might name somebody's customer.
NOBODY = "contract-test-nobody-"
_LENGTHS = (1, 2, 63, 64, 255, 256, 1000, 1023, 1024, 4000, 8191, 8192, 10_000)
_ANY_CHARACTER = st.characters(exclude_categories=["Cs"])
# One range of each kind that storage, transport or comparison is known to get wrong.
_CHARACTERS = st.one_of(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    st.characters(min_codepoint=0xA0, max_codepoint=0x2FF),
    st.characters(min_codepoint=0x300, max_codepoint=0x36F),
    st.characters(min_codepoint=0x370, max_codepoint=0x58F),
    st.characters(min_codepoint=0x590, max_codepoint=0x6FF),
    st.characters(min_codepoint=0x700, max_codepoint=0x1FFF, exclude_categories=["Cn", "Cs"]),
    st.characters(min_codepoint=0x2000, max_codepoint=0x206F),
    st.characters(min_codepoint=0x3040, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0xE000, max_codepoint=0xFFFF),
    st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    st.characters(min_codepoint=0x10000, max_codepoint=0x10FFFF),
    _ANY_CHARACTER,
)
# What stands beside a character may decide whether it is trimmed, folded or dropped.
_LETTERS = st.sampled_from("aZ9 ")


class Schema:
    """Schemathesis's view of the operation, with the methods that the contract does not declare switched off."""

    def __init__(self, document: Document) -> None:
        schema = schemathesis.openapi.from_dict(dict(document.content))
        # The coverage phase tries every other method by default: a DELETE would remove the customer under test.
        schema.config.phases.coverage.unexpected_methods = set()
        self._schema = schema
        self._operation = schema[PATH][OPERATION]

    def cases(self) -> Sequence[Request]:
        """The document's examples and the cases of the coverage phase, each once; the same in every run."""
        found: list[Case[Any]] = []
        modes = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.COVERAGE]
        config = HypothesisTestConfig(project=self._schema.config, modes=modes)
        create_test(operation=self._operation, test_func=lambda case: found.append(case), config=config)()
        return list(dict.fromkeys(map(request_of, found)))

    def bodies(self, mode: GenerationMode) -> Requests:
        """Bodies that fit the request schema (positive), or that break it or are no JSON (negative)."""
        drawn = self._operation.as_strategy(
            generation_mode=mode, path_parameters={"customerSlug": CUSTOMER}, headers={}, cookies={}, query={}
        )
        return drawn.map(request_of)


def request_of(case: Case[Any]) -> Request:
    """What Schemathesis generated, as one of our requests: its body and media type, to a customer of ours."""
    sent = case.as_transport_kwargs(base_url="http://unused")
    body = sent.get("data", b"")
    if "json" in sent:
        body = to_json(sent["json"])
    content_type = sent["headers"].get("Content-Type")
    return update(CUSTOMER, body if isinstance(body, bytes) else str(body).encode(), content_type=content_type)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Text of one or more characters, of any script; each length of interest as likely as all the short ones."""
    if draw(st.booleans()):
        word, stuff = st.text(_LETTERS, max_size=5), st.text(_CHARACTERS, min_size=1, max_size=20)
        return draw(word) + draw(stuff) + draw(word)
    unit = draw(st.text(_CHARACTERS, min_size=1, max_size=4))
    length = draw(st.sampled_from(_LENGTHS) | st.integers(1, 10_000))
    return (unit * (length // len(unit) + 1))[:length]


def names() -> Requests:
    """Valid updates: names and identifiers from the whole of Unicode, with up to 10,000 characters."""
    identifiers = st.one_of(st.none(), st.just(""), _texts())
    both = st.fixed_dictionaries({"name": _texts()}, optional={"externalCustomerId": identifiers})
    return both.map(lambda value: update(CUSTOMER, to_json(value)))


@st.composite
def broken_bodies(draw: st.DrawFn) -> Request:
    """Bytes that mostly are no JSON: a valid body, mutated."""
    value: dict[str, Any] = {"name": draw(st.text(_ANY_CHARACTER, min_size=1, max_size=5))}
    if draw(st.booleans()):
        value["externalCustomerId"] = draw(st.none() | st.text(max_size=5))
    body = to_json(value)
    at = draw(st.integers(0, len(body)))
    upto = draw(st.integers(at, min(len(body), at + 4)))
    junk = draw(st.one_of(st.sampled_from(_JUNK), st.binary(max_size=3)))
    cut = draw(st.sampled_from(("replace", "truncate", "append")))
    mutated = {"replace": body[:at] + junk + body[upto:], "truncate": body[:at], "append": body + junk}[cut]
    return update(CUSTOMER, mutated)


_JUNK = (
    b"",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"'",
    b",",
    b":",
    b"\\",
    b"NaN",
    b"1e999",
    b"//",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
)


@st.composite
def slugs(draw: st.DrawFn) -> Request:
    """Slugs that name no customer: any text after a beginning that is nobody's."""
    tail = draw(st.one_of(st.text(_CHARACTERS, max_size=20), st.from_regex(r"[a-z0-9-]{1,60}", fullmatch=True)))
    return update(NOBODY + quote(tail, safe=""), to_json({"name": "Contract Test"}))


def credentials() -> Requests:
    """Authorization headers around the valid token, and far from it."""
    visible = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
    schemes = st.sampled_from(("Bearer", "bearer", "BEARER", "Basic", "Digest", "Token", "Bearer:", "")) | st.text(
        visible, min_size=1, max_size=8
    )
    secrets = st.one_of(
        st.just(WRITE_TOKEN),
        st.text(visible, min_size=1, max_size=3).map(lambda tail: WRITE_TOKEN + tail),
        st.text(visible, min_size=1, max_size=40).map(lambda text: f"ksh_{text}"),
        st.sampled_from(("ksm_contract-test", "whsec_contract-test", "null", "undefined", "")),
    )
    values = st.tuples(schemes, secrets).map(lambda parts: " ".join(filter(None, parts)))
    body = to_json({"name": "Contract Test"})
    return values.map(lambda value: update(CUSTOMER, body, authorization=(value,) if value else ()))
