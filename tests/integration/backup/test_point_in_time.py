"""Back to the moment before a bad delete, as docs/running.md says it, on a server of our own."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.payments.models import Payment
from tests.factories.accounts import make_user
from tests.support import claims_world as world
from tests.support.drill import flask, moved
from tests.support.postgres_server import Server

_RECOVERY = """
restore_command = 'cp {folder}/archive/%f %p'
recovery_target_time = '{moment}'
recovery_target_action = 'promote'
"""


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="pitr-"))
    folder.chmod(0o755)
    made = Server(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _people() -> set[str]:
    return set(current_session().scalars(select(User.email)))


def _until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OperationalError:
            pass
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_back_to_the_moment_before_a_bad_delete(committed_app: Flask, server: Server) -> None:
    data, base = server.folder / "data", server.folder / "base"
    server.create(data)
    server.start(data)
    server.ask("CREATE DATABASE portal")
    with moved(committed_app, server.url("portal"), "memory:///"):
        flask(committed_app, "db", "upgrade")
        with committed_app.app_context(), unit_of_work():
            desk = world.make_desk()
            world.add_work(desk, *world.october(2))
        socket = ("-h", str(server.folder), "-U", "postgres")
        server.run("pg_basebackup", "-D", base, "--checkpoint=fast", *socket)
        # After the base: what only the log knows.
        with committed_app.app_context(), unit_of_work():
            make_user("late@cafe.example")
            world.pay(desk)
        moment = server.ask("SELECT clock_timestamp()::text")
        time.sleep(0.2)
        with committed_app.app_context(), unit_of_work() as session:
            session.execute(text("UPDATE users SET email = 'gone-' || id || '@gone.example'"))
        with committed_app.app_context():
            assert "late@cafe.example" not in _people(), "the control: the harm was done"
        last = server.ask("SELECT pg_walfile_name(pg_switch_wal())")
        _until((server.folder / "archive" / str(last)).exists)
    server.stop()

    with (base / "postgresql.auto.conf").open("a") as settings:
        settings.write(_RECOVERY.format(folder=server.folder, moment=moment))
    (base / "recovery.signal").touch()
    server.own(base / "recovery.signal")
    server.start(base)
    _until(lambda: server.ask("SELECT pg_is_in_recovery()") is False)
    with moved(committed_app, server.url("portal"), "memory:///"):
        with committed_app.app_context():
            assert "late@cafe.example" in _people()
            assert not any(email.endswith("@gone.example") for email in _people())
            assert current_session().scalar(select(func.count()).select_from(Payment)) == 1
        assert "The ledger is whole" in flask(committed_app, "payments", "verify")
        assert "is what the records say" in flask(committed_app, "reports", "check")
