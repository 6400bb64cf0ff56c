"""Customers are made and read with care, whatever the target lets the suite do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.customers.disposable import Customer, Customers
from contracts.customers.journal import Journal
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.target import MOCK_URL, Limits, Target
from contracts.rules.state import HIDDEN, stored_in
from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.choosy import TOKENS, Choosy, customers_of
from tests.suite.recorder import Recorded, recording


def test_a_customer_is_made_and_read() -> None:
    """A run's customer is a new one, and is known as it is stored."""
    vendor = Choosy()
    customers = customers_of(vendor)

    customer = customers.open()

    assert customer.slug.startswith("contract-test-")
    assert customer.stored == vendor.customers[customer.slug]
    assert (customers.readable, customers.only_one) == (True, False)


def test_each_customer_is_another_one() -> None:
    """Several customers at once have slugs of their own, and all of them are known to exist."""
    customers = customers_of(Choosy())

    slugs = [customers.open().slug, *(customers.make().slug for _ in range(5))]

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


class LosesAnAnswer(Choosy):
    """Makes the first customer, and something in front of it answers 503."""

    def create(self, call: Call) -> Answer:
        made = super().create(call)
        return Answer(503) if len(self.calls) == 1 else made


@pytest.mark.parametrize("reading", ["", "GET"], ids=["readable", "not-readable"])
def test_a_customer_whose_answer_was_lost_is_used(reading: str) -> None:
    """A 409 to our own slug, after an answer that was lost, says that the first try made it."""
    vendor = LosesAnAnswer(reading, 403)

    customer = customers_of(vendor).open()

    assert vendor.calls.count("POST") == 2
    assert set(vendor.customers) == {"acme", customer.slug}


def test_a_conflict_without_an_answer_that_was_lost_makes_no_customer() -> None:
    """A 409 to a slug that is new is no customer of ours: another slug is tried."""
    vendor = Choosy("POST", 409, times=1)

    customer = customers_of(vendor).open()

    assert vendor.calls.count("POST") == 2
    assert set(vendor.customers) == {"acme", customer.slug}


class HasAQuota(Choosy):
    """Makes no more customers than `most`, and answers `over` then."""

    def __init__(self, most: int, over: int) -> None:
        super().__init__()
        self.most, self.over = most, over

    def create(self, call: Call) -> Answer:
        if len(self.customers) - 1 >= self.most:
            raise Refusal(self.over, "The plan allows no more.")
        return super().create(call)


@pytest.mark.parametrize("status", [402, 403, 409, 422])
def test_a_quota_is_no_verdict_and_names_the_option(status: int) -> None:
    """Where a plan allows no more customers, that is the reason, and the option that keeps within it is named."""
    single, several = customers_of(HasAQuota(1, status)), customers_of(HasAQuota(4, status))
    single.open()
    several.open()

    with pytest.raises(NoVerdict, match=rf"answered {status}: it makes no second customer; --customers 1 "):
        single.unused()
    with pytest.raises(NoVerdict, match=rf"answered {status}: it makes no more than \d customers; --customers \d "):
        [several.make() for _ in range(8)]


class ChangesSlugs(Choosy):
    """Makes a customer under another slug than the one that was asked for."""

    changed = "{}-x7"

    def create(self, call: Call) -> Answer:
        content = json.loads(call.body)
        content["slug"] = self.changed.format(content["slug"])
        return super().create(replace(call, body=json.dumps(content).encode()))


