"""Headers for what stands in front of a target (`--header`), and those that the client adds by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.__main__ import main
from contracts.candidate import read
from contracts.customers.journal import Journal
from contracts.errors import WrongCall
from contracts.http.client import Client
from contracts.http.credential import WRITE_TOKEN
from contracts.http.target import Limits, Target, checked_headers
from contracts.options import passed_on
from contracts.rules.document import DOCUMENTS, load
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.http.test_reaching import UPDATE, target
from tests.suite.recorder import EMPTY_204, in_turn, recording
from tests.suite.run.test_options import DEFAULTS, TOKENS
from tests.suite.served import serving
from tests.suite.suite_run import doctor, release, replay, run_suite
from tests.suite.vendors import vendor_named

KEY = "gateway-0123456789"


def behind_a_gateway(vendor: Vendor) -> Vendor:
    """The vendor, with something in front of it that wants a key with every request, and shows it in each answer."""

    def handle(call: Call) -> Answer:
        if call.header("x-gateway-key") != KEY:
            return Answer(403, [("Content-Type", "text/html")], b"<h1>Who are you?</h1>")
        answer = handled(call)
        answer.headers = [*answer.headers, ("X-Your-Key", KEY)]
        return answer

    handled, vendor.handle = vendor.handle, handle  # type: ignore[method-assign]
    return vendor


@pytest.mark.parametrize(
    ("given", "variables"),
    [(f"X-Gateway-Key={KEY}", {}), ("X-Gateway-Key", {"KAITEN_HEADER_1": KEY})],
    ids=["value", "name-alone"],
)
def test_a_header_goes_with_every_request(given: str, variables: dict[str, str]) -> None:
    """A header of --header is sent with each request, is no part of it, and is seen as a placeholder."""
    with recording(in_turn(EMPTY_204)) as server:
        chosen = target(server.url, variables, header=[given, "X-Short=my-key"])
        with Client(chosen) as client:
            exchange = client.once(UPDATE)

    assert server.requests[0].values("X-Gateway-Key") == [KEY]
    assert server.requests[0].values("X-Short") == ["my-key"]
    assert exchange.request == UPDATE
    assert exchange.headers_in_front == (("X-Gateway-Key", "<KAITEN_HEADER_1>"), ("X-Short", "<KAITEN_HEADER_2>"))
    assert KEY not in repr((exchange, chosen))
    assert "my-key" not in repr((exchange, chosen))


def test_a_header_takes_the_place_of_one_of_the_client() -> None:
    """A header that the client would set by itself is sent once."""
    with recording(in_turn(EMPTY_204)) as server, Client(target(server.url, header=["user-agent=mine"])) as client:
        client.once(UPDATE)

    assert server.requests[0].values("User-Agent") == ["mine"]


@pytest.mark.parametrize(("value", "shown"), [(KEY, "<KAITEN_HEADER_1>"), ("404", "404")], ids=["long", "short"])
def test_the_value_of_a_header_is_masked_in_an_answer(value: str, shown: str) -> None:
    """A value that comes back is masked like a token, but for one so short that texts have it by chance."""
    reply = f"HTTP/1.1 404 X\r\nX-You: {value}\r\nContent-Length: {len(value)}\r\n\r\n{value}".encode()
    with recording(in_turn(reply)) as server, Client(target(server.url, header=[f"X-Key={value}"])) as client:
        response = client.once(UPDATE).response

    assert response
    assert (response.values("X-You"), response.body) == ([shown], shown.encode())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("secret value", "must be NAME=VALUE, or NAME alone", id="no-name"),
        pytest.param("X-Key: secret", "must be NAME=VALUE, or NAME alone", id="as-curl-has-it"),
        pytest.param("=secret", "must be NAME=VALUE, or NAME alone", id="empty-name"),
        pytest.param("X-K\u00e9y=secret", "must be NAME=VALUE, or NAME alone", id="name-beyond-ascii"),
        pytest.param("X-Key", "has no value.* set KAITEN_HEADER_1$", id="no-value"),
        pytest.param("X-Key=", "has no value", id="empty-value"),
        pytest.param("X-Key=secret\r\nX-Evil: 1", "that no header can carry", id="line-break"),
        pytest.param("X-Key=secr\u00e9t", "that no header can carry", id="value-beyond-ascii"),
        pytest.param("X-Key=secret ", "that no header can carry", id="space-at-the-end"),
        *(
            pytest.param(f"{name}=secret", f"--header {name} cannot be given: the suite sets", id=name)
            for name in ("Authorization", "content-type", "Content-Length", "HOST", "Transfer-Encoding", "Accept")
        ),
    ],
)
def test_what_cannot_be_a_header_is_a_wrong_call(given: str, said: str) -> None:
    """What is no header, or is one that the suite sets, is refused in one line, which shows no value."""
    with pytest.raises(WrongCall, match=said) as caught:
        checked_headers([given], {})

    assert "\n" not in str(caught.value)
    assert "secr" not in str(caught.value)


def test_of_a_header_its_name_is_passed_on() -> None:
    """Another command is told the name in its arguments; the value, which all could read there, is not."""
    assert passed_on(DEFAULTS | {"header": [f"X-Gateway-Key={KEY}", "X-Other"]}) == [
        *("--header", "X-Gateway-Key", "--header", "X-Other"),
    ]


def test_every_command_passes_what_stands_in_front(tmp_path: Path) -> None:
    """A run, the doctor, a release and a replay are let through; no output and no file of them has the value."""
    header = ("--header", f"X-Gateway-Key={KEY}")
    with serving(behind_a_gateway(vendor_named("TitleInLowerCase")(load("docs")))) as server:
        where = ("--base-url", server.url)
        arguments = (*where, *header, "-k", "absent", "--html", str(tmp_path / "page.html"))
        ran = run_suite(*arguments, journal=tmp_path, file="test_400_bad_request.py")
        found = [str(path) for path in (tmp_path / "evidence").glob("*.har")]
        folders = ("--journal", str(tmp_path / "j"), "--evidence", str(tmp_path / "e"))
        replayed = replay(*found, *where, *header)
        # Of the runs that a release makes a few tests are enough here.
        candidate = ("--candidate", str(DOCUMENTS / "docs.yaml"))
        released = release(*candidate, *where, *header, *folders, PYTEST_ADDOPTS="-k absent")
        well = doctor(*where, "--header", "X-Gateway-Key", KAITEN_HEADER_1=KEY)

    assert (ran.returncode, replayed.returncode, well.returncode) == (1, 1, 0), ran.stdout + replayed.stdout
    assert '-H "X-Gateway-Key: $KAITEN_HEADER_1"' in ran.stdout
    assert "trace     " in ran.stdout
    assert "SEEN AGAIN" in replayed.stdout
    assert "does without saying: problem.title" in released.stdout, released.stdout + released.stderr
    files = [path.read_text(encoding="utf-8", errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    outputs = [text for result in (ran, replayed, released, well) for text in (result.stdout, result.stderr)]
    assert not [text for text in (*files, *outputs) if KEY in text]
    assert any("$KAITEN_HEADER_1" in text for text in files if text.startswith("<!DOCTYPE"))


def test_what_was_left_is_removed_through_what_stands_in_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`clean` is let through, too, and tells a wrong file before anything else."""
    monkeypatch.setenv("KAITEN_AUTH_TOKEN", TOKENS["KAITEN_AUTH_TOKEN"])
    clean = ["clean", "--journal", str(tmp_path)]
    vendor = Vendor(load("docs"))
    vendor.customers["contract-test-left-1"] = {}
    with serving(behind_a_gateway(vendor)) as server:
        journal = Journal(tmp_path, "dead", server.url)
        journal.made("contract-test-left-1")
        journal.close()
        with pytest.raises(WrongCall, match=r"^--client-cert nowhere\.pem cannot be read: No such file or directory$"):
            main([*clean, "--client-cert", "nowhere.pem"], standalone_mode=False)
        main([*clean, "--header", f"X-Gateway-Key={KEY}"], standalone_mode=False)

    assert "1 customer removed, 0 left" in capsys.readouterr().out
    assert vendor.customers == {}


