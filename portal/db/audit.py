"""The audit trail: who did what to what, appended inside the same transaction as the change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import g, has_request_context
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base
from portal.db.session import current_session
from portal.db.types import JsonDocument, UtcDateTime
from portal.kernel.clock import utc_now


class AuditEntry(Base):
    """One action. Rows are never changed or removed: a trigger in the database refuses it."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject_at", "subject", "at"),
        Index("ix_audit_entries_actor_at", "actor_id", "at"),
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
