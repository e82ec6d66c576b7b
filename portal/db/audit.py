"""The audit trail: who did what to what, appended inside the same transaction as the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, has_request_context
from sqlalchemy import Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base
from portal.db.session import UNLINKED, current_session
from portal.db.types import JsonDocument, UtcDateTime
from portal.kernel.clock import utc_now


class AuditEntry(Base):
    """One action. Rows are never changed or removed: a trigger in the database refuses it."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject_at", "subject", "at"),
        Index("ix_audit_entries_actor_at", "actor_id", "at"),
        Index("ix_audit_entries_action_at", "action", "at"),
        Index("ix_audit_entries_at", "at"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)


def record(
    *,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    actor_id: int | None = None,
) -> AuditEntry:
    """Append an entry. The actor is the person signed in unless given.

    ``detail`` names fields and states, never the content of an employer's answers.
    """
    if actor_id is None and has_request_context():
        actor = g.get("actor")
        actor_id = None if actor is None else actor.user_id
    entry = AuditEntry(action=action, subject=subject, detail=dict(detail or {}), actor_id=actor_id)
    current_session().add(entry)
    return entry


@dataclass(frozen=True, slots=True)
class Action:
    """One action of many that somebody takes at once."""

    action: str
    subject: str
    detail: Mapping[str, Any]


def record_all(actions: Sequence[Action], *, actor_id: int | None) -> None:
    """Append an entry for each, in one statement."""
    if not actions:
        return
    rows = [
        {
            "action": one.action,
            "subject": one.subject,
            "detail": dict(one.detail),
            "actor_id": actor_id,
        }
        for one in actions
    ]
    session = current_session()
    session.flush()
    # Straight to the table: as objects, SQLite would take them one by one.
    table: Any = AuditEntry.__table__
    made = session.scalars(insert(table).returning(table.c.id), rows)
    session.info.setdefault(UNLINKED, set()).update(made)
