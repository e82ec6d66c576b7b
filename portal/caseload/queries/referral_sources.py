"""Sources of referrals, and the files that were sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from portal.accounts.models import User
from portal.caseload.models import Referral, ReferralBatch, ReferralSource
from portal.caseload.queries.referrals import Scope
from portal.db import current_session

__all__ = [
    "SELF_KIND",
    "BatchRow",
    "ReferralBatch",
    "ReferralSource",
    "SourceRow",
    "batch_of",
    "batch_to_change",
    "recent_batches",
    "same_file",
    "self_source",
    "source_by_code",
    "source_choices",
    "source_of",
    "source_rows",
    "source_to_change",
]
SELF_KIND = "self_referral"
_RECENT = 20
_CODE = re.compile(r"[0-9A-Z]{10}")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with how many referrals it sent and how many of them were accepted."""

    id: int
    reference: str
    kind: str
    name: str
    contact_name: str
    contact_email: str
    link_code: str | None
    closed_at: datetime | None
    sent: int
    accepted: int

    @property
    def link_damaged(self) -> bool:
        """Whether its link ends in what was never given out, so that no address can be made."""
        return self.link_code is not None and _CODE.fullmatch(self.link_code) is None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A file as a list shows it."""

    reference: str
    file_name: str
    state: str
    taken_count: int
    created_at: datetime
    source_name: str
    by_name: str | None


def source_rows(scope: Scope) -> list[SourceRow]:
    """Every source, open ones first; the counts are of referrals within the scope."""
    sent = (
        select(
            Referral.source_id.label("source_id"),
            func.count(Referral.id).label("sent"),
            func.sum(case((Referral.status == "accepted", 1), else_=0)).label("accepted"),
        )
        .where(scope.test(Referral.organisation_id))
        .group_by(Referral.source_id)
        .subquery()
    )
    columns = [getattr(ReferralSource, name) for name in SourceRow.__slots__[:-2]]
    rows: Any = current_session().execute(
        select(*columns, func.coalesce(sent.c.sent, 0), func.coalesce(sent.c.accepted, 0))
        .outerjoin(sent, sent.c.source_id == ReferralSource.id)
        .order_by(ReferralSource.closed_at.is_not(None), ReferralSource.name)
    )
    return [SourceRow(*row) for row in rows]


def source_of(reference: str) -> ReferralSource | None:
    """A source by its reference."""
    return current_session().scalar(
        select(ReferralSource).where(ReferralSource.reference == reference)
    )


def source_to_change(reference: str) -> ReferralSource | None:
    """A source by its reference, locked until the unit of work ends."""
    return current_session().scalar(
        select(ReferralSource)
        .where(ReferralSource.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def source_by_code(code: str) -> ReferralSource | None:
    """The open source whose link ends so."""
    return current_session().scalar(
        select(ReferralSource).where(
            ReferralSource.link_code == code, ReferralSource.closed_at.is_(None)
        )
    )


def self_source() -> ReferralSource | None:
    """The source of employers that refer themselves, once one did."""
    return current_session().scalar(
        select(ReferralSource)
        .where(ReferralSource.kind == SELF_KIND)
        .order_by(ReferralSource.id)
        .limit(1)
    )


def source_choices(*, closed: bool = False) -> list[tuple[str, str]]:
    """References and names of the open sources, or of all."""
    query = select(ReferralSource.reference, ReferralSource.name).order_by(ReferralSource.name)
    if not closed:
        query = query.where(ReferralSource.closed_at.is_(None))
    return [(row.reference, row.name) for row in current_session().execute(query)]


def batch_of(reference: str) -> ReferralBatch | None:
    """A file by its reference."""
    return current_session().scalar(
        select(ReferralBatch).where(ReferralBatch.reference == reference)
    )


def batch_to_change(reference: str) -> ReferralBatch | None:
    """A file by its reference, locked until the unit of work ends."""
    return current_session().scalar(
        select(ReferralBatch)
        .where(ReferralBatch.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def same_file(sha256: str, scope: Scope) -> ReferralBatch | None:
    """The latest file with the same content that was not dropped, within the scope."""
    return current_session().scalar(
        select(ReferralBatch)
        .where(
            ReferralBatch.sha256 == sha256,
            ReferralBatch.state != "dropped",
            scope.test(ReferralBatch.organisation_id),
        )
        .order_by(ReferralBatch.id.desc())
        .limit(1)
    )


def recent_batches(scope: Scope) -> list[BatchRow]:
    """The latest files within the scope, newest first."""
    columns: list[Any] = [getattr(ReferralBatch, name) for name in BatchRow.__slots__[:-2]]
    rows: Any = current_session().execute(
        select(*columns, ReferralSource.name, User.name)
        .join(ReferralSource, ReferralSource.id == ReferralBatch.source_id)
        .outerjoin(User, User.id == ReferralBatch.uploaded_by)
        .where(scope.test(ReferralBatch.organisation_id))
        .order_by(ReferralBatch.id.desc())
        .limit(_RECENT)
    )
    return [BatchRow(*row) for row in rows]
