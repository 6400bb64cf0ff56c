"""What a run does with its customers in the end: those it made are removed, the one that it was given is put back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.customers.disposable import Customers
from contracts.customers.journal import Journal, leftovers
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.target import MOCK_URL, Limits, Target
from contracts.rules.document import load
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.choosy import ACME, TOKENS, Choosy, customers_of


def test_customers_are_removed_at_the_end() -> None:
    """Every customer that the run made is gone when it ends, and no other."""
    vendor = Choosy()
    customers = customers_of(vendor)
    customers.open()
    customers.make()
    customers.unused()

    customers.close()

    assert vendor.customers == {"acme": ACME}
    assert customers.left == []


def test_a_given_customer_gets_its_details_back() -> None:
    """With --customer the details are as before at the end, and nothing is removed."""
    vendor = Choosy()
    customers = customers_of(vendor, customer="acme")
    customers.open()
    vendor.customers["acme"] |= {"name": "Changed", "externalCustomerId": None}

    customers.close()

    assert vendor.customers["acme"] | {"updatedAt": "then"} == ACME
    assert set(vendor.calls) == {"GET", "PUT"}


@pytest.mark.parametrize("email", ["a@example.com", None], ids=["email", "no-email"])
def test_a_given_customer_of_1x_gets_all_its_details_back(email: str | None) -> None:
    """What only 1.x has of a customer is put back, too: an update that leaves it out clears the domain."""
    vendor = Vendor(load("v1"))
    vendor.add("acme", "Acme", "acme-1")
    vendor.customers["acme"] |= {"domain": "acme.example.com", "billingEmail": email}
    before = dict(vendor.customers["acme"])
    customers = customers_of(vendor, customer="acme")
    customers.open()
    vendor.customers["acme"] |= {"name": "Changed", "domain": None, "billingEmail": "changed@example.com"}

    customers.close()

    after = vendor.customers["acme"]
    assert after["billingEmail"] in (email, *([""] if email is None else []))
    assert after | {"updatedAt": "", "billingEmail": ""} == before | {"updatedAt": "", "billingEmail": ""}
    assert customers.left == []


def test_a_detail_that_the_release_does_not_take_hinders_no_other() -> None:
    """Where a member that is shown cannot be set, what the page has is put back all the same."""
    vendor = Choosy()
    vendor.customers["acme"]["domain"] = "acme.example.com"
    customers = customers_of(vendor, customer="acme")
    customers.open()
    vendor.customers["acme"] |= {"name": "Changed"}

    customers.close()

    assert vendor.customers["acme"]["name"] == "Acme"
    assert customers.left == []


def test_a_given_customer_that_cannot_be_put_back_is_named() -> None:
    """Where the details cannot be put back, the run says of which customer."""
    vendor = Choosy()
    customers = customers_of(vendor, customer="acme")
    customers.open()
    vendor.refuse("PUT", 422)

    customers.close()

    assert customers.left == ["acme (its details could not be put back: PUT answered 422)"]


@pytest.mark.parametrize(("times", "left"), [(2, 0), (1000, 1)], ids=["for-a-while", "for-ever"])
def test_a_customer_that_is_not_removed_is_named(times: int, left: int, tmp_path: Path) -> None:
    """DELETE is tried again; a customer that stays is named, and stays in the journal for the next run."""
    vendor = Choosy("DELETE", 500, times)
    customers = customers_of(vendor, Journal(tmp_path, "run", MOCK_URL))
    customers.open()

    customers.close()

    assert len(customers.left) == len(vendor.customers) - 1 == left
    assert [leftover.slugs for leftover in leftovers(tmp_path)] == [tuple(customers.left)] * left


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"gone"), (202, b""), (204, b""), (404, b"{"), (410, b"<html>"), (403, b""), (500, b"")]
)
def test_whether_a_customer_is_gone_is_said_by_the_status(status: int, body: bytes) -> None:
    """A DELETE counts by its status, whatever else the answer has; one that is gone already is not left."""

    class Removes(Choosy):
        def delete(self, call: Call, slug: str) -> Answer:
            return Answer(status, body=body)

    customers = customers_of(Removes())
    slug = customers.open().slug

    customers.close()

    assert customers.left == ([slug] if status in (403, 500) else [])


def test_customers_are_named_where_the_target_stops_answering() -> None:
    """Where nothing can be removed any more, closing ends, and names what is left."""
    vendor = Choosy()
    customers = customers_of(vendor)
    slug = customers.open().slug
    vendor.refuse("DELETE", 503)

    customers.close()

    assert customers.left == [slug]


def test_leftovers_of_this_target_are_removed(tmp_path: Path) -> None:
    """What earlier runs left here is removed, and counted where it was there; what they left elsewhere stays."""
    vendor = Choosy()
    vendor.customers |= {slug: dict(ACME) for slug in ("contract-test-here", "contract-test-elsewhere")}
    here = [{"base_url": MOCK_URL}, {"made": "contract-test-here"}, {"made": "contract-test-never-made"}]
    elsewhere = [{"base_url": "https://staging.example.com"}, {"made": "contract-test-elsewhere"}]
    (tmp_path / "one.jsonl").write_text("\n".join(map(json.dumps, here)))
    (tmp_path / "two.jsonl").write_text("\n".join(map(json.dumps, elsewhere)))

    removed = customers_of(vendor).remove_leftovers(tmp_path)

    assert removed == 1
    assert set(vendor.customers) == {"acme", "contract-test-elsewhere"}
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["two.jsonl"]


def test_a_leftover_that_stays_is_tried_by_the_next_run_again(tmp_path: Path) -> None:
    """A journal is kept until every customer that it lists is gone."""
    vendor = Choosy()
    vendor.customers |= {slug: dict(ACME) for slug in ("contract-test-1-stays", "contract-test-2-goes")}
    lines = [{"base_url": MOCK_URL}, {"made": "contract-test-1-stays"}, {"made": "contract-test-2-goes"}]
    (tmp_path / "one.jsonl").write_text("\n".join(map(json.dumps, lines)))
    customers = customers_of(vendor, Journal(tmp_path, "run", MOCK_URL))

    vendor.refuse("DELETE", 500, times=6)
    removed = customers.remove_leftovers(tmp_path)
    vendor.refuse("DELETE", 500, times=6)
    customers.close()

    assert (removed, customers.left) == (1, ["contract-test-1-stays"])
    assert [leftover.slugs for leftover in leftovers(tmp_path)] == [("contract-test-1-stays",)]


def test_a_refused_token_is_told_where_leftovers_stay(tmp_path: Path) -> None:
    """With a token that is refused nothing can be removed: that is said, and the journal still lists it."""
    lines = [{"base_url": MOCK_URL}, {"made": "contract-test-stays"}]
    (tmp_path / "one.jsonl").write_text("\n".join(map(json.dumps, lines)))
    customers = customers_of(Choosy("DELETE", 401), Journal(tmp_path, "run", MOCK_URL))

    with pytest.raises(WrongCall, match=r"refuses KAITEN_AUTH_TOKEN \(401\)"):
        customers.remove_leftovers(tmp_path)
    customers.close()

    assert [leftover.slugs for leftover in leftovers(tmp_path)] == [("contract-test-stays",)]


def test_leftovers_of_a_target_that_does_not_answer_stay_in_the_journal(tmp_path: Path) -> None:
    """Where nothing can be sent, what earlier runs left is as well remembered as before."""
    lines = [{"base_url": "http://127.0.0.1:1"}, {"made": "contract-test-stays"}]
    (tmp_path / "one.jsonl").write_text("\n".join(map(json.dumps, lines)))
    target = Target("http://127.0.0.1:1", TOKENS, Limits(patience=0.1))
    customers = Customers(Client(target), Journal(tmp_path, "run", target.base_url))

    with pytest.raises(NoVerdict):
        customers.remove_leftovers(tmp_path)
    customers.close()

    assert customers.left == ["contract-test-stays"]
    assert [leftover.slugs for leftover in leftovers(tmp_path)] == [("contract-test-stays",)]


def test_a_customer_that_should_not_be_there_is_removed_too(tmp_path: Path) -> None:
    """A customer that a request made by mistake is adopted, journalled, and removed at the end."""
    vendor = Choosy()
    vendor.customers["contract-test-upsert"] = dict(ACME)
    customers = customers_of(vendor, Journal(tmp_path, "run", MOCK_URL))

    customers.adopt("contract-test-upsert")
    customers.adopt("acme")
    journalled = (tmp_path / "run.jsonl").read_text(encoding="utf-8")
    customers.close()

    assert '{"made": "contract-test-upsert"}' in journalled
    assert "contract-test-upsert" not in customers.existing
    assert set(vendor.customers) == {"acme"}


def test_a_given_customer_of_a_target_that_stops_answering_is_named() -> None:
    """Where nothing answers any more, the customer whose details were not put back is named."""
    vendor = Choosy()
    customers = customers_of(vendor, customer="acme")
    customers.open()
    vendor.refuse("PUT", 503)

    customers.close()

    assert customers.left == ["acme (its details could not be put back)"]


def test_a_customer_that_was_made_although_the_answer_was_an_error_is_removed(tmp_path: Path) -> None:
    """Whether a customer was made is not known where POST is answered 500: it is removed all the same."""

    class FailsAfterIt(Choosy):
        def create(self, call: Call) -> Answer:
            super().create(call)
            return Answer(500)

    vendor = FailsAfterIt()
    customers = customers_of(vendor, Journal(tmp_path, "run", MOCK_URL))
    with pytest.raises(NoVerdict):
        customers.open()

    customers.close()

    assert set(vendor.customers) == {"acme"}
    assert list(tmp_path.iterdir()) == []
