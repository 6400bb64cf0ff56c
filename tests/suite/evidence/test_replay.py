"""Replay sends what was recorded again, and says of each broken promise what became of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from contracts.evidence import har, recording
from contracts.evidence.evidence import Evidence, Part, Source, Step
from contracts.evidence.replay import Fate, Replayed
from contracts.fuzz.payloads import _payload
from contracts.http.exchange import CUSTOMER, Exchange, Response, update
from contracts.report.replayed import replayed
from contracts.rules.document import load
from contracts.rules.promise import violation
from contracts.vendor.model import Answer, Call, Refusal, Vendor
from tests.suite.evidence.test_recordings import browser_s, recorded
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, evidence_beside, replay, run_suite
from tests.suite.vendors import vendor_named


class CrashesWithAnotherTitle(vendor_named("CrashesOnLongNames")):
    """Fails on long names with another fault than before."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        status = 418 if refusal.status == 500 else refusal.status
        return super().problem(call, Refusal(status, refusal.detail, *refusal.errors))


class KnowsAcme(Vendor):
    """Has a customer that is not ours, and crashes on names with an accent."""

    def update(self, call: Call, slug: str) -> Answer:
        if b"\xc3" in call.body:
            raise Refusal(500, "It broke.")
        return super().update(call, slug)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """The evidence of a run against a vendor that crashes on long names."""
    with serving(vendor_named("CrashesOnLongNames")(load("docs"))) as server:
        run_suite("--base-url", server.url, "-k", "name-256-characters", journal=tmp_path)
    return evidence_beside(tmp_path)


def test_a_failure_ends_with_the_command_that_shows_it_again(tmp_path: Path) -> None:
    """The last line of a failure is the replay command, and it works as it is printed."""
    with serving(vendor_named("CrashesOnLongNames")(load("docs"))) as server:
        result = run_suite("--base-url", server.url, "-k", "name-256-characters", journal=tmp_path)
        (line, *_) = [line for line in result.stdout.splitlines() if "again     python -m contracts replay " in line]
        arguments = line.split("replay ")[1].split()

        again = replay(*arguments, "--journal", str(tmp_path / "j"))

    assert arguments[-2:] == ["--base-url", server.url]
    assert again.returncode == 1
    assert again.stdout.startswith("SEEN AGAIN  ")


def test_what_was_mended_is_gone(evidence: Path) -> None:
    """On the correct mock every recorded violation is gone, and the exit code is 0."""
    result = replay(str(evidence))

    assert result.returncode == 0
    assert result.stdout.startswith("GONE  ")
    assert result.stdout.endswith("0 seen again, 0 different, 2 gone\n")


def test_what_broke_otherwise_is_different(evidence: Path, tmp_path: Path) -> None:
    """A request that breaks another promise now is different: what came instead is shown, and the exit code is 1."""
    with serving(CrashesWithAnotherTitle(load("docs"))) as server:
        result = replay(str(evidence), "--base-url", server.url, "--journal", str(tmp_path / "j"))

    assert result.returncode == 1
    assert result.stdout.startswith("DIFFERENT  ")
    assert "recorded  500 Internal Server Error" in result.stdout
    assert "came      418 " in result.stdout


def test_evidence_works_at_another_desk(evidence: Path, tmp_path: Path) -> None:
    """The folder of evidence, copied into another checkout that knows nothing of the run, shows the same."""
    desk = tmp_path / "desk"
    shutil.copytree(ROOT / "contracts", desk / "contracts")
    shutil.copytree(evidence, desk / "evidence")

    with serving(vendor_named("CrashesOnLongNames")(load("docs"))) as server:
        result = replay("evidence", "--base-url", server.url, folder=desk)

    assert result.returncode == 1
    assert result.stdout.startswith("SEEN AGAIN  evidence/")
    assert not (desk / ".hypothesis").exists()


def test_a_failure_that_needs_what_came_before_says_so(tmp_path: Path) -> None:
    """Where the request that failed does not fail alone, replay says that it needs what was sent before it."""

    class KeepsWhatWasSetByUpdate(vendor_named("KeepsWhatIsLeftOut")):
        """Keeps an identifier that an update has set, and no other."""

        def store(self, customer: dict[str, object], value: dict[str, object]) -> None:
            super().store(customer, value)
            if not str(customer["externalCustomerId"]).startswith("set-before") and "createdAt" not in value:
                customer["externalCustomerId"] = value.get("externalCustomerId")

    with serving(KeepsWhatWasSetByUpdate(load("docs"))) as server:
        run_suite("--base-url", server.url, "-k", "is_cleared", journal=tmp_path)
        result = replay(str(evidence_beside(tmp_path)), "--base-url", server.url, "--journal", str(tmp_path / "j"))

    assert result.returncode == 1, result.stdout
    assert "alone, on a fresh customer, it is not seen" in result.stdout


