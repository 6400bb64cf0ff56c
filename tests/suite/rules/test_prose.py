"""What release 1.x says in prose alone: which updates it takes, what it stores, and what its problems say."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.fuzz.payloads import to_json
from contracts.http.exchange import Exchange
from contracts.http.request import update
from contracts.rules.judge import judge
from contracts.rules.oracle import predict
from contracts.rules.promise import Layer
from contracts.rules.state import judge_state
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Vendor
from tests.suite.samples import DOCUMENTS, LEFT_OUT, REQUESTS, answer, judged, problem, promise_ids

DOCS, V1 = DOCUMENTS["docs"], DOCUMENTS["v1"]
BEFORE = {"id": "1", "slug": "acme", "name": "Before", "externalCustomerId": "old", "domain": "old.example"}
STORED = "stored@acme.example"
LONGEST = f"a@{'b' * 61}.{'c' * 61}.{'d' * 61}.{'e' * 61}.test"


def allowed(member: dict[str, Any], contract: str = "v1", slug: str = "acme") -> set[int]:
    """The statuses that may answer an update with this member, of the customer that exists."""
    sent = update(slug, to_json({"name": "x"} | member))
    return set(predict(sent, DOCUMENTS[contract], {"acme"}).allowed)


@pytest.mark.parametrize(
    ("email", "statuses"),
    [
        pytest.param("", {204}, id="empty"),
        pytest.param("billing@acme.example", {204}, id="plain"),
        pytest.param("a.b+c_d-e@mail.acme-co.example", {204}, id="plain-with-every-sign"),
        pytest.param("x" * 242 + "@acme.example", {422}, id="255-characters-of-which-many-are-local"),
        pytest.param("a" * 64 + "@acme.example", {204}, id="longest-local-part"),
        pytest.param("billing", {422}, id="no-at"),
        pytest.param("@acme.example", {422}, id="nothing-before-the-at"),
        pytest.param("billing@", {422}, id="nothing-after-the-at"),
        pytest.param("@", {422}, id="at-alone"),
        pytest.param(" ", {422}, id="blank"),
        pytest.param(LONGEST, {204}, id="254-characters"),
        pytest.param(LONGEST + "x", {422}, id="255-characters"),
        pytest.param("billing@localhost", {204, 422}, id="no-dot-after-the-at"),
        pytest.param("a" * 65 + "@acme.example", {204, 422}, id="local-part-too-long"),
        pytest.param("Billing <billing@acme.example>", {204, 422}, id="name-and-address"),
        pytest.param('"a b"@acme.example', {204, 422}, id="quoted"),
        pytest.param("billing@[127.0.0.1]", {204, 422}, id="address-of-a-machine"),
        pytest.param("b\u00fccher@acme.example", {204, 422}, id="beyond-ascii"),
        pytest.param("a@b@acme.example", {204, 422}, id="two-ats"),
        pytest.param("billing@acme.example ", {204, 422}, id="trailing-space"),
        pytest.param("a..b@acme.example", {204, 422}, id="two-dots"),
        pytest.param("billing@acme..example", {204, 422}, id="two-dots-after-the-at"),
        pytest.param(1, {422}, id="number"),
        pytest.param(None, {204}, id="null"),
    ],
)
def test_a_billing_email_is_an_address_or_nothing(email: object, statuses: set[int]) -> None:
    """More than 254 characters, or no address, is 422; what some take for an address may be answered either way."""
    assert allowed({"billingEmail": email}) == statuses
    assert allowed({"billingEmail": email}, "docs") == {422}


@pytest.mark.parametrize(
    ("sent", "right", "wrong"),
    [
        pytest.param({}, [STORED], [None, "", "other@acme.example"], id="left-out-keeps"),
        pytest.param({"billingEmail": ""}, [None, ""], [STORED], id="empty-removes"),
        pytest.param({"billingEmail": None}, [STORED, None, ""], ["other@acme.example"], id="null-keeps-or-removes"),
        pytest.param(
            {"billingEmail": "new@acme.example"},
            ["new@acme.example"],
            [STORED, None, "", "New@acme.example"],
            id="another-replaces",
        ),
    ],
)
def test_what_becomes_of_a_billing_email(sent: dict[str, Any], right: list[Any], wrong: list[Any]) -> None:
    """A billing e-mail that is left out is kept, "" removes it, null may do either, and another one replaces it."""
    assert [email for email in right if rules_of_state(sent, email)] == []
    assert [email for email in wrong if not rules_of_state(sent, email)] == []


def rules_of_state(sent: dict[str, Any], email: Any) -> list[str]:
    """What is wrong when an update is accepted and this is the billing e-mail then."""
    request = update("acme", to_json({"name": "x"} | sent))
    prediction = predict(request, V1, {"acme"})
    after = BEFORE | {"name": "x", "externalCustomerId": None, "domain": None, "billingEmail": email}
    before = BEFORE | {"billingEmail": STORED}
    return promise_ids(judge_state([(prediction, Exchange(request, answer(204)))], before, after, V1))


def test_a_billing_email_that_is_left_out_is_not_cleared() -> None:
    """Of what 1.x stores the billing e-mail alone is not cleared when it is left out."""
    assert V1.settable_members == {"name", "externalCustomerId", "domain", "billingEmail"}
    assert V1.clearable_members == {"externalCustomerId", "domain"}
    assert DOCS.settable_members == {"name", "externalCustomerId"}
    assert DOCS.clearable_members == {"externalCustomerId"}


@pytest.mark.parametrize(
    ("member", "statuses"),
    [
        pytest.param({"externalCustomerId": None}, {204}, id="external-id-null"),
        pytest.param({"domain": None}, {204}, id="domain-null"),
        pytest.param({"slug": None}, {204}, id="slug-null"),
        pytest.param({"integrations": None}, {204}, id="integrations-null"),
        pytest.param({"name": None}, {422}, id="name-null"),
        pytest.param({"foo": None}, {422}, id="unknown-member-null"),
        pytest.param({"id": None}, {204, 422}, id="read-only-member-null"),
        pytest.param({"slug": "acme"}, {204}, id="slug-of-the-path"),
        pytest.param({"slug": "other"}, {422}, id="another-slug"),
        pytest.param({"slug": "ACME"}, {422}, id="slug-in-upper-case"),
        pytest.param({"slug": ""}, {422}, id="slug-empty"),
        pytest.param({"slug": 1}, {422}, id="slug-number"),
        pytest.param({"integrations": {}}, {204}, id="no-integrations"),
        pytest.param({"integrations": {"crm": {}}}, {422}, id="integrations"),
        pytest.param({"integrations": []}, {422}, id="integrations-array"),
        pytest.param({"integrations": {"crm": 1}}, {422}, id="integration-number"),
    ],
)
def test_what_is_not_settable_is_left_out_or_as_on_record(member: dict[str, Any], statuses: set[int]) -> None:
    """A slug is that of the path, integrations are none, and any optional member may be null."""
    assert allowed(member) == statuses


def test_the_slug_of_the_path_is_the_one_that_is_meant() -> None:
    """A path that is percent-encoded without need still names the slug that it decodes to."""
    assert allowed({"slug": "acme"}, slug="%61cme") == {204}
    assert allowed({"slug": "%61cme"}, slug="%61cme") == {422}


def test_a_slug_and_integrations_are_never_stored() -> None:
    """What cannot be set is not looked for among what is stored."""
    request = update("acme", b'{"name":"x","slug":"acme","integrations":{}}')
    after = BEFORE | {"name": "x", "externalCustomerId": None, "domain": None}
    sent = [(predict(request, V1, {"acme"}), Exchange(request, answer(204)))]

    assert promise_ids(judge_state(sent, BEFORE, after, V1)) == []


@pytest.mark.parametrize(
    ("code", "broken"),
    [
        pytest.param("CODE", [], id="there"),
        pytest.param("", [], id="empty"),
        pytest.param(LEFT_OUT, [("problem.required", Layer.DOCUMENTED)], id="missing"),
        pytest.param(404, [("problem.member", Layer.DOCUMENTED)], id="number"),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 413, 415])
def test_a_problem_of_1x_has_a_code(status: int, code: object, broken: list[tuple[str, Layer]]) -> None:
    """In every problem of 1.x the member code is there; no schema says so, but the vendor does."""
    verdict = judged(REQUESTS[status], answer(status, problem(status, code=code)), "v1")

    assert [(found.promise, found.layer) for found in verdict.violations] == broken


@pytest.mark.parametrize(
    ("errors", "broken"),
    [
        pytest.param(LEFT_OUT, [], id="left-out"),
        pytest.param(None, [], id="null"),
        pytest.param([], [], id="empty"),
        pytest.param([{"location": "body.slug", "message": "No."}], ["problem.errors"], id="one"),
    ],
)
def test_a_422_of_the_handler_has_no_errors(errors: object, broken: list[str]) -> None:
    """What only prose says is refused by the handler, whose 422 has no errors."""
    request = update("acme", b'{"name":"x","slug":"other"}')
    response = answer(422, problem(422, code="UpdateCustomer.InvalidSlug", errors=errors))

    assert promise_ids(judged(request, response, "v1")) == broken


@pytest.mark.parametrize(
    ("member", "code", "broken"),
    [
        ({"billingEmail": "no address"}, "UpdateCustomer.InvalidBillingEmail", []),
        ({"billingEmail": "no address"}, "UpdateCustomer.InvalidEmail", ["problem.member"]),
        ({"billingEmail": "no address", "slug": "other"}, "UpdateCustomer.InvalidSlug", []),
        ({"billingEmail": "some <a@b.example>"}, "UpdateCustomer.InvalidEmail", []),
        ({"billingEmail": "no address", "id": "1"}, "ReadOnly", []),
        ({"billingEmail": "no address", "foo": "bar"}, "Unknown", []),
    ],
    ids=["email", "email-by-another-name", "slug-too", "doubtful-email", "read-only-too", "unknown-member-too"],
)
def test_the_422_to_what_is_no_address_has_a_code(member: dict[str, Any], code: str, broken: list[str]) -> None:
    """The code says that the address is wrong, where nothing else is wrong."""
    verdict = judged(
        update("acme", to_json({"name": "x"} | member)), answer(422, problem(422, code=code, errors=LEFT_OUT)), "v1"
    )

    assert promise_ids(verdict) == broken


@pytest.mark.parametrize(
    ("path", "instance", "broken"),
    [
        pytest.param("nobody", "/customers/nobody", [], id="path"),
        pytest.param("nobody", "/api/customers/nobody", [], id="path-as-sent"),
        pytest.param("%6Eobody", "/customers/%6Eobody", [], id="encoded-as-sent"),
        pytest.param("%6Eobody", "/customers/nobody", [], id="decoded-and-still-a-reference"),
        pytest.param("nobody", "/customers/%6Eobody", [], id="encoded-otherwise-than-sent"),
        pytest.param("no%20body", "/customers/no%20body", [], id="encoded-space"),
        pytest.param("no%20body", "/customers/no body", [("exact", "format")], id="decoded-space"),
        pytest.param("no%22body", '/customers/no"body', [("exact", "format")], id="decoded-quote"),
        pytest.param("no%2520body", "/customers/no%2520body", [], id="encoded-twice"),
        pytest.param("no%2520body", "/customers/no%20body", [("documented", "path")], id="decoded-once"),
        pytest.param("nobody", "/customers/acme", [("documented", "path")], id="another-customer"),
        pytest.param("nobody", "/customers", [("documented", "path")], id="the-customers"),
        pytest.param("nobody", "", [("documented", "path")], id="empty"),
        pytest.param("nobody", "https://kaiten.example.com/customers/nobody", [("documented", "path")], id="absolute"),
        pytest.param("nobody", 1, [("documented", "type")], id="number"),
    ],
)
def test_an_instance_is_the_path_decoded_once(path: str, instance: object, broken: list[tuple[str, str]]) -> None:
    """Decoded once it is the path, decoded once: the encoded path is right in both layers, a decoded space in one."""
    request = update(path, b'{"name":"x"}')

    verdict = judged(request, answer(404, problem(404, code="CODE", instance=instance)), "v1")

    assert {found.promise for found in verdict.violations} <= {"problem.instance"}
    assert [(str(found.layer), _asked(found.expected)) for found in verdict.violations] == broken


def _asked(expected: str) -> str:
    return next(word for word in ("path", "format", "type") if word in expected)


@pytest.mark.parametrize("path", ["nobody", "no%20body"])
def test_an_instance_of_the_page_is_any_reference(path: str) -> None:
    """The page says nothing of what instance names: its own example names a log."""
    request = update(path, b'{"name":"x"}')
    log, space = ("https://example.com/error-log/abc123", "/customers/no body")

    assert judged(request, answer(404, problem(404, instance=log))).violations == ()
    assert promise_ids(judged(request, answer(404, problem(404, instance=space)))) == ["problem.instance"]


def test_nothing_is_said_in_prose_of_the_page() -> None:
    """For the page every question is answered by its schema."""
    body, before = {"name": "x", "billingEmail": ""}, {"billingEmail": STORED}

    assert V1.is_of_1x
    assert not DOCS.is_of_1x
    assert not DOCS.has_doubtful_email({"billingEmail": "a@b"})
    assert DOCS.stored_values("billingEmail", body, before) == [""]
    assert list(DOCS.prose_mismatches({}, frozenset())) == []
    findings = list(DOCS.request_mismatches(body, "acme"))
    assert [finding.keyword for finding in findings] == ["additionalProperties"]


def told(vendor: Vendor, member: dict[str, Any]) -> tuple[Answer, Exchange]:
    """What a vendor answers to an update of acme with this member, and that as an exchange."""
    headers = [("authorization", f"Bearer {next(iter(MOCK_TOKENS))}"), ("content-type", "application/json")]
    body = to_json({"name": "x"} | member)
    vendor_answer = vendor.handle(Call("PUT", "/customers/acme", headers, body))
    response = answer(vendor_answer.status, vendor_answer.body, tuple(vendor_answer.headers))
    return vendor_answer, Exchange(update("acme", body), response)


@pytest.mark.parametrize(
    "member",
    [
        pytest.param({"slug": "other"}, id="another-slug"),
        pytest.param({"integrations": {"crm": {}}}, id="integrations"),
        pytest.param({"billingEmail": "billing"}, id="no-address"),
        pytest.param({"slug": None}, id="slug-null"),
        pytest.param({"billingEmail": "billing@acme.example"}, id="address"),
        pytest.param({"domain": "acme"}, id="domain-that-breaks-the-schema"),
        pytest.param({"foo": 1}, id="unknown-member"),
    ],
)
def test_the_mocked_vendor_is_of_1x_where_it_has_to_be(member: dict[str, Any]) -> None:
    """Pinned to v1 the mocked vendor answers as 1.x does, and the judge finds nothing wrong with it."""
    vendor = Vendor(V1)
    vendor.add("acme", "Acme")

    vendor_answer, exchange = told(vendor, member)

    assert judge(exchange, predict(exchange.request, V1, {"acme"}), V1).violations == ()
    assert vendor_answer.status in allowed(member)


def test_the_mocked_vendor_keeps_and_removes_a_billing_email() -> None:
    """The mocked vendor of 1.x keeps the billing e-mail that is left out, and removes it for an empty one."""
    vendor = Vendor(V1)
    acme = vendor.add("acme", "Acme")

    kept = []
    for member in ({"billingEmail": STORED}, {}, {"billingEmail": ""}):
        told(vendor, member)
        kept.append(acme["billingEmail"])

    assert kept == [STORED, STORED, None]
