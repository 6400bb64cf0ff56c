"""What each release takes as an update: by its document, and by what it says in prose besides."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.rules.document import load

LONG_SLUG = "a" * 100


def taken_by(contract: str, value: Any, slug: str = "acme") -> bool:
    """Whether a release takes this as an update of the customer with the slug."""
    return not any(load(contract).request_mismatches(value, slug))


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"name": "x"}, id="shortest-name"),
        pytest.param({"name": "\U0001f600" * 10_000}, id="long-name"),
        pytest.param({"name": "x", "externalCustomerId": None}, id="external-id-null"),
        pytest.param({"name": "x", "externalCustomerId": ""}, id="external-id-empty"),
        pytest.param(
            {"externalCustomerId": "external-customer-id-12345", "name": "Awesome Customer"}, id="published-example"
        ),
    ],
)
def test_each_release_takes_what_the_page_takes(contract: str, value: Any) -> None:
    """A valid update of the page is valid in every release."""
    assert taken_by(contract, value)


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"name": ""}, id="name-empty"),
        pytest.param({"name": None}, id="name-null"),
        pytest.param({"name": 1}, id="name-number"),
        pytest.param({"NAME": "x"}, id="name-in-upper-case"),
        pytest.param({"name": "x", "externalCustomerId": 1}, id="external-id-number"),
        pytest.param({"name": "x", "foo": 1}, id="unknown-member"),
        pytest.param([], id="array"),
        pytest.param(None, id="null"),
        pytest.param("name", id="string"),
    ],
)
def test_each_release_refuses_what_the_page_refuses(contract: str, value: Any) -> None:
    """An update that breaks the page's schema breaks that of every release."""
    assert not taken_by(contract, value)


@pytest.mark.parametrize("contract", ["docs", "v1"])
def test_a_name_is_all_that_is_required(contract: str) -> None:
    """The name is required of a client, and nothing else: read-only members are required in answers alone."""
    findings = list(load(contract).request_mismatches({"externalCustomerId": "x"}, "acme"))

    assert [(finding.keyword, finding.path) for finding in findings] == [("required", ())]


@pytest.mark.parametrize(
    ("member", "taken"),
    [
        pytest.param({"domain": "acme.example"}, True, id="domain"),
        pytest.param({"domain": "a_b-c.d.e"}, True, id="domain-of-three-labels"),
        pytest.param({"domain": "acme"}, False, id="domain-without-dot"),
        pytest.param({"domain": "Acme.example"}, False, id="domain-in-capitals"),
        pytest.param({"domain": "acme.example."}, False, id="domain-with-a-last-dot"),
        pytest.param({"domain": 1}, False, id="domain-number"),
        pytest.param({"slug": "acme"}, True, id="slug-of-the-path"),
        pytest.param({"slug": "other"}, False, id="slug-of-another"),
        pytest.param({"integrations": {}}, True, id="integrations-empty"),
        pytest.param({"integrations": {"crm": {}}}, False, id="integrations-given"),
        pytest.param({"integrations": []}, False, id="integrations-array"),
        pytest.param({"billingEmail": "billing@acme.example"}, True, id="billing-email"),
        pytest.param({"billingEmail": ""}, True, id="billing-email-empty"),
        pytest.param({"billingEmail": 1}, False, id="billing-email-number"),
    ],
)
def test_v1_takes_four_more_members(member: dict[str, Any], taken: bool) -> None:
    """In v1 a client may send a domain, a billing e-mail, its slug and empty integrations; on the page none."""
    value = {"name": "x"} | member

    assert taken_by("v1", value) is taken
    assert not taken_by("docs", value)


@pytest.mark.parametrize(
    ("slug", "taken"),
    [
        pytest.param("ab", True, id="shortest"),
        pytest.param("a", False, id="too-short"),
        pytest.param(LONG_SLUG, True, id="longest"),
        pytest.param(LONG_SLUG + "a", False, id="too-long"),
        pytest.param("a-b-9", True, id="hyphens"),
        pytest.param("-ab", False, id="leading-hyphen"),
        pytest.param("ab-", False, id="trailing-hyphen"),
        pytest.param("aB", False, id="capital"),
        pytest.param("a_b", False, id="underscore"),
    ],
)
def test_v1_takes_a_slug_of_the_documented_form(slug: str, taken: bool) -> None:
    """In v1 a slug in the body has 2 to 100 characters of the pattern, also where it is the one of the path."""
    assert taken_by("v1", {"name": "x", "slug": slug}, slug) is taken


@pytest.mark.parametrize("member", ["externalCustomerId", "domain", "billingEmail", "slug", "integrations"])
def test_an_optional_member_may_be_null_in_v1(member: str) -> None:
    """The framework of 1.x lets null pass for any optional member, whatever type it is documented with."""
    assert taken_by("v1", {"name": "x", member: None})
    assert ("null" in load("v1").request_members[member]["type"]) is (member == "externalCustomerId")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param({"name": None}, ("name",), id="name"),
        pytest.param({"name": "x", "foo": None}, (), id="unknown-member"),
    ],
)
def test_nothing_else_may_be_null_in_v1(value: Any, path: tuple[str, ...]) -> None:
    """A required member, or one that nobody knows, is as wrong with null as with anything else."""
    findings = load("v1").request_mismatches(value, "acme")

    assert [finding.path for finding in findings] == [path]
