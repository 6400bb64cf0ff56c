"""The doctor: what it says of targets that are well, and of those that are not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from contracts.customers.journal import Journal
from contracts.doctor import Doctor, target_of
from contracts.http.client import Client
from contracts.options import TARGETING
from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal, Vendor
from tests.suite.served import RawServer, plain_wire, serving
from tests.suite.suite_run import doctor
from tests.suite.vendors import vendor_named
from tests.suite.vendors.variant import Variant

_, READ = MOCK_TOKENS
NAMES = [
    "reachable",
    "prefix",
    "document",
    "create",
    "KAITEN_AUTH_TOKEN",
    "KAITEN_READ_TOKEN",
    "read",
    "delete",
    "rate limit",
    "left behind",
]


class ShowsAPageElsewhere(Vendor):
    """Serves its API under /api, and a page for people everywhere else."""

    def handle(self, call: Call) -> Answer:
        if call.path.startswith("/api/"):
            return super().handle(call)
        return Answer(404, [("Content-Type", "text/html")], b"<html>")


def diagnosis(server: RawServer | str, folder: Path, **chosen: Any) -> tuple[dict[str, str], bool]:
    """What the doctor says of each thing, by its name, and whether a run would work; `tokens` are the variables."""
    url = server if isinstance(server, str) else server.url
    write, read = MOCK_TOKENS
    variables = {"KAITEN_AUTH_TOKEN": write, "KAITEN_READ_TOKEN": read} | chosen.pop("tokens", {})
    options = {option.name: option.default for option in TARGETING} | chosen
    with Client(target_of(options, url, variables)) as client:
        found = list(Doctor(client, folder, "doctor").symptoms())
    assert not any("ksh_" in str(symptom) for symptom in found)
    said = {symptom.name: f"{symptom.mark} {symptom.said}" for symptom in found}
    return said, all(symptom.mark != "FAIL" for symptom in found)


def test_the_command_prints_a_line_for_each_thing_and_ends_with_the_verdict(tmp_path: Path) -> None:
    """A target that is well is exit 0, one that no run can use is exit 6 and the reason."""
    vendor = Vendor(load("docs"))
    with serving(vendor) as server:
        well = doctor("--base-url", server.url, "--journal", str(tmp_path))
        ill = doctor("--base-url", server.url, "--journal", str(tmp_path), KAITEN_AUTH_TOKEN="ksh_unknown")

    assert re.findall(r"^ok    (.{18}) \S", well.stdout, re.MULTILINE) == [f"{name:18}" for name in NAMES]
    assert "FAIL  KAITEN_AUTH_TOKEN  is refused (401); export another token" in ill.stdout
    assert (well.returncode, ill.returncode, ill.stderr) == (0, 6, "No verdict: a run would not work\n")
    assert not re.search("Traceback|ksh_", well.stdout + ill.stdout)
    assert not vendor.customers


def test_a_target_that_is_well_needs_ten_lines(tmp_path: Path) -> None:
    """Of a good target everything is ok, and the one customer that was made is gone again."""
    vendor = Vendor(load("docs"))
    with serving(vendor) as server:
        said, works = diagnosis(server, tmp_path)

    assert (list(said), works) == (NAMES, True)
    assert all(text.startswith("ok ") for text in said.values()), said
    assert not vendor.customers


def test_only_customers_that_it_made_are_touched(tmp_path: Path) -> None:
    """PUT goes to one disposable customer, and DELETE to those that it made, as many as a run needs at first."""
    with serving(Vendor(load("docs"))) as server:
        diagnosis(server, tmp_path)

    changing = [(method, path) for method, path in server.calls if method != "GET"]
    assert [method for method, _ in changing] == ["POST"] * 12 + ["PUT"] * 2 + ["DELETE"] * 12
    assert all(path.startswith("/customers/contract-test-") for method, path in changing if method != "POST")
    assert len({path for method, path in changing if method == "PUT"}) == 1


def test_a_given_customer_that_is_not_there_is_found(tmp_path: Path) -> None:
    """With --customer the doctor says that there is no such customer: a run would be a wrong call."""
    with serving(Vendor(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path, customer="nope")

    assert not works
    assert said["read"] == "FAIL there is no customer 'nope' (404); give another with --customer"


def test_an_unreachable_target_is_one_line(tmp_path: Path) -> None:
    """Where nothing answers, nothing else is asked."""
    said, works = diagnosis("http://127.0.0.1:1", tmp_path)

    assert (list(said), works) == (["reachable"], False)
    assert said["reachable"].startswith("FAIL no: the connection was refused; ")


def test_a_missing_prefix_is_found(tmp_path: Path) -> None:
    """Where the API is under /api, the next step names the whole base URL."""
    with serving(ShowsAPageElsewhere(load("docs"), "/api")) as server:
        said, works = diagnosis(server.url.removesuffix("/api"), tmp_path)

    assert list(said) == ["reachable", "prefix"]
    assert not works
    assert said["prefix"] == f"FAIL what answers is not the API: 404 of text/html; give {server.url}"


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("tokens", [{}, {"KAITEN_AUTH_TOKEN": ""}], ids=["token", "no-token"])
@pytest.mark.parametrize("here", ["", "/api"], ids=["missing", "too-much"])
def test_a_wrong_prefix_is_told_as_that_alone(here: str, tokens: dict[str, str], status: int, tmp_path: Path) -> None:
    """Where something that speaks JSON refuses everything beside the API, that is no refused token."""

    class RefusesElsewhere(Vendor):
        def handle(self, call: Call) -> Answer:
            if call.path.startswith("/api/") == bool(self.prefix):
                return super().handle(call)
            return self.problem(call, Refusal(status, "Not here."))

    with serving(RefusesElsewhere(load("docs"), "" if here else "/api")) as server:
        said, works = diagnosis(server.url.removesuffix("/api") + here, tmp_path, tokens=tokens)

    if status == 401 and tokens:
        # Without a token, the API refuses as everything else does.
        assert said["prefix"].startswith("ok ")
    else:
        assert list(said) == ["reachable", "prefix"]
        assert (
            said["prefix"]
            == f"FAIL what answers is not the API: {status} of application/problem+json; give {server.url}"
        )
    assert not works


@pytest.mark.parametrize("tokens", [{}, {"KAITEN_AUTH_TOKEN": ""}], ids=["token", "no-token"])
@pytest.mark.parametrize("status", [401, 403])
def test_what_lets_nobody_through_is_told_as_that(status: int, tokens: dict[str, str], tmp_path: Path) -> None:
    """Where a page for people refuses every request, it is not the API that answers, and no token that is refused."""

    class LetsNobodyThrough(Vendor):
        def handle(self, call: Call) -> Answer:
            return Answer(status, [("Content-Type", "text/html")], b"<h1>Who are you?</h1>")

    with serving(LetsNobodyThrough(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path, tokens=tokens)

    assert (list(said), works) == (["reachable", "prefix"], False)
    assert said["prefix"] == (
        f"FAIL something in front of the API answers, not the API: GET got {status} and an HTML page; "
        "if it wants a key or a certificate, give --header or --client-cert"
    )


def test_plain_http_to_a_port_of_tls_suggests_https(tmp_path: Path) -> None:
    """A server of TLS that breaks off, or says in plain HTTP what it wants: the next step is https."""

    class WantsTls(Variant):
        def wire(self, call: Call, answer: Answer) -> bytes:
            refusal = Answer(400, [("Content-Type", "text/plain")], b"Client sent an HTTP request to an HTTPS server.")
            return plain_wire(refusal)

    class BreaksOff(Variant):
        def wire(self, call: Call, answer: Answer) -> bytes:
            return b""

    class Alerts(Variant):
        def wire(self, call: Call, answer: Answer) -> bytes:
            return bytes.fromhex("15030100020246")

    for vendor, said_of_it in [
        (WantsTls, "plain http is answered 400"),
        (BreaksOff, "the connection broke before the answer was complete"),
        (Alerts, "the answer is not HTTP"),
    ]:
        with serving(vendor(load("docs"))) as server:
            said, works = diagnosis(server, tmp_path)

        https = server.url.replace("http:", "https:")
        assert said == {"reachable": f"FAIL no: {said_of_it}; give {https}, if that port speaks TLS"}
        assert not works


def test_without_a_token_it_tells_what_can_be_told(tmp_path: Path) -> None:
    """What needs no token is told, and that the token is missing; nothing is sent as if it were one."""

    class KeepsCredentials(Vendor):
        def authorize(self, call: Call, scope: str) -> None:
            credentials.append(call.header("authorization"))
            super().authorize(call, scope)

    credentials: list[str] = []
    with serving(KeepsCredentials(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path, tokens={"KAITEN_AUTH_TOKEN": "", "KAITEN_READ_TOKEN": ""})

    assert list(said) == ["reachable", "prefix", "document", "KAITEN_AUTH_TOKEN", "rate limit", "left behind"]
    assert said.pop("KAITEN_AUTH_TOKEN") == "FAIL is not set; export a token with the scope write:customers"
    assert all(text.startswith("ok ") for text in said.values()), said
    assert not works
    assert set(credentials) == {""}
    assert {method for method, _ in server.calls} == {"GET"}


def test_a_slug_that_the_vendor_changes_is_told(tmp_path: Path) -> None:
    """A vendor with slugs of its own is told, and what it made is removed."""
    vendor = vendor_named("ChangesSlugs")(load("docs"))
    with serving(vendor) as server:
        said, works = diagnosis(server, tmp_path)

    assert re.match(r"note the vendor changes slugs: (contract-test-\S+) was made as \1-\S+; ", said["create"])
    assert said["delete"].startswith("ok ")
    assert works
    assert not vendor.customers


def test_a_quota_is_told(tmp_path: Path) -> None:
    """Where a plan allows fewer customers than a run uses, the option that keeps within it is the next step."""
    vendor = vendor_named("HasAQuota")(load("docs"))
    with serving(vendor) as server:
        said, works = diagnosis(server, tmp_path)
        limited, works_limited = diagnosis(server, tmp_path, customers=6)

    assert "answered 409: it makes no more than 6 customers; --customers 6 lets a run do with fewer" in said["create"]
    assert limited["create"] == "ok 6 disposable customers at once can be made"
    assert (works, works_limited) == (False, True)
    assert not vendor.customers


def test_a_get_that_shows_no_name_is_told(tmp_path: Path) -> None:
    """Where a GET shows no customer, what is stored is not tried, and the doctor says so."""
    with serving(vendor_named("ShowsNoName")(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path)

    assert said["read"] == "note GET does not show a customer's name; nothing is known of what is stored"
    assert works


def test_a_get_that_shows_no_customer_at_all_is_told(tmp_path: Path) -> None:
    """Where a GET shows something else than an object, no run has a verdict."""
    with serving(vendor_named("ShowsAList")(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path)

    assert said["read"].startswith('FAIL GET answered 200 [{"')
    assert said["read"].endswith("; a run has no verdict where GET does not show the customer")
    assert not works


@pytest.mark.parametrize(
    ("variables", "name", "expected"),
    [
        ({"KAITEN_AUTH_TOKEN": "ksh_unknown"}, "KAITEN_AUTH_TOKEN", "FAIL is refused (401); export another token"),
        (
            {"KAITEN_AUTH_TOKEN": READ, "KAITEN_READ_TOKEN": ""},
            "KAITEN_AUTH_TOKEN",
            "FAIL lacks the scope write:customers (403); ",
        ),
        ({"KAITEN_READ_TOKEN": "ksh_unknown"}, "KAITEN_READ_TOKEN", "FAIL is refused (401); "),
        ({"KAITEN_READ_TOKEN": ""}, "KAITEN_READ_TOKEN", "note is not set: the 403 cannot be tried; "),
    ],
    ids=["unknown", "without-scope", "unknown-reader", "no-reader"],
)
def test_a_token_that_will_not_do_is_told(variables: dict[str, str], name: str, expected: str, tmp_path: Path) -> None:
    """A token that is refused, or has the wrong scope, is named with the next step."""
    with serving(Vendor(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path, tokens=variables)

    assert said[name].startswith(expected)
    assert works is not expected.startswith("FAIL")


def test_a_reader_that_may_write_is_told(tmp_path: Path) -> None:
    """With a second token that may write, no 403 can be tried."""
    with serving(vendor_named("IgnoresScopes")(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path)

    assert said["KAITEN_READ_TOKEN"].startswith("note has the scope write:customers, ")
    assert works


def test_a_target_that_makes_no_customer_wants_one(tmp_path: Path) -> None:
    """Where no customer can be made, the next step is to name one; with one named, it is well."""
    vendor = vendor_named("ForbidsCreatingAndReading")(load("docs"))
    vendor.add("acme", "Acme")
    with serving(vendor) as server:
        without, with_one = diagnosis(server, tmp_path), diagnosis(server, tmp_path, customer="acme")

    assert "--customer SLUG" in without[0]["create"]
    assert not without[1]
    assert with_one[0]["create"] == "ok not needed: --customer acme"
    assert with_one[0]["read"].startswith("note ")
    assert with_one[1]
    assert ("PUT", "/customers/acme") not in server.calls


def test_a_limit_of_the_rate_is_seen(tmp_path: Path) -> None:
    """Where some of a burst are answered 429, --rate-limit is the next step."""

    class LimitsBursts(Vendor):
        """Takes some reads of customers that are not there, and of further ones each second."""

        reads = 0

        def show(self, call: Call, slug: str) -> Answer:
            self.reads += slug not in self.customers
            if self.reads > 8 and self.reads % 2:
                return Answer(429, [("Content-Type", "text/plain")], b"Slow down.")
            return super().show(call, slug)

    with serving(LimitsBursts(load("docs"))) as server:
        said, works = diagnosis(server, tmp_path)

    assert re.match(r"note \d+ of 24 requests at once were answered 429.*--rate-limit N", said["rate limit"])
    assert works


def test_what_earlier_runs_left_is_counted(tmp_path: Path) -> None:
    """Customers that the journal lists for this target are told, and stay as they are."""
    vendor = Vendor(load("docs"))
    vendor.add("contract-test-old", "Old")
    with serving(vendor) as server:
        journal = Journal(tmp_path, "old", server.url)
        journal.made("contract-test-old")
        del journal
        said, _ = diagnosis(server, tmp_path)

    assert said["left behind"].startswith("note 1 customer of earlier runs; ")
    assert "contract-test-old" in vendor.customers
