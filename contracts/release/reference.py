"""References inside one document (`#/components/…`). Another file or host is never opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from contracts.errors import WrongCall

Json = Any


class References:
    """The nodes of a document by their JSON pointers (RFC 6901). `name` is how messages call the document.

    OpenAPI 3.0 has no members beside `$ref`: they are ignored (3.0.3, Reference Object). In 3.1 a schema keeps
    them, and so do the summaries of other objects.
    """

    def __init__(self, content: Mapping[str, Json], name: str) -> None:
        self.content = content
        self.name = name
        self.lone = str(content.get("openapi")).startswith("3.0")

    def at(self, reference: Json) -> Json:
        """What a reference stands for.

        Raises:
            WrongCall: it leads out of the document, or to nothing.

        """
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise self.wrong(f"refers to {str(reference)[:100]!r}, which is not inside it and is never followed")
        found: Json = self.content
        for step in reference.split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
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
            reference = node["$ref"]
            target = self.at(reference)
            if reference in seen:
                raise self.wrong(f"has a reference that comes back to itself: {reference[:100]!r}")
            seen.add(reference)
            if not isinstance(target, dict) or self.lone:
                node = target
            else:
                node = target | {key: value for key, value in node.items() if key != "$ref"}
        if not isinstance(node, dict):
            raise self.wrong(f"has {' '.join(str(node).split())[:60]!r} where {what} should be")
        return node

    def wrong(self, why: str) -> WrongCall:
        """What is wrong with this document, as the user is told."""
        return WrongCall(f"{self.name} {why}")
