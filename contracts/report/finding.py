"""A finding: one promise that was broken in one circumstance, and the request that shows it best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from contracts.attempt import Attempt
from contracts.evidence.evidence import Source, evidence_of
from contracts.evidence.har import to_har
from contracts.http.curl import curl, for_any_customer
from contracts.http.exchange import Exchange
from contracts.rules.body import read
from contracts.rules.document import Document
from contracts.rules.promise import excerpt

_CURL_SHOWN = 1000
# What shows a failure best: one that was seen again, then one that was not tried again, then one that was seen once.
_SURE = (True, None, False)


@dataclass(frozen=True)
class Sighting:
    """One promise that one test saw broken, and everything that is shown of it: plain data that goes with a report.

    `place` is where in the answer (`also` where else), `cause` the circumstance in words. `size` is how large the
    request is, `repeated` whether it was seen again when it was tried alone (None: not tried). `har` is the evidence as
    the text of a HAR file, empty where this process has sent a better one.
    """

    rule: str
    place: str
    cause: str
    layer: str
    expected: str
    actual: str
    request: str = ""
    answer: str = ""
    trace: str = ""
    curl: str = ""
    why: str = ""
    size: tuple[int, int] = (0, 0)
    repeated: bool | None = None
    har: str = ""
    also: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is the same finding by."""
        return self.rule, self.place, self.cause

    @property
    def rank(self) -> tuple[int, tuple[int, int]]:
        """The less, the better it shows what is broken."""
        return _SURE.index(self.repeated), self.size

    def plain(self) -> dict[str, Any]:
        """As pytest's reports can carry it from process to process."""
        return asdict(self)


def sighting_of(told: dict[str, Any]) -> Sighting:
    """What a report has carried."""
    return Sighting(**told | {"size": tuple(told["size"]), "also": tuple(told["also"])})


@dataclass(frozen=True)
class Finding:
    """One promise broken in one circumstance: the sighting that shows it best, and the tests that saw it.

    `evidence` is the file that keeps it, or empty. Of `tried` updates that put the promise to the test `broke` broke
    it; `comes_and_goes` says that it was not seen when the same requests were tried again alone.
    """

    shown: Sighting
    tests: tuple[str, ...] = ()
    evidence: str = ""
    broke: int = 0
    tried: int = 0
    comes_and_goes: bool = False

    @property
    def rule(self) -> str:
        return self.shown.rule

    @property
    def seen(self) -> str:
        """How often, in words that are the same everywhere."""
        if not self.tried:
            return "how often is not known"
        rate = f"{self.broke} of {self.tried} updates"
        return f"comes and goes: {rate}" if self.comes_and_goes else rate


def sightings(attempt: Attempt, document: Document, source: Source, family: str, why: str) -> Iterator[Sighting]:
    """What an attempt broke, one sighting for each promise; `family` is that of the payload that was sent, if any."""
    cause = cause_of(attempt, document, family)
    for rule in dict.fromkeys(violation.rule for violation in attempt.violations):
        first, *others = [violation for violation in attempt.violations if violation.rule == rule]
        yield Sighting(
            rule=rule,
            place=first.place,
            cause=cause,
            layer=str(first.layer),
            expected=first.expected,
            actual=first.actual,
            request=request_line(attempt.exchange),
            answer=answer_line(attempt.exchange),
            trace=attempt.exchange.trace_id,
            curl=command(attempt, source.base_url),
            why=why,
            size=attempt.size,
            repeated=attempt.repeated,
            har=to_har(evidence_of(attempt, first, source)),
            also=tuple(dict.fromkeys(other.place for other in others)),
        )


def cause_of(attempt: Attempt, document: Document, family: str) -> str:
    """The circumstance of a request in words: the keyword that its body breaks, its payload's family, its promise."""
    promise = attempt.prediction.reasons[0]
    if promise.id == "status.schema":
        request = attempt.exchange.request
        slug = request.slug.decode("utf-8", "replace")
        values = read(request.body).values
        broken = next(document.request_findings(values[0], slug), None) if values else None
        if broken:
            member = ".".join(map(str, broken.path[:1])) or "body"
            return f"{member} breaks {broken.keyword}"
    if family:
        return f"payloads of the family {family}"
    words = promise.circumstance
    # It stands behind a "when".
    return f"a {words.removeprefix('A ')}" if words.startswith("A ") else words


def command(attempt: Attempt, base_url: str) -> str:
    """The curl line for an attempt, or why there is none."""
    exchange = attempt.exchange
    line = curl(for_any_customer(attempt.template, exchange.request), base_url, exchange.headers_in_front)
    return (
        line if len(line) <= _CURL_SHOWN else f"(a curl line of {len(line)} characters; the evidence has the request)"
    )


def request_line(exchange: Exchange) -> str:
    """A request in one line."""
    request = exchange.request
    media_type = request.header("Content-Type") or "no media type"
    return f"{request.method} {request.path}, {len(request.body)} bytes of {excerpt(media_type)}"


def answer_line(exchange: Exchange) -> str:
    """An answer in one line, or why there is none."""
    response = exchange.response
    if response is None:
        return f"none: {exchange.failure}"
    more = len(response.wire_body) - len(response.body)
    after = f" and {more} more after it" if more > 0 and not response.body else ""
    size = f"{response.size} bytes{after}, {exchange.seconds * 1000:.0f} ms"
    return f"{response.status} {excerpt(response.reason)}, {size}"
