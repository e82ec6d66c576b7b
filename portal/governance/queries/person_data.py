"""Every row about a person, over all tables of the data map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, false, func, or_, select

from portal.accounts.models import User
from portal.db import Base, current_session
from portal.db.outbox import OutboxEntry
from portal.governance.rules.holdings import Holdings
from portal.governance.rules.person_data import Person, Search, searches


def person_of(*, user_id: int | None, email: str) -> Person:
    """Whom a copy is for, with the account of the address where there is one."""
    by = User.id == user_id if user_id is not None else User.email == email.strip().lower()
    row = current_session().execute(select(User.id, User.email, User.name).where(by)).first()
    return Person(None, email.strip().lower()) if row is None else Person(*row)


def rows_of(one: Search, person: Person, every: list[Search]) -> Iterator[Mapping[str, Any]]:
    """The rows of a table about a person, in the order in which they were written."""
    table = Base.metadata.tables[one.table]
    rows = current_session().execute(
        select(table)
        .where(_about(table, one, person, every))
        .order_by(*table.primary_key.columns)
        .execution_options(yield_per=500)
    )
    for row in rows.mappings():
        yield {str(name): value for name, value in row.items()}


def mails_to(person: Person) -> list[dict[str, Any]]:
    """Mail the portal sent to the person or is about to send: when, and its subject."""
    rows = current_session().execute(
        select(OutboxEntry.created_at, OutboxEntry.done_at, OutboxEntry.payload)
        .where(
            OutboxEntry.kind == "mail.send",
            func.lower(OutboxEntry.payload["to"].as_string()) == person.email.lower(),
        )
        .order_by(OutboxEntry.id)
    )
    return [
        {"written_at": written, "sent_at": sent, "subject": payload.get("subject", "")}
        for written, sent, payload in rows
    ]


def everything(
    found: Holdings, person: Person
) -> Iterator[tuple[Search, Iterator[Mapping[str, Any]]]]:
    """Each table that is searched, with its rows about the person."""
    every = searches(found)
    for one in every:
        yield one, rows_of(one, person, every)


def _about(table: Table, one: Search, person: Person, every: list[Search]) -> ColumnElement[bool]:
    if one.above is not None:
        column, name = one.above
        above = next(other for other in every if other.table == name)
        parent = Base.metadata.tables[name]
        mine = select(parent.c.id).where(_about(parent, above, person, every))
        return table.c[column].in_(mine)
    ways: list[ColumnElement[bool]] = [
        func.lower(table.c[email]) == person.email.lower() for email in one.emails
    ]
    if person.user_id is not None:
        ways += [table.c[account] == person.user_id for account in one.accounts]
        if one.table == "audit_entries":
            ways.append(table.c.subject == f"user:{person.user_id}")
    return or_(*ways) if ways else false()
