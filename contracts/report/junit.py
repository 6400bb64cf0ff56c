"""JUnit with one case for each promise, for a CI that shows such files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from contracts.report.result import RED, Result
from contracts.report.terminal import broken_lines, last_line
from contracts.rules.promise import promises


def write(result: Result, path: Path) -> None:
    """Write a JUnit file with one case for each promise, named by its sentence, grouped by what it is about.

    One more case is the verdict: it fails where the run failed for what is no promise, and is an error without one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(_suite(result)).write(path, encoding="utf-8", xml_declaration=True)


def _suite(result: Result) -> ElementTree.Element:
    root = ElementTree.Element("testsuites", name="contract")
    name = f"contract {result.contract} of {result.base_url}"
    suite = ElementTree.SubElement(root, "testsuite", name=name, time=f"{result.seconds:.1f}")
    for promise in promises().values():
        title = f"{promise.id}: {promise.sentence}"
        case = _case(suite, f"contract.{promise.id.partition('.')[0]}", title)
        outcome, reason = result.outcome_of(promise.id)
        if outcome == "broken":
            group = result.groups[promise.id]
            message = f"expected {group[0].shown.expected}, came {group[0].shown.actual}"
            failure = ElementTree.SubElement(case, "failure", message=_xml(message))
            failure.text = _xml("\n".join(broken_lines(group, result)))
        elif outcome != "kept":
            ElementTree.SubElement(case, "skipped", message=_xml(reason))
    verdict = _case(suite, "contract", "the run comes to a verdict")
    if result.code == RED and not result.groups:
        ElementTree.SubElement(verdict, "failure", message=_xml(last_line(result)))
    elif result.code and not result.groups:
        ElementTree.SubElement(verdict, "error", message=_xml(last_line(result)))
    for attribute, element in {
        "tests": "testcase",
        "failures": "failure",
        "errors": "error",
        "skipped": "skipped",
    }.items():
        suite.set(attribute, str(len(list(suite.iter(element)))))
    return root


def _case(suite: ElementTree.Element, classname: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=classname, name=name)


def _xml(text: str) -> str:
    """The text without what XML 1.0 (section 2.2) cannot hold."""
    return "".join(
        one
        for one in text
        if one in "\t\n" or 0x20 <= ord(one) < 0xD800 or 0xE000 <= ord(one) < 0xFFFE or ord(one) > 0xFFFF
    )
