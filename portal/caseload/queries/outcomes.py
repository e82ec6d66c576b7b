"""Outcome records of a case, and whether the employer agreed to share data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal.caseload.models import Consultation, FollowUp, OutcomeRecord
from portal.caseload.rules import follow_up as follow_up_rules
from portal.caseload.rules.outcomes import BASELINE, Role, Standing, Value, load_outcomes
from portal.db import current_session


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the employer last said about sharing data on outcomes; None when never asked."""

    shares: bool | None
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """One record, of the start (``months`` is None) or of a follow-up."""

    id: int
    reference: str
    phase: str
    follow_up_id: int | None
    months: int | None
    true_on: date
    answers: Mapping[str, Value]
    roles: tuple[Role, ...]
    quality_roles: int
    recorded_at: datetime
    by_name: str
    replaced_at: datetime | None

    @property
    def label(self) -> str:
        """Which time it speaks of."""
        if self.months is None:
            return BASELINE
        return follow_up_rules.name(self.months).capitalize()

    @property
    def asked_about_roles(self) -> bool:
        """Whether anybody asked about posts, so that 0 of them means none."""
        return load_outcomes().role_question.key in self.answers

    @property
    def standing(self) -> Standing:
        """The record as records are compared."""
        quality = self.quality_roles if self.asked_about_roles else None
        return Standing(self.label, self.true_on, self.answers, quality)


def agreement(case_id: int) -> Agreement:
    """The employer's latest answer about sharing data; a consultation without one counts not."""
    row = (
        current_session()
        .execute(
            select(Consultation.shares_outcomes, Consultation.held_at)
            .where(Consultation.case_id == case_id, Consultation.shares_outcomes.is_not(None))
            .order_by(Consultation.held_at.desc(), Consultation.id.desc())
            .limit(1)
        )
        .one_or_none()
    )
    return Agreement(None, None) if row is None else Agreement(*row)


def of_case(case_id: int) -> list[OutcomeFacts]:
    """Every record of a case, replaced ones too: the start first, then follow-ups in order."""
    columns: list[Any] = [
        FollowUp.months if name == "months" else getattr(OutcomeRecord, name)
        for name in OutcomeFacts.__slots__
    ]
    rows = current_session().execute(
        select(*columns)
        .outerjoin(FollowUp, FollowUp.id == OutcomeRecord.follow_up_id)
        .where(OutcomeRecord.case_id == case_id)
        .order_by(OutcomeRecord.recorded_at, OutcomeRecord.id)
    )
    found = [
        OutcomeFacts(**{**row, "roles": tuple(Role(**each) for each in row["roles"])})
        for row in rows.mappings()
    ]
    return sorted(found, key=lambda each: each.months or 0)


def current(case_id: int) -> list[OutcomeFacts]:
    """The records that hold, the start first."""
    return [each for each in of_case(case_id) if each.replaced_at is None]


def to_replace(case_id: int, follow_up_id: int | None) -> OutcomeRecord | None:
    """The record that holds for the start or a follow-up, locked."""
    return current_session().scalar(
        select(OutcomeRecord)
        .where(
            OutcomeRecord.case_id == case_id,
            OutcomeRecord.follow_up_id.is_(None)
            if follow_up_id is None
            else OutcomeRecord.follow_up_id == follow_up_id,
            OutcomeRecord.replaced_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
