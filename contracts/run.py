"""A run: everything that is made once from the options, put together and taken down again."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contracts import har, mock
from contracts.client import Client
from contracts.credential import READ_TOKEN
from contracts.customers import Customers
from contracts.deviation import Deviations
from contracts.evidence import Source, evidence_of, file_name
from contracts.exchange import Request
from contracts.fuzz.generation import Generation
from contracts.journal import DEFAULT_FOLDER, Journal
from contracts.outcome import Outcome
from contracts.reading import NO_READING
from contracts.record import Broken, Record
from contracts.rules import prose
from contracts.rules.document import Document
from contracts.rules.promise import Violation, is_of_state, promises
from contracts.shard import Shard
from contracts.sibling import refused_token
from contracts.target import Target
from contracts.trials import Trials
from contracts.vendor import Vendor

# More broken promises than these are counted and no longer kept.
MOST_EVIDENCE = 20


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
    shard: Shard = field(default_factory=Shard)


class Run:
    """One run against one target. `vendor` is the mock's, where the mock is the target.

    Raises:
        WrongCall: the target does not take the credentials, or lets no customer be made.
        NoVerdict: the target cannot be reached.

    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.closed = False
        self.target = options.target
        self.document = options.document
        self.record = Record()
        self._sources: dict[Path, Source] = {}
        self.record.not_tried(
            _silent(self.document), f"the contract {self.document.name} has nothing that could break them"
        )
        self.vendor = Vendor(options.document) if self.target.is_mock else None
        self.client = Client(self.target, mock.transport(self.vendor) if self.vendor else None, self.record.sent)
        journal = None if self.vendor else Journal(options.journal, secrets.token_hex(8), self.target.base_url)
        self.customers = Customers(self.client, journal)
        try:
            if journal:
                self.customers.remove_leftovers(options.journal)
            self.trials = Trials(self.client, self.document, self.customers, self.record)
            self._note_what_cannot_be_tried()
            if self.target.can_try_scope and not self.customers.read_token_is_valid():
                raise refused_token(self.target.base_url, "KAITEN_READ_TOKEN")
        except BaseException:
            self.close()
            raise

    def _note_what_cannot_be_tried(self) -> None:
        if not self.customers.readable:
            self.record.not_tried(filter(is_of_state, promises()), NO_READING)
        if self.customers.given:
            self.record.not_tried(["update.isolated"], ONE_CUSTOMER)
        if not self.target.can_try_scope:
            self.record.not_tried(["status.scope"], NO_READ_TOKEN)
        if self.vendor is None:
            self.record.not_tried([SHAPE_OF_500], NO_500)

    def close(self) -> None:
        """Remove what was made and end every connection."""
        self.closed = True
        try:
            if hasattr(self, "trials"):
                self.trials.close()
        finally:
            self.customers.close()
            self.client.__exit__()
        # How often something was seen is known at the end.
        for broken in self.record.broken.values():
            if broken.evidence in self._sources:
                self._write(broken, self._sources[broken.evidence])

    def keep(self, outcome: Outcome, violations: Iterable[Violation], test: str) -> list[Broken]:
        """Enter what a test found broken in the record, and keep evidence of it: for each rule and place the smallest.

        No more than 20 files are kept.
        """
        source = Source(self.document.name, self.target.base_url, self.options.generation.seed, test)
        kept = []
        for violation in violations:
            broken = self.record.found(violation, outcome, test)
            # The record keeps an outcome without the end of a very long answer: it is another object then.
            is_shown = broken.outcome.exchange.request is outcome.exchange.request
            if is_shown and (broken.evidence or len(self.record.broken) <= MOST_EVIDENCE):
                self._write(broken, source)
            kept.append(broken)
        return kept

    def _write(self, broken: Broken, source: Source) -> None:
        if self.options.evidence is None:
            return
        path = broken.evidence or self.options.evidence / file_name(broken.violation, source)
        try:
            rate = self.record.rate(broken.violation.rule)
            har.write(path, evidence_of(broken.outcome, broken.violation, source, *rate))
            broken.evidence = path
            self._sources[path] = source
        except OSError as error:
            self.record.no_evidence = f"{self.options.evidence} cannot be written: {error.strerror}"

    def untriable(self, request: Request) -> str | None:
        """Why a request cannot be tried here; None where it can."""
        needs_reader = any(READ_TOKEN in value for _, value in request.headers)
        return NO_READ_TOKEN if needs_reader and not self.target.can_try_scope else None


def _silent(document: Document) -> Iterator[str]:
    """The rules that this contract gives no occasion to break."""
    if not document.read_only_members:
        yield "status.read_only"
    if not prose.is_of_1x(document):
        yield "status.email"
    if all(f"problem.{member}" in promises() for member in document.problem_members(422)):
        yield "problem.member"


NO_READ_TOKEN = "KAITEN_READ_TOKEN is not set: a token without write:customers is needed for the 403"
ONE_CUSTOMER = "it needs a second customer, and only the one of --customer may be used"
SHAPE_OF_500 = "the shape of a 500"
NO_500 = "a 500 cannot be provoked on a live target: it is only looked for"
