"""Migrations run while the version before them serves: what they may do, and how they wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, text

from portal.cli import schema
from portal.cli.schema import EXPANDING_SINCE, Patience, TablesHeld, alembic_config, upgrade
from portal.db import unit_of_work
from portal.db.session import Database
from portal.reports.facts import install as counts
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.support.drill import refused
from tests.support.expanding import expanding_faults
from tests.support.races import database_of
from tests.support.statements import sent_to

on_postgresql = pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
_BODY = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "{name}", "{before}", None, None
{extra}
def upgrade():
    op.add_column("employers", sa.Column("example_of_a_column", sa.String(20)))
    {more}
def downgrade():
    op.drop_column("employers", "example_of_a_column")
"""


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A migration of a version that does not exist: it adds a column, and does ``more``."""

    def write(more: str = "", extra: str = "") -> None:
        before = ScriptDirectory.from_config(alembic_config()).get_current_head()
        folder = tmp_path / "versions"
        folder.mkdir(exist_ok=True)
        (folder / "998_next.py").write_text(
            _BODY.format(name="998_next", before=before, more=more, extra=extra)
        )
        real = schema.alembic_config

        def configured(*given: object) -> Config:
            config = real(*given)  # type: ignore[arg-type]
            both = (str(schema.MIGRATIONS / "versions"), str(folder))
            config.set_main_option("version_locations", ":".join(both))
            return config

        monkeypatch.setattr(schema, "alembic_config", configured)

    return write


@contextmanager
def long_reader(url: str) -> Iterator[None]:
    """Somebody in the middle of reading every employer."""
    other = Database(url)
    with other.engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM employers"))
        yield
    other.dispose()


def revision_of(database: Database) -> str:
    with database.engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def wait_until_it_waits(database: Database) -> None:
    """Until the migration stands in the queue for its table."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode LIKE 'AccessExcl%'")
    end = time.monotonic() + 60
    with database.engine.connect() as connection:
        while not connection.scalar(waiting):
            connection.rollback()
            assert time.monotonic() < end
            time.sleep(0.01)


class People(threading.Thread):
    """An officer who reads the list, and employers who come, one after the other."""

    def __init__(self, app: Flask) -> None:
        super().__init__(daemon=True)
        self.app, self.stopped = app, threading.Event()
        self.client = app.test_client()
        with app.app_context():
            with unit_of_work():
                officer = make_user(roles=("lep_officer",))
            sign_in(self.client, officer)
        self.once()
        self.pages, self.longest = 0, 0.0
        self.errors: list[object] = []

    def once(self) -> None:
        answer = self.client.get("/employers/")
        assert answer.status_code == 200, answer.status_code
        with self.app.app_context(), unit_of_work():
            make_employer()

    def run(self) -> None:
        while not self.stopped.is_set():
            began = time.monotonic()
            try:
                self.once()
            except Exception as error:  # noqa: BLE001 - the test judges it
                self.errors.append(error)
            self.pages += 1
            self.longest = max(self.longest, time.monotonic() - began)

    def finish(self) -> None:
        self.stopped.set()
        self.join(60)


@on_postgresql
@pytest.mark.slow
@pytest.mark.parametrize("waits", [0.15, 60.0], ids=["in short tries", "until it is given"])
def test_pages_go_on_while_a_column_is_added(
    committed_app: Flask, next_version: Callable[..., None], waits: float
) -> None:
    """With the control: a migration that waits lets every page queue behind it."""
    next_version()
    database = database_of(committed_app)
    people = People(committed_app)
    done = threading.Event()

    def migrate() -> None:
        tries = Patience(int(waits * 1000), 200, lambda _: time.sleep(0.1))
        upgrade(database, patience=tries)
        done.set()

    people.start()
    upgrading = threading.Thread(target=migrate, daemon=True)
    try:
        with long_reader(database.url):
            upgrading.start()
            wait_until_it_waits(database)
            before = people.pages
            time.sleep(1.5)
            assert not done.is_set(), "somebody still reads"
            during = people.pages - before
        assert done.wait(60)
        after = people.pages
        while people.pages < after + 3:
            time.sleep(0.05)
    finally:
        people.finish()
        upgrading.join(60)
    assert revision_of(database) == "998_next"
    assert people.errors == []
    if waits < 1:
        assert during >= 2
        with database.engine.connect() as connection:
            assert counts.is_current(connection), "counting went on"
            assert counts.differences(connection) == []
    else:
        assert during <= 1, "the control: they queued"
        assert people.longest > 1.2


