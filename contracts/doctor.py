"""The doctor: finds out whether a run against a target would work, and what to do if not.

It makes about as many customers as a run makes first, updates one of them, and removes them all.
"""

from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from contracts.candidate import read
from contracts.customers import sibling
from contracts.customers.disposable import Customers
from contracts.customers.journal import Journal, leftovers
from contracts.errors import NoVerdict, WrongCall, command
from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.exchange import Exchange, Failure
from contracts.http.request import update
from contracts.http.target import Target
from contracts.options import target_from
from contracts.release.comparison import compared
from contracts.rules.document import pinned
from contracts.rules.openapi import SERVED
from contracts.rules.promise import number
from contracts.rules.state import HIDDEN, stored_in

# Requests of the burst that shows whether the rate is limited.
_BURST = 24
_NOBODY = "contract-test-doctor-nobody"
_NAME = b'{"name":"contract-test-doctor"}'
_WRITER, _READER, _READ = "KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN", "read"
_NO_SCOPE = "export a token without write:customers"
_NOT_SHOWN = "a run has no verdict where GET does not show the customer"
_READ_TOO = "{}; give a token that may read customers; without it nothing is known of what is stored"
# What the status of an answer says about a token, or about reading. None is any other status; `{}` is the answer.
_SAYS: Mapping[tuple[str, int | None], tuple[str, str]] = {
    (_WRITER, 204): ("ok", "is valid and has the scope write:customers"),
    (_WRITER, 404): ("ok", "is not refused, as far as a 404 tells"),
    (_WRITER, 401): ("FAIL", "is refused (401); export another token"),
    (_WRITER, 403): ("FAIL", "lacks the scope write:customers (403); export another token"),
    (_WRITER, None): ("FAIL", "{}, whatever the token may do: nothing can be tested until an update is accepted"),
    (_READER, 403): ("ok", "is valid and lacks the scope write:customers"),
    (_READER, 401): ("FAIL", f"is refused (401); {_NO_SCOPE}"),
    (_READER, 204): ("note", f"has the scope write:customers, so nothing would be answered 403; {_NO_SCOPE}"),
    (_READER, None): ("note", "{}, which tells nothing of the token"),
    (_READ, 200): ("ok", "customers can be read back: what is stored is checked"),
    (_READ, 404): ("ok", "is not refused, as far as a 404 tells"),
    **dict.fromkeys([(_READ, 401), (_READ, 403), (_READ, 405)], ("note", _READ_TOO)),
    (_READ, None): ("FAIL", f"{{}}; {_NOT_SHOWN}"),
}


class Symptom(NamedTuple):
    """One thing that a run needs: ok, note, or FAIL (no run would work); what was found, and what to do about it."""

    name: str
    mark: str
    said: str

    def __str__(self) -> str:
        return f"{self.mark:4}  {self.name:18} {self.said}"


def target_of(chosen: Mapping[str, Any], base_url: str, environment: Mapping[str, str]) -> Target:
    """The target that a run would have; without tokens if `KAITEN_AUTH_TOKEN` is not set."""
    if environment.get(_WRITER):
        return target_from(chosen, base_url, environment)
    return replace(target_from(chosen, base_url, {_WRITER: "none"}), tokens={})


