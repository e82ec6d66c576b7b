"""Loading the register and finding employers in it, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

import portal.employers
from portal.db import current_session
from portal.db.audit import AuditEntry
from portal.db.session import Database
from portal.employers.models import RegisterEntry
from portal.employers.queries import search_register
from portal.employers.rules.register_file import RegisterFileError
from portal.employers.service import ImportSummary, import_register
from tests.integration.conftest import rolled_back
from tests.support import databases

SAMPLE = Path(portal.employers.__file__).parent / "data" / "register-sample.csv"
HEAD = "EmployerName,EmployerId,CompanyNumber,DateSubmitted\n"


@pytest.fixture(scope="module")
def loaded(
    portal_app: Flask, database_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, ImportSummary]]:
    """A database of its own with the sample in it for good, and what loading it said."""
    folder = tmp_path_factory.mktemp("register")
    database = Database(databases.new_database(database_kind, folder))
    usual = portal_app.extensions["portal_db"]
    portal_app.extensions["portal_db"] = database
    try:
        with portal_app.app_context():
            summary = import_register(SAMPLE.read_bytes())
    finally:
        portal_app.extensions["portal_db"] = usual
    yield database, summary
    database.dispose()


@pytest.fixture
def app(request: pytest.FixtureRequest, portal_app: Flask) -> Iterator[Flask]:
    """As everywhere; for a test that asks for the sample, on the database that holds it."""
    database = portal_app.extensions["portal_db"]
    if "sample" in request.fixturenames:
        database, _ = request.getfixturevalue("loaded")
    with rolled_back(portal_app, database) as app:
        yield app


@pytest.fixture
def sample(app: Flask, loaded: tuple[Database, ImportSummary]) -> ImportSummary:
    """The sample, loaded before the test; what a test changes is taken back."""
    return loaded[1]


def load(rows: str):
    return import_register((HEAD + rows).encode())


def count() -> int:
    return current_session().scalar(select(func.count(RegisterEntry.id)))


def names(question: str, limit: int = 10) -> list[str]:
    return [match.name for match in search_register(question, limit=limit)]


def test_loading_twice_changes_nothing(sample) -> None:
    assert (sample.created, sample.updated, sample.unchanged) == (1500, 0, 0)
    assert sample.refused == []
    again = import_register(SAMPLE.read_bytes())
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1500)
    assert count() == 1500


def test_progress_is_told(app) -> None:
    told: list[int] = []
    import_register(SAMPLE.read_bytes(), started=told.append, advance=told.append)
    assert told == [1500, 1000, 500]


def test_a_changed_row_is_updated_and_found_by_its_new_name_only(app) -> None:
    load("OLD NAME LTD,1,00000001,2022/01/01\nB LTD,2,,2022/01/01\n")
    summary = load("NEW TITLE LTD,1,00000001,2023/01/01\nB LTD,2,,2022/01/01\n")
    assert (summary.created, summary.updated, summary.unchanged) == (0, 1, 1)
    assert names("new title") == ["NEW TITLE LTD"]
    assert names("old name") == []


def test_an_older_file_does_not_undo_a_newer_one(app) -> None:
    load("NEW LTD,1,,2023/01/01\n")
    summary = load("OLD LTD,1,,2022/01/01\n")
    assert (summary.updated, summary.older) == (0, 1)
    assert names("new") == ["NEW LTD"]


def test_refused_rows_are_named_and_the_rest_is_taken(app) -> None:
    summary = load("A LTD,1,,\n,2,,\nC LTD,1,,\nD LTD,4,,\n")
    assert (summary.created, summary.rows) == (2, 4)
    assert [(r.row, r.column) for r in summary.refused] == [
        (3, "EmployerName"),
        (4, "EmployerId"),
    ]


def test_a_file_that_breaks_off_changes_nothing(app) -> None:
    rows = "".join(f"EMPLOYER {n} LTD,{n},,\n" for n in range(1500))
    with pytest.raises(RegisterFileError):
        load(rows + '"broken')
    assert count() == 0


def test_an_import_is_on_the_audit_trail(sample) -> None:
    entry = current_session().scalar(
        select(AuditEntry).where(AuditEntry.action == "register.imported")
    )
    assert entry.detail["created"] == 1500


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Sainsbury's Supermarkets Ltd", "SAINSBURY'S SUPERMARKETS LTD"),
        ("sainsburys supermarkets limited", "SAINSBURY'S SUPERMARKETS LTD"),
        ("SAINSBURY\u2019S SUPERMARKETS", "SAINSBURY'S SUPERMARKETS LTD"),
        ("03261722", "SAINSBURY'S SUPERMARKETS LTD"),
        ("3261722", "SAINSBURY'S SUPERMARKETS LTD"),
        (" 326 1722 ", "SAINSBURY'S SUPERMARKETS LTD"),
        ("326172", "SAINSBURY'S SUPERMARKETS LTD"),
        ("tesco stors", "TESCO STORES LIMITED"),
        ("tseco stores", "TESCO STORES LIMITED"),
        ("tesco stores leeds", "TESCO STORES LIMITED"),
        ("B&Q", "B&Q LIMITED"),
        ("b and q", "B&Q LIMITED"),
        ("bq", "B&Q LIMITED"),
        ("weatherspoon", "J D WETHERSPOON PLC"),
        ("jd wetherspoon", "J D WETHERSPOON PLC"),
        ("travel lodge", "TRAVELODGE HOTELS LIMITED"),
        ("mcdonalds", "MCDONALD'S RESTAURANTS LIMITED"),
        ("nestle waters", "NESTLÉ WATERS UK LIMITED"),
        ("NESTLÉ waters", "NESTLÉ WATERS UK LIMITED"),
    ],
)
def test_an_employer_is_found_first(sample, question, first) -> None:
    assert names(question)[0] == first


@pytest.mark.parametrize(
    "question", ["sainsburys", "sainsbury", "sansburys", "sainsbruys", "sains", "Sainsbury's"]
)
def test_half_typed_and_misspelt_names_are_found(sample, question) -> None:
    assert "SAINSBURY'S SUPERMARKETS LTD" in names(question)


def test_results_are_limited_and_best_first(sample) -> None:
    matches = search_register("services", limit=5)
    assert len(matches) == 5
    assert [m.score for m in matches] == sorted((m.score for m in matches), reverse=True)


@pytest.mark.parametrize(
    "question",
    [
        "",
        " ",
        '"',
        "'",
        "*",
        '" OR "1',
        "' | '",
        "name:x",
        "NEAR(a b)",
        "a AND",
        "-a",
        "^a",
        "(((",
        "\x00",
        "a\x00b",
        "\\",
        "%",
        "_",
        "x" * 5000,
        "a " * 500,
        "'; DROP TABLE employers; --",
        "\u202eabc",
        "\U0001f600",
        "ﷺ",
        "0" * 50,
        "1e5",
        "zz0",
    ],
)
def test_hostile_questions_are_only_questions(sample, question) -> None:
    assert isinstance(search_register(question), list)


def test_any_question_is_answered(sample) -> None:
    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.text(max_size=60))
    def ask(question: str) -> None:
        assert len(search_register(question, limit=3)) <= 3

    ask()


def test_the_index_follows_every_kind_of_write(app) -> None:
    load("ALPHA LTD,1,,\n")
    with_session = current_session()
    with_session.rollback()
    from portal.db import unit_of_work

    with unit_of_work() as session:
        session.execute(text("DELETE FROM register_entries"))
    assert names("alpha") == []


def test_a_search_takes_few_statements(client, sample) -> None:
    from tests.factories.accounts import make_user, sign_in

    sign_in(client, make_user("finder@example.org"))
    client.soup("/employers/find?q=tesco")
    first = len(client.statements)
    client.soup("/employers/find?q=services")
    assert len(client.statements) <= first <= 8
