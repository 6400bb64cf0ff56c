"""Releases made from docs.yaml by small edits, and compared with it: `release_pairs.yaml`, read."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from contracts.release import Change
from contracts.release.comparison import compared
from contracts.rules.document import load
from contracts.rules.openapi import References, document
from contracts.rules.operation import PATH

_SHORT = {
    "path": ["paths", PATH],
    "put": ["paths", PATH, "put"],
    "body": ["components", "schemas", "CustomerUpdate"],
    "problem": ["components", "schemas", "Problem"],
    "item": ["components", "schemas", "ErrorDetail"],
}


@dataclass(frozen=True)
class Pair:
    """A release: its `kind` of difference from the pin, what the release check must say, and the edits of both."""

    id: str
    kind: str
    says: str = ""
    move: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    set: Mapping[str, Any] = field(default_factory=dict)
    pin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        """The candidate's document."""
        content = copy.deepcopy(dict(load("docs").content))
        for place, to in self.move.items():
            holder, name = _place(content, place)
            _put(content, to, holder.pop(name))
        for place in self.remove:
            holder, name = _place(content, place)
            del holder[name]
        for place, value in self.set.items():
            _put(content, place, copy.deepcopy(value))
        return content


def pairs(*kinds: str) -> list[Pair]:
    """The pairs of these kinds, or all."""
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    entries = [dict(entry) for family in content["families"] for entry in family["pairs"]]
    found = [Pair(kind=entry.pop("is"), **entry) for entry in entries]
    return [pair for pair in found if not kinds or pair.kind in kinds]


def changed(pair: Pair) -> tuple[Change, ...]:
    """What the release changes; both documents are read from JSON as a user has it."""
    pin = Pair("pin", "", set=pair.pin)
    return compared(_read(pin, "contract 'pin.json'"), _read(pair, "candidate 'candidate.json'"))


def _read(pair: Pair, name: str) -> References:
    return References(document(json.dumps(pair.content).encode(), name), name)


def _put(content: dict[str, Any], place: str, value: Any) -> None:
    holder, name = _place(content, place)
    holder[name] = value


def _place(content: dict[str, Any], place: str) -> tuple[Any, Any]:
    first, *rest = place.split(".")
    steps = [*_SHORT.get(first, [first]), *rest]
    holder: Any = content
    for step in steps[:-1]:
        holder = holder[int(step) if isinstance(holder, list) else step]
    return holder, steps[-1]
