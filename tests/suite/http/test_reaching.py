"""How a target is reached that not everybody may reach: headers for what stands in front of it, and certificates."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contracts.__main__ import main
from contracts.candidate import read
from contracts.customers.journal import Journal
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.credential import WRITE_TOKEN
from contracts.http.exchange import Failure, update
from contracts.http.target import MIB, Limits, Target, checked_headers, checked_tls
from contracts.options import passed_on, target_from
from contracts.rules.document import DOCUMENTS, load
from contracts.vendor.model import Answer, Call, Vendor
from tests.suite.recorder import EMPTY_204, in_turn, recording, running
from tests.suite.run.test_options import DEFAULTS, TOKENS
from tests.suite.served import RawServer, serving
from tests.suite.suite_run import doctor, release, replay, run_suite
from tests.suite.vendors import vendor_named

KEY = "gateway-0123456789"
UPDATE = update("acme", b'{"name":"x"}')
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")


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


def target(url: str, environment: Mapping[str, str] | None = None, **chosen: Any) -> Target:
    """The target of somebody who has chosen this."""
    return target_from(DEFAULTS | chosen, url, TOKENS | (environment or {}))


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
            came = client.once(UPDATE)

    assert server.requests[0].values("X-Gateway-Key") == [KEY]
    assert server.requests[0].values("X-Short") == ["my-key"]
    assert came.request == UPDATE
    assert came.headers_in_front == (("X-Gateway-Key", "<KAITEN_HEADER_1>"), ("X-Short", "<KAITEN_HEADER_2>"))
    assert KEY not in repr((came, chosen))
    assert "my-key" not in repr((came, chosen))


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
        told = (*where, *header, "-k", "absent", "--html", str(tmp_path / "page.html"))
        ran = run_suite(*told, journal=tmp_path, file="test_400_bad_request.py")
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
    outputs = [text for one in (ran, replayed, released, well) for text in (one.stdout, one.stderr)]
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

    assert "1 customers removed, 0 left" in capsys.readouterr().out
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


def openssl(folder: Path, *arguments: str) -> None:
    """Run openssl in this folder."""
    subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority (`ca.pem`), a certificate of it for 127.0.0.1 with its key, and an encrypted key."""
    folder = tmp_path_factory.mktemp("certificates")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    openssl(folder, "req", "-x509", *key, "-noenc", "-subj", "/CN=Ours", "-keyout", "ca.key", "-out", "ca.pem")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key")
    openssl(folder, "req", "-x509", *key, "-noenc", *subject, *signed, "-keyout", "own.key", "-out", "own.crt")
    (folder / "own.pem").write_text((folder / "own.crt").read_text() + (folder / "own.key").read_text())
    openssl(folder, "ec", "-in", "own.key", "-aes256", "-passout", "pass:x", "-out", "locked.key")
    (folder / "locked.pem").write_text((folder / "own.crt").read_text() + (folder / "locked.key").read_text())
    return folder


