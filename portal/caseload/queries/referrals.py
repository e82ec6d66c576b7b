"""Referrals, their sources and files, as pages need them.

A ``Scope`` says whose referrals a person sees: LEP staff all, a provider those sent to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.caseload.models import Case, Referral, ReferralSource
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import today
from portal.programme.models import Organisation

PAGE = 50
UNASSIGNED = "none"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose referrals: everybody's, or those sent to these providers."""

    everything: bool
    organisations: frozenset[int] = frozenset()

    def holds(self, organisation_id: int | None) -> bool:
        """Whether a record sent to a provider (None: to nobody yet) lies within it."""
        return self.everything or organisation_id in self.organisations

    def test(self, column: Any) -> ColumnElement[bool]:
        """The same as a condition on a provider's key."""
        if self.everything:
            return and_(True)  # noqa: FBT003 - SQL's own "true"
        condition: ColumnElement[bool] = column.in_(sorted(self.organisations))
        return condition


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """A referral with its source, its provider and what became of it, as plain data."""

    id: int
    reference: str
    source_id: int
    source_name: str
    source_kind: str
    organisation_id: int | None
    organisation_name: str | None
    channel: str
    employer_name: str
    trading_name: str
    company_number: str | None
    postcode: str | None
    sector: str | None
    contact_name: str
    contact_job: str
    contact_email: str
    contact_phone: str
    message: str
    consent: bool
    referrer_name: str
    referrer_email: str
    received_at: datetime
    expires_on: date
    status: str
    decline_reason: str | None
    decision_note: str
    decided_at: datetime | None
    decided_by_name: str | None
    created_by_name: str | None
    employer_id: int | None
    employer_reference: str | None
    case_id: int | None
    case_reference: str | None

    @property
    def is_waiting(self) -> bool:
        """Whether it can still be decided."""
        return self.status == "waiting" and not self.is_late

    @property
    def is_late(self) -> bool:
        """Whether its last day is over though nobody decided."""
        return self.status == "waiting" and today() > self.expires_on


@dataclass(frozen=True, slots=True)
class ReferralFilter:
    """What a list is narrowed to; empty means any. ``provider`` is a key as text, or "none"."""

    status: str = "waiting"
    source: str = ""
    channel: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class ReferralPage:
    """Lines of a list, how many there are in all, and which page this is, from 1."""

    rows: list[ReferralFacts]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


_Decider = aliased(User)
_Creator = aliased(User)
_LABELLED: Mapping[str, Any] = {
    "source_name": ReferralSource.name,
    "source_kind": ReferralSource.kind,
    "organisation_name": Organisation.name,
    "decided_by_name": _Decider.name,
    "created_by_name": _Creator.name,
    "employer_reference": Employer.reference,
    "case_reference": Case.reference,
}


def _select() -> Select[Any]:
    columns = [
        _LABELLED[name].label(name) if name in _LABELLED else getattr(Referral, name)
        for name in ReferralFacts.__slots__
    ]
    return (
        select(*columns)
        .join(ReferralSource, ReferralSource.id == Referral.source_id)
        .outerjoin(Organisation, Organisation.id == Referral.organisation_id)
        .outerjoin(_Decider, _Decider.id == Referral.decided_by)
        .outerjoin(_Creator, _Creator.id == Referral.created_by)
        .outerjoin(Employer, Employer.id == Referral.employer_id)
        .outerjoin(Case, Case.id == Referral.case_id)
    )


def _facts(query: Select[Any]) -> list[ReferralFacts]:
    return [ReferralFacts(**row) for row in current_session().execute(query).mappings()]


def referral_facts(reference: str) -> ReferralFacts | None:
    """The referral of this reference, whoever's it is."""
    return next(iter(_facts(_select().where(Referral.reference == reference))), None)


def referral_to_change(reference: str) -> Referral | None:
    """The referral, locked until the unit of work ends."""
    return current_session().scalar(
        select(Referral)
        .where(Referral.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def referral_page(scope: Scope, chosen: ReferralFilter, page: int = 1) -> ReferralPage:
    """A page of the list: what waits by its last day, the rest by the day of its decision."""
    tests = _tests(scope, chosen)
    count = select(func.count(Referral.id)).join(
        ReferralSource, ReferralSource.id == Referral.source_id
    )
    total = int(current_session().scalar(count.where(*tests)) or 0)
    page = min(max(1, page), max(1, -(-total // PAGE)))
    query = _ordered(_select().where(*tests), chosen.status)
    return ReferralPage(_facts(query.limit(PAGE).offset((page - 1) * PAGE)), total, page)


def every_referral(scope: Scope, chosen: ReferralFilter) -> Iterator[ReferralFacts]:
    """Every line of the list, read in parts."""
    tests = _tests(scope, chosen)
    after = 0
    while True:
        query = _select().where(*tests, Referral.id > after).order_by(Referral.id).limit(_CHUNK)
        rows = _facts(query)
        yield from rows
        if len(rows) < _CHUNK:
            return
        after = rows[-1].id


def _ordered(query: Select[Any], status: str) -> Select[Any]:
    if status == "waiting":
        return query.order_by(Referral.expires_on, Referral.id)
    return query.order_by(
        func.coalesce(Referral.decided_at, Referral.received_at).desc(), Referral.id.desc()
    )


def _tests(scope: Scope, chosen: ReferralFilter) -> list[ColumnElement[bool]]:
    tests = [scope.test(Referral.organisation_id)]
    if chosen.status and chosen.status != "all":
        tests.append(Referral.status == chosen.status)
    if chosen.source:
        tests.append(
            or_(ReferralSource.reference == chosen.source, ReferralSource.kind == chosen.source)
        )
    if chosen.channel:
        tests.append(Referral.channel == chosen.channel)
    if chosen.provider == UNASSIGNED:
        tests.append(Referral.organisation_id.is_(None))
    elif chosen.provider.isdecimal():
        tests.append(Referral.organisation_id == int(chosen.provider[:9]))
    return tests


def waiting_count(organisation_ids: Collection[int]) -> int:
    """How many referrals wait for a decision of these providers."""
    if not organisation_ids:
        return 0
    count = current_session().scalar(
        select(func.count(Referral.id)).where(
            Referral.organisation_id.in_(sorted(organisation_ids)),
            Referral.status == "waiting",
            Referral.expires_on >= today(),
        )
    )
    return int(count or 0)


def unassigned_count() -> int:
    """How many referrals wait to be sent to a provider."""
    count = current_session().scalar(
        select(func.count(Referral.id)).where(
            Referral.organisation_id.is_(None), Referral.status == "waiting"
        )
    )
    return int(count or 0)


def due_to_expire(day: date) -> list[str]:
    """References of those that wait though their last day is over."""
    return list(
        current_session().scalars(
            select(Referral.reference)
            .where(Referral.status == "waiting", Referral.expires_on < day)
            .order_by(Referral.expires_on, Referral.id)
        )
    )


def waits_already(source_id: int, match_name: str, contact_name: str) -> str | None:
    """The reference of a waiting referral of the same employer and person by the same source."""
    return current_session().scalar(
        select(Referral.reference)
        .where(
            Referral.match_name == match_name,
            Referral.source_id == source_id,
            Referral.contact_name == contact_name,
            Referral.status == "waiting",
        )
        .limit(1)
    )
