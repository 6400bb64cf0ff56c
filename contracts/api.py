"""What tests of the contract are written with: `api` sends a request, and returns an answer that was judged.

The judge looks at every exchange, and at what is stored afterwards. A broken promise is raised here, before any
assertion of the test.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest
from schemathesis import Case

from contracts.ahead import Ahead
from contracts.attempt import NO_READING, Attempt, BrokenPromise, fail
from contracts.clients import histories
from contracts.customers import sibling
from contracts.customers.disposable import Customer
from contracts.errors import NoVerdict
from contracts.fuzz.ledger import Ledger, Together
from contracts.fuzz.payloads import PAIRS, Payload
from contracts.fuzz.schema import request_of
from contracts.http.client import LINGER
from contracts.http.credential import WRITE_TOKEN, Headers, values_of
from contracts.http.exchange import Response
from contracts.http.request import CUSTOMER, Request, update
from contracts.http.target import MIB
from contracts.rules.judge import Circumstance
from contracts.rules.promise import Violation
from contracts.rules.state import HIDDEN, Stored
from contracts.run import NO_500, ONE_AT_A_TIME, ONE_CUSTOMER, REMOVES_NONE, Run

# A test that meets one has neither passed nor failed. The summary lists it as broken, with its reason and date.
_ACCEPTED = "an accepted deviation"
_VALID = (f"Bearer {WRITE_TOKEN}",)


@dataclass(frozen=True)
class JudgedAnswer:
    """An answer as a test reads it, and the customer that the request went to, as it was then.

    `status` is None if the connection broke where it may break: at a body of 1 MiB or more. `after_head` has every byte
    that followed the header section, `body` is without the transfer coding. `pin` names the release that the target is
    held to. `judged_by` names it, too, if it allows other statuses for the request than `docs`. The literals of the
    tests speak of `docs`, so then the judge alone decides what is right.
    """

    status: int | None
    headers: Headers
    body: bytes = field(repr=False)
    after_head: bytes = field(repr=False)
    customer: Customer
    pin: str
    judged_by: str

    def header(self, name: str) -> list[str]:
        return values_of(self.headers, name)


class Api:
    """The operation under contract. Each test finds `customer` as the test before left it.

    Whatever is sent is judged. Each method that sends something raises `BrokenPromise` if an answer, or what is stored
    afterwards, is not as promised.

    A target takes its time to answer, so tests are run ahead on several threads. Each thread has its own customer, and
    each test that is run ahead has its own copy of the `Api`.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._attempts, self._customers = run, run.attempts, run.customers
        self._ahead = Ahead(run.attempts.workers, run.customers.lanes)
        self.customer = run.customers.own
        self._nobody: set[str] = set()
        self._explained: set[str] = set()
        self._last: Attempt
        self.begin("")

    def begin(self, test: str) -> None:
        self.test = test
        self.judged_by = ""
        self._ledger = self._new_ledger()

    def _new_ledger(self) -> Ledger:
        return Ledger(self._attempts, self._explained, self._left)

    def run_ahead(self, upcoming: "Iterable[tuple[str, Callable[[Api], object]]]") -> None:
        """Run the next tests on other threads, each with its own `Api` and customer. A test is known by its id."""
        self._ahead.run((test, partial(self._run_on_this_thread, test, function)) for test, function in upcoming)

    def _run_on_this_thread(self, test: str, function: "Callable[[Api], object]") -> str:
        api = copy(self)
        api.customer = self._customers.own
        api.begin(test)
        try:
            function(api)
        except NoVerdict as error:
            # The request may still be carried out, so the next test of this thread takes another customer.
            api.customer.stored = {HIDDEN: str(error)}
            raise
        # Nothing else is kept, because what the test has sent may have megabytes.
        return api.judged_by

    def was_run_ahead(self, test: str) -> bool:
        """Whether the test was run ahead. What it raised then is raised here."""
        ended = self._ahead.taken(test)
        if ended:
            self.judged_by = ended.result()
        return ended is not None

    def unfinished(self) -> Iterator[tuple[str, Attempt]]:
        """What was found broken and not raised: by a test that is cut short, and by those that were run ahead."""
        yield from ((self.test, attempt) for attempt in self._ledger.failures)
        for test, error in self._ahead.failed():
            yield from ((test, attempt) for attempt in error.attempts) if isinstance(error, BrokenPromise) else ()

    def conclude(self) -> BrokenPromise | None:
        """What a generated test found, as one failure: for each promise the smallest request, tried again alone."""
        ledger, self._ledger = self._ledger, self._new_ledger()
        if ledger.sent:
            self._run.metrics.drawn(len(ledger.sent), self.test)
        found = ledger.conclusion()
        return BrokenPromise(*found) if found else None

    def explained(self, violations: Iterable[Violation]) -> None:
        """Note that these violations were explained, so that no generated test searches for them again."""
        self._explained.update(violation.promise for violation in violations)

    def put(
        self,
        customer: Customer,
        body: bytes,
        *,
        slug: str = CUSTOMER,
        content_type: str | None = "application/json",
        authorization: Sequence[str] = _VALID,
        headers: Headers = (),
        linger: float = LINGER,
    ) -> JudgedAnswer:
        """Update a customer, and read back what is stored. `<CUSTOMER>` in `slug` stands for the customer's slug.

        `linger` is how many seconds to wait for what may follow a 204.
        """
        template = update(slug, body, content_type=content_type, authorization=tuple(authorization))
        template = replace(template, headers=(*template.headers, *headers))
        self._skip_untriable(template, customer)
        circumstance = Circumstance.OF_NOBODY if slug in self._nobody else Circumstance.USUAL
        return self._answer(self._attempts.send(template, customer, linger, circumstance, apart=True), customer)

    def put_again(self, customer: Customer) -> JudgedAnswer:
        """Send the last update once more: it must store the same as before, or be refused as before."""
        circumstance = Circumstance.REPEATED if self._last.accepted else Circumstance.REFUSED_TWICE
        return self._put_alike(customer, self._last.template, circumstance)

    def put_rewritten(self, customer: Customer, body: bytes) -> JudgedAnswer:
        """Send the last update with its JSON written in another way: it must be answered alike."""
        return self._put_alike(customer, replace(self._last.template, body=body), Circumstance.REWRITTEN)

    def put_with_headers(self, customer: Customer, written: Callable[[Headers], Headers]) -> JudgedAnswer:
        """Send the last update with its headers written in another way: it must be answered alike."""
        headers = tuple(written(self._last.template.headers))
        return self._put_alike(customer, replace(self._last.template, headers=headers), Circumstance.OTHER_HEADERS)

    def _put_alike(self, customer: Customer, template: Request, circumstance: Circumstance) -> JudgedAnswer:
        # The same details have to be stored once more, so something else is stored in between.
        apart = circumstance in (Circumstance.REWRITTEN, Circumstance.OTHER_HEADERS)
        attempt = self._attempts.send(template, customer, circumstance=circumstance, apart=apart, like=self._last)
        return self._answer(attempt, customer)

    def put_and_read_at_once(self, bodies: Sequence[Sequence[bytes]]) -> list[Sequence[Stored]]:
        """For each history, let several clients send these updates and read at once. Returns what each read has shown.

        The list is empty if the pin allows other statuses than `docs` for an update: then the judge alone decides.
        """
        # Requests of other tests would change which of these requests overlap.
        self._ahead.stop()
        if not self._customers.readable:
            pytest.skip(NO_READING)
        if self._run.target.limits.concurrency < 2:
            pytest.skip(ONE_AT_A_TIME)
        # If the vendor stores something other than what is sent, no order of updates explains the reads.
        self.put(self.customer, b'{"name":"alone","externalCustomerId":"of alone"}')
        ended = histories(self._attempts, bodies)
        broken = [left for each in ended for left in map(self._left, each.updates) if left.violations]
        if broken:
            # Of many updates that break one promise, one is tried again.
            tried: list[Attempt] = []
            for left in broken:
                tried += [left] if left.broken.difference(*(other.broken for other in tried)) else []
            again = [found for left in tried for found in map(self._left, self._attempts.again(left))]
            fail(broken[0].violations[0].promise, *([found for found in again if found.violations] or tried))
        if any(update.violations for each in ended for update in each.updates):
            pytest.xfail(_ACCEPTED)
        judges = [self._run.judged_by(update.exchange.request) for each in ended for update in each.updates]
        self.judged_by = next(filter(None, judges), "")
        return [] if self.judged_by else [each.shown for each in ended]

    def first_update(self) -> JudgedAnswer:
        """The first update of the run, judged once more by what is stored now, and shown by several reads."""
        if self._customers.only_one:
            pytest.skip(ONE_CUSTOMER)
        return self._answer(*self._run.first_update_now())

    def put_beside_others(
        self, customer: Customer, body: bytes, *, slug: str = CUSTOMER, authorization: Sequence[str] = _VALID
    ) -> tuple[JudgedAnswer, Customer, Customer]:
        """Update a customer, and look at two others, which come back with the answer.

        One is older. The other is newer: its slug begins with that of the customer, and its details are the same.
        """
        if self._customers.only_one:
            pytest.skip(ONE_CUSTOMER)
        template = update(slug, body, authorization=tuple(authorization))
        attempt, older, newer = self._attempts.send_beside_others(template, customer)
        return self._answer(attempt, customer), older, newer

    def put_while_the_vendor_fails(self, customer: Customer, body: bytes) -> JudgedAnswer:
        """Update a customer while the mocked vendor fails and answers 500. No live vendor can be told to fail."""
        if self._run.vendor is None:
            pytest.skip(NO_500)
        with self._run.vendor.failing(customer.slug):
            template, circumstance = update(CUSTOMER, body), Circumstance.PROVOKED
            return self._answer(self._attempts.send(template, customer, LINGER, circumstance, read=False), customer)

    def slug_of_nobody(self) -> str:
        """A well-formed slug that no customer has. A request that is sent to it must not make one."""
        slug = self._customers.unused_slug()
        self._nobody.add(slug)
        return slug

    def slug_of_a_removed_customer(self) -> str:
        """The slug of a customer that was made and removed, and is shown no more. Nothing may bring it back."""
        if self._customers.only_one:
            pytest.skip(ONE_CUSTOMER)
        with self._customers.short_lived:
            slug = self._customers.unused().slug
            removed = self._customers.remove(slug) in sibling.REMOVED
        read = self._customers.read_until(slug, lambda stored: HIDDEN in stored) if removed else None
        if not read or HIDDEN not in self._customers.shown(read):
            pytest.skip(REMOVES_NONE)
        self._nobody.add(slug)
        return slug

    def is_there(self, customer: Customer, slug: str) -> bool:
        """Whether there is a customer with this slug now. `customer` is the one that `put` was called with."""
        if customer.unread:
            pytest.skip(customer.unread)
        return HIDDEN not in self._customers.shown(self._customers.get(slug))

    def send(self, asked: Payload | Case[Any]) -> JudgedAnswer:
        """Send a payload, or a case of Schemathesis, to a customer that nobody else uses meanwhile."""
        template = asked.request if isinstance(asked, Payload) else request_of(asked)
        customer = self._customers.own
        self._skip_untriable(template, customer)
        attempt = self._attempts.send(template, customer, apart=True)
        # A copy of the customer as it is now, because the next test of this thread will change it.
        then = replace(customer)
        if len(template.body) > MIB and not self._customers.only_one:
            # The customer may be large from now on, and it would be read after each further request.
            self._customers.replace(customer)
        if isinstance(asked, Payload) and asked.family == PAIRS:
            self._run.metrics.add({"pairs": {asked.id: 1}})
        return self._answer(attempt, then, several=not isinstance(asked, Payload))

    def send_together(self, asked: Sequence[Case[Any]] | Sequence[Request]) -> Together:
        """Send cases of Schemathesis, or requests, to several customers at once."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a test that sends several requests at once cannot be run ahead: mark it `fuzz`")
        return Together(self._ledger, [each if isinstance(each, Request) else request_of(each) for each in asked])

    def _skip_untriable(self, template: Request, customer: Customer) -> None:
        if reason := self._run.target.untriable(template, customer.id):
            pytest.skip(reason)

    def _left(self, attempt: Attempt) -> Attempt:
        return self._run.options.deviations.left_of(attempt, self.test)

    def _answer(self, attempt: Attempt, customer: Customer, *, several: bool = False) -> JudgedAnswer:
        """The answer of an attempt. If it is not as promised, the attempt is tried again, and the failure is raised.

        `several` says that the test has more to send.
        """
        left = self._left(attempt)
        if left.violations:
            # In a hand-written test, the failure may need the request that the test has sent before.
            again = self._attempts.again(left, left.before if customer is self.customer else None)
            found = [each for each in map(self._left, again) if each.violations]
            fail(left.violations[0].promise, *(found or [left]))
        if attempt.violations and not several:
            pytest.xfail(_ACCEPTED)
        self._last = attempt
        customer.judged_by = self._run.judged_by(attempt.exchange.request)
        self.judged_by = self.judged_by or ("" if several else customer.judged_by)
        got = (None if attempt.exchange.persistent else attempt.exchange.response) or Response(0, (), b"", b"")
        pin, judged_by = self._run.document.name, customer.judged_by
        return JudgedAnswer(got.status or None, got.headers, got.body, got.wire_body, customer, pin, judged_by)