def test_a_failure_that_was_seen_once_is_tried_as_often_as_asked(tmp_path: Path) -> None:
    """--times sends it so often, and says how often it was seen."""
    with serving(vendor_named("FailsEach20thTime")(load("docs"))) as server:
        run_suite("--base-url", server.url, "-k", "422", journal=tmp_path)
        result = replay(
            str(evidence_beside(tmp_path)),
            *("--base-url", server.url, "--times", "40", "--journal", str(tmp_path / "j")),
        )

    assert result.returncode == 1
    assert "SEEN AGAIN, comes and goes: seen 2 of 40 times  " in result.stdout
    assert "alone, on a fresh customer" not in result.stdout


def test_what_was_seen_once_by_chance_is_not_said_to_need_what_came_before(tmp_path: Path) -> None:
    """Where a failure comes and goes, one that is seen at the first try and not again says nothing of what it needs."""

    class FailsOnce(Vendor):
        """Keeps the old identifier once, when an update leaves it out for the second time."""

        left_out = 0

        def store(self, customer: dict[str, object], value: dict[str, object]) -> None:
            before = customer["externalCustomerId"]
            super().store(customer, value)
            if "externalCustomerId" not in value and "createdAt" not in value:
                self.left_out += 1
                if self.left_out == 2:
                    customer["externalCustomerId"] = before

    kept = came_and_went(0, 0)
    har.write(tmp_path / "kept.har", har.to_har(kept))
    with serving(FailsOnce(load("docs"))) as server:
        server.vendor.left_out = 1
        result = replay(str(tmp_path), "--base-url", server.url, "--journal", str(tmp_path / "j"))

    assert result.stdout.startswith("SEEN AGAIN, comes and goes: seen 1 of 3 times  "), result.stdout
    assert "alone, on a fresh customer" not in result.stdout


def came_and_went(broke: int, tried: int) -> Evidence:
    """Evidence of what is left out and not cleared, seen by so many of so many updates and not again."""
    broken = violation("update.cleared", "null", "x", "externalCustomerId")
    steps = []
    for part, body in ((Part.BEFORE, b'{"name":"x","externalCustomerId":"x"}'), (Part.FAILING, b'{"name":"x"}')):
        template = update(CUSTOMER, body)
        steps.append(Step(part, template, Exchange(template.addressed("contract-test-1"), Response(204, (), b"", b""))))
    return Evidence(tuple(steps), Source("docs", "http://127.0.0.1:1"), broken, (broken.rule,), True, broke, tried)


@pytest.mark.parametrize(
    ("broke", "tried", "times", "said"),
    [
        (32, 640, 1, "it came and went, 32 of 640 updates: `--times 59` sees it with 95 %"),
        (32, 640, 58, "it came and went, 32 of 640 updates: `--times 59` sees it with 95 %"),
        (1, 2, 1, "it came and went, 1 of 2 updates: `--times 5` sees it with 95 %"),
        (1, 100_000, 1, "it came and went, 1 of 100000 updates: `--times 10000` sees it with 10 %"),
        (32, 640, 59, None),
        (0, 0, 1, "it was seen once when it was recorded: --times 50 gives it more chances"),
        (0, 0, 2, None),
        (3, 3, 1, "it was seen once when it was recorded: --times 50 gives it more chances"),
    ],
)
def test_how_often_to_send_what_came_and_went_is_known_from_its_rate(
    broke: int, tried: int, times: int, said: str | None
) -> None:
    """What is gone and came and went is to be sent so often that it would be seen, unless it was."""
    lines = [*replayed(Replayed(came_and_went(broke, tried), Fate.GONE, times=times), Path("kept.har"))]

    assert [line.removeprefix("  often     ") for line in lines if "often  " in line] == ([said] if said else [])


def test_evidence_knows_at_the_end_of_a_run_how_often_it_was_seen(tmp_path: Path) -> None:
    """The rate in the file is that of the whole run, and not what was known when it was written first."""
    with serving(vendor_named("FailsEach20thTime")(load("docs"))) as server:
        run_suite("--base-url", server.url, "-k", "422", journal=tmp_path)
    found = [evidence for path in recording.files([evidence_beside(tmp_path)]) for evidence in recording.read(path)]

    assert found
    assert all(0.03 < evidence.broke / evidence.tried < 0.07 for evidence in found)


def test_a_disposable_customer_is_made_anew_and_removed(evidence: Path, tmp_path: Path) -> None:
    """Replay uses customers of its own, and leaves none behind."""
    with serving(Vendor(load("docs"))) as server:
        result = replay(str(evidence), "--base-url", server.url, "--journal", str(tmp_path / "j"))

    assert result.returncode == 0
    assert server.vendor.customers == {}
    assert list((tmp_path / "j").iterdir()) == []


