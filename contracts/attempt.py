"""The one way in which a request is tried: send, judge, read back, judge what is stored."""

import threading
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import count

from contracts.customers import sibling
from contracts.customers.disposable import Customer, Customers
from contracts.errors import NoVerdict
from contracts.http.client import LINGER, LONG_LINGER, Client, Control
from contracts.http.exchange import Exchange
from contracts.http.request import CUSTOMER, Request, update
from contracts.metrics import Metrics
from contracts.rules import state
from contracts.rules.document import Document
from contracts.rules.judge import Circumstance, Verdict, judge, judge_alike, predicted
from contracts.rules.oracle import Prediction
from contracts.rules.promise import Violation, is_of_state

Requests = Sequence[Request]
NO_READING = "customers cannot be read back: the token may not, or a GET shows something else"
_NOT_SAID = "the answer does not say whether the request was carried out"
# How often, at most, a promise is seen broken again, and a customer is set apart that others disturb; and for how many
# paths that were not made from a template the last request is remembered.
_ENOUGH, _REMEMBERED = 3, 250


@dataclass(frozen=True)
class Attempt:
    """A request that is tried, its answer, and what it breaks. Until it is sent, its exchange has no answer.

    `template` is the request as it was asked for. `repeated` says whether it broke the same promise when it was tried
    again alone (None: it was not tried again). `before` is the update that made what was stored before, the last
    request to the same path, or one that must be answered alike. `beside` are the attempts that were sent at the same
    time, and `read` is the exchange that shows what is stored.
    """

    template: Request
    exchange: Exchange
    prediction: Prediction
    circumstance: Circumstance = Circumstance.USUAL
    violations: tuple[Violation, ...] = ()
    repeated: bool | None = None
    before: "Attempt | None" = field(default=None, repr=False)
    beside: "tuple[Attempt, ...]" = field(default=(), repr=False)
    read: Exchange | None = field(default=None, repr=False)

    @property
    def broken(self) -> frozenset[str]:
        return frozenset(violation.promise for violation in self.violations)

    @property
    def accepted(self) -> bool:
        return self.exchange.status == 204

    def only(self, promise_ids: Collection[str]) -> "Attempt":
        """The attempt with the violations of these promises alone."""
        return replace(self, violations=tuple(each for each in self.violations if each.promise in promise_ids))

    def showing(self, found: tuple[Violation, ...], read: Exchange, beside: "Sequence[Attempt]" = ()) -> "Attempt":
        """The attempt with the violations that a read has found in what is stored."""
        exchange, found = self.exchange.kept(), self.violations + found
        return replace(self, exchange=exchange, violations=found, read=self.read or read.kept(), beside=tuple(beside))

    def alone(self) -> "Attempt":
        """The attempt as it is remembered: without the others around it, and without the end of a very long answer."""
        return replace(self, exchange=self.exchange.kept(), before=None, beside=())


class BrokenPromise(AssertionError):
    """A promise that was broken, with the attempts that show it. Each promise has a subclass of its own.

    Hypothesis tells failures apart by their type and the line that raises them.
    """

    def __init__(self, *attempts: Attempt) -> None:
        broken = [violation for attempt in attempts for violation in attempt.violations][:3]
        super().__init__("; ".join(f"{each.promise}: expected {each.expected}, came {each.actual}" for each in broken))
        self.attempts = attempts


@cache
def _type_of(promise: str) -> type[BrokenPromise]:
    return type(promise.title().replace(".", "").replace("_", ""), (BrokenPromise,), {})


def fail(promise: str, *attempts: Attempt) -> None:
    """Raise `BrokenPromise`, in the subclass of this promise."""
    raise _type_of(promise)(*attempts)


