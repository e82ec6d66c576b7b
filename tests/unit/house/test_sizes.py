"""Modules, views, functions and test files stay small enough to read in one sitting."""

from __future__ import annotations

import ast

import pytest

from tests.unit.house.sources import functions, name_of, python_files

MODULE_LINES = 400
VIEW_LINES = 300
TEST_LINES = 600
FUNCTION_LINES = 50


def limit_for(name: str) -> int:
    """How many lines a file may have."""
    parts = name.removesuffix(".py").split("/")
    if parts[0] == "tests":
        return TEST_LINES
    return VIEW_LINES if "views" in parts else MODULE_LINES


def size_faults(name: str, source: str) -> list[str]:
    """Every limit a file is over."""
    lines = len(source.splitlines())
    faults = []
    if lines > limit_for(name):
        faults.append(f"{name}: {lines} lines, at most {limit_for(name)}")
    if name.startswith("tests/"):
        return faults
    for node in functions(ast.parse(source)):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES and not name.startswith("migrations/"):
            faults.append(f"{name}:{node.lineno} {node.name}: {length} lines, at most 50")
    return faults


def test_every_file_and_function_is_small_enough() -> None:
    faults = []
    for path in python_files("portal", "scripts", "migrations", "tests", "config.py", "wsgi.py"):
        faults += size_faults(name_of(path), path.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("portal/x/service.py", MODULE_LINES),
        ("portal/x/views.py", VIEW_LINES),
        ("portal/x/views/journey.py", VIEW_LINES),
        ("tests/unit/x/test_y.py", TEST_LINES),
    ],
)
def test_one_line_too_many_is_found(name: str, lines: int) -> None:
    assert size_faults(name, "x = 1\n" * lines) == []
    assert len(size_faults(name, "x = 1\n" * (lines + 1))) == 1


def test_a_long_function_is_found() -> None:
    body = "    x = 1\n"
    assert size_faults("portal/x.py", "def f():\n" + body * (FUNCTION_LINES - 1)) == []
    assert "f: 51 lines" in size_faults("portal/x.py", "def f():\n" + body * FUNCTION_LINES)[0]
