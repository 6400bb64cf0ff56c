"""The page: a result to look at in a browser, as HTML that pytest-html puts into its report.

Everything that a vendor said goes through Jinja's escaping, and through `printable`. It needs no network; its script
only copies commands.
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

from contracts import recording, report
from contracts.curl import OF_YOURS, names_customer
from contracts.errors import WrongCall
from contracts.evidence import Step
from contracts.exchange import Exchange, Request, Response
from contracts.hexdump import hexdump
from contracts.result import NO_VERDICT, Finding, Result
from contracts.rules.document import STATUSES, Document
from contracts.rules.promise import Promise, printable, promises
from contracts.tally import keywords, quantiles, seconds_of

_COLUMNS = tuple(map(str, STATUSES))
# Characters of a body that are shown, those of one that is written out by line, and bytes of one that is no text; its
# HAR file has the rest.
_SHOWN, _SHOWN_BY_LINE, _SHOWN_BYTES = 2000, 8000, 512
_RFC = re.compile(r"RFC (\d+)(?: sections? (\d+(?:\.\d+)*))?")
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True)
class Row:
    """One promise in the matrix. `tried` and `broken` are by the status of the answer."""

    promise: Promise
    source: Markup
    tried: Mapping[str, int]
    broken: Mapping[str, int]
    outcome: str
    reason: str = ""

    def other(self, counts: Mapping[str, int]) -> int:
        """How many of these were answered with a status that has no column."""
        return sum(count for status, count in counts.items() if status not in _COLUMNS)


@dataclass(frozen=True)
class Shown:
    """One finding with what shows it: request and answer, each in lines of which some are at fault; commands."""

    finding: Finding
    promise: Promise
    request: Sequence[tuple[str, bool]]
    answer: Sequence[tuple[str, bool]]
    commands: Mapping[str, str]
    evidence: str


def page(result: Result, document: Document, beside: Path, template: str = "page.html.j2") -> str:
    """The result as HTML. `beside` is the folder that the page will be in, for links to the evidence."""
    return _TEMPLATES.get_template(template).render(
        result=result,
        verdict=_verdict(result),
        colour="none" if result.code == NO_VERDICT or result.stopped else "red" if result.findings else "green",
        counts=report.count_of(result),
        when=time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(result.started)),
        groups=_matrix(result),
        sentences=promises(),
        statuses=_COLUMNS,
        heat=_heat(result),
        columns=sorted({key.split()[1] for key in result.tally.answers}),
        keywords=[
            (one, *(result.tally.keywords[f"{one} {side}"] for side in ("keeps", "breaks")))
            for one in keywords(document)
        ],
        latencies=[(status, count, *map(milliseconds, found)) for status, count, *found in quantiles(result.tally)],
        bars=_bars(result),
        interrupted=_interrupted(result),
        shown=[_shown(finding, result, beside) for finding in result.findings],
    )


def write_alone(result: Result, document: Document, path: Path) -> None:
    """Write the result as a page of its own, without the table of tests that pytest-html has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(result, document, path.parent, "page_alone.html.j2"), encoding="utf-8")


def _verdict(result: Result) -> str:
    if result.stopped:
        return f"No verdict: {result.stopped}"
    if not result.tried:
        return "No verdict: nothing that was selected could be tried"
    if result.groups:
        return f"The contract is broken: {len(result.groups)} of {len(result.tried)} promises that were tried"
    kept = f"{len(result.kept)} of {len(promises())}"
    if result.deviating:
        return f"Nothing is broken but what somebody has accepted ({', '.join(result.deviating)}); kept: {kept}"
    return f"Every promise that could be tried was kept: {kept}"


def _matrix(result: Result) -> Mapping[str, Sequence[Row]]:
    """The promises, grouped by the status that they are about."""
    groups: dict[str, list[Row]] = {name: [] for name in (*_COLUMNS, "refusals", "answers", "left open")}
    for promise in promises().values():
        groups[_about(promise)].append(_row(promise, result))
    return groups


def _about(promise: Promise) -> str:
    if len(promise.allows) == 1 and promise.allows <= set(STATUSES):
        return str(*promise.allows)
    if promise.id == "status.internal_error":
        return "500"
    kind = promise.id.partition(".")[0]
    if promise.allows:
        return "left open"
    return {"success": "204", "update": "204", "problem": "refusals", "refused": "refusals"}.get(kind, "answers")


