"""The judge as a check of Schemathesis: with the real `st run`, and against the verdict of the judge itself."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis import Case, Response

from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.exchange import Exchange
from contracts.http.request import update
from contracts.http.retries import interruption
from contracts.http.target import Target
from contracts.rules.document import DOCUMENTS, load
from contracts.rules.judge import judge
from contracts.rules.operation import PATH
from contracts.rules.oracle import predict
from contracts.rules.promise import Violation
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Vendor
from tests.suite.choosy import TOKENS
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of
from tests.suite.vendors import vendor_named
from tests.suite.vendors.variant import Variant

WRITE, READ = MOCK_TOKENS
OPERATION = schemathesis.openapi.from_dict(dict(load("docs").content))[PATH]["PUT"]
# Requests of one customer, each in another circumstance: slug, body, Content-Type and Authorization.
PLAIN = ("acme", b'{"name":"x"}', "application/json", f"Bearer {WRITE}")
ASKED = {
    "valid": PLAIN,
    "not-json": ("acme", b"{", *PLAIN[2:]),
    "no-credential": (*PLAIN[:3], None),
    "wrong-credential": (*PLAIN[:3], "Bearer ksh_other"),
    "no-scope": (*PLAIN[:3], f"Bearer {READ}"),
    "unknown-slug": ("nobody", *PLAIN[1:]),
    "name-missing": ("acme", b'{"foo":1}', *PLAIN[2:]),
    "plain-text": (*PLAIN[:2], "text/plain", PLAIN[3]),
}
# Vendors of the catalogue whose faults stand in the answer, of each kind some; and some without a fault.
FAULTY = (
    *("TitleInLowerCase", "NoDetail", "AddsATraceId", "PutsTheStatusIntoAString", "SaysItTwice", "TitleOfRfc9110"),
    *(
        "AnswersOkWithTheCustomer",
        "AnswersCreated",
        "AnswersNoCredentialWith403",
        "IgnoresScopes",
        "EchoesTheTokenIn204",
    ),
    *("AcceptsPlainText", "Redirects", "AnnouncesGzipWith204"),
)
FAULTLESS = ("HintsEarly", "LimitsTheRate")


def st_run(url: str, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`st run` with our check, in a folder that has the schemathesis.toml of contracts/README.md."""
    shown = re.search(
        r"^    # schemathesis.toml\n((?:    .*\n|\n)+)", (ROOT / "contracts/README.md").read_text("utf-8"), re.MULTILINE
    )
    assert shown
    (folder / "schemathesis.toml").write_text(re.sub(r"^    ", "", shown[1], flags=re.MULTILINE), encoding="utf-8")
    own = {
        "SCHEMATHESIS_HOOKS": "contracts.schemathesis_check",
        "KAITEN_AUTH_TOKEN": WRITE,
        "KAITEN_READ_TOKEN": READ,
        "COLUMNS": "160",
    }
    st = str(Path(sys.executable).with_name("st"))
    command = [st, "run", str(DOCUMENTS / "docs.yaml"), "--url", url, "--seed", "1", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment_of(own | variables), capture_output=True, text=True, check=False
    )


