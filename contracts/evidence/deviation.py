"""Accepted deviations: promises that the vendor breaks today, and that somebody has accepted until a date."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from contracts.attempt import Attempt
from contracts.errors import WrongCall
from contracts.rules.promise import Violation, promises

_TABLE = "deviation"
_FIELDS: Mapping[str, type] = {"rule": str, "reason": str, "until": date, "test": str, "payload": str, "status": int}
_NEEDED = ("rule", "reason", "until")


@dataclass(frozen=True)
class Deviation:
    """One accepted deviation: the rule, until when it is accepted and why, and what narrows it.

    `test` is the name of a test, `payload` the id of a payload, `status` the HTTP status that came; None for any.
    """

    rule: str
    reason: str
    until: date
    test: str | None = None
    payload: str | None = None
    status: int | None = None

    def covers(self, rule: str, status: int | None, test_id: str) -> bool:
        """Whether it is about a violation of this rule, with this status, in this test."""
        return self.rule == rule and self.status in (None, status) and self.is_tried_by(test_id)

    def is_tried_by(self, test_id: str) -> bool:
        """Whether the test with this node id is one that it is about."""
        function, _, parameter = test_id.rpartition("::")[2].rstrip("]").partition("[")
        return self.test in (None, function) and self.payload in (None, parameter)

    @property
    def narrowed(self) -> str:
        """What it is about, in words."""
        parts = [f"{name} {value}" for name in ("test", "payload", "status") if (value := getattr(self, name))]
        return ", ".join([self.rule, *parts])


class Deviations:
    """The deviations that were accepted, and how often each was seen. Nothing else hides a violation."""

    def __init__(self, accepted: Collection[Deviation] = (), today: date | None = None) -> None:
        today = today or date.today()
        self._holding = [deviation for deviation in accepted if deviation.until >= today]
        self._expired = [deviation for deviation in accepted if deviation.until < today]
        self._seen: Counter[Deviation] = Counter()

    def accept(self, violation: Violation, status: int | None, test_id: str) -> bool:
        """Whether somebody has accepted the violation; if so, it is counted."""
        covering = [one for one in self._holding if one.covers(violation.rule, status, test_id)]
        self._seen.update(covering)
        return bool(covering)

    def left_of(self, attempt: Attempt, test_id: str) -> Attempt:
        """The attempt without what is accepted."""
        if not self._holding or not attempt.violations:
            return attempt
        accepted = [one for one in attempt.violations if self.accept(one, attempt.exchange.status, test_id)]
        # A status that is accepted is accepted under each of its names.
        statuses = {one.place for one in accepted if one.place.startswith("HTTP status")}
        left = (one for one in attempt.violations if one not in accepted and one.place not in statuses)
        return replace(attempt, violations=tuple(left))

    @property
    def seen(self) -> dict[str, int]:
        """How often each was seen, by its rule and its place among those that hold."""
        return {f"{one.rule} {place}": self._seen[one] for place, one in enumerate(self._holding) if self._seen[one]}

    def report(self, tried: Collection[str], test_ids: Collection[str], seen: Mapping[str, int]) -> Iterator[str]:
        """A line on each: accepted, expired or mended; of the rules in `tried` and the tests in `test_ids` that ran."""
        for one in self._expired:
            yield f"EXPIRED on {one.until}, it fails again: {one.narrowed} ({one.reason})"
        for place, one in enumerate(self._holding):
            if times := seen.get(f"{one.rule} {place}"):
                yield f"ACCEPTED until {one.until}, seen {times} times: {one.narrowed} ({one.reason})"
            elif one.rule in tried and any(map(one.is_tried_by, test_ids)):
                yield f"MENDED, remove it: {one.narrowed} is no longer seen ({one.reason})"
            elif one.rule in tried:
                yield f"NOT TRIED: {one.narrowed}: no test that ran is the one that it names ({one.reason})"


def load_deviations(path: Path | None) -> Deviations:
    """The deviations of a TOML file, a table `[[deviation]]` each.

    Raises:
        WrongCall: the file cannot be read, or a deviation is not one; the message names the line.

    """
    if path is None:
        return Deviations()
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise WrongCall(f"the deviations {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise WrongCall(f"the deviations {path} are no TOML: {' '.join(str(error).split())}") from None
    tables = content.get(_TABLE, [])
    if set(content) - {_TABLE} or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise WrongCall(f"the deviations {path} may hold nothing but tables [[{_TABLE}]]")
    return Deviations([_deviation(table, number, text, path) for number, table in enumerate(tables)])


def _deviation(table: Mapping[str, Any], number: int, text: str, path: Path) -> Deviation:
    wrong = next(_wrong(table), None)
    if wrong:
        field, why = wrong
        raise WrongCall(f"{path}, line {_line(text, number, field)}: {why}")
    return Deviation(**table)


def _wrong(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields of a table that are wrong, and why."""
    for field in _NEEDED:
        if field not in table:
            yield field, f"the deviation has no {field}; it needs {', '.join(_NEEDED)}"
    for field, value in table.items():
        if field not in _FIELDS:
            yield field, f"unknown field {field!r}; a deviation has {', '.join(_FIELDS)}"
        # A date with a time is one to Python, but not to whoever reads "until".
        elif type(value) is not _FIELDS[field]:
            example = "a date like 2027-01-31" if field == "until" else f"of type {_FIELDS[field].__name__}"
            yield field, f"{field} must be {example}, without quotes where it is no text"
    if table["rule"] not in promises():
        yield "rule", f"unknown rule {table['rule']!r}; contracts/promises.yaml has them all"
    if not table["reason"].strip():
        yield "reason", "the reason is empty"


def _line(text: str, number: int, field: str) -> int:
    """The line of a field in the table with this number, or of the table where the field is not there."""
    lines = text.splitlines()
    starts = [place for place, line in enumerate(lines) if re.match(rf"\s*\[\[\s*{_TABLE}\s*\]\]", line)]
    start = starts[number] if number < len(starts) else 0
    end = starts[number + 1] if number + 1 < len(starts) else len(lines)
    found = (place for place in range(start, end) if re.match(rf"\s*[\"']?{re.escape(field)}[\"']?\s*=", lines[place]))
    return next(found, start) + 1
