"""Requests that are sent at once: spread over several customers, or by several clients of one customer."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from contracts.attempt import Attempt, Attempts
from contracts.customers.disposable import Customer
from contracts.http.request import CUSTOMER, Request, update
from contracts.rules.body import read
from contracts.rules.history import Access, Effect, Value, judge_history
from contracts.rules.judge import Circumstance, Verdict
from contracts.rules.state import HIDDEN, REFUSED, Stored

# What each client does, one after the other: updates (U) and reads (R). All begin at once. Beside a single update no
# read can be taken for one that lags behind another update. It comes after a read, when other reads are under way. If
# there are more updates than these clients can send, each has a client of its own.
_CLIENTS = ("URU", "URU", "RRR", "UUR")
_MOST = "".join(_CLIENTS).count("U")
_BESIDE_ONE = ("RU", "RRR", "RRR", "RRR")
# How many histories are tried to see again what one of them may show by chance.
_OFTEN = 20
# The members that make up the value that clients write and read, if a release has them. Each update sends both.
_VALUE = ("name", "externalCustomerId")

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def spread(attempts: Attempts, templates: Sequence[Request], *, hurry: bool = False) -> list[Attempt]:
    """Try requests on several customers at once. Each customer gets its share in turn, and is read back once.

    In a `hurry` no read is made twice, unless reads were seen to lag on this target.
    """
    customers, settle = attempts.customers, 0.0 if hurry and not attempts.customers.lags else None
    return shared(attempts, lambda part: attempts.in_turn(part, customers.own, settle), templates, customers.lanes)


def shared(
    attempts: Attempts, work: Callable[[Sequence[_Item]], list[_Result]], items: Sequence[_Item], lanes: int
) -> list[_Result]:
    """The results of `work` for the items, in their order. The calling thread and the workers take a part each."""
    parts = [items[lane::lanes] for lane in range(min(lanes, len(items)))]
    rest, first = attempts.workers.map(work, parts[1:]), work(parts[0])
    done = [first, *rest]
    return [done[place % lanes][place // lanes] for place in range(len(items))]


@dataclass(frozen=True)
class History:
    """What several clients did at once: their updates, and what each read has shown.

    A violation of the whole history counts for the last update that was accepted.
    """

    updates: Sequence[Attempt]
    shown: Sequence[Stored]


def histories(attempts: Attempts, bodies: Sequence[Sequence[bytes]]) -> list[History]:
    """A history for each sequence of bodies, several at once, each on a customer of its own."""

    def in_turn(part: Sequence[Sequence[bytes]]) -> list[History]:
        clients = Clients(attempts, attempts.customers.own)
        return [clients.history([update(CUSTOMER, body) for body in each]) for each in part]

    widest = max(len(_plans(len(each))) for each in bodies)
    return shared(attempts, in_turn, bodies, max(1, attempts.customers.lanes // widest))


def _plans(updates: int) -> Sequence[str]:
    """What each client does, if there are so many updates to send."""
    crowd = ["U"] * updates
    return _BESIDE_ONE if updates == 1 else _CLIENTS if updates <= _MOST else crowd


@dataclass(frozen=True)
class _Step:
    """What a client has done: an update or a read, as accesses of the history."""

    accesses: Sequence[Access]
    update: Attempt | None = None
    shown: Stored | None = None


class Clients:
    """The clients of one customer, which update and read it at once."""

    def __init__(self, attempts: Attempts, customer: Customer) -> None:
        self._attempts, self._customers, self._customer = attempts, attempts.customers, customer
        self._members = [name for name in _VALUE if name in attempts.document.settable_members]

    def history(self, updates: Sequence[Request]) -> History:
        """Let the clients send these updates, and read, at the same time. Then read once more what is stored.

        If the last read shows something wrong, it is made again until reads have settled.
        """
        initial, left = self._value(self._customer.stored), iter(updates)
        plans = _plans(len(updates))
        shares = [list(islice(left, plan.count("U"))) for plan in plans]
        with ThreadPoolExecutor(len(plans)) as threads:
            clients = threads.map(lambda plan, share: [*self._steps(plan, share)], plans, shares)
            steps = [step for client in clients for step in client]
        accesses = [access for step in steps for access in step.accesses]
        began = time.monotonic()

        def judged(stored: Stored | None) -> tuple[Verdict, bool]:
            last = [Access(self._value(stored), began, time.monotonic(), is_read=True)] if stored else []
            return judge_history(initial, accesses, last, self._customers.settle, lags=self._customers.lags)

        def settled(stored: Stored) -> bool:
            # If the history is wrong without a last read, no last read can explain it: there is no need to wait.
            return not judged(stored)[0].violations or bool(judged(None)[0].violations)

        final = self._customers.read_until(self._customer.slug, settled)
        self._customer.before, self._customer.stored = self._customer.stored, self._customers.shown(final)
        verdict, lags = judged(self._customer.stored)
        self._attempts.metrics.judged(verdict)
        if lags:
            note = "reads lag: some showed what had been overwritten shortly before"
            self._attempts.metrics.add({"warnings": [note]})
        sent = [step.update for step in steps if step.update]
        blamed = max((place for place, each in enumerate(sent) if each.accepted), default=len(sent) - 1)
        for place, each in enumerate([*sent]):
            found = verdict.violations if place == blamed else ()
            if found or each.violations:
                # A wrong answer may need the other updates as much as what is stored.
                sent[place] = each.showing(found, final, [other.alone() for other in sent if other is not each])
        return History(sent, [*(step.shown for step in steps if step.shown), self._customer.stored])

    def often(self, updates: Sequence[Request], promise: str) -> Sequence[Attempt]:
        """The updates of the first history that breaks this promise, of several: it is chance how one goes.

        If none does, they are those of a history that breaks another promise, if there is one, or of the last.
        """
        sent: Sequence[Attempt] = ()
        other: Sequence[Attempt] = ()
        for number in range(_OFTEN):
            if len(updates) == 1:
                # If it stored what is stored already, no read could show anything wrong.
                self._attempts.send(update(CUSTOMER, b'{"name":"before %d"}' % number), self._customer)
            sent = self.history(updates).updates
            if any(promise in attempt.broken for attempt in sent):
                return sent
            if any(attempt.broken for attempt in sent):
                other = sent
        return other or sent

    def _steps(self, plan: str, updates: Sequence[Request]) -> Iterator[_Step]:
        left = iter(updates)
        for kind in plan:
            started = time.monotonic()
            if kind == "R":
                shown = self._customers.shown(self._customers.get(self._customer.slug))
                # A read that was not answered shows nothing.
                if HIDDEN not in shown:
                    access = Access(self._value(shown), started, time.monotonic(), is_read=True)
                    yield _Step([access], shown=shown)
            elif template := next(left, None):
                circumstance = Circumstance.IN_A_HISTORY
                update = self._attempts.send(template, self._customer, circumstance=circumstance, read=False)
                yield _Step([*self._effects(update, started, time.monotonic())], update=update)

    def _effects(self, update: Attempt, started: float, ended: float) -> Iterator[Access]:
        """What an update did: one that was sent again may have been carried out twice."""
        bodies = [each for each in read(update.exchange.request.body).values if isinstance(each, dict)]
        value, status = self._value(bodies[0] if bodies else {}), update.exchange.status
        effect = Effect.CERTAIN if status == 204 else Effect.NONE if status in REFUSED else Effect.POSSIBLE
        yield Access(value, started, ended, effect=effect)
        if update.exchange.sent_again and effect is not Effect.NONE:
            yield Access(value, started, ended, effect=Effect.POSSIBLE)

    def _value(self, stored: Stored) -> Value:
        shown = (stored.get(name) for name in self._members)
        return tuple(value if isinstance(value, str) else json.dumps(value, sort_keys=True) for value in shown)
