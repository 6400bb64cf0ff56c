"""Clients: several that update and read one customer at once, and what is wrong with what their reads showed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from contracts.attempt import Attempt, Attempts
from contracts.customers.disposable import Customer
from contracts.http.client import LINGER
from contracts.http.exchange import Exchange, Request
from contracts.rules.body import read
from contracts.rules.history import Effect, Operation, Value, judge_history
from contracts.rules.judge import Circumstance, Verdict
from contracts.rules.state import GONE, REFUSED, Stored

# What each client does, one after the other: updates (U) and reads (R). All begin at once.
_CLIENTS = ("URU", "URU", "RRRR", "UUR")
CLIENTS = len(_CLIENTS)
# The members that make up the value of the register. Whoever updates sends both.
_VALUE = ("name", "externalCustomerId")


@dataclass(frozen=True)
class History:
    """What several clients did at once: their updates, and what each read has shown.

    What is wrong with the history as a whole is a violation of the last update that was accepted.
    """

    updates: Sequence[Attempt]
    shown: Sequence[Stored]


@dataclass(frozen=True)
class _Done:
    """An update or a read that is done: its operations in the history, and what it was."""

    operations: Sequence[Operation]
    attempt: Attempt | None = None
    read: Exchange | None = None


def history(attempts: Attempts, updates: Sequence[Request], customer: Customer) -> History:
    """Let the clients send these updates, and read, at once. In the end what is stored is read once more.

    A last read that shows something wrong is made again until reads have settled.
    """
    initial, settle = _value(customer.stored), attempts.customers.settle
    left = iter(updates)
    shares = [list(islice(left, plan.count("U"))) for plan in _CLIENTS]
    with ThreadPoolExecutor(CLIENTS) as threads:
        ended = threads.map(lambda plan, share: [*_client(attempts, plan, share, customer)], _CLIENTS, shares)
        done = [each for client in ended for each in client]
    operations = [operation for each in done for operation in each.operations]
    began = time.monotonic()

    def judged(stored: Stored | None) -> tuple[Verdict, bool]:
        last = [Operation(_value(stored), began, time.monotonic(), is_read=True)] if stored else []
        return judge_history(initial, operations, last, settle)

    # What no last read can explain need not be waited for.
    hopeless = bool(judged(None)[0].violations)
    final = attempts.customers.read_until(customer.slug, lambda stored: hopeless or not judged(stored)[0].violations)
    customer.before, customer.stored = customer.stored, attempts.customers.shown(final)
    verdict, lags = judged(customer.stored)
    attempts.metrics.judged(verdict)
    if lags:
        attempts.metrics.add({"warnings": ["reads lag: some showed what had been overwritten shortly before"]})
    sent = [each.attempt for each in done if each.attempt]
    at = max((place for place, each in enumerate(sent) if each.accepted), default=len(sent) - 1)
    if verdict.violations:
        beside = [each.alone() for place, each in enumerate(sent) if place != at]
        sent[at] = sent[at].showing(verdict.violations, final, beside)
    reads = [each.read for each in done if each.read]
    return History(sent, [attempts.customers.shown(read) for read in (*reads, final)])


def _client(attempts: Attempts, plan: str, updates: Sequence[Request], customer: Customer) -> Iterator[_Done]:
    left = iter(updates)
    for operation in plan:
        started = time.monotonic()
        if operation == "R":
            exchange = attempts.customers.get(customer.slug)
            shown = attempts.customers.shown(exchange)
            # A read that was not answered shows nothing.
            if GONE not in shown:
                yield _Done([Operation(_value(shown), started, time.monotonic(), is_read=True)], read=exchange)
        elif template := next(left, None):
            attempt = attempts.send(template, customer, LINGER, Circumstance.IN_A_HISTORY, read=False)
            yield _Done([*_effects(attempt, started, time.monotonic())], attempt)


def _effects(attempt: Attempt, started: float, ended: float) -> Iterator[Operation]:
    """What an update did, as operations: one that was interrupted and sent again may have been carried out twice."""
    value, status = _value(read(attempt.exchange.request.body).values[0]), attempt.exchange.status
    effect = Effect.CERTAIN if status == 204 else Effect.NONE if status in REFUSED else Effect.POSSIBLE
    yield Operation(value, started, ended, effect=effect)
    if attempt.interrupted:
        yield Operation(value, started, ended, effect=Effect.POSSIBLE)


def _value(stored: Stored) -> Value:
    return tuple(stored.get(name) for name in _VALUE)
