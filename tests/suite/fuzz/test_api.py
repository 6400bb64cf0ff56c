"""What tests of the contract are written with: when a literal speaks, what is not read back, and what is no pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts.api import Api
from contracts.attempt import BrokenPromise
from contracts.clients import spread
from contracts.evidence.deviation import load_deviations
from contracts.fuzz.payloads import payloads, to_json
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.request import CUSTOMER, update
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
promise = "status.schema"
reason = "Unknown members are ignored."
until = 2999-12-31
status = 204
"""


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
    return [element.get("value") for element in case.iter("property") if element.get("name") == "judged by"]


def became_of(case: ElementTree.Element) -> str:
    """`passed`, `failed`, `skipped` or `xfailed`."""
    skipped = case.find("skipped")
    if skipped is not None:
        return "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped"
    return "failed" if case.find("failure") is not None else "passed"


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
        attempts = spread(run.attempts, [update(CUSTOMER, to_json(body)) for body in bodies])
    finally:
        run.close()

    assert [attempt.exchange.status for attempt in attempts] == [204] * len(emails)
    assert [violation for attempt in attempts for violation in attempt.violations] == []


@pytest.mark.parametrize("contract", ["docs", "v1"])
def test_a_literal_speaks_unless_the_pin_allows_something_else(contract: str) -> None:
    """With v1 each payload that v1 answers otherwise than docs is judged by v1 alone; every other one by its test."""
    others = {payload.id for payload in payloads() if contract == "v1" and payload.expect != payload.expect_v1}
    # Of those that the literals judge each third.
    sent = [payload for place, payload in enumerate(payloads()) if payload.id in others or place % 3 == 0]
    run = Run(Options(Target(MOCK_URL, TOKENS), load(contract))).open()
    api = Api(run)
    judged_by = {payload.id: api.send(payload).judged_by for payload in sent}
    run.close()

    assert {id_: name for id_, name in judged_by.items() if name} == dict.fromkeys(others, "v1")


def test_a_test_says_that_the_pin_has_judged_it(tmp_path: Path) -> None:
    """What is judged by the pin alone says so, and passes where its literal would not have let it."""
    file = tmp_path / "junit.xml"
    arguments = ("--contract", "v1", "-k", "read-only-id or name-empty", f"--junit-xml={file}")
    result = run_suite(*arguments, journal=tmp_path, file="test_422_unprocessable_entity.py")

    read_only = "test_whatever_else_breaks_the_schema_is_refused[read-only-id]"
    assert result.returncode == 0, result.stdout[-3000:]
    assert {name: judged_by(case) for name, case in cases(file).items() if judged_by(case)} == {read_only: ["v1"]}
    # By the literal it would have to be 422.
    assert became_of(cases(file)[read_only]) == "passed"


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [([], 0, "skipped"), (["--require-all"], 1, "failed")],
    ids=["usually", "require-all"],
)
def test_where_nothing_is_read_the_answer_is_tried_all_the_same(
    arguments: list[str], code: int, word: str, tmp_path: Path
) -> None:
    """Where customers cannot be read back a test says that its answer was right, and what was not tried, and why."""
    file = tmp_path / "junit.xml"
    with serving(ShowsNoCustomers(load("docs"))) as server:
        target = ["--base-url", server.url, "-k", "published or name-sql or name-boolean or makes_none", *arguments]
        result = run_suite(*target, f"--junit-xml={file}", journal=tmp_path)

    reason = "customers cannot be read back: the token may not, or a GET shows something else"
    assert result.returncode == code, result.stdout[-3000:]
    found = cases(file)
    assert {became_of(case) for case in found.values()} == {word}
    assert len(found) == 5
    text = [ElementTree.tostring(case, encoding="unicode") for case in found.values()]
    assert [reason in case_text for case_text in text] == [True] * 5
    assert sum("the answer is as promised; what is stored was not tried: " in case_text for case_text in text) == 4
    assert ["could not be tried (--require-all)" in case_text for case_text in text] == [word == "failed"] * 5


def test_where_nothing_is_read_a_wrong_answer_is_still_found(tmp_path: Path) -> None:
    """That customers cannot be read back hides nothing that is wrong with an answer."""

    class ShowsNoCustomersAndIsBroken(ShowsNoCustomers, vendor_named("TitleOfRfc9110")):
        """Has a wrong title, too."""

    with serving(ShowsNoCustomersAndIsBroken(load("docs"))) as server:
        for api in api_of(server, tmp_path, 4):
            with pytest.raises(BrokenPromise) as broken:
                api.put(api.customer, b'{"name": ""}')

    assert [(attempt.broken, attempt.repeated) for attempt in broken.value.attempts] == [({"problem.title"}, True)]


def test_an_accepted_deviation_is_never_a_pass(tmp_path: Path) -> None:
    """A test that meets an accepted deviation has not passed, nor has it failed; all others have passed."""
    file = tmp_path / "deviations.toml"
    file.write_text(UNKNOWN_MEMBERS, encoding="utf-8")
    deviations = load_deviations(file)
    xfailed = set()
    with serving(vendor_named("AcceptsUnknownMembers")(load("docs"))) as server:
        run = Run(Options(Target(server.url, TOKENS), load("docs"), tmp_path, deviations=deviations)).open()
        api = Api(run)
        for payload in (payload for payload in payloads() if payload.expect == {422}):
            try:
                api.send(payload)
            except pytest.xfail.Exception:
                xfailed.add(payload.id)
        run.close()

    assert "unknown-members-two" in xfailed
    assert deviations.seen == {"status.schema 0": len(xfailed)}


def test_an_interruption_changes_no_other_customer(tmp_path: Path) -> None:
    """What an interruption takes besides, a plain update of a customer, is nobody's fault."""

    class InterruptsOnce(Vendor):
        """Something in front of it answers the first time that a body comes."""

        def __init__(self, document: Document, prefix: str = "") -> None:
            super().__init__(document, prefix)
            self.seen: set[bytes] = set()

        def route(self, call: Call) -> Answer:
            first = call.method == "PUT" and b'{"name":"mine"' in call.body and call.body not in self.seen
            self.seen.add(call.body)
            return Answer(503, [], b"") if first else super().route(call)

    with serving(InterruptsOnce(load("docs"))) as server:
        run = Run(Options(Target(server.url, TOKENS), load("docs"), tmp_path)).open()
        api = Api(run)
        updates = [
            api.put_beside_others(api.customer, body) for body in (b'{"name":"mine"}', b'{"name":"mine", "id":1}')
        ]
        run.close()

    assert [answer.status for answer, _, _ in updates] == [204, 422]
    assert run.client.retry_budget.interruptions == 2
    others = [customer for _, older, newer in updates for customer in (older, newer)]
    assert [(customer.unread, customer.stored == customer.before) for customer in others] == [("", True)] * 4
