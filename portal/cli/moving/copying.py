"""Copying one database into another: refused, or whole and proved, or as if it never was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, table, text

from portal.cli.backup.making import revision_of
from portal.cli.moving.comparing import Tell, compare_all, money, proofs
from portal.cli.moving.shapes import OWN, SEEDED, MoveError, Shape, shapes
from portal.cli.moving.sides import Side, exists, reading, watching, writing
from portal.cli.schema import SEARCH_TABLES, alembic_config, upgrade
from portal.db.session import Database
from portal.reports.facts import install as counts

_SAID_EACH: Final = 250_000
_WRITTEN: Final = (
    "The source was written to meanwhile: set MAINTENANCE=read-only, start web and worker again, "
    "and move again"
)


@dataclass(frozen=True, slots=True)
class Steps:
    """Where something else may happen in between; for proofs that it does no harm."""

    copied: Callable[[Side], None] = lambda _target: None
    compared: Callable[[Side], None] = lambda _target: None


def move(
    source: Database,
    target: Database,
    *,
    tell: Tell,
    allow_writes: bool = False,
    steps: Steps | None = None,
) -> list[str]:
    """Copy every row and prove it, in one transaction of the target's.

    Returns what differs; then, as after any error or a kill, the target holds no row of it, and
    the same command may be given again. ``allow_writes`` keeps a copy though the source was
    written to meanwhile: it lacks what came after its moment.

    Raises:
        MoveError: when either database is not as it must be; nothing was copied.
    """
    steps = steps or Steps()
    _check_source(source)
    _check_target(target)
    tell("bringing the target's schema to the source's revision")
    upgrade(target)
    with watching(source) as written, reading(source) as old:
        found = shapes(old.connection)
        try:
            with writing(target) as new:
                _copy(found, old, new, tell)
                steps.copied(new)
                odd = _proved(found, old, new, tell)
                steps.compared(new)
                if written() and not allow_writes:
                    odd.append(_WRITTEN)
                _end(odd)
        except _Odd as error:
            return error.odd
        with reading(target) as new:
            return _not_kept(found, old, new)


def _not_kept(found: list[Shape], old: Side, new: Side) -> list[str]:
    """Asked anew after the commit: tables with fewer or more rows than were copied."""
    return [
        f"{shape.name} was copied and is not there"
        for shape in found
        if len({_count(side.connection, shape.name) for side in (old, new)}) != 1
    ]


def _count(connection: Connection, name: str) -> int:
    return int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())


def _proved(found: list[Shape], old: Side, new: Side, tell: Tell) -> list[str]:
    """What differs between the two, and what does not hold in the new one."""
    tell("comparing every row")
    odd = compare_all(found, old, new, tell)
    tell(f"{'sums of money':<44} {'source':>18} {'target':>18}")
    odd += money(found, old, new, tell)
    faults = proofs(new, tell)
    if faults and not odd:
        tell("Every row is equal, so what does not hold below does not hold in the source either")
    return odd + faults


def _end(odd: list[str]) -> None:
    if odd:
        raise _Odd(odd)


class _Odd(Exception):
    """What differs; takes back all that was copied."""

    def __init__(self, odd: list[str]) -> None:
        super().__init__()
        self.odd = odd


def check(source: Database, target: Database, *, tell: Tell) -> list[str]:
    """Compare two databases and change neither; what differs."""
    _check_source(source)
    with reading(source) as old, reading(target) as new:
        if revision_of(new.connection) != revision_of(old.connection):
            raise MoveError("The target stands at another revision than the source")
        return _proved(shapes(old.connection), old, new, tell)


def _known() -> tuple[set[str], str]:
    script = ScriptDirectory.from_config(alembic_config())
    return {one.revision for one in script.walk_revisions()}, script.get_current_head() or ""


def _check_source(source: Database) -> None:
    if not exists(source):
        raise MoveError(f"There is no database at {_shown(source)}")
    with source.engine.connect() as connection:
        found, newest = revision_of(connection), _known()[1]
        if found != newest or not counts.is_current(connection):
            raise MoveError(
                f"The source stands at {found or 'no revision'}, this version has {newest}: run "
                "flask db upgrade on it first, with the version that will serve the target"
            )


def _check_target(target: Database) -> None:
    if not exists(target):
        return
    with target.engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
        if not names:
            return
        found = revision_of(connection)
        if not found:
            raise MoveError("The target is not empty: it holds tables that are not the portal's")
        if found not in _known()[0]:
            raise MoveError(
                f"The target stands at {found}, which this version does not know: use an empty "
                "database, or the version that made it"
            )
        full = _first_row(connection, names)
        if full is not None:
            raise MoveError(
                f"The target is not empty: {full} holds rows. Nothing was changed; move into an "
                "empty database"
            )


def _first_row(connection: Connection, names: set[str]) -> str | None:
    """A table with rows that no migration wrote."""
    for name in sorted(names - set(OWN) - set(SEEDED)):
        if name.startswith(SEARCH_TABLES):
            continue
        if connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first():  # noqa: S608 - names the database gave
            return name
    moved = text("SELECT 1 FROM audit_heads WHERE position <> 0")
    if "audit_heads" in names and connection.execute(moved).first():
        return "audit_heads"
    return None


def _copy(found: list[Shape], old: Side, new: Side, tell: Tell) -> None:
    new.put_aside()
    full = _first_row(new.connection, {shape.name for shape in found})
    if full is not None:
        raise MoveError(f"Somebody wrote to the target meanwhile: {full} holds rows")
    for shape in found:
        if shape.name in SEEDED:
            new.connection.execute(text(f"DELETE FROM {shape.name}"))  # noqa: S608 - our own names
    for shape in found:
        with closing(old.rows(shape)) as rows:
            new.write(shape, _counted(shape, rows, tell))
    tell("bringing back triggers and foreign keys")
    new.put_back()


def _counted(
    shape: Shape, rows: Iterator[tuple[Any, ...]], tell: Tell
) -> Iterator[tuple[Any, ...]]:
    """Pass rows on and say how far it is."""
    number = 0
    for number, row in enumerate(rows, 1):
        yield row
        if number % _SAID_EACH == 0:
            tell(f"{number:>12,} {shape.name} so far")
    if number:
        tell(f"{number:>12,} {shape.name}")


def _shown(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=True)
