"""Reading who gets which report by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from portal.db import current_session
from portal.reports.models import MonthlyReport, ReportSubscription


@dataclass(frozen=True, slots=True)
class Subscription:
    """A person's wish to get a report by mail."""

    reference: str
    user_id: int
    report_key: str
    paused: bool
    last_month: date


@dataclass(frozen=True, slots=True)
class Monthly:
    """A PDF that was drawn for a month."""

    title: str
    period: str
    readings: tuple[str, ...]
    storage_key: str
    sha256: str
    whose: str


def _read(row: ReportSubscription) -> Subscription:
    return Subscription(
        row.reference, row.user_id, row.report_key, row.paused_at is not None, row.last_month
    )


def of_person(user_id: int) -> dict[str, Subscription]:
    """A person's subscriptions by the report's key."""
    rows = current_session().scalars(
        select(ReportSubscription).where(ReportSubscription.user_id == user_id)
    )
    return {row.report_key: _read(row) for row in rows}


def one(reference: str) -> Subscription | None:
    """A subscription, if it still exists."""
    row = current_session().scalar(
        select(ReportSubscription).where(ReportSubscription.reference == reference)
    )
    return None if row is None else _read(row)


def to_change(user_id: int, report_key: str) -> ReportSubscription | None:
    """A person's subscription to a report, inside a unit of work, held until its end."""
    return current_session().scalar(
        select(ReportSubscription)
        .where(ReportSubscription.user_id == user_id, ReportSubscription.report_key == report_key)
        .with_for_update()
    )


def due(month: date) -> list[str]:
    """References of subscriptions that have not had a month yet and are not paused."""
    rows = current_session().scalars(
        select(ReportSubscription.reference)
        .where(ReportSubscription.last_month < month, ReportSubscription.paused_at.is_(None))
        .order_by(ReportSubscription.id)
    )
    return list(rows)


def monthly(report_key: str, whose: str, month: date) -> Monthly | None:
    """The PDF of a report for a month, once it is drawn."""
    row = current_session().scalar(
        select(MonthlyReport).where(
            MonthlyReport.report_key == report_key,
            MonthlyReport.whose == whose,
            MonthlyReport.month == month,
        )
    )
    if row is None:
        return None
    return Monthly(
        row.title, row.period, tuple(row.readings), row.storage_key, row.sha256, row.whose
    )


def made_before(instant: datetime) -> list[tuple[int, str]]:
    """Keys and storage keys of PDFs that were drawn before an instant."""
    rows = current_session().execute(
        select(MonthlyReport.id, MonthlyReport.storage_key).where(MonthlyReport.made_at < instant)
    )
    return [(row.id, row.storage_key) for row in rows]
