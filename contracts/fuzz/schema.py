"""Schemathesis's schema of the pinned document, with our own strategies for bodies plugged in through its hooks."""

from dataclasses import replace
from functools import cache
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, HookContext

from contracts.fuzz import strategies
from contracts.fuzz.payloads import to_json
from contracts.http.credential import WRITE_TOKEN
from contracts.http.request import CUSTOMER, OPERATION, Request, update
from contracts.rules.document import Document
from contracts.rules.operation import PATH

# `@schema.parametrize()` runs the document's examples and the coverage phase. By default, the coverage phase also tries
# every other method, and a DELETE would remove the customer under test.
_CONFIG = {"phases": {"fuzzing": {"enabled": False}, "coverage": {"unexpected-methods": []}}}


@cache
def loaded(document: Document, *, breaking: bool) -> schemathesis.BaseSchema:
    """The document as Schemathesis reads it, with our own bodies: those that fit its request schema, or that break it.

    A hook cannot tell which of the two is being drawn. So the document is loaded twice, each time with its own hook.
    """
    ours = st.one_of(*strategies.breaking(document)) if breaking else strategies.fitting(document)
    whole = schemathesis.openapi.from_dict(dict(document.content), config=schemathesis.Config.from_dict(_CONFIG))
    # A vendor's document has other operations, too.
    schema = whole.include(path=PATH, method=OPERATION)

    @schema.hook
    def before_generate_body(context: HookContext, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        # Schemathesis's own strategy gets three turns of four, because it repeats itself more.
        return st.integers(0, 3).flatmap(lambda turn: ours if turn == 3 else strategy)

    return schema


def request_of(case: Case[Any]) -> Request:
    """A case as a request to a customer of ours: its body, its media type and the headers that it varies."""
    sent = case.as_transport_kwargs(base_url="http://unused")
    body = to_json(sent["json"]) if "json" in sent else sent.get("data", b"")
    # An absent credential stays absent. A bare `Bearer`, which Schemathesis fills in, is replaced by our credential.
    given = case.headers.get("Authorization")
    credential = f"Bearer {WRITE_TOKEN}" if given is not None and given.strip() == "Bearer" else given
    request = update(
        CUSTOMER,
        body if isinstance(body, bytes) else str(body).encode("utf-8", "surrogatepass"),
        content_type=sent["headers"].get("Content-Type"),
        authorization=() if credential is None else (credential,),
    )
    others = (pair for pair in case.headers.items() if pair[0].lower() not in ("authorization", "content-type"))
    return replace(request, headers=(*request.headers, *others))