@on_postgresql
def test_held_for_too_long_it_gives_up_whole(
    committed_app: Flask, next_version: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    database = database_of(committed_app)
    before = revision_of(database)
    next_version()
    pauses: list[float] = []
    with long_reader(database.url), pytest.raises(TablesHeld):
        upgrade(database, patience=Patience(50, 3, pauses.append))
    assert pauses == [1.0, 2.0]
    assert [one.levelno for one in caplog.records if "is held" in one.message] == [
        logging.WARNING
    ] * 3
    assert revision_of(database) == before
    with database.engine.connect() as connection:
        assert counts._installed(connection), "the old version goes on counting"
    upgrade(database)
    assert revision_of(database) == "998_next"


@on_postgresql
def test_the_command_says_what_to_do(
    committed_app: Flask, next_version: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version()
    few = committed_app.config["SETTINGS"].model_copy(
        update={"migration_lock_timeout_ms": 50, "migration_tries": 1}
    )
    monkeypatch.setitem(committed_app.config, "SETTINGS", few)
    with long_reader(database_of(committed_app).url):
        said = refused(committed_app, "db", "upgrade")
    assert "Others hold a table" in said
    assert "pg_stat_activity" in said


@on_postgresql
def test_another_fault_is_not_tried_again(
    committed_app: Flask, next_version: Callable[..., None]
) -> None:
    next_version(more="op.execute('SELECT 1 / 0')")
    with pytest.raises(Exception, match="division by zero"):
        upgrade(
            database_of(committed_app),
            patience=Patience(50, 3, lambda _: pytest.fail("tried again")),
        )


@on_postgresql
def test_what_is_counted_is_put_aside_only_for_what_takes_away(
    committed_app: Flask, next_version: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(counts, "uninstall", asked.append)
    monkeypatch.setattr(counts, "install", asked.append)
    next_version()
    upgrade(database_of(committed_app))
    assert asked == []
    schema.downgrade(database_of(committed_app), "-1")
    asked.clear()
    next_version(extra="CONTRACT = 'an example'")
    upgrade(database_of(committed_app))
    assert len(asked) == 1


def test_readiness_bears_a_later_version_and_no_earlier_one(committed_app: Flask) -> None:
    client = committed_app.test_client()
    for found, state in (("998_next", "ok"), ("001_foundation", "failed")):
        with database_of(committed_app).engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": found})
        assert client.get("/readyz").json["checks"]["migrations"] == state


# What a migration may do --------------------------------------------------------------------------


def statements_of(database: Database, step: Callable[[], None]) -> list[str]:
    """What a step says to the database."""
    with sent_to(Engine) as sent:
        step()
    return [one.sql for one in sent]


@on_postgresql
def test_migrations_only_add_what_the_version_before_can_bear(committed_app: Flask) -> None:
    """Every migration since the rule was made; one that takes away says so, and since when."""
    database, faults = database_of(committed_app), []
    scripts = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())
    judged = [one for one in scripts if int(one.revision.partition("_")[0]) >= EXPANDING_SINCE]
    if judged:
        schema.downgrade(database, str(judged[-1].down_revision))
    for script in reversed(judged):
        said = statements_of(database, lambda name=script.revision: upgrade(database, name))
        if not getattr(script.module, "CONTRACT", ""):
            faults += [f"{script.revision} {fault}" for fault in expanding_faults(said)]
    assert faults == []


@on_postgresql
@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("", None),
        ("op.drop_column('employers', 'name')", "drops a column"),
        ("op.execute('ALTER TABLE employers RENAME COLUMN name TO title')", "renames"),
        ("op.create_index('ix_x', 'employers', ['name'])", "builds an index"),
    ],
    ids=["adds", "drops", "renames", "indexes"],
)
def test_what_a_real_migration_says_is_seen(
    committed_app: Flask, next_version: Callable[..., None], more: str, fault: str | None
) -> None:
    """The control of the one above."""
    next_version(more=more)
    database = database_of(committed_app)
    found = expanding_faults(statements_of(database, lambda: upgrade(database)))
    assert [one.partition(":")[0].partition(" (")[0] for one in found] == (
        [f"{fault} with the table held" if "index" in (fault or "") else fault] if fault else []
    )
