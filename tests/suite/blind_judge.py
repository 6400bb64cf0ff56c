"""A plugin for pytest, by which the judge overlooks one promise: that of the variable BLIND_TO.

It stands for a promise that somebody has deleted from `contracts/rules` by mistake. A promise on the kind of a status
comes with the one that bound the request, which is overlooked as well.
"""

from __future__ import annotations

import os
from dataclasses import replace

from contracts import attempt
from contracts.http.exchange import Exchange
from contracts.rules.document import Document
from contracts.rules.judge import Verdict, judge
from contracts.rules.oracle import Prediction

_BLIND_TO = os.environ["BLIND_TO"]


def _blind(exchange: Exchange, prediction: Prediction, document: Document) -> Verdict:
    verdict = judge(exchange, prediction, document)
    places = {
        one.place for one in verdict.violations if one.promise == _BLIND_TO and one.place.startswith("HTTP status")
    }
    seen = tuple(one for one in verdict.violations if one.promise != _BLIND_TO and one.place not in places)
    return replace(verdict, violations=seen)


attempt.judge = _blind
