"""Customers: the disposable ones that the suite makes, uses and removes, or the one that it was given."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from contracts.customers import sibling
from contracts.customers.journal import PREFIX, Journal, forget, leftovers
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN
from contracts.http.exchange import Exchange, update
from contracts.http.retries import uncut
from contracts.rules.state import GONE, Stored, stored_in

# The sibling operations are not under contract: one bad answer of theirs ends nothing.
_TRIES = 6
# What an update replaces of a customer; a release may know the first two alone.
_DETAILS = ("name", "externalCustomerId", "domain", "billingEmail")
# After so many waits for a read that did not come right, it is not lag that keeps it from it.
_FUTILE = 3
# At once there are the run's first customer, that of the plain updates, that of the tests, one to send to at once, and
# two for a short time: one on which a failure is tried again, and another one that is looked at beside it.
_FEWEST = 6


@dataclass
class Customer:
    """A customer under test, and what is known to be stored for it (empty where it cannot be read).

    `before` is what was stored before the last request, and `unread` says why what is stored after it is not known.
    `judged_by` names the release whose judge alone decided on the last request; it is empty where a literal of a test
    may speak, too.
    """

    slug: str
    stored: Stored = field(default_factory=dict)
    before: Stored = field(default_factory=dict)
    unread: str = ""
    judged_by: str = ""


class Customers:
    """Makes customers, reads them back, and removes them again.

    `readable` says whether the target lets us read, `settle` how many seconds a read may lag, `lags` whether a read
    ever came right only after a while, and `renamed` how the vendor changed a slug, if it did.
    """

    def __init__(self, client: Client, journal: Journal | None) -> None:
        self._client, self._url, self._limits = client, client.target.base_url, client.target.limits
        self.settle = self._limits.settle
        # At most so many may exist at once (`--customers`); 0 for any number.
        self._most = self._limits.customers or 0
        self._journal = journal or Journal()
        self._run = f"{PREFIX}{secrets.token_hex(4)}"
        self._numbers = count(1)
        # Those that exist for certain; the journal has also those that may.
        self._made: set[str] = set()
        self._short_lived: list[Customer] = []
        # Where few may exist, one thread at a time uses those that are made for a short time.
        self.short_lived: AbstractContextManager[Any] = threading.RLock() if self._most else nullcontext()
        self._own: dict[int, Customer] = {}
        self._making_room = threading.Lock()
        self._only: Customer | None = None
        # What somebody's customer was like before, and why it is not so again.
        self._original: Stored = {}
        self._not_put_back = ""
        self._volatile: frozenset[str] = frozenset()
        self._futile_waits = 0
        self.readable = self.lags = False
        self.renamed = ""

    @property
    def given(self) -> bool:
        """Whether there is only one customer: that of `--customer`, or because `--customers` allows too few."""
        return self._only is not None

    @property
    def lanes(self) -> int:
        """How many customers may be sent to at once, each one request at a time."""
        at_once = self._limits.concurrency
        return 1 if self._only else max(1, min(at_once, self._most - _FEWEST)) if self._most else at_once

    @property
    def own(self) -> Customer:
        """A customer that only the calling thread uses."""
        thread = threading.get_ident()
        if thread not in self._own:
            self._own[thread] = self.make()
        return self._own[thread]

    @property
    def left(self) -> list[str]:
        """What is not removed or put back; after `close`, what could not be."""
        return [*filter(None, [self._not_put_back]), *sorted(self._journal.slugs)]

    @property
    def existing(self) -> frozenset[str]:
        """The slugs of all customers that the suite may touch, and that exist."""
        return frozenset([*self._made, *([self._only.slug] if self._only else [])])

    def unused_slug(self, hint: str = "nobody") -> str:
        """A slug that names no customer. All are as long: none is the beginning of another one."""
        return f"{self._run}-{hint}-{next(self._numbers):05}"

    def open(self) -> Customer:
        """Find out what the target allows, and return the first customer.

        Raises:
            WrongCall: the token is refused, or customers can be neither made nor were given.
            NoVerdict: the target does not make or show customers as its own API page says, or is not the API.

        """
        given = self._client.target.customer
        customer = Customer(given) if given else uncut(self._make)
        exchange = self.get(customer.slug)
        if given:
            self._check_that_the_api_answers(exchange)
        if exchange.status not in {401, 403, 405}:
            # A read may lag behind the making of the customer.
            exchange = self.read_until(customer.slug, lambda stored: "name" in stored)
        if exchange.status == 401:
            raise sibling.refused_token(self._url)
        if exchange.status == 404 and given:
            raise WrongCall(f"{self._url} has no customer {given!r} (GET answered 404); give another with --customer")
        first, second = stored_in(exchange), stored_in(self.get(customer.slug))
        self._volatile = frozenset(name for name in first if GONE not in second and first[name] != second.get(name))
        # What has a slug is a customer: that its name is not there must show.
        self.readable = not {"name", "slug"}.isdisjoint(first)
        if GONE in first and exchange.status not in sibling.CANNOT:
            raise NoVerdict(f"{self._url} does not show customer {customer.slug}: {first[GONE]}")
        customer.stored = self.shown(exchange) if self.readable else {}
        if given or 0 < self._most < _FEWEST:
            self._only = customer
        if given and self.readable:
            self._original, self._not_put_back = customer.stored, f"{given} (its details could not be put back)"
        return customer

    def _check_that_the_api_answers(self, first: Exchange) -> None:
        """Raise `NoVerdict` if a page refuses the first request, and an update that says nothing as well."""
        if (said := sibling.in_front(first)) and sibling.in_front(self._client.send(update(self.unused_slug(), b""))):
            raise NoVerdict(said)

    def make(self) -> Customer:
        """A new customer to keep; where there is only one, that one."""
        # Cut short, it would not be known whether there is one.
        return self._only or uncut(self._make)

    def unused(self) -> Customer:
        """A new customer for a short time, as `make`; where `--customers` allows no more, the oldest makes room."""
        customer = self.make()
        if self._most:
            self._short_lived.append(customer)
        return customer

    def replace(self, customer: Customer) -> None:
        """Let the customer stand for a new one from now on."""
        if self._most:
            self.remove(customer.slug)
        new = self.make()
        customer.slug, customer.stored, customer.before = new.slug, new.stored, new.stored

    def _make(self) -> Customer:
        """Make a customer; one that is not made is tried again, under another slug."""
        for _ in range(_TRIES):
            slug, interruptions = self._with_room(), self._client.retry_budget.interruptions
            try:
                exchange = self._client.send(sibling.create(slug))
            except NoVerdict:
                if not self._client.reached:
                    self._journal.removed(slug)
                raise
            if exchange.status == 201:
                return self._known(slug, sibling.made_as(exchange))
            lost = self._client.retry_budget.interruptions > interruptions
            # After an answer that was lost, our own first try has made it: no other run makes this slug.
            if exchange.status == 409 and lost and self.get(slug).status != 404:
                return self._known(slug, slug)
            if exchange.status in sibling.REFUSED:
                self._journal.removed(slug)
            elif self._most:
                self.remove(slug)
            if not self._made:
                self._check_that_the_api_answers(exchange)
            refusal = sibling.refusal(exchange, self._url, len(self._made))
            if isinstance(refusal, WrongCall):
                break
        raise refusal

    def _with_room(self) -> str:
        """A slug for one more customer, once there may be one more."""
        slug = self.unused_slug("customer")
        with self._making_room:
            while self._most and len(self._journal.slugs) >= self._most:
                if not self._short_lived or self.remove(self._short_lived.pop(0).slug) not in sibling.GONE:
                    raise NoVerdict(f"--customers {self._most} allows no more, and none at {self._url} can be removed")
            self._journal.made(slug)
        return slug

    def _known(self, asked: str, slug: str) -> Customer:
        """The customer that was made with this slug, where another may have been asked for."""
        if slug != asked:
            self._journal.made(slug)
            self._journal.removed(asked)
            self.renamed = f"{asked} was made as {slug}"
        self._made.add(slug)
        stored = self.shown(self.read_until(slug, lambda stored: GONE not in stored)) if self.readable else {}
        return Customer(slug, stored)

    def read_until(self, slug: str, satisfied: Callable[[Stored], bool], settle: float | None = None) -> Exchange:
        """The exchange that reads a customer, made again for up to `settle` seconds until what it shows satisfies.

        These are the target's unless given; when several waits were in vain, it is not lag, and they are fewer.
        """
        whole = self.settle if self.lags or self._futile_waits < _FUTILE else self.settle / 20
        started, waited = time.monotonic(), False
        while not satisfied(self.shown(exchange := self.get(slug))):
            if time.monotonic() - started >= (whole if settle is None else settle):
                self._futile_waits += settle is None
                return exchange
            waited = True
            time.sleep(0.05)
        self.lags = self.lags or waited
        return exchange

    def shown(self, exchange: Exchange) -> Stored:
        """The customer that a read shows, without what changes from one read to the next by itself."""
        return {name: value for name, value in stored_in(exchange).items() if name not in self._volatile}

    def get(self, slug: str) -> Exchange:
        """The exchange that reads a customer."""
        return self._client.send(sibling.read(slug))

    def read_token_is_valid(self) -> bool:
        """Whether the target knows the read token, as far as reading a customer tells."""
        return self._client.send(sibling.read(next(iter(self.existing)), READ_TOKEN)).status != 401

    def remove(self, slug: str) -> int | None:
        """Remove a customer that the suite made; the status of the answer, which alone says whether it is gone."""
        for _ in range(_TRIES):
            status = self._client.send(sibling.delete(slug)).status
            if status in sibling.GONE:
                self._made.discard(slug)
                self._journal.removed(slug)
                break
        return status

    def adopt(self, slug: str) -> None:
        """Remove in the end a customer that a request made although it should not have."""
        if slug.startswith(PREFIX) and slug not in self._journal.slugs:
            self._journal.made(slug)

    def remove_leftovers(self, folder: Path) -> int:
        """Take over what earlier runs against this target left behind, and remove it; how many were still there."""
        for leftover in leftovers(folder):
            if leftover.base_url == self._url:
                for slug in leftover.slugs:
                    self._journal.made(slug)
                forget(leftover.path)
        return sum(self.remove(slug) in sibling.REMOVED for slug in sorted(self._journal.slugs))

    def close(self) -> None:
        """Remove what was made, put back what was given. What could not be is in `left`."""
        uncut(self._close)

    def _close(self) -> None:
        with suppress(NoVerdict):
            if self._only and self._original:
                status = self._put_back(self._only.slug)
                refused = f"{self._only.slug} (its details could not be put back: PUT answered {status})"
                self._not_put_back = "" if status == 204 else refused
            with ThreadPoolExecutor(self._limits.concurrency) as pool:
                # What should not be there may be another name for one that was made: it comes after them.
                list(pool.map(self.remove, sorted(self._journal.slugs, key=lambda slug: slug not in self._made)))
        self._journal.close()

    def _put_back(self, slug: str) -> int | None:
        details = {name: self._original[name] for name in _DETAILS if self._original.get(name) is not None}
        if "billingEmail" not in details and stored_in(self.get(slug)).get("billingEmail"):
            # Left out it would be kept.
            details["billingEmail"] = ""
        of_the_page = {name: details[name] for name in _DETAILS[:2] if name in details}
        for content in (details, of_the_page):
            status = self._client.send(update(quote(slug, safe=""), json.dumps(content).encode())).status
            if status == 204:
                break
        return status
