"""One case as every page about it needs it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.caseload.models import (
    Case,
    CaseMilestone,
    NextAction,
    ReferralSource,
    StageChange,
)
from portal.caseload.rules.stages import Stage
from portal.db import current_session, prepared
from portal.employers.models import Employer
from portal.programme import queries as programme
from portal.programme.models import Organisation


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case with its employer, provider, adviser, source and next action, as plain data."""

    id: int
    reference: str
    employer_id: int
    employer_reference: str
    employer_name: str
    sector: str
    size_tier: str | None
    district: str
    headcount: int | None
    organisation_id: int
    organisation_name: str
    adviser_id: int | None
    adviser_name: str | None
    source_id: int | None
    source_name: str | None
    source_kind: str | None
    stage: Stage
    stage_since: datetime
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    close_note: str
    last_contact_at: datetime | None
    contact_count: int
    waiting_since: datetime | None
    waiting_for: str
    session_state: str
    contact_name: str
    contact_job: str
    contact_email: str
    contact_phone: str
    revision: int
    next_kind: str | None
    next_what: str | None
    next_due_on: date | None

    @property
    def is_open(self) -> bool:
        """Whether work on it goes on."""
        return self.closed_at is None


_LABELLED: dict[str, Any] = {
    "employer_reference": Employer.reference,
    "sector": Employer.sector,
    "size_tier": Employer.size_tier,
    "district": Employer.district,
    "headcount": Employer.headcount,
    "organisation_name": Organisation.name,
    "adviser_name": User.name,
    "source_name": ReferralSource.name,
    "source_kind": ReferralSource.kind,
    "next_kind": NextAction.kind,
    "next_what": NextAction.what,
    "next_due_on": NextAction.due_on,
}


def _select() -> Select[Any]:
    columns = [
        _LABELLED[name].label(name) if name in _LABELLED else getattr(Case, name)
        for name in CaseFacts.__slots__
        if name != "employer_name"
    ]
    return (
        select(*columns, Employer.name.label("legal_name"), Employer.trading_name)
        .join(Employer, Employer.id == Case.employer_id)
        .join(Organisation, Organisation.id == Case.organisation_id)
        .outerjoin(User, User.id == Case.adviser_id)
        .outerjoin(ReferralSource, ReferralSource.id == Case.source_id)
        .outerjoin(NextAction, and_(NextAction.case_id == Case.id, NextAction.state == "open"))
    )


_BY_REFERENCE = prepared(_select().where(Case.reference == bindparam("reference")))
_BY_ID = prepared(_select().where(Case.id == bindparam("id")))


def _facts(query: Select[Any], values: dict[str, Any]) -> list[CaseFacts]:
    found = []
    for row in current_session().execute(query, values).mappings():
        fields = dict(row)
        fields["employer_name"] = fields.pop("trading_name") or fields["legal_name"]
        del fields["legal_name"]
        fields["stage"] = Stage(fields["stage"])
        found.append(CaseFacts(**fields))
    return found


def case_facts(reference: str) -> CaseFacts | None:
    """The case of this reference, whoever's it is."""
    return next(iter(_facts(_BY_REFERENCE, {"reference": reference})), None)


def case_facts_by_id(case_id: int) -> CaseFacts | None:
    """The case with this key."""
    return next(iter(_facts(_BY_ID, {"id": case_id})), None)


def open_cases_of(employer_id: int) -> list[CaseFacts]:
    """The employer's open cases in every programme, newest first."""
    query = (
        _select()
        .where(Case.employer_id == employer_id, Case.closed_at.is_(None))
        .order_by(Case.opened_at.desc(), Case.id.desc())
    )
    return _facts(query, {})


def open_case_of(employer_id: int, programme_key: str | None = None) -> CaseFacts | None:
    """The employer's open case in a programme (the present one unless named)."""
    wanted = programme_key or programme.settings().programme_key
    query = _select().where(
        Case.employer_id == employer_id, Case.closed_at.is_(None), Case.programme == wanted
    )
    return next(iter(_facts(query, {})), None)


def is_merged(employer_id: int) -> bool:
    """Whether an employer's record was merged into another; held until the unit of work ends."""
    merged_into = current_session().scalar(
        select(Employer.merged_into_id).where(Employer.id == employer_id).with_for_update()
    )
    return merged_into is not None


def case_to_change(reference: str) -> Case | None:
    """The case, locked until the unit of work ends."""
    return current_session().scalar(
        select(Case)
        .where(Case.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def open_action(case_id: int) -> NextAction | None:
    """What is to be done next on a case."""
    return current_session().scalar(
        select(NextAction).where(NextAction.case_id == case_id, NextAction.state == "open")
    )


def held_milestones(case_id: int) -> frozenset[str]:
    """Kinds of record that the case has."""
    rows = current_session().scalars(
        select(CaseMilestone.kind).where(
            CaseMilestone.case_id == case_id, CaseMilestone.withdrawn_at.is_(None)
        )
    )
    return frozenset(rows)


def waived_milestones(case_id: int) -> frozenset[str]:
    """Kinds of record whose absence was explained at an earlier move."""
    rows = current_session().scalars(
        select(StageChange.missing).where(StageChange.case_id == case_id, StageChange.reason != "")
    )
    return frozenset(kind for missing in rows for kind in missing)


def milestone(case_id: int, kind: str, subject: str) -> CaseMilestone | None:
    """The milestone that stands for one record."""
    return current_session().scalar(
        select(CaseMilestone).where(
            CaseMilestone.case_id == case_id,
            CaseMilestone.kind == kind,
            CaseMilestone.subject == subject,
        )
    )


def stage_changes(case_id: int) -> list[StageChange]:
    """Every move of the case, oldest first."""
    return list(
        current_session().scalars(
            select(StageChange)
            .where(StageChange.case_id == case_id)
            .order_by(StageChange.at, StageChange.id)
        )
    )


# Asked once for each employer in an address, so built once.
_OWN: BindParameter[list[int]] = bindparam("organisations", expanding=True)
_LATER = aliased(Case)
_WORKS_WITH_ANOTHER = exists().where(
    _LATER.employer_id == Case.employer_id,
    _LATER.programme == Case.programme,
    _LATER.closed_at.is_(None),
    _LATER.organisation_id.not_in(_OWN),
)
_BY_CASE = prepared(
    select(Case.id)
    .join(Employer, Employer.id == Case.employer_id)
    .where(
        Employer.reference == bindparam("reference"),
        Case.organisation_id.in_(_OWN),
        # Who has the employer now tells nothing to who had it before.
        or_(Case.closed_at.is_(None), ~_WORKS_WITH_ANOTHER),
    )
    .limit(1)
)


def serves(organisation_ids: Collection[int], employer_reference: str) -> bool:
    """Whether a provider has a case for an employer, or had one and nobody else has it now.

    A referral that waits opens nothing: anyone could type an employer's number into one.
    """
    if not organisation_ids:
        return False
    asked = {"organisations": list(organisation_ids), "reference": employer_reference}
    return current_session().execute(_BY_CASE, asked).first() is not None


def adviser_choices(organisation_ids: Collection[int]) -> list[tuple[str, str]]:
    """Who can be given a case of these providers: keys as text, and names."""
    return [(str(key), name) for key, name in programme.staff_of(organisation_ids).items()]
