"""Customers: the disposable ones that the suite makes, uses and removes, or the one that it was given."""

import json
import re
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
from contracts.http.exchange import Exchange
from contracts.http.request import update
from contracts.http.retries import uninterrupted
from contracts.rules.state import HIDDEN, Stored, stored_in

# How often a sibling operation is tried. It is not under contract, so one bad answer of it does not end the run.
_TRIES = 6
# The members of a customer that an update replaces. A release may know only the first two.
_DETAILS = ("name", "externalCustomerId", "domain", "billingEmail")
# After so many waits in vain, reads are waited for less; the second number holds once some read has lagged.
_FUTILE_WAITS, _FUTILE_WAITS_IF_LAGGING = 3, 40
# The customers that a run needs at once: its first one, one for plain updates, one for the tests, one to send to at the
# same time, and two for a short time (one to try a failure again on, and another one to look at beside it).
_FEWEST = 6
_RANDOM = re.compile(r"(?=.*[a-f])([0-9a-f]-?){23,}[0-9a-f]", re.IGNORECASE)  # a UUID, an ObjectId


@dataclass
class Customer:
    """A customer under test, and what is known to be stored for it (empty where it cannot be read).

    `before` is what was stored before the last request. `unread` says why it is not known what is stored after it.
    `judged_by` names the release if the judge alone decided about the last request, without the literals of a test.
    """

    slug: str
    stored: Stored = field(default_factory=dict)
    before: Stored = field(default_factory=dict)
    unread: str = ""
    judged_by: str = ""

    @property
    def id(self) -> str:
        """Its id, if that is known and was drawn at random, so that no stranger has it as a slug; else empty."""
        return id_ if _RANDOM.fullmatch(id_ := str(self.stored.get("id"))) else ""


