"""Customers: the disposable ones that the suite makes, uses and removes, or the one that it was given."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from contracts.customers import sibling
from contracts.customers.journal import PREFIX, Journal, forget, leftovers
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN
from contracts.http.exchange import Exchange, update
from contracts.http.interrupt import uncut
from contracts.rules.state import GONE, Stored, stored_in

# After so many waits for a read that did not come right, it is not lag that keeps it from it.
_FUTILE = 3
# The sibling operations are not under contract: one bad answer of theirs ends nothing.
_TRIES = 6


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

    `readable` says whether the target lets us read; `given` is the slug of `--customer`, or None.
    """

    def __init__(self, client: Client, journal: Journal | None) -> None:
        self._client = client
        self._journal = journal
        self._run = f"{PREFIX}{secrets.token_hex(4)}"
        self._count = 0
        self._lock = threading.Lock()
        self._made: set[str] = set()
        self._given: Customer | None = None
        self._visited: dict[str, Stored] = {}
        self._strays: set[str] = set()
        self._unused: list[Customer] = []
        # Customers are given out by one at a time, or two would get the same.
        self._giving = threading.Lock()
        self._futile_waits = 0
        # Whether a read was ever seen to come right only after a while.
        self.lags = False
        self.readable = False
        self._volatile: frozenset[str] = frozenset()
        self._stayed: list[str] = []
        self._closing = False

    @property
    def given(self) -> bool:
        """Whether there is only the one customer that was given."""
        return self._given is not None

    @property
    def left(self) -> list[str]:
        """What could not be removed or put back; nothing before that was tried."""
        if not self._closing:
            return self._stayed
        not_put_back = [f"{slug} (its details could not be put back)" for slug in self._visited]
        return [*self._stayed, *not_put_back, *sorted(self._made | self._strays)]

    @property
    def existing(self) -> frozenset[str]:
        """The slugs of all customers that the suite may touch, and that exist."""
        given = {self._given.slug} if self._given else frozenset()
        return frozenset(self._made) | given | frozenset(self._visited)

    def unused_slug(self, hint: str = "nobody") -> str:
        """A slug that names no customer."""
        with self._lock:
            self._count += 1
            # As long as any other: no slug is the beginning of another one.
            return f"{self._run}-{hint}-{self._count:05}"

    def open(self) -> Customer:
        """Find out what the target allows, and return the first customer.

        Raises:
            WrongCall: the token is refused, or customers can be neither made nor were given.
            NoVerdict: the target does not make customers as its own API page says.

        """
        slug = self._client.target.customer
        if slug is not None:
            self._given = Customer(slug, self._first_read(slug))
            if self.readable:
                self._visited[slug] = self._given.stored
            return self._given
        customer = self.make()
        customer.stored = self._first_read(customer.slug)
        return customer

    def make(self) -> Customer:
        """Make a disposable customer (POST /customers). One that is not made is tried again under another slug.

        Raises:
            WrongCall: no customer may be made with this token.
            NoVerdict: the target makes no customer.

        """
        # Cut short, it would not be known whether there is one.
        return uncut(self._make)

    def _make(self) -> Customer:
        for _ in range(_TRIES - 1):
            with suppress(NoVerdict):
                return self._make_once()
            self._client.patience.check()
        return self._make_once()

    def _make_once(self) -> Customer:
        slug = self.unused_slug("customer")
        self._expected(slug)
        try:
            exchange = self._client.send(sibling.create(slug))
        except NoVerdict:
            if not self._client.reached:
                self._forgotten(slug)
            raise
        # 409 is our own first try, made although its answer was lost: no other run makes this slug.
        if exchange.status not in (201, 409):
            if exchange.status in sibling.CANNOT | {400, 401, 422}:
                self._forgotten(slug)
            raise sibling.cannot_make(exchange, self._client.target.base_url)
        self._made.add(slug)
        customer = Customer(slug)
        self._strays.discard(slug)
        if self.readable:
            customer.stored = self.shown(self.read_until(slug, lambda stored: GONE not in stored))
        return customer

    def make_several(self, count: int) -> Sequence[Customer]:
        """Several customers on which nothing was tried; where only one was given, that one.

        They are made as many at once as requests are sent at once, and kept until somebody asks for them.
        """
        if self._given:
            return [self._given]
        with self._giving:
            if len(self._unused) < count:
                at_once = self._client.target.limits.concurrency
                wanted = max(count - len(self._unused), at_once)
                with ThreadPoolExecutor(at_once) as pool:
                    made = [pool.submit(self._make) for _ in range(wanted)]
                    self._unused += [future.result() for future in made]
            taken, self._unused = self._unused[:count], self._unused[count:]
        return taken

    def unused(self) -> Customer:
        """A customer on which nothing was tried; where only one was given, that one."""
        return self.make_several(1)[0]

    def replace(self, customer: Customer) -> None:
        """Let the customer stand for a new one from now on."""
        new = self.make()
        customer.slug, customer.stored, customer.before = new.slug, new.stored, new.stored

    def read_until(self, slug: str, satisfied: Callable[[Stored], bool], settle: float | None = None) -> Exchange:
        """The exchange that reads a customer, made again for up to `settle` seconds until what it shows satisfies.

        These are the target's unless given; when several waits were in vain, it is not lag, and they are fewer.
        """
        limit = self._client.target.limits.settle
        whole = limit if self._futile_waits < _FUTILE else limit / 20
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

    def remove(self, slug: str) -> bool:
        """Remove a customer that the suite made (DELETE); whether it is gone."""
        request = sibling.delete(slug)
        gone = any(self._client.send(request).status in (200, 202, 204, 404, 410) for _ in range(_TRIES))
        if gone:
            self._made.discard(slug)
            self._forgotten(slug)
        return gone

    def visit(self, slug: str) -> None:
        """Know from now on that somebody's customer exists, if it does; its details are put back in the end."""
        if slug in self.existing:
            return
        stored = stored_in(self.get(slug))
        if GONE not in stored:
            self._visited[slug] = stored

    def adopt(self, slug: str) -> None:
        """Remove in the end a customer that a request made although it should not have."""
        if slug.startswith(PREFIX) and slug not in self._strays:
            self._expected(slug)

    def close(self) -> None:
        """Remove what was made, put back what was given. What could not be is in `left`."""
        self._closing = True
        uncut(self._close)

    def _close(self) -> None:
        with suppress(NoVerdict):
            for slug, original in list(self._visited.items()):
                self._put_back(slug, original)
            with ThreadPoolExecutor(self._client.target.limits.concurrency) as pool:
                # What should not be there may be another name for one that was made: it comes after them.
                list(pool.map(self.remove, [*sorted(self._made), *sorted(self._strays - self._made)]))
        if self._journal:
            self._journal.close()

    def remove_leftovers(self, folder: Path) -> int:
        """Remove what earlier runs against this target left behind; how many customers that were."""
        count = 0
        for leftover in leftovers(folder):
            if leftover.base_url != self._client.target.base_url:
                continue
            gone = [self.remove(slug) for slug in leftover.slugs]
            count += sum(gone)
            self._stayed += [slug for slug, done in zip(leftover.slugs, gone, strict=True) if not done]
            if all(gone):
                forget(leftover)
        return count

    def read_token_is_valid(self) -> bool:
        """Whether the target knows the read token, as far as reading a customer tells."""
        slug = next(iter(self.existing))
        return self._client.send(sibling.read(slug, READ_TOKEN)).status != 401

    def _first_read(self, slug: str) -> Stored:
        base_url = self._client.target.base_url
        # A read may lag behind the making of the customer.
        self.read_until(slug, lambda stored: GONE not in stored)
        exchange = self.get(slug)
        if exchange.status == 401:
            raise sibling.refused_token(base_url)
        if exchange.status == 404 and self._client.target.customer:
            raise WrongCall(f"{base_url} has no customer {slug!r} (GET answered 404); give another one with --customer")
        self.readable = exchange.status not in sibling.CANNOT
        if not self.readable:
            return {}
        first, second = stored_in(exchange), stored_in(self.get(slug))
        self._volatile = frozenset(name for name in first if GONE not in second and first[name] != second.get(name))
        return self.shown(exchange)

    def _put_back(self, slug: str, original: Stored) -> None:
        details = {name: original[name] for name in ("name", "externalCustomerId") if name in original}
        exchange = self._client.send(update(quote(slug, safe=""), json.dumps(details).encode()))
        del self._visited[slug]
        if exchange.status != 204:
            self._stayed.append(f"{slug} (its details could not be put back: PUT answered {exchange.status})")

    def _expected(self, slug: str) -> None:
        """A customer with this slug may exist from now on."""
        self._strays.add(slug)
        if self._journal:
            self._journal.made(slug)

    def _forgotten(self, slug: str) -> None:
        self._strays.discard(slug)
        if self._journal:
            self._journal.removed(slug)
