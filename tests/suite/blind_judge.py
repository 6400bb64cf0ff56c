"""A pytest plugin that makes the judge overlook one promise: the one whose id is in the variable BLIND_TO.

It stands for a promise that somebody has deleted from `contracts/rules` by mistake. If the promise is broken by a wrong
status, all other violations because of that status are overlooked as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contracts import attempt
from contracts.rules.judge import Verdict, judge, judge_alike

_BLIND_TO = os.environ["BLIND_TO"]


def _blind(judged: Callable[..., Verdict]) -> Callable[..., Verdict]:
    def overlooking(*given: Any) -> Verdict:
        verdict = judged(*given)
        overlooked = [violation for violation in verdict.violations if violation.promise == _BLIND_TO]
        places = {violation.place for violation in overlooked if violation.place.startswith("HTTP status")}
        seen = (violation for violation in verdict.violations if violation not in overlooked)
        return replace(verdict, violations=tuple(violation for violation in seen if violation.place not in places))

    return overlooking


attempt.judge, attempt.judge_alike = _blind(judge), _blind(judge_alike)
