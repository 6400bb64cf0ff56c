"""Trials: requests tried on customers. Send, judge, read back; whoever asks."""

from __future__ import annotations

import json
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from contracts.customers import sibling
from contracts.customers.disposable import Customer, Customers
from contracts.http.client import LINGER, Client, Control
from contracts.http.exchange import CUSTOMER, Exchange, Request, update
from contracts.metrics import Metrics
from contracts.outcome import Outcome
from contracts.reading import INTERRUPTED, NO_READING, Reading
from contracts.rules import prose
from contracts.rules.document import Document
from contracts.rules.judge import Verdict, judge
from contracts.rules.oracle import Prediction, predict
from contracts.rules.promise import is_of_state, promises
from contracts.rules.state import GONE, creating_none, unchanged, under, would_show

_A = TypeVar("_A")
_T = TypeVar("_T")

# What each member that may be null holds of a customer that was set apart.
BEFORE = "before.example"
# What a server answers that made something of a request, or says so.
MADE = frozenset({200, 201, 202, 204})
# A rule that was seen broken so often when tried again need not be tried again.
_ENOUGH = 3
# Of so many slugs that name no customer is known what was sent to them last.
_REMEMBERED = 250


@dataclass(frozen=True)
class _Ready:
    """A request made ready for a customer: the template, what is sent, and what may answer it."""

    template: Request
    request: Request
    prediction: Prediction