@contextmanager
def secure(certificates: Path, *, asks: bool = False, tunnel: list[bytes] | None = None) -> Iterator[str]:
    """A server that speaks TLS, and may ask for a certificate; its base URL.

    With a `tunnel` it is first the proxy before it: what asks for the tunnel is kept there.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "own.pem")
    if asks:
        context.load_verify_locations(certificates / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED

    class Secure(RawServer):
        """Serves a vendor over TLS."""

        def get_request(self) -> Any:
            connection, address = super().get_request()
            if tunnel is not None:
                tunnel.append(connection.recv(65536))
                # Any 2xx, after any 1xx, opens it (RFC 9110 section 9.3.6).
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nX-Proxy: yes\r\n\r\n")
            return context.wrap_socket(connection, server_side=True), address

    with running(Secure(Vendor(load("docs")))) as server:
        yield server.url.replace("http:", "https:")


@needs_openssl
@pytest.mark.parametrize(
    ("ca_bundle", "client_cert", "asks", "came"),
    [
        pytest.param(None, None, False, Failure.TLS, id="unknown-authority"),
        pytest.param("ca.pem", None, False, 401, id="authority-given"),
        pytest.param("ca.pem", None, True, Failure.TLS, id="certificate-asked-for"),
        pytest.param("ca.pem", "own.pem", True, 401, id="certificate-given"),
    ],
)
def test_a_secure_connection_is_made_with_the_given_files(
    ca_bundle: str | None, client_cert: str | None, asks: bool, came: object, certificates: Path
) -> None:
    """--ca-bundle is trusted besides the usual authorities, and --client-cert shown to who asks for one."""
    ca, own = (certificates / name if name else None for name in (ca_bundle, client_cert))
    with secure(certificates, asks=asks) as url, Client(target(url, ca_bundle=ca, client_cert=own)) as client:
        exchange = client.once(update("acme", b"", authorization=()))

    assert (exchange.status or exchange.failure) == came


@needs_openssl
@pytest.mark.parametrize(
    ("option", "file", "said"),
    [
        ("ca_bundle", "nowhere.pem", r"--ca-bundle \S+nowhere.pem cannot be read: No such file"),
        ("ca_bundle", "", r"--ca-bundle \S+ cannot be read: Is a directory"),
        ("ca_bundle", "own.key", r"--ca-bundle \S+own.key is not a PEM file with certificates"),
        ("client_cert", "nowhere.pem", r"--client-cert \S+nowhere.pem cannot be read: No such file"),
        ("client_cert", "own.crt", r"--client-cert \S+own.crt is not a PEM file with a certificate and its key"),
        ("client_cert", "locked.pem", r"--client-cert \S+locked.pem is not a PEM file with .* no password"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_wrong_call(option: str, file: str, said: str, certificates: Path) -> None:
    """A file that is missing or has something else in it is told in one line, and nobody is asked for a password."""
    with pytest.raises(WrongCall, match=said) as caught:
        checked_tls(**({"ca_bundle": None, "client_cert": None} | {option: certificates / file}))

    assert "\n" not in str(caught.value)


@needs_openssl
def test_a_large_body_may_take_longer_than_the_time_limit_over_tls(certificates: Path) -> None:
    """A server that takes a body of 8 MiB slowly, but takes some of it all the time, has kept the time limit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "own.pem")
    body = b'{"name":"%s"}' % (b"a" * 8 * MIB)

    def take_it_slowly() -> None:
        with context.wrap_socket(listening.accept()[0], server_side=True) as connection:
            with connection.makefile("rb") as file:
                for _ in range(8):
                    time.sleep(0.2)
                    file.read(MIB)
            connection.sendall(EMPTY_204)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        # What the kernel keeps is not sent slowly.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        server = threading.Thread(target=take_it_slowly)
        server.start()
        limits = {"time_limit": 0.9, "ca_bundle": certificates / "ca.pem"}
        with Client(target(f"https://127.0.0.1:{listening.getsockname()[1]}", **limits)) as client:
            exchange = client.once(update("acme", body))
        server.join()

    assert (exchange.status, exchange.failure) == (204, None)
    assert exchange.seconds > 0.9


