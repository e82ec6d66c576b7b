"""Reading what was kept of reports: frozen ones and prints, and their files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.sql.elements import SQLCoreOperations

from portal.db import current_session
from portal.programme.models import Organisation
from portal.reports.models import ReportCopy, ReportCopyFile, ReportDefinitions
from portal.reports.rules.scope import View

FROZEN = "frozen"
PRINT = "print"
PAGE = 25


@dataclass(frozen=True, slots=True)
class Copy:
    """What was kept, without its text: what it is, whose eyes it is for, and who kept it."""

    id: int
    reference: str
    kind: str
    report_key: str
    title: str
    view: View
    organisation_id: int | None
    organisation: str | None
    first_on: date
    last_on: date
    fingerprint: str
    counts_hash: str
    note: str
    made_at: datetime
    made_by: int | None
    made_name: str
    expires_on: date | None
    ready_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a copy; ``size`` in bytes."""

    name: str
    storage_key: str
    sha256: str
    size: int


_COLUMNS = (
    ReportCopy.id,
    ReportCopy.reference,
    ReportCopy.kind,
    ReportCopy.report_key,
    ReportCopy.title,
    ReportCopy.view,
    ReportCopy.organisation_id,
    Organisation.name,
    ReportCopy.first_on,
    ReportCopy.last_on,
    ReportCopy.fingerprint,
    ReportCopy.counts_hash,
    ReportCopy.note,
    ReportCopy.made_at,
    ReportCopy.made_by,
    ReportCopy.made_name,
    ReportCopy.expires_on,
    ReportCopy.ready_at,
)

_VIEW = 5


def _copies(*wanted: SQLCoreOperations[bool], limit: int) -> list[Copy]:
    rows = current_session().execute(
        select(*_COLUMNS)
        .outerjoin(Organisation, Organisation.id == ReportCopy.organisation_id)
        .where(*wanted)
        .order_by(ReportCopy.id.desc())
        .limit(limit)
    )
    return [_copy(row) for row in rows]


def _copy(row: Any) -> Copy:
    values = list(row)
    values[_VIEW] = View(values[_VIEW])
    return Copy(*values)


def copy_of(reference: str) -> Copy | None:
    """What was kept under a reference."""
    return next(iter(_copies(ReportCopy.reference == reference, limit=1)), None)


def frozen(
    *,
    views: Collection[View],
    organisations: Collection[int] = (),
    report_key: str = "",
    before: int | None = None,
    limit: int = PAGE + 1,
) -> list[Copy]:
    """Frozen reports of some views, the latest first; of providers, those of the organisations."""
    wanted: list[SQLCoreOperations[bool]] = [
        ReportCopy.kind == FROZEN,
        ReportCopy.view.in_(sorted(view.value for view in views)),
    ]
    if View.PROVIDER in views:
        wanted.append(ReportCopy.organisation_id.in_(sorted(organisations)))
    if report_key:
        wanted.append(ReportCopy.report_key == report_key)
    if before is not None:
        wanted.append(ReportCopy.id < before)
    return _copies(*wanted, limit=limit)


def text_of(copy_id: int) -> str:
    """The whole text that was kept."""
    return current_session().scalars(select(ReportCopy.text).where(ReportCopy.id == copy_id)).one()


def files_of(copy_id: int) -> dict[str, KeptFile]:
    """The files of a copy by their names, in the order in which they were made."""
    rows = current_session().execute(
        select(
            ReportCopyFile.name,
            ReportCopyFile.storage_key,
            ReportCopyFile.sha256,
            ReportCopyFile.size,
        )
        .where(ReportCopyFile.copy_id == copy_id)
        .order_by(ReportCopyFile.id)
    )
    return {row[0]: KeptFile(*row) for row in rows}


def copy_to_change(reference: str) -> ReportCopy | None:
    """The row, to be changed."""
    return current_session().scalar(
        select(ReportCopy).where(ReportCopy.reference == reference).with_for_update()
    )


def gone_by(day: date) -> list[str]:
    """References of prints whose time is over on a day."""
    query = select(ReportCopy.reference).where(
        ReportCopy.kind == PRINT, ReportCopy.expires_on < day
    )
    return list(current_session().scalars(query.order_by(ReportCopy.id)))


def counts_hash() -> str:
    """By which definitions the counts in this database are kept."""
    return current_session().scalar(select(ReportDefinitions.hash)) or ""
