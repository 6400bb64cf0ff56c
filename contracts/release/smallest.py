"""The smallest value that still shows what a larger one showed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

Json = Any

_STEPS = 300
_READ = 1_000


def size(value: Json) -> tuple[int, int, str]:
    """How much there is to read of a value; of two alike the one with more letters and digits in it."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text), sum(not letter.isalnum() for letter in text[:_READ]), text


def smallest(value: Json, shows: Callable[[Json], bool]) -> Json:
    """The value made smaller, step by step, as long as it `shows` what it has to."""
    for _ in range(_STEPS):
        better = next((one for one in _smaller(value) if size(one) < size(value) and shows(one)), None)
        if better is None:
            return value
        value = better
    return value


def _smaller(value: Json) -> Iterator[Json]:
    """Values that have a little less in them, the greatest steps first."""
    if isinstance(value, dict):
        for name in value:
            yield {key: other for key, other in value.items() if key != name}
        for name, member in value.items():
            yield from ({**value, name: less} for less in _smaller(member))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, item in enumerate(value):
            yield from ([*value[:index], less, *value[index + 1 :]] for less in _smaller(item))
    elif isinstance(value, str):
        yield ""
        cut = len(value) // 2
        while cut:
            yield from (value[:-cut], value[cut:])
            cut //= 2
        if len(value) <= 64:
            yield from (value.replace(letter, "a") for letter in dict.fromkeys(value) if letter != "a")
    elif isinstance(value, bool) or value is None:
        yield from ()
    elif isinstance(value, (int, float)):
        yield from (0, 1, int(value), int(value) // 2)
