"""What a test of the contract is written with: it sends a request, and comes back with an answer that was judged.

Behind `api` the judge looks at every exchange, and at what is stored afterwards. What breaks a promise is raised here,
before any assertion of the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from schemathesis import Case

from contracts.customers.disposable import Customer
from contracts.fuzz.ledger import Ledger
from contracts.fuzz.payloads import Payload
from contracts.fuzz.schema import request_of
from contracts.http.client import LINGER
from contracts.http.credential import WRITE_TOKEN, Headers
from contracts.http.exchange import CUSTOMER, Exchange, Request, update
from contracts.http.target import MIB
from contracts.outcome import Outcome
from contracts.rules.document import load
from contracts.rules.oracle import predict
from contracts.rules.promise import Violation, promises
from contracts.rules.state import GONE
from contracts.run import NO_500, ONE_CUSTOMER, Run

# So many payloads of the tests to come are sent ahead, while the tests that are written out run one by one.
_AHEAD = 120
# Of these so many are begun with each test, and none while what is kept of them takes so many bytes.
_A_TEST = 32
_HELD = 8 * MIB
_VALID = (f"Bearer {WRITE_TOKEN}",)


class BrokenPromise(AssertionError):
    """A promise that was broken, with the outcomes that show it. Each promise has a subclass of its own.

    Hypothesis tells failures apart by their type and the line that raises them.
    """

    def __init__(self, *outcomes: Outcome, why: str = "") -> None:
        violations = [violation for outcome in outcomes for violation in outcome.violations]
        super().__init__("; ".join(f"{one.rule}: expected {one.expected}, came {one.actual}" for one in violations[:3]))
        self.outcomes, self.why = outcomes, why


@cache
def _type_of(rule: str) -> type[BrokenPromise]:
    name = "".join(word.capitalize() for word in rule.replace(".", "_").split("_"))
    return type(name, (BrokenPromise,), {"__doc__": promises()[rule].sentence})


def fail(rule: str, *outcomes: Outcome, why: str = "") -> None:
    """Raise for a promise.

    Raises:
        BrokenPromise: always, of the promise's own subclass.

    """
    raise _type_of(rule)(*outcomes, why=why)


def _held(sent: Future[tuple[Outcome, Customer]]) -> int:
    """About how many bytes are kept of a payload that was sent ahead: its answer, and what its customer shows."""
    if not sent.done() or sent.cancelled() or sent.exception():
        return 0
    outcome, customer = sent.result()
    bodies = [one.response.body for one in (outcome.exchange, outcome.read) if one and one.response]
    shown = [text for stored in (customer.stored, customer.before) for text in stored.values() if isinstance(text, str)]
    return sum(map(len, [*bodies, *shown]))


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
    judged_by: str = ""

    def header(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class Together:
    """Requests that are sent together."""

    ledger: Ledger
    requests: Sequence[Request]

    def each_as_promised(self) -> None:
        """Send them; each has to be answered, and to leave behind what is stored, as the contract promises.

        Raises:
            BrokenPromise: one of them was not.

        """
        self.ledger.each_as_promised(self.requests)


class Api:
    """The operation under contract. `test` is the id of the test that is running."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._trials = run.trials
        # One request at a time is the running test's own; and where there is one customer, it has it for itself.
        self._others = 0 if run.customers.given else run.target.limits.concurrency - 1
        self._pool = ThreadPoolExecutor(max(1, self._others))
        self._ahead: dict[str, Future[tuple[Outcome, Customer]]] = {}
        self._customer = run.customers.make_several(1)[0]
        self._docs = load("docs")
        self._explained: set[str] = set()
        self._last: Outcome
        self.begin("")

    def begin(self, test: str, upcoming: Iterable[Payload] = ()) -> None:
        """Begin the next test, and send the payloads ahead that are `upcoming`: its own, and those of tests to come."""
        self.test = test
        self.judged_by = ""
        self._ledger = Ledger(self._trials, self._explained, self._left, fail)
        full = sum(map(_held, self._ahead.values())) > _HELD
        most = min(_AHEAD, len(self._ahead) + _A_TEST)
        for payload in upcoming if self._others and not full else ():
            if len(self._ahead) >= most:
                break
            if payload.id not in self._ahead and not self._run.untriable(payload.request):
                self._ahead[payload.id] = self._pool.submit(self._on_a_free_customer, payload.request)

    def unfinished(self) -> list[Outcome]:
        """What was found broken, and not raised yet, by a test that is cut short and by what was sent ahead."""
        ahead = [sent.result()[0] for sent in self._ahead.values() if sent.done() and not sent.cancelled()]
        return [*self._ledger.failures, *(left for left in map(self._left, ahead) if left.violations)]

    def close(self) -> None:
        """Send nothing more ahead, and wait for what is under way."""
        self._pool.shutdown(cancel_futures=True)

    def conclude(self) -> BrokenPromise | None:
        """What a generated test found, as one failure: for each promise the smallest request, tried again alone."""
        if self._ledger.distinct:
            self._run.record.drawn(self._ledger.distinct, self.test)
        found = self._ledger.conclusion()
        return BrokenPromise(*found) if found else None

    def explained(self, violations: Iterable[Violation]) -> None:
        """Note that these were explained: no generated test has to search for them again."""
        self._explained.update(violation.rule for violation in violations)

    @property
    def customer(self) -> Customer:
        """The customer of the tests that are written out. Each finds it as the one before left it."""
        return self._customer

    def _nothing_ahead(self) -> None:
        """Wait until nothing else is under way, so that what is sent together has all turns."""
        wait(self._ahead.values())

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

        Raises:
            BrokenPromise: the answer, or what is stored, is not as promised.

        """
        template = update(slug, body, content_type=content_type, authorization=tuple(authorization))
        template = replace(template, headers=(*template.headers, *headers))
        self._skip_untriable(template)
        outcome = self._trials.by_itself(template, customer, linger)
        before = outcome.before.template if outcome.before else None
        return self._answer(outcome, customer, again=lambda left: self._trials.settled(left, before, linger))

    def put_again(self, customer: Customer) -> Answer:
        """Send the last update once more: where it was accepted, it must leave what it left before.

        Raises:
            BrokenPromise: the answer, or what is stored, is not as promised.

        """
        accepted = self._last.accepted
        outcome = self._trials.one(self._last.template, customer)
        return self._answer(self._under("update.idempotent", outcome, customer) if accepted else outcome, customer)

    def put_at_once(self, customer: Customer, bodies: Iterable[bytes]) -> list[Answer]:
        """Send several updates of one customer at once.

        Raises:
            BrokenPromise: an answer, or what is stored, is not as promised.

        """
        self._nothing_ahead()
        outcomes = self._trials.together([update(CUSTOMER, body) for body in bodies], customer)
        return [self._answer(self._under("update.atomic", outcome, customer), customer) for outcome in outcomes]

    def _under(self, rule: str, outcome: Outcome, customer: Customer) -> Outcome:
        """The outcome, where what is stored is judged under this rule; it is not tried where nothing was read."""
        return outcome if customer.unread else self._trials.under(rule, outcome)

    def put_beside_others(
        self, customer: Customer, body: bytes, *, slug: str = CUSTOMER, authorization: Sequence[str] = _VALID
    ) -> tuple[Answer, Customer, Customer]:
        """Update a customer, and look at two others: an older one and a newer one, which come back with the answer.

        Raises:
            BrokenPromise: the answer is not as promised, or one of the others has changed.

        """
        if self._run.customers.given:
            pytest.skip(ONE_CUSTOMER)
        older, newer = self._trials.others()
        template = update(slug, body, authorization=tuple(authorization))
        outcome = self._trials.leaving_others_alone(template, customer, (older, newer))
        return self._answer(outcome, customer), older, newer

    def put_while_the_vendor_fails(self, customer: Customer, body: bytes) -> Answer:
        """Update a customer while the mocked vendor fails, and answers this with 500. No live vendor can be told to.

        Raises:
            BrokenPromise: the answer is not as promised.

        """
        if self._run.vendor is None:
            pytest.skip(NO_500)
        with self._run.vendor.failing(customer.slug):
            return self._answer(self._trials.provoked(update(CUSTOMER, body), customer), customer)

    def slug_of_nobody(self) -> str:
        """A well-formed slug that no customer has."""
        return self._run.customers.unused_slug()

    def is_there(self, customer: Customer, slug: str) -> bool:
        """Whether there is a customer with this slug now. `customer` is the one that was used to ask for it.

        Raises:
            BrokenPromise: there is one, and a refused update has made it.

        """
        if customer.unread:
            pytest.skip(customer.unread)
        outcome = self._trials.creating_none(self._last)
        self._answer(outcome, customer)
        return (
            outcome.read is not None
            and outcome.read.status == 200
            and GONE not in self._run.customers.shown(outcome.read)
        )

    def send(self, asked: Payload | Case[Any]) -> Answer:
        """Send a payload, or a case of Schemathesis, to a customer that nobody else uses meanwhile.

        Raises:
            BrokenPromise: the answer, or what is stored, is not as promised.

        """
        if isinstance(asked, Payload):
            self._skip_untriable(asked.request)
            sent = self._ahead.pop(asked.id, None)
            outcome, customer = sent.result() if sent else self._on_a_free_customer(asked.request)
            return self._answer(outcome, customer, asked.why, self._trials.settled)
        outcome, customer = self._on_a_free_customer(request_of(asked))
        return self._answer(outcome, customer, again=self._trials.settled, several=True)

    def send_together(self, asked: Sequence[Case[Any]] | Sequence[Request]) -> Together:
        """Send cases of Schemathesis, or requests, several customers at once."""
        self._nothing_ahead()
        return Together(self._ledger, [one if isinstance(one, Request) else request_of(one) for one in asked])

    def _skip_untriable(self, request: Request) -> None:
        if reason := self._run.untriable(request):
            pytest.skip(reason)

    def _on_a_free_customer(self, template: Request) -> tuple[Outcome, Customer]:
        with self._trials.free() as customer:
            outcome = self._trials.by_itself(template, customer)
            # The customer as it is now: others will use it before the test looks at it. No assertion looks at an answer
            # that the judge has found wrong: its end need not be kept.
            then = replace(customer)
            if len(template.body) > MIB and not self._run.customers.given:
                # What it may show from now on is large, and is read after each request.
                self._run.customers.replace(customer)
            return outcome.kept() if outcome.violations else outcome, then

    def _left(self, outcome: Outcome) -> Outcome:
        return self._run.options.deviations.left_of(outcome, self.test)

    def _answer(
        self,
        outcome: Outcome,
        customer: Customer,
        why: str = "",
        again: Callable[[Outcome], list[Outcome]] = lambda outcome: [outcome],
        *,
        several: bool = False,
    ) -> Answer:
        """The answer of an outcome that is as promised; one that is not is tried `again` and raised.

        `several` says that its test has more to send.
        """
        left = self._left(outcome)
        if left.violations:
            found = [one for one in map(self._left, again(left)) if one.violations]
            fail(left.violations[0].rule, *(found or [left]), why=why)
        if outcome.violations and not several:
            # Neither passed nor failed: the summary has it as broken, with its reason and date.
            pytest.xfail("an accepted deviation")
        self._last = outcome
        customer.judged_by = self._judged_by(outcome.exchange.request)
        self.judged_by = self.judged_by or ("" if several else customer.judged_by)
        return self._answer_of(outcome.exchange, customer)

    def _answer_of(self, exchange: Exchange, customer: Customer) -> Answer:
        response, pin = exchange.response, self._run.document.name
        if response is None or exchange.persistent:
            return Answer(None, (), b"", b"", customer, pin, customer.judged_by)
        return Answer(
            response.status, response.headers, response.body, response.wire_body, customer, pin, customer.judged_by
        )

    def _judged_by(self, request: Request) -> str:
        """The pin's name, where it allows other statuses for these bytes than `docs`, of which the literals speak."""
        pin, existing = self._run.document, self._run.customers.existing
        if pin.name == self._docs.name:
            return ""
        by_pin, by_docs = (predict(request, document, existing).allowed for document in (pin, self._docs))
        return "" if by_pin == by_docs else pin.name
