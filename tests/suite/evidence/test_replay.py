"""Replay sends what evidence has again, with what it was sent in, and says of each broken promise what became of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from contracts.__main__ import main
from contracts.evidence import har
from contracts.evidence.har import Evidence, Part, Source, Step
from contracts.evidence.replay import Fate, Replayed
from contracts.fuzz.payloads import payload_of
from contracts.http.exchange import Exchange, Response
from contracts.http.request import CUSTOMER, Request, update
from contracts.report.terminal import replayed_lines
from contracts.rules.document import load
from contracts.rules.promise import violation
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Refusal, Vendor
from tests.suite.evidence.test_recordings import browser_s, recorded
from tests.suite.samples import PROBLEM, problem
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import ROOT, evidence_beside, run_suite
from tests.suite.suite_run import replay as replay_in_a_process
from tests.suite.vendors import vendor_named

SOURCE = Source("docs", "http://127.0.0.1:1")
LONG = update(CUSTOMER, b'{"name":"%s"}' % (b"a" * 256))
REFUSED = {"content": {"text": problem(422).decode()}, "headers": [{"name": "Content-Type", "value": PROBLEM[0][1]}]}


class CrashesWithAnotherTitle(vendor_named("CrashesOnLongNames")):
    """Fails on long names with another fault than before."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        status = 418 if refusal.status == 500 else refusal.status
        return super().problem(call, Refusal(status, refusal.detail, *refusal.errors))


class CrashesOnAccents(Vendor):
    """Has a customer that is not ours, and crashes on names with an accent."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.acme = self.add("acme", "Acme", "acme-1")

    def update(self, call: Call, slug: str) -> Answer:
        if b"\xc3" in call.body:
            raise Refusal(500, "It broke.")
        return super().update(call, slug)


def kept(
    promise: str, *sent: tuple[Part, Request], status: int = 204, rate: tuple[bool, int, int] = (False, 0, 0)
) -> Evidence:
    """Evidence of a broken promise, from a run against another target."""
    steps = []
    for part, template in sent:
        exchange = Exchange(template.addressed("contract-test-1"), Response(status, (), b"", b""))
        steps.append(Step(part, template, exchange))
    return Evidence(tuple(steps), SOURCE, violation(promise, "204", f"{status} Internal Server Error"), *rate)


def cleared(*rate: int) -> Evidence:
    """Evidence of what is left out and not cleared, seen by so many of so many updates and not again."""
    before = update(CUSTOMER, b'{"name":"x","externalCustomerId":"x"}')
    failing = update(CUSTOMER, b'{"name":"x"}')
    return kept("update.cleared", ("before", before), ("failing", failing), rate=(True, *rate))


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """A folder with the evidence of a name that is too long for a vendor, for two promises."""
    for promise in ("status.valid", "status.internal_error"):
        har.write(tmp_path / "evidence" / f"{promise}.har", har.to_har(kept(promise, ("failing", LONG), status=500)))
    return tmp_path / "evidence"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the mock, and no target that this machine happens to name."""
    monkeypatch.delenv("KAITEN_BASE_URL", raising=False)
    for name, token in zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True):
        monkeypatch.setenv(name, token)


@contextmanager
def served(vendor: type[Vendor]) -> Iterator[RawServer]:
    """A vendor behind a port."""
    with serving(vendor(load("docs"))) as server:
        yield server


def replay(path: Path, *arguments: str, to: RawServer | None = None) -> Result:
    """Replay a file or a folder, in this process."""
    where = ("--base-url", to.url, "--journal", str(path.parent / "j"), "--settle", "0.2") if to else ()
    return CliRunner().invoke(main, ["replay", str(path), *where, *arguments])


def test_a_failure_ends_with_the_command_that_shows_it_again(tmp_path: Path) -> None:
    """The last line of a failure is the replay command, and it works as it is printed, also at another desk."""
    desk = tmp_path / "desk"
    with served(vendor_named("CrashesOnLongNames")) as server:
        result = run_suite("--base-url", server.url, "-k", "name-256-characters", journal=tmp_path)
        (line, *_) = [line for line in result.stdout.splitlines() if "again     python -m contracts replay " in line]
        arguments = line.split("replay ")[1].split()
        shutil.copytree(ROOT / "contracts", desk / "contracts")
        shutil.copytree(evidence_beside(tmp_path), desk / "evidence")

        again = replay_in_a_process(*arguments, "--journal", str(tmp_path / "j"))
        elsewhere = replay_in_a_process("evidence", *arguments[-2:], folder=desk)

    assert arguments[-2:] == ["--base-url", server.url]
    assert (again.returncode, elsewhere.returncode) == (1, 1), again.stderr + elsewhere.stderr
    assert again.stdout.startswith("SEEN AGAIN  ")
    assert elsewhere.stdout.startswith("SEEN AGAIN  evidence/")
    assert not (desk / ".hypothesis").exists()


