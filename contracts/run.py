"""A run: everything that is made once from the options, set up and taken down again."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.attempt import NO_READING, Attempt, Attempts
from contracts.customers import sibling
from contracts.customers.disposable import Customer, Customers
from contracts.customers.journal import DEFAULT_FOLDER, Journal
from contracts.evidence.deviation import Deviations
from contracts.fuzz.generation import Generation
from contracts.fuzz.payloads import to_json
from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN
from contracts.http.exchange import Response
from contracts.http.request import CUSTOMER, Request, update
from contracts.http.target import NO_READ_TOKEN, Target
from contracts.metrics import Metrics
from contracts.rules.document import Document, load
from contracts.rules.oracle import predict
from contracts.rules.promise import is_of_state, promises
from contracts.rules.state import HIDDEN
from contracts.vendor.model import Vendor

# How many reads show in the end what the first update stored: a long text of several scripts, with white space at its
# end, which a job may cut or trim some time later.
_READS = 8
_FIRST = to_json({"name": "First \u00e9\u4e00\U0001f600 " * 40, "externalCustomerId": "first"})


@dataclass(frozen=True)
class Options:
    """What the user chose."""

    target: Target
    document: Document
    journal: Path = DEFAULT_FOLDER
    require_all: bool = False
    generation: Generation = field(default_factory=Generation)
    evidence: Path | None = None
    deviations: Deviations = field(default_factory=Deviations)


class Run:
    """One run against one target; call `open` first. `vendor` is the mocked vendor, or None for another target."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.opened = self.closed = False
        self.target = options.target
        self.document = options.document
        self._docs = self.document if self.document.name == "docs" else load("docs")
        self.metrics = Metrics()
        without = f"no request or answer could break them under the contract {self.document.name!r}"
        self.metrics.not_tried(_silent(self.document), without)
        self.vendor = Vendor(options.document) if self.target.is_mock else None
        self.client = Client(self.target, _transport(self.vendor) if self.vendor else None, self.metrics.sent)
        journal = None if self.vendor else Journal(options.journal, secrets.token_hex(8), self.target.base_url)
        self.customers = Customers(self.client, journal)
        self._first: tuple[Attempt, Customer] | None = None

    def open(self) -> "Run":
        """Find out what the target allows, and make the customers that are needed. Returns the run itself.

        Raises WrongCall if the target refuses the credentials, or no customer can be made, and NoVerdict if it cannot
        be reached.
        """
        try:
            if self.vendor is None:
                self.customers.remove_leftovers(self.options.journal)
            self.attempts = Attempts(self.client, self.document, self.customers, self.metrics)
            self._note_what_cannot_be_tried()
            if self.target.can_try_scope:
                reads = self.client.send(sibling.read(min(self.customers.existing), READ_TOKEN))
                if reads.status == 401:
                    raise sibling.refused_token(self.target.base_url, "KAITEN_READ_TOKEN")
        except BaseException:
            self.close()
            raise
        self.opened = True
        return self

    def _note_what_cannot_be_tried(self) -> None:
        if not self.customers.readable:
            self.metrics.not_tried(filter(is_of_state, promises()), NO_READING)
        if self.customers.only_one:
            self.metrics.not_tried(["update.isolated"], ONE_CUSTOMER)
        if not self.target.can_try_scope:
            self.metrics.not_tried(["status.scope"], NO_READ_TOKEN)

    def update_first(self) -> tuple[Attempt, Customer]:
        """Make the first update of the run, once, of a customer that nothing else is sent to."""
        if self._first is None:
            customer = self.customers.make()
            self._first = self.attempts.send(update(CUSTOMER, _FIRST), customer), customer
        return self._first

    def first_update_now(self) -> tuple[Attempt, Customer]:
        """The first update, judged once more by what several reads show now; and its customer."""
        attempt, customer = self.update_first()
        # What is older than reads may lag is shown by every read.
        is_old = time.time() - attempt.exchange.started > self.customers.settle
        for settle in [0.0] * _READS if is_old else [None]:
            if attempt.violations:
                break
            before, now = customer.stored, self.attempts.read_back([attempt], customer, settle)
            if HIDDEN in customer.stored:
                # A read that was not answered shows nothing: it is made again.
                customer.stored = before
                now = self.attempts.read_back([attempt], customer)
            (attempt,) = now
        return attempt, customer

    def close(self) -> None:
        """Remove the customers that were made, and close every connection. Further calls do nothing."""
        if self.closed:
            return
        self.closed = True
        try:
            if hasattr(self, "attempts"):
                self.attempts.workers.shutdown(cancel_futures=True)
        finally:
            self.customers.close()
            self.client.close()

    def part(self) -> dict[str, Any]:
        """What this process has counted since its last report, as plain data. Call it once, at the end."""
        ended = {
            "interruptions": self.client.retry_budget.interruptions,
            "left": list(self.customers.left),
            "accepted": dict(self.options.deviations.seen),
            "warnings": [*self.options.generation.warnings],
        }
        self.metrics.add(ended)
        return self.metrics.taken()

    def judged_by(self, request: Request) -> str:
        """The pin's name if it says otherwise about this request than `docs`, which the tests' literals state.

        It may allow other statuses, or store other members: a later release may have no `externalCustomerId`.
        """
        pin = self.document
        if pin.name == self._docs.name:
            return ""
        by_pin, by_docs = (self._said(request, document) for document in (pin, self._docs))
        return "" if by_pin == by_docs else pin.name

    def _said(self, request: Request, document: Document) -> tuple[frozenset[int], list[dict[str, Any]]]:
        """What a document says about a request: the statuses that may answer, and what a 204 may have stored."""
        says, stores = predict(request, document, self.customers.existing), document.settable_members
        return says.allowed, [{name: body[name] for name in body if name in stores} for body in says.readings]


def _transport(vendor: Vendor) -> Callable[[Request], Response]:
    """The mock in process."""
    # respx and the server are imported only if they are used.
    from contracts.vendor.served import transport

    return transport(vendor)


def _silent(document: Document) -> Iterator[str]:
    """The promises that no request and no answer of this contract can break."""
    if not document.read_only_members:
        yield "status.read_only"
    if not document.is_of_1x:
        yield "status.email"
    if all(f"problem.{member}" in promises() for member in document.problem_members(422)):
        yield "problem.member"


ONE_CUSTOMER = "it needs other customers, and there is only one (--customer, or --customers with fewer than 6)"
NO_500 = "a 500 cannot be provoked on a live target; every 500 that is seen is judged"
ONE_AT_A_TIME = "nothing can be sent at once (--concurrency 1)"
REMOVES_NONE = "the target does not remove a customer at once"