class Customers:
    """Makes customers, reads them back, and removes them again.

    `readable` says whether the target lets us read, `settle` how many seconds a read may lag, `lags` whether a read
    was ever right only after a wait, and `renamed` how the vendor changed a slug, if it did.
    """

    def __init__(self, client: Client, journal: Journal | None) -> None:
        self._client, self.target, self._limits = client, client.target, client.target.limits
        self._url, self.settle = self.target.base_url, self._limits.settle
        self._limit = self._limits.customers or 0  # how many may exist at once (`--customers`), 0: any number
        self._journal = journal or Journal()
        self._run = f"{PREFIX}{secrets.token_hex(4)}"
        self._numbers = count(1)
        # The customers that certainly exist. The journal also has those that may exist.
        self._made: set[str] = set()
        self._short_lived: list[Customer] = []
        # If `--customers` limits their number, only one thread at a time uses short-lived customers.
        self.short_lived: AbstractContextManager[Any] = threading.RLock() if self._limit else nullcontext()
        self._own: dict[int, Customer] = {}
        self._making_room = threading.Lock()
        self._only: Customer | None = None
        # What was stored for the customer of `--customer` at first; and what to report if that was not put back.
        self._original: Stored = {}
        self._not_put_back = ""
        self._volatile: frozenset[str] = frozenset()
        self._futile_waits = 0
        self.readable = self.lags = False
        self.renamed = ""

    @property
    def only_one(self) -> bool:
        """Whether there is only one customer: it is that of `--customer`, or `--customers` allows too few."""
        return self._only is not None

    @property
    def lanes(self) -> int:
        """How many customers may get requests at once. Each gets one request at a time."""
        at_once = self._limits.concurrency
        return 1 if self._only else max(1, min(at_once, self._limit - _FEWEST)) if self._limit else at_once

    @property
    def own(self) -> Customer:
        """A customer that only the calling thread uses."""
        thread = threading.get_ident()
        if thread not in self._own:
            self._own[thread] = self.make()
        return self._own[thread]

    @property
    def left(self) -> list[str]:
        """What is not removed or put back yet. After `close`, it is what could not be."""
        return [*filter(None, [self._not_put_back]), *sorted(self._journal.slugs)]

    @property
    def existing(self) -> frozenset[str]:
        """The slugs of all existing customers that the suite may touch."""
        return frozenset([*self._made, *([self._only.slug] if self._only else [])])

    def unused_slug(self, beginning: str = "") -> str:
        """A slug that names no customer, with this `beginning` if one is given."""
        return f"{beginning or f'{self._run}-nobody'}-{next(self._numbers):05}"

    def open(self) -> Customer:
        """Find out what the target allows, and return the first customer.

        Raises WrongCall if the token is refused, no customer can be made, or the given one does not exist; NoVerdict if
        the target does not make or show customers as its own API page says, or is not the API.
        """
        given = self.target.customer
        customer = Customer(given) if given else uninterrupted(self._make)
        exchange = self.get(customer.slug)
        if given:
            self._check_that_the_api_answers(exchange)
        if exchange.status not in {401, 403, 405}:
            exchange = self.read_until(customer.slug, lambda stored: "name" in stored)  # a read may lag
        if exchange.status == 401:
            raise sibling.refused_token(self._url)
        if exchange.status == 404 and given:
            raise WrongCall(f"{self._url} has no customer {given!r} (GET answered 404); give another with --customer")
        first, settle = stored_in(exchange), None if exchange.status == 200 else 0.0
        second = stored_in(self.read_until(customer.slug, lambda stored: HIDDEN not in stored, settle))
        self._volatile = frozenset(name for name in first if HIDDEN not in second and first[name] != second.get(name))
        # What has a slug is a customer: that its name is not there must show.
        self.readable = not {"name", "slug"}.isdisjoint(first)
        if HIDDEN in first and exchange.status not in sibling.CANNOT:
            raise NoVerdict(f"{self._url} does not show customer {customer.slug}: {first[HIDDEN]}")
        customer.stored = self.shown(exchange) if self.readable else {}
        if given or 0 < self._limit < _FEWEST:
            self._only = customer
        if given and self.readable:
            self._original, self._not_put_back = customer.stored, f"{given} (its details could not be put back)"
        return customer

    def _check_that_the_api_answers(self, first: Exchange) -> None:
        """Raise `NoVerdict` if an HTML page refuses the first request, and an empty update as well."""
        if (said := sibling.in_front(first)) and sibling.in_front(self._client.send(update(self.unused_slug(), b""))):
            raise NoVerdict(said)

    def make(self, beginning: str = "") -> Customer:
        """A new customer to keep, whose slug has this `beginning`; or the only one. Its making is not cut short."""
        return self._only or uninterrupted(lambda: self._make(beginning))

    def unused(self, beginning: str = "") -> Customer:
        """Like `make`, but for a short time: if `--customers` allows no more, the oldest of these is removed."""
        customer = self.make(beginning)
        if self._limit:
            self._short_lived.append(customer)
        return customer

    def replace(self, customer: Customer) -> None:
        """Let this object stand for a new customer from now on."""
        if self._limit:
            self.remove(customer.slug)
        new = self.make()
        customer.slug, customer.stored, customer.before = new.slug, new.stored, new.stored

    def _make(self, beginning: str = "") -> Customer:
        """Make a customer, complete if it is there to be looked at. If that fails, try again with another slug."""
        for _ in range(_TRIES):
            slug = self._with_room(beginning)
            try:
                exchange = self._client.send(sibling.create(slug, complete=bool(beginning) or not self._made))
            except NoVerdict:
                if not self._client.reached:
                    self._journal.removed(slug)
                raise
            if exchange.status == 201:
                return self._known(slug, sibling.made_as(exchange))
            # Our own first try has made it, and its answer was lost: no other run uses this slug.
            if exchange.status == 409 and exchange.sent_again and self.get(slug).status != 404:
                return self._known(slug, slug)
            if exchange.status in sibling.MADE_NONE:
                self._journal.removed(slug)
            elif self._limit:
                self.remove(slug)
            if not self._made:
                self._check_that_the_api_answers(exchange)
            refusal = sibling.refusal(exchange, self._url, len(self._made))
            if isinstance(refusal, WrongCall):
                break
        raise refusal

    def _with_room(self, beginning: str) -> str:
        """A slug for one more customer. If no more are allowed, another one is removed first."""
        slug = self.unused_slug(beginning or f"{self._run}-customer")
        with self._making_room:
            while self._limit and len(self._journal.slugs) >= self._limit:
                if not self._short_lived or self.remove(self._short_lived.pop(0).slug) not in sibling.NOT_THERE:
                    raise NoVerdict(f"--customers {self._limit} allows no more, and none can be removed at {self._url}")
            self._journal.made(slug)
        return slug

    def _known(self, asked: str, slug: str) -> Customer:
        """The customer that was made as `slug`, though another slug may have been asked for."""
        if slug != asked:
            self._journal.made(slug)
            self._journal.removed(asked)
            self.renamed = f"{asked} was made as {slug}"
        self._made.add(slug)
        stored = self.shown(self.read_until(slug, lambda stored: HIDDEN not in stored)) if self.readable else {}
        return Customer(slug, stored)

    def read_until(self, slug: str, satisfied: Callable[[Stored], bool], settle: float | None = None) -> Exchange:
        """Read a customer again and again, for up to `settle` seconds, until what is shown satisfies.

        `settle` is the target's unless given. It is shorter after several waits in vain.
        """
        most = _FUTILE_WAITS_IF_LAGGING if self.lags else _FUTILE_WAITS
        whole = self.settle if self._futile_waits < most else self.settle / 20
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
        """The customer that a read shows, without members that change by themselves between two reads."""
        return {name: value for name, value in stored_in(exchange).items() if name not in self._volatile}

    def get(self, slug: str) -> Exchange:
        return self._client.send(sibling.read(slug))

    def remove(self, slug: str) -> int | None:
        """Remove a customer that the suite made. Returns the status, which alone says whether it is gone."""
        for _ in range(_TRIES):
            status = self._client.send(sibling.delete(slug)).status
            if status in sibling.NOT_THERE:
                self._made.discard(slug)
                self._journal.removed(slug)
                break
        return status

    def adopt(self, slug: str) -> None:
        """Note a customer that a request may have wrongly made, so that it is removed in the end."""
        if slug.startswith(PREFIX) and slug not in self.existing | self._journal.slugs:
            self._journal.made(slug)

    def remove_leftovers(self, folder: Path) -> int:
        """Remove what earlier runs left at this target, and return how many there were. Raises WrongCall on a 401."""
        for leftover in leftovers(folder):
            if leftover.base_url == self._url:
                for slug in leftover.slugs:
                    self._journal.made(slug)
                forget(leftover.path)
        removed = 0
        for slug in sorted(self._journal.slugs):
            if (status := self.remove(slug)) == 401:
                raise sibling.refused_token(self._url)
            removed += status in sibling.REMOVED
        return removed

    def close(self) -> None:
        """Remove the customers that were made, and put back the given one. `left` has what could not be done."""
        uninterrupted(self._close)

    def _close(self) -> None:
        with suppress(NoVerdict):
            if self._only and self._original:
                status = self._put_back(self._only.slug)
                refused = f"{self._only.slug} (its details could not be put back: PUT answered {status})"
                self._not_put_back = "" if status == 204 else refused
            with ThreadPoolExecutor(self._limits.concurrency) as pool:
                # A customer that was wrongly made may be one of ours under another name, so it is removed after them.
                for slugs in (self._journal.slugs & self._made, self._journal.slugs - self._made):
                    list(pool.map(self.remove, sorted(slugs)))
        self._journal.close()

    def _put_back(self, slug: str) -> int | None:
        details = {name: self._original[name] for name in _DETAILS if self._original.get(name) is not None}
        if "billingEmail" not in details and stored_in(self.get(slug)).get("billingEmail"):
            # An update that leaves it out keeps it, so it has to be cleared.
            details["billingEmail"] = ""
        of_the_page = {name: details[name] for name in _DETAILS[:2] if name in details}
        for content in (details, of_the_page):
            status = self._client.send(update(quote(slug, safe=""), json.dumps(content).encode())).status
            if status == 204:
                break
        return status
