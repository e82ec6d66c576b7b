"""Which integration tests run on SQLite alone: few, each listed here, each with its reason."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.integration.conftest import KINDS, _is_second, pytest_collection_modifyitems
from tests.unit.house.sources import ROOT

MARK = "one_database"
_SECURITY = "tests/integration/security"
# A test of a query, a lock, a constraint, a date or a report runs on both, whatever it says.
ON_SQLITE_ALONE = {
    "tests/integration/payments/test_machine.py::test_the_machine_finds_what_is_wrong",
    f"{_SECURITY}/test_matrix.py::test_nobody_gets_in_or_reads_where_they_do_not_belong",
}
# What reaches for the database itself stands for what differs between the two.
_OF_A_DATABASE = {
    "select", "text", "unit_of_work", "current_session", "with_for_update", "committed_app",
    "session", "database_of",
}  # fmt: skip
_SHORTEST_REASON = 30


def marked(source: str) -> Iterator[tuple[str, str, set[str]]]:
    """Each test that bears the mark, its reason, and the names that it uses.

    Raises:
        ValueError: where the mark is put on more than one test, or has no reason.
    """
    tree = ast.parse(source)
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    found = 0
    for test in tests:
        for mark in test.decorator_list:
            if MARK in ast.unparse(mark):
                found += 1
                if not isinstance(mark, ast.Call) or len(mark.args) != 1:
                    raise ValueError(f"{test.name}: say why, in one sentence")
                reason = mark.args[0]
                names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
                names |= {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
                names |= {argument.arg for argument in test.args.args}
                yield test.name, str(getattr(reason, "value", "")), names
    if source.count(f"mark.{MARK}") != found:
        raise ValueError("the mark stands on a test of its own, not on a class, a case or a file")


def faults(name: str, source: str) -> tuple[set[str], list[str]]:
    """The marked tests of a file, and what is wrong with their marks."""
    tests, wrong = set(), []
    for test, reason, names in marked(source):
        tests.add(f"{name}::{test}")
        if len(reason) < _SHORTEST_REASON:
            wrong.append(f"{name}::{test}: {reason!r} is no reason")
        wrong += [f"{name}::{test} uses {one}" for one in sorted(names & _OF_A_DATABASE)]
    return tests, wrong


def test_what_runs_on_one_database_is_listed_and_says_why() -> None:
    tests: set[str] = set()
    wrong: list[str] = []
    for path in sorted((ROOT / "tests" / "integration").rglob("*.py")):
        if path.name == "conftest.py":
            continue
        here, faulty = faults(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        tests |= here
        wrong += faulty
    assert wrong == []
    assert tests == ON_SQLITE_ALONE


_GOOD = '@pytest.mark.one_database("Its subject is a rule of Python and nothing else")\n'


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (_GOOD + "def test_x(app): assert app", []),
        (_GOOD + "def test_x(session): pass", ["a.py::test_x uses session"]),
        (_GOOD + "def test_x(app): db.select(1)", ["a.py::test_x uses select"]),
        ('@pytest.mark.one_database("slow")\ndef test_x(): pass', ["'slow' is no reason"]),
    ],
)
def test_a_mark_where_it_may_not_be_is_found(source: str, told: list[str]) -> None:
    tests, wrong = faults("a.py", source)
    assert tests == {"a.py::test_x"}
    assert len(wrong) == len(told)
    assert all(one in fault for one, fault in zip(told, wrong, strict=True))


@pytest.mark.parametrize(
    "source",
    [
        "@pytest.mark.one_database\ndef test_x(): pass",
        "pytestmark = pytest.mark.one_database('For the whole file, and for ever after')",
        f"{_GOOD}class TestX:\n    def test_x(self): pass",
    ],
    ids=["no reason", "a file", "a class"],
)
def test_a_mark_without_a_reason_or_for_many_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"say why|stands on a test"):
        faults("a.py", source)


def test_the_second_run_alone_is_left_out_and_is_one_of_the_long_proofs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    config: Any = SimpleNamespace(
        hook=SimpleNamespace(pytest_deselected=lambda *, items: told.extend(items))
    )

    def item(kind: str | None, *, bears: bool) -> Any:
        case = {} if kind is None else {"callspec": SimpleNamespace(params={"database_kind": kind})}
        return SimpleNamespace(
            get_closest_marker=lambda name: bears and name == MARK,
            path=Path("test_x.py"),
            add_marker=lambda mark: proofs.append((kind, bears, mark.name)),
            **case,
        )

    proofs: list[tuple[str | None, bool, str]] = []
    second = item("postgresql", bears=True)
    kept = [item("sqlite", bears=True), item(None, bears=True), item("postgresql", bears=False)]
    items = [second, *kept]
    monkeypatch.setenv("BIG", "1")
    pytest_collection_modifyitems(config, items)
    assert (len(items), told) == (4, [])
    assert proofs == [("postgresql", True, "slow")]
    monkeypatch.delenv("BIG")
    pytest_collection_modifyitems(config, items)
    assert (items, told) == (kept, [second])


def test_of_tests_of_pages_each_runs_on_one_database_and_each_database_has_its_share() -> None:
    def item(file: str, number: int, kind: str, mark: str = "") -> Any:
        call = SimpleNamespace(params={"database_kind": kind}, id=f"{kind}-{number}")
        return SimpleNamespace(
            get_closest_marker=lambda name: name == mark or None,
            path=Path(file),
            nodeid=f"{file}::test_x[{kind}-{number}]",
            callspec=call,
        )

    left = Counter[str]()
    for number in range(100):
        second = [kind for kind in KINDS if _is_second(item("test_case_pages.py", number, kind))]
        assert len(second) == 1
        left.update(second)
        assert not any(_is_second(item("test_cases.py", number, kind)) for kind in KINDS)
        assert not any(
            _is_second(item("test_case_pages.py", number, kind, "both_databases")) for kind in KINDS
        )
    assert min(left.values()) > 30
