"""Vendors that take JSON which breaks the request schema, or refuse JSON that fits it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from contracts.vendor.model import Call, Refusal
from tests.suite.vendors.finders import BROKEN_SCHEMA, OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.named import named_after
from tests.suite.vendors.variant import Broken

Members = dict[str, Any]
NAME, EXTERNAL_ID = "name", "externalCustomerId"


class _Takes(Broken):
    """Reads the body of an update as `read` has it, which lets pass what breaks the schema."""

    breaks = "status.schema"
    read: Callable[[Any], Any]

    def parse(self, call: Call) -> Any:
        value = super().parse(call)
        return self.read(value) if call.method == "PUT" else value


class _Refuses(Broken):
    """Refuses with `status` the objects that fit the schema and that `condition` holds of."""

    breaks, found_by = "status.valid", OTHER_VALID
    status = 422
    condition: Callable[[Members], bool]

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if self.condition(value):
            raise Refusal(self.status, "validation failed", {"location": "body", "message": "not like that"})


def _takes(read: Callable[[Any], Any], found_by: str = BROKEN_SCHEMA) -> type[Broken]:
    return named_after(read, _Takes, read=staticmethod(read), found_by=found_by)


def _takes_members(read: Callable[[Members], Members], found_by: str = BROKEN_SCHEMA) -> type[Broken]:
    def of_object(value: Any) -> Any:
        return read(value) if isinstance(value, dict) else value

    return named_after(read, _Takes, read=staticmethod(of_object), found_by=found_by)


# What no body that is written out in a test has.
_takes_other = partial(_takes, found_by=OTHER_SCHEMA)
_takes_other_members = partial(_takes_members, found_by=OTHER_SCHEMA)


def _refuses(condition: Callable[[Members], bool]) -> type[Broken]:
    return named_after(condition, _Refuses, condition=staticmethod(condition))


def _with(value: Members, member: str, item: Any, instead: Any) -> Members:
    """The object with something else where the member is exactly this item."""
    return value | {member: instead} if member in value and value[member] == item else value


# The name


@_takes_members
def makes_up_names(value: Members) -> Members:
    """Takes an object without a name."""
    return {NAME: "Unnamed"} | value


@_takes_members
def takes_null_for_a_name(value: Members) -> Members:
    """Takes null for a name."""
    return _with(value, NAME, None, "Unnamed")


@_takes_members
def takes_empty_names(value: Members) -> Members:
    """Takes an empty name."""
    return _with(value, NAME, "", "Unnamed")


@_takes_members
def takes_numbers_for_names(value: Members) -> Members:
    """Takes a number for a name."""
    return value | {NAME: str(value[NAME])} if type(value.get(NAME)) in (int, float) else value


@_takes_members
def unwraps_names(value: Members) -> Members:
    """Takes a list of one name for the name."""
    match value.get(NAME):
        case [str(name)]:
            return value | {NAME: name}
    return value


# The external id


@_takes_members
def takes_numbers_for_external_ids(value: Members) -> Members:
    """Takes a number for an external id."""
    return value | {EXTERNAL_ID: str(value[EXTERNAL_ID])} if type(value.get(EXTERNAL_ID)) in (int, float) else value


@_takes_other_members
def takes_false_for_null(value: Members) -> Members:
    """Takes false for an external id that is null."""
    return value | {EXTERNAL_ID: None} if value.get(EXTERNAL_ID) is False else value


@_takes_members
def takes_objects_for_external_ids(value: Members) -> Members:
    """Takes an object for an external id."""
    item = value.get(EXTERNAL_ID)
    return value | {EXTERNAL_ID: json.dumps(item)} if isinstance(item, dict) else value


# Other members


@_takes_members
def accepts_unknown_members(value: Members) -> Members:
    """Ignores unknown members instead of refusing them."""
    return {name: item for name, item in value.items() if name in (NAME, EXTERNAL_ID)}


@_takes_members
def accepts_unknown_null_members(value: Members) -> Members:
    """Ignores unknown members that are null."""
    return {name: item for name, item in value.items() if name in (NAME, EXTERNAL_ID) or item is not None}


@_takes_other_members
def accepts_ids(value: Members) -> Members:
    """Ignores a member id."""
    return {name: item for name, item in value.items() if name != "id"}


@_takes_other_members
def accepts_names_of_objects(value: Members) -> Members:
    """Ignores members that every object of its language has, like constructor and __class__."""
    own = {"constructor", "hasOwnProperty", "toString", "valueOf", "__proto__"} | set(dir(value))
    return {name: item for name, item in value.items() if name not in own}


@_takes_other_members
def accepts_underscores(value: Members) -> Members:
    """Ignores members whose names begin with an underscore, like _links."""
    return {name: item for name, item in value.items() if not name.startswith("_")}


@_takes_members
def reads_names_in_any_letter_case(value: Members) -> Members:
    """Matches member names whatever their letter case, as Go's own decoder does."""
    known = {name.lower(): name for name in (NAME, EXTERNAL_ID)}
    return {known.get(name.lower(), name): item for name, item in value.items()}


