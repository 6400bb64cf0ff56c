"""Vendors that refuse with another status than the contract says, or do not refuse at all."""

from __future__ import annotations

from typing import Any, ClassVar

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import (
    BROKEN_SCHEMA,
    LEFT_OPEN,
    NO_CREDENTIAL,
    NO_CUSTOMER,
    NO_JSON,
    NO_SCOPE,
    OTHER_VALID,
    TEXTS,
)
from tests.suite.vendors.variant import Broken


class _Mistaking(Broken):
    """Answers an update that has to be refused with the status `right` with the status `wrong`."""

    right: ClassVar[int]
    wrong: ClassVar[int]

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        if call.method == "PUT" and refusal.status == self.right:
            errors = refusal.errors or ({"location": "body", "message": refusal.detail},)
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


class CrashesOnTooLargeBodies(_Mistaking):
    """Fails with a 500 on a body of more than 1 MiB."""

    breaks, found_by = "status.internal_error", LEFT_OPEN
    right, wrong = 413, 500


class RefusesLongNames(Broken):
    """Refuses names of more than 255 characters, where the contract names no maximum."""

    breaks, found_by = "status.valid", TEXTS

    def validate(self, value: Any, slug: str) -> None:
        super().validate(value, slug)
        if len(value["name"]) > 255:
            raise Refusal(422, "validation failed", {"location": "body.name", "message": "It is too long."})


class DoesNotDecodeSlugs(Broken):
    """Takes a percent-encoded slug as it is written, and finds no customer."""

    breaks, found_by = "status.valid", OTHER_VALID

    def update(self, call: Call, slug: str) -> Answer:
        return super().update(call, call.path.rpartition("/")[2])
