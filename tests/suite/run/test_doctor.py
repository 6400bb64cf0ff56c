"""The doctor: what it says of targets that are well, and of those that are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.customers.journal import Journal
from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Vendor
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import doctor
from tests.suite.vendors import vendor_named

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
    "clock",
    "rate limit",
    "left behind",
]


class ShowsAPageElsewhere(Vendor):
    """Serves its API under /api, and a page for people everywhere else."""

    def handle(self, call: Call) -> Answer:
        if call.path.startswith("/api/"):
            return super().handle(call)
        return Answer(404, [("Content-Type", "text/html")], b"<html>")


def told(server: RawServer | str, folder: Path, *arguments: str, **environment: str) -> tuple[dict[str, str], int]:
    """What the doctor says of each thing, by its name, and the exit code."""
    url = server if isinstance(server, str) else server.url
    result = doctor("--base-url", url, "--journal", str(folder), *arguments, **environment)
    found = re.findall(r"^(ok|FAIL|note) +(.{18}) (.*)$", result.stdout, re.MULTILINE)
    assert not re.search("Traceback|ksh_", result.stdout + result.stderr)
    return {name.strip(): f"{mark} {said}" for mark, name, said in found}, result.returncode


def test_a_target_that_is_well_needs_eleven_lines(tmp_path: Path) -> None:
    """Of a good target everything is ok, and the one customer that was made is gone again."""
    vendor = Vendor(load("docs"))
    with serving(vendor) as server:
        said, code = told(server, tmp_path)

    assert (list(said), code) == (NAMES, 0)
    assert all(one.startswith("ok ") for one in said.values()), said
    assert not vendor.customers


def test_only_the_customer_that_it_made_is_touched(tmp_path: Path) -> None:
    """PUT and DELETE go to the disposable customer alone, one POST makes it."""
    with serving(Vendor(load("docs"))) as server:
        told(server, tmp_path)

    changing = [(method, path) for method, path in server.calls if method != "GET"]
    assert [method for method, _ in changing] == ["POST", "PUT", "PUT", "DELETE"]
    assert all(path.startswith("/customers/contract-test-") for method, path in changing if method != "POST")


def test_an_unreachable_target_is_one_line(tmp_path: Path) -> None:
    """Where nothing answers, nothing else is asked."""
    said, code = told("http://127.0.0.1:1", tmp_path)

    assert (list(said), code) == (["reachable"], 6)
    assert said["reachable"].startswith("FAIL no: the connection was refused; ")


def test_a_missing_prefix_is_found(tmp_path: Path) -> None:
    """Where the API is under /api, the next step names the whole base URL."""
    with serving(ShowsAPageElsewhere(load("docs"), "/api")) as server:
        said, code = told(server.url.removesuffix("/api"), tmp_path)

    assert code == 6
    assert said["prefix"] == f"FAIL what answers is not the API: 404 of text/html; give {server.url}"


@pytest.mark.parametrize(
    ("variables", "name", "came"),
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
def test_a_token_that_will_not_do_is_told(variables: dict[str, str], name: str, came: str, tmp_path: Path) -> None:
    """A token that is refused, or has the wrong scope, is named with the next step."""
    with serving(Vendor(load("docs"))) as server:
        said, code = told(server, tmp_path, **variables)

    assert said[name].startswith(came)
    assert code == (6 if came.startswith("FAIL") else 0)


def test_a_reader_that_may_write_is_told(tmp_path: Path) -> None:
    """With a second token that may write, no 403 can be tried."""
    with serving(vendor_named("IgnoresScopes")(load("docs"))) as server:
        said, code = told(server, tmp_path)

    assert said["KAITEN_READ_TOKEN"].startswith("note has the scope write:customers: ")
    assert code == 0


def test_a_target_that_makes_no_customer_wants_one(tmp_path: Path) -> None:
    """Where no customer can be made, the next step is to name one; with one named, it is well."""
    vendor = vendor_named("ForbidsCreatingAndReading")(load("docs"))
    vendor.add("acme", "Acme")
    with serving(vendor) as server:
        without, with_one = told(server, tmp_path), told(server, tmp_path, "--customer", "acme")

    assert "--customer SLUG" in without[0]["create"]
    assert without[1] == 6
    assert with_one[0]["create"] == "ok not needed: --customer acme"
    assert with_one[0]["read"].startswith("note ")
    assert with_one[1] == 0
    assert ("PUT", "/customers/acme") not in server.calls


def test_a_limit_of_the_rate_is_seen(tmp_path: Path) -> None:
    """Where some of a burst are answered 429, --rate-limit is the next step."""
    with serving(vendor_named("LimitsTheRate")(load("docs"))) as server:
        said, code = told(server, tmp_path)

    assert re.match(r"note \d+ of 24 requests at once were answered 429.*--rate-limit N", said["rate limit"])
    assert code == 0


def test_what_earlier_runs_left_is_counted(tmp_path: Path) -> None:
    """Customers that the journal lists for this target are told, and stay as they are."""
    vendor = Vendor(load("docs"))
    vendor.add("contract-test-old", "Old")
    with serving(vendor) as server:
        journal = Journal(tmp_path, "old", server.url)
        journal.made("contract-test-old")
        del journal
        said, _ = told(server, tmp_path)

    assert said["left behind"].startswith("note 1 customers of earlier runs; ")
    assert "contract-test-old" in vendor.customers
