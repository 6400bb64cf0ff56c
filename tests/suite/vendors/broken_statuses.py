"""Vendors that refuse with another status than the contract says, or do not refuse at all."""

from __future__ import annotations

from contracts.vendor.model import Answer, Call, Refusal
from tests.suite.vendors.finders import BY_STATUS, OTHER_VALID, TEXTS
from tests.suite.vendors.variant import Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import NAME, then

TOO_LONG = {"location": "body.name", "message": "It is too long."}


def mistakes(right: int, wrong: int, sentence: str, breaks: str) -> Row:
    """Answers an update that has to be refused with the status `right` with the status `wrong`."""

    def problem(self: Variant, call: Call, refusal: Refusal) -> Answer:
        if call.method == "PUT" and refusal.status == right:
            errors = refusal.errors or ({"location": "body", "message": refusal.detail},)
            refusal = Refusal(wrong, refusal.detail, *errors)
        return Variant.problem(self, call, refusal)

    return broken(breaks, BY_STATUS[right])(sentence, problem=problem)


AnswersNoCredentialWith403 = mistakes(401, 403, "Forbids what it should ask a credential for.", "status.credential")
AnswersNoCredentialWith400 = mistakes(
    401, 400, "Takes a missing credential for a malformed request.", "status.credential"
)
AnswersNoScopeWith401 = mistakes(403, 401, "Says of a token without the scope that it is not valid.", "status.scope")
AnswersNoScopeWith404 = mistakes(403, 404, "Hides customers from a token without the scope.", "status.scope")
AnswersNoScopeWith418 = mistakes(
    403, 418, "Answers a token without the scope with 418, which is not documented.", "status.documented"
)
AnswersUnknownSlugsWith400 = mistakes(
    404, 400, "Takes a slug that names no customer for a malformed request.", "status.slug"
)
AnswersUnknownSlugsWith422 = mistakes(404, 422, "Takes a slug that names no customer for a wrong value.", "status.slug")
AnswersUnknownSlugsWith410 = mistakes(
    404, 410, "Answers a slug that names no customer with 410, which is not documented.", "status.documented"
)
AnswersMalformedJsonWith422 = mistakes(400, 422, "Answers a body that is no JSON with 422.", "status.syntax")
AnswersMalformedJsonWith405 = mistakes(
    400, 405, "Answers a body that is no JSON with 405, which is not documented.", "status.documented"
)
AnswersBrokenSchemaWith400 = mistakes(422, 400, "Answers JSON that breaks the schema with 400.", "status.schema")
AnswersBrokenSchemaWith409 = mistakes(
    422, 409, "Answers JSON that breaks the schema with 409, which is not documented.", "status.documented"
)
CrashesOnOtherMediaTypes = mistakes(
    415, 500, "Fails with a 500 on a media type that is not JSON.", "status.internal_error"
)
CrashesOnTooLargeBodies = mistakes(413, 500, "Fails with a 500 on a body of more than 1 MiB.", "status.internal_error")
RefusesLongNames = broken("status.valid", TEXTS)(
    "Refuses names of more than 255 characters, where the contract names no maximum.",
    **then(
        validate=lambda vendor, _, value, slug: refuse_if(len(value[NAME]) > 255, 422, "validation failed", TOO_LONG)
    ),
)
DoesNotDecodeSlugs = broken("status.valid", OTHER_VALID)(
    "Takes a percent-encoded slug as it is written, and finds no customer.",
    update=lambda self, call, slug: Variant.update(self, call, call.path.rpartition("/")[2]),
)
