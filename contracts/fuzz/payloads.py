"""Payloads: the requests of `payloads.yaml`, hand-picked or made of pairs; a recording as an entry of that file."""

import base64
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml
from allpairspy import AllPairs

from contracts.customers.journal import NOBODY, PREFIX, may_be_a_strangers
from contracts.errors import WrongCall, one_line
from contracts.http.credential import WRITE_TOKEN, values_of
from contracts.http.request import ACCEPT, CUSTOMER, CUSTOMERS, Request, update
from contracts.rules.document import load
from contracts.rules.oracle import predict

PAYLOADS = Path(__file__).parent.parent / "payloads.yaml"
# The family of the payloads that are made of pairs.
PAIRS = "pairs"
# A value of a dimension: fields of an entry.
Value = Mapping[str, Any]
_USUAL: dict[str, Any] = {
    "content_type": "application/json",
    "authorization": [f"Bearer {WRITE_TOKEN}"],
    "slug": CUSTOMER,
}
# Headers that an entry gives in fields of their own.
_OWN_FIELDS = frozenset({"content-type", "authorization", "transfer-encoding"})


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


@cache
def payloads() -> tuple[Payload, ...]:
    """All payloads, in the order of the file.

    Raises WrongCall if the file cannot be read, or an entry is not valid or may name a stranger's customer.
    """
    found: dict[str, Payload] = {}
    try:
        for family in content(PAYLOADS)["families"]:
            entries = [payload_of(family["id"], entry) for entry in family.get("requests", ())]
            twins = [_twin(family["id"], each) for each in found.values() if each.family == family.get("twins_of")]
            for payload in (*entries, *twins):
                if payload.id in found:
                    raise WrongCall(f"payload id {payload.id!r} is in {found[payload.id].family} and {family['id']}")
                found[payload.id] = payload
    except (LookupError, TypeError, ValueError) as error:
        raise WrongCall(f"{PAYLOADS.name} cannot be read: {one_line(error)}") from None
    return tuple(found.values())


@cache
def content(path: Path) -> Mapping[str, Any]:
    """The file as it is: families of payloads, and dimensions. Raises WrongCall if it cannot be read."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        read: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError) as error:
        raise WrongCall(f"{path.name} cannot be read: {one_line(error)}") from None
    return read


def expecting(*statuses: int) -> tuple[Payload, ...]:
    """The payloads that exactly these statuses may answer; without a status, those that more than one may answer."""
    return tuple(each for each in payloads() if (each.expect == set(statuses) if statuses else len(each.expect) > 1))


def to_json(value: Any) -> bytes:
    """The value as compact JSON in UTF-8, with only the escapes that JSON requires."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _around(parts: Mapping[str, Any], middle: str) -> bytes:
    return str(parts.get("before", "") + middle + parts.get("after", "")).encode()


_BODIES: Mapping[str, Callable[[Any], bytes]] = {
    "json": to_json,
    "text": str.encode,
    "base64": partial(base64.b64decode, validate=True),
    "repeat": lambda p: _around(p, p["unit"] * p["times"]),
    "nest": lambda p: _around(p, p["open"] * p["times"] + p.get("inside", "") + p["close"] * p["times"]),
    "members": lambda p: _around(p, ",".join(f'"{p["prefix"]}{number:04}":1' for number in range(p["times"]))),
}
_FIELDS = {"id", "why", "expect", "expect_v1", *_USUAL, "framing", "headers", *_BODIES}


def payload_of(family: str, entry: Mapping[str, Any]) -> Payload:
    """The payload that an entry of the file describes. Raises WrongCall if the entry is not valid."""
    id_, bodies = entry["id"], [field for field in _BODIES if field in entry]
    if (unknown := set(entry) - _FIELDS) or len(bodies) > 1:
        raise WrongCall(f"payload {id_!r} has unknown fields {unknown} or more than one body {bodies}")
    if "expect" not in entry:
        raise WrongCall(f"payload {id_!r} has no field expect: the statuses that may answer it")
    chosen = {**_USUAL, **entry}
    if may_be_a_strangers(chosen["slug"]):
        raise WrongCall(
            f"payload {id_!r} has the slug {chosen['slug']!r}, which may be a stranger's customer: "
            f"give {CUSTOMER}, or one that begins with {PREFIX}"
        )
    # A name of its own shows whether this request, and no other, stored something.
    body = _BODIES[bodies[0]](entry[bodies[0]]) if bodies else to_json({"name": id_})
    authorization = tuple(chosen["authorization"])
    request = update(chosen["slug"], body, content_type=chosen["content_type"], authorization=authorization)
    others = {**entry.get("headers", {}), **({"Transfer-Encoding": entry["framing"]} if "framing" in entry else {})}
    request = replace(request, headers=tuple(header for header in request.headers if header[0] not in others))
    for name, value in others.items():
        request = request if value is None else request.with_header(name, value)
    expect, expect_v1 = (_statuses(chosen.get(field, entry["expect"])) for field in ("expect", "expect_v1"))
    return Payload(id_, family, entry["why"], expect, expect_v1, request)


