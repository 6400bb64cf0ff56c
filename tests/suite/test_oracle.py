"""The oracle: which statuses may answer a request, by the table of the design."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.credential import READ_TOKEN, WRITE_TOKEN
from contracts.exchange import Request, update
from contracts.rules.document import load
from contracts.rules.oracle import Prediction, media_type, predict
from contracts.target import MIB

DOCUMENTS = {name: load(name) for name in ("docs", "v1")}
VALID = b'{"name":"x"}'
BROKEN = b'{"name":null}'
NO_JSON = b'{"name":'
WRONG_TOKEN = ("Bearer ksh_other",)
READER = (f"Bearer {READ_TOKEN}",)
LARGE = b'{"name":"%s"}' % (b"a" * MIB)


def request(slug: str = "acme", body: bytes = VALID, **changes: Any) -> Request:
    """A plain update, changed."""
    return update(slug, body, **changes)


def predicted(sent: Request, contract: str = "docs") -> Prediction:
    """What the contract says of the request, where only the customer acme exists."""
    return predict(sent, DOCUMENTS[contract], {"acme"})


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        pytest.param(request(), {204}, id="nothing-wrong"),
        pytest.param(request(authorization=()), {401}, id="no-credential"),
        pytest.param(request(authorization=WRONG_TOKEN), {401}, id="credential-not-valid"),
        pytest.param(request(authorization=READER), {403}, id="no-scope"),
        pytest.param(request(body=b""), {400}, id="body-absent"),
        pytest.param(request(body=NO_JSON), {400}, id="not-json"),
        pytest.param(request(body=BROKEN), {422}, id="schema-broken"),
        pytest.param(request(body=b'{"NAME":"x"}'), {422}, id="member-in-upper-case"),
        pytest.param(request(slug="nobody"), {404}, id="unknown-slug"),
        pytest.param(request(slug="ACME"), {404}, id="slug-in-upper-case"),
        pytest.param(request(slug="%61cme"), {204}, id="slug-encoded-without-need"),
        pytest.param(request(content_type="text/plain"), {400, 415, 422}, id="not-a-json-type"),
        pytest.param(request(content_type="nonsense"), {400, 415, 422}, id="no-media-type-at-all"),
        pytest.param(request(content_type=None), {204, 400, 415, 422}, id="no-content-type"),
        pytest.param(request(content_type=""), {204, 400, 415, 422}, id="empty-content-type"),
        pytest.param(request(content_type="application/merge-patch+json"), {204, 400, 415, 422}, id="merge-patch"),
        pytest.param(request(content_type="application/json; charset=utf-8"), {204}, id="charset-parameter"),
        pytest.param(request(content_type="APPLICATION/JSON"), {204}, id="json-type-in-upper-case"),
        pytest.param(request(body=LARGE), {204, 400, 413, 422}, id="one-mib"),
        pytest.param(request(body=b'{"name":1e999}'), {400, 422}, id="number-past-a-double"),
        pytest.param(request(body=b'{"name":"\xff"}'), {204, 400, 422}, id="bad-utf-8"),
        pytest.param(request(body=b'{"name":"\\ud800"}'), {204, 400, 422}, id="lone-surrogate"),
        pytest.param(request(body=b'{"name":"\\u0000"}'), {204, 400, 422}, id="nul"),
        pytest.param(request(body=b'{"name":"a","name":"b"}'), {204, 400, 422}, id="duplicate-name"),
        pytest.param(request(body=b'{"name":"a","name":1}'), {204, 400, 422}, id="duplicate-name-half-valid"),
        pytest.param(request(body=b'{"name":1,"name":2}'), {400, 422}, id="duplicate-name-never-valid"),
        pytest.param(request(body=b"[" * 100_000), {400, 422}, id="absurd-depth"),
        pytest.param(request(body=b"\xef\xbb\xbf" + VALID), {204, 400, 422}, id="byte-order-mark"),
        pytest.param(request(slug="%FF"), {404, 400, 422}, id="slug-that-is-no-text"),
        pytest.param(request(slug="nobody%00"), {404, 400, 422}, id="slug-with-nul"),
        pytest.param(
            request(authorization=(f"Bearer {WRITE_TOKEN} ",)), {204, 400, 401}, id="token-with-trailing-space"
        ),
        pytest.param(
            request(authorization=(f"Bearer {WRITE_TOKEN}", *WRONG_TOKEN)), {204, 400, 401}, id="two-credentials"
        ),
        pytest.param(request(authorization=WRONG_TOKEN * 2), {400, 401}, id="two-credentials-not-valid"),
    ],
)
def test_a_circumstance_allows_its_statuses(sent: Request, allowed: set[int], contract: str) -> None:
    """Each circumstance allows the statuses of its row in the table, in every release."""
    assert predicted(sent, contract).allowed == allowed


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        pytest.param(request(slug="nobody", body=BROKEN), {404, 422}, id="slug-and-schema"),
        pytest.param(request(slug="nobody", body=NO_JSON), {404, 400}, id="slug-and-syntax"),
        pytest.param(request(authorization=(), slug="nobody"), {401, 404}, id="credential-and-slug"),
        pytest.param(request(authorization=(), body=BROKEN), {401, 422}, id="credential-and-schema"),
        pytest.param(request(authorization=READER, body=NO_JSON), {403, 400}, id="scope-and-syntax"),
        pytest.param(request(authorization=READER, slug="nobody"), {403, 404}, id="scope-and-slug"),
        pytest.param(
            request(authorization=(), slug="nobody", body=BROKEN), {401, 404, 422}, id="credential-slug-and-schema"
        ),
        pytest.param(request(content_type="text/plain", slug="nobody"), {400, 404, 415, 422}, id="type-and-slug"),
        pytest.param(request(content_type=None, body=BROKEN), {400, 415, 422}, id="no-type-and-schema"),
        pytest.param(request(content_type=None, body=b""), {400, 415, 422}, id="no-type-and-no-body"),
        pytest.param(request(body=b"a" * MIB), {400, 413, 422}, id="size-and-syntax"),
        pytest.param(request(body=b"a" * MIB, authorization=()), {400, 401, 413, 422}, id="size-syntax-and-credential"),
        pytest.param(request(body=b'{"name":"\xff"}', slug="nobody"), {404, 400, 422}, id="text-and-slug"),
        pytest.param(
            request(authorization=(f"Bearer {WRITE_TOKEN} ",), body=BROKEN), {400, 401, 422}, id="unclear-and-schema"
        ),
    ],
)
def test_several_circumstances_allow_any_of_theirs(sent: Request, allowed: set[int]) -> None:
    """Where several things are wrong any of them may be answered, for the page gives no order; but never a 204."""
    assert predicted(sent).allowed == allowed


@pytest.mark.parametrize(
    ("body", "docs", "v1"),
    [
        pytest.param(b'{"name":"x","domain":"a.b"}', {422}, {204}, id="domain"),
        pytest.param(b'{"name":"x","domain":"a"}', {422}, {422}, id="domain-without-dot"),
        pytest.param(b'{"name":"x","slug":"acme"}', {422}, {204}, id="own-slug"),
        pytest.param(b'{"name":"x","slug":"other"}', {422}, {422}, id="other-slug"),
        pytest.param(b'{"name":"x","integrations":{}}', {422}, {204}, id="integrations-empty"),
        pytest.param(b'{"name":"x","integrations":{"crm":{}}}', {422}, {422}, id="integrations"),
        pytest.param(b'{"name":"x","id":"1"}', {422}, {204, 422}, id="read-only"),
        pytest.param(b'{"name":"x","id":null}', {422}, {204, 422}, id="read-only-of-another-type"),
        pytest.param(b'{"id":"1"}', {422}, {422}, id="read-only-and-no-name"),
    ],
)
def test_a_release_decides_what_is_valid(body: bytes, docs: set[int], v1: set[int]) -> None:
    """The same body may be valid in one release and break the schema of another."""
    sent = request(body=body)

    assert predicted(sent, "docs").allowed == docs
    assert predicted(sent, "v1").allowed == v1


def test_a_prediction_names_its_reasons_the_binding_ones_first() -> None:
    """The reasons are the promises that bind the request, before those that leave more open."""
    sent = request(slug="nobody", body=BROKEN, content_type=None)

    assert [promise.id for promise in predicted(sent).reasons] == [
        "status.slug",
        "status.schema",
        "status.media_type_like_json",
    ]


@pytest.mark.parametrize(
    ("sent", "readings"),
    [
        pytest.param(request(), ({"name": "x"},), id="one"),
        pytest.param(
            request(body=b'{"name":"a","name":1,"name":"b"}'),
            ({"name": "a"}, {"name": "b"}),
            id="the-valid-ones-of-three",
        ),
        pytest.param(request(slug="nobody"), (), id="none-where-it-must-be-refused"),
        pytest.param(request(body=BROKEN), (), id="none-where-the-schema-is-broken"),
    ],
)
def test_a_prediction_says_what_may_be_stored(sent: Request, readings: tuple[Any, ...]) -> None:
    """What may be stored are the valid readings of a body that may be accepted."""
    assert predicted(sent).readings == readings


@pytest.mark.parametrize(("sent", "may_break"), [(request(), False), (request(body=LARGE), True)], ids=["small", "mib"])
def test_only_a_body_that_is_too_large_may_break_the_connection(sent: Request, may_break: bool) -> None:
    """A server may close the connection at once on a body of 1 MiB, and on no other."""
    assert predicted(sent).may_break is may_break


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("application/json", "json"),
        ("Application/JSON ; Charset=UTF-8", "json"),
        ('application/json; charset="utf-8"', "json"),
        ("application/json; charset=iso-8859-1", "like-json"),
        ("application/json; version=1", "like-json"),
        ("application/problem+json", "like-json"),
        ("application/vnd.api+json", "like-json"),
        ("text/json", "like-json"),
        ("text/plain", "other"),
        ("application/xml", "other"),
        ("application/xml+jsonx", "other"),
        ("json", "other"),
        ("*/*", "other"),
    ],
)
def test_a_media_type_is_json_like_json_or_another(value: str, kind: str) -> None:
    """Which of the three a media type is decides whether the body has to be read as JSON, may be, or must not."""
    assert media_type(request(content_type=value)) == kind


def test_whoever_ignores_read_only_members_stores_the_rest() -> None:
    """A read-only member is never among what may be stored."""
    sent = request(body=b'{"name":"x","id":"1","createdAt":null}')

    assert predicted(sent, "v1").readings == ({"name": "x"},)
