"""The audit trail as one chain: entries are linked in the transaction that writes them.

Just before a unit of work commits, the head of the chain is locked and the entries of this unit
are linked behind it. The lock is the last one taken, after everything else was written, so it
cannot take part in a deadlock; it is held for two short statements and the commit. Every audited
change pays for them, so they go straight to the driver, and an entry that was just written is
hashed as it was given where a database keeps that letter by letter; others are read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    String,
    UniqueConstraint,
    event,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session

from portal.db.audit import AuditEntry
from portal.db.base import Base
from portal.db.session import UNLINKED, PortalSession
from portal.kernel.chain import AuditFacts, link_hash

_BATCH: Final = 500


class AuditLink(Base):
    """An entry's place in the chain. ``id`` is the position: 1, 2, 3 without a gap.

    Rows are never changed or removed: a trigger in the database refuses it.
    """

    __tablename__ = "audit_links"
    __table_args__ = (UniqueConstraint("entry_id"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain, one row: who would add a link holds it. It only moves forward."""

    __tablename__ = "audit_heads"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    position: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


_entries: Any = AuditEntry.__table__
ENTRY_COLUMNS: Final = (
    *(_entries.c.id, _entries.c.at, _entries.c.actor_id, _entries.c.action),
    *(_entries.c.subject, _entries.c.detail),
)


# Straight to the driver, in the words of each. The rows of one statement are all its own, so that
# PostgreSQL links and moves the head in one.
_HEAD: Final = "SELECT position, hash FROM audit_heads WHERE id = 1"
_LINK: Final = "INSERT INTO audit_links (id, entry_id, previous, hash)"
_MOVE: Final = "UPDATE audit_heads SET position = {0}, hash = {0} WHERE id = 1"
_LINK_AND_MOVE: Final = (
    f"WITH linked AS ({_LINK} SELECT * FROM "  # noqa: S608 - our own names
    "unnest(%s::integer[], %s::integer[], %s::text[], %s::text[])) " + _MOVE.format("%s")
)

# New entries by identifier; None where what was kept has to be read back.
Noted = Mapping[int, AuditFacts | None]


class AuditChainHasNoHead(RuntimeError):
    """Somebody removed the head of the chain: nothing can be put on record any more."""


def expect(session: Session, entries: Noted) -> None:
    """Have these new entries linked when the unit of work commits."""
    session.info.setdefault(UNLINKED, {}).update(entries)


def append_links(connection: Connection, noted: Noted) -> None:
    """Link entries behind the head, in the order of their identifiers.

    ``connection`` is inside a write transaction.

    Raises:
        AuditChainHasNoHead: when the row of the head is gone.
    """
    embedded = connection.dialect.name == "sqlite"
    head = connection.exec_driver_sql(_HEAD if embedded else f"{_HEAD} FOR UPDATE").first()
    if head is None:
        raise AuditChainHasNoHead("The audit chain has no head: run `flask audit verify`")
    position, previous = head
    links: list[tuple[int, int, str, str]] = []
    for facts in _in_order(connection, noted):
        position += 1
        digest = link_hash(previous, position, facts)
        links.append((position, facts.entry_id, previous, digest))
        previous = digest
    if not links:
        return
    if embedded:
        connection.exec_driver_sql(f"{_LINK} VALUES (?, ?, ?, ?)", links)
        connection.exec_driver_sql(_MOVE.format("?"), (position, previous))
    else:
        columns = tuple(list(column) for column in zip(*links, strict=True))
        connection.exec_driver_sql(_LINK_AND_MOVE, (*columns, position, previous))


def _in_order(connection: Connection, noted: Noted) -> list[AuditFacts]:
    """What the entries say, by identifier. One that was taken back with its step is left out."""
    found = {entry_id: facts for entry_id, facts in noted.items() if facts is not None}
    wanted = sorted(noted.keys() - found.keys())
    for start in range(0, len(wanted), _BATCH):
        rows = connection.execute(
            select(*ENTRY_COLUMNS).where(_entries.c.id.in_(wanted[start : start + _BATCH]))
        )
        found.update((row[0], AuditFacts(*row)) for row in rows)
    return [found[entry_id] for entry_id in sorted(found)]


def _as_given(session: Session, entry: AuditEntry) -> AuditFacts | None:
    """What a new entry says, when every database keeps just that; None when it is read back.

    Inside a step that may be taken back the entry may be gone before it is linked.
    """
    if session.in_nested_transaction() or not _kept_as_given(entry.detail):
        return None
    return AuditFacts(entry.id, entry.at, entry.actor_id, entry.action, entry.subject, entry.detail)


def _kept_as_given(value: Any) -> bool:
    """Whether a JSON value is read as it was written: fractions and keys of numbers are not."""
    if value is None or isinstance(value, str) or type(value) in {int, bool}:
        return True
    if isinstance(value, list):
        return all(_kept_as_given(item) for item in value)
    return isinstance(value, dict) and all(
        isinstance(key, str) and _kept_as_given(item) for key, item in value.items()
    )


@event.listens_for(AuditEntry, "after_insert")
def _note_new_entry(_mapper: Any, _connection: Connection, entry: AuditEntry) -> None:
    session = object_session(entry)
    if session is not None:
        expect(session, {entry.id: _as_given(session, entry)})


@event.listens_for(PortalSession, "before_commit")
def _link_before_commit(session: PortalSession) -> None:
    # A step inside a unit of work may still be taken back with the whole of it.
    if not session.writing or session.in_nested_transaction():
        return
    session.flush()
    noted = session.info.pop(UNLINKED, None)
    if noted:
        append_links(session.connection(), noted)
