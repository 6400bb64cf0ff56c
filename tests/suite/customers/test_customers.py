"""Customers are made and read with care, whatever the target lets the suite do."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.customers.journal import Journal
from contracts.errors import NoVerdict, WrongCall
from contracts.http.target import MOCK_URL
from contracts.rules.state import GONE, stored_in
from contracts.vendor.model import Answer, Call
from tests.suite.choosy import Choosy, customers_of


def test_a_customer_is_made_and_read() -> None:
    """A run's customer is a new one, and is known as it is stored."""
    vendor = Choosy()
    customers = customers_of(vendor)

    customer = customers.open()

    assert customer.slug.startswith("contract-test-")
    assert customer.stored == vendor.customers[customer.slug]
    assert (customers.readable, customers.given) == (True, False)


def test_each_customer_is_another_one() -> None:
    """Several customers at once have slugs of their own, and all of them are known to exist."""
    customers = customers_of(Choosy())

    slugs = [customers.open().slug, *(customer.slug for customer in customers.make_several(5))]

    assert len(set(slugs)) == 6
    assert customers.existing >= set(slugs)
    assert customers.unused_slug() not in customers.existing


@pytest.mark.parametrize("status", [500, 400, 422])
def test_one_bad_answer_to_post_is_tried_again(status: int) -> None:
    """One bad answer of a sibling operation ends no run, unless it says that nothing may be made."""
    vendor = Choosy("POST", status, times=1)

    customer = customers_of(vendor).open()

    assert customer.slug in vendor.customers


def test_bad_answers_to_post_end_without_a_verdict() -> None:
    """Where customers are not made as the page says there is no verdict, after six tries."""
    vendor = Choosy("POST", 500)

    with pytest.raises(NoVerdict, match="promised: 201, came: 500"):
        customers_of(vendor).open()

    assert vendor.calls == ["POST"] * 6


def test_a_customer_whose_answer_was_lost_is_used(tmp_path: Path) -> None:
    """A 409 to our own slug says that an earlier try made it."""
    vendor = Choosy("POST", 409, times=1)
    journal = Journal(tmp_path, "run", MOCK_URL)

    customer = customers_of(vendor, journal).open()
    journal.close()

    assert vendor.calls.count("POST") == 1
    assert customer.slug in (tmp_path / "run.jsonl").read_text(encoding="utf-8")


def test_a_slug_that_was_never_used_is_not_journalled_for_ever(tmp_path: Path) -> None:
    """Where POST was refused there is nothing to remove, and the journal says so."""
    journal = Journal(tmp_path, "run", MOCK_URL)

    with pytest.raises(WrongCall):
        customers_of(Choosy("POST", 403), journal).open()
    journal.close()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [403, 404, 405])
def test_where_none_can_be_made_one_is_asked_for(status: int) -> None:
    """Where POST is refused, the call is wrong without --customer, and a 404 suggests the prefix."""
    vendor = Choosy("POST", status)

    with pytest.raises(WrongCall, match="--customer SLUG") as caught:
        customers_of(vendor).open()

    assert ("/api" in str(caught.value)) is (status == 404)
    assert vendor.calls == ["POST"]


@pytest.mark.parametrize(("method", "customer"), [("POST", None), ("GET", "acme")], ids=["making", "reading"])
def test_a_refused_token_is_a_wrong_call(method: str, customer: str | None) -> None:
    """A 401 at the beginning says that the token is wrong, and names its variable."""
    with pytest.raises(WrongCall, match="refuses KAITEN_AUTH_TOKEN"):
        customers_of(Choosy(method, 401), customer=customer).open()


@pytest.mark.parametrize("status", [403, 405])
@pytest.mark.parametrize("customer", [None, "acme"], ids=["made", "given"])
def test_where_reading_is_refused_nothing_is_read_back(status: int, customer: str | None) -> None:
    """Where GET is refused the target is not readable, and the run goes on without."""
    customers = customers_of(Choosy("GET", status), customer=customer)

    opened = customers.open()

    assert (customers.readable, opened.stored) == (False, {})


def test_a_read_that_lags_is_waited_for() -> None:
    """A customer that is not shown at once is read again."""
    customers = customers_of(Choosy("GET", 404, times=1))

    customer = customers.open()

    assert customers.readable
    assert customer.stored["slug"] == customer.slug


def test_a_read_that_never_comes_right_is_given_up() -> None:
    """A read is repeated until it satisfies, or until the time to settle is over."""
    customers = customers_of(Choosy())
    customer = customers.open()

    assert stored_in(customers.read_until(customer.slug, lambda stored: False)) == customer.stored
    assert GONE in stored_in(customers.read_until("contract-test-nobody", lambda stored: GONE not in stored))


def test_a_given_customer_has_to_exist() -> None:
    """A customer that is given and is not there is a wrong call."""
    with pytest.raises(WrongCall, match="has no customer 'nobody'"):
        customers_of(Choosy(), customer="nobody").open()


def test_only_the_given_customer_is_used() -> None:
    """Where one was given, several are that one, and none is made."""
    vendor = Choosy()
    customers = customers_of(vendor, customer="acme")

    given = customers.open()

    assert customers.given
    assert customers.make_several(5) == [given]
    assert customers.existing == {"acme"}
    assert "POST" not in vendor.calls


@pytest.mark.parametrize(("token", "valid"), [("ksh_mock-may-read", True), ("ksh_unknown", False)])
def test_the_read_token_is_tried_before_it_is_relied_on(token: str, valid: bool) -> None:
    """Whether the target knows the read token shows in reading a customer."""
    customers = customers_of(Choosy(), read_token=token)
    customers.open()

    assert customers.read_token_is_valid() is valid


def test_what_changes_by_itself_is_not_looked_at() -> None:
    """A member that two reads in a row show differently says nothing of what a request did."""

    class Counting(Choosy):
        """Shows how often a customer was read."""

        def show(self, call: Call, slug: str) -> Answer:
            self.find(slug)["reads"] = len(self.calls)
            return super().show(call, slug)

    customers = customers_of(Counting())

    customer = customers.open()

    assert "reads" not in customer.stored
    assert "reads" not in customers.shown(customers.get(customer.slug))
    assert customer.stored["name"] == customer.slug
