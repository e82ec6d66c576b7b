"""The monthly mail: a report's PDF to whoever asked for it and may still read it.

It is drawn once for everybody who sees the same. Who may read is looked at when it is drawn and
again just before it is handed over. A second try after a crash sends the same message under the
same identifier, so that a receiver drops it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from portal.db import audit, current_session, unit_of_work
from portal.integrations.mail import MailFile, public_link, send_now
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import london, utc_now
from portal.kernel.ids import new_reference
from portal.reports.models import MonthlyReport
from portal.reports.queries import subscriptions as found
from portal.reports.queries.copies import Copy, files_of
from portal.reports.queries.subscriptions import Monthly, Subscription
from portal.reports.rules.asking import last_day, month_key, year_start
from portal.reports.rules.document import Report
from portal.reports.rules.reading import period_words
from portal.reports.rules.scope import Scope, View
from portal.reports.service import copies, printing, subscriptions
from portal.reports.service.building import Builder, builder_of
from portal.reports.service.reading import built, releases

KEPT: Final = timedelta(days=90)
_READINGS: Final = 4
_PDF: Final = "application/pdf"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody as they are now: how much they may see, and the keys of the reports they may."""

    email: str
    name: str
    view: View
    organisations: tuple[int, ...]
    keys: frozenset[str]


FindReader = Callable[[int], Reader | None]


def send(payload: Mapping[str, Any], find: FindReader) -> None:
    """Draw and send a month's report. May be called twice, or after a crash.

    ``find`` gives a person by their key, as they are at this moment; None who may read nothing.

    Raises:
        Exception: whatever stopped it; it is tried again.
    """
    reference, month = str(payload["subscription"]), date.fromisoformat(str(payload["month"]))
    subscription = _wanted(reference, month)
    allowed = None if subscription is None else _allowed(subscription, find)
    if subscription is None or allowed is None:
        _take_off(subscription)
        return
    scopes = scopes_of(allowed, month)
    drawn = _files(subscription, scopes, month)
    with unit_of_work():
        # As it is now: drawing takes seconds in which somebody may stop, or lose a role.
        subscription = _wanted(reference, month)
        allowed = None if subscription is None else _allowed(subscription, find)
    if subscription is None or allowed is None:
        _take_off(subscription)
        return
    if scopes_of(allowed, month) != scopes:
        raise RuntimeError("What the reader may see has changed meanwhile")
    if drawn:
        _hand_over(subscription, allowed, drawn, month)
    with unit_of_work():
        row = found.to_change(subscription.user_id, subscription.report_key)
        if row is not None and row.reference == reference:
            row.last_month = max(row.last_month, month)
        audit.record(
            action="report.mailed" if drawn else "report.mail_empty",
            subject=f"report:{subscription.report_key}",
            detail={
                "user": subscription.user_id,
                "month": month_key(month),
                "files": [one.sha256 for one in drawn],
                "whose": [one.whose for one in drawn],
            },
        )


def _wanted(reference: str, month: date) -> Subscription | None:
    """The subscription, if the month is still to be sent."""
    kept = found.one(reference)
    return None if kept is None or kept.paused or kept.last_month >= month else kept


def _allowed(subscription: Subscription, find: FindReader) -> Reader | None:
    """The person as they are now, if they may read the report now."""
    reader = find(subscription.user_id)
    return None if reader is None or subscription.report_key not in reader.keys else reader


def _take_off(subscription: Subscription | None) -> None:
    """Send no more to somebody who may not read it any longer."""
    if subscription is None:
        return
    with unit_of_work():
        subscriptions.stop(
            user_id=subscription.user_id, report_key=subscription.report_key, why="may_not_read"
        )


def scopes_of(reader: Reader, month: date) -> list[Scope]:
    """What a person is sent: the financial year to a month's end, for each of their providers."""
    first, last, view = year_start(month), last_day(month), reader.view
    if view is View.PROVIDER:
        return [Scope(first, last, view=view, provider=one) for one in reader.organisations]
    return [Scope(first, last, view=view)]