class Trials:
    """Tries requests whose path has `<CUSTOMER>` where a customer's slug goes."""

    def __init__(self, client: Client, document: Document, customers: Customers, record: Metrics) -> None:
        self.client = client
        self.document = document
        self.customers = customers
        self.record = record
        self._reading = Reading(client, document, customers, record)
        self._control = self.customers.open()
        plain = update(self._control.slug, b'{"name":"contract-test-plain"}')
        self._plain = Control(plain, sibling.read(self._control.slug))
        self._workers = ThreadPoolExecutor(client.target.limits.concurrency)
        self._lanes: Sequence[Customer] = ()
        self._free: queue.SimpleQueue[Customer] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._seen_again: Counter[str] = Counter()
        # Whether a customer that was just made can be read: where none can, a new one is no better than the old.
        self._new_ones_show = True
        self._updates = 0
        self._of_strangers: dict[str, Outcome] = {}

    def close(self) -> None:
        """Wait for what is under way."""
        self._workers.shutdown(cancel_futures=True)

    def one(self, template: Request, customer: Customer, linger: float = LINGER, *, read: bool = True) -> Outcome:
        """Try one request on a customer, and read back what is stored. `linger` is how long to wait after a 204."""
        outcome = self._send(self._ready(template, customer), customer, linger)
        return self._reading.back([outcome], customer)[0] if read else outcome

    def by_itself(self, template: Request, customer: Customer, linger: float = LINGER) -> Outcome:
        """Try one request on a customer of which something else is stored, so that whatever it stores shows."""
        (ready,) = self._made_telling([template], customer)
        return self._reading.back([self._send(ready, customer, linger)], customer)[0]

    def each(self, templates: Sequence[Request]) -> list[Outcome]:
        """Try each request by itself, several customers at once; each customer takes one request at a time."""

        def on_a_free_one(template: Request) -> Outcome:
            with self.free() as customer:
                return self.by_itself(template, customer)

        return [future.result() for future in [self.submit(on_a_free_one, template) for template in templates]]

    def submit(self, task: Callable[[_A], _T], argument: _A) -> Future[_T]:
        """Do something in another thread, as many at once as requests may be sent at once."""
        return self._workers.submit(task, argument)

    @contextmanager
    def free(self) -> Iterator[Customer]:
        """A customer that nobody else uses meanwhile."""
        with self._lock:
            if not self._lanes:
                self._lanes = self.customers.make_several(self.client.target.limits.concurrency)
                for customer in self._lanes:
                    self._free.put(customer)
        customer = self._free.get()
        try:
            yield customer
        finally:
            self._free.put(customer)

    def in_turn(self, templates: Sequence[Request], customer: Customer, settle: float | None = None) -> list[Outcome]:
        """Try requests one after the other on one customer, and read back once.

        What is wrong with what is stored then counts for the last request that was accepted, or for the last of all.
        """
        ready = self._made_telling(templates, customer)
        if prose.is_of_1x(self.document):
            # What an update leaves out may be kept from the one before it.
            each = (self._reading.back([self._send(one, customer)], customer, settle) for one in ready)
            return [outcome for outcomes in each for outcome in outcomes]
        interruptions = self.client.patience.interruptions
        sent = [self._send(one, customer) for one in ready]
        # One that was interrupted may be carried out later than it was sent.
        in_order = self.client.patience.interruptions == interruptions
        last = max((place for place, outcome in enumerate(sent) if outcome.accepted), default=0) if in_order else 0
        return sent[:last] + self._reading.back(sent[last:], customer, settle)

    def spread(self, templates: Sequence[Request], *, hurry: bool = False) -> list[Outcome]:
        """Try requests on several customers at once; each takes its share in turn, and is read back once.

        In a `hurry` no read is made twice, unless reads were seen to lag on this target.
        """
        lanes = min(len(templates), self.client.target.limits.concurrency)
        settle = 0.0 if hurry and not self.customers.lags else None

        def on_a_free_one(share: Sequence[Request]) -> list[Outcome]:
            with self.free() as customer:
                return self.in_turn(share, customer, settle)

        shares = [self.submit(on_a_free_one, templates[lane::lanes]) for lane in range(lanes)]
        return [outcome for share in shares for outcome in share.result()]

    def together(self, templates: Sequence[Request], customer: Customer) -> list[Outcome]:
        """Try all requests at once on one customer, and read back once.

        What is wrong with what is stored then counts for the last request that was accepted, or for the last of all.
        """
        ready = self._made_telling(templates, customer)
        sent = [self._workers.submit(self._send, one, customer) for one in ready]
        return self._reading.back([future.result() for future in sent], customer)

    def again(
        self, outcome: Outcome, customer: Customer, before: Request | None = None, linger: float = LINGER
    ) -> list[Outcome]:
        """Try a failed request again alone: what it breaks each time, and what it broke once.

        `before` is the update that has to come before it, where there is one.
        """
        if before:
            self.one(before, customer)
            second = self.one(outcome.template, customer, linger)
        else:
            second = self.by_itself(outcome.template, customer, linger)
        same = outcome.rules & second.rules
        self._seen_again.update(same)
        once = [replace(outcome.only(outcome.rules - same), repeated=False)] if outcome.rules - same else []
        if same:
            return [replace(second, repeated=True), *once]
        mixed_up = self._mixed_up(outcome)
        return [mixed_up] if mixed_up else once

    def _mixed_up(self, outcome: Outcome) -> Outcome | None:
        """An update of another customer may have changed this one: then that is what was broken."""
        if self.customers.given or not any(map(is_of_state, outcome.rules)):
            return None
        plain = update(CUSTOMER, json.dumps(self._details("Another Customer")).encode())
        found = self.leaving_others_alone(plain, self.customers.unused())
        return replace(found, repeated=True) if found.stored.violations else None

    def settled(self, outcome: Outcome, before: Request | None = None, linger: float = LINGER) -> list[Outcome]:
        """A failed outcome, tried again alone: on a customer that is made only now, so that nothing hurt it.

        Where its rules were seen broken often enough it is not tried again, and comes back as it is.
        """
        if self._seen_often(outcome):
            return [outcome]
        customer = self.customers.unused() if self.customers.given else self.customers.make()
        return self.again(outcome, customer, before, linger)

    def _seen_often(self, outcome: Outcome) -> bool:
        """Whether the rules that it broke were seen broken often enough when they were tried again."""
        return all(self._seen_again[rule] >= _ENOUGH for rule in outcome.rules)

    def provoked(self, template: Request, customer: Customer) -> Outcome:
        """Try a request whose answer was arranged to be 500: only its shape is in question."""
        exchange = self.client.send(self._addressed(template, customer))
        prediction = Prediction((promises()["status.internal_error"],), frozenset({500}))
        return Outcome(
            template, exchange, prediction, self._judged(judge(exchange, prediction, self.document), exchange)
        )

    def under(self, rule: str, outcome: Outcome) -> Outcome:
        """The outcome of a request that puts this rule to the test: what it broke, it broke under it."""
        return replace(outcome, stored=self._judged(under(rule, outcome.stored), outcome.exchange))

    def others(self) -> list[Customer]:
        """Customers on which a request to another one must leave no trace: the run's first one, and a new one."""
        return [self._control, self.customers.unused()]

    def leaving_others_alone(
        self, template: Request, customer: Customer, others: Sequence[Customer] | None = None
    ) -> Outcome:
        """Try one request on a customer, judged by what it did to others.

        Where only one customer may be used it cannot be tried.
        """
        others = list(others or self.others())
        # What earlier requests did to the first one must not hide what this one does.
        self._set_apart(self._control)
        interruptions = self.client.patience.interruptions
        outcome = self.one(template, customer)
        if self.client.patience.interruptions > interruptions and self._control in others:
            # The plain update beside an interruption is one of the first customer.
            others.remove(self._control)
            self._control.unread = INTERRUPTED
        reads = [self.submit(lambda other: self._isolated(other, outcome), other) for other in others]
        found = [read.result() for read in reads]
        return next((one for one in found if one.stored.violations), found[-1])

    def _isolated(self, other: Customer, outcome: Outcome) -> Outcome:
        other.before, rule = other.stored, "update.isolated"
        if not self.customers.readable:
            other.unread = NO_READING
            return outcome
        read = self.customers.read_until(
            other.slug, lambda stored: not unchanged(other.before, stored, rule).violations
        )
        other.stored, other.unread = self.customers.shown(read), ""
        return replace(
            outcome,
            stored=self._judged(unchanged(other.before, other.stored, rule), outcome.exchange),
            read=read.kept(),
        )

    def creating_none(self, outcome: Outcome) -> Outcome:
        """The outcome of an update of a customer that did not exist, judged by whether it does now."""
        slug = outcome.exchange.request.slug.decode()
        read = self.customers.get(slug)
        verdict = creating_none(slug, self.customers.shown(read))
        if verdict.violations:
            self.customers.adopt(slug)
        return replace(outcome, stored=self._judged(verdict, outcome.exchange), read=read)

    def _made_telling(self, templates: Sequence[Request], customer: Customer) -> list[_Ready]:
        """Requests made ready; the customer is updated first, where nothing would show what they store."""
        if GONE in customer.stored and not self.customers.given and self._new_ones_show:
            # What is asked of one that is gone is answered with 404, and says nothing of the request.
            self.customers.replace(customer)
            self._new_ones_show = GONE not in customer.stored
        ready = [self._ready(template, customer) for template in templates]
        sent = [(one.request.body, one.prediction) for one in ready]
        if self.customers.readable and not would_show(sent, customer.stored, self.document):
            self._set_apart(customer)
        return ready

    def _set_apart(self, customer: Customer) -> None:
        """Update a customer so that nothing else that is sent is like what is stored of it."""
        self._updates += 1
        body = json.dumps(self._details(f"Before {customer.slug} {self._updates}")).encode()
        self.one(update(CUSTOMER, body), customer)

    def _details(self, name: str) -> dict[str, str]:
        return dict.fromkeys(sorted(prose.clearable_members(self.document)), BEFORE) | {"name": name}

    def _judged(self, verdict: Verdict, exchange: Exchange) -> Verdict:
        self.record.judged(verdict)
        return verdict

    def _addressed(self, template: Request, customer: Customer) -> Request:
        return template.addressed(customer.slug).without_tokens(self.client.target.masked)

    def _ready(self, template: Request, customer: Customer) -> _Ready:
        request = self._addressed(template, customer)
        return _Ready(template, request, predict(request, self.document, self.customers.existing))

    def _send(self, ready: _Ready, customer: Customer, linger: float = LINGER) -> Outcome:
        request, prediction = ready.request, ready.prediction
        exchange = self.client.send(request, control=self._plain, linger=linger)
        answer = self._judged(judge(exchange, prediction, self.document), exchange)
        self.record.answered(exchange, prediction)
        slug = request.slug.decode("utf-8", "replace")
        if exchange.status in MADE and slug not in self.customers.existing:
            self.customers.adopt(slug)
        return self._following(Outcome(ready.template, exchange, prediction, answer), customer)

    def _following(self, outcome: Outcome, customer: Customer) -> Outcome:
        """The outcome with the one before it: of the customer, or of the stranger that it was sent to."""
        path = outcome.template.path
        if outcome.exchange.request.path != path:
            return replace(outcome, before=customer.last)
        before = self._of_strangers.get(path)
        if path in self._of_strangers or len(self._of_strangers) < _REMEMBERED:
            self._of_strangers[path] = outcome.alone()
        return replace(outcome, before=before)
