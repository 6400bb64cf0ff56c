"""Payloads: the hand-picked requests of `payloads.yaml`."""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.http.credential import WRITE_TOKEN
from contracts.http.exchange import CUSTOMER, CUSTOMERS, Request, update

PAYLOADS = Path(__file__).parent.parent / "payloads.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Payload:
    """One hand-picked request: its id, its family, why it is there, what is sent, and which statuses may answer.

    `expect` speaks of the release `docs`, `expect_v1` of `v1`. Both are written by hand from what the vendor documents.
    """

    id: str
    family: str
    why: str
    expect: frozenset[int]
    expect_v1: frozenset[int]
    request: Request

    def __str__(self) -> str:
        return self.id


def expecting(*statuses: int) -> tuple[Payload, ...]:
    """The payloads that exactly these statuses may answer; without a status, those that more than one may answer."""
    return tuple(one for one in payloads() if (one.expect == set(statuses) if statuses else len(one.expect) > 1))


def to_json(value: Any) -> bytes:
    """The value as compact JSON in UTF-8, nothing escaped that need not be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _repeat(parts: Mapping[str, Any]) -> bytes:
    text = parts.get("before", "") + parts["unit"] * parts["times"] + parts.get("after", "")
    return bytes(text.encode())


def _nest(parts: Mapping[str, Any]) -> bytes:
    inner = parts["open"] * parts["times"] + parts.get("inside", "") + parts["close"] * parts["times"]
    return bytes((parts.get("before", "") + inner + parts.get("after", "")).encode())


def _numbered(parts: Mapping[str, Any]) -> bytes:
    members = ",".join(f'"{parts["prefix"]}{number:04}":1' for number in range(parts["times"]))
    return bytes((parts["before"] + members + parts["after"]).encode())


_BODIES: Mapping[str, Callable[[Any], bytes]] = {
    "json": to_json,
    "text": lambda text: str(text).encode(),
    "base64": lambda text: base64.b64decode(text, validate=True),
    "repeat": _repeat,
    "nest": _nest,
    "members": _numbered,
}
_FIELDS = {"id", "why", "expect", "expect_v1", "content_type", "authorization", "slug", "framing", *_BODIES}


@cache
def payloads() -> tuple[Payload, ...]:
    """All of them, in the order of the file.

    Raises:
        ValueError: an entry has an unknown field, more than one body, no `expect`, or an id that is taken.

    """
    content = yaml.load(PAYLOADS.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (a safe loader, in C where there is one)
    found: dict[str, Payload] = {}
    for family in content["families"]:
        entries = [_payload(family["id"], entry) for entry in family.get("requests", ())]
        twins = [_twin(family["id"], one) for one in found.values() if one.family == family.get("twins_of")]
        for payload in (*entries, *twins):
            if payload.id in found:
                raise ValueError(f"payload id {payload.id!r} is in {found[payload.id].family} and {family['id']}")
            found[payload.id] = payload
    return tuple(found.values())


def _twin(family: str, payload: Payload) -> Payload:
    """The payload with its name as the external id."""
    name = json.loads(payload.request.body)["name"]
    body = to_json({"name": "Contract Test", "externalCustomerId": name})
    id_ = f"external-id-of-{payload.id}"
    return replace(payload, id=id_, family=family, request=replace(payload.request, body=body))


def _payload(family: str, entry: Mapping[str, Any]) -> Payload:
    bodies = [field for field in _BODIES if field in entry]
    unknown = set(entry) - _FIELDS
    if unknown or len(bodies) > 1:
        raise ValueError(f"payload {entry['id']!r} has unknown fields {unknown} or more than one body {bodies}")
    if "expect" not in entry:
        raise ValueError(f"payload {entry['id']!r} has no field expect: the statuses that may answer it")
    # A name of its own shows whether it was this request that stored something.
    body = _BODIES[bodies[0]](entry[bodies[0]]) if bodies else to_json({"name": entry["id"]})
    request = update(
        entry.get("slug", CUSTOMER),
        body,
        content_type=entry.get("content_type", "application/json"),
        authorization=tuple(entry.get("authorization", [f"Bearer {WRITE_TOKEN}"])),
    )
    if "framing" in entry:
        request = request.with_header("Transfer-Encoding", entry["framing"])
    expect = _statuses(entry["expect"])
    return Payload(entry["id"], family, entry["why"], expect, _statuses(entry.get("expect_v1", expect)), request)


def _statuses(given: int | Iterable[int]) -> frozenset[int]:
    return frozenset({given} if isinstance(given, int) else given)


def entry_of(name: str, why: str, request: Request, expect: Collection[int]) -> str:
    """A request as an entry that can be pasted into a family of `payloads.yaml`; `name` becomes its id."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())
    id_ = "-".join(["replayed", *filter(None, words.split("-"))])
    authorization = [value for name, value in request.headers if name.lower() == "authorization"]
    statuses = sorted(expect)
    entry = {"id": id_, "why": why, "expect": statuses if len(statuses) > 1 else statuses[0]} | _written(request.body)
    entry |= {"content_type": request.header("Content-Type"), "authorization": authorization}
    entry |= {"slug": request.path.removeprefix(f"{CUSTOMERS}/")}
    entry |= {"framing": framing} if (framing := request.header("Transfer-Encoding")) else {}
    usual = {"content_type": "application/json", "authorization": [f"Bearer {WRITE_TOKEN}"], "slug": CUSTOMER}
    content = {field: value for field, value in entry.items() if field not in usual or usual[field] != value}
    text = yaml.dump([content], Dumper=yaml.SafeDumper, sort_keys=False, width=100, default_flow_style=False)
    return textwrap.indent(text, " " * 6)


def _written(body: bytes) -> dict[str, Any]:
    """The field of an entry that gives exactly this body."""
    with suppress(ValueError, RecursionError):
        value = json.loads(body)
        if to_json(value) == body:
            return {"json": value}
    with suppress(UnicodeDecodeError):
        return {"text": body.decode()}
    return {"base64": base64.b64encode(body).decode()}
