"""The report: what a run says to the person who reads it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from contracts.exchange import Exchange, curl
from contracts.promise import Violation, promises
from contracts.record import Broken
from contracts.run import Run
from contracts.trials import Outcome

WIDTH = 110
_REPEATED = {
    True: "yes, when it was tried again alone",
    False: "no: seen once, and not when it was tried again alone",
    None: "not tried again",
}
_CURL_SHOWN = 4000


def explain(outcome: Outcome, violations: Sequence[Violation], base_url: str, why: str = "") -> str:
    """Every violation of an exchange: what was promised, what came, and how to see it again."""
    lines = [line for violation in violations for line in _violation(violation)]
    lines += ["", f"  request   {_request(outcome.exchange)}", f"  answer    {_answer(outcome.exchange)}"]
    if why:
        lines.append(f"  payload   {why}")
    lines.append(f"  repeated  {_REPEATED[outcome.repeated]}")
    lines.append(f"  again     {command(outcome.exchange, base_url)}")
    return "\n".join(lines)


def command(exchange: Exchange, base_url: str) -> str:
    """The curl line for an exchange, or why there is none."""
    line = curl(exchange.request, base_url)
    return (
        line
        if len(line) <= _CURL_SHOWN
        else f"(a curl line of {len(line)} characters; the payload's id says what was sent)"
    )


def _violation(violation: Violation) -> Iterator[str]:
    promise = violation.promise
    yield f"{promise.id}: {promise.sentence} ({promise.source})"
    yield f"  expected  {violation.expected}"
    yield f"  came      {violation.actual}" + (f"   [at {violation.place}]" if violation.place else "")


def _request(exchange: Exchange) -> str:
    request = exchange.request
    media_type = request.header("Content-Type") or "no media type"
    return f"{request.method} {request.path}, {len(request.body)} bytes of {media_type}"


def _answer(exchange: Exchange) -> str:
    response = exchange.response
    if response is None:
        return f"none: {exchange.failure}"
    return f"{response.status} {response.reason}, {len(response.body)} bytes, {exchange.seconds * 1000:.0f} ms"


def summary(run: Run) -> list[str]:
    """The summary of a run, a screen at the most: what was kept, broken, not tried, sent and left behind."""
    record = run.record
    mocked = " (the mock, in process)" if run.target.is_mock else ""
    untried = record.untried_rules
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(record.statuses.items()))
    lines = [
        f"target         {run.target.base_url}{mocked}",
        f"contract       {run.document.name}",
        f"promises       {len(record.kept_rules)} kept, {len(record.broken_rules)} broken, {len(untried)} not tried"
        f" (of {len(promises())})",
        f"seed           {run.options.seed}",
        f"exchanges      {record.exchanges}",
        f"updates sent   {record.updates}, answered {statuses or 'nothing'}",
        f"interruptions  {run.client.patience.interruptions}",
        f"customers left {', '.join(run.customers.left) or 'none'}",
    ]
    if run.customers.left:
        lines.append("               remove them with: python -m contracts clean")
    lines += _untried(untried)
    for broken in _by_weight(record.broken.values()):
        lines += ["", *_broken(broken, run.target.base_url)]
    return lines


def _untried(untried: dict[str, str]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for rule, reason in untried.items():
        reasons.setdefault(reason, []).append(rule)
    for reason, rules in reasons.items():
        yield from textwrap.wrap(
            f"not tried      {', '.join(rules)}: {reason}", WIDTH, subsequent_indent=" " * 15, break_on_hyphens=False
        )


def _by_weight(broken: Iterable[Broken]) -> list[Broken]:
    return sorted(broken, key=lambda one: -one.count)[:20]


def _broken(broken: Broken, base_url: str) -> Iterator[str]:
    often = f"{broken.count} times" if broken.count > 1 else "once"
    yield f"BROKEN {often}{'' if broken.repeated else ', seen once: it did not repeat'}"
    yield from _violation(broken.violation)
    yield f"  again     {command(broken.exchange, base_url)}"