def test_a_read_that_went_back_in_time_is_sent_as_it_was(tmp_path: Path) -> None:
    """Where one read was at fault, and no history, its request is sent again alone, whatever its body is."""
    found = violation("update.linearizable", "a read that shows no older state", "an older one", "updatedAt")
    seen = replace(kept("update.linearizable", ("failing", update(CUSTOMER, b"")), status=400), violation=found)
    har.write(tmp_path / "one.har", har.to_har(seen))

    result = replay(tmp_path / "one.har")

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "0 seen again, 0 different, 1 gone")


def test_what_was_mended_is_gone(evidence: Path) -> None:
    """On the correct mock every recorded violation is gone, and the exit code is 0."""
    result = replay(evidence)

    assert result.exit_code == 0
    assert result.stdout.startswith("GONE  ")
    assert result.stdout.endswith("0 seen again, 0 different, 2 gone\n")


def test_what_broke_otherwise_is_different(evidence: Path) -> None:
    """A request that breaks another promise now is different: what came instead is shown, and the exit code is 1."""
    with served(CrashesWithAnotherTitle) as server:
        result = replay(evidence / "status.internal_error.har", to=server)

    assert result.exit_code == 1
    assert result.stdout.startswith("DIFFERENT  ")
    assert "recorded  500 Internal Server Error" in result.stdout
    assert "came      418 " in result.stdout


def test_a_failure_that_needs_what_came_before_says_so(tmp_path: Path) -> None:
    """Where the request that failed does not fail alone, replay says that it needs what was sent before it."""

    class KeepsWhatWasSetByUpdate(vendor_named("KeepsWhatIsLeftOut")):
        """Keeps an identifier that an update has set, and no other."""

        def store(self, customer: dict[str, object], value: dict[str, object]) -> None:
            super().store(customer, value)
            if customer["externalCustomerId"] != "x" and "createdAt" not in value:
                customer["externalCustomerId"] = value.get("externalCustomerId")

    har.write(tmp_path / "kept.har", har.to_har(cleared(0, 0)))
    with served(KeepsWhatWasSetByUpdate) as server:
        result = replay(tmp_path / "kept.har", to=server)

    assert result.exit_code == 1, result.output
    assert result.stdout.startswith("SEEN AGAIN, 3 of 3 times  ")
    assert "sent alone, to a fresh customer, it is not seen" in result.stdout


class WritesInTwoStepsWithAnotherTitle(vendor_named("WritesInTwoSteps")):
    """Mixes up updates at once, and also breaks a promise with each of its refusals."""

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        answer = super().problem(call, refusal)
        return replace(answer, body=answer.body.replace(b"Unprocessable", b"Unusable"))


def test_a_race_is_seen_again_whatever_else_is_wrong(tmp_path: Path) -> None:
    """Histories are tried until one breaks the promise of the file, and not just any promise."""
    with served(WritesInTwoStepsWithAnotherTitle) as server:
        run_suite("--base-url", server.url, "-k", "updates_and_reads_at_once", journal=tmp_path)
        result = replay(evidence_beside(tmp_path) / "update.atomic.har", to=server)

    assert result.stdout.startswith("SEEN AGAIN"), result.output


def test_an_answer_that_needs_other_updates_at_once_is_seen_again(tmp_path: Path) -> None:
    """Where a wrong answer comes only while other updates are under way, replay sends all of them at once again."""
    with served(vendor_named("FailsInACrowd")) as server:
        run = run_suite("--base-url", server.url, "-k", "many_updates_at_once", journal=tmp_path)
        assert run.returncode == 1, run.stdout
        result = replay(evidence_beside(tmp_path) / "status.internal_error.har", to=server)

    assert result.exit_code == 1, result.output
    assert result.stdout.startswith("SEEN AGAIN, 3 of 3 times  ")
    assert "it needs the other requests in the file: sent alone, to a fresh customer, it is not seen" in result.stdout


