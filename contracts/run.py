"""A run: everything that is made once from the options, put together and taken down again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts import mock
from contracts.client import Client
from contracts.credential import READ_TOKEN
from contracts.customers import Customers
from contracts.document import Document
from contracts.journal import DEFAULT_FOLDER, Journal
from contracts.payload import Payload
from contracts.promise import promises
from contracts.record import Record
from contracts.target import Target, WrongCall
from contracts.trials import Trials
from contracts.vendor import Vendor


@dataclass(frozen=True)
class Options:
    """What the user chose."""

    target: Target
    document: Document
    journal: Path = DEFAULT_FOLDER
    require_all: bool = False
    seed: int = 0


class Run:
    """One run against one target. `vendor` is the mock's, where the mock is the target.

    Raises:
        WrongCall: the target does not take the credentials, or lets no customer be made.
        NoVerdict: the target cannot be reached.

    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.target = options.target
        self.document = options.document
        self.record = Record()
        self.record.not_tried(_silent(self.document), f"the contract {self.document.name} says nothing of the kind")
        self.vendor = Vendor(options.document) if self.target.is_mock else None
        self.client = Client(self.target, mock.transport(self.vendor) if self.vendor else None, self.record.sent)
        journal = None if self.vendor else Journal(options.journal, secrets.token_hex(8), self.target.base_url)
        self.customers = Customers(self.client, journal)
        try:
            if journal:
                self.customers.remove_leftovers(options.journal)
            self.trials = Trials(self.client, self.document, self.customers, self.record)
            if self.target.can_try_scope and not self.customers.role_is_valid():
                raise WrongCall(
                    f"{self.target.base_url} refuses KAITEN_READ_TOKEN (401): export one that is valid there"
                )
        except BaseException:
            self.customers.close()
            raise

    def close(self) -> None:
        """Remove what was made and end every connection."""
        try:
            if hasattr(self, "trials"):
                self.trials.close()
        finally:
            self.customers.close()
            self.client.__exit__()

    def untriable(self, payload: Payload) -> str | None:
        """Why a payload cannot be tried here; None where it can."""
        needs_reader = any(READ_TOKEN in value for _, value in payload.request.headers)
        return NO_READ_TOKEN if needs_reader and not self.target.can_try_scope else None


def _silent(document: Document) -> Iterator[str]:
    """The rules that this contract gives no occasion to break."""
    if not document.read_only_members:
        yield "status.read_only"
    if all(f"problem.{member}" in promises() for member in document.problem_members(422)):
        yield "problem.member"


NO_READ_TOKEN = "KAITEN_READ_TOKEN is not set: a token without write:customers is needed for the 403"
NO_READING = "the target does not let the token read customers back"
ONE_CUSTOMER = "it needs a second customer, and only the one of --customer may be used"
NO_500 = "a 500 cannot be provoked on a live target: it is only looked for"
