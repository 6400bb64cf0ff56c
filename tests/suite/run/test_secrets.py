"""A token is seen nowhere: in no repr, log, traceback or process list, whatever is asked of pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.http.client import Client
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN, Secret, concealed
from contracts.http.request import update
from contracts.http.target import MOCK_URL, Target
from contracts.rules.document import load
from contracts.run import Options, Run
from contracts.vendor.model import MOCK_TOKENS, Answer, Call, Vendor
from tests.suite.kills import TOKENS
from tests.suite.served import serving
from tests.suite.suite_run import ROOT

WRITE, READ = MOCK_TOKENS
# Breaks the client within an exchange, or the reading of the options.
PLUGIN = """
from contracts.http import client
from contracts import options

def within(exchange):
    raise RuntimeError("a fault of the suite")

if "{where}" == "exchange":
    client.Connections._head = lambda connections, method, path, headers: within(headers)
else:
    options.target_from = lambda chosen, base_url, environment: within(environment)
"""


class EchoesTheToken(Vendor):
    """Sends the credential back in a header."""

    def handle(self, call: Call) -> Answer:
        answer = super().handle(call)
        answer.headers = [*answer.headers, ("X-You-Sent", call.header("authorization"))]
        return answer


def printed(folder: Path, *arguments: str) -> Iterator[str]:
    """Everything that can be seen of a run that is asked to show all."""
    verbose = ["-l", "--tb=long", "--full-trace", "--setup-show", "-rA", "--log-level=DEBUG", "-o", "log_cli=true"]
    files = [f"--journal={folder / 'j'}", f"--evidence={folder / 'e'}", f"--log-file={folder / 'log'}"]
    with serving(EchoesTheToken(load("docs"))) as server:
        target = ["--base-url", server.url, "-k", "published"]
        with subprocess.Popen(
            [sys.executable, "-X", "dev", "-m", "pytest", "tests/contract", *target, *verbose, *files, *arguments],
            cwd=ROOT,
            env=os.environ | TOKENS | {"PYTHONPATH": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            listed = Path(f"/proc/{process.pid}/cmdline")
            yield listed.read_text() if listed.exists() else ""
            yield process.communicate(timeout=120)[0]
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")


def test_no_token_is_in_a_log(tmp_path: Path) -> None:
    """All logs switched on, and a vendor that echoes the token: it is in no output and in no file."""
    seen = "\n".join(printed(tmp_path))

    assert "published" in seen
    assert WRITE not in seen
    assert READ not in seen


@pytest.mark.parametrize(("where", "said"), [("exchange", "RuntimeError"), ("options", "INTERNALERROR")])
def test_no_token_is_in_a_traceback(where: str, said: str, tmp_path: Path) -> None:
    """A fault of the suite itself, shown with all local variables, shows no token, nor half of one."""
    (tmp_path / "fault.py").write_text(PLUGIN.format(where=where), encoding="utf-8")

    seen = "\n".join(printed(tmp_path, "-p", "fault"))

    assert said in seen
    assert WRITE[:8] not in seen
    assert WRITE[-8:] not in seen


def test_no_token_is_in_a_repr() -> None:
    """The target and all that holds one show no token."""
    target = Target(MOCK_URL, {WRITE_TOKEN: WRITE, READ_TOKEN: READ})
    run = Run(Options(target, load("docs"))).open()
    exchange = run.client.send(update("nobody", b"{}"))
    shown = [target, run.options, run, run.client, run.customers, run.attempts, run.metrics, exchange, Client(target)]
    run.close()

    assert [text for text in map(repr, shown) if WRITE in text or READ in text] == []
    assert repr({"KAITEN_AUTH_TOKEN": Secret(WRITE)}) == "{'KAITEN_AUTH_TOKEN': '<secret>'}"


def test_what_pytest_shortens_is_concealed_too() -> None:
    """A repr that is cut within a token leaves neither of its halves."""
    tokens = {WRITE_TOKEN: "ksh_0123456789"}

    assert concealed("Bearer ksh_0123456789", tokens) == f"Bearer {WRITE_TOKEN}"
    assert concealed("Bearer ksh_0123...", tokens) == f"Bearer {WRITE_TOKEN}..."
    assert concealed("...456789'", tokens) == f"...{WRITE_TOKEN}'"
    assert concealed("ksh_...", tokens) == "ksh_..."
