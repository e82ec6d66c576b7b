"""Referrals to other services, read for their pages, the case's card and the adviser's day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from portal.caseload.models import Case, ReferralOut
from portal.db import current_session
from portal.employers.models import Employer


@dataclass(frozen=True, slots=True)
class OnwardFacts:
    """One referral to another service; ``mailed_at`` is when its contact was written to."""

    id: int
    reference: str
    case_id: int
    case_reference: str
    employer_name: str
    service: str
    organisation: str
    contact_name: str
    contact_email: str
    contact_phone: str
    reason: str
    consent_by: str
    consent_on: date
    shares: tuple[str, ...]
    sent_on: date
    chase_on: date | None
    outcome: str
    outcome_on: date | None
    outcome_note: str
    by_name: str
    mailed_at: datetime | None
    revision: int

    @property
    def is_waiting(self) -> bool:
        """Whether nothing was heard yet."""
        return self.outcome == "waiting"

    def is_to_chase(self, today: date) -> bool:
        """Whether its day to chase has come."""
        return self.is_waiting and self.chase_on is not None and self.chase_on <= today


@dataclass(frozen=True, slots=True)
class ToChase:
    """A referral whose day to chase has come, as the adviser's home lists it."""

    reference: str
    case_reference: str
    adviser_id: int | None
    employer_name: str
    service: str
    organisation: str
    chase_on: date


def _shown_name() -> ColumnElement[str]:
    return func.coalesce(func.nullif(Employer.trading_name, ""), Employer.name)


_LABELLED: dict[str, Any] = {"case_reference": Case.reference, "employer_name": _shown_name()}


def _select() -> Select[Any]:
    columns = [
        (_LABELLED[name] if name in _LABELLED else getattr(ReferralOut, name)).label(name)
        for name in OnwardFacts.__slots__
    ]
    return (
        select(*columns)
        .join(Case, Case.id == ReferralOut.case_id)
        .join(Employer, Employer.id == Case.employer_id)
    )


def _facts(query: Select[Any]) -> list[OnwardFacts]:
    rows = [dict(row) for row in current_session().execute(query).mappings()]
    return [OnwardFacts(**{**row, "shares": tuple(row["shares"])}) for row in rows]


def onward_facts(reference: str) -> OnwardFacts | None:
    """The referral of this reference, whoever's it is."""
    return next(iter(_facts(_select().where(ReferralOut.reference == reference))), None)


def of_case(case_id: int) -> list[OnwardFacts]:
    """Every referral of a case, latest first."""
    query = _select().where(ReferralOut.case_id == case_id)
    return _facts(query.order_by(ReferralOut.sent_on.desc(), ReferralOut.id.desc()))


def onward_to_change(reference: str) -> ReferralOut | None:
    """The referral, locked until the unit of work ends."""
    return current_session().scalar(
        select(ReferralOut)
        .where(ReferralOut.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def onward_sent_before(once: str) -> ReferralOut | None:
    """What the same form made when it was sent the first time."""
    return current_session().scalar(select(ReferralOut).where(ReferralOut.once == once))


def to_chase(
    organisation_ids: Collection[int],
    today: date,
    *,
    adviser_id: int | None = None,
    limit: int | None = None,
) -> list[ToChase]:
    """Referrals of the providers' open cases whose day to chase has come, longest waiting first.

    ``adviser_id`` narrows it to that adviser's cases.
    """
    if not organisation_ids:
        return []
    query = (
        select(
            ReferralOut.reference,
            Case.reference,
            Case.adviser_id,
            _shown_name(),
            ReferralOut.service,
            ReferralOut.organisation,
            ReferralOut.chase_on,
        )
        .join(Case, Case.id == ReferralOut.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .where(
            Case.organisation_id.in_(organisation_ids),
            Case.closed_at.is_(None),
            ReferralOut.outcome == "waiting",
            ReferralOut.chase_on <= today,
        )
        .order_by(ReferralOut.chase_on, ReferralOut.id)
    )
    if adviser_id is not None:
        query = query.where(Case.adviser_id == adviser_id)
    rows: Iterable[Any] = current_session().execute(query.limit(limit))
    return [ToChase(*row) for row in rows]
