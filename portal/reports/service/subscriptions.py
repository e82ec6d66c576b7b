"""Getting a report by mail each month: asking for it, pausing, going on, and stopping."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete

from portal.db import audit, current_session, outbox
from portal.kernel.clock import today, utc_now
from portal.kernel.result import Err, Ok, Problem
from portal.reports.models import ReportSubscription
from portal.reports.queries import subscriptions as found

KIND: Final = "reports.monthly"
_SALT: Final = "report by mail"
BAD_LINK = Problem("bad_link", "This link is not complete. Copy it whole from the mail")
NOT_SUBSCRIBED = Problem("not_subscribed", "You do not get this report by mail")


def month_over(day: date) -> date:
    """The last month that is over on a day, as its first day."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def subscribe(*, user_id: int, report_key: str) -> None:
    """Send a person a report each month, from the month that runs now; twice is the same."""
    if found.to_change(user_id, report_key) is not None:
        return
    current_session().add(
        ReportSubscription(
            user_id=user_id,
            report_key=report_key,
            since=utc_now(),
            paused_at=None,
            last_month=month_over(today()),
        )
    )
    current_session().flush()
    _note("subscribed", report_key, user_id)


def pause(*, user_id: int, report_key: str) -> Ok[None] | Err:
    """Send nothing until they say so."""
    row = found.to_change(user_id, report_key)
    if row is None:
        return Err(NOT_SUBSCRIBED)
    if row.paused_at is None:
        row.paused_at = utc_now()
        _note("paused", report_key, user_id)
    return Ok(None)


def resume(*, user_id: int, report_key: str) -> Ok[None] | Err:
    """Send again, from the month that runs now: what was missed is not sent after all."""
    row = found.to_change(user_id, report_key)
    if row is None:
        return Err(NOT_SUBSCRIBED)
    if row.paused_at is not None:
        row.paused_at = None
        row.last_month = max(row.last_month, month_over(today()))
        _note("resumed", report_key, user_id)
    return Ok(None)


def stop(*, user_id: int, report_key: str, why: str = "asked") -> None:
    """Send no more; doing it twice is the same. ``why``: asked, by_link, may_not_read."""
    row = found.to_change(user_id, report_key)
    if row is None:
        return
    current_session().execute(delete(ReportSubscription).where(ReportSubscription.id == row.id))
    current_session().expire_all()
    _note("stopped", report_key, user_id, why=why)


def _note(what: str, report_key: str, user_id: int, **detail: str) -> None:
    audit.record(
        action=f"report.mail_{what}",
        subject=f"report:{report_key}",
        detail={"user": user_id, **detail},
    )


def promise_due() -> int:
    """Promise the month that is over to everybody who has not had it; how many. Inside a unit."""
    month = month_over(today())
    references = found.due(month)
    for reference in references:
        outbox.add(
            kind=KIND,
            payload={"subscription": reference, "month": month.isoformat()},
            unique_key=f"{KIND}:{reference}:{month:%Y-%m}",
        )
    return len(references)


def token_for(user_id: int, report_key: str) -> str:
    """What stands in the link by which a person stops a report's mail without signing in."""
    said: str = _signer().dumps([user_id, report_key])
    return said


def read_token(token: str) -> Ok[tuple[int, str]] | Err:
    """The person and the report that a link is about."""
    try:
        user_id, report_key = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return Err(BAD_LINK)
    return Ok((int(user_id), str(report_key)))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=_SALT)
