"""The audit trail as one chain: entries are linked in the transaction that writes them.

Just before a unit of work commits, the head of the chain is locked and the entries of this unit
are linked behind it. The lock is the last one taken, after everything else was written, so it
cannot take part in a deadlock; it is held for two short statements and the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    String,
    UniqueConstraint,
    event,
    insert,
    select,
    update,
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


_links: Any = AuditLink.__table__
_heads: Any = AuditHead.__table__
_entries: Any = AuditEntry.__table__
ENTRY_COLUMNS: Final = (
    *(_entries.c.id, _entries.c.at, _entries.c.actor_id, _entries.c.action),
    *(_entries.c.subject, _entries.c.detail),
)


class AuditChainHasNoHead(RuntimeError):
    """Somebody removed the head of the chain: nothing can be put on record any more."""


def expect(session: Session, entry_ids: Iterable[int]) -> None:
    """Have these new entries linked when the unit of work commits."""
    session.info.setdefault(UNLINKED, set()).update(entry_ids)


def append_links(connection: Any, entry_ids: Iterable[int]) -> None:
    """Link entries behind the head, in the order of their identifiers.

    ``connection`` is a session or a connection inside a write transaction.

    Raises:
        AuditChainHasNoHead: when the row of the head is gone.
    """
    head = connection.execute(
        select(_heads.c.position, _heads.c.hash).where(_heads.c.id == 1).with_for_update()
    ).first()
    if head is None:
        raise AuditChainHasNoHead("The audit chain has no head: run `flask audit verify`")
    position, previous = head
    wanted = sorted(entry_ids)
    for start in range(0, len(wanted), _BATCH):
        # Read back, so that what is hashed is what was kept.
        rows = connection.execute(
            select(*ENTRY_COLUMNS)
            .where(_entries.c.id.in_(wanted[start : start + _BATCH]))
            .order_by(_entries.c.id)
        ).all()
        links = []
        for row in rows:
            position += 1
            digest = link_hash(previous, position, AuditFacts(*row))
            links.append({"id": position, "entry_id": row[0], "previous": previous, "hash": digest})
            previous = digest
        if links:
            connection.execute(insert(_links), links)
    if position != head[0]:
        connection.execute(
            update(_heads).where(_heads.c.id == 1).values(position=position, hash=previous)
        )


@event.listens_for(AuditEntry, "after_insert")
def _note_new_entry(_mapper: Any, _connection: Connection, entry: AuditEntry) -> None:
    session = object_session(entry)
    if session is not None:
        expect(session, (entry.id,))


@event.listens_for(PortalSession, "before_commit")
def _link_before_commit(session: PortalSession) -> None:
    # A step inside a unit of work may still be taken back with the whole of it.
    if not session.writing or session.in_nested_transaction():
        return
    session.flush()
    entry_ids = session.info.pop(UNLINKED, None)
    if entry_ids:
        append_links(session, entry_ids)
