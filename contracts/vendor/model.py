"""The vendor as documented: the one place that says how a correct Kaiten behaves.

It is modelled on its framework (Huma v2 on Go's net/http), except for the two ways in which that is known to break the
contract. It has state: customers, and tokens with scopes.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import yaml

from contracts.http.target import MIB
from contracts.rules.body import refuse_constant, shallow, well_formed
from contracts.rules.document import BILLING_EMAIL, INVALID_EMAIL, PROBLEM, Document
from contracts.rules.openapi import SERVED

WRITE = "write:customers"
READ = "read:customers"
MOCK_TOKENS: Mapping[str, frozenset[str]] = {
    "ksh_mock-may-write": frozenset({WRITE, READ}),
    "ksh_mock-may-read": frozenset({READ}),
}

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")
# These are Go's names. RFC 9110, and Python from 3.13 on, say Content instead of Entity.
_TITLES = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}
_JSON_TYPES = re.compile(r"application/(?:[\w.-]+\+)?json")
_CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 500: "INTERNAL"}

# Texts of formats that a release may require for a member which the mock does not know.
_OF_FORMAT = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "email": "nobody@example.com",
}

Headers = list[tuple[str, str]]


@dataclass
class Answer:
    """What the vendor answers."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


@dataclass
class Call:
    """A request as the vendor gets it; `path` is percent-encoded."""

    method: str
    path: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        return next((value.strip(" \t") for key, value in self.headers if key.lower() == name), "")