def _files(subscription: Subscription, scopes: list[Scope], month: date) -> list[Monthly]:
    """The PDFs that go with the mail. Of statistics, those that were released since the last."""
    if any(scope.view is View.STATISTICS for scope in scopes):
        since = last_day(subscription.last_month)
        return [_released(one) for one in releases() if london(one.made_at).date() > since]
    builder = builder_of(subscription.report_key)
    if builder is None:
        return []
    return [_drawn(builder, scope, month) for scope in scopes]


def _released(copy: Copy) -> Monthly:
    """A release's own PDF.

    Raises:
        StorageError: while it is still being made.
    """
    file = files_of(copy.id).get(copies.PDF)
    if file is None:
        raise StorageError("The release's PDF is still being made")
    period = period_words(copy.first_on, copy.last_on)
    return Monthly(copy.title, period, (), file.storage_key, file.sha256, View.STATISTICS.value)


def whose(scope: Scope) -> str:
    """Whose report a scope is: everybody with the same words sees the same."""
    if scope.view is View.PROVIDER:
        return f"{scope.view.value}:{scope.provider}"
    return scope.view.value


def _drawn(builder: Builder, scope: Scope, month: date) -> Monthly:
    """The PDF of a scope, drawn and kept, or kept already.

    Raises:
        LookupError: when it cannot be found after all.
    """
    kept = found.monthly(builder.key, whose(scope), month)
    if kept is not None:
        return kept
    report = built(builder, scope)
    data = printing.pdf_of(report, view=scope.view)
    key = f"reports/monthly/{month_key(month)}-{new_reference()}.pdf"
    storage().put(key, data)
    try:
        with unit_of_work() as session:
            session.add(_row(builder.key, scope, month, report, key, data))
    except IntegrityError:
        # Another worker was faster: its PDF is the one.
        storage().delete(key)
    drawn = found.monthly(builder.key, whose(scope), month)
    if drawn is None:
        raise LookupError("What was drawn is not there")
    return drawn


def _row(
    report_key: str, scope: Scope, month: date, report: Report, key: str, data: bytes
) -> MonthlyReport:
    pictures = [one.reading for section in report.sections for one in section.pictures]
    return MonthlyReport(
        report_key=report_key,
        whose=whose(scope),
        month=month,
        title=report.title,
        period=period_words(report.first, report.last),
        readings=[one for one in pictures if one][:_READINGS],
        storage_key=key,
        sha256=sha256(data).hexdigest(),
        made_at=utc_now(),
    )


def _hand_over(
    subscription: Subscription, reader: Reader, drawn: list[Monthly], month: date
) -> None:
    key, first = subscription.report_key, drawn[0]
    link = public_link(
        "reports.mail_stop", token=subscriptions.token_for(subscription.user_id, key)
    )
    send_now(
        to=reader.email,
        subject=f"{first.title}: {month:%B %Y}",
        template="reports_monthly",
        context={
            "name": reader.name,
            "title": first.title,
            "month": f"{month:%B %Y}",
            "period": first.period,
            # Of several providers each has its own sentences; they stand in the PDFs.
            "readings": first.readings if len(drawn) == 1 else (),
            "files": len(drawn),
            "link": public_link("reports.report", key=key),
            "choices": public_link("reports.mail"),
            "unsubscribe": link,
        },
        message_key=f"report-{subscription.reference}-{month_key(month)}".lower(),
        unsubscribe=link,
        files=[
            MailFile(_name(key, month, place, len(drawn)), _PDF, _bytes(one))
            for place, one in enumerate(drawn, 1)
        ],
    )


def _name(key: str, month: date, place: int, files: int) -> str:
    return f"{key}-{month_key(month)}{f'-{place}' if files > 1 else ''}.pdf"


def _bytes(one: Monthly) -> bytes:
    """The PDF, once its bytes are proved to be those that were drawn.

    Raises:
        StorageError: when they are not.
    """
    data = storage().get(one.storage_key)
    if sha256(data).hexdigest() != one.sha256:
        raise StorageError("The stored monthly report is not the one that was drawn")
    return data


def clear_old() -> int:
    """Remove PDFs that were drawn long ago, files first; how many went. Called daily."""
    gone = found.made_before(utc_now() - KEPT)
    for key, storage_key in gone:
        storage().delete(storage_key)
        with unit_of_work():
            current_session().execute(delete(MonthlyReport).where(MonthlyReport.id == key))
    return len(gone)
