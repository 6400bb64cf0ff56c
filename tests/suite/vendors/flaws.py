"""Flaws of problems: a function says what is off, and of it vendors are made whose problems are off in that.

Such a vendor is named for its flaw: `TitleInLowerCase` has it in every problem, `TitleInLowerCaseOn404` only with
that status. The status is left out of the name where a flaw has but one vendor.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from contracts.vendor.model import Answer, Call, Headers, Refusal
from tests.suite.vendors.finders import BY_STATUS
from tests.suite.vendors.variant import Broken

EVERY = None

_Flaw = TypeVar("_Flaw", bound=Callable[..., Any])


class _Flawed(Broken):
    """Has a flaw in its problems with the status `only`, or in every one."""

    only: ClassVar[int | None]
    spoil: ClassVar[Callable[[Answer], Answer]]

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        return type(self).spoil(answer) if self.only in (EVERY, answer.status) else answer


def of_members(rule: str, *where: int | None, contract: str = "docs") -> Callable[[_Flaw], _Flaw]:
    """A flaw of what a problem says, given its members: it returns what to say instead."""

    def spoiled(flaw: Callable[[dict[str, Any]], Any], answer: Answer) -> Answer:
        return replace(answer, body=json.dumps(flaw(json.loads(answer.body))).encode())

    return _making(spoiled, rule, where, contract)


def of_body(rule: str, *where: int | None) -> Callable[[_Flaw], _Flaw]:
    """A flaw of how a problem is written, given its bytes: it returns what to write instead."""

    def spoiled(flaw: Callable[[bytes], bytes], answer: Answer) -> Answer:
        return replace(answer, body=flaw(answer.body))

    return _making(spoiled, rule, where)


def of_headers(rule: str, *where: int | None) -> Callable[[_Flaw], _Flaw]:
    """A flaw of what comes before a problem: it returns the headers to send instead."""

    def spoiled(flaw: Callable[[], Headers], answer: Answer) -> Answer:
        return replace(answer, headers=flaw())

    return _making(spoiled, rule, where)


def _making(
    spoiled: Callable[[_Flaw, Answer], Answer], rule: str, where: tuple[int | None, ...], contract: str = "docs"
) -> Callable[[_Flaw], _Flaw]:
    """A decorator that makes a vendor for each place in `where`, beside the flaw in its module."""

    def make(flaw: _Flaw) -> _Flaw:
        for only in where:
            name = _name(flaw) + (f"On{only}" if only and len(where) > 1 else "")
            place = f"in a {only} alone" if only else "in every problem"
            members: dict[str, Any] = {
                "__doc__": f"{(flaw.__doc__ or '').rstrip('.')}: {place}.",
                "__module__": flaw.__module__,
                "contract": contract,
                "breaks": rule,
                "found_by": BY_STATUS[only or 400],
                "only": only,
                "spoil": staticmethod(lambda answer: spoiled(flaw, answer)),
            }
            setattr(sys.modules[flaw.__module__], name, type(name, (_Flawed,), members))
        return flaw

    return make


def _name(flaw: Callable[..., Any]) -> str:
    return "".join(word.capitalize() for word in flaw.__name__.split("_"))