class RenamesWhatAnotherHas(Vendor):
    """Stores another name if a customer has this one already."""

    def store(self, customer: dict[str, object], value: dict[str, object]) -> None:
        has_it = any(each is not customer and each["name"] == value["name"] for each in self.customers.values())
        super().store(customer, value | ({"name": "x (2)"} if has_it else {}))


class KeepsWhatItHadBefore(Vendor):
    """Ignores an update with a name that this customer has had before."""

    def __init__(self, *args: Any) -> None:
        self.had: dict[str, set[object]] = {}
        super().__init__(*args)

    def store(self, customer: dict[str, object], value: dict[str, object]) -> None:
        had = self.had.setdefault(str(customer["slug"]), set())
        if value["name"] not in had or "createdAt" in value:
            super().store(customer, value)
        had.add(value["name"])


class FailsTheSecondTime(Vendor):
    """Answers one update, the second, 500."""

    updates = 0

    def update(self, call: Call, slug: str) -> Answer:
        self.updates += 1
        if self.updates == 2:
            raise Refusal(500, "It broke.")
        return super().update(call, slug)


NAMED_X = update(CUSTOMER, b'{"name":"x"}')


@pytest.mark.parametrize("vendor", [RenamesWhatAnotherHas, KeepsWhatItHadBefore])
def test_a_failure_that_needs_the_same_details_elsewhere_is_seen_again(vendor: type[Vendor], tmp_path: Path) -> None:
    """What goes wrong if another customer has the details, or its own has had them, is seen again, and told as that."""
    har.write(tmp_path / "kept.har", har.to_har(kept("update.stored", ("failing", NAMED_X))))
    with served(vendor) as server:
        result = replay(tmp_path / "kept.har", to=server)

    assert result.exit_code == 1, result.output
    assert result.stdout.startswith("SEEN AGAIN, 3 of 3 times  ")
    assert "state     it needs the same details at another customer, or earlier at its own" in result.stdout
    assert server.vendor.customers == {}


@pytest.mark.parametrize(
    ("promise", "said"),
    [("status.internal_error", "SEEN AGAIN, comes and goes: seen 1 of "), ("problem.title", "DIFFERENT  ")],
)
def test_what_is_seen_by_chance_is_not_said_to_need_anything(promise: str, said: str, tmp_path: Path) -> None:
    """A vendor that fails once, while replay tries the same details elsewhere, comes and goes, or is different."""
    har.write(tmp_path / "kept.har", har.to_har(kept(promise, ("failing", NAMED_X), status=500)))
    with served(FailsTheSecondTime) as server:
        result = replay(tmp_path / "kept.har", to=server)

    assert result.stdout.startswith(said), result.output
    assert result.exit_code == 1
    assert "state     " not in result.stdout


def test_what_is_gone_names_its_test(tmp_path: Path) -> None:
    """A file has the requests of one failure, and not all of its test: where they show nothing, the test is named."""
    test = "tests/contract/test_success.py::test_it[one]"
    seen = kept("status.valid", ("failing", NAMED_X), status=500)
    har.write(tmp_path / "kept.har", har.to_har(replace(seen, source=replace(SOURCE, test=test))))

    with served(Vendor) as server:
        result = replay(tmp_path / "kept.har", to=server)

    command = f"python -m pytest tests/contract -k 'test_it[one]' --base-url {server.url} --contract docs"
    assert f"  test      to be sure, run its whole test: {command}\n" in result.stdout


def test_a_failure_that_comes_and_goes_is_tried_as_often_as_asked(tmp_path: Path) -> None:
    """The file has the rate of the whole run; --times sends it so often, and says how often it was seen."""
    with served(vendor_named("FailsEach20thTime")) as server:
        run_suite("--base-url", server.url, "-k", "422", journal=tmp_path)
        found = har.read([evidence_beside(tmp_path)])
        result = replay(evidence_beside(tmp_path), "--times", "40", to=server)

    # Of a few updates a rate says little.
    rates = {each.promise: each.broke / each.tried for _, each in found if each.tried > 100}
    assert {"status.internal_error", "status.schema"} <= rates.keys()
    assert all(0.03 < rate < 0.07 for rate in rates.values())
    assert result.exit_code == 1
    assert "SEEN AGAIN, comes and goes: seen 2 of 40 times  " in result.stdout
    assert "alone, on a fresh customer" not in result.stdout


