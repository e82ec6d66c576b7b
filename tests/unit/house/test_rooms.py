"""Every feature has the same rooms, and each room imports what its place allows and no more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.unit.house.sources import PORTAL, features, name_of, python_files

ROOMS = ("rules", "models", "queries", "service", "access", "forms", "views")
# What a feature holds beside its rooms, and why. A new module needs its reason here.
ANNEXES: dict[str, dict[str, str]] = {
    "accounts": {
        "crossing": "linking accounts over programmes, and going over: tickets signed and taken",
        "keys": "keys for one purpose each, made from the installation's secret",
        "links": "what links between programmes hang on, and how whatever changes ends them",
        "mails": "the messages people get about their account",
        "security": "what the sign-in library asks of us: its forms, datastore and signals",
        "sessions": "where somebody is signed in, read on every request",
        "throttle": "counts failed sign-ins by account and address",
    },
    "action_plans": {
        "build_document": "turns a kept plan into that data",
        "document": "the plain data that the PDF is drawn from",
        "example_plan": "a labelled example for benchmarks and the print preview",
        "held": "what an employer sees and takes away of its plans",
        "headless": "a plan from a file of answers, without a database",
        "panels": "help that later features put beside the actions of a plan",
        "pdf_view": "that data as a printed page",
        "practice": "the plan's actions as the practices that a follow-up asks about",
        "wiring": "ties the feature to the application",
    },
    "employers": {
        "constraints": "names of database constraints, and the form fields they belong to",
        "panels": "cards that later features add to an employer's page",
    },
    "caseload": {
        "held": "what an employer sees and takes away of the caseload",
        "merging": "what a merge of two employers does with tables, steps and guards of features",
        "panels": "cards that journeys and later features add to a case's page",
        "wiring": "ties the feature to the application",
    },
    "diagnostics": {
        "held": "what an employer sees and takes away of its diagnostics",
        "panels": "what later features add to the page of a result",
        "answers_file": "answers read from and written to a file, without a database",
        "wiring": "ties the feature to the application",
    },
    "toolkit": {
        "held": "what an employer sees and takes away of the toolkit",
        "managing": "ties the managing of resources to worker, merging and downloads",
        "places": "the ways through the toolkit, as each person sees them",
        "research": "what research puts on the pages of other features",
        "cards": "what the library puts on the pages of other features",
        "wiring": "ties the journeys to the application, as there are many",
    },
    "reports": {
        "facts": "what is counted, as SQL over every feature's records, and its triggers",
        "files": "a report as CSV, as a workbook, and as the page that is printed",
        "offers": "which reports somebody may have as things stand, in a page or by mail",
        "releasing": "what releases of statistics put on pages, worker and daily work",
        "pulse": "what surveys of workers put on worker, merging, downloads and employers' pages",
        "wiring": "ties the feature to the application",
    },
    "network": {
        "awards": "what awards put on other pages, worker, downloads and merges",
        "champions": "what later features do when an employer becomes a champion",
        "events": "ties events to the worker's jobs, merging and downloads",
        "peers": "what peer support puts on worker, merging, downloads and an employer's page",
        "graph": "what the network's graph puts on worker, merging and downloads",
        "members": "what the membership puts on other pages, into downloads and into merges",
        "places": "the ways through the network, as each person sees them",
        "wiring": "ties the journeys to the application, as there are many",
        "forum": "ties the forum to worker, merging and downloads",
    },
    "governance": {
        "audit": "what the audit trail asks of worker and pages: daily proof, reads on record",
        "person_archive": "a person's copy of their data as a file",
        "places": "the ways through information governance, as each person sees them",
        "privacy": "what people's rights put on other pages, worker, merging and downloads",
        "retention": "what retention asks of the worker: the daily run, files removed",
        "wiring": "ties the feature to the application",
    },
    "payments": {
        "held": "what an employer sees and takes away of the work that was counted",
        "places": "the ways through the pages of money, as each person sees them",
        "wiring": "ties the feature to the application",
    },
}
# A feature that shows nothing to anybody has no pages yet.
WITHOUT_PAGES: dict[str, str] = {}

# What a room may import of the portal. "own:x" is a room of the same feature, "any:x" the same room
# of every feature below it (import-linter knows which are below).
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "rules": ("kernel", "any:rules"),
    "models": ("kernel", "db", "own:rules", "own:models", "any:models"),
    "queries": (
        *("kernel", "db", "integrations.search"),
        *("own:models", "own:queries", "own:rules", "any:models", "any:queries", "any:rules"),
    ),
    "service": (
        *("kernel", "db", "integrations"),
        *("own:rules", "own:models", "own:queries", "own:service", "own:annexes"),
        *("any:queries", "any:service", "any:rules", "any:models"),
    ),
    "access": ("kernel", "own:models", "own:rules", "own:access", "web.access"),
    "forms": ("kernel", "web", "any:rules", "own:forms"),
    "views": (
        *("kernel", "web", "db"),
        *("own:service", "own:forms", "own:access", "own:views", "any:queries", "any:rules"),
        "own:annexes",
    ),
}


def imported(source: str, package: str) -> list[tuple[int, str]]:
    """Every module a source imports, with its line; ``from a import b`` counts as ``a.b``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return found


