"""The judge as a check of Schemathesis's own command: `SCHEMATHESIS_HOOKS=contracts.schemathesis_check st run …`.

The variables KAITEN_AUTH_TOKEN and KAITEN_READ_TOKEN say which credential a request carries, as for the suite, and
KAITEN_CONTRACT names the release (`docs` if it is not set). What only the suite sees is not judged here: what is
stored, bytes after a 204, answers that are not well-formed HTTP, and requests without an answer.
"""

import os
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import schemathesis
from schemathesis import Case, CheckContext, Response

from contracts.http import exchange
from contracts.http.credential import mask, with_derived
from contracts.http.exchange import Exchange
from contracts.http.request import CUSTOMERS, OPERATION, Request
from contracts.http.retries import interruption
from contracts.http.target import checked_tokens
from contracts.rules.document import load
from contracts.rules.judge import judge
from contracts.rules.oracle import Prediction, predict
from contracts.rules.promise import Violation

_DOCUMENT = load(os.environ.get("KAITEN_CONTRACT", "docs"))
_TOKENS = with_derived(checked_tokens(os.environ.get("KAITEN_AUTH_TOKEN"), os.environ.get("KAITEN_READ_TOKEN")))
# Slugs that are known to name a customer.
_existing: set[str] = set()


@schemathesis.check
def contract(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """The answer keeps what the contract promises; else an AssertionError names each violation."""
    seen = exchange_of(response)
    # Python's http.client mistakes an early hint (RFC 8297) for the answer.
    if seen is None or response.status_code < 200 or interruption(seen):
        return
    violations = judge(seen, _prediction(seen), _DOCUMENT).violations
    if violations:
        raise _type_of(tuple(broken.promise for broken in violations))("\n".join(map(_in_words, violations)))


@cache
def _type_of(promise_ids: tuple[str, ...]) -> type[AssertionError]:
    """A type for these promises. For Schemathesis, failures of one type, raised from one line, are one failure."""
    return type("Broken: " + ", ".join(promise_ids), (AssertionError,), {})


def _in_words(broken: Violation) -> str:
    return f"{broken.promise}: {broken.sentence}\n  expected {broken.expected}\n  came     {broken.actual}"


def exchange_of(response: Response) -> Exchange | None:
    """The exchange that Schemathesis saw, tokens masked; None if it is of another operation."""
    sent = response.request
    path = urlsplit(sent.url or "").path
    at = path.rfind(f"{CUSTOMERS}/")
    if sent.method != OPERATION or at < 0:
        return None
    headers = tuple((str(name), _masked(value)) for name, value in sent.headers.items())
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body if isinstance(sent.body, bytes) else b""
    received = tuple((name, _masked(value)) for name, values in response.headers.items() for value in values)
    content = mask(response.content, _TOKENS)
    answer = exchange.Response(response.status_code, received, content, content, _masked(response.message))
    request = Request(OPERATION, path[at:], headers, mask(body, _TOKENS))
    return Exchange(request, answer, seconds=response.elapsed, sent_path=path, sent_headers=headers)


def _prediction(seen: Exchange) -> Prediction:
    """What may answer. If it is not known whether the customer exists, this is what may answer in either case."""
    slug = seen.request.slug.decode("utf-8", "replace")
    if seen.status == 204:
        _existing.add(slug)
    there = predict(seen.request, _DOCUMENT, {slug})
    if slug in _existing:
        return there
    not_there = predict(seen.request, _DOCUMENT, ())
    reasons = tuple(dict.fromkeys([*there.reasons, *not_there.reasons]))
    return replace(there, reasons=reasons, allowed=there.allowed | not_there.allowed)


def _masked(value: str | bytes) -> str:
    data = value if isinstance(value, bytes) else value.encode("latin-1", "replace")
    return mask(data, _TOKENS).decode("latin-1")