def test_what_was_seen_once_by_chance_is_not_said_to_need_what_came_before(tmp_path: Path) -> None:
    """Where a failure comes and goes, one that is seen at the first try and not again says nothing of what it needs."""

    class FailsOnce(Vendor):
        """Keeps the old identifier once, when an update leaves it out for the second time."""

        left_out = 1

        def store(self, customer: dict[str, object], value: dict[str, object]) -> None:
            before = customer["externalCustomerId"]
            super().store(customer, value)
            if "externalCustomerId" not in value and "createdAt" not in value:
                self.left_out += 1
                if self.left_out == 2:
                    customer["externalCustomerId"] = before

    har.write(tmp_path / "kept.har", har.to_har(cleared(0, 0)))
    with served(FailsOnce) as server:
        result = replay(tmp_path / "kept.har", to=server)

    assert result.stdout.startswith("SEEN AGAIN, comes and goes: seen 1 of 3 times  "), result.output
    assert "alone, on a fresh customer" not in result.stdout


@pytest.mark.parametrize(
    ("broke", "tried", "times", "said"),
    [
        (32, 640, 1, "it came and went, 32 of 640 updates: `--times 59` sees it with 95 %"),
        (32, 640, 58, "it came and went, 32 of 640 updates: `--times 59` sees it with 95 %"),
        (1, 2, 1, "it came and went, 1 of 2 updates: `--times 5` sees it with 95 %"),
        (1, 100_000, 1, "it came and went, 1 of 100000 updates: `--times 10000` sees it with 10 %"),
        (32, 640, 59, None),
        (0, 0, 1, "it was seen only once when it was recorded: try --times 50"),
        (0, 0, 2, None),
        (3, 3, 1, "it was seen only once when it was recorded: try --times 50"),
    ],
)
def test_how_often_to_send_what_came_and_went_is_known_from_its_rate(
    broke: int, tried: int, times: int, said: str | None
) -> None:
    """What is gone and came and went is to be sent so often that it would be seen, unless it was."""
    shown = [*replayed_lines(Replayed(cleared(broke, tried), Fate.GONE, times=times), Path("kept.har"))]

    assert [line.removeprefix("  often     ") for line in shown if "often  " in line] == ([said] if said else [])


@pytest.mark.parametrize("name", ["TrimsNames", "Vendor"])
def test_replay_has_the_manners_of_a_run(name: str, tmp_path: Path) -> None:
    """Replay sends PUT to the operation, the rest to customers of its own, and leaves none of them behind."""
    template = update(CUSTOMER, b'{"name":" "}')
    har.write(tmp_path / "kept.har", har.to_har(kept("update.stored", ("failing", template))))

    with served(Vendor if name == "Vendor" else vendor_named(name)) as server:
        result = replay(tmp_path / "kept.har", to=server)

    assert result.exit_code == (0 if name == "Vendor" else 1), result.output
    assert {path for method, path in server.calls if method == "POST"} == {"/customers"}
    assert all(path.startswith("/customers/contract-test-") for method, path in server.calls if method != "POST")
    assert server.vendor.customers == {}
    assert list((tmp_path / "j").iterdir()) == []


def test_replay_keeps_no_customer_of_a_try_that_is_over(tmp_path: Path) -> None:
    """However often a failure is tried on a new customer, a target has only a few of them at once."""
    most = 0

    class Counts(Vendor):
        def create(self, call: Call) -> Answer:
            nonlocal most
            answer = super().create(call)
            most = max(most, len(self.customers))
            return answer

    har.write(tmp_path / "kept.har", har.to_har(kept("update.stored", ("failing", update(CUSTOMER, b'{"name":" "}')))))

    with served(Counts) as server:
        replay(tmp_path / "kept.har", "--times", "30", to=server)

    assert most < 10


def test_a_browser_s_recording_is_replayed_on_a_customer_of_ours(tmp_path: Path) -> None:
    """A call that failed in somebody's browser is sent to a fresh customer; the recorded one is not touched."""
    path = recorded(tmp_path, browser_s())

    with served(CrashesOnAccents) as server:
        broken = replay(path, to=server)
    mended = replay(path)

    assert broken.exit_code == 1, broken.output
    assert broken.stdout.startswith("SEEN AGAIN  ")
    assert re.search(r"customer  /customers/contract-test-\S+, not /customers/acme; --customer SLUG", broken.stdout)
    assert not [path for _, path in server.calls if path == "/customers/acme"]
    assert (mended.exit_code, mended.stdout[:4]) == (0, "GONE"), mended.output


