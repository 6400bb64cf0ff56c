"""What a CI shows of a result: JUnit with a case for each promise; GitHub's step summary and annotations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from contracts.report.result import GREEN, RED, Result
from contracts.report.terminal import broken_lines, count_of, how_sure, last_line
from contracts.rules.promise import promises

# GitHub shows no more annotations of one step, and cuts its message there.
_ANNOTATIONS, _LONGEST = 10, 4000
# What is special in Markdown or HTML, and what XML 1.0 (section 2.2) cannot hold.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+!|&~$]")
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(result: Result, path: Path) -> None:
    """Write a JUnit file with one case for each promise, named by its sentence, grouped by what it is about.

    One more case is the verdict: it fails where the run failed for what is no promise, and is an error without one.
    """
    root = ElementTree.Element("testsuites", name="contract")
    name = f"contract {result.contract} of {result.base_url}"
    suite = ElementTree.SubElement(root, "testsuite", name=name, time=f"{result.seconds:.1f}")
    groups = result.groups
    for rule, (outcome, reason) in result.outcomes.items():
        title, kind = f"{rule}: {promises()[rule].sentence}", f"contract.{rule.partition('.')[0]}"
        case = ElementTree.SubElement(suite, "testcase", classname=kind, name=title)
        if outcome == "broken":
            shown = groups[rule][0].shown
            message = _NO_XML.sub("", f"expected {shown.expected}, came {shown.actual}")
            failure = ElementTree.SubElement(case, "failure", message=message)
            failure.text = _NO_XML.sub("", "\n".join(broken_lines(groups[rule], result)))
        elif outcome != "kept":
            ElementTree.SubElement(case, "skipped", message=reason)
    case = ElementTree.SubElement(suite, "testcase", classname="contract", name="the run comes to a verdict")
    if result.code != GREEN and not groups:
        kind = "failure" if result.code == RED else "error"
        ElementTree.SubElement(case, kind, message=_NO_XML.sub("", last_line(result)))
    counted = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for attribute, element in counted.items():
        suite.set(attribute, str(len([*suite.iter(element)])))
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def step_summary(result: Result) -> str:
    """The result as a short table in GitHub's Markdown."""
    sent = f"{result.metrics.updates} updates in {result.seconds:.0f} s, seed {result.seed}"
    told = f"Contract {result.contract}: {count_of(result)}. {result.base_url}, {sent}"
    lines = [f"### {markdown(last_line(result))}", "", markdown(told), ""]
    if result.groups:
        lines += ["| broken promise | expected | came | seen |", "| --- | --- | --- | --- |"]
        for rule, (first, *_) in result.groups.items():
            cells = [promises()[rule].sentence, first.shown.expected, first.shown.actual, first.seen]
            lines.append(f"| **{markdown(rule)}** {' | '.join(map(markdown, cells))} |")
        lines.append("")
    for why, rules in result.not_tried.items():
        lines.append(f"- not tried: {markdown(', '.join(rules))} ({markdown(why)})")
    lines += [f"- {markdown(how_sure(result))}"] if how_sure(result) else []
    return "\n".join(lines) + "\n"


def markdown(text: str) -> str:
    """Text of the vendor's, as itself and not as Markdown or HTML."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text).replace("\n", " ")


def error_lines(result: Result) -> Iterator[str]:
    """GitHub's workflow commands: an error for each broken promise, and one where the run failed without any."""
    for rule, group in [*result.groups.items()][:_ANNOTATIONS]:
        yield annotation(f"{rule}: {promises()[rule].sentence}", "\n".join(broken_lines(group, result))[:_LONGEST])
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
                file.write(step_summary(result))
    except OSError as error:
        # It changes no verdict.
        lines.append(f"warning        GITHUB_STEP_SUMMARY cannot be written: {error.strerror}")
    return lines
