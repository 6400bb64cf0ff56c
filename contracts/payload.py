"""Payloads: the hand-picked requests of `payloads.yaml`."""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.credential import WRITE_TOKEN
from contracts.exchange import CUSTOMER, CUSTOMERS, Request, update
from contracts.rules.document import Document
from contracts.rules.oracle import Prediction, predict

PAYLOADS = Path(__file__).with_name("payloads.yaml")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SOMEBODY = "contract-test-somebody"


@dataclass(frozen=True)
class Payload:
    """One request of the catalogue: its id, its family, why it is there, and what is sent."""

    id: str
    family: str
    why: str
    request: Request

    def prediction(self, document: Document) -> Prediction:
        """What the contract says of the request, whichever customer it will be sent to."""
        return predict(self.request.addressed(_SOMEBODY), document, {_SOMEBODY})


@cache
def allowed(document: Document) -> Mapping[Payload, frozenset[int]]:
    """The statuses that may answer each payload of the catalogue."""
    return {payload: payload.prediction(document).allowed for payload in payloads()}


def to_json(value: Any) -> bytes:
    """The value as compact JSON in UTF-8, nothing escaped that need not be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _repeat(parts: Mapping[str, Any]) -> bytes:
    text = parts.get("before", "") + parts["unit"] * parts["times"] + parts.get("after", "")
    return bytes(text.encode())


def _nest(parts: Mapping[str, Any]) -> bytes:
    inner = parts["open"] * parts["times"] + parts.get("inside", "") + parts["close"] * parts["times"]
    return bytes((parts.get("before", "") + inner + parts.get("after", "")).encode())


_BODIES: Mapping[str, Callable[[Any], bytes]] = {
    "json": to_json,
    "text": lambda text: str(text).encode(),
    "base64": lambda text: base64.b64decode(text, validate=True),
    "repeat": _repeat,
    "nest": _nest,
}
_FIELDS = {"id", "why", "content_type", "authorization", "slug", *_BODIES}


@cache
def payloads() -> tuple[Payload, ...]:
    """The whole catalogue, in the order of the file.

    Raises:
        ValueError: an entry has an unknown field, more than one body, or an id that is taken.

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
    return Payload(id_, family, payload.why, replace(payload.request, body=body))


def _payload(family: str, entry: Mapping[str, Any]) -> Payload:
    bodies = [field for field in _BODIES if field in entry]
    unknown = set(entry) - _FIELDS
    if unknown or len(bodies) > 1:
        raise ValueError(f"payload {entry['id']!r} has unknown fields {unknown} or more than one body {bodies}")
    # A name of its own shows whether it was this request that stored something.
    body = _BODIES[bodies[0]](entry[bodies[0]]) if bodies else to_json({"name": entry["id"]})
    request = update(
        entry.get("slug", CUSTOMER),
        body,
        content_type=entry.get("content_type", "application/json"),
        authorization=tuple(entry.get("authorization", [f"Bearer {WRITE_TOKEN}"])),
    )
    return Payload(entry["id"], family, entry["why"], request)


def entry_of(name: str, why: str, request: Request) -> str:
    """A request as an entry that can be pasted into a family of `payloads.yaml`; `name` becomes its id."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())
    id_ = "-".join(["replayed", *filter(None, words.split("-"))])
    authorization = [value for name, value in request.headers if name.lower() == "authorization"]
    entry = {"id": id_, "why": why} | _written(request.body)
    entry |= {"content_type": request.header("Content-Type"), "authorization": authorization}
    entry |= {"slug": request.path.removeprefix(f"{CUSTOMERS}/")}
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
