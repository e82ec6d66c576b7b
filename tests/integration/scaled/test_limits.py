"""PostgreSQL: how long a page, a job and a transaction may take, and what people see when over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from config import Settings
from portal.app import limits_of
from portal.db import current_session, prepared, unit_of_work
from portal.db.postgres import Limits
from portal.db.session import Database
from tests.support.races import database_of
from tests.support.statements import sent_to

pytestmark = pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
PAGE = "/help"
NAMES = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


def said() -> list[str]:
    return [str(current_session().scalar(text(f"SHOW {name}"))) for name in NAMES]


@pytest.fixture
def limited(committed_app: Flask) -> Iterator[Callable[..., Database]]:
    """Have the application work on its database within these limits."""

    made: list[Database] = []

    def use(**limits: Any) -> Database:
        made.append(Database(database_of(committed_app).url, Limits(**limits)))
        committed_app.extensions["portal_db"] = made[-1]
        return made[-1]

    yield use
    for one in made:
        one.dispose()


@pytest.fixture
def page(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Ask for a page that does this first."""

    def ask(work: Callable[[], object]) -> Any:
        def view() -> str:
            return str(work())

        # The page is made up, so it is asked for without a client that looks at what it holds.
        with committed_app.test_request_context(PAGE) as asked:
            monkeypatch.setitem(committed_app.view_functions, asked.request.endpoint, view)
            return committed_app.full_dispatch_request()

    return ask


def test_a_page_is_limited_and_a_job_has_time(
    committed_app: Flask, limited: Callable[..., Database], page: Callable[[Any], Any]
) -> None:
    limited(statement_ms=7000, idle_ms=8000, lock_ms=9000)
    with committed_app.app_context():
        assert said() == ["9s", "0", "80s"]
    limited(statement_ms=7000, idle_ms=8000, lock_ms=9000)
    assert page(said).get_data(as_text=True) == "['9s', '7s', '8s']"


@pytest.mark.parametrize("pgbouncer", [False, True])
def test_statements_of_a_page_are_neither_compiled_nor_spread_over_processes(
    committed_app: Flask,
    limited: Callable[..., Database],
    page: Callable[[Any], Any],
    *,
    pgbouncer: bool,
) -> None:
    """With the control: a job's may be spread, as the server is set."""
    names = ("jit", "max_parallel_workers_per_gather")

    def told() -> list[str]:
        return [str(current_session().scalar(text(f"SHOW {name}"))) for name in names]

    limited(pgbouncer=pgbouncer)
    assert page(told).get_data(as_text=True) == "['off', '0']"
    limited(pgbouncer=pgbouncer)
    with committed_app.app_context():
        assert told() == ["off", "2"]


@pytest.mark.parametrize("pgbouncer", [False, True])
def test_the_planner_is_told_what_the_disk_is_like(
    committed_app: Flask, limited: Callable[..., Database], *, pgbouncer: bool
) -> None:
    """With the control: what is not said stays as the server is set."""
    question = text("SHOW random_page_cost")
    for cost, told in ((1.1, "1.1"), (2.5, "2.5"), (0, "4")):
        limited(random_page_cost=cost, pgbouncer=pgbouncer)
        with committed_app.app_context():
            assert current_session().scalar(question) == told


@pytest.mark.parametrize("milliseconds", [200, 0])
def test_a_statement_that_takes_too_long_ends_with_words(
    limited: Callable[..., Database], page: Callable[[Any], Any], milliseconds: int
) -> None:
    """With the control: without a limit it takes its time."""
    limited(statement_ms=milliseconds)
    answer = page(lambda: current_session().scalar(text("SELECT 'slow' FROM pg_sleep(0.6)")))
    assert answer.status_code == (503 if milliseconds else 200)
    assert ("The portal cannot reach its records" in answer.get_data(as_text=True)) is bool(
        milliseconds
    )


@pytest.mark.parametrize("milliseconds", [200, 0])
def test_a_transaction_in_which_nothing_happens_is_ended(
    limited: Callable[..., Database], page: Callable[[Any], Any], milliseconds: int
) -> None:
    limited(idle_ms=milliseconds)

    def dawdle() -> object:
        current_session().scalar(text("SELECT 1"))
        time.sleep(0.6)
        return current_session().scalar(text("SELECT 'kept'"))

    assert page(dawdle).status_code == (503 if milliseconds else 200)
    assert page(lambda: current_session().scalar(text("SELECT 1"))).status_code == 200


def test_with_every_connection_in_use_a_page_says_so_soon(
    limited: Callable[..., Database], page: Callable[[Any], Any]
) -> None:
    database = limited(pool_size=1, pool_overflow=0, pool_timeout=0.2)
    with database.engine.connect():
        assert page(lambda: current_session().scalar(text("SELECT 1"))).status_code == 503
    assert page(lambda: current_session().scalar(text("SELECT 1"))).status_code == 200


def test_a_dead_connection_is_noticed_before_it_is_used(
    committed_app: Flask, limited: Callable[..., Database]
) -> None:
    """With the control: without asking first, the first statement fails."""
    for asks in (True, False):
        database = limited(pool_size=1, pool_overflow=0, pre_ping=asks)
        with database.engine.connect() as connection:
            mine = connection.scalar(text("SELECT pg_backend_pid()"))
        other = Database(database.url)
        with other.engine.connect() as connection:
            connection.execute(text(f"SELECT pg_terminate_backend({mine})"))
        other.dispose()
        time.sleep(0.1)
        with committed_app.app_context():
            if asks:
                assert current_session().scalar(text("SELECT 1")) == 1
            else:
                with pytest.raises(OperationalError):
                    current_session().scalar(text("SELECT 1"))
                current_session().rollback()


def test_behind_a_pooler_limits_are_of_a_transaction_and_nothing_is_prepared(
    committed_app: Flask, limited: Callable[..., Database], page: Callable[[Any], Any]
) -> None:
    database = limited(pgbouncer=True, statement_ms=7000, idle_ms=8000, lock_ms=9000, pool_size=1)
    assert page(said).get_data(as_text=True) == "['9s', '7s', '8s']"
    raw = database.engine.raw_connection()
    driver: Any = raw.driver_connection
    assert driver.prepare_threshold is None
    # What was said for a transaction is forgotten with it: the next may be somebody else's.
    assert driver.execute("SHOW statement_timeout").fetchone() == ("0",)
    raw.close()
    with (
        sent_to(database.engine) as sent,
        committed_app.app_context(),
        unit_of_work() as session,
    ):
        for _ in range(8):
            session.execute(prepared(text("SELECT 1")))
        kept = session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    # The control, without a pooler, is in integration/test_reading.py.
    assert kept == 0
    assert len(sent) == 9


def test_settings_become_limits(committed_app: Flask) -> None:
    settings = Settings(
        database_pool_size=3,
        database_pool_overflow=4,
        database_pool_timeout=5,
        database_pool_recycle=60,
        database_pre_ping=False,
        database_pgbouncer=True,
        database_statement_timeout_ms=1,
        database_lock_timeout_ms=2,
        database_idle_timeout_ms=6,
    )
    assert limits_of(settings) == Limits(3, 4, 5, 60, False, True, 2, 1, 6)
    assert limits_of(Settings()) == Limits()
    pool: Any = Database(database_of(committed_app).url, limits_of(settings)).engine.pool
    assert (pool.size(), pool._max_overflow, pool._timeout, pool._recycle, pool._pre_ping) == (
        *(3, 4, 5, 60),
        False,
    )