def _row(promise: Promise, result: Result) -> Row:
    tried = _by_status(result.tally.rules, promise.id)
    broken = _by_status(result.tally.broken, promise.id)
    return Row(promise, _linked(promise.source), tried, broken, *result.outcome_of(promise.id))


def _by_status(counts: Mapping[str, int], rule: str) -> dict[str, int]:
    return {key.split()[1]: count for key, count in sorted(counts.items()) if key.split()[0] == rule}


def _linked(source: str) -> Markup:
    """The source of a promise, each RFC in it as a link to its section."""
    parts, at = Markup(), 0
    for found in _RFC.finditer(source):
        section = f"#section-{found[2]}" if found[2] else ""
        link = Markup('<a href="https://www.rfc-editor.org/rfc/rfc{}{}">{}</a>').format(found[1], section, found[0])
        parts += Markup.escape(source[at : found.start()]) + link
        at = found.end()
    return parts + Markup.escape(source[at:])


def _heat(result: Result) -> Sequence[tuple[Promise, Mapping[str, int]]]:
    """Which statuses answered requests of each circumstance."""
    rows = [(promise, _by_status(result.tally.answers, promise.id)) for promise in promises().values()]
    return [row for row in rows if row[1]]


def _bars(result: Result) -> Sequence[tuple[float, float, str]]:
    """The histogram of latencies: how far right and how high each bar is, of 1, and what it stands for."""
    counts: dict[int, int] = {}
    for key, count in result.tally.latencies.items():
        step = int(key.split()[1])
        counts[step] = counts.get(step, 0) + count
    if not counts:
        return []
    first, last, most = min(counts), max(counts), max(counts.values())
    width = last - first + 1
    return [
        ((step - first) / width, counts[step] / most, f"{milliseconds(seconds_of(step))}: {counts[step]}")
        for step in sorted(counts)
    ]


def milliseconds(seconds: float) -> str:
    """A latency, rounded as its step is."""
    return f"{seconds * 1000:.2g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def _interrupted(result: Result) -> Sequence[tuple[float, str, str]]:
    """When interruptions were, of 1 of the run's time, and why."""
    length = max(result.seconds, 1e-9)
    return [
        (min(1.0, max(0.0, (moment - result.started) / length)), f"{moment - result.started:.1f} s", reason)
        for moment, reason in result.interrupted
    ]


def _shown(finding: Finding, result: Result, beside: Path) -> Shown:
    step = _step(finding)
    commands = {}
    if step:
        line = report.command(step.template, step.exchange.request, result.base_url)
        commands[f"curl; {OF_YOURS}" if names_customer(line) else "curl"] = line
    if finding.evidence:
        commands["again"] = report.replay_command([finding.evidence], result.base_url)
    return Shown(
        finding,
        promises()[finding.rule],
        [*_request(step.template)] if step else [],
        [*_answer(step.exchange, finding.place)] if step else [],
        commands,
        os.path.relpath(finding.evidence, beside) if finding.evidence else "",
    )


def _step(finding: Finding) -> Step | None:
    """What shows the finding, where it was kept."""
    try:
        return recording.read(Path(finding.evidence))[0].failing if finding.evidence else None
    except WrongCall:
        return None


def _request(request: Request) -> Iterator[tuple[str, bool]]:
    yield f"{request.method} {request.path}", False
    for name, value in request.headers:
        yield f"{name}: {printable(value)}", False
    yield from ((line, False) for line in _body(request.body))


def _answer(exchange: Exchange, place: str) -> Iterator[tuple[str, bool]]:
    response = exchange.response
    if response is None:
        yield str(exchange.failure), True
        return
    yield f"{response.status} {printable(response.reason)}", place.startswith("HTTP status")
    for name, value in response.headers:
        yield f"{name}: {printable(value)}", place.lower() == name.lower()
    member = place.rpartition(".")[2]
    for line in _by_line(response, member):
        yield line, place == "body" or bool(member and line.lstrip().startswith(f'"{member}":'))


def _by_line(response: Response, member: str) -> Iterator[str]:
    """The body, with each member on a line of its own where one of them is at fault."""
    body = response.body or response.wire_body
    if member:
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
