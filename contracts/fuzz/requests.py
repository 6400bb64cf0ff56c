"""Requests that a Schemathesis case cannot say: bytes that are no JSON, slugs, and credentials.

Each has `<CUSTOMER>` in its path, or a slug that no customer can have.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from contracts.fuzz.payloads import to_json
from contracts.fuzz.texts import texts
from contracts.http.credential import WRITE_TOKEN
from contracts.http.exchange import CUSTOMER, Request, update

Requests = st.SearchStrategy[Request]

# A slug that begins so is nobody's; without it a generated one might name somebody's customer.
NOBODY = "contract-test-nobody-"
_BODY = b'{"name":"Contract Test"}'
_JUNK = (b"", *b"{ } [ ] \" ' , : \\ NaN 1e999 // \x00 \xff \xef\xbb\xbf \xf1 \xe2\x82".split())


def mutated_bodies() -> Requests:
    """Bytes that mostly are no JSON: a valid body cut off, lengthened, or with junk in place of a few of its bytes."""
    return _mutated().map(lambda body: update(CUSTOMER, body))


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    text = draw(texts(5))
    members: tuple[dict[str, Any], ...] = ({}, {"externalCustomerId": None}, {"externalCustomerId": text})
    body = to_json({"name": text} | draw(st.sampled_from(members)))
    at, kind = draw(st.integers(0, len(body))), draw(st.sampled_from(("replaced", "cut", "lengthened")))
    if kind == "cut":
        return body[:at]
    junk = draw(st.sampled_from(_JUNK) | st.binary(min_size=1, max_size=3))
    return body + junk if kind == "lengthened" else body[:at] + junk + body[at + draw(st.integers(0, 4)) :]


def slugs_of_nobody() -> Requests:
    """Updates of customers that do not exist: any text after a beginning that is nobody's."""
    tails = st.one_of(texts(20), st.text("abcxyz0189-", min_size=1, max_size=60))
    return tails.map(lambda tail: update(NOBODY + quote(tail, safe=""), _BODY))


def authorizations() -> Requests:
    """Updates with Authorization headers around the valid token, and far from it."""
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
