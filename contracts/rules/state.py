"""What is stored: a customer as read back, and what an answer promises about it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from contracts.http.exchange import Exchange
from contracts.rules.body import plain, read, shallow, whole_number
from contracts.rules.document import Document
from contracts.rules.judge import Circumstance, Verdict
from contracts.rules.oracle import Prediction
from contracts.rules.promise import Violation, excerpt, violation

Stored = Mapping[str, Any]

# The statuses that say that a request was carried out, and those that say that it was refused.
MADE = frozenset({200, 201, 202, 204})
REFUSED = frozenset({400, 401, 403, 404, 413, 414, 415, 422, 431})
# The vendor may always note who changed a customer last, and when. The members that identify it never change.
_BOOKKEEPING = frozenset({"updatedAt", "updatedBy"})
_IDENTITY = ("id", "slug", "createdAt", "createdBy")
# The value that we store in members that may be cleared, so that there is something to clear.
BEFORE = "before.example"
# A customer that a GET does not show has this one member in place of its own.
HIDDEN = "(unreadable)"


def stored_in(exchange: Exchange) -> Stored:
    """The customer that a GET shows. If it shows none, the only member is `HIDDEN`, which says what came instead."""
    response = exchange.response
    if response is None:
        return {HIDDEN: f"GET was not answered: {exchange.failure}"}
    try:
        value = json.loads(shallow(response.body.decode("utf-8-sig", "surrogatepass")), parse_int=whole_number)
    except ValueError:
        value = None
    if response.status != 200 or not isinstance(value, dict):
        return {HIDDEN: f"GET answered {response.status} {excerpt(response.body.decode('utf-8', 'replace'))}"}
    return value


def judge_state(
    sent: Iterable[tuple[Prediction, Exchange]],
    before: Stored,
    after: Stored,
    document: Document,
    circumstance: Circumstance = Circumstance.USUAL,
) -> Verdict:
    """What is wrong with what is stored of one customer after these updates of it, sent in any order.

    Each exchange must be one that `says_what_is_stored`. After the same update twice, every violation counts as one of
    `update.idempotent`.
    """
    pairs = [*sent]
    if accepted := [prediction for prediction, exchange in pairs if exchange.status == 204]:
        verdict = _stored(accepted, before, after, document)
    else:
        verdict = unchanged(before, after, "refused.unchanged", document, [exchange for _, exchange in pairs])
    if verdict.violations and _is_older(after, before):
        return _back_in_time()
    if circumstance is not Circumstance.REPEATED:
        return verdict
    found = (violation(circumstance, each.expected, each.actual, each.place) for each in verdict.violations)
    return Verdict(frozenset({circumstance.value}), tuple(found))


def _stored(accepted: Sequence[Prediction], before: Stored, after: Stored, document: Document) -> Verdict:
    clearable = document.clearable_members
    cleared = any(reading.get(name) is None for each in accepted for reading in each.readings for name in clearable)
    tried = {"update.stored"} | ({"update.cleared"} if cleared else set())
    candidates = [
        list(_differences(reading, each.open_text, before, after, document))
        for each in accepted
        for reading in each.readings
    ]
    best = min(candidates, key=len)
    if best and len(accepted) > 1:
        actual = "; ".join(f"{found.place}: {found.actual}" for found in best)
        best = [violation("update.stored", f"one of the {len(accepted)} accepted bodies", actual, best[0].place)]
    return Verdict(frozenset(tried), tuple(best))


def says_what_is_stored(exchange: Exchange, prediction: Prediction) -> bool:
    """Whether an answer tells what must be stored now: it refuses the request, or accepts one that may be accepted."""
    accepted = exchange.status == 204 and bool(prediction.readings)
    return (accepted or exchange.status in REFUSED) and not exchange.persistent


def telling_body(name: str, document: Document) -> bytes:
    """A body that sets every member that may be cleared, so that a read shows whether another request cleared it."""
    return json.dumps(dict.fromkeys(sorted(document.clearable_members), BEFORE) | {"name": name}).encode()


def same_body(stored: Stored, document: Document) -> bytes:
    """A body that sets the details of a customer that is stored like this."""
    details = {name: stored[name] for name in sorted(document.settable_members) if stored.get(name) is not None}
    return json.dumps(details).encode()


def would_show(sent: Iterable[tuple[bytes, Prediction]], stored: Stored, document: Document) -> bool:
    """Whether a read would show that a request wrongly stored its body, or wrongly did not, given what is stored now.

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


