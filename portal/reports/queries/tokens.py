"""Reading the tokens by which other programs read reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from portal.db import current_session
from portal.reports.models import ReportToken


@dataclass(frozen=True, slots=True)
class Token:
    """A token without what it is: only people who were shown it once know that."""

    reference: str
    name: str
    scope: str
    ends: str
    made_at: datetime
    made_by: int | None
    made_name: str
    expires_on: date
    used_at: datetime | None
    revoked_at: datetime | None
    revoked_name: str | None

    def state(self, day: date) -> str:
        """Whether it is revoked, expired or active on a day."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_on < day else "active"


def _read(row: ReportToken) -> Token:
    return Token(
        row.reference,
        row.name,
        row.scope,
        row.ends,
        row.made_at,
        row.made_by,
        row.made_name,
        row.expires_on,
        row.used_at,
        row.revoked_at,
        row.revoked_name,
    )


def tokens(limit: int = 200) -> list[Token]:
    """Every token, the latest first."""
    rows = current_session().scalars(
        select(ReportToken).order_by(ReportToken.id.desc()).limit(limit)
    )
    return [_read(row) for row in rows]


def token_of(reference: str) -> Token | None:
    """A token by its reference."""
    row = current_session().scalar(select(ReportToken).where(ReportToken.reference == reference))
    return None if row is None else _read(row)


def by_hash(hashed: str) -> Token | None:
    """The token whose hash this is."""
    row = current_session().scalar(select(ReportToken).where(ReportToken.token_hash == hashed))
    return None if row is None else _read(row)


def to_change(reference: str) -> ReportToken | None:
    """A token inside a unit of work, held until its end."""
    return current_session().scalar(
        select(ReportToken).where(ReportToken.reference == reference).with_for_update()
    )
