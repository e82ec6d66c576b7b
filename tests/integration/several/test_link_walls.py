"""The wall before what programmes share about links: each role its own side, tried in SQL.

Every attempt is made twice: with row-level security, and with it taken away, when it succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from portal.cli.programmes import prepare
from portal.cli.shared_tables import LINK_TABLES, allow_shared
from portal.db import current_session
from portal.db.programmes import Programme, outside, read_programmes

LINK, OTHER, CROSSING, NEW = "L" * 43, "M" * 43, "C" * 43, "N" * 43
HASH, NEW_HASH = "a" * 64, "b" * 64
_BOTH_WAYS = (("east", "west"), ("west", "east"))
_ROLE = "CREATE ROLE {north} NOLOGIN"
_NORTH = (
    "INSERT INTO portal_shared.programmes (slug, title, lep, public_url, role) VALUES "
    "('north', 'Example north', 'Example north LEP', 'http://n.example', '{north}')"
)
_HALF = (
    "INSERT INTO portal_shared.link_halves (reference, programme, partner, made_at) "
    "VALUES ('{0}', '{1}', '{2}', now())"
)
_TICKET = (
    "INSERT INTO portal_shared.tickets (ticket_hash, kind, from_programme, to_programme, "
    "from_session, strong, ends_at, idle_seconds, expires_at) VALUES ('{2}', 'go', '{0}', '{1}', "
    "'s', true, now() + interval '1 day', 60, now() + interval '1 minute')"
)
_CROSSING = (
    "INSERT INTO portal_shared.crossings (reference, link, from_programme, to_programme, "
    "from_session, idle_seconds, ends_at) VALUES ('{2}', '{3}', '{0}', '{1}', 's', 60, "
    "now() + interval '1 day')"
)


def _half(reference: str, mine: str, partner: str) -> str:
    return _HALF.format(reference, mine, partner)


def _ticket(origin: str, to: str, hashed: str) -> str:
    return _TICKET.format(origin, to, hashed)


def _crossing(origin: str, to: str, reference: str) -> str:
    return _CROSSING.format(origin, to, reference, LINK)


@pytest.fixture
def shared(installation: Flask, afresh: None) -> Iterator[Connection]:
    """A transaction of the owner, undone at the end, with a third programme and one link."""
    engine = installation.extensions["portal_db"].engine
    with installation.app_context(), outside(), engine.connect() as connection:
        roles = {one.slug: one.role for one in read_programmes(engine)}
        roles["north"] = f"{roles['east']}_n"
        made = [_ROLE.format(**roles), _NORTH.format(**roles)]
        made += [_half(LINK, roles[one], roles[two]) for one, two in _BOTH_WAYS]
        made += [
            _half(OTHER, roles["north"], roles["east"]),
            _ticket(roles["east"], roles["west"], HASH),
            _crossing(roles["east"], roles["west"], CROSSING),
        ]
        for statement in made:
            connection.execute(text(statement))
        allow_shared(connection, roles["north"])
        connection.info["roles"] = roles
        yield connection
        connection.rollback()


@contextmanager
def _acting(connection: Connection, slug: str) -> Iterator[None]:
    """As the role of a programme; afterwards all is as before."""
    undone = connection.begin_nested()
    connection.execute(text(f"SET LOCAL ROLE {connection.info['roles'][slug]}"))
    try:
        yield
    finally:
        undone.rollback()
        connection.execute(text("RESET ROLE"))


def _took_down_the_wall(connection: Connection) -> None:
    for table in LINK_TABLES:
        connection.execute(text(f"ALTER TABLE portal_shared.{table} DISABLE ROW LEVEL SECURITY"))


def _succeeds(connection: Connection, slug: str, statement: str) -> bool:
    """Whether a statement is let through and touches a row."""
    roles = connection.info["roles"]
    with _acting(connection, slug):
        try:
            return bool(connection.execute(text(statement.format(**roles))).rowcount)
        except DBAPIError as error:
            if "row-level security" not in str(error):
                raise
            return False


# Who tries, and what; the roles stand in braces.
_READ_HALF = "SELECT 1 FROM portal_shared.link_halves WHERE "
_END_HALF = "DELETE FROM portal_shared.link_halves WHERE "
ATTEMPTS = {
    "a third programme reads a link": ("north", f"{_READ_HALF}reference = '{LINK}'"),
    "a partner reads the other half": ("west", _READ_HALF + "programme = '{east}'"),
    "an offer is read by whom it is for": ("east", f"{_READ_HALF}reference = '{OTHER}'"),
    "a half is written for another": ("north", _half(NEW, "{east}", "{north}")),
    "a link is ended by a third": ("north", f"{_END_HALF}reference = '{LINK}'"),
    "the other half is deleted": ("west", _END_HALF + "programme = '{east}'"),
    "a ticket is read by a third": ("north", "SELECT 1 FROM portal_shared.tickets"),
    "a ticket is given for another": ("north", _ticket("{west}", "{east}", NEW_HASH)),
    "a ticket is given to oneself": ("west", _ticket("{east}", "{west}", NEW_HASH)),
    "a ticket is taken by a third": ("north", "DELETE FROM portal_shared.tickets"),
    "a crossing is read by a third": ("north", "SELECT 1 FROM portal_shared.crossings"),
    "a crossing is made into another": ("west", _crossing("{west}", "{east}", NEW)),
    "a crossing is ended by a third": ("north", "DELETE FROM portal_shared.crossings"),
}


@pytest.mark.parametrize(("slug", "statement"), ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_programme_has_its_own_side_only(shared: Connection, slug: str, statement: str) -> None:
    assert not _succeeds(shared, slug, statement)
    _took_down_the_wall(shared)
    assert _succeeds(shared, slug, statement), "the control"


OWN = {
    "its half": ("east", _READ_HALF + "programme = '{east}'"),
    "a new half": ("east", _half(NEW, "{east}", "{north}")),
    "ending its half": ("east", _END_HALF + "programme = '{east}'"),
    "giving a ticket": ("east", _ticket("{east}", "{west}", NEW_HASH)),
    "taking one": ("west", "DELETE FROM portal_shared.tickets"),
    "taking one back": ("east", "DELETE FROM portal_shared.tickets"),
    "keeping a crossing": ("west", _crossing("{east}", "{west}", NEW)),
    "ending what came from it": ("east", "DELETE FROM portal_shared.crossings"),
}


@pytest.mark.parametrize(("slug", "statement"), OWN.values(), ids=OWN)
def test_a_programme_may_do_what_is_its_own(shared: Connection, slug: str, statement: str) -> None:
    assert _succeeds(shared, slug, statement)


@pytest.mark.parametrize("table", [*LINK_TABLES, "programmes"])
def test_nothing_shared_is_ever_changed_by_a_programme(shared: Connection, table: str) -> None:
    column = {"tickets": "strong", "programmes": "lep"}.get(table, "reference")
    with (
        _acting(shared, "east"),
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        shared.execute(text(f"UPDATE portal_shared.{table} SET {column} = {column}"))  # noqa: S608


def test_a_link_stands_only_while_each_half_names_the_other(shared: Connection) -> None:
    roles = shared.info["roles"]

    def stands(reference: str, slug: str) -> bool:
        return bool(
            shared.scalar(
                text("SELECT portal_shared.link_stands(:reference, :role)"),
                {"reference": reference, "role": roles[slug]},
            )
        )

    assert stands(LINK, "east")
    assert stands(LINK, "west")
    # A third who learns a reference writes a half that nobody's names.
    shared.execute(text(_half(LINK, roles["north"], roles["east"])))
    assert not stands(LINK, "north")
    # Ending it takes the other half along, and leaves what is others' alone.
    shared.execute(
        text("DELETE FROM portal_shared.link_halves WHERE programme = :role"),
        {"role": roles["north"]},
    )
    assert stands(LINK, "east")
    shared.execute(
        text("DELETE FROM portal_shared.link_halves WHERE programme = :role"),
        {"role": roles["west"]},
    )
    assert shared.scalar(text("SELECT count(*) FROM portal_shared.link_halves")) == 0
    assert shared.scalar(text("SELECT count(*) FROM portal_shared.crossings")) == 0


def test_a_programme_that_is_removed_takes_everything_of_it(shared: Connection) -> None:
    shared.execute(text("DELETE FROM portal_shared.programmes WHERE slug = 'west'"))
    assert shared.scalar(text("SELECT count(*) FROM portal_shared.link_halves")) == 1
    for table in ("tickets", "crossings"):
        statement = f"SELECT count(*) FROM portal_shared.{table}"  # noqa: S608
        assert shared.scalar(text(statement)) == 0, table


def test_no_crossing_hangs_on_a_link_that_is_not_whole(shared: Connection) -> None:
    roles = shared.info["roles"]
    shared.execute(text("DELETE FROM portal_shared.link_halves WHERE partner <> programme"))
    with pytest.raises(DBAPIError, match="foreign key"):
        shared.execute(text(_crossing(roles["east"], roles["west"], NEW)))


def test_an_installation_from_before_gets_the_tables(installation: Flask, afresh: None) -> None:
    """``flask db upgrade`` makes what is missing, and leaves alone what is there."""
    database = installation.extensions["portal_db"]
    with installation.app_context():
        with outside(), database.engine.begin() as connection:
            kept = connection.execute(text("SELECT slug, opened_at FROM portal_shared.programmes"))
            before = sorted(tuple(row) for row in kept)
            for table in ("crossings", "tickets", "link_halves"):
                connection.execute(text(f"DROP TABLE portal_shared.{table}"))
            for function in ("link_stands(text, text)", "end_other_half()"):
                connection.execute(text(f"DROP FUNCTION portal_shared.{function}"))
        for _twice in range(2):
            prepare(database)
        with outside(), database.engine.begin() as connection:
            kept = connection.execute(text("SELECT slug, opened_at FROM portal_shared.programmes"))
            assert sorted(tuple(row) for row in kept) == before
            for programme in read_programmes(database.engine):
                allow_shared(connection, programme.role)


def test_it_is_the_programmes_role_that_asks(at) -> None:
    with at("east") as east:
        assert isinstance(east, Programme)
        assert current_session().scalar(text("SELECT current_user")) == east.role
        rows = current_session().execute(text("SELECT programme FROM portal_shared.link_halves"))
        assert {row.programme for row in rows} <= {east.role}
