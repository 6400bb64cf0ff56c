"""Correct vendors that show what they store later, less or more of it than most, or not at all."""

from __future__ import annotations

import random
import time
from typing import Any

from contracts.rules.document import Document
from contracts.vendor.model import READ, Answer, Call, Refusal
from tests.suite.vendors.variant import Unusual


class LagsBehind(Unusual):
    """Shows a customer as it was 0.3 s ago."""

    lag = 0.3

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self._history: dict[str, list[tuple[float, dict[str, Any]]]] = {}

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        super().store(customer, value)
        self._history.setdefault(customer["slug"], []).append((time.monotonic(), dict(customer)))

    def show(self, call: Call, slug: str) -> Answer:
        self.authorize(call, READ)
        self.find(slug)
        now = time.monotonic() - self.behind()
        known = [customer for since, customer in self._history[slug] if since <= now]
        if not known:
            raise Refusal(404, "No customer has this slug.")
        return self.json(200, known[-1])

    def behind(self) -> float:
        """How many seconds this read lags behind."""
        return self.lag


class LagsFarBehind(LagsBehind):
    """Shows a customer as it was 0.8 s ago; with 1.5 s a run is green, too, but takes longer than it may here."""

    lag = 0.8


class ReadsFromReplicas(LagsBehind):
    """Reads from replicas, of which some are 0.5 s behind."""

    def behind(self) -> float:
        return random.choice((0.0, 0.5))


class ForbidsReading(Unusual):
    """Lets nobody read a customer."""

    def show(self, call: Call, slug: str) -> Answer:
        raise Refusal(403, "This token may not read.")


class HasNoReading(Unusual):
    """Has no operation that reads a customer."""

    def show(self, call: Call, slug: str) -> Answer:
        raise Refusal(405, "GET is not allowed here.")


class ForbidsTheReaderToRead(Unusual):
    """Has a read token that may not even read."""

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self.tokens["ksh_mock-may-read"] = frozenset()


class ForbidsCreating(Unusual):
    """Lets nobody make a customer; there is one that may be used."""

    arguments = ("--customer", "contract-test-given")

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self.add("contract-test-given", "Given", "given-1")

    def create(self, call: Call) -> Answer:
        raise Refusal(403, "This token may not create.")


class ForbidsCreatingAndReading(ForbidsCreating):
    """Lets nobody make or read a customer; there is one that may be used."""

    def show(self, call: Call, slug: str) -> Answer:
        raise Refusal(403, "This token may not read.")


class ForbidsDeleting(Unusual):
    """Lets nobody remove a customer."""

    def delete(self, call: Call, slug: str) -> Answer:
        raise Refusal(403, "This token may not delete.")


class HasManyCustomers(Unusual):
    """Has 10,000 other customers."""

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        for number in range(10_000):
            self.add(f"customer-{number}", f"Customer {number}")


class ChangesSlugs(Unusual):
    """Makes each customer under the slug that was asked for and a suffix."""

    def add(self, slug: str, name: str, external_id: str | None = None) -> dict[str, Any]:
        return super().add(f"{slug}-{len(self.customers):x}", name, external_id)


class HasAQuota(Unusual):
    """Has a plan that allows six customers, and answers a POST for more of them with 409."""

    arguments = ("--customers", "6")

    def create(self, call: Call) -> Answer:
        if len(self.customers) >= 6:
            raise Refusal(409, "The plan allows no more customers.")
        return super().create(call)


class AnswersDeletingWith200(Unusual):
    """Answers a DELETE with 200 and the customer that was."""

    def delete(self, call: Call, slug: str) -> Answer:
        shown = self.json(200, self.find(slug))
        super().delete(call, slug)
        return shown


class DeletesLater(Unusual):
    """Answers a DELETE with 202, and removes nothing while the run lasts."""

    def delete(self, call: Call, slug: str) -> Answer:
        self.find(slug)
        return Answer(202)


class RedirectsDeleting(Unusual):
    """Redirects a DELETE to another host, where nobody goes: the customers are left."""

    def delete(self, call: Call, slug: str) -> Answer:
        return Answer(307, [("Location", self.elsewhere + call.path)])


class _FailsSometimes(Unusual):
    """Answers some calls of an operation that is not under contract with 500."""

    def _fails(self, often: float) -> None:
        if random.random() < often:
            raise Refusal(500, "Something went wrong.")


class FailsToCreateSometimes(_FailsSometimes):
    """Answers every fifth POST or so with 500."""

    def create(self, call: Call) -> Answer:
        self._fails(0.2)
        return super().create(call)


class FailsToDeleteSometimes(_FailsSometimes):
    """Answers every fourth DELETE or so with 500."""

    def delete(self, call: Call, slug: str) -> Answer:
        self._fails(0.25)
        return super().delete(call, slug)


class FailsToShowSometimes(_FailsSometimes):
    """Answers three GETs in a hundred with 500."""

    def show(self, call: Call, slug: str) -> Answer:
        self._fails(0.03)
        return super().show(call, slug)


class _Shows(Unusual):
    """Shows a customer in its own way."""

    def show(self, call: Call, slug: str) -> Answer:
        super().show(call, slug)
        return self.json(200, self.shown(self.find(slug)))

    def shown(self, customer: dict[str, Any]) -> dict[str, Any]:
        """What a read shows of a customer."""
        return customer


class ShowsMore(_Shows):
    """Shows members that are not documented."""

    def shown(self, customer: dict[str, Any]) -> dict[str, Any]:
        return customer | {"domain": None, "_links": {"self": f"/customers/{customer['slug']}"}, "tags": [1, 2.5]}


class ShowsWhatChanges(_Shows):
    """Shows members that change with every read, or with every update."""

    def shown(self, customer: dict[str, Any]) -> dict[str, Any]:
        # `updatedAt` is documented and the vendor's own business.
        return customer | {"lastReadAt": time.time(), "reads": random.random(), "updatedAt": str(time.time())}


class ShowsNoName(_Shows):
    """Shows what it knows of a customer in an envelope."""

    def shown(self, customer: dict[str, Any]) -> dict[str, Any]:
        return {"data": customer}


class OmitsNull(_Shows):
    """Leaves out of a read what is null."""

    def shown(self, customer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in customer.items() if value is not None}


class ShowsWhatIsDeep(Unusual):
    """Shows a member that is not documented, nested 100,000 levels deep."""

    def show(self, call: Call, slug: str) -> Answer:
        answer = super().show(call, slug)
        answer.body = b'{"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"," + answer.body[1:]
        return answer
