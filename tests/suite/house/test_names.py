"""The names of values say what the values are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.suite.suite_run import ROOT

# Words that would fit almost any value, and so do not say what it is.
FORBIDDEN = {"came", "told", "one", "mine"}
SOURCES = [
    path
    for folder in ("contracts", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
]


def forbidden_names(text: str) -> Iterator[str]:
    """The variables and arguments in the text of a file that have a forbidden name."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) if name in FORBIDDEN:
                yield f"line {node.lineno}: {name}"


def test_each_value_has_a_name_that_says_what_it_is() -> None:
    """No variable and no argument of the suite or of its tests is called came, told, one or mine."""
    found = [
        f"{path.relative_to(ROOT)}, {name}" for path in SOURCES for name in forbidden_names(path.read_text("utf-8"))
    ]

    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "came = 1",
        "first, (told, *rest) = 1, (2, 3)",
        "for one in range(3): pass",
        "[1 for mine in range(3)]",
        "with open('file') as came: pass",
        "lambda told: 1",
        "def run(*one): pass",
        "if (mine := 1): pass",
    ],
)
def test_a_forbidden_name_is_found_wherever_it_is_given(text: str) -> None:
    """A forbidden name is found in each kind of statement that can give a name to a value."""
    assert len(list(forbidden_names(text))) == 1