def test_what_a_browser_s_update_stored_is_read(tmp_path: Path) -> None:
    """A recording does not show what was stored: replay reads it, and finds that it is not what was sent."""
    sent = {"postData": {"text": '{"name":" Acme "}'}, "bodySize": 17}
    path = recorded(tmp_path, browser_s(status=204, request=sent, response={"content": {}}))

    with served(vendor_named("TrimsNames")) as server:
        result = replay(path, to=server)

    assert result.stdout.startswith("DIFFERENT  "), result.output
    assert "update.stored: " in result.stdout


def test_a_browser_s_recording_is_replayed_on_the_customer_that_is_given(tmp_path: Path) -> None:
    """With --customer it is sent to that one, and its details are put back."""
    path = recorded(tmp_path, browser_s())

    with served(CrashesOnAccents) as server:
        acme = dict(server.vendor.acme)
        broken = replay(path, "--customer", "acme", to=server)

    assert broken.stdout.startswith("SEEN AGAIN  "), broken.output
    assert "--customer SLUG" not in broken.stdout
    assert ("PUT", "/customers/acme") in server.calls
    assert server.vendor.customers == {"acme": acme | {"updatedAt": server.vendor.acme["updatedAt"]}}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param(
            browser_s(request={"postData": None, "bodySize": 45}),
            "its whole body is not in the file",
            id="no-body",
        ),
        pytest.param(
            browser_s(url="https://app.example.com/customers/acme?dryRun=true"),
            "its URL has a query, and the operation takes none",
            id="query",
        ),
    ],
)
def test_a_recording_that_cannot_be_sent_as_it_was_is_not_tried(
    entry: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """Where not all that was sent is known nothing is sent in its place: exit 6, and the reason."""
    path = recorded(tmp_path, entry)

    with served(Vendor) as server:
        result = replay(path, to=server)

    assert result.exit_code == 6
    assert result.stdout.splitlines()[:-1] == [f"NOT TRIED  {path}", f"  reason    {said}"]
    assert "PUT" not in {method for method, _ in server.calls}
    assert replay(path, "--as-test").stdout == f"# {path}: {said}\n"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param(browser_s(status=422, response=REFUSED), "  recorded  nothing was broken", id="as-promised"),
        pytest.param(
            browser_s(status=422, response={"content": {"size": 160}}),
            "  recorded  the file does not have the whole answer: only its status was judged",
            id="answer-s-text-missing",
        ),
        pytest.param(
            browser_s(status=-1),
            "  answer.given: A request is answered within the limits of time and size if a plain update is.",
            id="no-answer",
        ),
    ],
)
def test_nothing_is_claimed_of_what_is_not_in_the_file(entry: dict[str, Any], said: str, tmp_path: Path) -> None:
    """A recorded answer is judged as far as it is known; an answer of today is not no answer again."""
    name_null = {
        "postData": {"text": '{"name":null}'},
        "bodySize": 13,
        "headers": [{"name": "content-type", "value": "application/json"}],
    }
    entry = entry | {"request": entry["request"] | name_null}
    result = replay(recorded(tmp_path, entry))

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("GONE  ")
    assert said in result.stdout.splitlines()


def test_a_status_is_judged_without_its_body(tmp_path: Path) -> None:
    """A 500 whose text was not recorded is seen again where 500 comes again."""
    with served(CrashesOnAccents) as server:
        result = replay(recorded(tmp_path, browser_s(response={"content": {"size": 160}})), to=server)

    assert result.stdout.startswith("SEEN AGAIN  "), result.output
    assert "status.internal_error: " in result.stdout


def test_bytes_in_base64_are_sent_decoded(tmp_path: Path) -> None:
    """What the browser recorded as base64 goes out as the bytes that it was."""
    coded = {"postData": {"text": "eyJuYW1lIjogIsOpIn0=", "encoding": "base64"}, "bodySize": 14}
    entry = browser_s(headers={"content-type": "application/json", "content-length": "14"}, request=coded)

    with served(CrashesOnAccents) as server:
        result = replay(recorded(tmp_path, entry), to=server)

    assert result.stdout.startswith("SEEN AGAIN  "), result.output
    assert "14 bytes of application/json" in result.stdout