@_takes_other_members
def reads_snake_case(value: Members) -> Members:
    """Reads external_customer_id as externalCustomerId."""
    return {EXTERNAL_ID if name == "external_customer_id" else name: item for name, item in value.items()}


# The whole body


@_takes_other
def unwraps_bodies(value: Any) -> Any:
    """Takes an array of one object for the object."""
    match value:
        case [dict()]:
            return value[0]
    return value


@_takes
def takes_null_bodies(value: Any) -> Any:
    """Takes a body that is null for an update."""
    return {NAME: "Unnamed"} if value is None else value


@_takes_other
def reads_json_in_strings(value: Any) -> Any:
    """Takes a string with JSON in it for that JSON."""
    with suppress(ValueError):
        return json.loads(value) if isinstance(value, str) else value
    return value


# Too strict


@_refuses
def refuses_blank_names(value: Members) -> bool:
    """Refuses names of white space alone."""
    return not value[NAME].strip()


@_refuses
def refuses_empty_external_ids(value: Members) -> bool:
    """Refuses an empty external id."""
    return value.get(EXTERNAL_ID) == ""


@_refuses
def refuses_null_external_ids(value: Members) -> bool:
    """Refuses an external id that is null."""
    return EXTERNAL_ID in value and value[EXTERNAL_ID] is None


@_refuses
def refuses_long_external_ids(value: Members) -> bool:
    """Refuses external ids of more than 255 characters."""
    return len(value.get(EXTERNAL_ID) or "") > 255


@_refuses
def refuses_beyond_ascii(value: Members) -> bool:
    """Refuses external ids with a character beyond ASCII."""
    return not (value.get(EXTERNAL_ID) or "").isascii()


class RefusesLargeBodies(Broken):
    """Refuses bodies of more than 200 kB with 413."""

    breaks, found_by = "status.valid", OTHER_VALID

    def parse(self, call: Call) -> Any:
        if len(call.body) > 200_000:
            raise Refusal(413, "The body is larger than 200 kB.")
        return super().parse(call)


class TakesChunksForNoBody(Broken):
    """Takes a body that comes in chunks for none."""

    breaks, found_by = "status.valid", OTHER_VALID

    def parse(self, call: Call) -> Any:
        return super().parse(replace(call, body=b"") if call.header("transfer-encoding") else call)


# Too talkative


class EchoesTheBodyForEachMember(Broken):
    """Lists each unknown member, and shows the whole object with each."""

    breaks, found_by = "answer.given", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        unknown = [name for name in value if name not in (NAME, EXTERNAL_ID)] if isinstance(value, dict) else []
        if unknown:
            items = [{"location": f"body.{name}", "message": "unexpected property", "value": value} for name in unknown]
            raise Refusal(422, "validation failed", *items)
        super().validate(value, slug)
