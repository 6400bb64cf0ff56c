"""The doctor: whether a run against a target would work, and what to do where it would not.

It changes nothing but one disposable customer, which it removes again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from contracts.candidate import read
from contracts.customers import sibling
from contracts.customers.disposable import Customers
from contracts.customers.journal import Journal, leftovers
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN
from contracts.http.exchange import Exchange, Failure, Request, update
from contracts.release.comparison import compared
from contracts.rules.document import pinned
from contracts.rules.openapi import SERVED
from contracts.rules.state import MADE

# Requests of the burst that shows whether the rate is limited.
_BURST = 24
# Seconds by which clocks may differ; more makes nonsense of a Retry-After that is a date.
_SKEW = 30.0
_NOBODY = "contract-test-doctor-nobody"
_NAME = b'{"name":"contract-test-doctor"}'


@dataclass(frozen=True)
class Symptom:
    """One thing that a run needs. `remedy` is what to do where it is not `fine`; `fatal` says that no run works so."""

    name: str
    said: str
    fine: bool = True
    remedy: str = ""
    fatal: bool = False


class Doctor:
    """Examines one target, for runs with the contract `pin`."""

    def __init__(self, client: Client, folder: Path, run: str, pin: str = "docs") -> None:
        self._client = client
        self._pin = pin
        self._target = client.target
        self._folder = folder
        self._run = run
        self._seen: list[Exchange] = []

    def symptoms(self) -> Iterator[Symptom]:
        """What was found, one after the other; nothing more where the target cannot be reached."""
        first = self._once(sibling.read(_NOBODY))
        yield self._reached(first)
        if first.response is None:
            return
        yield self._prefix(first)
        yield self._document()
        yield from self._with_customer()
        yield self._clock()
        yield self._rate()
        yield self._left()

    def _reached(self, exchange: Exchange) -> Symptom:
        url = self._target.base_url
        if exchange.response is None:
            own = "an authority of your own needs --ca-bundle, a server that asks for a certificate --client-cert"
            remedy = own if exchange.failure is Failure.TLS else "check the URL, the network and --proxy-from-env"
            return Symptom("reachable", f"no: {exchange.failure}", False, remedy, fatal=True)
        how = "TLS, a valid certificate" if urlsplit(url).scheme == "https" else "plain http"
        return Symptom("reachable", f"yes, {how}, {exchange.seconds * 1000:.0f} ms")

    def _prefix(self, exchange: Exchange) -> Symptom:
        if _is_of_api(exchange):
            return Symptom("prefix", "the API answers under this base URL")
        came = (
            f"{exchange.status} of {(exchange.response.values('Content-Type') or ['no type'])[0]}"
            if exchange.response
            else ""
        )
        return Symptom("prefix", f"what answers is not the API: {came}", False, self._better_prefix(), fatal=True)

    def _better_prefix(self) -> str:
        """What to do where something else answers: the prefix under which the API does, if there is one."""
        other = sibling.read(_NOBODY)
        found = _is_of_api(self._once(replace(other, path=f"/api{other.path}")))
        return (
            f"give {self._target.base_url}/api" if found else "give the base URL as the vendor has it, maybe with /api"
        )

    def _document(self) -> Symptom:
        """Whether the document that the target serves changes anything from the pin."""
        url = f"{self._target.base_url}{SERVED}"
        try:
            served = read(url, self._target)
            changes = compared(pinned(self._pin), served)
        except (WrongCall, NoVerdict) as error:
            remedy = f"it is not compared with {self._pin}; {error}"
            return Symptom("document", f"{url} serves none that can be read", False, remedy)
        if not changes:
            return Symptom("document", f"the one that it serves says what {self._pin} says")
        remedy = f"see them with: python -m contracts release --contract {self._pin} --base-url {self._target.base_url}"
        return Symptom(
            "document",
            f"it differs from {self._pin} ({len(changes)} {'change' if len(changes) == 1 else 'changes'})",
            False,
            remedy,
        )

    def _with_customer(self) -> Iterator[Symptom]:
        customers = Customers(self._client, Journal(self._folder, self._run, self._target.base_url))
        slug = customers.unused_slug()
        try:
            if self._target.customer is None:
                slug = customers.make().slug
                yield Symptom("create", "a disposable customer can be made")
            else:
                yield Symptom("create", f"not needed: --customer {self._target.customer}")
        except (WrongCall, NoVerdict) as error:
            yield Symptom("create", str(error), fine=False, fatal=True)
        made = slug in customers.existing
        yield self._writer(slug, customers)
        yield self._reader(slug)
        yield self._reading(self._target.customer or slug, there=made or self._target.customer is not None)
        customers.close()
        if made:
            yield self._removal(customers)

    def _writer(self, slug: str, customers: Customers) -> Symptom:
        exchange = self._once(update(slug, _NAME))
        if exchange.status in MADE and slug not in customers.existing:
            customers.adopt(slug)
        if exchange.status == 204:
            return Symptom("KAITEN_AUTH_TOKEN", "is valid and has the scope write:customers")
        if exchange.status == 404:
            return Symptom("KAITEN_AUTH_TOKEN", "is not refused, as far as a 404 tells")
        why = {401: "is refused (401)", 403: "lacks the scope write:customers (403)"}
        return Symptom(
            "KAITEN_AUTH_TOKEN",
            why.get(exchange.status or 0, _unexpected(exchange)),
            False,
            "export another token",
            fatal=True,
        )

    def _reader(self, slug: str) -> Symptom:
        name = "KAITEN_READ_TOKEN"
        if not self._target.can_try_scope:
            return Symptom(name, "is not set: the 403 cannot be tried", False, "export a token without write:customers")
        exchange = self._once(update(slug, _NAME, authorization=(f"Bearer {READ_TOKEN}",)))
        why = {401: "is refused (401)", 204: "has the scope write:customers: with it nothing is answered 403"}
        if exchange.status in why:
            return Symptom(
                name,
                why[exchange.status],
                False,
                "export a token without write:customers",
                fatal=exchange.status == 401,
            )
        told = "is valid and lacks the scope write:customers" if exchange.status == 403 else _unexpected(exchange)
        return Symptom(name, told)

    def _reading(self, slug: str, *, there: bool) -> Symptom:
        exchange = self._once(sibling.read(slug))
        if exchange.status == 404 and not there:
            return Symptom("read", "is not refused, as far as a 404 tells")
        if exchange.status in (200, 404):
            return Symptom("read", "customers can be read back: what is stored is checked")
        remedy = "give a token that may read customers; without it what is stored is not tried"
        return Symptom("read", _unexpected(exchange), False, remedy)

    def _removal(self, customers: Customers) -> Symptom:
        if not customers.left:
            return Symptom("delete", "the customer was removed again")
        return Symptom(
            "delete", f"{', '.join(customers.left)} stays", False, "give a token that may delete customers", fatal=True
        )

    def _clock(self) -> Symptom:
        dates = [value for one in self._seen if one.response for value in one.response.values("Date")]
        try:
            skew = parsedate_to_datetime(dates[-1]).timestamp() - time.time()
        except (IndexError, ValueError):
            return Symptom("clock", "the target does not tell its time")
        said = f"differs from this machine's by {abs(skew):.0f} s"
        return Symptom("clock", said, abs(skew) <= _SKEW, "set the clocks: a Retry-After may be a date")

    def _rate(self) -> Symptom:
        request = sibling.read(_NOBODY)
        with ThreadPoolExecutor(self._target.limits.concurrency) as pool:
            came = [*pool.map(lambda _: self._once(request), range(_BURST))]
        headers = came[-1].response.headers if came[-1].response else ()
        told = [f"{name}: {value}" for name, value in headers if "ratelimit" in name.lower().replace("-", "")]
        limited = sum(one.status == 429 for one in came)
        said = f"{limited} of {_BURST} requests at once were answered 429" + "".join(f", {one}" for one in told)
        return Symptom(
            "rate limit", said, not limited, "it is waited out; --rate-limit N asks less often from the beginning"
        )

    def _left(self) -> Symptom:
        left = [slug for one in leftovers(self._folder) if one.base_url == self._target.base_url for slug in one.slugs]
        remedy = "the next run removes them, or: python -m contracts clean"
        return Symptom("left behind", f"{len(left)} customers of earlier runs" if left else "nothing", not left, remedy)

    def _once(self, request: Request) -> Exchange:
        exchange = self._client.once(request)
        self._seen.append(exchange)
        return exchange


def _is_of_api(exchange: Exchange) -> bool:
    types = exchange.response.values("Content-Type") if exchange.response else []
    return exchange.status in (200, 401, 403, 404, 429) and all("json" in one.lower() for one in types) and bool(types)


def _unexpected(exchange: Exchange) -> str:
    return f"{exchange.request.method} was answered {exchange.status or exchange.failure}"


def line(symptom: Symptom) -> str:
    """A symptom as it is told, and the next step where it is not fine."""
    mark = "ok  " if symptom.fine else "FAIL" if symptom.fatal else "note"
    next_ = f"; {symptom.remedy}" if symptom.remedy and not symptom.fine else ""
    return f"{mark}  {symptom.name:18} {symptom.said}{next_}"
