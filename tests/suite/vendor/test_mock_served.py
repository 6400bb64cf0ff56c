"""The mock behind a real port keeps every promise of the contract that it stands for."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from contracts.vendor.model import MOCK_TOKENS
from tests.suite.garbage import thrown
from tests.suite.suite_run import NO_TABLES, ROOT, run_suite, served_mock

AUTHORIZED = {"Authorization": f"Bearer {next(iter(MOCK_TOKENS))}"}


def port_of(url: str) -> int:
    """The port of a base URL without a path."""
    return int(url.rpartition(":")[2])


@pytest.mark.parametrize(("contract", "prefix"), [("docs", ""), ("v1", "/api")], ids=["docs", "v1-under-a-prefix"])
def test_the_mock_keeps_its_contract_over_http(contract: str, prefix: str, tmp_path: Path) -> None:
    """A run against the served mock is green, with many updates, and leaves no customer; under a prefix, too."""
    with served_mock("--contract", contract, "--prefix", prefix) as (_, url):
        result = run_suite("--base-url", url, "--contract", contract, "--require-all", *NO_TABLES, journal=tmp_path)

    assert url.endswith(prefix)
    assert result.returncode == 0, result.stdout[-3000:]
    assert int(re.findall(r"updates sent +(\d+)", result.stdout)[0]) >= 100
    assert re.search(r"customers left +none", result.stdout)


def test_the_mock_stops_on_ctrl_c() -> None:
    """Ctrl-C ends the mock, without a traceback."""
    with served_mock() as (process, _):
        process.send_signal(signal.SIGINT)

        output, _ = process.communicate(timeout=10)

    assert process.returncode == 0
    assert "Traceback" not in output
    assert "Aborted" not in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_requests_that_never_end_do_not_keep_the_mock(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    """The mock ends while clients are in the middle of a head or of a body, without a word about it."""
    head = b"PUT /customers/x HTTP/1.1\r\nHost: x\r\n"
    unfinished = [head, head + b"Content-Length: 9\r\n\r\nx", head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nx"]
    with served_mock() as (process, url):
        clients = [socket.create_connection(("127.0.0.1", port_of(url))) for _ in unfinished]
        for client, sent in zip(clients, unfinished, strict=True):
            client.sendall(sent)
        time.sleep(0.3)
        process.send_signal(number)

        assert process.wait(10) == 0
        for client in clients:
            client.close()

    assert capfd.readouterr().err == ""


def test_the_mock_survives_garbage(capfd: pytest.CaptureFixture[str]) -> None:
    """Requests broken at the level of bytes never crash it: it says nothing, answers a good update, and ends."""
    with served_mock() as (process, url):
        seen = thrown(("127.0.0.1", port_of(url)), times=150, seed=1)
        httpx.post(f"{url}/customers", headers=AUTHORIZED, json={"name": "x", "slug": "contract-test-good"})
        answer = httpx.put(f"{url}/customers/contract-test-good", headers=AUTHORIZED, json={"name": "Good"})
        process.terminate()

        assert process.wait(10) == 0

    assert len(seen) > 10
    assert answer.status_code == 204
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="listening sockets are read from Linux's /proc")
@pytest.mark.parametrize(
    ("arguments", "address"),
    [pytest.param([], "0100007F", id="unless-told"), pytest.param(["--host", "127.0.0.2"], "0200007F", id="told")],
)
def test_the_mock_listens_where_it_was_told(arguments: list[str], address: str) -> None:
    """The mock listens on 127.0.0.1 and nowhere else; with --host on that address and nowhere else."""
    with served_mock(*arguments) as (_, url):
        tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
        rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]

    # Columns: number, local address and port in hexadecimal, remote one, state (0A is listening).
    listening = [
        row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port_of(url)
    ]
    assert listening == [address]


def test_the_mock_names_a_port_that_is_taken() -> None:
    """A port that is taken is one clear line and exit 2."""
    with served_mock() as (_, url):
        port = url.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "contracts", "mock", "--port", port]

        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
