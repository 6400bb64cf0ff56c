"""The judge: what is wrong with an exchange, according to the contract.

It has no side effects: an exchange and what is known about its circumstances go in, a verdict comes out.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from contracts.http.credential import PLACEHOLDERS
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import Request
from contracts.rules.body import read
from contracts.rules.document import Document
from contracts.rules.oracle import Prediction, predict
from contracts.rules.problem import exact, judge_problem
from contracts.rules.promise import HTTP_STATUS, Violation, excerpt, promises, violation

# Stack traces, line by line: Go; Python; Java, its like and .NET; Node and Rust; PHP, Dart and Ruby; panics; Elixir,
# Perl and Lua.
# Each pattern matches the shape of a trace, not a word that an error text may use.
_TRACES = re.compile(
    rb"goroutine \d+ \[|\.go:\d+ \+0x|[\n\t]/\S+\.go:\d+"
    rb"|Traceback \(most recent call last\)|File \\?\"[^\"]+(?:\.py|>)\\?\", line \d+"
    rb"|\bat [\w.$<>/@]+\([\w ]+\.(?:java|kt|scala|groovy|clj):\d+\)|\bat [\w.<>`]+\([^)]*\) in \S+:line \d+"
    rb"|\bat (?:(?:async |new )?[\w.<>]+ \()?(?:(?:\.?/|file:)[^\s)]+\.(?:[cm]?[jt]sx?|rs)|node:[^\s)]+):\d+:\d+"
    rb"|#0 [^\n]{0,500}(?:\.php\(\d+\)|\.dart:\d+)|\.rb:\d+:in [`']"
    rb"|thread '[^']*' panicked at|panic: runtime"
    rb"|runtime error: (?:index|slice|make|growslice|integer|invalid memory|hash of|comparing)"
    rb"|\(\w+(?: \d[\w.-]*)?\) \S+\.exs?:\d+|\bat /\S+\.p[lm] line \d+|stack traceback:"
)

# How many bytes of an answer are searched for a trace: to search megabytes for each answer would take minutes.
_SEARCHED = 256 * 1024


@dataclass(frozen=True)
class Verdict:
    """The promises that an exchange put to the test, and those of them that it broke."""

    tried: frozenset[str] = frozenset()
    violations: tuple[Violation, ...] = ()


class Circumstance(StrEnum):
    """What is arranged around a request and cannot be seen from its bytes.

    The value is the id of the promise that the circumstance puts to the test, if it has one of its own. For the id of
    any other promise, `Circumstance(id)` is `USUAL`.
    """

    USUAL = ""
    REPEATED = "update.idempotent"
    IN_A_HISTORY = "update.linearizable"
    BESIDE_OTHERS = "update.isolated"
    OF_NOBODY = "refused.created"
    PROVOKED = "a 500 was arranged"
    REWRITTEN = "relation.json"
    OTHER_HEADERS = "relation.headers"
    REFUSED_TWICE = "relation.refused"

    @property
    def is_relation(self) -> bool:
        """Whether the request means the same as the one before it, and has to be answered alike."""
        return self.value.startswith("relation.")

    @classmethod
    def _missing_(cls, value: object) -> "Circumstance":
        return cls.USUAL


def predicted(
    request: Request, document: Document, existing: Collection[str], circumstance: Circumstance
) -> Prediction:
    """What the contract says about a request before it is sent, if exactly the customers in `existing` exist."""
    if circumstance is Circumstance.PROVOKED:
        # Only the shape of the 500 is judged.
        return Prediction((promises()["status.internal_error"],), frozenset({500}))
    return predict(request, document, existing)


def judge(exchange: Exchange, prediction: Prediction, document: Document) -> Verdict:
    """What the contract says about an exchange, given the prediction for its request."""
    response = exchange.response
    if response is None or exchange.persistent:
        return Verdict(frozenset({"answer.given", "answer.http"}), tuple(_no_answer(exchange, prediction)))
    tried = {
        "answer.given",
        "answer.http",
        "status.documented",
        "status.internal_error",
        "response.redirect",
        "response.encoding",
        "public.stack_trace",
        "public.credential",
        *_decided(prediction, response.status),
    }
    violations = [*_status(response, prediction, document), *_framing(response), *_any_answer(exchange, response)]
    if response.status == 204:
        tried.add("success.empty")
        violations += _empty(response)
    elif response.status in document.documented | exact().statuses and not _codings(response):
        of_problem, wrong = judge_problem(exchange, response, prediction, document)
        tried |= of_problem
        violations += wrong
    return Verdict(frozenset(tried), tuple(violations))


def judge_alike(circumstance: Circumstance, first: Exchange, second: Exchange) -> Verdict:
    """Whether two requests that mean the same were answered alike: by status, and by type and title of a problem.

    What only one of the answers has is not compared: a vendor sets a member or leaves it out.
    """
    wanted, actual = _likeness(first), _likeness(second)
    if not (circumstance.is_relation and wanted and actual):
        return Verdict()
    found = [
        violation(circumstance, f"{place} {wanted[place]}, as before", actual[place], place)
        for place in wanted
        if actual.get(place, wanted[place]) != wanted[place]
    ]
    return Verdict(frozenset({circumstance.value}), tuple(found[:1]))


def _likeness(exchange: Exchange) -> Mapping[str, str]:
    """What must be alike in the answers to two requests that mean the same. It is empty if no answer came."""
    if exchange.response is None or exchange.persistent:
        return {}
    problem = next(iter(read(exchange.response.body).values), None)
    members = problem if isinstance(problem, dict) else {}
    said = {name: str(members[name]) for name in ("type", "title") if name in members}
    return {HTTP_STATUS: str(exchange.status)} | said


def _decided(prediction: Prediction, status: int) -> Iterator[str]:
    """The promises on the status that this answer tests: those that allow it or, if none does, the one to blame."""
    yield from prediction.leaving_open
    allowing = [promise.id for promise in prediction.reasons if status in promise.allows]
    yield from allowing or [prediction.reasons[0].id]


def _no_answer(exchange: Exchange, prediction: Prediction) -> Iterator[Violation]:
    if exchange.failure is Failure.MALFORMED:
        yield violation("answer.http", "a well-formed HTTP response", str(exchange.failure))
    elif not (prediction.may_break and exchange.failure in (None, Failure.BROKEN, Failure.TOO_LARGE)):
        actual = str(exchange.failure or f"{exchange.status} from something in front of the API")
        again = " each time, while the target answered other requests" if exchange.persistent else ""
        yield violation("answer.given", _expected(prediction), actual + again)


def _status(response: Response, prediction: Prediction, document: Document) -> Iterator[Violation]:
    status = response.status
    if status in prediction.allowed:
        return
    actual, kinds = f"{status} {response.reason}".strip(), []
    if status == 500:
        kinds = ["status.internal_error"]
    elif 300 <= status < 400:
        kinds = ["response.redirect"]
        actual += " to " + excerpt(" and ".join(response.values("Location")) or "nowhere")
    elif status not in document.documented | exact().statuses:
        kinds = ["status.documented"]
    # Whatever kind of answer it is, it also breaks the promise that binds the request.
    for promise in (*kinds, prediction.reasons[0].id):
        yield violation(promise, _expected(prediction), actual, f"{HTTP_STATUS} {status}")


def _expected(prediction: Prediction) -> str:
    statuses = " or ".join(str(status) for status in sorted(prediction.allowed))
    why = "; ".join(promise.sentence.rstrip(".") for promise in prediction.reasons)
    return f"{statuses} ({why})"


def _framing(response: Response) -> Iterator[Violation]:
    codings, lengths = response.values("Transfer-Encoding"), response.values("Content-Length")
    if codings and lengths:
        # A proxy and a client may disagree on where such an answer ends (RFC 9112 section 6.3).
        actual = excerpt(f"{' and '.join(codings)}, and a Content-Length of {' and '.join(lengths)}")
        yield violation("answer.http", "a Transfer-Encoding without a Content-Length", actual, "Content-Length")


def _any_answer(exchange: Exchange, response: Response) -> Iterator[Violation]:
    codings = _codings(response)
    asked = re.split("[ ,;]+", (exchange.request.header("Accept-Encoding") or "").lower()) if codings else []
    if any(coding not in asked for coding in codings):
        yield violation("response.encoding", "no Content-Encoding", excerpt(", ".join(codings)), "Content-Encoding")
    head = [response.reason, *(f"{name}: {value}" for name, value in response.headers)]
    public = b"\n".join([*(line.encode() for line in head), response.body])
    # In a JSON text, the line breaks and tabs of a trace are written as escapes.
    begin = public[:_SEARCHED]
    trace = _TRACES.search(re.sub(rb"\\[nrt]", b"\n", begin) if b"\\" in begin else begin)
    if trace and trace[0] not in exchange.request.body:
        yield violation("public.stack_trace", "no stack trace", excerpt(trace[0].decode("latin-1")), "body")
    echoed = [name for name in PLACEHOLDERS if name.encode() in public]
    if echoed:
        # A generated text may happen to be a placeholder. An echo of that text shows no token.
        own = exchange.request.body + unquote_to_bytes(exchange.request.path)
        echoed = [name.strip("<>") for name in echoed if name.encode() not in own]
    if echoed:
        yield violation("public.credential", "no credential of ours", f"the value of {' and '.join(echoed)}")


def _codings(response: Response) -> list[str]:
    """The content codings of an answer, without `identity`, which means no coding (RFC 9110 section 8.4.1)."""
    names = [name.strip().lower() for value in response.values("Content-Encoding") for name in value.split(",")]
    return [name for name in names if name not in ("", "identity")]


def _empty(response: Response) -> Iterator[Violation]:
    extra = response.wire_body or response.body
    if extra:
        shown = excerpt(extra.decode("latin-1"))
        yield violation("success.empty", "nothing after the header section", f"{len(extra)} bytes: {shown}", "body")
