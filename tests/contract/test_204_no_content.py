"""204 No Content: what a valid update gets, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from contracts.customers import Customer
from contracts.exchange import CUSTOMER, update
from contracts.outcome import Outcome
from contracts.payload import Payload, to_json
from contracts.run import Run

pytestmark = pytest.mark.status_204

Tried = Callable[[Payload], Outcome]
Kept = Callable[..., None]
AllKept = Callable[[Sequence[Outcome]], None]


@pytest.mark.payloads(204)
def test_a_valid_update_is_answered_204_and_empty(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A request that breaks no rule is answered 204, followed by no byte of body."""
    outcome = tried(payload)

    kept(outcome, outcome.answer, payload.why)


@pytest.mark.payloads(204)
@pytest.mark.usefixtures("readable")
def test_a_valid_update_is_stored_as_sent(payload: Payload, tried: Tried, kept: Kept) -> None:
    """A 204 stored exactly what was sent, for every member; what is null or left out is cleared."""
    outcome = tried(payload)

    kept(outcome, outcome.stored, payload.why)


def test_nothing_follows_a_204_until_the_connection_ends(run: Run, customer: Customer, kept: Kept) -> None:
    """Asked to close the connection after a 204, the server closes it without one byte of body."""
    template = update(CUSTOMER, to_json({"name": "Contract Test"})).with_header("Connection", "close")

    outcome = run.trials.one(template, customer, linger=1.0)

    kept(outcome, outcome.answer)


@pytest.mark.usefixtures("readable")
def test_an_update_without_external_id_clears_it(run: Run, customer: Customer, kept: Kept) -> None:
    """An externalCustomerId that was set is cleared by an update that leaves it out."""
    run.trials.one(update(CUSTOMER, to_json({"name": "Before", "externalCustomerId": "set-before"})), customer)

    outcome = run.trials.one(update(CUSTOMER, to_json({"name": "After"})), customer)

    kept(outcome)


@pytest.mark.usefixtures("readable")
def test_an_update_with_null_external_id_clears_it(run: Run, customer: Customer, kept: Kept) -> None:
    """An externalCustomerId that was set is cleared by an explicit null."""
    run.trials.one(update(CUSTOMER, to_json({"name": "Before", "externalCustomerId": "set-before"})), customer)

    outcome = run.trials.one(update(CUSTOMER, to_json({"name": "After", "externalCustomerId": None})), customer)

    kept(outcome)


@pytest.mark.usefixtures("readable")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Acme", "ACME", id="letter-case"),
        pytest.param("caf\u00e9", "cafe", id="accent"),
        pytest.param("caf\u00e9", "cafe\u0301", id="normalisation"),
        pytest.param("Acme", "Acme ", id="trailing-space"),
        pytest.param("stra\u00dfe", "strasse", id="sharp-s"),
        pytest.param("1", "01", id="leading-zero"),
    ],
)
def test_a_small_change_is_stored_too(run: Run, customer: Customer, kept: Kept, before: str, after: str) -> None:
    """An update that changes no more than a comparison may overlook is stored as sent."""
    run.trials.one(update(CUSTOMER, to_json({"name": before, "externalCustomerId": before})), customer)

    outcome = run.trials.one(update(CUSTOMER, to_json({"name": after, "externalCustomerId": after})), customer)

    kept(outcome)


@pytest.mark.usefixtures("readable")
@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"name": "Before", "externalCustomerId": "another"}, id="external-id"),
        pytest.param({"name": "Another", "externalCustomerId": "before"}, id="name"),
    ],
)
def test_a_change_of_one_member_alone_is_stored(
    run: Run, customer: Customer, kept: Kept, after: dict[str, str]
) -> None:
    """An update that changes one member, and repeats the other, is stored as sent."""
    run.trials.one(update(CUSTOMER, to_json({"name": "Before", "externalCustomerId": "before"})), customer)

    outcome = run.trials.one(update(CUSTOMER, to_json(after)), customer)

    kept(outcome)


@pytest.mark.usefixtures("readable")
def test_the_same_update_twice_is_as_once(run: Run, customer: Customer, kept: Kept) -> None:
    """PUT is idempotent: the same update again is answered 204 and leaves the same behind."""
    template = update(CUSTOMER, to_json({"name": "Twice", "externalCustomerId": "the-same"}))
    kept(run.trials.one(template, customer))

    outcome = run.trials.under("update.idempotent", run.trials.one(template, customer))

    kept(outcome)


@pytest.mark.usefixtures("readable")
@pytest.mark.parametrize("attempt", ["first", "second", "third", "fourth", "fifth"])
def test_updates_at_once_end_in_one_of_them(run: Run, customer: Customer, all_kept: AllKept, attempt: str) -> None:
    """Of several updates at once, one is stored whole; never a mixture."""
    templates = [
        update(CUSTOMER, to_json({"name": f"Writer {writer} {attempt}", "externalCustomerId": f"of-writer-{writer}"}))
        for writer in range(8)
    ]

    outcomes = run.trials.together(templates, customer)

    all_kept([run.trials.under("update.atomic", outcome) for outcome in outcomes])
