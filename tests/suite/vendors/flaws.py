"""Flaws of problems: a function says what is off, and of it vendors are made whose problems are off in that.

Such a vendor is named for its flaw: `TitleInLowerCase` has it in every problem, `TitleInLowerCaseOn404` only with
that status.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from contracts.vendor import Answer, Call, Headers, Refusal
from tests.suite.vendors.finders import BY_STATUS
from tests.suite.vendors.variant import Broken

EVERY = None

_Flaw = TypeVar("_Flaw", bound=Callable[..., Any])
_Spoil = Callable[[Answer], Answer]


class _Flawed(Broken):
    """Has a flaw in its problems with the status `only`, or in every one."""

    only: ClassVar[int | None]
    spoil: ClassVar[_Spoil]

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
    """A decorator that makes a vendor for every status in `where`, beside the flaw in its module."""

    def make(flaw: _Flaw) -> _Flaw:
        for only in where:
            variant = _variant(flaw, lambda answer: spoiled(flaw, answer), only)
            variant.breaks, variant.found_by, variant.contract = rule, BY_STATUS[only or 400], contract
            setattr(sys.modules[flaw.__module__], variant.__name__, variant)
        return flaw

    return make


def _variant(flaw: Callable[..., Any], spoil: _Spoil, only: int | None) -> type[Broken]:
    name = "".join(word.capitalize() for word in flaw.__name__.split("_"))
    place = "in every problem" if only is EVERY else f"in a {only} alone"
    members = {"__doc__": f"{(flaw.__doc__ or '').rstrip('.')}: {place}.", "__module__": flaw.__module__}
    members |= {"only": only, "spoil": staticmethod(spoil)}
    return type(f"{name}On{only}" if only else name, (_Flawed,), members)
