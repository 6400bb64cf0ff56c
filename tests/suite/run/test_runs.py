"""A run as its user sees it: exit codes, manners, and what it leaves behind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from contracts.report.result import read
from contracts.rules.document import Document, load
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal, Vendor
from tests.suite.served import serving
from tests.suite.suite_run import NO_TABLES, run_suite
from tests.suite.vendors import vendor_named

OF_STATE = (
    *("update.stored", "update.cleared", "update.idempotent", "update.atomic"),
    *("update.linearizable", "update.isolated"),
    *("refused.unchanged", "refused.created"),
)
OF_204 = "test_204_no_content.py"
SOMEBODY = {"id": "customer-0", "slug": "acme", "name": "Acme", "externalCustomerId": "acme-1", "updatedAt": "then"}


class WithSomebody(Vendor):
    """Has a customer that is not ours."""

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self.customers["acme"] = dict(SOMEBODY)


class MakesNoCustomers(WithSomebody):
    """Refuses to make customers."""

    def create(self, call: Call) -> Answer:
        raise Refusal(403, "Only the console makes customers.")


class ShowsNoCustomers(Vendor):
    """Refuses to show customers."""

    def show(self, call: Call, slug: str) -> Answer:
        raise Refusal(403, "Nobody may read.")


class StopsAnswering(Vendor):
    """Answers 503 from the 50th request on."""

    calls = 0

    def route(self, call: Call) -> Answer:
        self.calls += 1
        if self.calls > 50:
            raise Refusal(503, "gone")
        return super().route(call)


def test_only_own_customers_and_documented_methods_are_touched(tmp_path: Path) -> None:
    """Nothing but PUT goes to the operation, and no other request to a customer that the suite did not make."""
    with serving(WithSomebody(load("docs"))) as server:
        result = run_suite("--base-url", server.url, "--require-all", journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]
    assert {method for method, _ in server.calls} == {"PUT", "GET", "POST", "DELETE"}
    assert sum(method == "PUT" for method, _ in server.calls) >= 300
    assert {path for method, path in server.calls if method == "POST"} == {"/customers"}
    assert all(
        path.startswith("/customers/contract-test-") for method, path in server.calls if method in ("GET", "DELETE")
    )
    assert not [path for _, path in server.calls if re.search("acme", path, re.IGNORECASE)]
    assert server.vendor.customers == {"acme": SOMEBODY}


def test_a_given_customer_gets_its_details_back(tmp_path: Path) -> None:
    """With --customer the run uses that one alone, and puts its details back."""
    with serving(MakesNoCustomers(load("docs"))) as server:
        result = run_suite("--base-url", server.url, "--customer", "acme", *NO_TABLES, journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]
    assert server.vendor.customers["acme"]["name"] == "Acme"
    assert server.vendor.customers["acme"]["externalCustomerId"] == "acme-1"


def test_where_no_customer_can_be_made_one_is_asked_for(tmp_path: Path) -> None:
    """Where POST is refused, a run without --customer ends with exit 4 and says what to give."""
    with serving(MakesNoCustomers(load("docs"))) as server:
        result = run_suite("--base-url", server.url, journal=tmp_path, file=OF_204)

    assert result.returncode == 4
    assert "--customer SLUG" in result.stdout


def test_a_vendor_that_changes_names_is_not_blamed_for_what_happens_at_once(tmp_path: Path) -> None:
    """If an update alone is stored wrongly, `update.stored` is broken, and no promise on several updates at once."""

    class WritesCapitals(Vendor):
        def store(self, customer: dict[str, Any], value: dict[str, Any]) -> None:
            super().store(customer, value | {"name": value["name"].upper()})

    with serving(WritesCapitals(load("docs"))) as server:
        result = run_suite("--base-url", server.url, journal=tmp_path, file="test_updates_at_once.py")

    assert result.returncode == 1
    assert re.search(r"^BROKEN 1 of \d+ promises: update\.stored$", result.stdout, re.MULTILINE), result.stdout[-3000:]


def test_without_reading_back_the_rest_is_still_tried(tmp_path: Path) -> None:
    """Where GET is refused, all that is stored is listed as not tried, nothing of it as kept, and the run is green."""
    file = tmp_path / "result.json"
    with serving(ShowsNoCustomers(load("docs"))) as server:
        result = run_suite("--base-url", server.url, "--result", str(file), *NO_TABLES, journal=tmp_path)

    assert result.returncode == 0, result.stdout[-3000:]
    assert re.search(
        r"not tried +update\.stored, .*: customers cannot be read back", result.stdout.replace("\n" + " " * 15, " ")
    )
    assert {*OF_STATE} <= {promise for promise_ids in read(file).not_tried.values() for promise in promise_ids}


def test_a_further_status_may_be_an_interruption(tmp_path: Path) -> None:
    """With --interruption a status of something in front of the API is waited out; without it, it is an answer."""

    class BehindAGateway(Vendor):
        """Each 20th request gets no further than the gateway."""

        calls = 0

        def route(self, call: Call) -> Answer:
            self.calls += 1
            if self.calls % 20 == 0:
                return Answer(530, [("Content-Type", "text/html")], b"<h1>Origin Error</h1>")
            return super().route(call)

    arguments = ["-k", "published or json_that_breaks or member"]
    with serving(BehindAGateway(load("docs"))) as server:
        waited = run_suite("--base-url", server.url, "--interruption", "530,599", *arguments, journal=tmp_path)
        without = run_suite("--base-url", server.url, *arguments, journal=tmp_path)

    assert waited.returncode == 0, waited.stdout[-3000:]
    assert int(re.findall(r"interruptions +(\d+)", waited.stdout)[0]) >= 3
    assert without.returncode == 1
    assert "530" in without.stdout


def test_without_a_read_token_the_403_is_skipped(tmp_path: Path) -> None:
    """Without KAITEN_READ_TOKEN the 403 is not tried, and the summary says why."""
    with serving(Vendor(load("docs"))) as server:
        result = run_suite(
            "--base-url",
            server.url,
            "-k",
            "may-read-only",
            journal=tmp_path,
            file="test_403_forbidden.py",
            KAITEN_READ_TOKEN="",
        )

    assert "status.scope: KAITEN_READ_TOKEN is not set" in result.stdout
    assert "NO VERDICT: none of the selected tests could be tried here" in result.stdout
    assert result.returncode == 6


def test_require_all_does_not_ask_for_ids_of_another_form(tmp_path: Path) -> None:
    """Ids that are not random may be slugs of strangers: one is not sent, and no user can do anything about it."""
    with serving(vendor_named("NumbersCustomers")(load("docs"))) as server:
        arguments = ("--base-url", server.url, "-k", "slug-own-id or slug-own-shorter", "--require-all")
        result = run_suite(*arguments, journal=tmp_path)

    assert result.returncode == 0, result.stdout
    assert "1 passed, 1 skipped" in result.stdout


def test_require_all_fails_what_cannot_be_tried(tmp_path: Path) -> None:
    """With --require-all a promise that cannot be tried is red."""
    with serving(Vendor(load("docs"))) as server:
        arguments = ("--base-url", server.url, "-k", "may-read-only", "--require-all")
        result = run_suite(*arguments, journal=tmp_path, file="test_403_forbidden.py", KAITEN_READ_TOKEN="")

    assert result.returncode == 1


def test_a_target_that_stops_answering_gives_no_verdict(tmp_path: Path) -> None:
    """When patience ends the run stops with exit 6 and one line, and no test is red."""
    with serving(StopsAnswering(load("docs"))) as server:
        result = run_suite("--base-url", server.url, "--patience", "1", journal=tmp_path, file=OF_204)

    assert result.returncode == 6
    assert "NO VERDICT: the target stopped answering" in result.stdout
    assert "FAILED" not in result.stdout


def test_an_unreachable_target_gives_no_verdict(tmp_path: Path) -> None:
    """A base URL that nobody answers is waited for, as the first lines say, and ends with exit 6 and one line."""
    result = run_suite("--base-url", "http://127.0.0.1:9", "--patience", "0.5", "-v", journal=tmp_path, file=OF_204)

    assert result.returncode == 6
    assert "waits 0.5 s (--patience) for a target that does not answer" in result.stdout
    assert "NO VERDICT: the target does not answer: the connection was refused" in result.stdout
    assert list(tmp_path.glob("*.jsonl")) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--contract", "v9"], "unknown contract 'v9'", id="unknown-contract"),
        pytest.param(["--base-url", ""], "--base-url", id="empty-base-url"),
        pytest.param(["--base-url", "https://api.kaiten.sh"], "--allow-production", id="production"),
        pytest.param(["--base-url", "http://staging.example.com"], "--allow-plain-http", id="plain-http"),
        pytest.param(["--base-url", "https://me:secret@staging.example.com"], "user info", id="user-info"),
        pytest.param(["--concurrency", "0"], "--concurrency must be more than 0", id="concurrency"),
        pytest.param(["--interruption", "5xx"], "must be statuses with commas between them", id="interruption"),
        pytest.param(["--hypothesis-profile", "none"], "give one of quick, ci, deep", id="unknown-profile"),
        pytest.param(["--example-database", "x"], "must be like redis://", id="no-redis-url"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_4(arguments: list[str], said: str, tmp_path: Path) -> None:
    """A wrong call ends with exit 4, and one line that says what to do."""
    result = run_suite(*arguments, journal=tmp_path)

    assert result.returncode == 4
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_missing_token_is_one_line_and_exit_4(tmp_path: Path) -> None:
    """A live target without KAITEN_AUTH_TOKEN ends with exit 4."""
    result = run_suite("--base-url", "http://127.0.0.1:9", journal=tmp_path, KAITEN_AUTH_TOKEN="")

    assert result.returncode == 4
    assert "KAITEN_AUTH_TOKEN is not set" in result.stderr


@pytest.mark.parametrize("variable", ["KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"])
def test_a_token_that_is_refused_is_a_wrong_call(tmp_path: Path, variable: str) -> None:
    """A token that the target does not know ends with exit 4 and not with red tests."""
    with serving(Vendor(load("docs"))) as server:
        result = run_suite("--base-url", server.url, journal=tmp_path, file=OF_204, **{variable: "ksh_unknown-token"})

    assert result.returncode == 4
    assert f"refuses {variable} (401)" in result.stdout


def test_no_test_selected_is_not_green(tmp_path: Path) -> None:
    """A run in which no test was selected has no verdict, and says so in its last line."""
    result = run_suite("-k", "no_such_test", journal=tmp_path)

    assert result.returncode == 6
    assert "\nNO VERDICT: no test of the contract was selected\n" in result.stdout


def test_no_token_in_what_a_run_prints(tmp_path: Path) -> None:
    """A red run shows no token, although the target echoes it."""

    class EchoesTokens(Vendor):
        def problem(self, call: Call, refusal: Refusal) -> Answer:
            return super().problem(call, Refusal(refusal.status, call.header("authorization")))

    with serving(EchoesTokens(load("docs"))) as server:
        result = run_suite(
            "--base-url", server.url, "-k", "json_that_breaks or without_a_valid", "-vv", journal=tmp_path
        )

    assert "public.credential" in result.stdout
    assert not [token for token in MOCK_TOKENS if token in result.stdout + result.stderr]


def test_a_token_that_is_revoked_in_the_middle_gives_no_verdict(tmp_path: Path) -> None:
    """A target that takes the token at first and refuses it later gives no verdict, and is no wrong call."""

    class Revokes(Vendor):
        """Refuses to make customers from the fifth one on."""

        def create(self, call: Call) -> Answer:
            if len(self.customers) > 3:
                raise Refusal(401, "This token was revoked.")
            return super().create(call)

    with serving(Revokes(load("docs"))) as server:
        result = run_suite("--base-url", server.url, journal=tmp_path)

    assert result.returncode == 6
    assert "NO VERDICT: in the middle of the run " in result.stdout


def test_a_run_ends_with_its_time(tmp_path: Path) -> None:
    """What --max-time left no time for is skipped and listed with that reason; the verdict stands for the rest."""
    with serving(Vendor(load("docs"))) as server:
        clock = ("-p", "tests.suite.an_hour_passes")
        result = run_suite("--base-url", server.url, "--max-time", "600", *clock, journal=tmp_path, file=OF_204)

    assert result.returncode == 0, result.stdout + result.stderr
    last_line = r"^KEPT \d+ promises, \d+ not tried; \d+ tests not run: --max-time$"
    assert re.search(last_line, result.stdout, re.MULTILINE)
    assert "the time of --max-time 600 s was over" in re.sub(r"\s+", " ", result.stdout.partition("not tried")[2])
    assert server.vendor.customers == {}


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one-process", "two-processes"])
def test_what_was_found_ahead_counts_when_the_time_is_over(workers: list[str], tmp_path: Path) -> None:
    """A test that was run ahead has found something broken, and is never called: the run is red, and names it."""
    with serving(vendor_named("TitleOfRfc9110")(load("docs"))) as server:
        arguments = ("--base-url", server.url, "--max-time", "600", "-p", "tests.suite.an_hour_passes", *workers)
        result = run_suite(
            *arguments, "-k", "published or small_change or schema_is_refused or relation", journal=tmp_path
        )

    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN problem.title: " in result.stdout


def test_a_run_without_any_time_has_no_verdict(tmp_path: Path) -> None:
    """Where nothing could be tried in time nothing is known."""
    result = run_suite("--max-time", "0.001", journal=tmp_path)

    assert result.returncode == 6
    assert "NO VERDICT: the time of --max-time 0.001 s was over before the first test" in result.stdout
