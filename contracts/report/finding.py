"""A finding: one promise that was broken in one circumstance, and the request that shows it best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.attempt import Attempt
from contracts.evidence.evidence import Source, evidence_of
from contracts.evidence.har import to_har
from contracts.http.curl import curl, for_any_customer
from contracts.http.exchange import Exchange
from contracts.rules.body import read
from contracts.rules.document import Document
from contracts.rules.promise import excerpt

_CURL_SHOWN = 1000
# What shows a failure best: one that was broken again alone, then one that was not sent again, then the others.
_SURE = (True, None, False)


@dataclass(frozen=True)
class Sighting:
    """One promise that one test saw broken, and everything that is shown of it: plain data that goes with a report.

    `place` is where in the answer, `also` where else. `cause` is the circumstance in words, `family` that of a payload,
    where circumstances are told apart by it, and `why` what the payload is there for. `size` is how large the request
    is, and `repeated` whether it broke the promise again when it was sent again alone (None: it was not). `har` is the
    evidence as the text of a HAR file, empty where this process has sent a better one.
    """

    rule: str
    place: str
    cause: str
    layer: str
    expected: str
    actual: str
    family: str = ""
    request: str = ""
    answer: str = ""
    trace: str = ""
    curl: str = ""
    why: str = ""
    size: list[int] = field(default_factory=list)
    repeated: bool | None = None
    har: str = ""
    also: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is the same finding by."""
        return self.rule, self.place, self.family or self.cause

    @property
    def rank(self) -> tuple[int, list[int]]:
        """The less, the better it shows what is broken."""
        return _SURE.index(self.repeated), self.size


@dataclass
class Finding:
    """One promise broken in one circumstance: the sighting that shows it best, and the tests that saw it.

    `evidence` is the file that keeps it, or empty. Sent again alone, its requests broke the promise `again` so often,
    and so often it was `gone`. Of `tried` answers that put the promise to the test `broke` broke it, and it comes and
    goes where it was mostly gone: that is known when the run is over.
    """

    shown: Sighting
    tests: list[str] = field(default_factory=list)
    evidence: str = ""
    again: int = 0
    gone: int = 0
    broke: int = 0
    tried: int = 0
    comes_and_goes: bool = False

    @property
    def rule(self) -> str:
        return self.shown.rule

    @property
    def seen(self) -> str:
        """How often, in words that are the same everywhere."""
        return f"{'comes and goes: ' if self.comes_and_goes else ''}{self.broke} of {self.tried} updates"


def sightings(
    attempt: Attempt, document: Document, source: Source, family: str = "", why: str = ""
) -> Iterator[Sighting]:
    """What an attempt broke, one sighting for each promise; a payload that was sent has a `family`, and says `why`."""
    cause, family = cause_of(attempt, document, family, why)
    for rule in dict.fromkeys(violation.rule for violation in attempt.violations):
        first, *others = [violation for violation in attempt.violations if violation.rule == rule]
        yield Sighting(
            rule=rule,
            place=first.place,
            cause=cause,
            layer=str(first.layer),
            expected=first.expected,
            actual=first.actual,
            family=family,
            request=request_line(attempt.exchange),
            answer=answer_line(attempt.exchange),
            trace=attempt.exchange.trace_id,
            curl=_command(attempt, source.base_url),
            why=why,
            size=[*attempt.size],
            repeated=attempt.repeated,
            har=to_har(evidence_of(attempt, first, source)),
            also=[*dict.fromkeys(other.place for other in others)],
        )


def cause_of(attempt: Attempt, document: Document, family: str = "", why: str = "") -> tuple[str, str]:
    """The circumstance of a request in words, which stand behind a "when", and the family that it is told apart by.

    Of a body that breaks the request schema it is the keyword, of another payload why it is there, else the promise.
    """
    promise, request = attempt.prediction.reasons[0], attempt.exchange.request
    values = read(request.body).values if promise.id == "status.schema" else ()
    slug = request.slug.decode("utf-8", "replace")
    if values and (broken := next(document.request_findings(values[0], slug), None)):
        return f"{'.'.join(map(str, broken.path[:1])) or 'body'} breaks {broken.keyword}", ""
    if family:
        return why.removesuffix("."), family
    words = promise.circumstance
    return f"a {words.removeprefix('A ')}" if words.startswith("A ") else words, ""


def _command(attempt: Attempt, base_url: str) -> str:
    """The curl line for an attempt, or why there is none."""
    request = for_any_customer(attempt.template, attempt.exchange.request)
    line = curl(request, base_url, attempt.exchange.headers_in_front)
    too_long = f"(a curl line of {len(line)} characters; the evidence has the request)"
    return line if len(line) <= _CURL_SHOWN else too_long


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
