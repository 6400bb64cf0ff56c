"""Hostile vendors that do not answer, stop answering, or change their mind."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.vendor.model import Answer, Call
from tests.suite.served import HangUp, plain_wire
from tests.suite.vendors.variant import Hostile, Row, hostile, refuse, refuse_if
from tests.suite.vendors.ways import first, holding, late, then

IMPATIENT = ("--patience", "10")

# Other customers than those that were made


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


CreatesWithoutShowing = hostile(
    "Answers a POST with 201 and an empty body: nobody knows what to remove.",
    **then(create=lambda vendor, answer, call: Answer(201, [("Location", "/customers/somewhere")])),
)
DeniesItsCustomers = hostile(
    "Makes customers and knows none of them.", **then(create=lambda vendor, answer, call: vendor.customers.clear())
)
CreatesSlowly = hostile(
    "Takes longer to make a customer than an exchange may take.",
    arguments=IMPATIENT,
    wire=lambda self, call, answer: late(answer) if call.method == "POST" else plain_wire(answer),
)
CreatesGarbage = hostile(
    "Answers a POST with 201 and what is no customer, and makes none.",
    create=lambda self, call: Answer(201, [("Content-Type", "application/json")], b'[{"slug": 17'),
)
ShowsAList = hostile(
    "Shows a list in place of a customer.", show=lambda self, call, slug: self.json(200, [self.find(slug)])
)
ShowsAPage = hostile(
    "Shows a page in HTML in place of a customer.",
    show=lambda self, call, slug: Answer(
        200, [("Content-Type", "text/html")], b"<!doctype html><title>Customers</title>"
    ),
)
ShowsOneForAll = hostile(
    "Shows the same customer whoever is asked for.",
    show=lambda self, call, slug: self.json(200, next(iter(self.customers.values()))),
)
KeepsWhatItDeletes = hostile(
    "Answers a DELETE with 500, and every update too.",
    delete=lambda self, call, slug: refuse(500, "No."),
    update=lambda self, call, slug: refuse(500, "No."),
)

# The same to all

NeverAnswers = hostile("Takes each request and says nothing.", wire=lambda self, call, answer: holding())
IsUnavailable = hostile(
    "Something in front of it answers 503 for ever.", handle=lambda self, call: Answer(503, [], b"no")
)
SaysYesToAll = hostile("Answers 204 whatever is asked.", handle=lambda self, call: Answer(204))
SaysYesToUpdates = hostile(
    "Answers every update with 204, whoever sends it and whatever it says.", update=lambda self, call, slug: Answer(204)
)
SaysNoToUpdates = hostile("Answers every update with 500.", update=lambda self, call, slug: refuse(500, "No."))

# An end


class _Ends(Hostile):
    """Answers properly until it has been asked `lives` times, then as `ended` has it."""

    lives = 300
    arguments = IMPATIENT
    _calls = 0

    def handle(self, call: Call) -> Answer:
        self._calls += 1
        return super().handle(call)

    def wire(self, call: Call, answer: Answer) -> bytes | Iterable[bytes]:
        return self.ended(answer) if self._calls > self.lives else plain_wire(answer)

    def ended(self, answer: Answer) -> bytes | Iterable[bytes]:
        """What goes over the wire from then on: nothing."""
        raise HangUp


DiesInTheMiddle = Row(_Ends, "Hangs up on everybody after 300 requests.", {})
DiesAtTheEnd = Row(_Ends, "Hangs up on everybody after 1,000 requests.", {"lives": 1000})
FallsSilent = Row(_Ends, "Says nothing more after 300 requests.", {"ended": lambda self, answer: late(answer)})


def asks(sentence: str, pause: str) -> Row:
    """Answers 429 after 300 requests, and asks for a pause that nobody can make."""
    answer = Answer(429, [("Retry-After", pause)], b"Slow down.")
    return Row(_Ends, sentence, {"ended": lambda self, _: plain_wire(answer)})


AsksForAYear = asks("Asks for a pause of a year.", "31536000")
AsksForThePast = asks("Asks for a pause of less than no time.", "-5")
AsksForEver = asks("Asks for a pause of 400 digits.", "9" * 400)
AsksForManyDigits = asks("Asks for a pause of 5,000 digits.", "9" * 5000)
AsksInSuperscript = asks("Asks for a pause in digits that are superscript.", "\xb2\xb3")
AsksForADateThatNeverComes = asks(
    "Asks for a pause until a year that no calendar has.", "Mon, 01 Jan 99999999999 00:00:00 GMT"
)
AsksForTheFirstYear = asks(
    "Asks for a pause until a date that is before all dates in UTC.", "Mon, 01 Jan 0001 00:00:00 +2300"
)
AsksForNotANumber = asks("Asks for a pause that is not a number.", "nan")
AsksTwice = asks("Asks for a pause in seconds with a fraction and a unit.", "1.5e300s, 7")

# A change of mind

RevokesTheToken = hostile(
    "Knows the token no more after 100 updates.",
    **first(
        authorize=lambda vendor, call, scope: refuse_if(vendor.updates > 100, 401, "A valid bearer token is needed.")
    ),
)
TakesTheScopeAway = hostile(
    "Takes the scope away after 100 updates.",
    **then(
        authorize=lambda vendor, _, call, scope: refuse_if(
            vendor.updates > 100 and scope.startswith("write"), 403, "The token lacks the scope."
        )
    ),
)