def _statuses(given: int | Iterable[int]) -> frozenset[int]:
    return frozenset({given} if isinstance(given, int) else given)


def _twin(family: str, payload: Payload) -> Payload:
    """A copy of the payload that sends its name as the external id."""
    body = to_json({"name": "Contract Test", "externalCustomerId": json.loads(payload.request.body)["name"]})
    request = replace(payload.request, body=body)
    return replace(payload, id=f"external-id-of-{payload.id}", family=family, request=request)


def dimensions() -> Mapping[str, list[Value]]:
    """The values of each dimension, by its name."""
    return {dimension["id"]: dimension["values"] for dimension in content(PAYLOADS)["dimensions"]}


@cache
def pairs() -> tuple[Payload, ...]:
    """Requests that have every pair of values of two dimensions. Those with nothing wrong come first.

    A pair counts only if nothing else is wrong with the request: after a wrong credential no server looks at the body.
    So no request has two wrong values, and pairs of two wrong values are left out. Raises WrongCall if the dimensions
    in the file are not valid.
    """
    try:
        return tuple(_pair(row, wrong, number) for number, (row, wrong) in enumerate(_rows(), 1))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise WrongCall(f"the dimensions in {PAYLOADS.name} cannot be read: {error}") from None


def tried_pairs(sent: int) -> str:
    """What this many requests with pairs have tried, in words; empty if there was none."""
    tried = "every pair" if sent == len(pairs()) else f"{sent} of {len(pairs())} requests with pairs"
    names = dimensions()
    return f"{tried} of {len(names)} dimensions: {', '.join(names)}" if sent else ""


def _rows() -> Iterator[tuple[Sequence[Value], str]]:
    """Rows with a value of each dimension, each row with the id of its wrong value, or `nothing-wrong`."""
    values = [*dimensions().values()]
    plain = [[value for value in each if "expect" not in value] for each in values]
    yield from ((row, "nothing-wrong") for row in AllPairs(plain))
    for at, each in enumerate(values):
        for value in (value for value in each if "expect" in value):
            yield from ((row, value["id"]) for row in _beside(plain, at, value))


def _beside(plain: Sequence[Sequence[Value]], at: int, value: Value) -> Iterator[list[Value]]:
    """Rows that combine a value of the dimension `at` with every plain value of each other dimension."""
    others = [len(each) for place, each in enumerate(plain) if place != at]
    for number in range(max(others)):
        yield [value if place == at else each[number % len(each)] for place, each in enumerate(plain)]


def _pair(row: Sequence[Value], wrong: str, number: int) -> Payload:
    if any(value.get("text") == "" for value in row):
        # Nobody may expect a 100 where there is no content (RFC 9110 section 10.1.1).
        row = [value for value in row if "Expect" not in value.get("headers", {})]
    fields = {name: value for each in row for name, value in each.items() if name != "id"}
    fields["headers"] = {name: value for each in row for name, value in each.get("headers", {}).items()}
    fields["text"] = fields["text"].replace("<N>", str(number))
    why = f"A pair of values: {', '.join(each['id'] for each in row)}."
    return payload_of(PAIRS, {"expect": 204, **fields, "id": f"pairs-{number:03}-{wrong}", "why": why})


def entry_of(name: str, recorded: Request, status: int | None) -> str:
    """A recorded request, answered with `status`, as an entry for `payloads.yaml`. Its id is made of the file's `name`.

    Whoever the request was sent to, the entry names a customer of ours, or nobody.
    """
    slug = recorded.path.removeprefix(f"{CUSTOMERS}/")
    if may_be_a_strangers(slug):
        slug = NOBODY if status == 404 else CUSTOMER
    sent = replace(recorded, path=f"{CUSTOMERS}/{slug}")
    expect = sorted(predict(sent.addressed(f"{PREFIX}one"), load("docs"), {f"{PREFIX}one"}).allowed)
    entry: dict[str, Any] = {
        "id": re.sub(r"[^a-z0-9]+", "-", f"replayed {Path(name).stem.lower()}").strip("-"),
        "why": f"Recorded in {name}.",
        "expect": expect if len(expect) > 1 else expect[0],
        **_exactly(sent.body),
        "content_type": sent.header("Content-Type"),
        "authorization": values_of(sent.headers, "Authorization"),
        "slug": slug,
    }
    if framing := sent.header("Transfer-Encoding"):
        entry["framing"] = framing
    others = [header for header in sent.headers if header[0].lower() not in _OWN_FIELDS and header != ACCEPT]
    if others:
        entry["headers"] = dict(others)
    written = [{field: value for field, value in entry.items() if field not in _USUAL or _USUAL[field] != value}]
    text = yaml.dump(written, Dumper=yaml.SafeDumper, sort_keys=False, width=100, default_flow_style=False)
    return textwrap.indent(text, " " * 6)


def _exactly(body: bytes) -> dict[str, str]:
    """The field of an entry that gives exactly this body."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