class Doctor:
    """Examines one target, for runs with the contract `pin`."""

    def __init__(self, client: Client, folder: Path, run: str, pin: str = "docs") -> None:
        self._client, self._target, self._url = client, client.target, client.target.base_url
        self._folder, self._run, self._pin = folder, run, pin
        self._token = WRITE_TOKEN if WRITE_TOKEN in self._target.tokens else ""

    def symptoms(self) -> Generator[Symptom]:
        """What was found, one after the other. It ends early if the target is not reached, or is not the API."""
        first = self._client.once(sibling.read(_NOBODY, self._token))
        for name, look in (("reachable", self._reached), ("prefix", self._prefix)):
            mark, said = look(first)
            yield Symptom(name, mark, said)
            if mark == "FAIL":
                return
        yield Symptom("document", *self._document())
        yield from self._customers()
        yield Symptom("rate limit", *self._rate())
        left = sum(len(leftover.slugs) for leftover in leftovers(self._folder) if leftover.base_url == self._url)
        listed = f"{number(left, 'customer')} of earlier runs; the next run removes them, or: {command('clean')}"
        yield Symptom("left behind", *(("note", listed) if left else ("ok", "nothing")))

    def _reached(self, first: Exchange) -> tuple[str, str]:
        scheme, _, rest = self._url.partition("://")
        # A TLS port that is asked in plain HTTP breaks off, answers in TLS, or answers 400 with a hint.
        says_so = first.response is not None and first.status == 400 and b"https" in first.response.body.lower()
        if scheme == "http" and (says_so or first.failure in (Failure.BROKEN, Failure.MALFORMED)):
            reason = first.failure or "plain http is answered 400"
            return "FAIL", f"no: {reason}; give https://{rest}, if that port speaks TLS"
        if first.response is None:
            own = "a private certificate authority needs --ca-bundle, a client certificate --client-cert"
            remedy = own if first.failure is Failure.TLS else "check the URL, the network and --proxy-from-env"
            return "FAIL", f"no: {first.failure}; {remedy}"
        how = "TLS, a valid certificate" if scheme == "https" else "plain http"
        return "ok", f"yes, {how}, {first.seconds * 1000:.0f} ms"

    def _prefix(self, first: Exchange) -> tuple[str, str]:
        here, other = self._likeness(self._client), sibling.other_prefix(self._url)
        with Client(replace(self._target, base_url=other)) as client:
            there = 0 if here == 2 else self._likeness(client)
        if here and (here == 2 or there < 2):
            return "ok", "the API answers under this base URL"
        if not there and (in_front := sibling.in_front(first)):
            return "FAIL", in_front
        types = ", ".join(first.response.values("Content-Type") if first.response else []) or "no type"
        remedy = f"give {other}" if there else "check the path of the base URL: it may have to end with /api"
        return "FAIL", f"what answers is not the API: {first.status} of {types}; {remedy}"

    def _likeness(self, client: Client) -> int:
        """How much a base URL answers like the API: 2 if a token makes a difference, 1 if it makes none, else 0."""
        answer = client.once(sibling.read(_NOBODY, self._token))
        types = answer.response.values("Content-Type") if answer.response else []
        is_json = types and all("json" in media_type.lower() for media_type in types)
        if answer.status not in (200, 401, 403, 404, 429) or not is_json:
            return 0
        without = client.once(sibling.read(_NOBODY, "")).status
        return 2 if without == 401 and (not self._token or answer.status != 401) else 1

    def _document(self) -> tuple[str, str]:
        url, pin = f"{self._url}{SERVED}", self._pin
        try:
            changes = len(compared(pinned(pin), read(url, self._target)))
        except (WrongCall, NoVerdict) as error:
            return "note", f"{url} serves no document that can be read; nothing is compared with {pin}; {error}"
        if not changes:
            return "ok", f"the target's own OpenAPI document says the same as {pin}"
        shown = command("release", f"--contract {pin} --base-url {self._url}")
        return "note", f"it differs from {pin} ({number(changes, 'change')}); see them with: {shown}"

    def _customers(self) -> Iterator[Symptom]:
        if not self._token:
            yield Symptom(_WRITER, "FAIL", "is not set; export a token with the scope write:customers")
            return
        customers, given = Customers(self._client, Journal(self._folder, self._run, self._url)), self._target.customer
        try:
            created = Symptom("create", *self._created(customers))
            made = min(customers.existing, default="")
            slug = made or customers.unused_slug()
            writes = self._client.once(update(slug, _NAME))
            if not made and writes.status in range(200, 300):
                customers.adopt(slug)
            # If the token is refused, only one symptom says so.
            yield from [created] if writes.status != 401 else []
            yield _symptom(_WRITER, writes)
            if self._target.can_try_scope:
                yield _symptom(_READER, self._client.once(update(slug, _NAME, authorization=(f"Bearer {READ_TOKEN}",))))
            else:
                yield Symptom(_READER, "note", f"is not set: the 403 cannot be tried; {_NO_SCOPE}")
            read = self._client.once(sibling.read(given or slug))
            gone = Symptom(_READ, "FAIL", f"there is no customer {given!r} (404); give another with --customer")
            yield gone if given and read.status == 404 else _symptom(_READ, read)
        finally:
            customers.close()
        if made:
            stay = f"{', '.join(customers.left)} stays; give a token that may delete customers"
            removed = ("FAIL", stay) if customers.left else ("ok", "what was made is removed again")
            yield Symptom("delete", *removed)

    def _created(self, customers: Customers) -> tuple[str, str]:
        """Make customers: a plan may limit how many there are."""
        if self._target.customer:
            return "ok", f"not needed: --customer {self._target.customer}"
        most = self._target.limits.concurrency + 2
        try:
            for _ in range(min(most, self._target.limits.customers or most)):
                customers.make()
        except (WrongCall, NoVerdict) as error:
            return "FAIL", str(error)
        if customers.renamed:
            return "note", f"the vendor changes slugs: {customers.renamed}; a run uses its slugs"
        return "ok", f"{len(customers.existing)} disposable customers at once can be made"

    def _rate(self) -> tuple[str, str]:
        with ThreadPoolExecutor(self._target.limits.concurrency) as pool:
            answers = [*pool.map(self._client.once, [sibling.read(_NOBODY, self._token)] * _BURST)]
        limited = sum(exchange.status == 429 for exchange in answers)
        headers = answers[-1].response.headers if answers[-1].response else ()
        limits = [f", {name}: {value}" for name, value in headers if "ratelimit" in name.lower().replace("-", "")]
        said = f"{limited} of {_BURST} requests at once were answered 429{''.join(limits)}"
        remedy = "a run slows down by itself; --rate-limit N avoids the refusals"
        return ("note", f"{said}; {remedy}") if limited else ("ok", said)


def _symptom(name: str, exchange: Exchange) -> Symptom:
    """What the answer tells about a token, or about reading."""
    stored = stored_in(exchange)
    if name == _READ and exchange.status == 200 and "name" not in stored:
        note = Symptom(name, "note", "GET does not show a customer's name; nothing is known of what is stored")
        return Symptom(name, "FAIL", f"{stored[HIDDEN]}; {_NOT_SHOWN}") if HIDDEN in stored else note
    mark, said = _SAYS.get((name, exchange.status), _SAYS[name, None])
    answered = f"{exchange.request.method} was answered {exchange.status or exchange.failure}"
    return Symptom(name, mark, said.format(answered))
