"""How varied generated cases are: those of plain `st run` and those of this suite, for equal numbers of them.

`python -m tests.benchmarks.variety` lets both send to a vendor that keeps what came, takes equally many of each by
chance, and counts what is different among them. Then both, with as many cases, look for faults of the catalogue. Last
it counts which of the distinct bodies of the generated tests Schemathesis's own strategies draw.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from contracts.fuzz import strategies as own
from contracts.fuzz.payloads import to_json
from contracts.rules.body import read, refuse_constant
from contracts.rules.document import Document, load
from contracts.vendor.model import Answer, Call, Vendor
from tests.benchmarks.tools import SLUG, Came, generated, st_run
from tests.benchmarks.where_time_goes import drawn, strategies
from tests.suite.served import serving
from tests.suite.vendors import catalogue
from tests.suite.vendors.variant import Broken, Variant

# Lengths and numbers at which storage and arithmetic are known to change, and their neighbours.
_POWERS = {power for exponent in range(14) for power in (2**exponent - 1, 2**exponent, 2**exponent + 1)}
_NUMBERS = {sign * (2**e + d) for e in (7, 8, 15, 16, 31, 32, 53, 63, 64) for d in (-1, 0, 1) for sign in (1, -1)} | {0}

Tool = Callable[[str, str, int], Came]
TOOLS: dict[str, Tool] = {
    "st run": lambda url, contract, cases: st_run(url, contract, "--max-examples", str(cases)),
    "this suite": lambda url, contract, cases: generated(url, cases, "--contract", contract),
}


class _Keeping(Vendor):
    """A correct vendor that keeps the bodies of updates."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.bodies: list[bytes] = []

    def update(self, call: Call, slug: str) -> Answer:
        self.bodies.append(call.body)
        return super().update(call, slug)


def sent(tool: Tool, cases: int) -> Sequence[bytes]:
    """The bodies of the updates that a tool sent."""
    vendor = _Keeping(load("docs"))
    vendor.add(SLUG, "Acme")
    with serving(vendor) as server:
        tool(server.url, "docs", cases)
    return vendor.bodies


def rows(bodies: Sequence[bytes], document: Document) -> dict[str, int]:
    """What is different among these bodies, counted."""
    values = [value for body in bodies for value in read(body).values[:1]]
    broken = {
        (finding.keyword, finding.path[:1] if finding.path and finding.path[0] in document.request_members else ())
        for value in values
        for finding in document.request_mismatches(value, SLUG)
    }
    scalars = [scalar for value in values for scalar in _scalars(value)]
    texts = [scalar for scalar in scalars if isinstance(scalar, str)]
    lengths = {len(text) for text in texts}
    characters = {ord(character) for text in texts for character in text}
    return {
        "distinct bodies": len(set(bodies)),
        "distinct bodies that are no JSON": len({body for body in bodies if not _is_json(body)}),
        "keywords broken, by member": len(broken),
        "boundaries: lengths about a power of two": len(lengths & _POWERS),
        "boundaries: numbers at the end of a type": len(
            {scalar for scalar in scalars if isinstance(scalar, int | float) and not isinstance(scalar, bool)}
            & _NUMBERS
        ),
        "distinct lengths of text": len(lengths),
        "longest text": max(lengths, default=0),
        "planes of Unicode": len({code_point >> 16 for code_point in characters}),
        "blocks of 256 characters": len({code_point >> 8 for code_point in characters}),
    }


def _is_json(body: bytes) -> bool:
    """Whether a body is JSON text without any leniency."""
    try:
        json.loads(body.decode(), parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _scalars(value: Any) -> Iterator[Any]:
    """Every scalar of a JSON value, names of members among them."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _scalars(member)
    else:
        yield value


def found(tool: Tool, variant: type[Variant], cases: int) -> bool:
    """Whether a tool finds a broken vendor red."""
    vendor = variant(load(variant.contract), variant.base_path)
    vendor.add(SLUG, "Acme")
    with serving(vendor) as server:
        return tool(server.url, variant.contract, cases).code == 1


def bodies_by_drawer() -> tuple[set[bytes], set[bytes]]:
    """The distinct bodies that the generated tests draw: those of Schemathesis's own strategies, and ours."""
    ours: set[bytes] = set()

    def noted(body: Any) -> Any:
        ours.add(to_json(body))
        return body

    # Schemathesis is given our strategies by these names; those that break take the first as it was.
    fitting = own.fitting(load("docs")).map(noted)
    breaking = [strategy.map(noted) for strategy in own.breaking(load("docs"))]
    own.fitting, own.breaking = lambda document: fitting, lambda document: breaking
    sent: set[bytes] = set()
    for name, strategy in strategies().items():
        found: set[bytes] = set()
        drawn(strategy, lambda requests, found=found: found.update(request.body for request in requests))
        sent |= found
        ours |= found if name not in ("fitting", "breaking") else set()
    return sent - ours, sent & ours


def main() -> None:
    """Print both columns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--each", type=int, default=10, help="of the broken vendors each so many'th is looked for")
    chosen = parser.parse_args()
    kept = {name: sent(tool, chosen.cases) for name, tool in TOOLS.items()}
    number = min(map(len, kept.values()))
    document = load("docs")
    counted = [rows(random.Random(1).sample(bodies, number), document) for bodies in kept.values()]
    print(f"{f'of {number} updates each':45}" + "".join(f"{name:>12}" for name in TOOLS))
    for row in counted[0]:
        print(f"{row:45}" + "".join(f"{column[row]:12}" for column in counted), flush=True)
    vendors = [variant for variant in catalogue() if issubclass(variant, Broken)][:: chosen.each]
    number_found = [sum(found(tool, variant, chosen.cases) for variant in vendors) for tool in TOOLS.values()]
    print(f"{f'broken vendors found, of {len(vendors)}':45}" + "".join(f"{count:12}" for count in number_found))
    theirs, ours = bodies_by_drawer()
    print(f"distinct bodies drawn: {len(theirs)} by Schemathesis's own strategies, {len(ours)} by ours")


if __name__ == "__main__":
    main()
