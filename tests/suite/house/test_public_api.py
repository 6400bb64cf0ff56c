"""Of Schemathesis, Hypothesis, httpx, httpcore and h11 nothing is used but what they document."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.suite.suite_run import ROOT

# The modules that each library documents; of them the names that they export.
DOCUMENTED = {
    "schemathesis": {"schemathesis", *(f"schemathesis.{name}" for name in ("errors", "graphql", "openapi", "pytest"))},
    "hypothesis": {
        "hypothesis",
        *(f"hypothesis.{name}" for name in ("strategies", "database", "errors", "extra.redis", "stateful")),
    },
    "httpx": {"httpx"},
    "h11": {"h11"},
    "httpcore": {"httpcore"},
}
# What the documentation of a module names and its `__all__` does not, or where it has none.
BESIDES = {
    "hypothesis": {"strategies", "database", "errors", "stateful", "extra"},
    "schemathesis": {"errors", "graphql", "openapi", "pytest"},
}
SOURCES = [
    path
    for path in [ROOT / "conftest.py", *sorted(ROOT.glob("contracts/**/*.py")), *sorted(ROOT.glob("tests/**/*.py"))]
    if path != Path(__file__).resolve()
]
LIBRARY = re.compile(rf"_?(?:{'|'.join(DOCUMENTED)})(?:_\w+)?(?:\.\w+)*")


def tree_of(path: Path) -> ast.Module:
    """A file of ours, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def library_of(name: str) -> str | None:
    """The library that a dotted name is of: its module, or one that it has beside it, with an underscore for one."""
    top = name.split(".")[0]
    return next((library for library in DOCUMENTED if top.strip("_").split("_")[0] == library), None)


def imported(tree: ast.Module) -> Iterator[tuple[int, str, str | None]]:
    """Each import: its line, the module, and the name that is taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)


def exported(module: str) -> set[str]:
    """The names that a documented module exports."""
    found = import_module(module)
    own = {name for name in vars(found) if not name.startswith("_")}
    return set(getattr(found, "__all__", own)) | BESIDES.get(module, set())


def wrong_imports(tree: ast.Module) -> Iterator[str]:
    """The imports of what is not documented."""
    for line, module, name in imported(tree):
        library = library_of(module)
        if library is None:
            continue
        whole = f"{module}.{name}" if name else module
        known = module in DOCUMENTED[library] and (
            name is None or name in exported(module) or whole in DOCUMENTED[library]
        )
        if not known:
            yield f"line {line}: {whole}"


def aliases(tree: ast.Module) -> dict[str, str]:
    """What each name stands for that an import of a library binds."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                # Without `as` the first step of a dotted name is what is bound.
                bound |= {alias.asname or top: alias.name if alias.asname else top} if library_of(top) else {}
        elif isinstance(node, ast.ImportFrom) and node.module and library_of(node.module):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return bound


def dotted(node: ast.expr, bound: dict[str, str]) -> str | None:
    """The dotted name of a library that an expression is; None where it is none."""
    if isinstance(node, ast.Name):
        return bound.get(node.id)
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value, bound)
        return f"{inner}.{node.attr}" if inner else None
    return None


