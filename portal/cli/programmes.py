"""``flask programmes``: several programmes of LEPs in one installation, on PostgreSQL.

Everything here is done as the owner of the database, who may make schemas and roles; the portal's
own requests never are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import Connection, make_url, text

from config import Settings
from portal.cli.shared_tables import allow_shared, make_shared
from portal.db.programmes import (
    SHARED_SCHEMA,
    SLUG,
    NoProgrammeError,
    Programme,
    are_several,
    forget_programmes,
    outside,
    read_programmes,
    work_for,
)
from portal.db.session import Database, current_database

programmes_group = AppGroup("programmes", help="Several programmes of LEPs in one installation.")
# What a programme may have of its own; anything else is the installation's.
OWN_SETTINGS: Final = (
    *("mail_from", "controller_name", "privacy_contact"),
    *("bacs_service_user_number", "bacs_sort_code", "bacs_account", "bacs_name"),
)


class ProgrammeError(RuntimeError):
    """A programme cannot be made as asked; the words say what to do."""


def checked(
    *, slug: str, title: str, lep: str, public_url: str, settings: Mapping[str, str], database: str
) -> Programme:
    """The programme as described.

    Raises:
        ProgrammeError: for a name, an address or a setting that cannot be.
    """
    if SLUG.fullmatch(slug) is None:
        raise ProgrammeError(
            "A programme's name is 2 to 30 small letters, digits and underscores, a letter first"
        )
    address = urlsplit(public_url)
    if address.scheme not in {"http", "https"} or not address.netloc or address.path.strip("/"):
        raise ProgrammeError("Give the address people use, like https://talent.lep.example")
    unknown = sorted(set(settings) - set(OWN_SETTINGS))
    if unknown:
        raise ProgrammeError(
            f"{', '.join(unknown)} cannot be a programme's own; these can: "
            f"{', '.join(OWN_SETTINGS)}"
        )
    # The same checks as for the installation's own values.
    Settings.model_validate({"portal_env": "test", **settings})
    return Programme(
        slug=slug,
        title=title.strip(),
        lep=lep.strip(),
        public_url=public_url.rstrip("/"),
        role=f"portal_{database}_{slug}"[:63],
        settings=dict(settings),
    )


def separate(database: Database, programme: Programme) -> None:
    """Turn an installation of one programme into one that has room for several.

    The tables stay as they are; their schema gets the programme's name. One transaction.

    Raises:
        ProgrammeError: when that was done before, or the database is not PostgreSQL.
    """
    if database.is_sqlite:
        raise ProgrammeError("Several programmes need PostgreSQL: see `flask db move`")
    with database.engine.begin() as connection:
        if _has_schema(connection, SHARED_SCHEMA):
            raise ProgrammeError("This database has room for several already: flask programmes add")
        make_shared(connection)
        connection.execute(text(f"ALTER SCHEMA public RENAME TO {programme.schema}"))
        connection.execute(text("CREATE SCHEMA public"))
        _make_role(connection, programme)
        allow(connection, programme)
        _list(connection, programme)


def prepare(database: Database) -> None:
    """Bring what programmes share up to date, from nothing at all if need be."""
    with outside(), database.engine.begin() as connection:
        make_shared(connection)


def add(database: Database, programme: Programme) -> None:
    """Give a new programme its schema, its role and its tables, as new as everybody else's.

    Raises:
        ProgrammeError: when its name or its address is another's.
    """
    from portal.cli.schema import upgrade_programme

    prepare(database)
    with outside(), database.engine.begin() as connection:
        taken = connection.execute(
            text(
                f"SELECT slug FROM {SHARED_SCHEMA}.programmes "  # noqa: S608
                "WHERE slug = :slug OR public_url = :address"
            ),
            {"slug": programme.slug, "address": programme.public_url},
        ).scalar()
        if taken is not None:
            raise ProgrammeError(f"The programme {taken} has that name or that address already")
        if not _has_schema(connection, programme.schema):
            connection.execute(text(f"CREATE SCHEMA {programme.schema}"))
        _make_role(connection, programme)
    # Before it is listed, so that nobody is led to a programme without tables.
    upgrade_programme(database, programme)
    with outside(), database.engine.begin() as connection:
        _list(connection, programme)
    forget_programmes()


def _has_schema(connection: Connection, name: str) -> bool:
    return (
        connection.execute(text("SELECT to_regnamespace(:name)"), {"name": name}).scalar()
        is not None
    )


def _make_role(connection: Connection, programme: Programme) -> None:
    """A role that may do nothing yet; the owner may act as it, and nobody else."""
    role = programme.role
    known = connection.execute(
        text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
    ).scalar()
    if known is None:
        connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
    connection.execute(text(f"REVOKE ALL ON SCHEMA {programme.schema} FROM PUBLIC"))


def _list(connection: Connection, programme: Programme) -> None:
    connection.execute(
        text(
            f"INSERT INTO {SHARED_SCHEMA}.programmes "  # noqa: S608
            "(slug, title, lep, public_url, role, settings) "
            "VALUES (:slug, :title, :lep, :address, :role, CAST(:settings AS jsonb))"
        ),
        {
            "slug": programme.slug,
            "title": programme.title,
            "lep": programme.lep,
            "address": programme.public_url,
            "role": programme.role,
            "settings": json.dumps(dict(programme.settings)),
        },
    )


def allow(connection: Connection, programme: Programme) -> None:
    """Let the programme's role use its tables as they are now, its side of links, nothing else."""
    role, schema = programme.role, programme.schema
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}",
    ):
        connection.execute(text(statement))
    allow_shared(connection, role)


