"""Correct vendors that show what they store later, less or more of it than most, or not at all."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts.vendor.model import READ, Answer, Call, Refusal
from tests.suite.vendors.variant import Row, Unusual, Variant, refuse, refuse_if, unusual
from tests.suite.vendors.ways import Members, first, late, then, to_updates

# Later


class LagsBehind(Unusual):
    """Shows a customer as it was 0.3 s ago."""

    def begin(self) -> None:
        self._history: dict[str, list[tuple[float, Members]]] = {}

    def store(self, customer: Members, value: Members) -> None:
        super().store(customer, value)
        self._history.setdefault(customer["slug"], []).append((time.monotonic(), dict(customer)))

    def show(self, call: Call, slug: str) -> Answer:
        self.authorize(call, READ)
        self.find(slug)
        now = time.monotonic() - self.lag()
        known = [customer for since, customer in self._history[slug] if since <= now]
        if not known:
            raise Refusal(404, "No customer has this slug.")
        return self.json(200, known[-1])

    def lag(self) -> float:
        """How many seconds this read lags behind."""
        return 0.3


LagsFarBehind = Row(
    LagsBehind,
    "Shows a customer as it was 0.8 s ago; with 1.5 s a run is green, too, but takes longer than it may here.",
    {"lag": lambda self: 0.8},
)
ReadsFromReplicas = Row(
    LagsBehind, "Reads from replicas, of which some are 0.5 s behind.", {"lag": lambda self: random.choice((0.0, 0.5))}
)
ReadsFromReplicasBeforeItAnswers = Row(
    LagsBehind,
    "Reads from replicas, of which some are 0.5 s behind, and answers an update 10 ms after the others show it.",
    {
        "lag": lambda self: random.choice((0.0, 0.5)),
        "wire": to_updates(lambda call, answer: late(answer, 0.01)),
    },
)


class ReadsFromReplicasAndSaysWhich(LagsBehind):
    """Shows a new id with each read. Some reads come from a replica that is 0.3 s behind."""

    def lag(self) -> float:
        return random.choice((0.0, 0.3))

    def show(self, call: Call, slug: str) -> Answer:
        customer = json.loads(super().show(call, slug).body)
        return self.json(200, customer | {"readId": random.random()})


# What few may do

ForbidsReading = unusual(
    "Lets nobody read a customer.", show=lambda self, call, slug: refuse(403, "This token may not read.")
)
HasNoReading = unusual(
    "Has no operation that reads a customer.", show=lambda self, call, slug: refuse(405, "GET is not allowed here.")
)
ForbidsDeleting = unusual(
    "Lets nobody remove a customer.", delete=lambda self, call, slug: refuse(403, "This token may not delete.")
)
ForbidsTheReaderToRead = unusual(
    "Has a read token that may not even read.",
    begin=lambda self: self.tokens.update({"ksh_mock-may-read": frozenset()}),
)


class ForbidsCreating(Unusual):
    """Lets nobody make a customer; there is one that may be used."""

    arguments = ("--customer", "contract-test-given")

    def begin(self) -> None:
        self.add("contract-test-given", "Given", "given-1")

    def create(self, call: Call) -> Answer:
        raise Refusal(403, "This token may not create.")


ForbidsCreatingAndReading = Row(
    ForbidsCreating,
    "Lets nobody make or read a customer; there is one that may be used.",
    {"show": lambda self, call, slug: refuse(403, "This token may not read.")},
)

# Customers made and removed

HasManyCustomers = unusual(
    "Has 10,000 other customers.",
    begin=lambda self: [self.add(f"customer-{number}", f"Customer {number}") for number in range(10_000)],
)
HasAQuota = unusual(
    "Has a plan that allows six customers, and answers a POST for more of them with 409.",
    arguments=("--customers", "6"),
    **first(
        create=lambda vendor, call: refuse_if(len(vendor.customers) >= 6, 409, "The plan allows no more customers.")
    ),
)


class AnswersDeletingWith200(Unusual):
    """Answers a DELETE with 200 and the customer that was."""

    def delete(self, call: Call, slug: str) -> Answer:
        shown = self.json(200, self.find(slug))
        super().delete(call, slug)
        return shown


DeletesLater = unusual(
    "Answers a DELETE with 202, and removes nothing while the run lasts.",
    **first(delete=lambda vendor, call, slug: vendor.find(slug) and Answer(202)),
)
ChangesSlugs = unusual(
    "Makes each customer under the slug that was asked for and a suffix.",
    add=lambda self, slug, name, external_id=None: Variant.add(
        self, f"{slug}-{len(self.customers):x}", name, external_id
    ),
)
RedirectsDeleting = unusual(
    "Redirects a DELETE to another host, where nobody goes: the customers are left.",
    delete=lambda self, call, slug: Answer(307, [("Location", self.elsewhere + call.path)]),
)


def fails(sentence: str, method: str, often: float) -> Row:
    """Answers some calls of an operation that is not under contract with 500."""

    def fail(vendor: Variant, *called: Any) -> None:
        refuse_if(random.random() < often, 500, "Something went wrong.")

    return unusual(sentence, **first(**{method: fail}))


FailsToCreateSometimes = fails("Answers every fifth POST or so with 500.", "create", 0.2)
FailsToDeleteSometimes = fails("Answers every fourth DELETE or so with 500.", "delete", 0.25)
FailsToShowSometimes = fails("Answers three GETs in a hundred with 500.", "show", 0.03)


class NumbersCustomers(Unusual):
    """Gives customers small numbers for ids."""

    def add(self, slug: str, name: str, external_id: str | None = None) -> Members:
        customer = super().add(slug, name, external_id)
        customer["id"] = len(self.customers)
        return customer


class FailsToShowEachFifthTime(Unusual):
    """Answers every fifth GET with 500."""

    def begin(self) -> None:
        self.shown = 0

    def show(self, call: Call, slug: str) -> Answer:
        self.shown += 1
        refuse_if(self.shown % 5 == 0, 500, "Something went wrong.")
        return super().show(call, slug)


# What is shown


def shows(sentence: str, shown: Callable[[Members], Members]) -> Row:
    """Shows of a customer what `shown` makes of it."""
    return unusual(sentence, **then(show=lambda vendor, answer, call, slug: vendor.json(200, shown(vendor.find(slug)))))


ShowsMore = shows(
    "Shows members that are not documented.",
    lambda customer: (
        customer | {"domain": None, "_links": {"self": f"/customers/{customer['slug']}"}, "tags": [1, 2.5]}
    ),
)
# `updatedAt` is documented and the vendor's own business.
ShowsWhatChanges = shows(
    "Shows members that change with every read, or with every update.",
    lambda customer: customer | {"lastReadAt": time.time(), "reads": random.random(), "updatedAt": str(time.time())},
)
ShowsItsAge = shows(
    "Shows how many seconds old a customer is.",
    lambda customer: customer | {"age": int(time.time() - datetime.fromisoformat(customer["createdAt"]).timestamp())},
)
RenewsLinks = shows(
    "Shows a link to a logo that is renewed every two seconds.",
    lambda customer: customer | {"logoUrl": f"https://cdn.example.com/logo.png?expires={time.time() // 2}"},
)


class DerivesLater(Unusual):
    """Shows a name to search for, which it works out 0.15 s after each update."""

    def begin(self) -> None:
        self._names: dict[str, list[tuple[float, str]]] = {}

    def store(self, customer: Members, value: Members) -> None:
        super().store(customer, value)
        self._names.setdefault(customer["slug"], []).append((time.monotonic(), value["name"].lower()))

    def show(self, call: Call, slug: str) -> Answer:
        super().show(call, slug)
        derived = [name for since, name in self._names[slug] if since < time.monotonic() - 0.15]
        return self.json(200, self.find(slug) | {"searchName": derived[-1] if derived else None})


class ShowsMoreAfterADeploy(Unusual):
    """Shows one more member from its 300th update on, and writes when a customer was made in milliseconds then."""

    def show(self, call: Call, slug: str) -> Answer:
        answer = super().show(call, slug)
        if self.updates < 300:
            return answer
        customer = self.find(slug)
        in_milliseconds = datetime.fromisoformat(customer["createdAt"]).isoformat(timespec="milliseconds")
        return self.json(200, customer | {"status": "active", "createdAt": in_milliseconds})


ShowsNoName = shows("Shows what it knows of a customer in an envelope.", lambda customer: {"data": customer})
OmitsNull = shows(
    "Leaves out of a read what is null.",
    lambda customer: {name: value for name, value in customer.items() if value is not None},
)
DEEP = b'{"deep":' + b"[" * 100_000 + b"]" * 100_000 + b","
ShowsWhatIsDeep = unusual(
    "Shows a member that is not documented, nested 100,000 levels deep.",
    **then(show=lambda vendor, answer, call, slug: replace(answer, body=DEEP + answer.body[1:])),
)
