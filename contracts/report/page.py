"""The page: a result to look at in a browser, as HTML that pytest-html puts into its report.

Everything that a vendor said goes through Jinja's escaping, and through `printable`. It needs no network; its script
only copies commands, scrolls to what is marked, and puts pytest-html's table behind a fold.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from contracts.errors import WrongCall
from contracts.evidence import har
from contracts.http.curl import OF_YOURS, names_customer
from contracts.http.exchange import Exchange, Request
from contracts.report import terminal
from contracts.report.finding import Finding, Sighting
from contracts.report.result import GREEN, RED, Result, by
from contracts.rules.promise import printable, promises

# Characters of a body that are shown, and those of one that is written out by line; its HAR file has the rest.
_SHOWN, _SHOWN_BY_LINE = 2000, 8000
_RFC = re.compile(r"RFC (\d+)(?: sections? (\d+(?:\.\d+)*))?")
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def page(result: Result, beside: Path) -> str:
    """The result as HTML. `beside` is the folder that the page will be in, for links to the evidence."""
    outcomes = result.outcomes
    ended = by(outcomes, lambda rule: outcomes[rule][0])
    return _TEMPLATES.get_template("page.html.j2").render(
        result=result,
        verdict=terminal.last_line(result),
        colour={GREEN: "green", RED: "red"}.get(result.code, "none"),
        counts=terminal.count_of(result),
        sure=terminal.how_sure(result),
        when=time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(result.started)),
        broken={rule: [_shown(one, result, beside) for one in group] for rule, group in result.groups.items()},
        no_evidence=result.no_evidence or terminal.NO_EVIDENCE,
        promises=promises(),
        sources={rule: Markup(_RFC.sub(_link, escape(one.source))) for rule, one in promises().items()},  # noqa: S704
        outcomes=outcomes,
        ended=ended,
        untried=by(ended.get("not tried", ()), lambda rule: outcomes[rule][1]),
        columns=sorted({status for statuses in result.metrics.answers.values() for status in statuses}),
    )


def _link(rfc: re.Match[str]) -> str:
    section = f"#section-{rfc[2]}" if rfc[2] else ""
    return f'<a href="https://www.rfc-editor.org/rfc/rfc{rfc[1]}{section}">{rfc[0]}</a>'


def _shown(finding: Finding, result: Result, beside: Path) -> dict[str, Any]:
    """A finding with what shows it: request and answer, each in lines of which some are at fault; and commands."""
    shown, commands = finding.shown, {}
    if shown.curl:
        commands[f"curl; {OF_YOURS}" if names_customer(shown.curl) else "curl"] = shown.curl
    if finding.evidence:
        commands["send it again"] = terminal.replay_command([finding.evidence], result.base_url)
    step = None
    with suppress(WrongCall):
        step = har.evidence_in(shown.har)[0].failing
    return {
        "finding": finding,
        "request": [*_request(step.template)] if step else [(shown.request, False)],
        "answer": [*_answer(step.exchange, *_places(shown))] if step else [(shown.answer, False)],
        "commands": commands,
        "evidence": os.path.relpath(finding.evidence, beside) if finding.evidence else "",
        "tests": [test.rpartition("::")[2] for test in finding.tests],
    }


def _places(shown: Sighting) -> Sequence[str]:
    """Where the answer is at fault: a header, members of its body, or the whole of it."""
    if shown.rule == "problem.members":
        return re.findall("'(.*?)'", shown.actual)
    # Written anew, a body would name a member once.
    whole = shown.rule == "problem.unique_names" or (shown.rule.startswith("problem.") and not shown.place)
    return ["body"] if whole else [shown.place, *shown.also]


def _request(request: Request) -> Iterator[tuple[str, bool]]:
    yield f"{request.method} {request.path}", False
    yield from ((f"{name}: {printable(value)}", False) for name, value in request.headers)
    yield from ((line, False) for line in _body(request.body))


def _answer(exchange: Exchange, *places: str) -> Iterator[tuple[str, bool]]:
    response = exchange.response
    if response is None:
        yield str(exchange.failure), True
        return
    yield f"{response.status} {printable(response.reason)}", any(place.startswith("HTTP status") for place in places)
    for name, value in response.headers:
        yield f"{name}: {printable(value)}", name.lower() in map(str.lower, places)
    body = response.body or response.wire_body
    # What is wrong with an item of a list is in the list. A whole body is shown as it came.
    starts = tuple(f'"{place.removesuffix(".[]").rpartition(".")[2]}":' for place in places if place)
    for line in _by_line(body) if starts and "body" not in places else _body(body):
        yield line, bool(line) and ("body" in places or line.lstrip().startswith(starts))


def _by_line(body: bytes) -> Iterator[str]:
    """The lines of a body, with each member on a line of its own."""
    with suppress(ValueError, RecursionError):
        text = body.decode()
        by_line = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        # What can be shown whole is not cut for its white space; deep nesting is left as it came.
        if len(text) > _SHOWN or len(by_line) <= _SHOWN_BY_LINE:
            return _body(by_line.encode(), _SHOWN if len(text) > _SHOWN else _SHOWN_BY_LINE)
    return _body(body)


def _body(body: bytes, most: int = _SHOWN) -> Iterator[str]:
    """The lines of a body. What is JSON and not too long is JSON when it is copied; what is no text has escapes."""
    if not body:
        return
    yield ""
    text = body.decode("utf-8", "backslashreplace")
    for line in re.split("\r\n|\r|\n", text[:most]):
        # In JSON a tab is white space between two tokens; all else that is not printable is in a string.
        yield "".join(one if one.isprintable() or one == "\t" else json.dumps(one)[1:-1] for one in line)
    if len(text) > most:
        yield f"… {len(text) - most} more characters"