class Refusal(Exception):
    """A problem to answer with."""

    def __init__(self, status: int, detail: str, *errors: Mapping[str, Any], code: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.code = status, detail, errors, code


class Vendor:
    """Answers calls. A variant overrides the one method whose behaviour it changes."""

    def __init__(self, document: Document, prefix: str = "") -> None:
        self.document, self.prefix = document, prefix
        self.tokens = dict(MOCK_TOKENS)
        self.customers: dict[str, dict[str, Any]] = {}
        self._failing: str | None = None
        self._lock = threading.Lock()
        # Whether a problem of a status may list errors as we write them. A release may want other ones, or none.
        ours = {"errors": [_item("body", "It is wrong.")]}
        self._lists_errors = cache(
            lambda status: all(found.path[:1] != ("errors",) for found in document.problem_mismatches(status, ours))
        )

    @contextmanager
    def failing(self, slug: str) -> Iterator[None]:
        """Answer all updates of one customer with 500, whatever they ask."""
        self._failing = slug
        try:
            yield
        finally:
            self._failing = None

    def handle(self, call: Call) -> Answer:
        with self._lock:
            try:
                return self.route(call)
            except Refusal as refusal:
                return self.problem(call, refusal)

    def route(self, call: Call) -> Answer:
        """Find the method that answers a call."""
        path = call.path.removeprefix(self.prefix)
        if path.split("?")[0] == SERVED and call.method == "GET":
            content = yaml.safe_dump(json.loads(json.dumps(self.document.content)), sort_keys=False)
            return Answer(200, [("Content-Type", "application/yaml")], content.encode())
        customers, *rest = path.split("?")[0].strip("/").split("/")
        if customers != "customers" or not call.path.startswith(self.prefix) or len(rest) > 1:
            raise Refusal(404, "There is nothing at this path.")
        if not rest and call.method == "POST":
            return self.create(call)
        methods = {"PUT": self.update, "GET": self.show, "DELETE": self.delete} if rest else {}
        if call.method not in methods:
            raise Refusal(405, f"{call.method} is not allowed here.")
        return methods[call.method](call, unquote_to_bytes(rest[0]).decode("utf-8", "replace"))

    def update(self, call: Call, slug: str) -> Answer:
        """PUT /customers/{customerSlug}, the operation under contract."""
        if slug == self._failing:
            raise Refusal(500, "The mock was told to fail.")
        self.authorize(call, WRITE)
        value = self.parse(call)
        self.validate(value, slug)
        self.store(self.find(slug), value)
        return Answer(204)

    def authorize(self, call: Call, scope: str) -> None:
        """Refuse a caller without a valid token (401), or without the scope (403)."""
        scheme, _, token = call.header("authorization").partition(" ")
        scopes = self.tokens.get(token.strip(" ")) if scheme.lower() == "bearer" else None
        if scopes is None:
            raise Refusal(401, "A valid bearer token is needed.")
        if scope not in scopes:
            raise Refusal(403, f"The token lacks the scope {scope}.")

    def parse(self, call: Call) -> Any:
        essence = call.header("content-type").partition(";")[0].strip().lower()
        if essence and not _JSON_TYPES.fullmatch(essence):
            raise Refusal(415, f"The media type {essence[:100]} is not taken here.")
        if len(call.body) > MIB:
            raise Refusal(413, "The body is larger than 1 MiB.")
        if not call.body:
            raise Refusal(400, "request body is required")
        text = call.body.decode("utf-8", "replace")
        whole = well_formed(shallow(text))
        try:
            return json.loads(whole, parse_constant=refuse_constant, parse_float=_double, parse_int=_integer)
        except ValueError:
            raise Refusal(400, "validation failed", _item("body", "The body is not JSON.", text[:1000])) from None

    def validate(self, value: Any, slug: str) -> None:
        """Refuse JSON that breaks the request schema (422)."""
        found = list(self.document.request_mismatches(value, slug))
        mismatches = [each for each in found if each.keyword != "prose"]
        if found and not mismatches:
            # The handler checks what no schema states, and answers without a list of errors.
            code = INVALID_EMAIL if found[-1].path == (BILLING_EMAIL,) else ""
            raise Refusal(422, found[-1].message[:300], code=code)
        if mismatches:
            places = [".".join(["body", *map(str, each.path)]) for each in mismatches]
            value = mismatches[0].value if len(mismatches) == 1 else None
            items = (_item(place, each.message[:300], value) for place, each in zip(places, mismatches, strict=True))
            raise Refusal(422, "validation failed", *items)

    def find(self, slug: str) -> dict[str, Any]:
        if slug not in self.customers:
            raise Refusal(404, "No customer has this slug.")
        return self.customers[slug]

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        for name in self.document.settable_members:
            customer[name] = self.document.stored_values(name, value, customer)[0]
        if "externalCustomerId" not in self.document.request_members:
            # A release without this member still replaces the whole customer, so the member is cleared.
            customer["externalCustomerId"] = None
        customer["updatedAt"] = _now()

    def create(self, call: Call) -> Answer:
        """POST /customers."""
        self.authorize(call, WRITE)
        value = self.parse(call)
        if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
            raise Refusal(422, "validation failed", _item("body.name", "A name is needed."))
        slug = value.get("slug")
        if not isinstance(slug, str) or not _SLUG.fullmatch(slug) or len(slug) > 100:
            raise Refusal(422, "validation failed", _item("body.slug", "This is not a slug."))
        if slug in self.customers:
            raise Refusal(409, "The slug is taken.")
        return self.json(201, self.add(slug, value["name"], value.get("externalCustomerId")))

    def add(self, slug: str, name: str, external_id: str | None = None) -> dict[str, Any]:
        actor = {"id": "mock", "name": "The mock"}
        cleared = dict.fromkeys(self.document.clearable_members)
        customer = cleared | {"id": str(uuid4()), "slug": slug, "createdAt": _now(), "createdBy": actor}
        customer |= {"updatedBy": actor, "externalCustomerId": external_id}
        self.store(customer, customer | {"name": name})
        self.customers[slug] = customer
        return customer

    def show(self, call: Call, slug: str) -> Answer:
        """GET /customers/{customerSlug}."""
        self.authorize(call, READ)
        return self.json(200, self.find(slug))

    def delete(self, call: Call, slug: str) -> Answer:
        """DELETE /customers/{customerSlug}."""
        self.authorize(call, WRITE)
        self.find(slug)
        del self.customers[slug]
        return Answer(204)

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        """A refusal, as problem details (RFC 9457)."""
        title = _TITLES.get(refusal.status) or HTTPStatus(refusal.status).phrase
        members: dict[str, Any] = {"title": title, "status": refusal.status, "detail": refusal.detail}
        if refusal.errors and self._lists_errors(refusal.status):
            members["errors"] = list(refusal.errors)
        known = self.document.problem_members(refusal.status)
        if "code" in known:
            code = refusal.code or f"UpdateCustomer.{title.title().replace(' ', '')}"
            members |= {"code": _CODES.get(refusal.status, code), "instance": call.path}
        for name in self.document.required_of_problem(refusal.status) - members.keys():
            members[name] = _plainest(known.get(name, {}))
        return self.json(refusal.status, members, PROBLEM)

    def json(self, status: int, value: Any, media_type: str = "application/json") -> Answer:
        return Answer(status, [("Content-Type", media_type)], json.dumps(value, separators=(",", ":")).encode())


def _item(location: str, message: str, value: Any = None) -> dict[str, Any]:
    return {"location": location, "message": message} | ({} if value is None else {"value": value})


def _plainest(schema: Mapping[str, Any]) -> Any:
    """The simplest value for a member that a release requires and this mock does not know."""
    said = [schema[word] for word in ("default", "const") if word in schema] + schema.get("enum", [])
    types = schema.get("type", "string")
    plain = {
        "string": _OF_FORMAT.get(schema.get("format", ""), "about:blank"),
        "array": [],
        "object": {},
        "boolean": False,
        "null": None,
    }
    return said[0] if said else plain.get(types if isinstance(types, str) else types[0], schema.get("minimum", 0))


def _double(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("out of range")
    return number


def _integer(text: str) -> float | int:
    _double(text)
    return int(text)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