def _is_allowed(module: str, feature: str, allowed: tuple[str, ...]) -> bool:
    parts = module.split(".")[1:]
    for entry in allowed:
        where, _, room = entry.partition(":")
        if not room:
            if parts[: len(where.split("."))] == where.split("."):
                return True
        elif len(parts) > 1 and (parts[1] == room or _is_annexe(parts, room)):
            if where == "own" and parts[0] == feature:
                return True
            if where == "any" and parts[0] in features():
                return True
    return False


def _is_annexe(parts: list[str], room: str) -> bool:
    return room == "annexes" and parts[1] in ANNEXES.get(parts[0], {})


def room_faults(module: str, source: str) -> list[str]:
    """Imports that a module's room does not allow. ``module`` is like portal.accounts.rules."""
    _, feature, room = module.split(".")[:3]
    allowed = MAY_IMPORT.get(room)
    if allowed is None:
        return []
    return [
        f"{module}:{line} imports {name}"
        for line, name in imported(source, module.rpartition(".")[0])
        if name.split(".")[0] == "portal" and not _is_allowed(name, feature, allowed)
    ]


def stray_modules(feature: str, names: list[str]) -> list[str]:
    """Modules of a feature that are neither a room nor a known annexe."""
    known = {*ROOMS, *ANNEXES.get(feature, {}), "__init__"}
    return [name for name in names if name not in known]


def _module(path: Path) -> str:
    parts = list(path.relative_to(PORTAL.parent).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("feature", features())
def test_a_feature_has_the_same_rooms_as_every_other(feature: str) -> None:
    folder = PORTAL / feature
    names = [path.stem for path in folder.glob("*.py")]
    names += [path.parent.name for path in folder.glob("*/__init__.py")]
    assert stray_modules(feature, sorted(names)) == []
    if feature not in WITHOUT_PAGES:
        assert [room for room in ROOMS if room not in names] == []
    assert "def register(app" in (folder / "__init__.py").read_text(encoding="utf-8")


def test_each_room_imports_what_its_place_allows() -> None:
    faults = []
    for feature in features():
        for path in python_files(f"portal/{feature}"):
            module = _module(path)
            if module.count(".") > 1:
                faults += room_faults(module, path.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


STDLIB_ONLY = "portal.kernel"


def kernel_faults(name: str, source: str) -> list[str]:
    """Imports of the kernel that are not the standard library or the kernel itself."""
    import sys

    return [
        f"{name}:{line} imports {module}"
        for line, module in imported(source, STDLIB_ONLY)
        if module.split(".")[0] not in {*sys.stdlib_module_names, "__future__"}
        and not module.startswith(STDLIB_ONLY)
    ]


def test_the_kernel_stands_on_the_standard_library_alone() -> None:
    faults = []
    for path in python_files("portal/kernel"):
        faults += kernel_faults(name_of(path), path.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("portal.accounts.rules", "from portal.db import Base"),
        ("portal.accounts.rules", "def f():\n    from portal.accounts import models"),
        ("portal.accounts.rules.deep", "from ..models import User"),
        ("portal.accounts.access", "import portal.web.forms"),
        ("portal.accounts.queries", "from portal.accounts import service"),
        ("portal.accounts.forms", "from portal.accounts.queries import users"),
        ("portal.employers.views.journey", "from portal.accounts import models"),
        ("portal.employers.rules", "from portal.accounts import queries"),
    ],
)
def test_an_import_that_a_room_does_not_allow_is_found(module: str, source: str) -> None:
    assert len(room_faults(module, source)) == 1


def test_allowed_imports_are_left_alone() -> None:
    source = "from portal.accounts import queries, service\nfrom portal.kernel.clock import utc_now"
    assert room_faults("portal.employers.service", source) == []
    assert room_faults("portal.employers.access", "from portal.web.access import public") == []


def test_a_stray_module_is_found() -> None:
    assert stray_modules("accounts", ["__init__", "rules", "utils"]) == ["utils"]


def test_a_kernel_that_leans_on_a_library_is_found() -> None:
    assert kernel_faults("x.py", "import flask\nimport json") == ["x.py:1 imports flask"]
    assert kernel_faults("x.py", "from portal.db import Base") == ["x.py:1 imports portal.db.Base"]
