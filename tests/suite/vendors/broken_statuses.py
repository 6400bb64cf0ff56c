"""Vendors that refuse with another status than the contract says, or do not refuse at all."""

from __future__ import annotations

from typing import Any, ClassVar

from contracts.vendor import READ, Answer, Call, Refusal
from tests.suite.vendors.finders import (
    BROKEN_SCHEMA,
    LEFT_OPEN,
    NO_CREDENTIAL,
    NO_CUSTOMER,
    NO_JSON,
    NO_SCOPE,
    VALID,
)
from tests.suite.vendors.variant import Broken


class _Mistaking(Broken):
    """Answers an update that has to be refused with the status `right` with the status `wrong`."""

    right: ClassVar[int]
    wrong: ClassVar[int]

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        if call.method == "PUT" and refusal.status == self.right:
            errors = refusal.errors or ({"location": "request", "message": refusal.detail},)
            refusal = Refusal(self.wrong, refusal.detail, *errors)
        return super().problem(call, refusal)


class AnswersNoCredentialWith403(_Mistaking):
    """Forbids what it should ask a credential for."""

    breaks, found_by = "status.credential", NO_CREDENTIAL
    right, wrong = 401, 403


class AnswersNoCredentialWith400(_Mistaking):
    """Takes a missing credential for a malformed request."""

    breaks, found_by = "status.credential", NO_CREDENTIAL
    right, wrong = 401, 400


class AnswersNoScopeWith401(_Mistaking):
    """Says of a token without the scope that it is not valid."""

    breaks, found_by = "status.scope", NO_SCOPE
    right, wrong = 403, 401


class AnswersNoScopeWith404(_Mistaking):
    """Hides customers from a token without the scope."""

    breaks, found_by = "status.scope", NO_SCOPE
    right, wrong = 403, 404


class AnswersNoScopeWith418(_Mistaking):
    """Answers a token without the scope with 418, which is not documented."""

    breaks, found_by = "status.documented", NO_SCOPE
    right, wrong = 403, 418


class AnswersUnknownSlugsWith403(_Mistaking):
    """Hides which customers exist behind a 403."""

    breaks, found_by = "status.slug", NO_CUSTOMER
    right, wrong = 404, 403


class AnswersUnknownSlugsWith400(_Mistaking):
    """Takes a slug that names no customer for a malformed request."""

    breaks, found_by = "status.slug", NO_CUSTOMER
    right, wrong = 404, 400


class AnswersUnknownSlugsWith422(_Mistaking):
    """Takes a slug that names no customer for a wrong value."""

    breaks, found_by = "status.slug", NO_CUSTOMER
    right, wrong = 404, 422


class AnswersUnknownSlugsWith410(_Mistaking):
    """Answers a slug that names no customer with 410, which is not documented."""

    breaks, found_by = "status.documented", NO_CUSTOMER
    right, wrong = 404, 410


class AnswersMalformedJsonWith422(_Mistaking):
    """Answers a body that is no JSON with 422."""

    breaks, found_by = "status.syntax", NO_JSON
    right, wrong = 400, 422


class AnswersMalformedJsonWith405(_Mistaking):
    """Answers a body that is no JSON with 405, which is not documented."""

    breaks, found_by = "status.documented", NO_JSON
    right, wrong = 400, 405


class AnswersBrokenSchemaWith400(_Mistaking):
    """Answers JSON that breaks the schema with 400."""

    breaks, found_by = "status.schema", BROKEN_SCHEMA
    right, wrong = 422, 400


class AnswersBrokenSchemaWith409(_Mistaking):
    """Answers JSON that breaks the schema with 409, which is not documented."""

    breaks, found_by = "status.documented", BROKEN_SCHEMA
    right, wrong = 422, 409


class CrashesOnOtherMediaTypes(_Mistaking):
    """Fails with a 500 on a media type that is not JSON."""

    breaks, found_by = "status.internal_error", LEFT_OPEN
    right, wrong = 415, 500


class CrashesOnLargeBodies(_Mistaking):
    """Fails with a 500 on a body of more than 1 MiB."""

    breaks, found_by = "status.internal_error", LEFT_OPEN
    right, wrong = 413, 500


class CrashesOnLongNames(Broken):
    """Fails with a 500 on names of more than 255 characters."""

    breaks, found_by = "status.internal_error", VALID

    def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
        if len(value["name"]) > 255:
            raise Refusal(500, "value too long for type character varying(255)")
        super().store(customer, value)


class FailsEach20thTime(Broken):
    """Answers each 20th update with 500."""

    breaks, found_by = "status.internal_error", VALID

    def authorize(self, call: Call, scope: str) -> None:
        if call.method == "PUT" and self.updates % 20 == 0:
            raise Refusal(500, "unlucky")
        super().authorize(call, scope)


class RefusesLongNames(Broken):
    """Refuses names of more than 255 characters, where the contract names no maximum."""

    breaks, found_by = "status.valid", VALID

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if len(value["name"]) > 255:
            raise Refusal(422, "validation failed", {"location": "body.name", "message": "It is too long."})


class DoesNotDecodeSlugs(Broken):
    """Takes a percent-encoded slug as it is written, and finds no customer."""

    breaks, found_by = "status.valid", VALID

    def update(self, call: Call, slug: str) -> Answer:
        return super().update(call, call.path.rpartition("/")[2])


class AcceptsUnknownMembers(Broken):
    """Ignores unknown members instead of refusing them."""

    breaks, found_by = "status.schema", BROKEN_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        if isinstance(value, dict):
            value = {name: item for name, item in value.items() if name in ("name", "externalCustomerId")}
        super().validate(value, slug)


class IgnoresScopes(Broken):
    """Lets any valid token write."""

    breaks, found_by = "status.scope", NO_SCOPE

    def authorize(self, call: Call, scope: str) -> None:
        super().authorize(call, READ)
