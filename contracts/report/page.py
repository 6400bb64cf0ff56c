"""The page: a result to look at in a browser, as HTML that pytest-html puts into its report.

Everything that a vendor said goes through Jinja's escaping, and through `printable`. It needs no network; its script
only copies commands, scrolls to what is marked, and puts pytest-html's table behind a fold.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from contracts.errors import WrongCall
from contracts.evidence import har
from contracts.evidence.evidence import Step
from contracts.http.curl import OF_YOURS, names_customer
from contracts.http.exchange import Exchange, Request, Response
from contracts.report import terminal
from contracts.report.finding import Finding, Sighting
from contracts.report.hexdump import hexdump
from contracts.report.result import GREEN, RED, Result
from contracts.rules.promise import Promise, printable, promises
from contracts.tally import quantiles

# Characters of a body that are shown, those of one that is written out by line, and bytes of one that is no text; its
# HAR file has the rest.
_SHOWN, _SHOWN_BY_LINE, _SHOWN_BYTES = 2000, 8000, 512
_RFC = re.compile(r"RFC (\d+)(?: sections? (\d+(?:\.\d+)*))?")
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
# The order in which promises are listed, by what became of them; so many of what could be folded are open.
_OUTCOMES = ("broken", "accepted", "not tried", "kept")
_UNFOLDED = 3


@dataclass(frozen=True)
class Row:
    """One promise: what became of it, why, and how many answers put it to the test."""

    promise: Promise
    source: Markup
    tried: int
    outcome: str
    reason: str


@dataclass(frozen=True)
class Shown:
    """One finding with what shows it: request and answer, each in lines of which some are at fault; commands."""

    finding: Finding
    request: Sequence[tuple[str, bool]]
    answer: Sequence[tuple[str, bool]]
    commands: Mapping[str, str]
    evidence: str
    tests: Sequence[str]


@dataclass(frozen=True)
class Circumstance:
    """The answers to requests of one kind: for each status how many, whether it is allowed, and how many were wrong."""

    words: str
    cells: Sequence[tuple[int, bool, int]]


def page(result: Result, beside: Path) -> str:
    """The result as HTML. `beside` is the folder that the page will be in, for links to the evidence."""
    rows = sorted((_row(promise, result) for promise in promises().values()), key=_place)
    untried: dict[str, list[Row]] = {}
    for row in rows:
        if row.outcome == "not tried":
            untried.setdefault(row.reason, []).append(row)
    columns = sorted({key.split()[1] for key in result.tally.answers})
    return _TEMPLATES.get_template("page.html.j2").render(
        result=result,
        verdict=terminal.last_line(result),
        colour={GREEN: "green", RED: "red"}.get(result.code, "none"),
        counts=terminal.count_of(result),
        sure=terminal.how_sure(result),
        when=time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(result.started)),
        broken=[[_shown(finding, result, beside) for finding in group] for group in result.groups.values()],
        promises=promises(),
        no_evidence=result.no_evidence or terminal.NO_EVIDENCE,
        rows=[row for row in rows if row.outcome in _OUTCOMES[:2]],
        untried=untried,
        unfolded=_UNFOLDED,
        kept=[row for row in rows if row.outcome == "kept"],
        columns=columns,
        circumstances=[*_circumstances(result, columns)],
        latencies=[(status, count, *map(_milliseconds, found)) for status, count, *found in quantiles(result.tally)],
    )


def _row(promise: Promise, result: Result) -> Row:
    tried = result.tally.decided(promise.id)
    return Row(promise, _linked(promise.source), tried, *result.outcome_of(promise.id))


def _place(row: Row) -> int:
    return _OUTCOMES.index(row.outcome)


def _linked(source: str) -> Markup:
    """The source of a promise, each RFC in it as a link to its section."""
    parts, at = Markup(), 0
    for found in _RFC.finditer(source):
        section = f"#section-{found[2]}" if found[2] else ""
        link = Markup('<a href="https://www.rfc-editor.org/rfc/rfc{}{}">{}</a>').format(found[1], section, found[0])
        parts += Markup.escape(source[at : found.start()]) + link
        at = found.end()
    return parts + Markup.escape(source[at:])


def _circumstances(result: Result, columns: Sequence[str]) -> Iterator[Circumstance]:
    """Which statuses answered requests of each circumstance; a request in several is in the first."""
    for promise in promises().values():
        keys = [f"{promise.id} {status}" for status in columns]
        if any(result.tally.answers[key] for key in keys):
            cells = [
                (
                    result.tally.answers[key],
                    status.isdecimal() and int(status) in promise.allows,
                    result.tally.wrong[key],
                )
                for key, status in zip(keys, columns, strict=True)
            ]
            yield Circumstance(promise.circumstance, cells)


def _milliseconds(seconds: float) -> str:
    """A latency, rounded as its step is."""
    return f"{seconds * 1000:.2g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def _shown(finding: Finding, result: Result, beside: Path) -> Shown:
    step, shown, commands = _step(finding), finding.shown, {}
    if shown.curl:
        commands[f"curl; {OF_YOURS}" if names_customer(shown.curl) else "curl"] = shown.curl
    if finding.evidence:
        commands["send it again"] = terminal.replay_command([finding.evidence], result.base_url)
    return Shown(
        finding,
        [*_request(step.template)] if step else [(shown.request, False)],
        [*_answer(step.exchange, *_places(shown))] if step else [(shown.answer, False)],
        commands,
        os.path.relpath(finding.evidence, beside) if finding.evidence else "",
        terminal.names(finding.tests),
    )


def _step(finding: Finding) -> Step | None:
    """What shows the finding, where it is known."""
    try:
        return har.evidence_in(finding.shown.har)[0].failing if finding.shown.har else None
    except WrongCall:
        return None


def _request(request: Request) -> Iterator[tuple[str, bool]]:
    yield f"{request.method} {request.path}", False
    for name, value in request.headers:
        yield f"{name}: {printable(value)}", False
    yield from ((line, False) for line in _body(request.body))


def _places(shown: Sighting) -> Sequence[str]:
    """Where the answer is at fault: a header, members of its body, or the whole of it."""
    if shown.rule == "problem.members":
        return re.findall("'(.*?)'", shown.actual)
    # Written anew, a body would name a member once.
    whole = shown.rule == "problem.unique_names" or (shown.rule.startswith("problem.") and not shown.place)
    return ["body"] if whole else [shown.place, *shown.also]


def _answer(exchange: Exchange, *places: str) -> Iterator[tuple[str, bool]]:
    response = exchange.response
    if response is None:
        yield str(exchange.failure), True
        return
    yield f"{response.status} {printable(response.reason)}", any(place.startswith("HTTP status") for place in places)
    for name, value in response.headers:
        yield f"{name}: {printable(value)}", name.lower() in map(str.lower, places)
    # What is wrong with an item of a list is in the list.
    starts = tuple(f'"{place.removesuffix(".[]").rpartition(".")[2]}":' for place in places if place)
    # A whole body is shown as it came.
    for line in _by_line(response) if starts and "body" not in places else _body(response.body or response.wire_body):
        yield line, bool(line) and ("body" in places or line.lstrip().startswith(starts))


def _by_line(response: Response) -> Iterator[str]:
    """The body, with each member on a line of its own."""
    body = response.body or response.wire_body
    with suppress(ValueError, RecursionError):
        text = body.decode()
        by_line = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        if len(text) > _SHOWN:
            return _body(by_line.encode())
        # What can be shown whole is not cut for its white space; deep nesting is left as it came.
        if len(by_line) <= _SHOWN_BY_LINE:
            return _body(by_line.encode(), _SHOWN_BY_LINE)
    return _body(body)


def _body(body: bytes, most: int = _SHOWN) -> Iterator[str]:
    """The lines of a body. What is JSON and is not too long is JSON when it is copied."""
    if not body:
        return
    yield ""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield from hexdump(body, _SHOWN_BYTES)
        return
    for line in re.split("\r\n|\r|\n", text[:most]):
        # In JSON a tab is white space between two tokens; all else that is not printable is in a string.
        yield "".join(one if one.isprintable() or one == "\t" else json.dumps(one)[1:-1] for one in line)
    if len(text) > most:
        yield f"… {len(text) - most} more characters"
