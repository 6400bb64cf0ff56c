"""The doctor: finds out whether a run against a target would work, and what to do if not.

It makes about as many customers as a run makes first, updates one of them, and removes them all.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from contracts.customers import sibling
from contracts.customers.disposable import Customers
from contracts.customers.journal import Journal, leftovers
from contracts.deployment import candidate
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.exchange import Exchange, Failure, update
from contracts.http.target import Target
from contracts.options import target_from
from contracts.release.comparison import compared
from contracts.rules.document import pinned
from contracts.rules.openapi import SERVED
from contracts.rules.state import GONE, stored_in

# Requests of the burst that shows whether the rate is limited.
_BURST = 24
_NOBODY = "contract-test-doctor-nobody"
_NAME = b'{"name":"contract-test-doctor"}'
_WRITER, _READER, _READ = "KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN", "read"


class Symptom(NamedTuple):
    """One thing that a run needs: ok, note, or FAIL (no run would work); what was found, and what to do about it."""

    name: str
    mark: str
    said: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.mark:4}  {self.name:18} {self.said}" + (f"; {self.remedy}" if self.remedy else "")


_WRITE_ONLY = "export a token without write:customers"
_NOT_SHOWN = "a run has no verdict where GET does not show the customer"
_READ_TOO = "give a token that may read customers; without it nothing is known of what is stored"
# What a status tells about the token that was tried. None stands for any other status.
_SAYS: Mapping[str, Mapping[int | None, tuple[str, ...]]] = {
    _WRITER: {
        204: ("ok", "is valid and has the scope write:customers"),
        404: ("ok", "is not refused, as far as a 404 tells"),
        401: ("FAIL", "is refused (401)", "export another token"),
        403: ("FAIL", "lacks the scope write:customers (403)", "export another token"),
        None: ("FAIL", "", "export another token"),
    },
    _READER: {
        403: ("ok", "is valid and lacks the scope write:customers, as it should"),
        401: ("FAIL", "is refused (401)", _WRITE_ONLY),
        204: ("note", "has the scope write:customers, so nothing would be answered 403", _WRITE_ONLY),
        None: ("ok", ""),
    },
    _READ: {
        200: ("ok", "customers can be read back: what is stored is checked"),
        404: ("ok", "is not refused, as far as a 404 tells"),
        **dict.fromkeys((401, 403, 405), ("note", "", _READ_TOO)),
        None: ("FAIL", "", _NOT_SHOWN),
    },
}


def target_of(chosen: Mapping[str, Any], base_url: str, environment: Mapping[str, str]) -> Target:
    """The target that a run would have; without tokens if `KAITEN_AUTH_TOKEN` is not set."""
    if environment.get(_WRITER):
        return target_from(chosen, base_url, environment)
    return replace(target_from(chosen, base_url, {_WRITER: "none"}), tokens={})


def _likeness(client: Client, token: str) -> int:
    """How much a base URL looks like the API: 2 if a token makes a difference, 1 if it makes none, else 0."""
    answer = client.once(sibling.read(_NOBODY, token))
    types = answer.response.values("Content-Type") if answer.response else []
    if answer.status not in (200, 401, 403, 404, 429) or not types or not all("json" in one.lower() for one in types):
        return 0
    without = client.once(sibling.read(_NOBODY, "")).status
    return 2 if without == 401 and (not token or answer.status != 401) else 1


class Doctor:
    """Examines one target, for runs with the contract `pin`."""

    def __init__(self, client: Client, folder: Path, run: str, pin: str = "docs") -> None:
        self._client, self._target, self._url = client, client.target, client.target.base_url
        self._folder, self._run, self._pin = folder, run, pin
        self._token = WRITE_TOKEN if WRITE_TOKEN in self._target.tokens else ""

    def symptoms(self) -> Generator[Symptom]:
        """What was found, one after the other. It ends early if the target is not reached, or is not the API."""
        first = self._client.once(sibling.read(_NOBODY, self._token))
        yield (reached := self._reached(first))
        if reached.mark == "ok":
            yield (prefix := self._prefix(first))
            if prefix.mark == "ok":
                yield self._document()
                yield from self._customers()
                yield self._rate()
                yield self._left_behind()

    def _reached(self, first: Exchange) -> Symptom:
        scheme, _, rest = self._url.partition("://")
        # Asked in plain HTTP, a TLS port breaks off, answers in TLS, or answers 400 with a hint.
        says_so = first.response is not None and first.status == 400 and b"https" in first.response.body.lower()
        if scheme == "http" and (says_so or first.failure in (Failure.BROKEN, Failure.MALFORMED)):
            said = f"no: {first.failure or 'plain http is answered 400'}"
            return Symptom("reachable", "FAIL", said, f"give https://{rest}, if that port speaks TLS")
        if first.response is None:
            own = "a private certificate authority needs --ca-bundle, a client certificate --client-cert"
            remedy = own if first.failure is Failure.TLS else "check the URL, the network and --proxy-from-env"
            return Symptom("reachable", "FAIL", f"no: {first.failure}", remedy)
        how = "TLS, a valid certificate" if scheme == "https" else "plain http"
        return Symptom("reachable", "ok", f"yes, {how}, {first.seconds * 1000:.0f} ms")

    def _prefix(self, first: Exchange) -> Symptom:
        here, other = _likeness(self._client, self._token), sibling.other_prefix(self._url)
        with Client(replace(self._target, base_url=other)) as client:
            there = 0 if here == 2 else _likeness(client, self._token)
        if here and (here == 2 or there < 2):
            return Symptom("prefix", "ok", "the API answers under this base URL")
        types = first.response.values("Content-Type") if first.response else []
        remedy = f"give {other}" if there else "check the path of the base URL: it may have to end with /api"
        said = f"what answers is not the API: {first.status} of {', '.join(types) or 'no type'}"
        return Symptom("prefix", "FAIL", said, remedy)

    def _document(self) -> Symptom:
        url = f"{self._url}{SERVED}"
        try:
            changes = len(compared(pinned(self._pin), candidate(url, self._target)))
        except (WrongCall, NoVerdict) as error:
            why = f"it is not compared with {self._pin}; {error}"
            return Symptom("document", "note", f"{url} serves none that can be read", why)
        if not changes:
            return Symptom("document", "ok", f"the target's own OpenAPI document says the same as {self._pin}")
        said = f"it differs from {self._pin} ({changes} {'change' if changes == 1 else 'changes'})"
        command = f"python -m contracts release --contract {self._pin} --base-url {self._url}"
        return Symptom("document", "note", said, f"see them with: {command}")

    def _customers(self) -> Iterator[Symptom]:
        if not self._token:
            yield Symptom(_WRITER, "FAIL", "is not set", "export a token with the scope write:customers")
            return
        customers, given = Customers(self._client, Journal(self._folder, self._run, self._url)), self._target.customer
        try:
            yield self._created(customers)
            made = min(customers.existing, default="")
            slug = made or customers.unused_slug()
            writes = self._client.once(update(slug, _NAME))
            if not made and writes.status in range(200, 300):
                customers.adopt(slug)
            yield _symptom(_WRITER, writes)
            if self._target.can_try_scope:
                yield _symptom(_READER, self._client.once(update(slug, _NAME, authorization=(f"Bearer {READ_TOKEN}",))))
            else:
                yield Symptom(_READER, "note", "is not set: the 403 cannot be tried", _WRITE_ONLY)
            yield _symptom(_READ, self._client.once(sibling.read(given or slug)))
        finally:
            customers.close()
        if made and customers.left:
            stays = f"{', '.join(customers.left)} stays"
            yield Symptom("delete", "FAIL", stays, "give a token that may delete customers")
        elif made:
            yield Symptom("delete", "ok", "what was made is removed again")

    def _created(self, customers: Customers) -> Symptom:
        """Make customers: a plan may limit how many there are."""
        if self._target.customer:
            return Symptom("create", "ok", f"not needed: --customer {self._target.customer}")
        limits = self._target.limits
        try:
            for _ in range(min(limits.concurrency + 2, limits.customers or limits.concurrency + 2)):
                customers.unused()
        except (WrongCall, NoVerdict) as error:
            return Symptom("create", "FAIL", str(error))
        if customers.renamed:
            return Symptom("create", "note", f"the vendor changes slugs: {customers.renamed}", "a run uses its slugs")
        return Symptom("create", "ok", f"{len(customers.existing)} disposable customers at once can be made")

    def _rate(self) -> Symptom:
        with ThreadPoolExecutor(self._target.limits.concurrency) as pool:
            answers = [*pool.map(self._client.once, [sibling.read(_NOBODY, self._token)] * _BURST)]
        limited = sum(exchange.status == 429 for exchange in answers)
        headers = answers[-1].response.headers if answers[-1].response else ()
        limits = [f", {name}: {value}" for name, value in headers if "ratelimit" in name.lower().replace("-", "")]
        told = f"{limited} of {_BURST} requests at once were answered 429{''.join(limits)}"
        remedy = "a run slows down by itself; --rate-limit N avoids the refusals"
        return Symptom("rate limit", "note", told, remedy) if limited else Symptom("rate limit", "ok", told)

    def _left_behind(self) -> Symptom:
        left = sum(len(one.slugs) for one in leftovers(self._folder) if one.base_url == self._url)
        remedy = "the next run removes them, or: python -m contracts clean"
        told = ("note", f"{left} customers of earlier runs", remedy) if left else ("ok", "nothing")
        return Symptom("left behind", *told)


def _symptom(name: str, exchange: Exchange) -> Symptom:
    """What the answer tells about a token, or about reading."""
    stored = stored_in(exchange)
    if name == _READ and exchange.status == 200 and "name" not in stored:
        note = Symptom(name, "note", "GET does not show a customer's name", "nothing is known of what is stored")
        return Symptom(name, "FAIL", stored[GONE], _NOT_SHOWN) if GONE in stored else note
    mark, said, *remedy = _SAYS[name].get(exchange.status, _SAYS[name][None])
    said = said or f"{exchange.request.method} was answered {exchange.status or exchange.failure}"
    return Symptom(name, mark, said, *remedy)
