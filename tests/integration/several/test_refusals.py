"""What is not done to an installation, and what is said instead: nothing is changed by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.cli.programmes import ProgrammeError, add, separate
from portal.db.programmes import outside
from portal.db.session import Database
from tests.integration.several.conftest import EAST, described
from tests.support import databases

NORTH = "http://north.example"


def listed(app: Flask) -> list[tuple[str, str]]:
    """Every programme and its schema's tables, as they are now."""
    with app.app_context(), outside(), app.extensions["portal_db"].engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT slug, count(tablename)::text FROM portal_shared.programmes "
                "LEFT JOIN pg_tables ON schemaname = 'programme_' || slug GROUP BY slug ORDER BY 1"
            )
        )
        return [(row[0], row[1]) for row in rows]


def test_a_file_has_no_room_for_several(tmp_path: Path) -> None:
    database = Database(databases.new_database("sqlite", tmp_path))
    with pytest.raises(ProgrammeError, match="need PostgreSQL: see `flask db move`"):
        separate(database, described("north", NORTH))
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM employers")).scalar() == 0
    database.dispose()


def test_what_has_room_already_is_not_separated_again(installation: Flask) -> None:
    before = listed(installation)
    assert [slug for slug, _tables in before] == ["east", "west"]
    with (
        installation.app_context(),
        outside(),
        pytest.raises(ProgrammeError, match="has room for several already: flask programmes add"),
    ):
        separate(installation.extensions["portal_db"], described("north", NORTH))
    assert listed(installation) == before


@pytest.mark.parametrize(("slug", "address"), [("west", NORTH), ("north", EAST)])
def test_a_name_or_an_address_that_is_anothers_is_refused(
    installation: Flask, slug: str, address: str
) -> None:
    before = listed(installation)
    with (
        installation.app_context(),
        pytest.raises(ProgrammeError, match="has that name or that address already"),
    ):
        add(installation.extensions["portal_db"], described(slug, address))
    assert listed(installation) == before
