"""Vendors that cannot bear a number of many digits, or with a great exponent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from contracts.vendor.model import Call
from tests.suite.served import plain_wire
from tests.suite.vendors.finders import LEFT_OPEN, OTHER_SCHEMA
from tests.suite.vendors.variant import Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import EXTERNAL_ID, first, holding, to_updates


def crashes(sentence: str, pattern: bytes, found_by: str = LEFT_OPEN) -> Row:
    """Fails with a 500 on a body in which the pattern is found."""
    crash = first(parse=lambda vendor, call: refuse_if(_has(pattern)(call), 500, "The number is too much."))
    return broken("status.internal_error", found_by)(sentence, **crash)


def hangs(sentence: str, pattern: bytes, found_by: str = LEFT_OPEN) -> Row:
    """Works for longer than anybody waits on a body in which the pattern is found."""
    return broken("answer.given", found_by)(
        sentence,
        arguments=("--time-limit", "1", "--patience", "6"),
        wire=to_updates(lambda call, answer: holding(seconds=3) if _has(pattern)(call) else plain_wire(answer)),
    )


def _has(pattern: bytes) -> Callable[[Call], bool]:
    return lambda call: call.method == "PUT" and re.search(pattern, call.body) is not None


# Digits

CrashesOn5000Digits = crashes("Fails with a 500 on an integer of 4,301 digits or more.", rb"\d{4301}")
CrashesOn5000DigitsBelowZero = crashes("Fails with a 500 on such an integer below zero.", rb"-\d{4301}")
CrashesOn5000DigitsOfAnUnknownMember = crashes(
    "Fails with a 500 on such an integer in a member that it does not know.", rb'"(?!name|external)\w+":\s*-?\d{4301}'
)
CrashesOn5000DigitsAlone = crashes("Fails with a 500 on such an integer as the whole body.", rb"^-?\d{4301}")
CrashesOn5000Decimals = crashes("Fails with a 500 on a fraction of 5,000 digits.", rb"\.\d{4301}")
HangsOn100000Digits = hangs("Works for ever on an integer of 100,000 digits.", rb"\d{100000}")

# Exponents

HangsOnExponents = hangs("Writes a number with an exponent out in digits.", rb"(?i)\de\+?\d{7}")
HangsOnExponentsBelowZero = hangs("Writes a number close to zero out in digits.", rb"(?i)\de-\d{7}")
HangsOnExponentsOfNames = hangs(
    "Writes a number out in digits that stands where the name belongs.", rb'(?i)"name":\s*-?\de[+-]?\d{7}'
)
HangsOnExponentsOfUnknownMembers = hangs(
    "Writes a number out in digits that stands in a member that it does not know.",
    rb'(?i)"(?!name|external)\w+":\s*-?\de[+-]?\d{7}',
)
CrashesOnExponentsBeyond32Bits = crashes("Fails with a 500 on an exponent past 32 bits.", rb"(?i)\de[+-]?\d{10}")
CrashesOnExponentsBeyond64Bits = crashes("Fails with a 500 on an exponent past 64 bits.", rb"(?i)\de[+-]?\d{20}")
CrashesOnExponentsOf5000Digits = crashes("Fails with a 500 on an exponent of 5,000 digits.", rb"(?i)\de\d{4301}")
CrashesOnZeroWithAnExponent = crashes(
    "Fails with a 500 on zero with an exponent past 32 bits.", rb"(?i)[:\[]-?0e[+-]?\d{10}"
)


# What a number is taken for


def takes(sentence: str, condition: Callable[[Any], bool], breaks: str, found_by: str) -> Row:
    """Takes an external id that the condition holds of for null."""

    def parse(self: Variant, call: Call) -> Any:
        value = Variant.parse(self, call)
        is_taken = isinstance(value, dict) and type(value.get(EXTERNAL_ID)) in (int, float)
        return value | {EXTERNAL_ID: None} if is_taken and condition(value[EXTERNAL_ID]) else value

    return broken(breaks, found_by)(sentence, parse=parse)


TakesZeroForNull = takes("Takes zero for null.", lambda number: number == 0, "status.schema", OTHER_SCHEMA)
