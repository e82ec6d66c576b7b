"""The triggers that keep cells and derived rows, made from their definitions.

A change takes away what the row brought before it and adds what it brings afterwards. Counts are
only ever appended (to ``report_deltas``), so that no two transactions wait for one another's
counts, let alone in opposite orders; a job folds them into ``report_cells``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from portal.reports.facts.definition import CELL, Derived, Fact, Watch
from portal.reports.facts.dialect import Sql

PREFIX: Final = "report_keep_"
_POINTS: Final = re.compile(r"\{row\}\.(\w+)")
_ADD: Final = f"INSERT INTO report_deltas ({', '.join(CELL)}, n, amount) "


def statements(sql: Sql, facts: tuple[Fact, ...], derived: tuple[Derived, ...]) -> Iterator[str]:
    """Everything that has to be run to install the triggers."""
    for item in derived:
        for number, watch in enumerate(item.watches):
            yield from _derived(sql, item, watch, f"{PREFIX}{item.table}_{number}")
    for fact in facts:
        for number, watch in enumerate(fact.watches):
            yield from _fact(sql, fact, watch, f"{PREFIX}{fact.key}_{number}")


def _fact(sql: Sql, fact: Fact, watch: Watch, name: str) -> Iterator[str]:
    before = _ADD + fact.rows(step=-1, touched=watch.touched.format(row="OLD"))
    after = _ADD + fact.rows(touched=watch.touched.format(row="NEW"))
    changed = _changed(sql, watch)
    columns = ", ".join(watch.columns)
    if columns:
        update = f"UPDATE OF {columns}"
        yield from _trigger(sql, f"{name}_off", f"BEFORE {update}", watch, before, when=changed)
        yield from _trigger(sql, f"{name}_on", f"AFTER {update}", watch, after, when=changed)
    if watch.added:
        yield from _trigger(sql, f"{name}_new", "AFTER INSERT", watch, after)
        yield from _trigger(sql, f"{name}_gone", "BEFORE DELETE", watch, before)


def _derived(sql: Sql, item: Derived, watch: Watch, name: str) -> Iterator[str]:
    columns = ", ".join(watch.columns)
    new = item.keep(watch.touched.format(row="NEW"))
    old = item.keep(watch.touched.format(row="OLD"))
    if columns:
        yield from _trigger(
            sql,
            f"{name}_on",
            f"AFTER UPDATE OF {columns}",
            watch,
            f"{_moved(sql, item, watch)}{new}",
            when=_changed(sql, watch),
        )
    if watch.added:
        yield from _trigger(sql, f"{name}_new", "AFTER INSERT", watch, new)
        if watch.table == item.base:
            old = f"DELETE FROM {item.table} WHERE {item.key} = OLD.id"  # noqa: S608
        yield from _trigger(sql, f"{name}_gone", "AFTER DELETE", watch, old)


def _moved(sql: Sql, item: Derived, watch: Watch) -> str:
    """Work out what the row bore on before as well, where it went from one to another."""
    (column,) = set(_POINTS.findall(watch.touched))
    if column == "id":
        return ""
    gone = f"({watch.touched.format(row='OLD')}) AND {sql.differ(f'OLD.{column}', f'NEW.{column}')}"
    return f"{item.keep(gone)}; "


def _changed(sql: Sql, watch: Watch) -> str:
    return " OR ".join(sql.differ(f"OLD.{column}", f"NEW.{column}") for column in watch.columns)


def _trigger(
    sql: Sql, name: str, event: str, watch: Watch, body: str, *, when: str = ""
) -> Iterator[str]:
    condition = f"WHEN ({when}) " if when else ""
    if sql.sqlite:
        yield (
            f"CREATE TRIGGER {name} {event} ON {watch.table} FOR EACH ROW {condition}"
            f"BEGIN {body}; END"
        )
        return
    # How the questions are answered is planned once a connection, perhaps while the tables were
    # nearly empty: a table read whole then would be read so for each of a claim's 5,000 lines.
    # A row that is about to go must be handed on, or it would stay.
    handed = "OLD" if event == "BEFORE DELETE" else "NEW" if event.startswith("BEFORE") else "NULL"
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS "
        f"$keep$ BEGIN {body}; RETURN {handed}; END $keep$"
    )
    yield (
        f"CREATE TRIGGER {name} {event} ON {watch.table} FOR EACH ROW {condition}"
        f"EXECUTE FUNCTION {name}()"
    )
