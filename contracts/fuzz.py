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
from contracts.examples import BATCH
from contracts.exchange import CUSTOMER, OPERATION, Request, update
from contracts.partitions import SHORT, breaking, fitting
from contracts.payload import to_json
from contracts.rules.document import PATH, Document
from contracts.search import Requests
from contracts.texts import texts

# A slug that begins so is nobody's; without it a generated one might name somebody's customer.
NOBODY = "contract-test-nobody-"
# How many of the bodies of a batch that fit Schemathesis draws, and how many of those that break the schema: its
# strategies cost many times what the others do.
_FITTING, _BREAKING = 2, 1
# Bytes that say how a body is mutated, and what may stand in place of some of it.
_HOW = 8
_JUNK = (b"", *b"{ } [ ] \" ' , : \\ NaN 1e999 // \x00 \xff \xef\xbb\xbf".split())


class Schema:
    """Schemathesis's view of the operation, with the methods that the contract does not declare switched off."""

    def __init__(self, document: Document) -> None:
        schema = schemathesis.openapi.from_dict(dict(document.content))
        # The coverage phase tries every other method by default: a DELETE would remove the customer under test.
        schema.config.phases.coverage.unexpected_methods = set()
        self._document = document
        self._schema = schema
        self._operation = schema[PATH][OPERATION]
        self._bodies = schemathesis.openapi.from_dict(_only_the_body(document))["/body"][OPERATION]

    def cases(self) -> Sequence[Request]:
        """The document's examples and the cases of the coverage phase, each once; the same in every run."""
        found: list[Case[Any]] = []
        modes = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.COVERAGE]
        config = HypothesisTestConfig(project=self._schema.config, modes=modes)
        create_test(operation=self._operation, test_func=lambda case: found.append(case), config=config)()
        return list(dict.fromkeys(map(request_of, found)))

    def fitting(self) -> Sequence[Requests]:
        """Bodies that fit the request schema."""
        own = [fitting(self._document, SHORT).map(_with_body)] * (BATCH - _FITTING)
        return [self._drawn(GenerationMode.POSITIVE)] * _FITTING + own

    def breaking(self) -> Sequence[Requests]:
        """Bodies that break the request schema, one for each way to break it, and bytes that are no JSON."""
        own = [bodies.map(_with_body) for bodies in breaking(self._document)]
        return [self._drawn(GenerationMode.NEGATIVE)] * _BREAKING + own

    def names(self) -> Sequence[Requests]:
        """Names and identifiers of any script, of up to 10,000 characters."""
        return [fitting(self._document).map(_with_body)] * BATCH

    def _drawn(self, mode: GenerationMode) -> Requests:
        return self._bodies.as_strategy(generation_mode=mode).map(request_of)


def _with_body(value: Any) -> Request:
    return update(CUSTOMER, to_json(value))


def _only_the_body(document: Document) -> dict[str, Any]:
    """The document without parameters and security: drawing them anew for each body takes most of the time."""
    operation = {"requestBody": document.operation["requestBody"], "responses": {"204": {"description": "Empty"}}}
    components = {name: part for name, part in document.content.get("components", {}).items() if name == "schemas"}
    head = {name: document.content[name] for name in ("openapi", "info")}
    return head | {"paths": {"/body": {"put": operation}}, "components": components}


def request_of(case: Case[Any]) -> Request:
    """What Schemathesis generated, as one of our requests: its body and media type, to a customer of ours."""
    sent = case.as_transport_kwargs(base_url="http://unused")
    body = sent.get("data", b"")
    if "json" in sent:
        body = to_json(sent["json"])
    content_type = sent["headers"].get("Content-Type")
    return update(CUSTOMER, body if isinstance(body, bytes) else str(body).encode(), content_type=content_type)


def broken_bodies() -> Sequence[Requests]:
    """Bytes that mostly are no JSON: valid bodies, mutated."""
    how = st.binary(min_size=_HOW, max_size=_HOW)
    return [st.tuples(texts(5), how).map(lambda drawn: update(CUSTOMER, _mutated(*drawn)))] * BATCH


def _mutated(text: str, how: bytes) -> bytes:
    """A body with a text in it, cut off, lengthened, or with something else in place of a few of its bytes."""
    kind, member, at, width, which, *junk = how
    body = to_json({"name": text} | ({}, {"externalCustomerId": None}, {"externalCustomerId": text})[member % 3])
    at = at * (len(body) + 1) // 256
    piece = _JUNK[which] if which < len(_JUNK) else bytes(junk)
    return (body[:at] + piece + body[at + width % 5 :], body[:at], body + piece)[kind % 3]


def slugs() -> Sequence[Requests]:
    """Slugs that name no customer: any text after a beginning that is nobody's."""
    tails = st.one_of(texts(20), st.text("abcxyz0189-", min_size=1, max_size=60))
    body = to_json({"name": "Contract Test"})
    return [tails.map(lambda tail: update(NOBODY + quote(tail, safe=""), body))] * BATCH


def credentials() -> Sequence[Requests]:
    """Authorization headers around the valid token, and far from it."""
    return [_credentials()] * BATCH


def _credentials() -> Requests:
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