def test_a_recording_becomes_an_entry_for_the_payloads(tmp_path: Path) -> None:
    """--as-test prints an entry that can be pasted into payloads.yaml, and sends nothing."""
    path = recorded(tmp_path, browser_s())

    result = replay(path, "--as-test", "--base-url", "http://127.0.0.1:9")
    (entry,) = yaml.safe_load(result.stdout)

    ((_, found),) = har.read([path])
    assert result.exit_code == 0
    assert payload_of("family", entry).request == replace(found.failing.template, path=f"/customers/{CUSTOMER}")


def test_a_target_that_does_not_answer_gives_no_verdict(evidence: Path, tmp_path: Path) -> None:
    """An unreachable target is one line and exit 6, after a line that says how long it is waited for."""
    where = ("--base-url", "http://127.0.0.1:9", "--patience", "0.5", "--journal", str(tmp_path / "j"))
    result = replay_in_a_process(str(evidence), *where)

    assert result.returncode == 6
    first, last = result.stderr.splitlines()
    assert first == "http://127.0.0.1:9: waits 0.5 s (--patience) for a target that does not answer"
    assert last.startswith("No verdict: ")


def test_a_file_that_is_not_ours_is_one_line_and_exit_2(tmp_path: Path) -> None:
    """A broken file is one line and exit 2, and nothing is sent."""
    (tmp_path / "odd.har").write_text("{}")

    result = replay_in_a_process(str(tmp_path / "odd.har"), "--base-url", "http://127.0.0.1:9")

    assert result.returncode == 2
    assert result.stderr == f"Error: {tmp_path / 'odd.har'} is not a HAR file, or is broken\n"


def test_evidence_that_needs_the_read_token_is_not_gone_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be tried for want of a token is not tried: exit 6, and the reason."""
    monkeypatch.delenv("KAITEN_READ_TOKEN")

    with served(Vendor) as server:
        result = replay(recorded(tmp_path, browser_s(status=403)), to=server)

    assert result.exit_code == 6
    assert "reason    KAITEN_READ_TOKEN is not set" in result.stdout


def test_what_needs_another_customer_is_not_tried_with_one(tmp_path: Path) -> None:
    """With --customer no other customer is made, so what was done to another one cannot be seen again."""
    template = update(CUSTOMER, b'{"name":"x"}')
    har.write(tmp_path / "kept.har", har.to_har(kept("update.isolated", ("failing", template))))

    with served(CrashesOnAccents) as server:
        result = replay(tmp_path / "kept.har", "--customer", "acme", to=server)

    assert result.exit_code == 6
    assert "NOT TRIED" in result.stdout
    assert "reason    it needs other customers" in result.stdout
    assert "POST" not in {method for method, _ in server.calls}


def test_an_id_that_may_be_a_stranger_s_slug_is_not_sent(tmp_path: Path) -> None:
    """An id that is not random may be somebody else's slug: evidence with an id is not sent where ids are like that."""
    har.write(tmp_path / "kept.har", har.to_har(kept("status.slug", ("failing", update("<CUSTOMER_ID>", b"{}")))))

    with served(vendor_named("NumbersCustomers")) as server:
        result = replay(tmp_path / "kept.har", to=server)

    assert result.exit_code == 6
    assert "reason    the id of a customer is not known, or not drawn at random" in result.stdout
    assert not [path for method, path in server.calls if method == "PUT"]


def test_a_form_of_the_slug_that_may_be_a_stranger_s_is_not_sent_with_one_customer(tmp_path: Path) -> None:
    """A beginning of the slug of --customer may be somebody else's, so evidence with one is not sent to it."""
    template = update("<CUSTOMER_BEGINNING>", b'{"name":"x"}')
    har.write(tmp_path / "kept.har", har.to_har(kept("status.slug", ("failing", template))))

    with served(CrashesOnAccents) as server:
        result = replay(tmp_path / "kept.har", "--customer", "acme", to=server)

    assert result.exit_code == 6
    assert "reason    a beginning of the slug of --customer may be the slug of somebody else's" in result.stdout
    assert not [path for _, path in server.calls if path != "/customers/acme"]


def test_the_target_of_a_run_is_that_of_its_replay(evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --base-url, evidence is sent to KAITEN_BASE_URL, as by a run, and the first line says where it goes."""
    with served(vendor_named("CrashesOnLongNames")) as server:
        monkeypatch.setenv("KAITEN_BASE_URL", server.url)
        result = replay(evidence, "--journal", str(evidence.parent / "j"))

    assert result.exit_code == 1
    assert f"{server.url}: waits" in result.stderr
    assert result.stdout.endswith("2 seen again, 0 different, 0 gone\n")
