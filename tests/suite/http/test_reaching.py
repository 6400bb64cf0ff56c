"""How a target is reached that not everybody may reach: certificates, proxies, and faults of the environment."""

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
from contracts.errors import NoVerdict, WrongCall
from contracts.http.client import Client
from contracts.http.exchange import Failure
from contracts.http.request import update
from contracts.http.target import MIB, Target, checked_tls
from contracts.options import target_from
from contracts.rules.document import load
from contracts.vendor.model import Vendor
from tests.suite.recorder import EMPTY_204, in_turn, recording, running
from tests.suite.run.test_options import DEFAULTS, TOKENS
from tests.suite.served import RawServer

UPDATE = update("acme", b'{"name":"x"}')
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")


def target(url: str, environment: Mapping[str, str] | None = None, **chosen: Any) -> Target:
    """The target of somebody who has chosen this."""
    return target_from(DEFAULTS | chosen, url, TOKENS | (environment or {}))


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
    ("ca_bundle", "client_cert", "asks", "expected"),
    [
        pytest.param(None, None, False, Failure.TLS, id="unknown-authority"),
        pytest.param("ca.pem", None, False, 401, id="authority-given"),
        pytest.param("ca.pem", None, True, Failure.TLS, id="certificate-asked-for"),
        pytest.param("ca.pem", "own.pem", True, 401, id="certificate-given"),
    ],
)
def test_a_secure_connection_is_made_with_the_given_files(
    ca_bundle: str | None, client_cert: str | None, asks: bool, expected: object, certificates: Path
) -> None:
    """--ca-bundle is trusted besides the usual authorities, and --client-cert shown to who asks for one."""
    ca, own = (certificates / name if name else None for name in (ca_bundle, client_cert))
    with secure(certificates, asks=asks) as url, Client(target(url, ca_bundle=ca, client_cert=own)) as client:
        exchange = client.once(update("acme", b"", authorization=()))

    assert (exchange.status or exchange.failure) == expected


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
