"""A document by its references: JSON pointers (RFC 6901) and what they stand for, inside of it and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from contracts.errors import WrongCall
from contracts.rules.openapi import VALUES

Json = Any


def _steps(reference: str) -> list[str]:
    """The names on the way to what a JSON pointer in a URI stands for (RFC 6901, section 6)."""
    return [unquote(step).replace("~1", "/").replace("~0", "~") for step in reference.split("/")[1:]]


class References:
    """A document by its JSON pointers (RFC 6901). Another file or host is never opened.

    `name` is how messages call the document.
    """

    def __init__(self, content: Mapping[str, Json], name: str) -> None:
        self.content = content
        self.name = name

    def at(self, reference: Json) -> Json:
        """What a reference stands for.

        Raises:
            WrongCall: it leads out of the document, or to nothing.

        """
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise self.wrong(f"refers to {str(reference)[:100]!r}, which is not inside it and is never followed")
        found: Json = self.content
        for key in _steps(reference):
            if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            elif isinstance(found, dict) and key in found:
                found = found[key]
            else:
                raise self.wrong(f"refers to {reference[:100]!r}, and there is nothing there")
        return found

    def resolved(self, node: Json, what: str) -> dict[str, Json]:
        """An object with what it refers to; its own members count first. `what` says what it should be.

        Raises:
            WrongCall: it is no object, refers to nothing, or to itself.

        """
        seen: set[str] = set()
        while isinstance(node, dict) and "$ref" in node:
            target = self.at(node["$ref"])
            if node["$ref"] in seen:
                raise self.wrong(f"has a reference that comes back to itself: {node['$ref'][:100]!r}")
            seen.add(node["$ref"])
            own = {key: value for key, value in node.items() if key != "$ref"}
            node = target | own if isinstance(target, dict) else target
        if not isinstance(node, dict):
            raise self.wrong(f"has {' '.join(str(node).split())[:60]!r} where {what} should be")
        return node

    def same(self, node: Json, seen: set[str] | None = None) -> Iterator[dict[str, Json]]:
        """A schema, and those that hold of the same value in every case, each once: by `$ref`, and by `allOf`.

        `seen` are the references that were followed before.
        """
        if not isinstance(node, dict):
            return
        seen = set() if seen is None else seen
        yield node
        # Inside a schema with an `$id` of its own a reference starts from there.
        reference = None if "$id" in node else node.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/") and reference not in seen:
            seen.add(reference)
            yield from self.same(self.at(reference), seen)
        parts = node.get("allOf")
        for part in parts if isinstance(parts, list) else ():
            yield from self.same(part, seen)

    def marked(self, node: Json, keyword: str) -> frozenset[str]:
        """The members of an object that a keyword marks: those that are read-only, or write-only."""
        return frozenset(
            name
            for part in self.same(node)
            if "$id" not in part
            for name, member in (part.get("properties") or {}).items()
            if any(one.get(keyword) is True for one in self.same(member))
        )

    def bring(self, node: Json, whole: dict[str, Json], seen: set[str] | None = None) -> None:
        """Copy what a part of the document refers to into `whole`, to where it was.

        Raises:
            WrongCall: that is somewhere where nothing else may be.

        """
        seen = set() if seen is None else seen
        if not isinstance(node, dict):
            for part in node if isinstance(node, list) else ():
                self.bring(part, whole, seen)
            return
        for name, part in node.items():
            if name not in VALUES or (isinstance(part, dict) and "description" in part):
                # An answer may be called `default`, too.
                self.bring(part, whole, seen)
        references = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        if "$dynamicRef" in node or any(one[:2] != "#/" for one in references):
            # It is referred to by a name of its own: all schemas may be meant.
            references = self.to_all_schemas()
        for reference in [one for one in references if one not in seen]:
            seen.add(reference)
            target, holder = self.at(reference), whole
            *steps, last = _steps(reference)
            for step in steps:
                holder = holder.setdefault(step, {})
                if not isinstance(holder, dict):
                    raise self.wrong(f"cannot be adopted: it refers to {reference[:80]!r}, which is no component")
            holder.setdefault(last, target)
            self.bring(target, whole, seen)

    def to_all_schemas(self) -> list[str]:
        """A reference to each schema of the components."""
        schemas = (self.content.get("components") or {}).get("schemas") or {}
        return [f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}" for name in schemas]

    def wrong(self, why: str) -> WrongCall:
        """What is wrong with this document, as the user is told."""
        return WrongCall(f"{self.name} {why}")
