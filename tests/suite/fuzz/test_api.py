"""What tests of the contract are written with: how much is sent ahead, when a literal speaks, and what is no pass."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts.api import Api
from contracts.fuzz.payloads import payloads, to_json
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.exchange import CUSTOMER, update
from contracts.http.target import MOCK_URL, Limits, Target
from contracts.rules.document import Document, load
from contracts.run import Options, Run
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal, Vendor
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import vendor_named

TOKENS = dict(zip((WRITE_TOKEN, READ_TOKEN), MOCK_TOKENS, strict=True))
UNKNOWN_MEMBERS = """\
[[deviation]]
rule = "status.schema"
reason = "Unknown members are ignored."
until = 2999-12-31
status = 204
"""


class Counting(Vendor):
    """Takes some time for each request, and keeps the most that it ever had to answer at once."""

    takes = 0.005

    def __init__(self, document: Document, prefix: str = "") -> None:
        super().__init__(document, prefix)
        self.now = self.most = 0
        self.counted = threading.Lock()

    def handle(self, call: Call) -> Answer:
        with self.counted:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.takes)
        try:
            return super().handle(call)
        finally:
            with self.counted:
                self.now -= 1


class CountingAndBroken(Counting, vendor_named("TitleOfRfc9110")):
    """Breaks a promise with each 422, so that each is tried again."""


class ShowsNoCustomers(Vendor):
    """Refuses to show customers."""

    def show(self, call: Call, slug: str) -> Answer:
        raise Refusal(403, "Nobody may read.")


def api_of(server: RawServer, folder: Path, concurrency: int) -> Iterator[Api]:
    """The operation at a served vendor."""
    limits = Limits(concurrency=concurrency)
    run = Run(Options(Target(server.url, TOKENS, limits), load("docs"), journal=folder)).open()
    yield Api(run)
    run.close()


def cases(path: Path) -> dict[str, ElementTree.Element]:
    """The cases of a JUnit file, by the test's name."""
    return {case.attrib["name"]: case for case in ElementTree.parse(path).iter("testcase")}


def judged_by(case: ElementTree.Element) -> list[str | None]:
    """The releases by which a test is said to be judged, in place of its literal."""
    return [one.get("value") for one in case.iter("property") if one.get("name") == "judged by"]


def became_of(case: ElementTree.Element) -> str:
    """`passed`, `failed`, `skipped` or `xfailed`."""
    skipped = case.find("skipped")
    if skipped is not None:
        return "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped"
    return "failed" if case.find("failure") is not None else "passed"


def test_the_first_test_does_not_wait_for_those_to_come(tmp_path: Path) -> None:
    """While the first test sends its own request, no more payloads are sent than go beside it."""
    vendor = Counting(load("docs"))
    vendor.takes = 0.02
    with serving(vendor) as server:
        for api in api_of(server, tmp_path, 4):
            before = len(server.calls)
            api.begin("first", payloads())
            api.put(api.customer, b'{"name": "First"}')
            sent = len(server.calls) - before

    assert len(payloads()) > 400
    assert sent < 60
    assert vendor.most == 4
    # What was not under way by then is never sent.
    assert len(server.calls) - before < 120


@pytest.mark.parametrize(
    ("vendor", "concurrency", "chosen"),
    [
        pytest.param(Counting, 3, "", id="several"),
        pytest.param(Counting, 1, "status_400 or status_404 or fuzz", id="one"),
        pytest.param(CountingAndBroken, 3, "not fuzz", id="several-and-tried-again"),
    ],
)
def test_no_more_is_sent_at_once_than_is_allowed(
    vendor: type[Counting], concurrency: int, chosen: str, tmp_path: Path
) -> None:
    """However tests and what they send ahead fall together, `--concurrency` requests are the most at once."""
    with serving(vendor(load("docs"))) as server:
        run_suite("--base-url", server.url, "--concurrency", str(concurrency), "-m", chosen, journal=tmp_path)

    assert len(server.calls) > 400
    assert server.vendor.most == concurrency


@pytest.mark.parametrize(
    "emails",
    [["a@b.example", None], ["a@b.example", ""], ["a@b.example", "c@b.example", None], ["a@b.example", None, None]],
    ids=["kept", "removed", "kept-of-the-second", "kept-twice"],
)
def test_what_an_update_keeps_is_what_one_before_it_has_set(emails: list[str | None]) -> None:
    """Of updates that are sent in turn and read back once, each may keep what an earlier one of them has stored."""
    bodies = [{"name": "Contract Test"} | ({} if email is None else {"billingEmail": email}) for email in emails]
    run = Run(Options(Target(MOCK_URL, TOKENS, Limits(concurrency=1)), load("v1"))).open()
    try:
        attempts = run.attempts.spread([update(CUSTOMER, to_json(body)) for body in bodies])
    finally:
        run.close()

    assert [attempt.exchange.status for attempt in attempts] == [204] * len(emails)
    assert [violation for attempt in attempts for violation in attempt.violations] == []


