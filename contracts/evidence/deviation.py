"""Accepted deviations: promises that the vendor breaks today, which somebody has accepted until a date."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from contracts.attempt import Attempt
from contracts.errors import WrongCall, one_line
from contracts.rules.promise import Violation, is_status, number, promises

_FIELDS: Mapping[str, type] = {"promise": str, "reason": str, "until": date, "test": str, "payload": str, "status": int}
_FORM = "a deviation has promise, reason, until (a date like 2027-01-31), and maybe test, payload, status (a number)"
Ids = Collection[str]


@dataclass(frozen=True)
class Deviation:
    """One accepted deviation: the promise, the reason, the last day, and what narrows it.

    `test` is the name of a test, `payload` the id of a payload, `status` the HTTP status of the answer. None means any.
    """

    promise: str
    reason: str
    until: date
    test: str | None = None
    payload: str | None = None
    status: int | None = None

    def is_tried_by(self, test_id: str) -> bool:
        """Whether the deviation is about the test with this node id."""
        path, _, parameter = test_id.removesuffix("]").partition("[")
        return self.test in (None, path.rpartition("::")[2]) and self.payload in (None, parameter)

    def __str__(self) -> str:
        """The promise and what narrows it, in words."""
        narrowed = [f"{name} {value}" for name in ("test", "payload", "status") if (value := getattr(self, name))]
        return ", ".join([self.promise, *narrowed])


class Deviations:
    """The accepted deviations. Nothing else hides a violation.

    `seen` counts how often each was seen. Its keys are the promise and the place in the file.
    """

    def __init__(self, accepted: Collection[Deviation] = (), today: date | None = None) -> None:
        self._accepted = {f"{deviation.promise} {place}": deviation for place, deviation in enumerate(accepted)}
        self._today = today or date.today()
        self.seen: Counter[str] = Counter()

    def accept(self, violation: Violation, status: int | None, test_id: str) -> bool:
        """Whether somebody has accepted the violation. If so, it is counted."""
        about = {key: each for key, each in self._accepted.items() if each.promise == violation.promise}
        holding = {key: each for key, each in about.items() if self._today <= each.until and each.is_tried_by(test_id)}
        covering = [key for key, each in holding.items() if each.status in (None, status)]
        self.seen.update(covering)
        return bool(covering)

    def left_of(self, attempt: Attempt, test_id: str) -> Attempt:
        """The attempt without its accepted violations."""
        accepted = [each for each in attempt.violations if self.accept(each, attempt.exchange.status, test_id)]
        # One wrong status may break several promises. If it is accepted under one of them, it is accepted under all.
        statuses = {violation.place for violation in accepted if is_status(violation.place)}
        left = [each for each in attempt.violations if each not in accepted and each.place not in statuses]
        self.seen.update(f"{each.promise} too" for each in attempt.violations if each not in [*accepted, *left])
        return replace(attempt, violations=tuple(left)) if accepted else attempt

    def report(
        self, tried: Ids, broken: Mapping[str, Ids], tests: Ids, seen: Mapping[str, int], *, is_whole: bool
    ) -> Iterator[str]:
        """A line on each deviation. `tried` are promises, `broken` the tests that found each broken one.

        `tests` are those that ran. Unless they are the whole contract, what was not seen may still be there.
        """
        for key, each in self._accepted.items():
            if each.until < self._today and any(map(each.is_tried_by, broken.get(each.promise, ()))):
                yield f"EXPIRED on {each.until}, no longer accepted: {each} ({each.reason})"
            elif times := seen.get(key):
                yield f"ACCEPTED until {each.until}, seen {number(times, 'time')}: {each} ({each.reason})"
            elif each.promise in tried and any(map(each.is_tried_by, tests)):
                mended = f"MENDED, remove it: {each} is no longer seen"
                yield f"{mended if is_whole else f'NOT SEEN in the tests that ran: {each}'} ({each.reason})"
            else:
                why = "no test that it names was run" if each.promise in tried else "no answer tried its promise"
                yield f"NOT TRIED: {each}: {why} ({each.reason})"


def load_deviations(path: Path | None) -> Deviations:
    """The deviations of a TOML file, each a table `[[deviation]]`; raises WrongCall if anything in it is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8") if path else "")
    except OSError as error:
        raise WrongCall(f"the deviations {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise WrongCall(f"the deviations {path} are not TOML: {one_line(error)}") from None
    tables = content.pop("deviation", [])
    if content or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise WrongCall(f"the deviations {path} may hold nothing but tables [[deviation]]")
    for place, table in enumerate(tables, 1):
        for wrong in _wrong(table):
            raise WrongCall(f"{path}, deviation {place}: {wrong}")
    return Deviations([Deviation(**table) for table in tables])


def _wrong(table: Mapping[str, object]) -> Iterator[str]:
    """The mistakes in a table, in words."""
    for field in ("promise", "reason", "until", *table):
        if field not in _FIELDS or field not in table:
            yield f"{'unknown field' if field in table else 'no'} {field}; {_FORM}"
        # For Python a datetime is a date. Here it would be unclear when the day ends.
        elif type(table[field]) is not _FIELDS[field]:
            yield f"{field} has the wrong type; {_FORM}"
    if table["promise"] not in promises():
        yield f"unknown promise {table['promise']!r}; contracts/promises.yaml lists them all"
    if not str(table["reason"]).strip():
        yield "the reason is empty"
