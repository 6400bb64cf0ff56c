"""A contract document: what one release says about the operation, read once and ready to be queried.

Most of that is in the schemas of the release's OpenAPI document. Release 1.x says more in prose (the vendor's API
reference of 1.x). Its schemas do not have that part, so this module does.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from contracts.errors import WrongCall, one_line
from contracts.rules import openapi
from contracts.rules.openapi import References
from contracts.rules.operation import PATH, find, is_error

DOCUMENTS = Path(__file__).parent.parent / "documents"
# The statuses that the operation documents, in each release so far.
STATUSES = (204, 400, 401, 403, 404, 422, 500)
JSON = "application/json"
PROBLEM = "application/problem+json"

# Keywords whose value is short enough to be quoted in a message.
_SHORT = frozenset(
    {"type", "format", "pattern", "const", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems"}
    | {"additionalProperties"}
)

# Members of 1.x that an update cannot change: a client leaves them out, or sends the values on record.
_ON_RECORD = frozenset({"slug", "integrations"})
# In 1.x, an update without this member keeps the stored address. "" removes it, and null may remove it.
BILLING_EMAIL = "billingEmail"
# The code of the problem that refuses what is no address.
INVALID_EMAIL = "UpdateCustomer.InvalidBillingEmail"
_LONGEST_EMAIL = 254
# Every server accepts an address of this form. A text with an @ in another form is an address to some servers only.
_PLAIN_EMAIL = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9+_-]+(?:\.[A-Za-z0-9+_-]+)*@(?:[A-Za-z0-9]{1,63}[.-])*[A-Za-z0-9]{1,63}\.[A-Za-z]{2,63}"
)

Json = Any


@dataclass(frozen=True)
class Mismatch:
    """A place where a value breaks a schema: the keyword, the member path, what was expected and what came.

    `rule` is the keyword's own value if that is short. For `additionalProperties` it is the names that are not allowed.
    The keyword `prose` stands for a rule that 1.x states only in prose.
    """

    keyword: str
    path: tuple[str | int, ...]
    message: str
    value: Json
    rule: Json = None


class Document:
    """The operation under contract, as one document describes it. `name` is what the user called the document."""

    def __init__(self, name: str, content: Mapping[str, Json]) -> None:
        self.name = name
        self.content = content
        self._references = References(content, f"contract {name!r}")
        operation = find(self._references)
        if operation is None or operation.path != PATH:
            raise KeyError(PATH)
        self.operation = operation
        self._body = self.operation.bodies[JSON]
        self._request = self._validator(self._writable(self._body))
        # Every answer is judged by these schemas, so they are prepared only once for each status.
        self._problem = cache(self._problem_of)

    @cached_property
    def documented(self) -> frozenset[int]:
        """The documented statuses, including those that a range (`4XX`) or `default` covers."""
        return frozenset(status for status in range(100, 600) if self.operation.answer(str(status)))

    @cached_property
    def is_of_1x(self) -> bool:
        """Whether the release is a 1.x, which says more in prose. Its problems are known by `code` and `errorId`."""
        return {"code", "errorId"} <= set(self.problem_members(422))

    @cached_property
    def request_members(self) -> Mapping[str, Json]:
        """The schemas of the members that a client may send, by name."""
        members = self._members(self._body)
        return {name: schema for name, schema in members.items() if name not in self.read_only_members}

    @cached_property
    def read_only_members(self) -> frozenset[str]:
        """The members that only the vendor sets."""
        return self._references.marked(self._body, "readOnly")

    @cached_property
    def required_members(self) -> frozenset[str]:
        """The members that a client has to send."""
        return self._required(self._body) & self.request_members.keys()

    @cached_property
    def nullable_members(self) -> frozenset[str]:
        """The members that may be null by their schema. In 1.x, all optional ones may be: its framework allows it."""
        return frozenset(
            name
            for name, schema in self.request_members.items()
            if self._validator(schema).is_valid(None) or (self.is_of_1x and name not in self.required_members)
        )

    @cached_property
    def settable_members(self) -> frozenset[str]:
        """The members that an update stores."""
        return frozenset(self.request_members) - (_ON_RECORD if self.is_of_1x else set())

    @cached_property
    def clearable_members(self) -> frozenset[str]:
        """The members that are cleared when they are null or left out: the update is a full replacement."""
        return self.nullable_members & self.settable_members - ({BILLING_EMAIL} if self.is_of_1x else set())

    def without_read_only(self, value: Json) -> Json:
        """A request body without the members that only the vendor sets."""
        if not isinstance(value, dict) or not self.read_only_members & set(value):
            return value
        return {name: member for name, member in value.items() if name not in self.read_only_members}

    def request_mismatches(self, value: Json, slug: str) -> Iterator[Mismatch]:
        """Where a request body for the customer `slug` is not as the release says."""
        sent = value
        if self.is_of_1x and isinstance(value, dict):
            sent = {name: item for name, item in value.items() if item is not None or name not in self.nullable_members}
        yield from mismatches(self._request, sent)
        if not self.is_of_1x or not isinstance(value, dict):
            return
        if isinstance(sent.get("slug"), str) and sent["slug"] != slug:
            yield Mismatch("prose", ("slug",), f"the slug of the path, {slug!r}", sent["slug"])
        given = sent.get("integrations")
        if isinstance(given, dict) and given:
            yield Mismatch("prose", ("integrations",), "the integrations on record, which are none", given)
        email = sent.get(BILLING_EMAIL)
        if isinstance(email, str) and email and ("@" not in email.strip("@") or len(email) > _LONGEST_EMAIL):
            yield Mismatch("prose", (BILLING_EMAIL,), f"an address of at most {_LONGEST_EMAIL} characters", email)

    def has_doubtful_email(self, value: Json) -> bool:
        """Whether a body has a `billingEmail` that only some servers take for an address."""
        email = value.get(BILLING_EMAIL) if self.is_of_1x and isinstance(value, dict) else None
        return isinstance(email, str) and bool(email) and not _PLAIN_EMAIL.fullmatch(email)

    def stored_values(self, name: str, body: Mapping[str, Json], before: Mapping[str, Json]) -> list[Json]:
        """The values that a settable member may have after an accepted update with this body. None means cleared."""
        wanted = body.get(name)
        if not self.is_of_1x or name != BILLING_EMAIL:
            return [wanted]
        if name not in body:
            return [before.get(name)]
        return {None: [before.get(name), None, ""], "": [None, ""]}.get(wanted, [wanted])

    def problem_mismatches(self, status: int, problem: Json) -> Iterator[Mismatch]:
        """Where a problem breaks the schema that is documented for its status."""
        for mismatch in mismatches(self._problem(status)[1], problem):
            # An undocumented status borrows the schema of another error. The title and status in it do not apply.
            if status in self.documented or mismatch.path not in (("title",), ("status",)):
                yield mismatch

    def prose_mismatches(self, problem: Mapping[str, Json], paths: frozenset[str]) -> Iterator[Mismatch]:
        """Where a problem differs from the prose. `paths` are the request's path with and without the URL's prefix."""
        if not self.is_of_1x:
            return
        if "code" not in problem:
            yield Mismatch("required", (), '"code" is a required property', dict(problem))
        instance = problem.get("instance")
        if isinstance(instance, str) and unquote(instance) not in {unquote(path) for path in paths}:
            yield Mismatch("prose", ("instance",), f"the request's path, {' or '.join(sorted(paths))}", instance)

    def refusal_mismatches(self, problem: Mapping[str, Json], body: Json, slug: str) -> Iterator[Mismatch]:
        """Where the 422 to this body differs from the prose: what no schema states is refused by the handler."""
        wrong = list(self.request_mismatches(body, slug))
        if not wrong or any(mismatch.keyword != "prose" for mismatch in wrong):
            return
        if problem.get("errors"):
            yield Mismatch("prose", ("errors",), "no errors: the handler refused it, and lists none", problem["errors"])
        if all(mismatch.path == (BILLING_EMAIL,) for mismatch in wrong) and problem.get("code") != INVALID_EMAIL:
            yield Mismatch("prose", ("code",), INVALID_EMAIL, problem.get("code"))

    def problem_members(self, status: int) -> Mapping[str, Json]:
        """The schemas of the members of a problem with this status."""
        return self._problem(status)[0]

    def required_of_problem(self, status: int) -> frozenset[str]:
        """The members that a problem with this status always has."""
        return self._problem(status)[2]

    def _problem_of(self, status: int) -> tuple[Mapping[str, Json], jsonschema_rs.Draft202012Validator, frozenset[str]]:
        """The member schemas of a problem, its validator, and its required members. Without a schema, all is valid."""
        own, others = self.operation.answer(str(status)), self.operation.answers.items()
        answers = [own, *(answer for name, answer in others if is_error(name))]
        contents = [answer.contents for answer in answers if answer]
        schema: Json = next((content[PROBLEM] for content in contents if PROBLEM in content), {})
        return self._members(schema), self._validator(schema), self._required(schema)

    def _members(self, node: Json) -> Mapping[str, Json]:
        """The schemas of an object's members. A schema takes precedence over the schemas that it includes."""
        found: dict[str, Json] = {}
        for part in [*self._references.same(node)][::-1]:
            for name, member in part.get("properties", {}).items():
                # `true` is a schema, too. It allows everything.
                schema = self._references.resolved(member, "a schema") if isinstance(member, dict) else {}
                found[name] = {**found.get(name, {}), **schema}
        return found

    def _required(self, schema: Json) -> frozenset[str]:
        return frozenset(name for part in self._references.same(schema) for name in part.get("required", ()))

    def _writable(self, schema: Json) -> Json:
        """A schema as it binds a client: read-only members are not required (OpenAPI 3.1, readOnly)."""
        if not isinstance(schema, dict):
            return schema
        included = [*schema.get("allOf", ()), *([self._references.at(schema["$ref"])] if "$ref" in schema else [])]
        own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "allOf")}
        if "required" in own:
            own["required"] = [name for name in own["required"] if name not in self.read_only_members]
        return own | ({"allOf": [*map(self._writable, included)]} if included else {})

    def _validator(self, schema: Json) -> jsonschema_rs.Draft202012Validator:
        # The components are added so that references inside the schema resolve, whether by path or by anchor.
        components = self.content.get("components") or {}
        whole = {"allOf": [schema], "components": components, "$defs": components.get("schemas", {})}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, offline=True)