def test_a_slug_that_the_vendor_changed_is_used_and_removed(tmp_path: Path) -> None:
    """The slug of the 201 is the customer's: it is read, journalled and removed."""
    vendor = ChangesSlugs()
    customers = customers_of(vendor, Journal(tmp_path, "run", MOCK_URL))

    customer = customers.open()
    journalled = (tmp_path / "run.jsonl").read_text(encoding="utf-8")
    existing = customers.existing
    customers.close()

    assert customer.slug.endswith("-00001-x7")
    assert customer.stored["slug"] == customer.slug
    assert existing == {customer.slug}
    assert f'{{"made": "{customer.slug}"}}' in journalled
    assert (set(vendor.customers), customers.left, list(tmp_path.iterdir())) == ({"acme"}, [], [])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "names no slug", id="empty"),
        pytest.param(b"[1]", "names no slug", id="no-object"),
        pytest.param(b'{"slug": 7}', "names the slug 7", id="no-text"),
        pytest.param(b'{"slug": "acme"}', "names the slug 'acme'", id="somebody"),
        pytest.param(b'{"slug": "contract-test-1/x"}', "names the slug 'contract-test-1/x'", id="no-path-segment"),
        pytest.param(b'{"slug": "contract-test-\\u00e4"}', "names the slug 'contract-test-\xe4'", id="no-ascii"),
    ],
)
def test_a_201_that_names_no_customer_of_ours_is_no_verdict(body: bytes, reason: str) -> None:
    """What cannot be removed is not used, at the first one that is made; no customer of somebody's is touched."""

    class Says(ChangesSlugs):
        def create(self, call: Call) -> Answer:
            super().create(call)
            return Answer(201, body=body)

    vendor = Says()
    customers = customers_of(vendor)

    with pytest.raises(NoVerdict, match=reason):
        customers.open()
    customers.close()

    assert vendor.calls.count("POST") == 1
    assert "acme" in vendor.customers


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
    assert HIDDEN in stored_in(customers.read_until("contract-test-nobody", lambda stored: HIDDEN not in stored))


def test_a_read_that_shows_something_else_is_no_reading() -> None:
    """Where a GET shows something else than the customer, nothing is read back."""

    class ShowsAnEnvelope(Choosy):
        def show(self, call: Call, slug: str) -> Answer:
            return self.json(200, {"data": self.find(slug)})

    customers = customers_of(ShowsAnEnvelope())

    opened = customers.open()

    assert (customers.readable, opened.stored) == (False, {})


def test_a_customer_without_a_name_is_read_back() -> None:
    """Where a GET shows the customer without its name, it can be read: an update whose name is lost must show."""

    class StoresNothing(Choosy):
        def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
            pass

    customers = customers_of(StoresNothing())

    opened = customers.open()

    assert customers.readable
    assert opened.stored["slug"] == opened.slug


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(Answer(200, [], b"<!doctype html>"), "GET answered 200 <!doctype html>$", id="a-page"),
        pytest.param(Answer(200, [], b'[{"name":"x"}]'), r"GET answered 200 \[\{\"name\":\"x\"\}\]$", id="a-list"),
        pytest.param(Answer(500, [], b"oops"), "GET answered 500 oops$", id="an-error"),
        pytest.param(Answer(302, [], b""), "GET answered 302 $", id="a-redirect"),
    ],
)
def test_what_is_not_shown_at_all_is_no_verdict(answer: Answer, said: str) -> None:
    """Where a GET is not refused and shows no object, nobody knows what is stored: that is not passed over."""

    class ShowsSomethingElse(Choosy):
        def show(self, call: Call, slug: str) -> Answer:
            return answer

    with pytest.raises(NoVerdict, match=said):
        customers_of(ShowsSomethingElse()).open()


@pytest.mark.parametrize("most", [1, 4])
def test_where_few_customers_may_exist_there_is_one(most: int) -> None:
    """With fewer than five customers there is one for everything, and it is removed in the end."""
    vendor = Choosy()
    customers = customers_of(vendor, most=most)

    first = customers.open()

    assert customers.only_one
    assert first is customers.make() is customers.unused()
    customers.close()
    assert (vendor.calls.count("POST"), set(vendor.customers)) == (1, {"acme"})


@pytest.mark.parametrize("most", [6, 7, 12])
def test_no_more_customers_exist_than_may(most: int) -> None:
    """What was made for a short time makes room; what is kept stays, and two at once can be used beside it."""
    vendor = HasAQuota(most, 409)
    customers = customers_of(vendor, most=most)

    # The process has one of its own, too, besides those of its workers.
    of_threads = customers.lanes + (customers.lanes > 1)

    kept = [customers.open(), *(customers.make() for _ in range(2 + of_threads))]
    for _ in range(20):
        before, new = customers.unused(), customers.unused()
        assert {before.slug, new.slug, *(customer.slug for customer in kept)} <= set(vendor.customers)
    customers.replace(kept[-1])

    assert not customers.only_one
    assert kept[-1].slug in vendor.customers
    assert most - 3 <= len(kept) <= most - 2
    customers.close()
    assert (set(vendor.customers), customers.left) == ({"acme"}, [])