def test_a_literal_does_not_speak_where_the_pin_allows_something_else(tmp_path: Path) -> None:
    """With v1 each payload that v1 answers otherwise than docs is judged by v1 alone; every other one by its test."""
    file = tmp_path / "junit.xml"
    came = run_suite("--contract", "v1", "-m", "not fuzz", f"--junit-xml={file}", journal=tmp_path)

    names = {name for name, case in cases(file).items() if judged_by(case)}
    # Those of billingEmail are not of a payload.
    judged = {name.partition("[")[2].rstrip("]") for name in names if "billing_email" not in name}
    assert came.returncode == 0, came.stdout[-3000:]
    assert judged == {payload.id for payload in payloads() if payload.expect != payload.expect_v1}
    assert {value for case in cases(file).values() for value in judged_by(case)} == {"v1"}
    # By the literal it would have to be 422.
    assert became_of(cases(file)["test_whatever_else_breaks_the_schema_is_refused[read-only-id]"]) == "passed"


def test_with_docs_every_literal_speaks(tmp_path: Path) -> None:
    """A literal of a test speaks of docs: with docs none is left to the judge alone."""
    file = tmp_path / "junit.xml"
    run_suite("-m", "not fuzz", f"--junit-xml={file}", journal=tmp_path)

    assert len(cases(file)) > 400
    assert not [name for name, case in cases(file).items() if judged_by(case)]


@pytest.mark.parametrize(
    ("told", "code", "word"), [([], 0, "skipped"), (["--require-all"], 1, "failed")], ids=["usually", "require-all"]
)
def test_where_nothing_is_read_the_answer_is_tried_all_the_same(
    told: list[str], code: int, word: str, tmp_path: Path
) -> None:
    """Where customers cannot be read back a test says that its answer was right, and what was not tried, and why."""
    file = tmp_path / "junit.xml"
    with serving(ShowsNoCustomers(load("docs"))) as server:
        target = ["--base-url", server.url, "-k", "published or name-sql or name-empty or makes_none", *told]
        came = run_suite(*target, f"--junit-xml={file}", journal=tmp_path)

    reason = "the target does not let the token read customers back"
    assert came.returncode == code, came.stdout[-3000:]
    found = cases(file)
    assert {became_of(case) for case in found.values()} == {word}
    assert len(found) == 5
    text = [ElementTree.tostring(case, encoding="unicode") for case in found.values()]
    assert [reason in one for one in text] == [True] * 5
    assert sum("the answer is as promised; what is stored was not tried: " in one for one in text) == 4
    assert ["could not be tried (--require-all)" in one for one in text] == [word == "failed"] * 5


def test_where_nothing_is_read_a_wrong_answer_is_still_found(tmp_path: Path) -> None:
    """That customers cannot be read back hides nothing that is wrong with an answer."""

    class ShowsNoCustomersAndIsBroken(ShowsNoCustomers, vendor_named("TitleOfRfc9110")):
        """Has a wrong title, too."""

    file = tmp_path / "junit.xml"
    with serving(ShowsNoCustomersAndIsBroken(load("docs"))) as server:
        came = run_suite("--base-url", server.url, "-k", "name-empty", f"--junit-xml={file}", journal=tmp_path)

    assert came.returncode == 1
    assert "problem.title: " in came.stdout
    assert {became_of(case) for case in cases(file).values()} == {"failed"}


def test_an_accepted_deviation_is_never_a_pass(tmp_path: Path) -> None:
    """A test that meets an accepted deviation has not passed, nor has it failed; all others have passed."""
    file, deviations = tmp_path / "junit.xml", tmp_path / "deviations.toml"
    deviations.write_text(UNKNOWN_MEMBERS, encoding="utf-8")
    vendor = vendor_named("AcceptsUnknownMembers")(load("docs"))
    with serving(vendor) as server:
        target = ["--base-url", server.url, "-m", "status_422", "--deviations", str(deviations)]
        came = run_suite(*target, f"--junit-xml={file}", journal=tmp_path)

    found = cases(file)
    accepted = {name for name, case in found.items() if became_of(case) == "xfailed"}
    assert came.returncode == 0, came.stdout[-3000:]
    assert "test_json_that_breaks_the_schema_is_refused[unknown-member]" in accepted
    assert {became_of(case) for case in found.values()} == {"passed", "xfailed"}
    assert re.search(r"ACCEPTED until 2999-12-31, seen (\d+) times", came.stdout)[1] == str(len(accepted))


def test_an_interruption_changes_no_other_customer(tmp_path: Path) -> None:
    """What an interruption takes besides, a plain update of another customer, is nobody's fault."""

    class InterruptsOnce(Vendor):
        """Something in front of it answers the first time that a body comes."""

        def __init__(self, document: Document, prefix: str = "") -> None:
            super().__init__(document, prefix)
            self.seen: set[bytes] = set()

        def route(self, call: Call) -> Answer:
            first = call.method == "PUT" and b"mine" in call.body and call.body not in self.seen
            self.seen.add(call.body)
            return Answer(503, [], b"") if first else super().route(call)

    with serving(InterruptsOnce(load("docs"))) as server:
        came = run_suite("--base-url", server.url, "-k", "changes_no_other_customer", journal=tmp_path)

    assert came.returncode == 0, came.stdout[-3000:]
    assert re.search(r"interruptions +3\n", came.stdout)
