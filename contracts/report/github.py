"""What GitHub Actions shows of a result: the step's summary, and an annotation for each broken promise."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from contracts.report.finding import Finding
from contracts.report.result import GREEN, Result
from contracts.report.terminal import broken_lines, count_of, how_sure, last_line
from contracts.rules.promise import promises

# GitHub shows no more annotations of one step, and cuts its message there.
_ANNOTATIONS, _LONGEST = 10, 4000
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+!|&~$]")


def step_summary(result: Result) -> str:
    """The result as a short table in GitHub's Markdown."""
    lines = [
        f"### {_markdown(last_line(result))}",
        "",
        f"Contract {_markdown(result.contract)}: {_markdown(count_of(result))}. {_markdown(result.base_url)}, "
        f"{result.updates} updates in {result.seconds:.0f} s, seed {_markdown(result.seed)}",
        "",
    ]
    if result.groups:
        lines += ["| broken promise | expected | came | seen |", "| --- | --- | --- | --- |"]
        lines += [_row(group) for group in result.groups.values()]
        lines.append("")
    for reason, rules in result.untried_by_reason.items():
        lines.append(f"- not tried: {_markdown(', '.join(rules))} ({_markdown(reason)})")
    if sure := how_sure(result):
        lines.append(f"- {_markdown(sure)}")
    return "\n".join(lines) + "\n"


def _row(group: Sequence[Finding]) -> str:
    first = group[0]
    cells = [promises()[first.rule].sentence, first.shown.expected, first.shown.actual, first.seen]
    promise, *others = map(_markdown, cells)
    return "| " + " | ".join([f"**{_markdown(first.rule)}** {promise}", *others]) + " |"


def _markdown(text: str) -> str:
    """Text of the vendor's, as itself and not as Markdown or HTML."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text).replace("\n", " ")


def error_lines(result: Result) -> Iterator[str]:
    """GitHub's workflow commands: an error for each broken promise, and one where the run failed without any."""
    for group in [*result.groups.values()][:_ANNOTATIONS]:
        promise = promises()[group[0].rule]
        text = "\n".join(broken_lines(group, result))[:_LONGEST]
        yield annotation(f"{promise.id}: {promise.sentence}", text)
    if result.code != GREEN and not result.groups:
        title, _, text = last_line(result).partition(": ")
        yield annotation(title, text or title)


def annotation(title: str, text: str) -> str:
    """GitHub's workflow command that shows an error beside the run."""
    return f"::error title={_property(title)}::{_command(text)}"


def _command(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _command(text).replace(":", "%3A").replace(",", "%2C")


def told(result: Result) -> list[str]:
    """Add the table to the step's summary where GitHub Actions runs this; the lines to print for it."""
    lines = [*error_lines(result)] if os.environ.get("GITHUB_ACTIONS") == "true" else []
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    try:
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(step_summary(result))
    except OSError as error:
        # It changes no verdict.
        lines.append(f"warning        GITHUB_STEP_SUMMARY cannot be written: {error.strerror}")
    return lines
