"""What a CI shows of a result: JUnit with a case for each promise; GitHub's step summary and annotations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from contracts.report.page import drawn
from contracts.report.result import GREEN, Result
from contracts.report.terminal import broken_lines, last_line
from contracts.rules.promise import promises

# GitHub shows no more annotations of one step, and cuts its message there.
_ANNOTATIONS, _LONGEST = 10, 4000
# What XML 1.0 (section 2.2) cannot hold.
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(result: Result, path: Path) -> None:
    """Write a JUnit file with one case for each promise, named by its sentence, grouped by what it is about.

    One more case is the verdict: it fails where the run failed for what is no promise, and is an error without one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_NO_XML.sub("", drawn("promises.xml.j2", result)), encoding="utf-8")


def error_lines(result: Result) -> Iterator[str]:
    """GitHub's workflow commands: an error for each broken promise, and one where the run failed without any."""
    for promise, group in [*result.groups.items()][:_ANNOTATIONS]:
        yield annotation(
            f"{promise}: {promises()[promise].sentence}", "\n".join(broken_lines(group, result))[:_LONGEST]
        )
    if result.code != GREEN and not result.groups:
        title, _, text = last_line(result).partition(": ")
        yield annotation(title, text or title)


def annotation(title: str, text: str) -> str:
    """GitHub's workflow command that shows an error beside the run."""
    title, text = (part.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A") for part in (title, text))
    return f"::error title={title.replace(':', '%3A').replace(',', '%2C')}::{text}"


def github(result: Result) -> list[str]:
    """Add the table to the step's summary where GitHub Actions runs this; the lines to print for it."""
    lines = [*error_lines(result)] if os.environ.get("GITHUB_ACTIONS") == "true" else []
    try:
        if path := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(drawn("summary.md.j2", result))
    except OSError as error:
        # It changes no verdict.
        lines.append(f"warning        GITHUB_STEP_SUMMARY cannot be written: {error.strerror}")
    return lines
