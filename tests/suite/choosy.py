"""A vendor that refuses what it is told to refuse, and the suite's customers on that vendor, in process."""

from __future__ import annotations

from contracts.customers.disposable import Customers
from contracts.customers.journal import Journal
from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.target import MOCK_URL, Limits, Target
from contracts.rules.document import load
from contracts.vendor import served as mock
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal, Vendor

TOKENS = dict(zip((WRITE_TOKEN, READ_TOKEN), MOCK_TOKENS, strict=True))
ACME = {"id": "0", "slug": "acme", "name": "Acme", "externalCustomerId": "acme-1", "updatedAt": "then"}


class Choosy(Vendor):
    """Knows the customer acme, records its calls, and answers the first `times` calls of `method` with `status`."""

    def __init__(self, method: str = "", status: int = 0, times: int = 1000) -> None:
        super().__init__(load("docs"))
        self.customers["acme"] = dict(ACME)
        self.calls: list[str] = []
        self.refuse(method, status, times)

    def refuse(self, method: str, status: int, times: int = 1000) -> None:
        """From now on, answer calls of this method with this status, this many times."""
        self._method, self._status, self._times = method, status, times

    def route(self, call: Call) -> Answer:
        self.calls.append(call.method)
        if call.method == self._method and self._times > 0:
            self._times -= 1
            raise Refusal(self._status, "No.")
        return super().route(call)


def customers_of(
    vendor: Vendor,
    journal: Journal | None = None,
    customer: str | None = None,
    most: int | None = None,
) -> Customers:
    """The customers of a run against this vendor, in process. `customer` is `--customer`, `most` is `--customers`."""
    target = Target(MOCK_URL, TOKENS, Limits(patience=0.5, settle=0.1, customers=most), customer)
    return Customers(Client(target, mock.transport(vendor)), journal)
