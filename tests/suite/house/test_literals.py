"""The literals of tests/contract see what the judge overlooks: what is right is said twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.rules.document import load
from contracts.rules.promise import is_of_state, promises
from tests.suite.served import serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import vendor_named

# For each promise on the status or the shape of a single answer a vendor that breaks it, and the test that sees it.
SEEN = {
    "answer.given": ("BreaksTheConnectionOnNul", "name-null-character"),
    "answer.http": ("GarblesTheStatusLineOnEmoji", "emoji"),
    "status.valid": ("WantsOneLetterCase", "valid_update"),
    "status.syntax": ("TakesTrailingCommas", "trailing-comma"),
    "status.credential": ("TakesAnyScheme", "no_valid_credential"),
    "status.scope": ("IgnoresScopes", "may-read-only"),
    "status.slug": ("Upserts", "no_customer"),
    "status.schema": ("MakesUpNames", "breaks_the_schema"),
    "status.encoding": ("AnswersUtf16With415", "encoding"),
    "status.constant": ("TakesNan", "nan"),
    "status.media_type": ("AcceptsPlainText", "type-plain-text"),
    "status.media_type_like_json": ("FindsNothingWithoutMediaType", "type-missing"),
    "status.size": ("ForbidsLargeBodies", "body-2-mib"),
    "status.number": ("AcceptsHugeNumbers", "number-huge"),
    "status.text": ("FindsNothingForNul", "name-null-character"),
    "status.credential_unclear": ("ForbidsTwoCredentials", "credentials-"),
    "status.documented": ("AnswersNoScopeWith418", "may-read-only"),
    "status.internal_error": ("CrashesOnLongNames", "valid_update"),
    "response.redirect": ("Redirects", "published"),
    "response.encoding": ("AnnouncesGzipOn400", "absent"),
    "success.empty": ("SendsBytesAfter204", "published"),
    "problem.media_type": ("SendsProblemsAsPlainJson", "absent"),
    "problem.encoding": ("WrittenInLatin1", "not_json"),
    "problem.json": ("SaysNan", "absent"),
    "problem.unique_names": ("NamesMembersTwice", "absent"),
    "problem.object": ("InAnArray", "absent"),
    "problem.required": ("NoTitle", "absent"),
    "problem.members": ("AddsATraceId", "absent"),
    "problem.member": ("CodeANumber", "absent"),
    "problem.type": ("TypeNoUri", "absent"),
    "problem.title": ("TitleInLowerCase", "absent"),
    "problem.status": ("StatusOfAnother", "absent"),
    "problem.detail": ("DetailNull", "absent"),
    "problem.instance": ("InstanceWithASpace", "absent"),
    "problem.errors": ("ErrorsByMember", "breaks_the_schema"),
    "problem.location": ("LocationAJsonPointer", "breaks_the_schema"),
    "relation.json": ("TypesByLength", "invalid_update"),
    "relation.headers": ("TypesByFirstHeader", "headers_are_written"),
    "relation.refused": ("RefusesInTurn", "refused_again"),
}
# What no literal can see, and why.
UNSEEN = {
    "status.request_line": "its slug names no customer: the literal of status.slug sees whatever else is answered",
    "status.read_only": "docs has no read-only member, and the literals speak of docs",
    "status.email": "docs has no billingEmail, and the literals speak of docs",
    "public.stack_trace": "a trace may stand in any text of an answer that is right in itself",
    "public.credential": "a test does not know the token, so that none can leak one",
}


@pytest.mark.parametrize(("promise", "vendor", "test"), [(promise, *seen) for promise, seen in SEEN.items()])
def test_a_literal_sees_what_the_judge_overlooks(promise: str, vendor: str, test: str, tmp_path: Path) -> None:
    """With a promise deleted from the promises, the contract's tests are still red on a vendor that breaks it."""
    kind = vendor_named(vendor)
    assert kind.breaks == promise
    with serving(kind(load(kind.contract), kind.base_path)) as server:
        options = ["--base-url", server.url, "--contract", kind.contract, "-k", test, "-p", "tests.suite.blind_judge"]
        result = run_suite(*options, "--maxfail=1", journal=tmp_path, BLIND_TO=promise)

    assert result.returncode == 1, result.stdout
    assert re.search(r"^promised  .+\ncame      .+", result.stdout, re.MULTILINE), result.stdout
    assert "The judge found nothing wrong with this answer" in result.stdout


def test_each_promise_on_an_answer_is_seen_by_a_literal_or_named() -> None:
    """Each promise on the status or the shape of an answer is seen by a literal, or is named as one that is not."""
    assert SEEN.keys() | UNSEEN.keys() == {promise for promise in promises() if not is_of_state(promise)}
    assert not SEEN.keys() & UNSEEN.keys()
