"""The oracle: which statuses may answer a request, by the table of the design."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.request import Request, update
from contracts.http.target import MIB
from contracts.rules.document import load
from contracts.rules.oracle import Prediction, media_type, predict

DOCUMENTS = {name: load(name) for name in ("docs", "v1")}
VALID = b'{"name":"x"}'
BROKEN = b'{"name":null}'
NO_JSON = b'{"name":'
WRONG_TOKEN = ("Bearer ksh_other",)
WRITER, READER = (f"Bearer {WRITE_TOKEN}",), (f"Bearer {READ_TOKEN}",)
# Exactly 1 MiB.
LARGE = b'{"name":"%s"}' % (b"a" * (MIB - 11))
# What is in a request line besides the slug.
FRAME = len("PUT /customers/ HTTP/1.1")
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le")
LIKE_JSON = {
    "none": None,
    "empty": "",
    "merge-patch": "application/merge-patch+json",
    "problem": "application/problem+json",
    "of-a-vendor": "application/vnd.kaiten.v1+json",
    "text-json": "text/json",
    "json": "json",
    "any": "*/*",
    "charset": "application/json; charset=utf-8",
    "charset-quoted": 'application/json;charset="UTF-8"',
    "another-charset": "application/json; charset=iso-8859-1",
    "another-parameter": "application/json; version=1",
    "white-space-before-the-semicolon": "application/json ; charset=utf-8",
}


def request(slug: str = "acme", body: bytes = VALID, **changes: Any) -> Request:
    """A plain update, changed."""
    return update(slug, body, **changes)


def predicted(sent: Request, contract: str = "docs") -> Prediction:
    """What the contract says of the request, where only the customer acme exists."""
    return predict(sent, DOCUMENTS[contract], {"acme"})


# The table of the design, row by row: what is sent, and which statuses may answer it. Written out, and not computed.
ROWS = {
    "no credential, or one that is not valid": [
        pytest.param(request(authorization=()), {401}, id="no-credential"),
        pytest.param(request(authorization=("",)), {400, 401}, id="credential-empty"),
        pytest.param(request(authorization=WRONG_TOKEN), {401}, id="credential-not-valid"),
        pytest.param(request(authorization=("Bearer ksm_other",)), {401}, id="credential-of-machines"),
        pytest.param(request(authorization=("Bearer whsec_other",)), {401}, id="credential-of-webhooks"),
        pytest.param(request(authorization=("Basic dXNlcjpwYXNz",)), {401}, id="credential-of-another-scheme"),
        pytest.param(request(authorization=(f"Bearer {WRITE_TOKEN}x",)), {401}, id="credential-one-letter-longer"),
        pytest.param(request(authorization=("Bearer",)), {400, 401}, id="scheme-alone"),
        pytest.param(request(authorization=("Bearer ",)), {400, 401}, id="scheme-and-a-space"),
        pytest.param(request(authorization=(WRITE_TOKEN,)), {400, 401}, id="token-alone"),
        pytest.param(request(authorization=(f"Bearer {WRITE_TOKEN} x",)), {400, 401}, id="valid-and-more"),
        pytest.param(request(authorization=(f"Bearer {READ_TOKEN} x",)), {400, 401}, id="reader-and-more"),
        pytest.param(request(authorization=(f"Bearer {WRITE_TOKEN},Bearer x",)), {400, 401}, id="several-in-one"),
    ],
    "two Authorization lines, one of them valid": [
        pytest.param(request(authorization=(*WRITER, *WRONG_TOKEN)), {204, 400, 401}, id="valid-then-not"),
        pytest.param(request(authorization=(*WRONG_TOKEN, *WRITER)), {204, 400, 401}, id="not-then-valid"),
        pytest.param(request(authorization=("Bearer", *WRITER)), {204, 400, 401}, id="malformed-then-valid"),
        pytest.param(request(authorization=WRITER * 2), {204, 400, 401}, id="the-same-twice"),
        pytest.param(request(authorization=WRONG_TOKEN * 2), {400, 401}, id="neither-valid"),
        pytest.param(request(authorization=(*READER, *WRONG_TOKEN)), {400, 401, 403}, id="reader-then-not-valid"),
        pytest.param(request(authorization=(*READER, *WRITER)), {204, 400, 401, 403}, id="reader-then-writer"),
        pytest.param(
            request(authorization=(f"Bearer {WRITE_TOKEN} ",)), {204, 400, 401}, id="token-with-trailing-space"
        ),
    ],
    "a valid credential without the scope": [
        pytest.param(request(authorization=READER), {403}, id="no-scope"),
        pytest.param(request(authorization=(f"bearer {READ_TOKEN}",)), {403}, id="no-scope-in-lower-case"),
    ],
    "body absent, or not JSON text": [
        pytest.param(request(body=b""), {400}, id="body-absent"),
        pytest.param(request(body=b" \r\n"), {400}, id="body-blank"),
        pytest.param(request(body=NO_JSON), {400}, id="not-json"),
        pytest.param(request(body=VALID + b" x"), {400}, id="trailing-text"),
        pytest.param(request(body=b"{'name':'x'}"), {400}, id="single-quotes"),
    ],
    "a byte order mark first, or UTF-16 or UTF-32": [
        *(
            pytest.param(request(body=VALID.decode().encode(encoding)), {204, 400, 422}, id=encoding)
            for encoding in ENCODINGS
        ),
        pytest.param(request(body=BROKEN.decode().encode("utf-8-sig")), {400, 422}, id="byte-order-mark-and-schema"),
        pytest.param(request(body=BROKEN.decode().encode("utf-16")), {400, 422}, id="utf-16-and-schema"),
        pytest.param(request(body=b"\xef\xbb\xbf" + NO_JSON), {400, 422}, id="byte-order-mark-and-syntax"),
        pytest.param(request(body=b"\xef\xbb\xbf"), {400, 422}, id="byte-order-mark-alone"),
    ],
    "NaN or Infinity as a value": [
        pytest.param(request(body=b'{"name":NaN}'), {400, 422}, id="nan-as-name"),
        pytest.param(request(body=b'{"name":"x","externalCustomerId":Infinity}'), {400, 422}, id="infinity"),
        pytest.param(request(body=b'{"name":"x","externalCustomerId":-Infinity}'), {400, 422}, id="minus-infinity"),
        pytest.param(request(body=b'{"name":"x","foo":[NaN]}'), {400, 422}, id="nan-inside-an-unknown-member"),
        pytest.param(request(body=b"NaN"), {400, 422}, id="nan-as-body"),
    ],
    "JSON that breaks the request schema": [
        pytest.param(request(body=BROKEN), {422}, id="schema-broken"),
        pytest.param(request(body=b"null"), {422}, id="null"),
        pytest.param(request(body=b"[]"), {422}, id="array"),
        pytest.param(request(body=b"0"), {422}, id="number"),
        pytest.param(request(body=b'{"NAME":"x"}'), {422}, id="member-in-upper-case"),
        pytest.param(request(body=b'{"name":"x","foo":1}'), {422}, id="unknown-member"),
    ],
    "slug that names no customer": [
        pytest.param(request(slug="nobody"), {404}, id="unknown-slug"),
        pytest.param(request(slug="ACME"), {404}, id="slug-in-upper-case"),
        pytest.param(request(slug="%2Facme"), {404}, id="slug-with-a-slash"),
        pytest.param(request(slug="x%2F..%2Facme"), {404}, id="slug-that-a-proxy-normalises"),
        pytest.param(request(slug="acme%0A"), {404}, id="slug-with-a-line-break"),
        pytest.param(request(slug="acme%20"), {404}, id="slug-with-a-space"),
    ],
    "none of the above": [
        pytest.param(request(), {204}, id="nothing-wrong"),
        pytest.param(request(slug="%61cme"), {204}, id="slug-encoded-without-need"),
        pytest.param(request(authorization=(f"bearer {WRITE_TOKEN}",)), {204}, id="scheme-in-lower-case"),
        pytest.param(request(content_type="APPLICATION/JSON"), {204}, id="json-type-in-upper-case"),
        pytest.param(request().with_header("Transfer-Encoding", "chunked"), {204}, id="body-in-chunks"),
    ],
    "a media type that is not JSON": [
        pytest.param(request(content_type="text/plain"), {400, 415, 422}, id="plain-text"),
        pytest.param(request(content_type="application/x-www-form-urlencoded"), {400, 415, 422}, id="form"),
        pytest.param(request(content_type="nonsense"), {400, 415, 422}, id="no-media-type-at-all"),
        pytest.param(request(content_type="application/xml+jsonx"), {400, 415, 422}, id="almost-json"),
        pytest.param(request(content_type="text/*"), {400, 415, 422}, id="any-text"),
    ],
    "no Content-Type, another JSON type, json, */*": [
        *(
            pytest.param(request(content_type=value), {204, 400, 415, 422}, id=f"type-{id_}")
            for id_, value in LIKE_JSON.items()
        ),
        pytest.param(request(content_type=None, body=BROKEN), {400, 415, 422}, id="no-type-and-schema"),
        pytest.param(request(content_type="json", body=NO_JSON), {400, 415, 422}, id="type-json-and-syntax"),
        pytest.param(request(content_type="*/*", slug="nobody"), {400, 404, 415, 422}, id="any-type-and-slug"),
        pytest.param(request(content_type=None, authorization=()), {400, 401, 415, 422}, id="no-type-and-credential"),
    ],
    "a body of 1 MiB or more": [
        pytest.param(request(body=LARGE), {204, 400, 413, 422}, id="one-mib"),
        pytest.param(request(body=LARGE[:-3] + b'"}'), {204}, id="one-byte-less-than-one-mib"),
        pytest.param(request(body=b"a" * MIB), {400, 413, 422}, id="one-mib-of-no-json"),
    ],
    "a request line over 8,000 octets": [
        pytest.param(request(slug="n" * (8000 - FRAME)), {404}, id="request-line-of-8000-octets"),
        pytest.param(request(slug="n" * (8001 - FRAME)), {404, 414, 431}, id="request-line-of-8001-octets"),
        pytest.param(request(slug="%6E" * 3000), {404, 414, 431}, id="request-line-long-by-its-encoding"),
        pytest.param(
            request(slug="n" * 9000, authorization=()), {401, 404, 414, 431}, id="request-line-and-credential"
        ),
    ],
    "a number past the range of a double": [
        pytest.param(request(body=b'{"name":1e999}'), {400, 422}, id="number-as-name"),
        pytest.param(request(body=b'{"name":"x","externalCustomerId":-1e999}'), {400, 422}, id="number-negative"),
        pytest.param(request(body=b'{"name":"x","foo":%s}' % (b"9" * 400)), {400, 422}, id="number-of-400-digits"),
        pytest.param(request(body=b'{"name":1e308}'), {422}, id="number-that-is-a-double"),
    ],
    "text that is not valid Unicode, U+0000, duplicate names, absurd size or depth": [
        pytest.param(request(body=b'{"name":"\xff"}'), {204, 400, 422}, id="bad-utf-8"),
        pytest.param(request(body=b'{"name":"\\ud800"}'), {204, 400, 422}, id="lone-surrogate"),
        pytest.param(request(body=b'{"name":"\\u0000"}'), {204, 400, 422}, id="nul"),
        pytest.param(request(body=b'{"name":"a","name":"b"}'), {204, 400, 422}, id="duplicate-name"),
        pytest.param(request(body=b'{"name":"a","name":1}'), {204, 400, 422}, id="duplicate-name-half-valid"),
        pytest.param(request(body=b'{"name":1,"name":2}'), {400, 422}, id="duplicate-name-never-valid"),
        pytest.param(request(body=b"[" * 100_000), {400, 422}, id="absurd-depth"),
        pytest.param(request(body=b"[" * 100 + b"]" * 100), {400, 422}, id="absurd-depth-of-json"),
        pytest.param(request(slug="%FF"), {400, 404, 422}, id="slug-that-is-no-text"),
        pytest.param(request(slug="nobody%00"), {400, 404, 422}, id="slug-with-nul"),
    ],
    "several of the above": [
        pytest.param(request(body=b'{"name":NaN'), {400, 422}, id="nan-and-cut-off"),
        pytest.param(request(body=VALID + b"\0"), {400, 422}, id="zero-byte-after"),
        pytest.param(request(slug="nobody", body=BROKEN), {404, 422}, id="slug-and-schema"),
        pytest.param(request(slug="nobody", body=NO_JSON), {404, 400}, id="slug-and-syntax"),
        pytest.param(request(authorization=(), slug="nobody"), {401, 404}, id="credential-and-slug"),
        pytest.param(request(authorization=(), body=BROKEN), {401, 422}, id="credential-and-schema"),
        pytest.param(request(authorization=("Bearer",), body=BROKEN), {400, 401, 422}, id="malformed-and-schema"),
        pytest.param(request(authorization=READER, body=NO_JSON), {403, 400}, id="scope-and-syntax"),
        pytest.param(request(authorization=READER, slug="nobody"), {403, 404}, id="scope-and-slug"),
        pytest.param(
            request(authorization=(), slug="nobody", body=BROKEN), {401, 404, 422}, id="credential-slug-and-schema"
        ),
        pytest.param(request(content_type="text/plain", slug="nobody"), {400, 404, 415, 422}, id="type-and-slug"),
        pytest.param(request(content_type=None, body=b""), {400, 415, 422}, id="no-type-and-no-body"),
        pytest.param(request(body=b"a" * MIB, authorization=()), {400, 401, 413, 422}, id="size-syntax-and-credential"),
        pytest.param(request(body=b'{"name":"\xff"}', slug="nobody"), {404, 400, 422}, id="text-and-slug"),
        pytest.param(request(body=b'{"name":NaN}', slug="nobody"), {404, 400, 422}, id="constant-and-slug"),
        pytest.param(
            request(body=VALID.decode().encode("utf-16"), slug="nobody"), {404, 400, 422}, id="encoding-and-slug"
        ),
        pytest.param(
            request(authorization=(f"Bearer {WRITE_TOKEN} ",), body=BROKEN), {400, 401, 422}, id="unclear-and-schema"
        ),
    ],
}


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize(("sent", "allowed"), [entry for row in ROWS.values() for entry in row])
def test_a_circumstance_allows_its_statuses(sent: Request, allowed: set[int], contract: str) -> None:
    """Each circumstance allows the statuses of its row in the table, in every release; several allow any of theirs."""
    prediction = predicted(sent, contract)

    assert prediction.allowed == allowed, [promise.id for promise in prediction.reasons]


def test_no_circumstance_allows_a_500() -> None:
    """No request of the table may be answered 500."""
    requests = [entry.values[0] for row in ROWS.values() for entry in row]

    assert [sent for sent in requests if 500 in predicted(sent).allowed] == []


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


@pytest.mark.parametrize(
    ("sent", "reasons"),
    [
        pytest.param(
            request(slug="nobody", body=NO_JSON, content_type="text/plain", authorization=()),
            ["status.credential", "status.media_type", "status.syntax", "status.slug"],
            id="all-wrong",
        ),
        pytest.param(
            request(slug="nobody", body=BROKEN, authorization=READER),
            ["status.scope", "status.schema", "status.slug"],
            id="scope-schema-and-slug",
        ),
        pytest.param(request(slug="nobody", body=b""), ["status.syntax", "status.slug"], id="no-body-and-slug"),
        pytest.param(
            request(slug="nobody", body=b'{"name":NaN}'), ["status.constant", "status.slug"], id="constant-and-slug"
        ),
        pytest.param(
            request(slug="nobody", body=BROKEN, content_type=None),
            ["status.schema", "status.slug", "status.media_type_like_json"],
            id="what-leaves-more-open-comes-last",
        ),
    ],
)
def test_what_is_read_wrong_first_is_to_blame(sent: Request, reasons: list[str]) -> None:
    """The promises that bind a request, in the order in which a server reads it; then those that leave more open."""
    assert [promise.id for promise in predicted(sent).reasons] == reasons


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
        pytest.param(request(body=VALID.decode().encode("utf-16")), ({"name": "x"},), id="as-decoded-from-utf-16"),
        pytest.param(request(body=b"\xef\xbb\xbf" + VALID), ({"name": "x"},), id="without-the-byte-order-mark"),
        pytest.param(request(content_type="*/*"), ({"name": "x"},), id="where-the-type-may-be-json"),
        pytest.param(request(body=b'{"name":"x","externalCustomerId":NaN}'), (), id="none-of-a-constant"),
        pytest.param(request(body=b'{"name":"x","externalCustomerId":1e999}'), (), id="none-of-a-number-past-a-double"),
    ],
)
def test_a_prediction_says_what_may_be_stored(sent: Request, readings: tuple[Any, ...]) -> None:
    """What may be stored are the valid readings of a body that may be accepted."""
    assert predicted(sent).readings == readings


@pytest.mark.parametrize(
    ("sent", "may_break"),
    [
        pytest.param(request(), False, id="small"),
        pytest.param(request(body=LARGE[1:]), False, id="one-byte-less"),
        pytest.param(request(body=LARGE), True, id="one-mib"),
        pytest.param(request(slug="n" * 9000), False, id="long-request-line"),
    ],
)
def test_only_a_body_that_is_too_large_may_break_the_connection(sent: Request, may_break: bool) -> None:
    """A server may close the connection at once on a body of 1 MiB, and on no other."""
    assert predicted(sent).may_break is may_break


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("application/json", "json"),
        ("Application/JSON", "json"),
        ("Application/JSON ; Charset=UTF-8", "like-json"),
        ('application/json; charset="utf-8"', "like-json"),
        ("application/json; charset=iso-8859-1", "like-json"),
        ("application/json; version=1", "like-json"),
        ("application/problem+json", "like-json"),
        ("application/vnd.api+json", "like-json"),
        ("text/json", "like-json"),
        ("text/plain", "other"),
        ("application/xml", "other"),
        ("application/xml+jsonx", "other"),
        ("json", "like-json"),
        ("*/*", "like-json"),
        ("JSON", "like-json"),
        ("text/*", "other"),
        ("xjson", "other"),
    ],
)
def test_a_media_type_is_json_like_json_or_another(value: str, kind: str) -> None:
    """Which of the three a media type is decides whether the body has to be read as JSON, may be, or must not."""
    assert media_type(request(content_type=value)) == kind


def test_whoever_ignores_read_only_members_stores_the_rest() -> None:
    """A read-only member is never among what may be stored."""
    sent = request(body=b'{"name":"x","id":"1","createdAt":null}')

    assert predicted(sent, "v1").readings == ({"name": "x"},)
