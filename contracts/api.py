"""What a test of the contract is written with: it sends a request, and comes back with an answer that was judged.

Behind `api` the judge looks at every exchange, and at what is stored afterwards. What breaks a promise is raised here,
before any assertion of the test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from schemathesis import Case

from contracts.attempt import Attempt
from contracts.customers.disposable import Customer
from contracts.fuzz.ledger import Ledger
from contracts.fuzz.payloads import Payload
from contracts.fuzz.schema import request_of
from contracts.http.client import LINGER
from contracts.http.credential import WRITE_TOKEN, Headers
from contracts.http.exchange import CUSTOMER, Request, Response, update
from contracts.http.target import MIB
from contracts.rules.document import load
from contracts.rules.judge import Circumstance
from contracts.rules.oracle import predict
from contracts.rules.promise import Violation, promises
from contracts.rules.state import GONE
from contracts.run import NO_500, ONE_CUSTOMER, Run

# So many payloads of the tests to come are sent ahead, while the tests that are written out run one by one.
_AHEAD = 120
# Of these so many are begun with each test, and none while what is kept of them takes so many bytes.
_A_TEST = 32
_HELD = 8 * MIB
# In place of a response that never came.
_NONE = Response(0, (), b"", b"")
_VALID = (f"Bearer {WRITE_TOKEN}",)


class BrokenPromise(AssertionError):
    """A promise that was broken, with the attempts that show it. Each promise has a subclass of its own.

    Hypothesis tells failures apart by their type and the line that raises them.
    """

    def __init__(self, *attempts: Attempt, why: str = "") -> None:
        violations = [violation for attempt in attempts for violation in attempt.violations]
        super().__init__(
            "; ".join(f"{one.promise}: expected {one.expected}, came {one.actual}" for one in violations[:3])
        )
        self.attempts, self.why = attempts, why


@cache
def _type_of(promise: str) -> type[BrokenPromise]:
    name = "".join(word.capitalize() for word in promise.replace(".", "_").split("_"))
    return type(name, (BrokenPromise,), {"__doc__": promises()[promise].sentence})


def fail(promise: str, *attempts: Attempt, why: str = "") -> None:
    """Raise for a promise.

    Raises:
        BrokenPromise: always, of the promise's own subclass.

    """
    raise _type_of(promise)(*attempts, why=why)


def _held(sent: Future[tuple[Attempt, Customer]]) -> int:
    """About how many bytes are kept of a payload that was sent ahead: its answer, and what its customer shows."""
    if not sent.done() or sent.cancelled() or sent.exception():
        return 0
    attempt, customer = sent.result()
    shown = [text for stored in (customer.stored, customer.before) for text in stored.values() if isinstance(text, str)]
    return sum(
        map(len, [*shown, *(one.response.body for one in (attempt.exchange, attempt.read) if one and one.response)])
    )


@dataclass(frozen=True)
class Answer:
    """An answer as a test reads it, and the customer that the request went to, as it was then.

    `status` is None where the connection broke, and may break: at a body of 1 MiB or more. `after_head` has every byte
    that followed the header section, `body` is without the transfer coding. `pin` names the release that is held to.
    `judged_by` names it where its judge alone decides what is right, for it allows other statuses for the request than
    `docs` does: a literal of a test speaks of `docs`.
    """

    status: int | None
    headers: Headers
    body: bytes = field(repr=False)
    after_head: bytes = field(repr=False)
    customer: Customer
    pin: str
    judged_by: str

    def header(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class Together:
    """Requests that are sent together."""

    ledger: Ledger
    requests: Sequence[Request]

    def each_as_promised(self) -> None:
        """Send them; each has to be answered, and to leave behind what is stored, as the contract promises."""
        self.ledger.each_as_promised(self.requests)


class Api:
    """The operation under contract. Each test finds `customer` as the one before left it.

    Whatever is sent is judged: each method that sends something raises `BrokenPromise` where an answer, or what is
    stored afterwards, is not as promised.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._attempts, self._customers = run, run.attempts, run.customers
        # One request at a time is the running test's own; and where there is one customer, it has it for itself.
        self._others = run.customers.lanes - 1
        self._ahead: dict[str, Future[tuple[Attempt, Customer]]] = {}
        self.customer = run.customers.make()
        self._docs = load("docs")
        self._nobody: set[str] = set()
        self._explained: set[str] = set()
        self._last: Attempt
        self.begin("")

    def begin(self, test: str, upcoming: Iterable[Payload] = ()) -> None:
        """Begin the next test, and send the payloads ahead that are `upcoming`: its own, and those of tests to come."""
        self.test = test
        self.judged_by = ""
        self._ledger = Ledger(self._attempts, self._explained, self._left, fail)
        full = sum(map(_held, self._ahead.values())) > _HELD
        most = min(_AHEAD, len(self._ahead) + _A_TEST)
        for payload in upcoming if self._others and not full else ():
            if len(self._ahead) >= most:
                break
            if payload.id not in self._ahead and not self._run.untriable(payload.request):
                self._ahead[payload.id] = self._attempts.workers.submit(self._on_its_own_customer, payload.request)

    def unfinished(self) -> list[Attempt]:
        """What was found broken, and not raised yet, by a test that is cut short and by what was sent ahead."""
        ahead = [sent.result()[0] for sent in self._ahead.values() if sent.done() and not sent.cancelled()]
        return [*self._ledger.failures, *(left for left in map(self._left, ahead) if left.violations)]

    def conclude(self) -> BrokenPromise | None:
        """What a generated test found, as one failure: for each promise the smallest request, tried again alone."""
        if self._ledger.sent:
            self._run.metrics.drawn(len(self._ledger.sent), self.test)
        found = self._ledger.conclusion()
        return BrokenPromise(*found) if found else None

    def explained(self, violations: Iterable[Violation]) -> None:
        """Note that these were explained: no generated test has to search for them again."""
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
    ) -> Answer:
        """Update a customer; `<CUSTOMER>` in `slug` stands for its own. What is stored is read back.

        `linger` is how many seconds to wait for what may follow a 204.
        """
        template = update(slug, body, content_type=content_type, authorization=tuple(authorization))
        template = replace(template, headers=(*template.headers, *headers))
        self._skip_untriable(template)
        circumstance = Circumstance.OF_NOBODY if slug in self._nobody else Circumstance.USUAL
        return self._answer(self._attempts.send(template, customer, linger, circumstance, apart=True), customer)

    def put_again(self, customer: Customer) -> Answer:
        """Send the last update once more: where it was accepted, it must leave what it left before."""
        circumstance = Circumstance.REPEATED if self._last.accepted else Circumstance.USUAL
        attempt = self._attempts.send(self._last.template, customer, circumstance=circumstance)
        return self._answer(attempt, customer)

    def put_at_once(self, customer: Customer, bodies: Iterable[bytes]) -> list[Answer]:
        """Send several updates of one customer at once."""
        wait(self._ahead.values())
        templates = [update(CUSTOMER, body) for body in bodies]
        attempts = self._attempts.send_at_once(templates, customer, Circumstance.AT_ONCE)
        return [self._answer(attempt, customer) for attempt in attempts]

    def put_beside_others(
        self, customer: Customer, body: bytes, *, slug: str = CUSTOMER, authorization: Sequence[str] = _VALID
    ) -> tuple[Answer, Customer, Customer]:
        """Update a customer, and look at two others: an older one and a newer one, which come back with the answer."""
        if self._customers.given:
            pytest.skip(ONE_CUSTOMER)
        older, newer = self._attempts.others()
        template = update(slug, body, authorization=tuple(authorization))
        attempt = self._attempts.send(template, customer, LINGER, Circumstance.BESIDE_OTHERS, (older, newer))
        return self._answer(attempt, customer), older, newer

    def put_while_the_vendor_fails(self, customer: Customer, body: bytes) -> Answer:
        """Update a customer while the mocked vendor fails, and answers this with 500. No live vendor can be told to."""
        if self._run.vendor is None:
            pytest.skip(NO_500)
        with self._run.vendor.failing(customer.slug):
            template, circumstance = update(CUSTOMER, body), Circumstance.PROVOKED
            return self._answer(self._attempts.send(template, customer, LINGER, circumstance, read=False), customer)

    def slug_of_nobody(self) -> str:
        """A well-formed slug that no customer has. What it is sent with must not make one."""
        slug = self._customers.unused_slug()
        self._nobody.add(slug)
        return slug

    def is_there(self, customer: Customer, slug: str) -> bool:
        """Whether there is a customer with this slug now. `customer` is the one that was used to ask for it."""
        if customer.unread:
            pytest.skip(customer.unread)
        return GONE not in self._customers.shown(self._customers.get(slug))

    def send(self, asked: Payload | Case[Any]) -> Answer:
        """Send a payload, or a case of Schemathesis, to a customer that nobody else uses meanwhile."""
        if isinstance(asked, Payload):
            self._skip_untriable(asked.request)
            sent = self._ahead.pop(asked.id, None)
            return self._answer(*(sent.result() if sent else self._on_its_own_customer(asked.request)), why=asked.why)
        return self._answer(*self._on_its_own_customer(request_of(asked)), several=True)

    def send_together(self, asked: Sequence[Case[Any]] | Sequence[Request]) -> Together:
        """Send cases of Schemathesis, or requests, several customers at once."""
        # What is sent together has all turns.
        wait(self._ahead.values())
        return Together(self._ledger, [one if isinstance(one, Request) else request_of(one) for one in asked])

    def _skip_untriable(self, request: Request) -> None:
        if reason := self._run.untriable(request):
            pytest.skip(reason)

    def _on_its_own_customer(self, template: Request) -> tuple[Attempt, Customer]:
        customer = self._attempts.own_customer
        attempt = self._attempts.send(template, customer, apart=True)
        # The customer as it is now: others will use it before the test looks at it.
        then = replace(customer)
        if len(template.body) > MIB and not self._customers.given:
            # What it may show from now on is large, and is read after each request.
            self._customers.replace(customer)
        return attempt, then

    def _left(self, attempt: Attempt) -> Attempt:
        return self._run.options.deviations.left_of(attempt, self.test)

    def _answer(self, attempt: Attempt, customer: Customer, *, why: str = "", several: bool = False) -> Answer:
        """The answer of an attempt that is as promised; one that is not is tried again and raised.

        `several` says that its test has more to send.
        """
        left = self._left(attempt)
        if left.violations:
            # What a test that is written out has sent before may be what it takes.
            again = self._attempts.again(left, left.before if customer is self.customer else None)
            found = [one for one in map(self._left, again) if one.violations]
            fail(left.violations[0].promise, *(found or [left]), why=why)
        if attempt.violations and not several:
            # Neither passed nor failed: the summary has it as broken, with its reason and date.
            pytest.xfail("an accepted deviation")
        self._last = attempt
        customer.judged_by = self._judged_by(attempt.exchange.request)
        self.judged_by = self.judged_by or ("" if several else customer.judged_by)
        came = (None if attempt.exchange.persistent else attempt.exchange.response) or _NONE
        pin, judged_by = self._run.document.name, customer.judged_by
        return Answer(came.status or None, came.headers, came.body, came.wire_body, customer, pin, judged_by)

    def _judged_by(self, request: Request) -> str:
        """The pin's name, where it allows other statuses for these bytes than `docs`, of which the literals speak."""
        pin, existing = self._run.document, self._customers.existing
        if pin.name == self._docs.name:
            return ""
        by_pin, by_docs = (predict(request, document, existing).allowed for document in (pin, self._docs))
        return "" if by_pin == by_docs else pin.name