def wrong_attributes(tree: ast.Module) -> Iterator[str]:
    """What is asked of a documented module that it does not export."""
    bound = aliases(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        module = dotted(node.value, bound)
        whole = f"{module}.{node.attr}"
        modules = set().union(*DOCUMENTED.values())
        unknown = module in modules and node.attr not in exported(module) and whole not in modules
        if unknown or (module and any(step.startswith("_") for step in whole.split("."))):
            yield f"line {node.lineno}: {whole}"


def own_names(tree: ast.Module) -> Iterator[str]:
    """The names that a file of ours defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from [node.attr] if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") else []


# The names that we give ourselves, anywhere: functions, classes, fields, and what an object of ours sets on itself.
OURS = {name for path in SOURCES for name in own_names(tree_of(path))}


def foreign_underscores(tree: ast.Module) -> Iterator[str]:
    """What is asked for that begins with an underscore, and that we did not name so ourselves."""
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else None
        if isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = str(node.args[1].value) if called in ("getattr", "setattr", "hasattr", "delattr") else None
        if name and name.startswith("_") and not name.startswith("__") and name not in OURS:
            yield f"line {node.lineno}: {name}"


def wrong_texts(tree: ast.Module) -> Iterator[str]:
    """The texts that name a module which is not documented: for a command line, a patch, or an import by name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if LIBRARY.fullmatch(node.value) and "." in node.value and is_module(node.value):
            yield f"line {node.lineno}: {node.value}"


def is_module(name: str) -> bool:
    """Whether a name is that of a module of the library, or of something in one, that is not documented."""
    library = library_of(name)
    if library is None or name in DOCUMENTED[library]:
        return False
    module, _, last = name.rpartition(".")
    return not (module in DOCUMENTED[library] and last in exported(module)) and not name.endswith((".toml", ".http11"))


def test_every_file_uses_what_is_documented() -> None:
    """No file imports, asks for or names a module or a name that its library does not document."""
    rules = (wrong_imports, wrong_attributes, foreign_underscores, wrong_texts)

    found = [
        f"{path.relative_to(ROOT)}, {wrong}"
        for path in SOURCES
        for tree in [tree_of(path)]
        for rule in rules
        for wrong in rule(tree)
    ]

    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import schemathesis.core",
        "import schemathesis.specs.openapi as openapi",
        "from schemathesis.core.transport import Response",
        "from schemathesis.generation.jsonschema.builder import build",
        "from schemathesis import specs",
        "from schemathesis.generation import GenerationMode",
        "import schemathesis\nschemathesis.core.compat",
        "import schemathesis as st\nst.hooks.register",
        "import hypothesis.internal.reflection",
        "from hypothesis.internal import conjecture",
        "import hypothesis\nhypothesis.core.global_force_seed",
        "from hypothesis.core import given",
        "import _hypothesis_globals",
        "import _hypothesis_pytestplugin",
        "test.hypothesis.inner_test._hypothesis_internal_add_digest = b''",
        "setattr(test, '_hypothesis_internal_use_seed', 1)",
        "import httpx\nhttpx._models.Response",
        "from httpx._types import HeaderTypes",
        "from httpx import _client",
        "import httpcore\nhttpcore._sync.ConnectionPool",
        "from httpcore._backends.sync import SyncStream",
        "import httpcore\npool = httpcore.ConnectionPool()\npool._requests",
        "command = ['-m', 'schemathesis.cli']",
        "monkeypatch.setattr('httpx._client.Client', None)",
        "importlib.import_module('schemathesis.specs.openapi')",
    ],
)
def test_what_is_not_documented_is_found(line: str) -> None:
    """Each way to reach what is not documented is found, so that no file can."""
    tree = ast.parse(line)

    assert [*wrong_imports(tree), *wrong_attributes(tree), *foreign_underscores(tree), *wrong_texts(tree)]


@pytest.mark.parametrize(
    "line",
    [
        "import schemathesis\nschemathesis.openapi.from_dict({})\nschemathesis.Config.from_dict({})",
        "from schemathesis import Case, CheckContext, GenerationMode, HookContext, Response",
        "import hypothesis\nhypothesis.seed(1)",
        "from hypothesis import HealthCheck, Phase, given, settings\nsettings.register_profile('x')",
        "from hypothesis import strategies as st\nst.lists(st.integers())",
        "import hypothesis.strategies as st\nst.text()",
        "from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase",
        "from hypothesis.errors import Unsatisfiable",
        "from hypothesis.extra.redis import RedisExampleDatabase",
        "import httpx\nhttpx.URL('http://x').raw_path\nhttpx.codes.NO_CONTENT",
        "import httpcore\nhttpcore.ConnectionPool().create_connection(None)",
        "name = 'schemathesis.toml'",
        "name = 'httpx'",
    ],
)
def test_what_is_documented_is_not_found(line: str) -> None:
    """What a library documents may be used."""
    tree = ast.parse(line)

    assert [*wrong_imports(tree), *wrong_attributes(tree), *wrong_texts(tree)] == []


def test_the_documented_modules_are_there() -> None:
    """Each module that is allowed exists, so that none stays on the list which its library no longer has."""
    for module in sorted(set().union(*DOCUMENTED.values())):
        import_module(module)
        assert module in sys.modules
