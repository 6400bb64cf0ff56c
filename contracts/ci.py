"""What a CI shows of a result: JUnit with one case for each promise, GitHub's step summary and annotations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from contracts.report import broken_lines, count_of
from contracts.result import Finding, Result
from contracts.rules.promise import Promise, promises

# GitHub shows no more annotations of one step, and cuts its message there.
_ANNOTATIONS, _LONGEST = 10, 4000


def write_junit(result: Result, path: Path) -> None:
    """Write a JUnit file with one case for each promise, named by its sentence, grouped by what it is about."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(_suite(result)).write(path, encoding="utf-8", xml_declaration=True)


def _suite(result: Result) -> ElementTree.Element:
    root = ElementTree.Element("testsuites", name="contract")
    name = f"contract {result.contract} of {result.base_url}"
    suite = ElementTree.SubElement(root, "testsuite", name=name, time=f"{result.seconds:.1f}")
    for promise in promises().values():
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"contract.{promise.id.partition('.')[0]}", name=_title(promise)
        )
        outcome, reason = result.outcome_of(promise.id)
        if outcome == "broken":
            group = result.groups[promise.id]
            failure = ElementTree.SubElement(case, "failure", message=_message(group))
            failure.text = _xml("\n".join(broken_lines(group, result)))
        elif outcome != "kept":
            ElementTree.SubElement(case, "skipped", message=_xml(reason))
    if result.stopped:
        case = ElementTree.SubElement(suite, "testcase", classname="contract", name="the run comes to a verdict")
        ElementTree.SubElement(case, "error", message=_xml(result.stopped))
    for attribute, element in {
        "tests": "testcase",
        "failures": "failure",
        "errors": "error",
        "skipped": "skipped",
    }.items():
        suite.set(attribute, str(len(list(suite.iter(element)))))
    return root


def _title(promise: Promise) -> str:
    return f"{promise.id}: {promise.sentence}"


def _message(group: Sequence[Finding]) -> str:
    first = group[0]
    return _xml(f"expected {first.expected}, came {first.actual}")


def _xml(text: str) -> str:
    """The text without what XML 1.0 (section 2.2) cannot hold."""
    return "".join(
        one
        for one in text
        if one in "\t\n" or 0x20 <= ord(one) < 0xD800 or 0xE000 <= ord(one) < 0xFFFE or ord(one) > 0xFFFF
    )


def step_summary(result: Result) -> str:
    """The result as a short table in GitHub's Markdown."""
    lines = [
        f"### Contract `{_markdown(result.contract)}`: {count_of(result)}",
        "",
        f"{_markdown(result.base_url)}, {result.updates} updates in {result.seconds:.0f} s, seed {result.seed}",
        "",
    ]
    if result.stopped:
        lines += [f"**No verdict**: {_markdown(result.stopped)}", ""]
    if result.groups:
        lines += ["| broken promise | expected | came | seen |", "| --- | --- | --- | --- |"]
        lines += [_row(group) for group in result.groups.values()]
        lines.append("")
    lines += [
        f"- not tried: {', '.join(rules)} ({_markdown(reason)})" for reason, rules in result.untried_by_reason.items()
    ]
    return "\n".join(lines) + "\n"


def _row(group: Sequence[Finding]) -> str:
    first = group[0]
    cells = [
        f"**{first.rule}** {promises()[first.rule].sentence}",
        first.expected,
        first.actual,
        f"{sum(one.count for one in group)}x",
    ]
    return "| " + " | ".join([cells[0], *map(_markdown, cells[1:])]) + " |"


def _markdown(text: str) -> str:
    """Text of the vendor's, as itself and not as Markdown or HTML."""
    for special in "\\`*_{}[]<>()#+!|&~$":
        text = text.replace(special, f"&#{ord(special)};")
    return text.replace("\n", " ")


def error_lines(result: Result) -> Iterator[str]:
    """GitHub's workflow commands: an error for each broken promise, and one where there is no verdict."""
    if result.stopped:
        yield annotation("no verdict", result.stopped)
    for group in [*result.groups.values()][:_ANNOTATIONS]:
        promise = promises()[group[0].rule]
        text = "\n".join(broken_lines(group, result))[:_LONGEST]
        yield annotation(_title(promise), text)


def annotation(title: str, text: str) -> str:
    """GitHub's workflow command that shows an error beside the run."""
    return f"::error title={_property(title)}::{_command(text)}"


def _command(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _command(text).replace(":", "%3A").replace(",", "%2C")


def tell_github(result: Result) -> list[str]:
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
