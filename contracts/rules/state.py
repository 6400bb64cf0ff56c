"""What is stored: a customer as read back, and what an answer promises of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.http.exchange import Exchange
from contracts.rules.body import plain, shallow
from contracts.rules.document import Document
from contracts.rules.judge import Verdict
from contracts.rules.oracle import Prediction
from contracts.rules.promise import Violation, excerpt, violation

Stored = Mapping[str, Any]

REFUSED = frozenset({400, 401, 403, 404, 413, 414, 415, 422, 431})
# Who looks after the customer and when is the vendor's business; what identifies it never changes.
_BOOKKEEPING = frozenset({"updatedAt", "updatedBy"})
_IDENTITY = ("id", "slug", "createdAt", "createdBy")
# What stands for a customer that can no longer be read.
GONE = "(unreadable)"


def stored_in(exchange: Exchange) -> Stored:
    """The customer that a GET shows; one member that says what came instead, where it shows none."""
    response = exchange.response
    if response is None:
        return {GONE: str(exchange.failure)}
    try:
        value = json.loads(shallow(response.body.decode("utf-8-sig", "surrogatepass")))
    except ValueError:
        value = None
    if response.status != 200 or not isinstance(value, dict):
        return {GONE: f"GET answered {response.status} {excerpt(response.body.decode('utf-8', 'replace'))}"}
    return value


def judge_state(
    sent: Iterable[tuple[Prediction, Exchange]], before: Stored, after: Stored, document: Document
) -> Verdict:
    """What is wrong with what one customer looks like after these updates of it, sent in any order.

    Each exchange must be one that says what to expect: accepted as the contract allows, or refused.
    """
    accepted = [prediction for prediction, exchange in sent if exchange.status == 204]
    if not accepted:
        return unchanged(before, after, "refused.unchanged")
    clearable = document.clearable_members
    cleared = any(reading.get(name) is None for one in accepted for reading in one.readings for name in clearable)
    tried = {"update.stored"} | ({"update.cleared"} if cleared else set())
    candidates = [
        list(_differences(reading, one.open_text, before, after, document))
        for one in accepted
        for reading in one.readings
    ]
    best = min(candidates, key=len)
    if best and len(accepted) > 1:
        came = "; ".join(f"{found.place}: {found.actual}" for found in best)
        best = [violation("update.stored", f"one of the {len(accepted)} accepted bodies", came, best[0].place)]
    return Verdict(frozenset(tried), tuple(best))


def would_show(sent: Iterable[tuple[bytes, Prediction]], stored: Stored, document: Document) -> bool:
    """Whether what is stored would show that a request stored its body but must not, or must but did not.

    `sent` has the body and the prediction of each request.
    """
    full = all(stored.get(name) is not None for name in document.clearable_members)
    name = json.dumps(stored.get("name"))[1:-1].encode()
    for body, prediction in sent:
        if prediction.allowed == {204}:
            if any(_holds(reading, stored, document) for reading in prediction.readings):
                return False
        elif not full or name in body:
            return False
    return True


def _holds(reading: Mapping[str, Any], stored: Stored, document: Document) -> bool:
    return all(reading.get(name) == stored.get(name) for name in document.settable_members)


def unchanged(before: Stored, after: Stored, rule: str) -> Verdict:
    """The verdict on a customer that nothing should have changed, under the given rule."""
    found = [
        violation(rule, f"{name}: {_shown(before.get(name))}", _shown(after.get(name)), name)
        for name in sorted((set(before) | set(after)) - _BOOKKEEPING)
        if before.get(name) != after.get(name)
    ]
    return Verdict(frozenset({rule}), tuple(found))


def under(rule: str, stored: Verdict) -> Verdict:
    """The verdict on what is stored, where the request puts this rule to the test: what it broke, it broke under it."""
    found = (violation(rule, one.expected, one.actual, one.place) for one in stored.violations)
    return Verdict(frozenset({rule}), tuple(found))


def creating_none(slug: str, after: Stored) -> Verdict:
    """The verdict on an update of a customer that did not exist, by what a read of it shows afterwards."""
    made = [] if GONE in after else [violation("refused.created", f"no customer {slug}", "it is there now")]
    return Verdict(frozenset({"refused.created"}), tuple(made))


def _differences(
    reading: Mapping[str, Any], open_text: bool, before: Stored, after: Stored, document: Document
) -> Iterator[Violation]:
    for name in _IDENTITY:
        if name in before and before[name] != after.get(name):
            yield violation(
                "update.stored", f"{name}: {_shown(before[name])}, as before", _shown(after.get(name)), name
            )
    # In an order that is the same in every process, as a set's is not.
    for name in sorted(document.settable_members):
        wanted, came = document.stored_values(name, reading, before), after.get(name)
        if isinstance(wanted[0], dict) or any(_same(one, came, open_text) for one in wanted):
            continue
        rule = "update.cleared" if wanted[0] is None else "update.stored"
        shown = " or ".join(map(_shown, wanted))
        yield violation(rule, f"{name}: {shown}", _shown(after.get(GONE, came)), name)


def _same(wanted: Any, came: Any, open_text: bool) -> bool:
    if open_text and isinstance(wanted, str) and isinstance(came, str):
        return plain(wanted) == plain(came)
    return bool(wanted == came)


def _shown(value: Any) -> str:
    return excerpt(json.dumps(value, ensure_ascii=False))
