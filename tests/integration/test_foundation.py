"""The rooms everything stands on: units of work, the outbox, the audit trail, error pages."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.cli.schema import differences
from portal.db import audit, current_session, outbox, unit_of_work
from portal.db.session import WriteOutsideUnitOfWork


def test_migrations_and_models_agree(committed_app: Flask) -> None:
    assert differences(committed_app.extensions["portal_db"]) == []


def test_nothing_is_written_outside_a_unit_of_work(app: Flask) -> None:
    current_session().add(audit.AuditEntry(action="a", subject="b", detail={}))
    with pytest.raises(WriteOutsideUnitOfWork):
        current_session().flush()
    current_session().rollback()


def test_a_failed_action_leaves_nothing(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work():
        audit.record(action="test.failed", subject="x:1")
        outbox.add(kind="mail.send", payload={})
        raise ZeroDivisionError
    assert outbox.waiting() == []
    assert current_session().query(audit.AuditEntry).count() == 0


def test_units_of_work_do_not_nest(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="already open"), unit_of_work(), unit_of_work():
        pass


def test_the_audit_trail_is_append_only(app: Flask) -> None:
    with unit_of_work():
        audit.record(action="test.done", subject="x:1")
    for statement in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(DBAPIError, match="append-only"), unit_of_work() as session:
            session.execute(text(statement))
