"""What every answer is held to beyond its document, read from `exact.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from contracts.rules.document import Document, Finding, findings

EXACT = Path(__file__).parent.parent / "exact.yaml"


class Exact:
    """The exact problem shape: the titles of each status, and the schema of the body."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.media_type: str = content["media_type"]
        self.titles: Mapping[int, tuple[str, ...]] = {
            status: tuple(titles) for status, titles in content["titles"].items()
        }
        self.members: Mapping[str, Mapping[str, Any]] = content["problem"]["properties"]
        self._problem = jsonschema_rs.Draft202012Validator(content["problem"], validate_formats=True)

    @property
    def statuses(self) -> frozenset[int]:
        """The statuses that have the shape, 413 and 415 among them, which no release documents."""
        return frozenset(self.titles)

    def shape_findings(self, problem: Mapping[str, Any]) -> Iterator[Finding]:
        """Where a problem is not of the exact shape, whatever its HTTP status is."""
        yield from findings(self._problem, problem)

    def problem_findings(self, status: int, problem: Mapping[str, Any]) -> Iterator[Finding]:
        """Where a problem with this HTTP status is not of the exact shape."""
        yield from self.shape_findings(problem)
        titles = self.titles.get(status, ())
        if titles and isinstance(problem.get("title"), str) and problem["title"] not in titles:
            yield Finding("title", ("title",), " or ".join(titles), problem["title"])
        came = problem.get("status")
        # JSON has one kind of number: 400.0 is the integer 400.
        is_integer = isinstance(came, int | float) and not isinstance(came, bool) and came % 1 == 0
        if is_integer and came != status:
            yield Finding("status", ("status",), f"{status}, the HTTP status", came)

    def contradictions(self, document: Document) -> Iterator[tuple[int, str]]:
        """Each documented status of which no problem can be both as documented and as every answer has to be."""
        for status in sorted(document.documented & self.statuses):
            problem = {"title": self.titles[status][0], "status": status, "detail": "Something is wrong."}
            for finding in document.problem_findings(status, problem):
                if finding.path:
                    yield status, finding.message


@cache
def exact() -> Exact:
    """The one that there is."""
    return Exact(yaml.safe_load(EXACT.read_text(encoding="utf-8")))
