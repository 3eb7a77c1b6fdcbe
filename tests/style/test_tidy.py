"""House rules that a linter does not know. A failure names the place and the rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "unbounded").rglob("*.py"))
MODULE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
WORDS_THAT_SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "base",
    "handler",
    "processor",
    "wrapper",
}

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@each_module
def test_a_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "begin the module with a docstring"


@each_module
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MODULE_LINES_MAX, "split the module"


@each_module
def test_a_function_fits_a_screen(path: Path) -> None:
    long = [f.name for f in _functions(path) if (f.end_lineno or f.lineno) - f.lineno + 1 > FUNCTION_LINES_MAX]
    assert long == [], "split these functions"


@each_module
def test_a_name_says_something(path: Path) -> None:
    assert not set(path.stem.split("_")) & WORDS_THAT_SAY_NOTHING


def test_no_registry_host_is_written_down() -> None:
    """Package indexes are configured on the machine, never in the project."""
    hosts = ("pypi" + ".org", "pythonhosted" + ".org", "repo1.maven" + ".org", "registry.npmjs" + ".org")
    files = [ROOT / name for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md")]
    found = [f"{f.name}: {host}" for f in files for host in hosts if host in f.read_text("utf-8")]
    assert found == []