def test_a_wrong_header_is_a_wrong_call_of_every_command(tmp_path: Path) -> None:
    """Exit 4 from pytest and 2 from the commands, with the reason in one line."""
    wrong = ("--base-url", "http://127.0.0.1:9", "--header", "Host=x")

    ran, asked = run_suite(*wrong, journal=tmp_path), doctor(*wrong)

    assert (ran.returncode, asked.returncode) == (4, 2)
    assert "--header Host cannot be given" in ran.stderr
    assert asked.stderr == "Error: --header Host cannot be given: the suite sets Host itself\n"


def test_another_host_is_told_no_header() -> None:
    """A document at the target is asked for with its headers, one that lies elsewhere without them."""
    document = (DOCUMENTS / "docs.yaml").read_bytes()
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(document) + document
    with recording(in_turn(reply)) as own, recording(in_turn(reply)) as other:
        chosen = target(f"{own.url}/api", header=[f"X-Gateway-Key={KEY}"])
        for server in (own, other):
            read(f"{server.url}/openapi.yaml", chosen)

    assert own.requests[0].values("X-Gateway-Key") == [KEY]
    assert other.requests[0].values("X-Gateway-Key") == []


def test_each_request_has_a_trace_id_of_its_own() -> None:
    """Each request has a new traceparent, in the form of W3C Trace Context, by which the vendor finds it."""
    with recording(in_turn(EMPTY_204)) as server, Client(target(server.url)) as client:
        ids = [client.once(UPDATE).trace_id for _ in range(3)]

    sent = [request.values("traceparent") for request in server.requests]
    assert len(set(ids)) == 3
    assert [value.split("-")[:2] for (value,) in sent] == [["00", trace_id] for trace_id in ids]
    assert all(len(value) == 55 and value.endswith("-01") for (value,) in sent)


@pytest.mark.parametrize(
    ("own", "trace_id"),
    [("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"), ("x", "")],
    ids=["well-formed", "odd"],
)
def test_a_request_keeps_its_own_traceparent(own: str, trace_id: str) -> None:
    """A request that sets one is sent as it is."""
    with recording(in_turn(EMPTY_204)) as server, Client(Target(server.url, {WRITE_TOKEN: "x"}, Limits())) as client:
        exchange = client.once(UPDATE.with_header("Traceparent", own))

    assert server.requests[0].values("traceparent") == [own]
    assert exchange.trace_id == trace_id
