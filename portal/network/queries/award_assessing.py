"""Who assesses what, what they scored, and why somebody cannot."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from portal.accounts.models import User
from portal.caseload.models import Case, Referral
from portal.db import current_session
from portal.employers.models import Membership
from portal.network.models import (
    AwardApplication,
    AwardAssessment,
    AwardConflict,
    AwardRound,
    AwardStatement,
)
from portal.network.queries.members import competitors_of
from portal.programme.models import Organisation, StaffPost


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """One assessor's work on one application; ``scores`` maps a criterion to {score, note}."""

    id: int
    application_id: int
    user_id: int
    by_name: str
    state: str
    moderates: bool
    scores: Mapping[str, Mapping[str, Any]]
    words: str
    revision: int
    done_at: datetime | None

    @property
    def points(self) -> dict[str, int]:
        """The score of each criterion that has one."""
        return {key: int(row["score"]) for key, row in self.scores.items()}

    @property
    def total(self) -> int:
        """All scores together."""
        return sum(self.points.values())


@dataclass(frozen=True, slots=True)
class MyAssessment:
    """A line of an assessor's own list."""

    application: str
    round_title: str
    employer_name: str
    tier_sought: str
    state: str
    application_state: str
    moderates: bool
    decide_by: date


_COLUMNS = tuple(getattr(AwardAssessment, name) for name in AssessmentFacts.__slots__)


def _facts(query: Select[*tuple[Any, ...]]) -> list[AssessmentFacts]:
    return [AssessmentFacts(**row) for row in current_session().execute(query).mappings()]


def of_application(application_id: int) -> list[AssessmentFacts]:
    """Every assessment of an application: not for its assessors while they work."""
    return _facts(
        select(*_COLUMNS)
        .where(AwardAssessment.application_id == application_id)
        .order_by(AwardAssessment.moderates, AwardAssessment.id)
    )


def of_applications(ids: Collection[int]) -> dict[int, list[AssessmentFacts]]:
    """Every assessment of several applications."""
    found: dict[int, list[AssessmentFacts]] = {}
    if ids:
        rows = _facts(
            select(*_COLUMNS)
            .where(AwardAssessment.application_id.in_(ids))
            .order_by(AwardAssessment.moderates, AwardAssessment.id)
        )
        for row in rows:
            found.setdefault(row.application_id, []).append(row)
    return found


def mine(application_id: int, user_id: int) -> AssessmentFacts | None:
    """A person's own assessment of an application; none they have stood down from."""
    found = _facts(
        select(*_COLUMNS).where(
            AwardAssessment.application_id == application_id,
            AwardAssessment.user_id == user_id,
            AwardAssessment.state != "stood_down",
        )
    )
    return found[0] if found else None


def assessed_by(user_id: int, *, limit: int, offset: int = 0) -> list[MyAssessment]:
    """A person's assessments, what is to be done first."""
    from portal.employers.models import Employer

    rows = current_session().execute(
        select(
            AwardApplication.reference,
            AwardRound.title,
            Employer.name,
            AwardApplication.tier_sought,
            AwardAssessment.state,
            AwardApplication.state,
            AwardAssessment.moderates,
            AwardRound.decide_by,
        )
        .join(AwardApplication, AwardApplication.id == AwardAssessment.application_id)
        .join(AwardRound, AwardRound.id == AwardApplication.round_id)
        .join(Employer, Employer.id == AwardApplication.employer_id)
        .where(AwardAssessment.user_id == user_id, AwardAssessment.state != "stood_down")
        .order_by(AwardAssessment.state, AwardRound.decide_by, AwardAssessment.id)
        .limit(limit)
        .offset(offset)
    )
    return [MyAssessment(*row) for row in rows]


def assesses_anything(user_id: int) -> bool:
    """Whether a person has anything to assess, or had."""
    query = select(AwardAssessment.id).where(AwardAssessment.user_id == user_id).limit(1)
    return current_session().scalar(query) is not None


def to_change(application_id: int, user_id: int) -> AwardAssessment | None:
    """A person's assessment, held until the unit of work ends."""
    return current_session().scalar(
        select(AwardAssessment)
        .where(AwardAssessment.application_id == application_id, AwardAssessment.user_id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def all_to_change(application_id: int) -> list[AwardAssessment]:
    """Every assessment of an application, held until the unit of work ends."""
    return list(
        current_session().scalars(
            select(AwardAssessment)
            .where(AwardAssessment.application_id == application_id)
            .order_by(AwardAssessment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


# Who cannot judge -----------------------------------------------------------------------------


def conflicts(
    *, employer_id: int, application_id: int, user_ids: Collection[int]
) -> dict[int, list[str]]:
    """Why each of these people cannot judge an employer; nobody who can is in the answer."""
    found: dict[int, list[str]] = {}
    wanted = list(user_ids)
    if not wanted:
        return found
    session = current_session()

    def add(rows: Any, words: str) -> None:
        for user_id in rows:
            if words not in found.setdefault(user_id, []):
                found[user_id].append(words)

    rivals = competitors_of(employer_id)
    for user_id, of_employer in session.execute(
        select(Membership.user_id, Membership.employer_id).where(
            Membership.user_id.in_(wanted), Membership.employer_id.in_([employer_id, *rivals])
        )
    ):
        own = of_employer == employer_id
        add([user_id], "Works for this employer" if own else "Works for a competitor of theirs")
    add(session.scalars(_serving(employer_id, wanted)), "Their provider serves this employer")
    for user_id, reason in session.execute(
        select(AwardConflict.user_id, AwardConflict.reason).where(
            AwardConflict.user_id.in_(wanted), AwardConflict.employer_id == employer_id
        )
    ):
        add([user_id], f"Declared: {reason}")
    add(
        session.scalars(
            select(User.id)
            .join(AwardStatement, func.lower(AwardStatement.to_email) == User.email)
            .where(User.id.in_(wanted), AwardStatement.application_id == application_id)
        ),
        "Was asked to speak for this application",
    )
    return found


def _serving(employer_id: int, user_ids: Collection[int]) -> Select[int]:
    """People whose provider has, or had, a case of the employer or a referral that waits."""
    serving = (
        select(Case.organisation_id)
        .where(Case.employer_id == employer_id)
        .union(
            select(Referral.organisation_id).where(
                Referral.employer_id == employer_id, Referral.status == "waiting"
            )
        )
    )
    return (
        select(StaffPost.user_id)
        .join(Organisation, Organisation.id == StaffPost.organisation_id)
        .where(
            StaffPost.user_id.in_(user_ids),
            Organisation.kind == "provider",
            StaffPost.organisation_id.in_(serving),
        )
    )


def conflict(user_id: int, employer_id: int) -> AwardConflict | None:
    """What a person declared about an employer."""
    return current_session().scalar(
        select(AwardConflict).where(
            AwardConflict.user_id == user_id, AwardConflict.employer_id == employer_id
        )
    )


def people_of(employer_id: int) -> list[str]:
    """Names that assessors do not read: an employer's people, and whom they asked to speak."""
    rows = current_session().execute(
        select(User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.employer_id == employer_id)
        .union(
            select(AwardStatement.to_name)
            .join(AwardApplication, AwardApplication.id == AwardStatement.application_id)
            .where(AwardApplication.employer_id == employer_id)
        )
    )
    return [name for (name,) in rows]
