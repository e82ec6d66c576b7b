"""Each programme is backed up by itself and comes back by itself, here or on its own machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.cli.backup import restoring
from portal.db import current_session, unit_of_work
from portal.db.programmes import current_programme, programme_called, settings_here, within
from portal.db.session import Database
from portal.employers.models import Employer
from portal.integrations.sealing import key_file, make_key_file
from portal.integrations.storage import make_storage, storage
from tests.factories.employers import make_employer
from tests.support.drill import empty_database, flask
from tests.support.whole_database import state


@pytest.fixture
def backed(installation: Flask, tmp_path: Path) -> Iterator[Path]:
    """The installation with a folder for backups and a key."""
    make_key_file(tmp_path / "key")
    kept = installation.config["SETTINGS"]
    installation.config["SETTINGS"] = kept.model_copy(
        update={"backup_folder": tmp_path / "backups", "backup_key_file": tmp_path / "key"}
    )
    yield tmp_path
    installation.config["SETTINGS"] = kept


def _names() -> set[str]:
    return set(current_session().scalars(select(Employer.name)))


def test_one_comes_back_and_the_other_stays_as_it_is(installation: Flask, backed: Path, at) -> None:
    for slug in ("east", "west"):
        with at(slug), unit_of_work():
            make_employer(name=f"Example {slug} before")
    with installation.app_context():
        east = programme_called("east")
        assert east is not None
        with within(east, as_owner=True), installation.app_context():
            assert current_programme() == east
            storage().put("evidence/kept", b"bytes")
            assert settings_here().backup_folder == backed / "backups" / "east"
            said = flask(installation, "backup", "make")
            (path,) = (backed / "backups" / "east").glob("*.backup")
            assert "rows" in said
            with installation.extensions["portal_db"].engine.connect() as connection:
                before = state(connection)
    for slug in ("east", "west"):
        with at(slug), unit_of_work():
            make_employer(name=f"Example {slug} after")
    installation.extensions["portal_db"].dispose()
    with installation.app_context(), within(east, as_owner=True):
        flask(installation, "restore", path, "--force")
        with installation.extensions["portal_db"].engine.connect() as connection:
            assert state(connection) == before
    with at("east"):
        assert "Example east after" not in _names()
        with unit_of_work():
            make_employer(name="Example east again")
    with at("west"):
        assert {"Example west before", "Example west after"} <= _names()
    alone = Database(empty_database("postgresql", backed))
    restored = restoring.restore(
        path,
        key_file(backed / "key"),
        database=alone,
        store=make_storage(f"file://{backed / 'alone'}"),
    )
    assert restored.faults == []
    with alone.engine.connect() as connection:
        assert state(connection) == before
    alone.dispose()
