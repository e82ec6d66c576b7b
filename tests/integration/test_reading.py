"""What only reads: its transactions end without a trace, and what was prepared stays prepared."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Executable, text, update
from sqlalchemy.exc import DBAPIError

from portal.accounts.models import User
from portal.accounts.queries import signed_in
from portal.db import current_session, prepared, unit_of_work
from portal.db.session import steady_reading
from portal.programme.queries import organisation_ids_of, values
from tests.factories.accounts import make_user

_PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%of a page%'")
_ASKED = text("SELECT 7 -- of a page")


def ask(app: Flask, asked: Executable, times: int = 1) -> None:
    for _ in range(times):
        with app.app_context():
            assert current_session().scalar(asked) == 7


def how_many_are_prepared(app: Flask) -> int:
    with app.app_context():
        return current_session().scalar(_PREPARED) or 0


def test_what_is_marked_is_planned_once_for_many_pages(postgres: Flask) -> None:
    ask(postgres, prepared(_ASKED), 2)
    assert how_many_are_prepared(postgres) == 1
    with postgres.app_context(), steady_reading() as session:
        session.scalar(text("SELECT 1"))
    with postgres.app_context(), unit_of_work() as session:
        session.scalar(text("SELECT 1"))
    assert how_many_are_prepared(postgres) == 1


def test_what_is_not_marked_is_planned_for_its_values_however_often(postgres: Flask) -> None:
    ask(postgres, _ASKED, 12)
    assert how_many_are_prepared(postgres) == 0


def test_the_control_a_rollback_forgets_it(postgres: Flask) -> None:
    ask(postgres, prepared(_ASKED))
    with postgres.app_context():
        current_session().scalar(text("SELECT 1"))
        current_session().rollback()
    assert how_many_are_prepared(postgres) == 0


def test_the_statements_that_pages_mark_keep_one_text(postgres: Flask) -> None:
    """Who is signed in and where they belong: asked twice, prepared once each."""
    with postgres.app_context():
        person = make_user(email="owner@cafe.example").id
    for _ in range(2):
        with postgres.app_context():
            signed_in(uniquifier="nobody", token_hash="none")
            organisation_ids_of(person)
            values()
    with postgres.app_context():
        kept = current_session().scalars(text("SELECT statement FROM pg_prepared_statements"))
        found = [" ".join(statement.split()) for statement in kept]
    assert len(found) == len(set(found)) == 3, found


def test_what_is_written_outside_a_unit_of_work_is_undone(committed_app: Flask) -> None:
    with committed_app.app_context():
        person = make_user(email="owner@cafe.example").id
    for _ in range(2):
        with committed_app.app_context():
            current_session().execute(update(User).values(name="Written in passing"))
    with committed_app.app_context():
        assert current_session().get_one(User, person).name != "Written in passing"
        current_session().get_one(User, person).name = "Changed and never written"
    with committed_app.app_context():
        assert current_session().get_one(User, person).name != "Changed and never written"


def test_after_a_statement_that_failed_the_next_page_is_answered(committed_app: Flask) -> None:
    for _ in range(2):
        with committed_app.app_context(), pytest.raises(DBAPIError):
            current_session().execute(text("SELECT nothing FROM nowhere"))
        ask(committed_app, _ASKED)


def test_a_connection_that_broke_on_a_page_is_nobody_elses_fault(postgres: Flask) -> None:
    with postgres.app_context(), pytest.raises(DBAPIError):
        current_session().scalar(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with postgres.app_context():
        connection = current_session().connection()
        connection.invalidate()
    ask(postgres, prepared(_ASKED))
