"""Integration tests: the real application on real databases, rolled back after each test."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import sessionmaker

from config import Settings
from portal import create_app
from portal.db.session import WRITE_OPTION, Database, PortalSession, current_session
from portal.integrations.jobs import HUEY_EXTENSION, sweep
from tests.support import databases
from tests.support.client import PortalClient

KINDS = ("sqlite", "postgresql")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and count as deselected, the second run of what one database is enough for.

    That is what says so, on SQLite; and of the files of tests of pages, on whose queries and
    services other files put both, each test on one of them. With BIG=1 everything runs on both,
    and the second runs belong to the long proofs.
    """
    second = [item for item in items if _is_second(item)]
    if os.environ.get("BIG") == "1":
        for item in second:
            item.add_marker(pytest.mark.slow)
        return
    config.hook.pytest_deselected(items=second)
    left = {id(item) for item in second}
    items[:] = [item for item in items if id(item) not in left]


def _is_second(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    kind = call.params.get("database_kind") if call else None
    if kind is None:
        return False
    if item.get_closest_marker("one_database"):
        return bool(kind == "postgresql")
    if item.get_closest_marker("both_databases"):
        return False
    if not re.fullmatch(r"test_(?:\w+_)?pages\.py", item.path.name):
        return False
    # By the name without the database, so that both runs of a test are told apart the same way.
    name = f"{item.nodeid.split('[')[0]}[{call.id.replace(kind, '', 1)}]"
    return bool(kind != KINDS[crc32(name.encode()) % len(KINDS)])


def make_settings(url: str, folder: Path, **changes: object) -> Settings:
    """Settings of a test installation with its own files."""
    values: dict[str, object] = {
        "portal_env": "test",
        "database_url": url,
        "storage_url": f"file://{folder / 'files'}",
        "queue_path": folder / "queue.db",
        "demo": True,
        **changes,
    }
    return Settings(**values)  # type: ignore[arg-type]


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every integration test runs on both databases."""
    kind: str = request.param
    return kind


def make_app(url: str, folder: Path, **changes: object) -> Flask:
    """A test installation, with clients that check what they are given."""
    app = create_app(make_settings(url, folder, **changes))
    app.config["TESTING"] = True
    app.test_client_class = PortalClient
    # Every process of the run, and every application in it, uses the same templates.
    compiled = databases.shared_folder("templates")
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    # An application is some million objects that live as long as the run: not looked at again
    # whenever a test has made rubbish of its own.
    gc.freeze()
    return app


def _start_afresh(app: Flask) -> None:
    """Forget what an earlier test left in the application itself, or in what all of them share."""
    for limiter in app.extensions.get("limiter") or ():
        limiter.enabled = True
        limiter.reset()
    app.extensions[HUEY_EXTENSION].flush()


@pytest.fixture(scope="session")
def portal_app(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application a database, made once."""
    folder = tmp_path_factory.mktemp(f"app-{database_kind}")
    app = make_app(databases.new_database(database_kind, folder), folder)
    yield app
    app.extensions["portal_db"].dispose()


@contextmanager
def rolled_back(portal_app: Flask, database: Database) -> Iterator[Flask]:
    """The application on a database, inside a transaction that is rolled back at the end."""
    usual: Database = portal_app.extensions["portal_db"]
    connection = database.engine.connect().execution_options(**{WRITE_OPTION: True})
    outer = connection.begin()
    real = database.sessions
    database.sessions = sessionmaker(
        connection,
        class_=PortalSession,
        join_transaction_mode="create_savepoint",
        expire_on_commit=True,
    )
    portal_app.extensions["portal_db"] = database
    _start_afresh(portal_app)
    with portal_app.app_context():
        yield portal_app
        current_session().close()
    portal_app.extensions["portal_db"] = usual
    database.sessions = real
    # A test with a database of its own may have committed it.
    if outer.is_active:
        outer.rollback()
    connection.close()


@pytest.fixture
def app(portal_app: Flask) -> Iterator[Flask]:
    """The application inside a transaction that is rolled back at the end of the test."""
    with rolled_back(portal_app, portal_app.extensions["portal_db"]) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> PortalClient:
    """A browser without JavaScript that checks every page."""
    client = app.test_client()
    assert isinstance(client, PortalClient)
    return client


@pytest.fixture
def session(app: Flask) -> PortalSession:
    """The current session."""
    return current_session()


@pytest.fixture
def run_jobs(app: Flask):
    """Run what the outbox holds, as the worker would; returns how many were done."""
    return sweep


@pytest.fixture(scope="session")
def committing_app(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Flask]:
    """The application that is lent to one database after the other, by the kind of database."""
    made: dict[str, Flask] = {}

    def app_for(kind: str) -> Flask:
        if kind not in made:
            folder = tmp_path_factory.mktemp(f"committing-{kind}")
            made[kind] = make_app(f"sqlite:///{folder / 'none.db'}", folder)
        return made[kind]

    return app_for


@pytest.fixture(params=["sqlite", "postgresql"])
def committed_app(
    request: pytest.FixtureRequest, tmp_path: Path, committing_app: Callable[[str], Flask]
) -> Iterator[Flask]:
    """An application on a database of its own whose writes are really committed.

    The database is new for each test; what is built once is only the application around it, which
    takes longer than most of these tests.
    """
    url = databases.new_database(request.param, tmp_path)
    app = committing_app(request.param)
    database, settings = Database(url), app.config["SETTINGS"]
    # Tests add work of their own to what the application knows.
    extensions = dict(app.extensions)
    known = {name: dict(it) for name, it in extensions.items() if type(it) is dict}
    app.extensions["portal_db"] = database
    app.config["SETTINGS"] = settings.model_copy(update={"database_url": url})
    app.extensions[HUEY_EXTENSION].flush()
    _start_afresh(app)
    yield app
    app.config["SETTINGS"] = settings
    app.extensions.clear()
    app.extensions.update(extensions)
    for name, it in known.items():
        app.extensions[name].clear()
        app.extensions[name].update(it)
    database.dispose()


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Flask]:
    """A PostgreSQL database of the test's own, for what only that one does."""
    made = make_app(databases.new_database("postgresql", tmp_path), tmp_path)
    yield made
    made.extensions["portal_db"].dispose()