def test_where_no_customer_can_be_removed_no_more_are_made_than_may_exist() -> None:
    """A DELETE that is refused leaves no room: that is no verdict, and never one customer more."""
    vendor = HasAQuota(100, 409)
    customers = customers_of(vendor, most=6)
    customers.open()
    vendor.refuse("DELETE", 403)

    with pytest.raises(NoVerdict, match="--customers 6 allows no more"):
        [customers.unused() for _ in range(9)]

    assert len(vendor.customers) - 1 == 6


def test_a_given_customer_has_to_exist() -> None:
    """A customer that is given and is not there is a wrong call."""
    with pytest.raises(WrongCall, match="has no customer 'nobody'"):
        customers_of(Choosy(), customer="nobody").open()


def test_only_the_given_customer_is_used() -> None:
    """Where one was given, several are that one, and none is made."""
    vendor = Choosy()
    customers = customers_of(vendor, customer="acme")

    given = customers.open()

    assert customers.only_one
    assert customers.make() is given
    assert customers.existing == {"acme"}
    assert "POST" not in vendor.calls


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


PAGE = b"<!doctype html><h1>Sign in</h1>"


def refuses_with_a_page(status: int, *paths: str) -> Callable[[Recorded], bytes]:
    """Something in front that answers requests which begin so with a page, and others with a problem."""

    def reply(request: Recorded) -> bytes:
        is_page = request.line.startswith(paths)
        type_, body = (b"text/html; charset=utf-8", PAGE) if is_page else (b"application/problem+json", b"{}")
        return b"HTTP/1.1 %d X\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (status, type_, len(body), body)

    return reply


def opened(url: str, customer: str | None) -> None:
    """Open the customers of a run against this base URL."""
    with Client(Target(url, TOKENS, Limits(settle=0.1), customer)) as client:
        Customers(client, None).open()


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(("customer", "first"), [(None, "POST"), ("acme", "GET")], ids=["made", "given"])
def test_where_a_page_refuses_everything_it_is_not_the_api_that_answers(
    customer: str | None, first: str, status: int
) -> None:
    """A gateway that shows a page to whoever it does not let through says nothing of the token: no verdict."""
    said = f"something in front of the API answers, not the API: {first} got {status} and an HTML page; .*--header"
    with (
        recording(refuses_with_a_page(status, "POST", "GET", "PUT", "DELETE")) as server,
        pytest.raises(NoVerdict, match=said),
    ):
        opened(server.url, customer)

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "pages_for", "said"),
    [
        (403, ["POST"], "answered 403: no customer can be made there; give a token with the scope"),
        (401, [], "refuses KAITEN_AUTH_TOKEN"),
    ],
    ids=["a-page-for-one", "no-page"],
)
def test_where_no_page_refuses_everything_it_is_the_api_that_answers(
    status: int, pages_for: list[str], said: str
) -> None:
    """A page for POST alone, or a problem for everything, is a refusal as any other."""
    with recording(refuses_with_a_page(status, *pages_for)) as server, pytest.raises(WrongCall, match=said):
        opened(server.url, None)


@pytest.mark.parametrize(
    ("id_", "known"),
    [
        pytest.param("1d3ba608-378b-4e12-909a-759f133e933b", True, id="uuid"),
        pytest.param("1D3BA608378B4E12909A759F133E933B", True, id="uuid-without-hyphens"),
        pytest.param("507f1f77bcf86cd799439011", True, id="object-id"),
        pytest.param("customer-3", False, id="a-word"),
        pytest.param(17, False, id="a-number"),
        pytest.param("000000000000000000000000017", False, id="a-long-number"),
        pytest.param("deadbeef", False, id="short"),
        pytest.param(None, False, id="none"),
    ],
)
def test_an_id_may_be_sent_as_a_slug_only_if_it_is_random(id_: object, known: bool) -> None:
    """An id that was drawn at random is nobody's slug; any other one may be."""
    assert Customer("contract-test-1", {"id": id_}).id == (id_ if known else "")
