"""What templates make of a result: the part on top of pytest-html's report, JUnit, and GitHub's step summary.

Everything from a vendor is escaped by Jinja, and made printable for HTML. The report needs no network. Its script only
copies commands, scrolls to marked lines, and folds pytest-html's table.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from contracts.errors import WrongCall
from contracts.evidence import har
from contracts.http.exchange import Exchange
from contracts.http.request import Request, variable_to_set
from contracts.report import terminal
from contracts.report.result import GREEN, RED, Finding, Result
from contracts.rules.promise import is_status, printable, promises

# How many characters of a body are shown. If it is not text: how many bytes, and how many of them in a line. The HAR
# file has the whole body.
_SHOWN, _BYTES, _IN_LINE = 4000, 256, 8
_RFC = re.compile(r"RFC (\d+)(?: sections? (\d+(?:\.\d+)*))?")
# Characters that are special in Markdown or HTML, and characters that XML 1.0 (section 2.2) does not allow.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+!|&~$]")
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The most annotations of one step that GitHub shows, and the most characters of each.
_ANNOTATIONS, _LONGEST = 10, 4000
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def drawn(template: str, result: Result, **more: Any) -> str:
    words = {"promises": promises(), "terminal": terminal, "is_status": is_status, "green": GREEN, "red": RED}
    words["variable_to_set"] = variable_to_set
    return _TEMPLATES.get_template(template).render({"result": result, **words, **more})


def _markdown(text: str) -> Markup:
    """Text from a vendor, escaped so that it is shown as it is."""
    return Markup(_SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text).replace("\n", " "))  # noqa: S704 (escaped)


def _linked(source: str) -> Markup:
    """Where a promise is written, with a link for each RFC."""
    link, section = '<a href="https://www.rfc-editor.org/rfc/rfc{}{}">{}</a>', "#section-{}"
    linked = _RFC.sub(lambda rfc: link.format(rfc[1], section.format(rfc[2]) if rfc[2] else "", rfc[0]), escape(source))
    return Markup(linked)  # noqa: S704 (escaped)


_TEMPLATES.filters.update(markdown=_markdown, linked=_linked)


def html(result: Result, beside: Path) -> str:
    """The result as HTML. `beside` is the folder of the report, to which links to the evidence are relative."""
    when = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(result.started))
    return drawn("report.html.j2", result, when=when, shown=_shown, beside=lambda path: os.path.relpath(path, beside))


def _shown(finding: Finding) -> dict[str, list[tuple[str, bool]]]:
    """Request and answer of a finding, as lines. Each line comes with whether it is at fault."""
    with suppress(WrongCall):
        step = har.evidence_in(finding.har)[0].failing
        return {"request": [*_request(step.template)], "answer": [*_answer(step.exchange, *_places(finding))]}
    return {"request": [(finding.request, False)], "answer": [(finding.answer, False)]}


def _places(finding: Finding) -> list[str]:
    """Where the answer is at fault: a header, members of its body, or the whole body."""
    if finding.promise == "problem.members":
        return re.findall(r'"((?:[^"\\]|\\.)*)"', finding.actual)
    # A duplicate name is gone once the JSON is parsed and written again.
    whole = finding.promise == "problem.unique_names" or (finding.promise.startswith("problem.") and not finding.place)
    return ["body"] if whole else [finding.place, *finding.also]


def _request(request: Request) -> Iterator[tuple[str, bool]]:
    head = [f"{request.method} {request.path}", *(f"{name}: {printable(value)}" for name, value in request.headers)]
    yield from ((line, False) for line in (*head, *_body(request.body)))


def _answer(exchange: Exchange, *places: str) -> Iterator[tuple[str, bool]]:
    response = exchange.response
    if response is None:
        yield str(exchange.failure), True
        return
    yield f"{response.status} {printable(response.reason)}", any(map(is_status, places))
    for name, value in response.headers:
        yield f"{name}: {printable(value)}", name.lower() in map(str.lower, places)
    # A fault in an item of a list is marked at the list.
    starts = tuple(f'"{place.removesuffix(".[]").rpartition(".")[2]}":' for place in places if place)
    by_line = bool(starts) and "body" not in places
    for line in _body(response.body or response.wire_body, by_line=by_line):
        yield line, bool(line) and ("body" in places or line.lstrip().startswith(starts))


def _body(body: bytes, *, by_line: bool = False) -> Iterator[str]:
    """The lines of a body: as it came, or `by_line` with each JSON member on a line; a hex dump if it is not text.

    A JSON body that is short enough to be shown whole is still JSON when it is copied.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield ""
        for at in range(0, min(len(body), _BYTES), _IN_LINE):
            part = body[at : at + _IN_LINE]
            yield f"{at:04x}  {part.hex(' '):<24} {re.sub('[^ -~]', '.', part.decode('latin-1'))}"
        yield from [f"… {len(body) - _BYTES} more bytes"] if body[_BYTES:] else []
        return
    with suppress(ValueError, RecursionError):
        written = json.dumps(json.loads(text), indent=2, ensure_ascii=False) if by_line else text
        # A body that fits as it came must not be cut because of added white space.
        text = written if len(text) > _SHOWN or len(written) <= _SHOWN else text
    for line in ["", *re.split("\r\n|\r|\n", text[:_SHOWN])] if text else []:
        # In JSON a tab may be white space between tokens. Any other unprintable character is inside a string.
        yield "".join(sign if sign.isprintable() or sign == "\t" else json.dumps(sign)[1:-1] for sign in line)
    yield from [f"… {len(text) - _SHOWN} more characters"] if text[_SHOWN:] else []


def write_junit(result: Result, path: Path) -> None:
    """Write a JUnit file: a case for each promise, and one that fails if the run failed without a broken promise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_NO_XML.sub("", drawn("promises.xml.j2", result)), encoding="utf-8")


def error_lines(result: Result) -> Iterator[str]:
    """GitHub's workflow commands: an error for each broken promise, or one error if the run failed without any."""
    for promise, group in [*result.groups.items()][:_ANNOTATIONS]:
        text = "\n".join(terminal.broken_lines(group, result))
        yield annotation(f"{promise}: {promises()[promise].sentence}", text[:_LONGEST])
    if result.code != GREEN and not result.groups:
        title, _, text = terminal.last_line(result).partition(": ")
        yield annotation(title, text or title)


def annotation(title: str, text: str) -> str:
    """GitHub's workflow command that shows an error beside the run."""
    title, text = (part.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A") for part in (title, text))
    return f"::error title={title.replace(':', '%3A').replace(',', '%2C')}::{text}"


def github(result: Result) -> list[str]:
    """In GitHub Actions, add the result to the step summary. Returns the lines to print for it."""
    lines = [*error_lines(result)] if os.environ.get("GITHUB_ACTIONS") == "true" else []
    try:
        if path := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(drawn("summary.md.j2", result))
    except OSError as error:  # the verdict does not depend on it
        lines.append(f"warning        GITHUB_STEP_SUMMARY cannot be written: {error.strerror}")
    return lines