def _made(
    how: Callable[[Database, Programme], None],
    slug: str,
    title: str,
    lep: str,
    address: str,
    own: tuple[str, ...],
) -> None:
    """Make the programme as described, or end the command with what to do."""
    settings = dict(one.partition("=")[::2] for one in own)
    database = current_database()
    name = make_url(database.url).database or "portal"
    safe = "".join(letter if letter.isalnum() else "_" for letter in name.lower())
    try:
        programme = checked(
            slug=slug, title=title, lep=lep, public_url=address, settings=settings, database=safe
        )
        how(database, programme)
    except ProgrammeError as error:
        raise click.ClickException(str(error)) from None


_OPTIONS: Final = (
    click.argument("slug"),
    click.option("--title", required=True, help="What the programme is called."),
    click.option("--lep", required=True, help="The Local Enterprise Partnership whose it is."),
    click.option("--address", required=True, help="Where people reach it: https://…"),
    click.option("--set", "own", multiple=True, help="NAME=VALUE, a setting of its own."),
)


def _with_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@programmes_group.command("separate")
@_with_options
def separate_command(slug: str, title: str, lep: str, address: str, own: tuple[str, ...]) -> None:
    """Make room for several: what is here becomes the first, SLUG. Stop the portal meanwhile."""
    if are_several():
        raise click.ClickException(
            "SEVERAL_PROGRAMMES is on already. To begin with an empty database: "
            "flask programmes add"
        )
    _made(separate, slug, title, lep, address, own)
    click.echo(
        f"Everything here belongs to {slug} now. Set SEVERAL_PROGRAMMES=true and start the portal; "
        f"move its files into a folder {slug} of the storage."
    )


@programmes_group.command("add")
@_with_options
def add_command(slug: str, title: str, lep: str, address: str, own: tuple[str, ...]) -> None:
    """Begin a programme called SLUG, with tables of its own."""
    _several_or_stop()
    _made(add, slug, title, lep, address, own)
    click.echo(
        f"{slug} is ready at {address}. Its first manager:\n"
        f"PROGRAMME={slug} flask accounts create EMAIL --name NAME --role lep_manager"
    )


@programmes_group.command("list")
def list_command() -> None:
    """Every programme, its LEP and its address."""
    _several_or_stop()
    for one in read_programmes(current_database().engine):
        click.echo(f"{one.slug:<20} {one.lep} · {one.title} · {one.public_url}")


def _several_or_stop() -> None:
    if not are_several():
        raise click.ClickException(
            "This installation is of one programme. `flask programmes separate` makes room for "
            "several; then set SEVERAL_PROGRAMMES=true"
        )


def register(app: Flask) -> None:
    """Add ``flask programmes``, and let ``PROGRAMME`` say which one commands work for."""
    app.cli.add_command(programmes_group)
    chosen = app.config["SETTINGS"].programme
    if chosen is not None:
        with app.app_context():
            if are_several():
                work_for(chosen)


def in_words(command: click.Command) -> None:
    """Have a command that does not say for which programme tell what to do, not where it broke."""
    invoke = command.invoke

    def told(context: click.Context) -> Any:
        try:
            return invoke(context)
        except NoProgrammeError as error:
            raise click.ClickException(str(error)) from None

    command.invoke = told  # type: ignore[assignment, method-assign]