def test_a_browser_s_recording_is_replayed(tmp_path: Path) -> None:
    """A call that failed in somebody's browser is sent to the same slug, and the customer's details are put back."""
    path = recorded(tmp_path, browser_s())
    vendor = KnowsAcme(load("docs"))
    acme = {"id": "1", "slug": "acme", "name": "Acme", "externalCustomerId": "acme-1"}
    vendor.customers["acme"] = dict(acme)

    with serving(vendor) as server:
        broken = replay(str(path), "--base-url", server.url, "--journal", str(tmp_path / "j"))
    mended = replay(str(path))

    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "SEEN AGAIN" in broken.stdout
    assert vendor.customers["acme"] | {"updatedAt": None} == acme | {"updatedAt": None}
    assert ("PUT", "/customers/acme") in server.calls
    assert mended.returncode == 0, mended.stdout + mended.stderr


def test_a_recording_becomes_an_entry_for_the_payloads(tmp_path: Path) -> None:
    """--as-test prints an entry that can be pasted into payloads.yaml, and sends nothing."""
    path = recorded(tmp_path, browser_s())

    result = replay(str(path), "--as-test", "--base-url", "http://127.0.0.1:9")
    (entry,) = yaml.safe_load(result.stdout)

    (found,) = recording.read(path)
    assert result.returncode == 0
    assert _payload("family", entry).request == replace(found.failing.template, path=f"/customers/{CUSTOMER}")


def test_a_target_that_does_not_answer_gives_no_verdict(evidence: Path, tmp_path: Path) -> None:
    """An unreachable target is one line and exit 6."""
    result = replay(
        str(evidence), "--base-url", "http://127.0.0.1:9", "--patience", "0.5", "--journal", str(tmp_path / "j")
    )

    assert result.returncode == 6
    assert result.stderr.startswith("No verdict: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("content", ["", "{}", '{"log":{"entries":[]}}', json.dumps({"log": {"entries": [{}]}})])
def test_a_file_that_is_not_ours_is_one_line_and_exit_2(content: str, tmp_path: Path) -> None:
    """A broken file is one line and exit 2, and nothing is sent."""
    (tmp_path / "odd.har").write_text(content)

    result = replay(str(tmp_path / "odd.har"), "--base-url", "http://127.0.0.1:9")

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "odd.har" in result.stderr


def test_evidence_that_needs_the_read_token_is_not_gone_without_it(tmp_path: Path) -> None:
    """What cannot be tried for want of a token is not tried: exit 6, and the reason."""
    path = recorded(tmp_path, browser_s(status=403))

    with serving(Vendor(load("docs"))) as server:
        result = replay(str(path), "--base-url", server.url, "--journal", str(tmp_path / "j"), KAITEN_READ_TOKEN="")

    assert result.returncode == 6
    assert "reason    KAITEN_READ_TOKEN is not set" in result.stdout


def test_replay_sends_nothing_but_updates_to_the_operation(tmp_path: Path) -> None:
    """Replay has the manners of a run: PUT to the operation, the rest to customers of its own."""
    with serving(vendor_named("TrimsNames")(load("docs"))) as server:
        run_suite("--base-url", server.url, "-k", "name-only-space", journal=tmp_path)
        server.calls.clear()
        replay(str(evidence_beside(tmp_path)), "--base-url", server.url, "--journal", str(tmp_path / "j"))

    assert {path for method, path in server.calls if method == "POST"} == {"/customers"}
    assert all(path.startswith("/customers/contract-test-") for method, path in server.calls if method != "POST")


def test_what_needs_another_customer_is_not_tried_with_one(tmp_path: Path) -> None:
    """With --customer no other customer is made, so what was done to another one cannot be seen again."""
    vendor = KnowsAcme(load("docs"))
    vendor.customers["acme"] = {"id": "1", "slug": "acme", "name": "Acme", "externalCustomerId": "acme-1"}
    broken = violation("update.isolated", "this", "that", "name")
    template = update(CUSTOMER, b'{"name":"x"}')
    step = Step(Part.FAILING, template, Exchange(template.addressed("contract-test-1"), None))
    kept = Evidence((step,), Source("docs", "http://127.0.0.1:1"), broken)
    har.write(tmp_path / "kept.har", har.to_har(kept))

    with serving(vendor) as server:
        folder = ("--journal", str(tmp_path / "j"))
        result = replay(str(tmp_path), "--base-url", server.url, "--customer", "acme", *folder)

    assert result.returncode == 6
    assert "NOT TRIED" in result.stdout
    assert "POST" not in {method for method, _ in server.calls}


def test_a_recorded_customer_that_is_not_there_is_not_gone(tmp_path: Path) -> None:
    """Where the target has no customer of the recorded slug nothing can be told: exit 6, and the reason."""
    path = recorded(tmp_path, browser_s())

    with serving(Vendor(load("docs"))) as server:
        result = replay(str(path), "--base-url", server.url, "--journal", str(tmp_path / "j"))

    assert result.returncode == 6
    assert "reason    the target has no customer 'acme'" in result.stdout
    assert ("PUT", "/customers/acme") not in server.calls
