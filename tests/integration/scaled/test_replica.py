"""Reports are read from a replica that is there and fresh, and from the primary otherwise."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError

from config import Settings
from portal.db import audit, current_session, unit_of_work
from portal.db import replica as replicas
from portal.db.replica import REPLICA_EXTENSION, Replica, read_aside
from portal.db.session import Database, WriteOutsideUnitOfWork
from portal.kernel.clock import freeze, utc_now
from portal.reports.rules.asking import last_day
from tests.factories.employers import make_employer
from tests.factories.reports import KEY, person, registered
from tests.support import databases
from tests.support.drill import flask, moved
from tests.support.postgres_server import Server
from tests.support.races import database_of

pytestmark = pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
LAG = timedelta(seconds=60)


def where() -> str:
    """Which database answers."""
    return str(current_session().scalar(text("SELECT current_database()")))


def act(action: str = "test.done") -> None:
    with unit_of_work():
        audit.record(action=action, subject="x:1")


@pytest.fixture
def app(committed_app: Flask) -> Flask:
    with committed_app.app_context():
        act()
        with unit_of_work():
            make_employer()
    return committed_app


def copied(app: Flask) -> str:
    """A second database as the first is now: the address."""
    database = database_of(app)
    database.dispose()
    url, name = make_url(database.url), f"r_{uuid.uuid4().hex}"
    with databases.locked("postgres"):
        databases._execute(
            url.set(database="postgres").render_as_string(hide_password=False),
            f"CREATE DATABASE {name} TEMPLATE {url.database}",
        )
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def replica(app: Flask) -> Iterator[Replica]:
    """A copy as of now, which gets nothing that comes later."""
    made = Replica(copied(app), lag=LAG)
    app.extensions[REPLICA_EXTENSION] = made
    yield made
    made.database.dispose()


def name_of(database: Database) -> str:
    return str(make_url(database.url).database)


def test_what_is_read_aside_is_read_there_and_all_else_here(app: Flask, replica: Replica) -> None:
    here = name_of(database_of(app))
    with app.app_context():
        assert read_aside(where) == name_of(replica.database)
        assert where() == here
        assert read_aside(lambda: read_aside(where)) == name_of(replica.database)
        with unit_of_work():
            assert read_aside(where) == here, "what is read to be changed"


def test_nothing_is_written_there(app: Flask, replica: Replica) -> None:
    def by_unit() -> None:
        act("test.by_unit")

    def by_flush() -> None:
        current_session().add(audit.AuditEntry(action="test.by_flush", subject="x:1", detail={}))
        current_session().flush()

    with app.app_context():
        for way in (by_unit, by_flush):
            with pytest.raises(WriteOutsideUnitOfWork):
                read_aside(way)
    # A statement by hand is refused by the server itself.
    with replica.session() as session, pytest.raises(DBAPIError, match="read-only"):
        session.execute(text("UPDATE programme_settings SET key = key"))
    # The control: the same on the primary.
    with app.app_context():
        current_session().execute(text("UPDATE programme_settings SET key = key"))
        current_session().rollback()


def test_one_that_is_behind_is_left_alone_for_a_while_and_the_log_says_so_once(
    app: Flask, replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    here, aside = name_of(database_of(app)), name_of(replica.database)
    caplog.set_level(logging.WARNING, logger="portal.db.replica")
    with app.app_context():
        act()
        assert read_aside(where) == aside, "the control: behind by less than it may be"
        with freeze(utc_now() + 2 * LAG):
            assert [read_aside(where) for _ in range(3)] == [here] * 3
            words = [one.getMessage() for one in caplog.records]
            assert words == [
                "Reports are read from the primary: the replica is behind, or of another version"
            ]
        assert replica.rests
        replica.wake()
        assert read_aside(where) == aside


def test_one_of_another_version_is_not_used(app: Flask, replica: Replica) -> None:
    with replica.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'another'"))
    with app.app_context():
        assert read_aside(where) == name_of(database_of(app))


def test_one_that_dies_half_way_is_missed_by_nobody(
    app: Flask, replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    here, aside = name_of(database_of(app)), name_of(replica.database)
    seen = []

    def work() -> str:
        seen.append(where())
        if seen[-1] == aside:
            current_session().execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return where()

    with app.app_context():
        assert read_aside(work) == here
    assert seen == [aside, here]
    assert "the replica failed (OperationalError)" in caplog.text


def test_one_that_does_not_answer_costs_one_wait(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions[REPLICA_EXTENSION] = Replica(
        "postgresql+psycopg://nobody@127.0.0.1:1/none", lag=LAG
    )
    with app.app_context():
        assert [read_aside(where) for _ in range(3)] == [name_of(database_of(app))] * 3
    assert caplog.text.count("the replica failed") == 1


def test_a_mistake_in_a_report_is_no_fault_of_the_replica(app: Flask, replica: Replica) -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    with app.app_context(), pytest.raises(ZeroDivisionError):
        read_aside(wrong)
    assert not replica.rests


def test_report_pages_read_there_and_what_is_kept_for_ever_here(
    app: Flask, replica: Replica
) -> None:
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with app.app_context():
        reader = person(app, "lep_officer")
        with unit_of_work():
            make_employer()
    event.listen(replica.database.engine, "before_cursor_execute", note)
    with registered():

        def figure() -> str:
            page = reader.client.soup(f"/reports/{KEY}").find("main")
            return str(page.select("table tr")[-1].get_text(" ", strip=True))

        assert figure() == "All 1", "the copy does not know the new one yet"
        assert any("report_cells" in one for one in asked)
        assert not any("users" in one for one in asked), "who reads is asked here"
        asked.clear()
        day = utc_now().date()
        records = f"/reports/records/employers?kind=registered&first={day:%Y-%m}-01"
        records += f"&last={last_day(day)}"
        assert reader.client.get(records).status_code == 200
        assert any("employers" in one for one in asked)
        asked.clear()
        assert reader.client.submit(f"/reports/{KEY}/freeze", {"note": "Kept"}).status_code == 200
        assert asked == []
        replica.rest("is asked no more")
        assert figure() == "All 2"


def test_settings_name_it_and_only_for_postgresql(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://db.example/portal"
    settings = Settings(database_url=url, reports_database_url=url, reports_lag_seconds=7)
    monkeypatch.setitem(committed_app.config, "SETTINGS", settings)
    replicas.init_replica(committed_app, limits=replicas.Limits(pool_size=2))
    made: Replica = committed_app.extensions[REPLICA_EXTENSION]
    assert made._lag == timedelta(seconds=7)
    with pytest.raises(ValueError, match="SQLite has none"):
        Settings(reports_database_url=url)


# A server of its own and a second one that follows it --------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[Server, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="replica-"))
    folder.chmod(0o755)
    made = Server(folder)
    follower = folder / "follower"
    try:
        yield made, follower
    finally:
        made.running = follower
        for data in (follower, folder / "data"):
            made.running = data
            if (data / "postmaster.pid").exists():
                made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def follow(server: Server, follower: Path) -> str:
    """A standby that streams from the server, in a folder of its own; its address."""
    sockets = server.folder / "follower-socket"
    sockets.mkdir()
    server.own(sockets)
    asked = ("-h", str(server.folder), "-U", "postgres")
    server.run("pg_basebackup", "-D", follower, "-R", "--checkpoint=fast", *asked)
    with (follower / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"unix_socket_directories = '{sockets}'\n")
    server.start(follower)
    return f"postgresql+psycopg://postgres@/portal?host={sockets}"


def ask(replica: Replica, statement: str) -> None:
    """As its administrator does."""
    other = Database(replica.database.url)
    with other.engine.connect() as connection:
        connection.execute(text(statement))
    other.dispose()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_real_standby_serves_reports_falls_behind_dies_and_comes_back(
    committed_app: Flask, server: tuple[Server, Path]
) -> None:
    main, follower = server
    main.create(main.folder / "data")
    main.start(main.folder / "data")
    main.ask("CREATE DATABASE portal")
    with moved(committed_app, main.url("portal"), "memory:///"):
        flask(committed_app, "db", "upgrade")
        replica = Replica(follow(main, follower), lag=LAG)
        committed_app.extensions[REPLICA_EXTENSION] = replica

        def on_standby() -> bool:
            replica.wake()
            return bool(
                read_aside(lambda: current_session().scalar(text("SELECT pg_is_in_recovery()")))
            )

        def caught_up() -> bool:
            replica.wake()
            with freeze(utc_now() + 2 * LAG):
                return on_standby()

        def until(condition: object, seconds: float = 30) -> None:
            end = time.monotonic() + seconds
            while not condition():  # type: ignore[operator]
                assert time.monotonic() < end, "waited too long"
                time.sleep(0.05)

        with committed_app.app_context():
            act()
            until(caught_up)
            # Replay stands still: what is done meanwhile does not come.
            ask(replica, "SELECT pg_wal_replay_pause()")
            act()
            assert on_standby(), "behind by less than it may be"
            assert not caught_up()
            ask(replica, "SELECT pg_wal_replay_resume()")
            until(caught_up)
            with replica.session() as session, pytest.raises(DBAPIError, match="read-only"):
                session.execute(text("UPDATE programme_settings SET key = key"))
            main.running = follower
            main.stop()
            assert not on_standby()
            act()
            main.start(follower)
            until(caught_up)
        replica.database.dispose()
