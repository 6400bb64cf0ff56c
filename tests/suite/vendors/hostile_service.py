"""Hostile vendors that do not answer, stop answering, or change their mind."""

from __future__ import annotations

import time
from collections.abc import Iterator

from contracts.rules.document import Document
from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.served import HangUp, plain_wire
from tests.suite.vendors.variant import Hostile

# Longer than any exchange may take.
HOLDS = 30.0
IMPATIENT = ("--patience", "10")


class LosesItsCustomers(Hostile):
    """Loses all customers after 200 updates."""

    lost = False

    def update(self, call: Call, slug: str) -> Answer:
        answer = super().update(call, slug)
        # Of several updates at once each may see the count of another.
        if self.updates >= 200 and not self.lost:
            self.lost = True
            self.customers.clear()
        return answer


class CreatesWithoutShowing(Hostile):
    """Answers a POST with 201 and an empty body: nobody knows what to remove."""

    def create(self, call: Call) -> Answer:
        super().create(call)
        return Answer(201, [("Location", "/customers/somewhere")])


class NeverAnswers(Hostile):
    """Takes each request and says nothing."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        time.sleep(HOLDS)
        yield b""


class IsUnavailable(Hostile):
    """Something in front of it answers 503 for ever."""

    def handle(self, call: Call) -> Answer:
        return Answer(503, [], b"no")


class _Ends(Hostile):
    """Answers properly until it has been asked `lives` times."""

    lives = 300
    arguments = IMPATIENT

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self._calls = 0

    @property
    def has_ended(self) -> bool:
        return self._calls > self.lives

    def handle(self, call: Call) -> Answer:
        self._calls += 1
        return super().handle(call)


class DiesInTheMiddle(_Ends):
    """Hangs up on everybody after 300 requests."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if self.has_ended:
            raise HangUp
        yield plain_wire(answer)


class DiesAtTheEnd(DiesInTheMiddle):
    """Hangs up on everybody after 1,000 requests."""

    lives = 1000


class FallsSilent(_Ends):
    """Says nothing more after 300 requests."""

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if self.has_ended:
            time.sleep(HOLDS)
        yield plain_wire(answer)


class _AsksForAPause(_Ends):
    """Answers 429 after 300 requests, and asks for a pause that nobody can make."""

    pause: str

    def handle(self, call: Call) -> Answer:
        answer = super().handle(call)
        return Answer(429, [("Retry-After", self.pause)], b"Slow down.") if self.has_ended else answer


class AsksForAYear(_AsksForAPause):
    """Asks for a pause of a year."""

    pause = "31536000"


class AsksForThePast(_AsksForAPause):
    """Asks for a pause of less than no time."""

    pause = "-5"


class AsksForEver(_AsksForAPause):
    """Asks for a pause of 400 digits."""

    pause = "9" * 400


class AsksForManyDigits(_AsksForAPause):
    """Asks for a pause of 5,000 digits."""

    pause = "9" * 5000


class AsksInSuperscript(_AsksForAPause):
    """Asks for a pause in digits that are superscript."""

    pause = "\xb2\xb3"


class AsksForADateThatNeverComes(_AsksForAPause):
    """Asks for a pause until a year that no calendar has."""

    pause = "Mon, 01 Jan 99999999999 00:00:00 GMT"


class AsksForTheFirstYear(_AsksForAPause):
    """Asks for a pause until a date that is before all dates in UTC."""

    pause = "Mon, 01 Jan 0001 00:00:00 +2300"


class AsksForNotANumber(_AsksForAPause):
    """Asks for a pause that is not a number."""

    pause = "nan"


class AsksTwice(_AsksForAPause):
    """Asks for a pause in seconds with a fraction and a unit."""

    pause = "1.5e300s, 7"


class RevokesTheToken(Hostile):
    """Knows the token no more after 100 updates."""

    def authorize(self, call: Call, scope: str) -> None:
        if self.updates > 100:
            raise Refusal(401, "A valid bearer token is needed.")
        super().authorize(call, scope)


class TakesTheScopeAway(Hostile):
    """Takes the scope away after 100 updates."""

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(call, scope)
        if self.updates > 100 and scope.startswith("write"):
            raise Refusal(403, "The token lacks the scope.")


class DeniesItsCustomers(Hostile):
    """Makes customers and knows none of them."""

    def create(self, call: Call) -> Answer:
        answer = super().create(call)
        self.customers.clear()
        return answer


class SaysYesToAll(Hostile):
    """Answers 204 whatever is asked."""

    def handle(self, call: Call) -> Answer:
        return Answer(204)


class SaysYesToUpdates(Hostile):
    """Answers every update with 204, whoever sends it and whatever it says."""

    def update(self, call: Call, slug: str) -> Answer:
        return Answer(204)


class SaysNoToUpdates(Hostile):
    """Answers every update with 500."""

    def update(self, call: Call, slug: str) -> Answer:
        raise Refusal(500, "No.")


class CreatesSlowly(Hostile):
    """Takes longer to make a customer than an exchange may take."""

    arguments = IMPATIENT

    def wire(self, call: Call, answer: Answer) -> Iterator[bytes]:
        if call.method == "POST":
            time.sleep(HOLDS)
        yield plain_wire(answer)


class CreatesGarbage(Hostile):
    """Answers a POST with 201 and what is no customer, and makes none."""

    def create(self, call: Call) -> Answer:
        return Answer(201, [("Content-Type", "application/json")], b'[{"slug": 17')


class ShowsAList(Hostile):
    """Shows a list in place of a customer."""

    def show(self, call: Call, slug: str) -> Answer:
        return self.json(200, [self.find(slug)])


class ShowsAPage(Hostile):
    """Shows a page in HTML in place of a customer."""

    def show(self, call: Call, slug: str) -> Answer:
        return Answer(200, [("Content-Type", "text/html")], b"<!doctype html><title>Customers</title>")


class ShowsOneForAll(Hostile):
    """Shows the same customer whoever is asked for."""

    def show(self, call: Call, slug: str) -> Answer:
        return self.json(200, next(iter(self.customers.values())))


class KeepsWhatItDeletes(Hostile):
    """Answers a DELETE with 500, and every update too."""

    def delete(self, call: Call, slug: str) -> Answer:
        raise Refusal(500, "No.")

    def update(self, call: Call, slug: str) -> Answer:
        raise Refusal(500, "No.")