def mismatches(validator: jsonschema_rs.Draft202012Validator, value: Json) -> Iterator[Mismatch]:
    """Where a value breaks a schema."""
    for error in validator.iter_errors(value):
        keyword = str(error.schema_path[-1]) if error.schema_path else ""
        rule = error.kind.value if keyword in _SHORT else None
        yield Mismatch(keyword, tuple(error.instance_path), error.message, error.instance, rule)


def pinned(name: str) -> References:
    """What a release (`docs`, `v1`), or a file, says about the whole API.

    Raises WrongCall if there is no such contract, or it is not a readable OpenAPI 3.0 or 3.1 document.
    """
    known = {path.stem: path for path in sorted(DOCUMENTS.glob("*.yaml"))}
    path = known.get(name, Path(name))
    if not path.is_file():
        raise WrongCall(f"unknown contract {name!r}: give one of {', '.join(known)}, or a file")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WrongCall(f"contract {name!r} cannot be read: {error.strerror}") from None
    return References(openapi.document(data, f"contract {name!r}"), f"contract {name!r}")


def load(name: str, content: Mapping[str, Json] | None = None) -> Document:
    """The operation under contract, as a release (`docs`, `v1`) or a file describes it, or as `content` does.

    Raises WrongCall if there is no such contract, or it cannot be read, or it lacks the operation.
    """
    try:
        document = Document(name, content or pinned(name).content)
        for status in document.documented & {*STATUSES[1:]}:
            list(document.problem_mismatches(status, {}))
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, jsonschema_rs.ValidationError) as error:
        why = one_line(repr(error), 200)
        raise WrongCall(f"contract {name!r} does not describe PUT {PATH} as it has to: {why}") from None
    return document