def test_a_broken_promise_fails_the_check(tmp_path: Path) -> None:
    """A broken promise is reported with its id and its sentence, what was expected and what came."""
    variant = vendor_named("AnswersResetContent")
    vendor = variant(load("docs"))
    vendor.add("acme", "Acme")

    with serving(vendor) as server:
        result = st_run(server.url, tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert re.search(rf"^\s*(- )?(ST\d+ )?{re.escape(variant.breaks)}: ", result.stdout, re.MULTILINE), result.stdout
    assert re.search(r"expected .+\n\s+came ", result.stdout)


def test_each_promise_that_is_broken_is_reported(tmp_path: Path) -> None:
    """Two requests that break different promises are two failures: Schemathesis does not take them for one."""

    class Twice(Vendor):
        """Has a wrong title with one status, and a member that nobody documents with others."""

        def problem(self, call: Call, refusal: Any) -> Answer:
            answer = super().problem(call, refusal)
            if answer.status == 401:
                answer.body = answer.body.replace(b'"Unauthorized"', b'"unauthorized"')
            if answer.status in (415, 422):
                answer.body = answer.body.replace(b'"detail"', b'"trace":1,"detail"')
            return answer

    with serving(Twice(load("docs"))) as server:
        result = st_run(server.url, tmp_path, "--continue-on-failure")

    assert result.returncode == 1, result.stdout + result.stderr
    assert {"problem.title", "problem.members"} <= set(re.findall(r"(problem\.\w+): ", result.stdout)), result.stdout


def test_a_vendor_that_keeps_its_promises_passes(tmp_path: Path) -> None:
    """Nothing is reported of a correct vendor, though nobody knows which customers it has."""
    with serving(vendor_named("HintsEarly")(load("docs"))) as server:
        result = st_run(server.url, tmp_path, "--max-examples", "20")

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_missing_token_is_told_in_one_line(tmp_path: Path) -> None:
    """Without the token nothing is sent: which credential a request carries could not be told."""
    with serving(Vendor(load("docs"))) as server:
        result = st_run(server.url, tmp_path, KAITEN_AUTH_TOKEN="")

    assert result.returncode != 0
    assert "Missing environment variable: `KAITEN_AUTH_TOKEN`" in result.stdout + result.stderr
    assert not server.calls


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the check, imported with its variables set; what it has learnt of customers is forgotten."""
    monkeypatch.setenv("KAITEN_AUTH_TOKEN", WRITE)
    monkeypatch.setenv("KAITEN_READ_TOKEN", READ)
    module = importlib.import_module("contracts.schemathesis_check")
    module._existing.clear()
    yield module
    module._existing.clear()


def seen_by_schemathesis(url: str, asked: tuple[str, bytes, str, str | None]) -> tuple[Case[Any], Response]:
    """A case and what came of it, as Schemathesis has them; redirects are not followed, as `st run` does not."""
    slug, body, content_type, authorization = asked
    # No coding is asked for, as the suite's own client does not.
    headers = {"Content-Type": content_type, "Accept-Encoding": "identity"}
    headers |= {"Authorization": authorization} if authorization else {}
    case = OPERATION.Case(path_parameters={"customerSlug": slug}, headers=headers)
    response = requests.put(f"{url}/customers/{slug}", data=body, headers=headers, allow_redirects=False, timeout=10)
    return case, Response.from_any(response)


def told_by_the_check(check: ModuleType, case: Case[Any], response: Response) -> str:
    """What the check says of a response; nothing where it finds nothing wrong."""
    try:
        check.contract(None, response, case)
    except AssertionError as error:
        return str(error)
    return ""


def found_by_the_judge(url: str, asked: tuple[str, bytes, str, str | None]) -> tuple[Violation, ...]:
    """What the judge finds wrong with the same request, sent by the suite's own client."""
    slug, body, content_type, authorization = asked
    placeholders = {WRITE: WRITE_TOKEN, READ: READ_TOKEN}
    credential = () if authorization is None else (_replaced(authorization, placeholders),)
    request = update(slug, body, content_type=content_type, authorization=credential)
    with Client(Target(url, TOKENS)) as client:
        exchange: Exchange = client.once(request)
    if interruption(exchange):
        return ()
    document = load("docs")
    return judge(exchange, predict(request, document, {"acme"}), document).violations


def _replaced(text: str, others: dict[str, str]) -> str:
    for old, new in others.items():
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("name", [*FAULTY, *FAULTLESS])
def test_the_check_says_what_the_judge_finds(name: str, check: ModuleType) -> None:
    """For the same request the check names each violation that the judge finds, in its order, and no other."""
    variant = vendor_named(name)
    messages, found = {}, {}
    # One vendor for each of the two, so that what one asked does not change what the other gets.
    with serving(prepared(variant)) as for_the_check, serving(prepared(variant)) as for_the_judge:
        check._existing.add("acme")
        for circumstance, asked in ASKED.items():
            messages[circumstance] = told_by_the_check(check, *seen_by_schemathesis(for_the_check.url, asked))
            found[circumstance] = found_by_the_judge(for_the_judge.url, asked)

    seen = {circumstance: rules_in(text) for circumstance, text in messages.items()}
    judged = {
        circumstance: [violation.promise for violation in violations] for circumstance, violations in found.items()
    }
    # Which customers there are only the judge knows: `st run` takes any for one that is there, but for a 404.
    assert seen == {
        circumstance: ["status.valid" if promise == "status.slug" else promise for promise in promise_ids]
        for circumstance, promise_ids in judged.items()
    }
    broken = {promise for text in messages.values() for promise in rules_in(text)}
    assert (variant.breaks in broken) if name in FAULTY else not broken


def prepared(variant: type[Variant]) -> Variant:
    """A vendor that knows acme."""
    vendor = variant(load("docs"))
    vendor.add("acme", "Acme")
    return vendor


def rules_in(message: str) -> list[str]:
    """The promises that a message of the check names, in its order."""
    return re.findall(r"^([a-z]+\.[a-z_0-9]+): ", message, re.MULTILINE)


def test_each_violation_is_told_with_what_was_promised_and_what_came(check: ModuleType) -> None:
    """One error names every violation: its promise, what was expected, and what came."""

    class Twice(Vendor):
        """Has a wrong title, and a member that nobody documents."""

        def problem(self, call: Call, refusal: Any) -> Answer:
            answer = super().problem(call, refusal)
            answer.body = answer.body.replace(b'"Not Found"', b'"Gone"').replace(b'"detail"', b'"trace":1,"detail"')
            return answer

    with serving(Twice(load("docs"))) as server:
        message = told_by_the_check(check, *seen_by_schemathesis(server.url, ASKED["unknown-slug"]))

    assert sorted(rules_in(message)) == ["problem.members", "problem.title"]
    assert re.search(
        r'^problem\.title: The member title is .*\n  expected .*Not Found.*\n  came     "Gone"$', message, re.M
    )


def test_a_customer_of_whom_nothing_is_known_may_be_there_or_not(check: ModuleType) -> None:
    """Before the first 204 an update may be answered as if the customer were there, or not; after it only as if."""
    with serving(Vendor(load("docs"))) as server:
        messages = [told_by_the_check(check, *seen_by_schemathesis(server.url, PLAIN))]
        server.vendor.add("acme", "Acme")
        messages.append(told_by_the_check(check, *seen_by_schemathesis(server.url, PLAIN)))
        del server.vendor.customers["acme"]
        messages.append(told_by_the_check(check, *seen_by_schemathesis(server.url, PLAIN)))

    assert [rules_in(text) for text in messages] == [[], [], ["status.valid"]]


@pytest.mark.parametrize("name", ["SendsBytesAfter204", "StoresNothing", "CutsProblemsShort"])
def test_what_only_the_suite_sees_is_not_told(name: str, check: ModuleType) -> None:
    """Bytes after a 204, what is stored, and answers that break off are listed as not seen by `st run`, and are not."""
    with serving(prepared(vendor_named(name))) as server:
        message = told_by_the_check(check, *seen_by_schemathesis(server.url, PLAIN))

    assert message == ""
    assert "What only the suite sees is not judged here" in (check.__doc__ or "")


def test_what_is_none_of_the_operation_is_not_judged(check: ModuleType) -> None:
    """A response to another method or path says nothing of update-customer."""
    with serving(prepared(vendor_named("TitleInLowerCase"))) as server:
        case, _ = seen_by_schemathesis(server.url, PLAIN)
        others = [
            requests.request(method, f"{server.url}{path}", timeout=10)
            for method, path in (("GET", "/customers/nobody"), ("DELETE", "/customers/nobody"), ("PUT", "/others/x"))
        ]

        assert [told_by_the_check(check, case, Response.from_any(response)) for response in others] == [""] * 3
        assert [response.status_code for response in others] == [401, 401, 404]


def test_the_check_tells_no_token(check: ModuleType) -> None:
    """A token that an answer echoes is told by the name of its variable."""
    with serving(prepared(vendor_named("EchoesTheTokenIn204"))) as server:
        message = told_by_the_check(check, *seen_by_schemathesis(server.url, PLAIN))

    assert rules_in(message) == ["public.credential"]
    assert WRITE not in message


def test_schemathesis_itself_runs_the_check(check: ModuleType) -> None:
    """Among the checks of a case it is one like Schemathesis's own, and its failure has our words."""
    with serving(prepared(vendor_named("TitleInLowerCase"))) as server:
        case, response = seen_by_schemathesis(server.url, ASKED["unknown-slug"])

        with pytest.raises(BaseExceptionGroup) as caught:
            case.validate_response(response, checks=[check.contract])

    (failure,) = caught.value.exceptions
    assert re.search(
        r'problem\.title: The member title is .*\n  expected Not Found\n  came     "not found"', str(failure)
    )
