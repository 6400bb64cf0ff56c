"""How many cases a plain schema has, when every alternative in it is told apart from every other."""

from __future__ import annotations

from math import prod
from typing import Any

from contracts.release.schema import Schema

Json = Any


def cases(schema: Schema) -> int:
    """The cases of the value that has the most of them, the outermost or one inside."""
    most = [1]
    known: dict[str, int] = {}

    def of(node: Json) -> int:
        if not isinstance(node, dict):
            return 1
        together = [of(part) for part in node.get("allOf", ())]
        together += [sum(map(of, node[keyword])) for keyword in ("anyOf", "oneOf") if node.get(keyword)]
        if "if" in node:
            together.append(2 * of(node["if"]) * of(node.get("then")) * of(node.get("else")))
        if "$ref" in node:
            together.append(referred(node["$ref"].rsplit("/", 1)[-1]))
        for keyword in ("properties", "patternProperties"):
            for member in node.get(keyword, {}).values():
                of(member)
        for keyword in ("items", "contains", "additionalProperties", "not"):
            of(node.get(keyword))
        number = prod(together)
        most.append(number)
        return number

    def referred(name: str) -> int:
        if name not in known:
            known[name] = 1
            known[name] = of(schema["$defs"][name])
        return known[name]

    of(schema)
    return max(most)