@needs_openssl
@pytest.mark.parametrize("user", ["", "user:se%20cret@"], ids=["anybody", "with-credentials"])
def test_a_secure_target_is_reached_through_a_tunnel(
    user: str, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy is asked to connect, sees no token, and what it answers is no part of the answer."""
    asked: list[bytes] = []
    monkeypatch.setenv("no_proxy", "")
    with secure(certificates, tunnel=asked) as url:
        monkeypatch.setenv("https_proxy", url.replace("https://", f"http://{user}"))
        with Client(target("https://127.0.0.1", ca_bundle=certificates / "ca.pem", proxy_from_env=True)) as client:
            statuses = [client.once(update("acme", b"", authorization=())).status for _ in range(2)]
            response = client.once(UPDATE).response

    line, *fields = asked[0].decode().split("\r\n")
    assert statuses == [401, 401]
    assert response
    assert (response.status, response.values("X-Proxy")) == (404, [])
    assert response.wire_body == response.body
    assert line.startswith("CONNECT 127.0.0.1:443 HTTP/1.")
    assert ("Proxy-Authorization: Basic dXNlcjpzZSBjcmV0" in fields) == bool(user)
    assert (len(asked), b"uthorization: Bearer" in b"".join(asked)) == (1, False)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        pytest.param("HTTPS_PROXY", "proxy.example.com:3128", "HTTPS_PROXY must be like http://", id="no-scheme"),
        pytest.param("HTTPS_PROXY", "socks://me:secret@127.0.0.1:1080", "HTTPS_PROXY must be like http://", id="socks"),
        pytest.param("HTTPS_PROXY", "https://proxy.example.com", "HTTPS_PROXY must be like http://", id="proxy-by-tls"),
        pytest.param("HTTPS_PROXY", "http://", "HTTPS_PROXY must be like http://", id="no-host"),
        pytest.param("HTTPS_PROXY", "http://me:secret@[::1", "HTTPS_PROXY must be like http://", id="no-url"),
        pytest.param("HTTPS_PROXY", "http://proxy..example:1", "HTTPS_PROXY must be like http://", id="empty-label"),
        pytest.param("HTTPS_PROXY", "http://[::1]:99999", "HTTPS_PROXY must be like http://", id="no-port"),
        pytest.param("ALL_PROXY", "http://127.0.0.1:9", "only ALL_PROXY is set: set HTTPS_PROXY", id="only-all-proxy"),
        pytest.param("SSL_CERT_FILE", "/nowhere.pem", "SSL_CERT_FILE /nowhere.pem cannot be read: No", id="no-ca-file"),
        pytest.param("SSL_CERT_FILE", __file__, "SSL_CERT_FILE .* is not a PEM file with", id="other-file"),
    ],
)
def test_a_fault_of_the_environment_is_a_wrong_call(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy or an authority of the environment that cannot be used is told in one line, which shows no secret."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)

    with pytest.raises(WrongCall, match=said) as caught:
        Client(target("https://staging.example.com", proxy_from_env=True))

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_fault_of_the_environment_is_none_where_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not on the way to the target is not looked at: no proxy unless asked for, no authorities without TLS."""
    monkeypatch.setenv("HTTP_PROXY", "socks://127.0.0.1:1080")
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1080")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with recording(in_turn(EMPTY_204)) as server:
        for proxy_from_env in (False, True):
            with Client(target(server.url, proxy_from_env=proxy_from_env)) as client:
                assert client.once(UPDATE).status == 204


@needs_openssl
def test_the_commands_take_the_files(
    certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command makes its connection with the files that are named."""
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    files = ["--ca-bundle", str(certificates / "ca.pem"), "--client-cert", str(certificates / "own.pem")]
    with secure(certificates, asks=True) as url:
        doctor = ["doctor", "--base-url", url, "--journal", str(tmp_path)]
        main([*doctor, *files], standalone_mode=False)
        let_in = capsys.readouterr().out
        with pytest.raises(NoVerdict):
            main(doctor, standalone_mode=False)

    assert "reachable          yes, TLS, a valid certificate" in let_in
    assert "a private certificate authority needs --ca-bundle" in capsys.readouterr().out


def test_each_request_has_a_trace_id_of_its_own() -> None:
    """Each request has a new traceparent, in the form of W3C Trace Context, by which the vendor finds it."""
    with recording(in_turn(EMPTY_204)) as server, Client(target(server.url)) as client:
        ids = [client.once(UPDATE).trace_id for _ in range(3)]

    sent = [request.values("traceparent") for request in server.requests]
    assert len(set(ids)) == 3
    assert [value.split("-")[:2] for (value,) in sent] == [["00", one] for one in ids]
    assert all(len(value) == 55 and value.endswith("-01") for (value,) in sent)


@pytest.mark.parametrize(
    ("own", "trace_id"),
    [("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"), ("x", "")],
    ids=["well-formed", "odd"],
)
def test_a_request_keeps_its_own_traceparent(own: str, trace_id: str) -> None:
    """A request that sets one is sent as it is."""
    with recording(in_turn(EMPTY_204)) as server, Client(Target(server.url, {WRITE_TOKEN: "x"}, Limits())) as client:
        came = client.once(UPDATE.with_header("Traceparent", own))

    assert server.requests[0].values("traceparent") == [own]
    assert came.trace_id == trace_id
