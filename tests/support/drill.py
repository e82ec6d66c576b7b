"""An application moved to another machine: another database, another storage, nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url

from config import Settings
from portal.db.session import Database
from portal.integrations.storage import STORAGE_EXTENSION, Storage, make_storage
from tests.support import databases


def empty_database(kind: str, folder: Path) -> str:
    """The address of a database with nothing in it, not even tables."""
    if kind == "sqlite":
        return f"sqlite:///{folder / uuid.uuid4().hex}.db"
    url, name = databases.postgres_server(), f"e_{uuid.uuid4().hex}"
    databases._execute(url, f"CREATE DATABASE {name} TEMPLATE template0")
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def moved(app: Flask, url: str, storage: Storage | str, **settings: object) -> Iterator[Database]:
    """Lend the application another database and storage."""
    before = (app.extensions["portal_db"], app.extensions[STORAGE_EXTENSION])
    kept: Settings = app.config["SETTINGS"]
    database = Database(url)
    app.extensions["portal_db"] = database
    app.extensions[STORAGE_EXTENSION] = (
        make_storage(storage) if isinstance(storage, str) else storage
    )
    app.config["SETTINGS"] = kept.model_copy(update={"database_url": url, **settings})
    try:
        yield database
    finally:
        app.extensions["portal_db"], app.extensions[STORAGE_EXTENSION] = before
        app.config["SETTINGS"] = kept
        database.dispose()


def flask(app: Flask, *words: object) -> str:
    """Run ``flask WORDS`` and return what it said; it must succeed."""
    with app.app_context():
        done = app.test_cli_runner().invoke(args=[str(word) for word in words])
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def refused(app: Flask, *words: object) -> str:
    """Run ``flask WORDS``, which must refuse in words rather than with a traceback."""
    with app.app_context():
        done = app.test_cli_runner().invoke(args=[str(word) for word in words])
    assert done.exit_code in {1, 2}, (words, done.output)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output
