"""Trials: requests tried on customers. Send, judge, read back, keep; whoever asks."""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from contracts.client import LINGER, Client
from contracts.customers import NAME, Customer, Customers
from contracts.document import Document
from contracts.exchange import Exchange, Request, update
from contracts.judge import Verdict, judge
from contracts.oracle import Prediction, predict
from contracts.promise import Violation, violation
from contracts.record import Record
from contracts.state import GONE, REFUSED, Stored, judge_state, unchanged

_T = TypeVar("_T")

CUSTOMER = "<CUSTOMER>"
CUSTOMER_UPPER = "<CUSTOMER_UPPER>"

# A rule that was seen broken so often when tried again need not be tried again.
_ENOUGH = 3
_NOTHING = Verdict(frozenset(), ())


@dataclass(frozen=True)
class Outcome:
    """A request that was tried: what answered, and what the contract says of the answer and of what is stored.

    `repeated` says whether it broke the same rule when it was tried again alone; None where it was not.
    """

    template: Request
    exchange: Exchange
    prediction: Prediction
    answer: Verdict
    stored: Verdict
    repeated: bool | None = None

    @property
    def violations(self) -> tuple[Violation, ...]:
        return self.answer.violations + self.stored.violations

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(violation.rule for violation in self.violations)


class Trials:
    """Tries requests whose path has `<CUSTOMER>` where a customer's slug goes."""

    def __init__(self, client: Client, document: Document, customers: Customers, record: Record) -> None:
        self.client = client
        self.document = document
        self.customers = customers
        self.record = record
        self._control = self.customers.open()
        self._workers = ThreadPoolExecutor(client.target.limits.concurrency)
        self._seen_again: Counter[str] = Counter()
        self._interruptions = 0

    def close(self) -> None:
        """Wait for what is under way."""
        self._workers.shutdown(cancel_futures=True)

    def one(self, template: Request, customer: Customer, linger: float = LINGER) -> Outcome:
        """Try one request on a customer, and read back what is stored. `linger` is how long to wait after a 204."""
        prediction, exchange, answer = self._send(template, customer, linger)
        stored = self._read_back([(prediction, exchange)], customer)
        return Outcome(template, exchange, prediction, answer, stored)

    def each(self, templates: Sequence[Request]) -> list[Outcome]:
        """Try each request by itself, several customers at once; each customer takes one request at a time."""
        free: queue.SimpleQueue[Customer] = queue.SimpleQueue()
        for customer in self.customers.make_several(min(len(templates), self.client.target.limits.concurrency)):
            free.put(customer)

        def on_a_free_one(template: Request) -> Outcome:
            customer = free.get()
            try:
                return self.one(template, customer)
            finally:
                free.put(customer)

        return self._all(self._workers.submit(on_a_free_one, template) for template in templates)

    def together(self, templates: Sequence[Request], customer: Customer) -> list[Outcome]:
        """Try all requests at once on one customer, and read back once.

        What is wrong with what is stored then counts for the last request that was accepted, or for the last of all.
        """
        sent = self._all(self._workers.submit(self._send, template, customer) for template in templates)
        stored = self._read_back([(prediction, exchange) for prediction, exchange, _ in sent], customer)
        outcomes = [
            Outcome(template, exchange, prediction, answer, _NOTHING)
            for template, (prediction, exchange, answer) in zip(templates, sent, strict=True)
        ]
        accepted = [place for place, outcome in enumerate(outcomes) if outcome.exchange.status == 204]
        last = accepted[-1] if accepted else len(outcomes) - 1
        outcomes[last] = replace(outcomes[last], stored=stored)
        return outcomes

    def again(self, outcome: Outcome, customer: Customer) -> Outcome:
        """Try a failed request again alone: the outcome says whether it broke a rule that it broke before."""
        if all(self._seen_again[rule] >= _ENOUGH for rule in outcome.rules):
            return replace(outcome, repeated=True)
        second = self.one(outcome.template, customer)
        same = outcome.rules & second.rules
        self._seen_again.update(same)
        return replace(second, repeated=True) if same else replace(outcome, repeated=False)

    def settled(self, outcome: Outcome) -> Outcome:
        """The outcome, tried again alone on a customer of its own if it failed."""
        return self.again(outcome, self.customers.make_several(1)[0]) if outcome.violations else outcome

    def keep(self, outcome: Outcome) -> None:
        """Enter a failed outcome in the record."""
        self.record.found(outcome.violations, outcome.exchange, repeated=outcome.repeated is not False)

    def provoked(self, template: Request, customer: Customer) -> Outcome:
        """Try a request whose answer was arranged to be 500: only its shape is in question."""
        exchange = self.client.send(self._addressed(template, customer))
        prediction = Prediction(reasons=(), allowed=frozenset({500}))
        return Outcome(
            template, exchange, prediction, self._judged(judge(exchange, prediction, self.document)), _NOTHING
        )

    def under(self, rule: str, outcome: Outcome) -> Outcome:
        """The outcome of a request that puts this rule to the test: what it broke, it broke under it."""
        found = tuple(
            violation(rule, broken.expected, broken.actual, broken.place) for broken in outcome.stored.violations
        )
        return replace(outcome, stored=self._judged(Verdict(frozenset({rule}), found)))

    def unchanged(self, customer: Customer, rule: str) -> Verdict:
        """The verdict on a customer that nothing should have changed."""
        before = customer.stored
        after = self.customers.read_until(customer.slug, lambda stored: not unchanged(before, stored, rule).violations)
        return self._judged(unchanged(before, after, rule))

    def absent(self, slug: str) -> Verdict:
        """The verdict on a customer that nothing should have made."""
        stored = self.customers.read(slug)
        if GONE not in stored:
            self.customers.adopt(slug)
        found = [violation("refused.created", f"no customer {slug}", "it is there now")] if GONE not in stored else []
        return self._judged(Verdict(frozenset({"refused.created"}), tuple(found)))

    def _addressed(self, template: Request, customer: Customer) -> Request:
        return addressed(template, customer.slug).without_tokens(self.client.target.tokens)

    def _judged(self, verdict: Verdict) -> Verdict:
        self.record.judged(verdict)
        return verdict

    def _send(
        self, template: Request, customer: Customer, linger: float = LINGER
    ) -> tuple[Prediction, Exchange, Verdict]:
        request = self._addressed(template, customer)
        prediction = predict(request, self.document, self.customers.existing)
        # A plain update at hand tells the request's own trouble from the target's.
        plain = update(self._control.slug, b'{"name":"%s"}' % NAME.encode())
        exchange = self.client.send(request, plain_update=plain, linger=linger)
        return prediction, exchange, self._judged(judge(exchange, prediction, self.document))

    def _read_back(self, sent: Sequence[tuple[Prediction, Exchange]], customer: Customer) -> Verdict:
        if not self.customers.readable:
            return _NOTHING
        if self._control_may_show() or not all(map(_tells_what_is_stored, *zip(*sent, strict=True))):
            customer.stored = self.customers.read(customer.slug)
            return _NOTHING
        before, racing = customer.stored, customer.racing

        def verdict(stored: Stored) -> Verdict:
            found = judge_state(sent, before, stored, self.document)
            if (
                found.violations
                and racing
                and not judge_state([*racing, *sent], before, stored, self.document).violations
            ):
                return replace(found, violations=())
            return found

        customer.stored = self.customers.read_until(customer.slug, lambda stored: not verdict(stored).violations)
        accepted = [(prediction, exchange) for prediction, exchange in sent if exchange.status == 204]
        customer.racing = accepted if len(accepted) > 1 else () if accepted else racing
        return self._judged(verdict(customer.stored))

    def _control_may_show(self) -> bool:
        """Whether the plain update of an interruption may be what is stored: where one customer has to do for all."""
        before, self._interruptions = self._interruptions, self.client.patience.interruptions
        return self.customers.given and self._interruptions > before

    @staticmethod
    def _all(futures: Iterable[Future[_T]]) -> list[_T]:
        return [future.result() for future in list(futures)]


def addressed(template: Request, slug: str) -> Request:
    """The request with the customer's slug in its path."""
    path = template.path.replace(CUSTOMER_UPPER, slug.upper()).replace(CUSTOMER, slug)
    return replace(template, path=path)


def _tells_what_is_stored(prediction: Prediction, exchange: Exchange) -> bool:
    if exchange.persistent:
        return False
    return exchange.status in REFUSED or (exchange.status == 204 and bool(prediction.readings))
