"""Integration tests: the real application on real databases, rolled back after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import sessionmaker

from config import Settings
from portal import create_app
from portal.db.session import WRITE_OPTION, Database, PortalSession, current_session
from portal.integrations.jobs import sweep
from tests.support import databases
from tests.support.client import PortalClient


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


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every integration test runs on both databases."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def portal_app(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application a database, made once."""
    folder = tmp_path_factory.mktemp(f"app-{database_kind}")
    url = databases.new_database(database_kind, folder)
    app = create_app(make_settings(url, folder))
    app.config["TESTING"] = True
    app.test_client_class = PortalClient
    yield app
    app.extensions["portal_db"].dispose()


@pytest.fixture
def app(portal_app: Flask) -> Iterator[Flask]:
    """The application inside a transaction that is rolled back at the end of the test."""
    database: Database = portal_app.extensions["portal_db"]
    connection = database.engine.connect().execution_options(**{WRITE_OPTION: True})
    outer = connection.begin()
    real = database.sessions
    database.sessions = sessionmaker(
        connection,
        class_=PortalSession,
        join_transaction_mode="create_savepoint",
        expire_on_commit=True,
    )
    limiter_storage = portal_app.extensions.get("limiter")
    for limiter in limiter_storage or ():
        limiter.reset()
    with portal_app.app_context():
        yield portal_app
        current_session().close()
    database.sessions = real
    outer.rollback()
    connection.close()


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


@pytest.fixture(params=["sqlite", "postgresql"])
def committed_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database of its own whose writes are really committed."""
    url = databases.new_database(request.param, tmp_path)
    app = create_app(make_settings(url, tmp_path))
    app.config["TESTING"] = True
    app.test_client_class = PortalClient
    yield app
    app.extensions["portal_db"].dispose()
