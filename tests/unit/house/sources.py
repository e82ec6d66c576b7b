"""Finds what the house rules are checked on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PORTAL = ROOT / "portal"
# Rooms that are no feature: they serve all of them.
FOUNDATIONS = frozenset({"kernel", "db", "web", "integrations", "cli"})


def python_files(*folders: str) -> list[Path]:
    """Every Python file of the folders (or files) under the root, in order."""
    found: list[Path] = []
    for folder in folders:
        path = ROOT / folder
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [path for path in found if "__pycache__" not in path.parts]


def templates() -> list[Path]:
    """Every template."""
    return sorted((ROOT / "templates").rglob("*.html"))


def features() -> list[str]:
    """The names of the feature packages."""
    return sorted(
        path.name
        for path in PORTAL.iterdir()
        if (path / "__init__.py").exists() and path.name not in FOUNDATIONS
    )


def name_of(path: Path) -> str:
    """The path from the root, as a fault names it."""
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def called_name(node: ast.AST) -> str:
    """The last name of what a call calls: ``unit_of_work`` for ``db.unit_of_work()``."""
    if not isinstance(node, ast.Call):
        return ""
    target = node.func
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else ""