class Attempts:
    """Tries requests whose path has `<CUSTOMER>` where a customer's slug goes."""

    def __init__(self, client: Client, document: Document, customers: Customers, metrics: Metrics) -> None:
        self._client, self.document, self.customers, self.metrics = client, document, customers, metrics
        # No test sends a request to the first customer. So if it changes, a request to another one has changed it.
        self._first = customers.open()
        self._plain = update(customers.make().slug, b'{"name":"contract-test-plain"}')
        self.workers = ThreadPoolExecutor(customers.lanes)
        self._beside_others = threading.Lock()  # the first customer is watched during one request at a time
        # As long as new customers can be read, they replace those that are gone.
        self._new_ones_show = True
        self._seen_again: Counter[str] = Counter()
        self._numbers = count(1)
        # By slug: the updates that may have made what is stored, the likeliest last. By other paths: the last request.
        self._makers: dict[str, list[Attempt]] = {}

    def send(
        self,
        template: Request,
        customer: Customer,
        linger: float = LINGER,
        circumstance: Circumstance = Circumstance.USUAL,
        *,
        apart: bool = False,
        read: bool = True,
        like: Attempt | None = None,
    ) -> Attempt:
        """Try one request on a customer, and read back that customer.

        `linger` is how many seconds to wait for what may follow a 204. With `apart`, something else is stored first, if
        the request would not visibly change what is stored. The answer must be like that of the attempt `like`.
        """
        attempt = self._sent(customer, linger, *self._made([template], customer, circumstance, apart=apart))
        if like and circumstance.is_relation and attempt.circumstance is circumstance:
            self.metrics.judged(alike := judge_alike(circumstance, like.exchange, attempt.exchange))
            if alike.violations:
                attempt = replace(attempt, violations=attempt.violations + alike.violations, before=like)
        if read or (self.customers.only_one and circumstance is not Circumstance.IN_A_HISTORY):
            (attempt,) = self.read_back([attempt], customer)
        if attempt.circumstance is Circumstance.OF_NOBODY:
            return self._look_at(Customer(attempt.exchange.request.slug.decode("utf-8", "replace")), attempt)
        return attempt

    def send_beside_others(self, template: Request, customer: Customer) -> tuple[Attempt, Customer, Customer]:
        """Try one request, which must change neither the run's first customer nor a newer one with the same details."""
        with self.customers.short_lived, self._beside_others:
            newer = self.customers.unused(customer.slug)
            alike = self.send(update(CUSTOMER, state.same_body(customer.stored, self.document)), newer)
            if alike.violations:
                return alike, replace(self._first), newer
            # What other requests do to the first customer must not hide what this request does to it.
            for _ in range(_ENOUGH):
                if not (aside := self._set_apart(self._first)).violations:
                    break
                if not all(map(is_of_state, aside.broken)):
                    return aside, replace(self._first), newer
            attempt = self.send(template, customer, circumstance=Circumstance.BESIDE_OTHERS)
            return self._look_at(newer, self._look_at(self._first, attempt)), replace(self._first), newer

    def in_turn(self, templates: Requests, customer: Customer, settle: float | None = None) -> list[Attempt]:
        """Try requests one after the other, and read back once.

        If what is stored is wrong, the last accepted request is to blame, or the last of all if none was accepted.
        """
        made = self._made(templates, customer, Circumstance.USUAL, apart=True)
        if self.document.is_of_1x:
            # A member that an update leaves out may keep the value of the update before it.
            return [self.read_back([self._sent(customer, LINGER, each)], customer, settle)[0] for each in made]
        sent = [self._sent(customer, LINGER, each) for each in made]
        # A request that was sent again may be carried out later than it was answered.
        in_order = not any(attempt.exchange.sent_again for attempt in sent)
        last = max((place for place, attempt in enumerate(sent) if in_order and attempt.accepted), default=0)
        return sent[:last] + self.read_back(sent[last:], customer, settle)

    def again(self, failed: Attempt, before: Attempt | None = None) -> list[Attempt]:
        """Try a failed attempt again, alone on another customer.

        Returns an attempt with what was broken both times, and one with what was broken only the first time.
        `before` is sent first. A failure that was seen often enough, or takes several requests, comes back as it is.
        """
        often = all(self._seen_again[promise] >= _ENOUGH for promise in failed.broken)
        circumstance = failed.circumstance if failed.circumstance in failed.broken else Circumstance.USUAL
        takes_several = failed.broken & {failed.circumstance, "update.atomic"} and not circumstance.is_relation
        if not (often or takes_several or failed.circumstance is Circumstance.PROVOKED):
            with suppress(NoVerdict), self.customers.short_lived:  # it was seen broken, whatever happens now
                return self._again(failed, before, circumstance)
        return [failed]

    def _again(self, failed: Attempt, before: Attempt | None, circumstance: Circumstance) -> list[Attempt]:
        customer, of_state = self.customers.unused(), any(map(is_of_state, failed.broken))
        linger = LONG_LINGER if "success.empty" in failed.broken else LINGER
        with self._client.exclusively() if of_state and state.HIDDEN not in customer.stored else nullcontext():
            like = self.send(before.template, customer) if before else None
            again = self.send(failed.template, customer, linger, circumstance, apart=of_state and not before, like=like)
        self._seen_again.update(same := failed.broken & again.broken)
        once = [replace(failed.only(failed.broken - same), repeated=False)] if failed.broken - same else []
        if same:
            return [replace(again, repeated=True), *once]
        if of_state and failed.before and not before:  # it may depend on what was stored before
            return self._again(failed, failed.before, circumstance)
        if of_state and not self.customers.only_one:
            # An update of another customer may have changed this one. Then `update.isolated` is what was broken.
            body = state.telling_body("Another Customer", self.document)
            mixed_up, *_ = self.send_beside_others(update(CUSTOMER, body), customer)
            if "update.isolated" in mixed_up.broken:
                self._seen_again.update(failed.broken)
                return [replace(mixed_up, repeated=True)]
        return once

    def _made(self, templates: Requests, customer: Customer, circumstance: Circumstance, apart: bool) -> list[Attempt]:
        """Attempts that are not sent yet. If what sets apart was wrongly answered, it takes the place of the first."""
        if apart and state.HIDDEN in customer.stored and not self.customers.only_one and self._new_ones_show:
            # A customer that is gone is replaced, because every update of it is answered 404.
            self.customers.replace(customer)
            self._new_ones_show = state.HIDDEN not in customer.stored
        made = []
        for template in templates:
            request = template.addressed(customer.slug, customer.id).without_tokens(self._client.target.masked)
            prediction = predicted(request, self.document, self.customers.existing, circumstance)
            made.append(Attempt(template, Exchange(request, None), prediction, circumstance))
        sent = [(attempt.template.body, attempt.prediction) for attempt in made]
        if apart and self.customers.readable and not state.would_show(sent, customer.stored, self.document):
            aside = self._set_apart(customer)
            made = made if all(map(is_of_state, aside.broken)) else [aside, *made[1:]]
        return made

    def _set_apart(self, customer: Customer) -> Attempt:
        """Update a customer so that what is stored differs from whatever else is sent."""
        name = f"Before {customer.slug} {next(self._numbers)}"
        return self.send(update(CUSTOMER, state.telling_body(name, self.document)), customer)

    def _sent(self, customer: Customer, linger: float, made: Attempt) -> Attempt:
        if made.violations:
            return made
        request = made.exchange.request
        exchange = self._client.send(request, Control(self._plain, sibling.read_beside(request, customer.slug)), linger)
        self.metrics.judged(verdict := judge(exchange, made.prediction, self.document))
        if made.circumstance is not Circumstance.PROVOKED:
            self.metrics.answered(exchange, made.prediction, verdict)
        if exchange.status in state.MADE:
            self.customers.adopt(request.slug.decode("utf-8", "replace"))
        from_template = made.template.is_template
        if made.circumstance is Circumstance.IN_A_HISTORY:
            self._makers.pop(customer.slug, None)  # which of several made what is stored is not known
        makers = self._makers.get(customer.slug if from_template else request.path)
        shown, before = exchange.kept() if verdict.violations else exchange, makers[-1] if makers else None
        attempt = replace(made, exchange=shown, violations=verdict.violations, before=before)
        if not from_template and (makers or len(self._makers) < _REMEMBERED):
            self._makers[request.path] = [attempt.alone()]
        return attempt

    def read_back(self, attempts: list[Attempt], customer: Customer, settle: float | None = None) -> list[Attempt]:
        """Read the customer back. Returns the attempts; the one to blame has what is wrong with what is stored."""
        before = customer.before = customer.stored
        accepted = [attempt.alone() for attempt in attempts if attempt.accepted]
        latest, makers = accepted or [attempts[-1].alone()], self._makers.get(customer.slug, [])
        # If there is only one customer, what is stored may be the plain update that was sent after an interruption.
        overwritten = self.customers.only_one and any(attempt.exchange.sent_again for attempt in attempts)
        says = not overwritten and all(state.says_what_is_stored(each.exchange, each.prediction) for each in attempts)
        customer.unread = NO_READING if not self.customers.readable else "" if says else _NOT_SAID
        if customer.unread:
            if self.customers.readable and any(each.exchange.persistent for each in attempts):
                # A request that was given up may still be carried out. So the next one goes to another customer.
                customer.stored = {state.HIDDEN: _NOT_SAID}
            elif self.customers.readable:
                customer.stored = self.customers.shown(self.customers.get(customer.slug))
            if accepted or state.unchanged(before, customer.stored, "refused.unchanged", self.document).violations:
                self._makers[customer.slug] = latest[-1:]
            return attempts

        def verdict(stored: state.Stored, sent: Sequence[Attempt] = attempts) -> Verdict:
            pairs = [(attempt.prediction, attempt.exchange) for attempt in sent]
            return state.judge_state(pairs, before, stored, self.document, sent[-1].circumstance)

        read = self.customers.read_until(customer.slug, lambda stored: not verdict(stored).violations, settle)
        customer.stored = self.customers.shown(read)
        found = verdict(customer.stored)
        if found.violations and len(makers) > 1 and not verdict(customer.stored, [*makers, *attempts]).violations:
            found, customer.unread = Verdict(), "earlier updates, sent at the same time, had not settled yet"
        self.metrics.judged(found)
        if accepted or found.violations:
            # Attempts that explain what is stored come last.
            latest.sort(key=lambda each: not verdict(customer.stored, [each]).violations)
            self._makers[customer.slug] = latest
        if found.violations:
            at = max((place for place, each in enumerate(attempts) if each.accepted), default=len(attempts) - 1)
            beside = [each.alone() for place, each in enumerate(attempts) if place != at]
            attempts[at] = attempts[at].showing(found.violations, read, beside)
        return attempts

    def _look_at(self, other: Customer, attempt: Attempt) -> Attempt:
        """Read another customer. Returns the attempt, with violations if it left a trace on that customer."""
        other.before, other.unread = other.stored, "" if self.customers.readable else NO_READING
        if other.unread:
            return attempt
        verdict = partial(state.judge_other, attempt.circumstance, other.slug, self.document, other.before)
        read = self.customers.read_until(other.slug, lambda stored: not verdict(stored).violations)
        other.stored = self.customers.shown(read)
        self.metrics.judged(found := verdict(other.stored))
        if not found.violations:
            return attempt
        self.customers.adopt(other.slug)
        return attempt.showing(found.violations, read)
