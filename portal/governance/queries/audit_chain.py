"""The chain of the audit trail as it stands."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from sqlalchemy import exists, select

from portal.db import current_session
from portal.db.audit import AuditEntry
from portal.db.audit_chain import ENTRY_COLUMNS, AuditHead, AuditLink
from portal.governance.models import AuditCheck
from portal.governance.rules.audit_chain import Anchor, Link
from portal.kernel.chain import AuditFacts

_RECENT = 400


def walk() -> Generator[Link]:
    """Every link in order with its entry, without keeping them all."""
    link: Any = AuditLink.__table__
    entry: Any = AuditEntry.__table__
    result = current_session().execute(
        select(link.c.id, link.c.entry_id, link.c.previous, link.c.hash, *ENTRY_COLUMNS)
        .select_from(link.outerjoin(entry, entry.c.id == link.c.entry_id))
        .order_by(link.c.id),
        execution_options={"yield_per": 5000},
    )
    try:
        for row in result:
            facts = None if row[4] is None else AuditFacts._make(row[4:])
            yield Link(row[0], row[1], row[2], row[3], facts)
    finally:
        result.close()


def head() -> tuple[int, str] | None:
    """Position and hash of the last link, as the head has them."""
    row = (
        current_session()
        .execute(select(AuditHead.position, AuditHead.hash).where(AuditHead.id == 1))
        .first()
    )
    return None if row is None else (row[0], row[1])


def stray_entry() -> int | None:
    """The first entry that no link stands for."""
    return current_session().scalar(
        select(AuditEntry.id)
        .where(~exists().where(AuditLink.entry_id == AuditEntry.id))
        .order_by(AuditEntry.id)
        .limit(1)
    )


def kept_anchors() -> list[Anchor]:
    """The heads that earlier checks saw."""
    rows = current_session().execute(
        select(AuditCheck.position, AuditCheck.hash, AuditCheck.at)
        .where(AuditCheck.fault == "")
        .order_by(AuditCheck.id.desc())
        .limit(_RECENT)
    )
    return [Anchor(row[0], row[1], f"The check of {row[2]:%Y-%m-%d %H:%M}") for row in rows]


def last_check() -> AuditCheck | None:
    """What was found last."""
    return current_session().scalar(select(AuditCheck).order_by(AuditCheck.id.desc()).limit(1))
