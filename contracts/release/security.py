"""What a request has to show before it is answered: ways to authenticate, each with scopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.release.reference import References

Json = Any
# One way to be let in: each scheme that is needed, as it looks on the wire, with its scopes.
Requirement = Mapping[str, frozenset[str]]

# These tokens are all sent alike: `Authorization: Bearer` (RFC 6750).
_BEARER = ("oauth2", "openIdConnect")


def requirements(references: References, node: Json) -> tuple[Requirement, ...]:
    """The ways in, by meaning: a scheme is what is sent, not what the document calls it. None at all: anyone may.

    Raises:
        WrongCall: a scheme is not described in the document.

    """
    if not isinstance(node, list) or not all(isinstance(way, dict) for way in node):
        raise references.wrong("has a security that is no list of requirements")
    ways = [
        {_scheme(references, name): frozenset(map(str, scopes or ())) for name, scopes in way.items()} for way in node
    ]
    return tuple(ways) or ({},)


def refused(pin: tuple[Requirement, ...], candidate: tuple[Requirement, ...]) -> list[Requirement]:
    """The ways in that the pin knows, and that are not enough for the candidate."""
    return [way for way in pin if not any(_lets_in(way, needed) for needed in candidate)]


def told(ways: tuple[Requirement, ...]) -> str:
    """Ways in, as the user reads them."""
    return " or ".join(" and ".join(map(_told, way, way.values())) or "no credential" for way in ways)


def _told(scheme: str, scopes: frozenset[str]) -> str:
    return f"{scheme} with {', '.join(sorted(scopes))}" if scopes else scheme


def _lets_in(way: Requirement, needed: Requirement) -> bool:
    return all(scheme in way and scopes <= _implied(way[scheme]) for scheme, scopes in needed.items())


def _implied(scopes: frozenset[str]) -> frozenset[str]:
    """The scopes, and those that they imply: who may write may read (the API page, authentication)."""
    return scopes | {scope.replace("write:", "read:", 1) for scope in scopes if scope.startswith("write:")}


def _scheme(references: References, name: str) -> str:
    components = references.content.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    if not isinstance(schemes, dict) or name not in schemes:
        raise references.wrong(f"needs the security scheme {name[:60]!r}, and does not describe it")
    scheme = references.resolved(schemes[name], f"the security scheme {name}")
    kind = scheme.get("type")
    if kind in _BEARER or (kind == "http" and str(scheme.get("scheme")).lower() == "bearer"):
        return "bearer token"
    if kind == "apiKey":
        return f"key in {scheme.get('in')} {scheme.get('name')}"
    return f"{kind} {str(scheme.get('scheme', '')).lower()}".strip()
