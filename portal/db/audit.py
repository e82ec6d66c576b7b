"""The audit trail: who did what to what, appended inside the same transaction as the change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import g, has_request_context
from sqlalchemy import Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base
from portal.db.session import UNLINKED, current_session
from portal.db.types import JsonDocument, UtcDateTime
from portal.kernel.clock import utc_now

# What people write of their own is called one of these; what they choose is a short code.
WORDS: Final = frozenset({"reason", "words", "note", "answer", "comment", "text"})
_CODE: Final = re.compile(r"[a-z0-9_.:-]{1,40}")


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

    ``detail`` names fields and states, never the content of an employer's answers nor what somebody
    wrote as a reason: the trail cannot be emptied, so that stays with the record it names.
    """
    if actor_id is None and has_request_context():
        actor = g.get("actor")
        actor_id = None if actor is None else actor.user_id
    entry = AuditEntry(
        action=action, subject=subject, detail=without_words(detail or {}), actor_id=actor_id
    )
    current_session().add(entry)
    return entry


def without_words(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A detail without what somebody wrote; a reason that was chosen from a list stays.

    What was left out is named, so that a reader knows to look at the record.
    """
    left_out = sorted(
        key
        for key, value in detail.items()
        if key in WORDS and isinstance(value, str) and value and not _CODE.fullmatch(value)
    )
    kept = {key: value for key, value in detail.items() if key not in left_out}
    return {**kept, "words_with_the_record": left_out} if left_out else kept


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
            "detail": without_words(one.detail),
            "actor_id": actor_id,
        }
        for one in actions
    ]
    session = current_session()
    session.flush()
    # Straight to the table: as objects, SQLite would take them one by one.
    table: Any = AuditEntry.__table__
    made = session.scalars(insert(table).returning(table.c.id), rows)
    session.info.setdefault(UNLINKED, {}).update(dict.fromkeys(made))