def unchanged(
    before: Stored, after: Stored, promise: str, document: Document, sent: Sequence[Exchange] = ()
) -> Verdict:
    """The verdict on a customer that nothing should have changed, under the given promise.

    What identifies a customer is compared, and what an update can set or the requests to it (`sent`) have named. A
    vendor may show more that changes by itself: the age of a customer, or a link that expires.
    """
    if HIDDEN in before:
        # Nothing is known of what was there, and two refusals of a read may differ in what identifies them.
        return Verdict()
    changed = [name for name in {**before, **after} if not _shows_the_same(name, before.get(name), after.get(name))]
    compared = {HIDDEN, *_IDENTITY, *document.request_members, *(_named(sent) if changed else ())}
    found = [
        violation(promise, f"{name}: {_shown(before.get(name))}", _shown(after.get(name)), name)
        for name in sorted(compared.intersection(changed) - _BOOKKEEPING)
    ]
    return Verdict(frozenset({promise}), tuple(found))


def _named(sent: Sequence[Exchange]) -> set[str]:
    """The members that the bodies of these requests name."""
    bodies = (value for exchange in sent for value in read(exchange.request.body).values)
    return {name for body in bodies if isinstance(body, dict) for name in body}


def _shows_the_same(name: str, before: Any, after: Any) -> bool:
    """Whether two reads show the same in a member, though a moment or a person may be written in two ways."""
    if name == "createdAt" and (apart := _from_to(before, after)) is not None:
        return abs(apart) < timedelta(milliseconds=1)
    if name == "createdBy" and isinstance(before, dict) and isinstance(after, dict):
        before, after = before.get("id", before), after.get("id", after)
    return bool(before == after)


def _from_to(before: Any, after: Any) -> timedelta | None:
    """How much time lies between two moments as they are written; None if that cannot be said."""
    try:
        return datetime.fromisoformat(after) - datetime.fromisoformat(before)
    except (ValueError, TypeError):
        return None


def _is_older(after: Stored, before: Stored) -> bool:
    """Whether a read shows an older state than the read before it, by the vendor's own clock."""
    passed = _from_to(before.get("updatedAt"), after.get("updatedAt"))
    return passed is not None and passed < timedelta(0)


def _back_in_time() -> Verdict:
    """The verdict on a read that shows an older state than the read before it. No request is to blame for that."""
    expected = "a read that shows no older state than the read before it"
    found = violation("update.linearizable", expected, "an older one, by its updatedAt", "updatedAt")
    return Verdict(frozenset({"update.linearizable"}), (found,))


def judge_other(circumstance: Circumstance, slug: str, document: Document, before: Stored, after: Stored) -> Verdict:
    """The verdict on a customer other than the updated one, or on a slug of nobody: no update leaves a trace there."""
    if circumstance is Circumstance.BESIDE_OTHERS:
        verdict = unchanged(before, after, "update.isolated", document)
        return _back_in_time() if verdict.violations and _is_older(after, before) else verdict
    made = [] if HIDDEN in after else [violation("refused.created", f"no customer {slug}", "it is there now")]
    return Verdict(frozenset({"refused.created"}), tuple(made))


def _differences(
    reading: Mapping[str, Any], open_text: bool, before: Stored, after: Stored, document: Document
) -> Iterator[Violation]:
    for name in _IDENTITY:
        if name in before and not _shows_the_same(name, before[name], after.get(name)):
            shown = after.get(HIDDEN, after.get(name))
            yield violation("update.stored", f"{name}: {_shown(before[name])}, as before", _shown(shown), name)
    # Sorted, because the order of a set differs between processes.
    for name in sorted(document.settable_members):
        wanted, actual = document.stored_values(name, reading, before), after.get(name)
        if isinstance(wanted[0], dict) or any(_same(each, actual, open_text) for each in wanted):
            continue
        promise = "update.cleared" if wanted[0] is None else "update.stored"
        shown = " or ".join(map(_shown, wanted))
        yield violation(promise, f"{name}: {shown}", _shown(after.get(HIDDEN, actual)), name)


def _same(wanted: Any, actual: Any, open_text: bool) -> bool:
    if open_text and isinstance(wanted, str) and isinstance(actual, str):
        return plain(wanted) == plain(actual)
    return bool(wanted == actual)


def _shown(value: Any) -> str:
    return excerpt(json.dumps(value, ensure_ascii=False))
