"""What is given as a candidate and is none: one clear line, exit 2, soon and in little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.candidate import read
from contracts.errors import WrongCall
from contracts.release.comparison import compared
from contracts.rules.document import DOCUMENTS, pinned
from contracts.rules.openapi import parsed
from tests.suite.suite_run import ROOT

HEAD = "openapi: 3.1.0\n"
ALIASES = (
    HEAD
    + "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
)
MERGES = (
    HEAD + "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
)
DOCS = (DOCUMENTS / "docs.yaml").read_text(encoding="utf-8")
NAME = "name: {type: string, minLength: 1}"
# A schema of two times two times … parts, 26 times over.
PARTS = "".join(
    f"\n    s{n}: {{allOf: [{{$ref: '#/components/schemas/s{n + 1}'}}, {{$ref: '#/components/schemas/s{n + 1}'}}]}}"
    for n in range(26)
)
MULTIPLIED = DOCS.replace(NAME, "name: {$ref: '#/components/schemas/s0'}").replace(
    "\n    Problem:", f"{PARTS}\n    s26: {{}}\n    Problem:"
)


# The most memory of this process alone: what getrusage tells of a child counts its parent's, too, until it is another.
MEASURING = """
import re, runpy, sys
measure = sys.argv.pop(1)
try:
    runpy.run_module("contracts", run_name="__main__")
finally:
    with open("/proc/self/status") as status, open(measure, "w") as file:
        file.write(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1])
"""


def measured(candidate: Path) -> tuple[subprocess.CompletedProcess[str], int]:
    """What is said of a candidate, and the most memory that it took, in KiB."""
    measure = candidate.with_name("measure")
    command = [sys.executable, "-c", MEASURING, str(measure), "release", "--candidate", str(candidate)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return result, int(measure.read_text())


BAD = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b"\n \n", "is empty", id="blank"),
    pytest.param(b"openapi: [3.1.0\npaths: {", "is broken YAML", id="broken-yaml"),
    pytest.param(b'{"openapi": "3.1.0", "paths": {', "is broken JSON", id="broken-json"),
    pytest.param(b"<!doctype html>\n<html><body>Sign in</body></html>", "is a web page", id="html"),
    pytest.param(b"just words", "is not an OpenAPI document", id="words"),
    pytest.param(b"- a\n- list\n", "is not an OpenAPI document", id="list"),
    pytest.param(b"\xff\xfe\x00binary", "is not UTF-8", id="binary"),
    pytest.param('{"openapi": "3.1.0"}'.encode("utf-16"), "is not UTF-8", id="utf-16"),
    pytest.param(b"swagger: '2.0'\npaths: {}", "is Swagger 2.0", id="swagger"),
    pytest.param(ALIASES.encode(), "its aliases multiply", id="alias-bomb"),
    pytest.param(MERGES.encode(), "it has no paths", id="merge-bomb"),
    pytest.param(DOCS.replace(NAME, f"{NAME}\n        {NAME}").encode(), "'name' twice in one object", id="name-twice"),
    pytest.param(
        b'{"openapi": "3.1.0",\n"paths": {},\n"paths": {}}', "'paths' twice in one object (line 3)", id="json-twice"
    ),
    pytest.param(DOCS.replace("3.1.0", "3.2.0", 1).encode(), "is OpenAPI 3.2, which is not read yet", id="openapi-3.2"),
    pytest.param(
        DOCS.replace("[write:customers]", "write:customers").encode(), "the list of scopes", id="scopes-as-text"
    ),
    pytest.param(f"{HEAD}paths: &p\n  /x: *p\n".encode(), "an alias that contains itself", id="alias-of-itself"),
    pytest.param(f"{HEAD}paths: !!python/object/apply:os.getcwd []\n".encode(), "YAML tag", id="python-tag"),
    pytest.param(f"{HEAD}paths: !include other.yaml\n".encode(), "YAML tag !include", id="custom-tag"),
    pytest.param(f"{HEAD}paths: {'[' * 300_000}".encode(), "more than 200 deep", id="deep-yaml"),
    pytest.param(b"- " * 400_000, "more than 200 deep", id="deep-block-yaml"),
    pytest.param(b'{"openapi": "3.1.0", "paths": ' + b'{"a":' * 200_000, "more than 200 deep", id="deep-json"),
    pytest.param(f"{HEAD}---\n{HEAD}".encode(), "more than one YAML document", id="two-documents"),
    pytest.param(b"openapi: 3.1.0\nx: " + b"a" * 5_000_000, "is larger than 4 MiB", id="large"),
    pytest.param(MULTIPLIED.encode(), "more than 1,000 parts", id="references-that-multiply"),
    pytest.param(DOCS.replace("required: [name]", "required: [{a: 1}]").encode(), "as OpenAPI has it", id="odd"),
]


# What would take the most memory or time.
HEAVY = ("alias-bomb", "merge-bomb", "deep-block-yaml", "deep-json", "large", "references-that-multiply")


@pytest.mark.parametrize(("data", "says"), BAD)
def test_what_is_no_document_is_refused(data: bytes, says: str, tmp_path: Path) -> None:
    """A file that cannot be read is refused in one line that names it."""
    path = tmp_path / "candidate.yaml"
    path.write_bytes(data)

    with pytest.raises(WrongCall) as caught:
        compared(pinned("docs"), read(str(path)))

    assert says in str(caught.value)
    assert "candidate.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("data", "says"), [pair for pair in BAD if pair.id in HEAVY])
def test_what_is_no_document_is_refused_soon(data: bytes, says: str, tmp_path: Path) -> None:
    """A file that is made to be costly is refused within 5 seconds of a processor and 300 MB, by exit 2."""
    path = tmp_path / "candidate.yaml"
    path.write_bytes(data)
    began = sum(os.times()[2:4])

    result, kibibytes = measured(path)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert says in result.stderr
    assert "candidate.yaml" in result.stderr
    assert sum(os.times()[2:4]) - began < 5
    assert kibibytes < 300 * 1024


@pytest.mark.parametrize("name", ["", "none.yaml"], ids=["folder", "nothing"])
def test_a_file_that_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    """A missing file, or a folder, is a wrong call."""
    with pytest.raises(WrongCall, match="there is no file"):
        read(str(tmp_path / name))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: on", {"a": "on"}, id="no-boolean-of-yaml-1.1"),
        pytest.param("a: 2026-01-01", {"a": "2026-01-01"}, id="no-date"),
        pytest.param("204: {}", {"204": {}}, id="keys-are-text"),
        pytest.param(
            "a: [1, -2, 0.5, 1e3, '1', true, null, ~]", {"a": [1, -2, 0.5, 1000.0, "1", True, None, None]}, id="scalars"
        ),
        pytest.param("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}, id="alias"),
        pytest.param(
            "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}, id="merge"
        ),
        pytest.param("a: !!str 1", {"a": "1"}, id="core-tag"),
        pytest.param('\ufeff{"a": [1]}', {"a": [1]}, id="json-with-a-mark"),
        pytest.param("{a: 1}", {"a": 1}, id="yaml-in-braces"),
    ],
)
def test_yaml_is_that_of_openapi(text: str, value: object) -> None:
    """YAML is read by the core schema of YAML 1.2, with keys that are text."""
    assert parsed(text.encode()) == value


def test_a_key_that_is_no_text_is_refused() -> None:
    """A list as a key has no counterpart in JSON."""
    with pytest.raises(ValueError, match="key that is not a string"):
        parsed(b"? [a]\n: b")
