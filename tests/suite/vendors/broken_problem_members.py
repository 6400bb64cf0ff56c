"""Vendors whose problems say something wrong: a member that is missing, too much, or not as documented."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from contracts.vendor.model import Call
from tests.suite.vendors.finders import OTHER_SLUG
from tests.suite.vendors.flaws import EVERY, of_members
from tests.suite.vendors.variant import Broken
from tests.suite.vendors.writing import WritesProblems

Members = dict[str, Any]

GOOD = {"location": "body", "message": "It is not as it has to be."}


def without(name: str, members: Members) -> Members:
    """All members but one."""
    return {key: value for key, value in members.items() if key != name}


@of_members("problem.required", EVERY, 401)
def no_title(members: Members) -> Members:
    """Leaves the title out."""
    return without("title", members)


@of_members("problem.required", EVERY, 415)
def no_status(members: Members) -> Members:
    """Leaves the status out."""
    return without("status", members)


@of_members("problem.required", EVERY, 403)
def no_detail(members: Members) -> Members:
    """Leaves the detail out."""
    return without("detail", members)


@of_members("problem.members", EVERY, 404)
def adds_a_trace_id(members: Members) -> Members:
    """Adds a member traceId."""
    return members | {"traceId": "4bf92f35"}


@of_members("problem.members", EVERY, 422)
def adds_its_schema(members: Members) -> Members:
    """Adds a member $schema, as its framework does unless told not to."""
    return {"$schema": "https://example.com/schemas/ErrorModel.json"} | members


@of_members("problem.members", EVERY, 413)
def adds_a_code(members: Members) -> Members:
    """Adds a member code, which comes only with the next release."""
    return members | {"code": "UpdateCustomer.Refused"}


@of_members("problem.status", EVERY, 400)
def puts_the_status_into_a_string(members: Members) -> Members:
    """Writes the status as a string."""
    return members | {"status": str(members["status"])}


@of_members("problem.status", EVERY, 422)
def status_of_another(members: Members) -> Members:
    """Writes a status that is one more than that of HTTP."""
    return members | {"status": members["status"] + 1}


@of_members("problem.title", EVERY, 404)
def title_in_lower_case(members: Members) -> Members:
    """Writes the title in lower case."""
    return members | {"title": members["title"].lower()}


@of_members("problem.title", EVERY, 403)
def title_of_its_own(members: Members) -> Members:
    """Gives the problem a title that is no phrase of HTTP."""
    return members | {"title": "Something went wrong"}


@of_members("problem.title", 422)
def title_of_rfc_9110(members: Members) -> Members:
    """Calls a 422 as RFC 9110 does, and Go does not."""
    return members | {"title": "Unprocessable Content"}


@of_members("problem.detail", EVERY, 401)
def detail_null(members: Members) -> Members:
    """Writes null for the detail."""
    return members | {"detail": None}


@of_members("problem.detail", EVERY, 422)
def detail_in_a_list(members: Members) -> Members:
    """Writes the detail as a list of sentences."""
    return members | {"detail": [members["detail"]]}


@of_members("problem.type", EVERY, 404)
def type_no_uri(members: Members) -> Members:
    """Writes words for the type that are no URI reference."""
    return members | {"type": "validation error"}


@of_members("problem.type", EVERY, 403)
def type_null(members: Members) -> Members:
    """Writes null for the type."""
    return members | {"type": None}


@of_members("problem.type", EVERY, 415)
def type_a_number(members: Members) -> Members:
    """Numbers the types of its problems."""
    return members | {"type": 17}


@of_members("problem.instance", EVERY, 400)
def instance_with_a_space(members: Members) -> Members:
    """Writes an instance with a space in it, which no URI reference has."""
    return members | {"instance": "/error log/abc123"}


@of_members("problem.instance", EVERY, 401)
def instance_null(members: Members) -> Members:
    """Writes null for the instance."""
    return members | {"instance": None}


@of_members("problem.errors", EVERY, 404)
def errors_null(members: Members) -> Members:
    """Writes null for the errors."""
    return members | {"errors": None}


@of_members("problem.errors", EVERY, 422)
def errors_by_member(members: Members) -> Members:
    """Writes the errors as an object, by member."""
    return members | {"errors": {"name": ["is not as it has to be"]}}


@of_members("problem.errors", EVERY, 413)
def errors_as_strings(members: Members) -> Members:
    """Writes each error as a string."""
    return members | {"errors": ["name is not as it has to be"]}


@of_members("problem.errors", EVERY, 400)
def error_without_location(members: Members) -> Members:
    """Leaves the location out of an error that comes after one that has it."""
    return members | {"errors": [GOOD, without("location", GOOD)]}


@of_members("problem.errors", EVERY, 403)
def error_without_message(members: Members) -> Members:
    """Leaves the message out of an error."""
    return members | {"errors": [without("message", GOOD)]}


@of_members("problem.errors", EVERY, 422)
def error_with_a_code(members: Members) -> Members:
    """Adds a code to each error."""
    return members | {"errors": [GOOD | {"code": "invalid"}]}


@of_members("problem.errors", EVERY, 401)
def message_a_number(members: Members) -> Members:
    """Writes a number for the message of an error."""
    return members | {"errors": [GOOD | {"message": 17}]}


@of_members("problem.errors", EVERY, 415)
def second_error_null(members: Members) -> Members:
    """Writes null for an error that comes after a good one."""
    return members | {"errors": [GOOD, None]}


@of_members("problem.errors", 422)
def location_empty(members: Members) -> Members:
    """Has an error with an empty location."""
    return members | {"errors": [GOOD | {"location": ""}]}


@of_members("problem.errors", 422)
def message_empty(members: Members) -> Members:
    """Has an error with an empty message."""
    return members | {"errors": [GOOD | {"message": ""}]}


@of_members("problem.location", 400)
def location_no_place(members: Members) -> Members:
    """Says that something is wrong with the request, which is no place in it."""
    return members | {"errors": [GOOD | {"location": "request"}]}


@of_members("problem.location", 422)
def location_of_no_member(members: Members) -> Members:
    """Finds fault with a member that the request neither has nor should have."""
    return members | {"errors": [GOOD | {"location": "body.emailAddress"}]}


@of_members("problem.location", 422)
def location_a_json_pointer(members: Members) -> Members:
    """Says by a JSON pointer where something is wrong."""
    return members | {"errors": [GOOD | {"location": "/name"}]}


@of_members("problem.required", EVERY, 404, contract="v1")
def no_code(members: Members) -> Members:
    """Leaves the code out, which v1 always has."""
    return without("code", members)


@of_members("problem.member", EVERY, 403, contract="v1")
def code_a_number(members: Members) -> Members:
    """Writes a number for the code."""
    return members | {"code": 17}


@of_members("problem.member", EVERY, 422, contract="v1")
def error_id_a_number(members: Members) -> Members:
    """Writes a number for the errorId."""
    return members | {"errorId": 17}


@of_members("problem.instance", EVERY, 401, contract="v1")
def instance_of_another_path(members: Members) -> Members:
    """Writes another path than that of the request for the instance."""
    return members | {"instance": "/customers/another"}


class ShowsThePathDecoded(WritesProblems, Broken):
    """Writes the request's path percent-decoded for the instance, so that it may be no URI reference."""

    contract = "v1"
    breaks, found_by = "problem.instance", OTHER_SLUG

    def written(self, call: Call, members: Members) -> Members:
        return members | {"instance": unquote(call.path)}
