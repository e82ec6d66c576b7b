"""Rows that are to be changed, as objects under the plan's lock."""

from __future__ import annotations

from sqlalchemy import select

from portal.action_plans.models import (
    Plan,
    PlanAction,
    PlanBusinessCase,
    PlanGoal,
    PlanVersion,
)
from portal.action_plans.queries.plans import EmployerHead
from portal.db import current_session
from portal.employers.models import Employer


def lock_employer(reference: str) -> EmployerHead | None:
    """The employer, locked: two people cannot both start its plan."""
    row = (
        current_session()
        .execute(
            select(Employer.id, Employer.reference, Employer.name)
            .where(Employer.reference == reference)
            .with_for_update(of=Employer)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else EmployerHead(**row)


def plan_to_change(employer: str) -> Plan | None:
    """The active plan, locked. Every change under a plan takes this lock first."""
    return current_session().scalar(
        select(Plan)
        .join(Employer, Employer.id == Plan.employer_id)
        .where(Employer.reference == employer, Plan.status == "active")
        .with_for_update(of=Plan)
        .execution_options(populate_existing=True)
    )


def actions_to_change(plan_id: int) -> list[PlanAction]:
    """A plan's actions in order, to be changed under the plan's lock."""
    return list(
        current_session().scalars(
            select(PlanAction)
            .where(PlanAction.plan_id == plan_id)
            .order_by(PlanAction.position, PlanAction.id)
        )
    )


def action_to_change(plan_id: int, reference: str) -> PlanAction | None:
    """One action, to be changed under the plan's lock."""
    return current_session().scalar(
        select(PlanAction).where(PlanAction.plan_id == plan_id, PlanAction.reference == reference)
    )


def goals_to_change(plan_id: int) -> list[PlanGoal]:
    """A plan's goals in order, to be changed under the plan's lock."""
    return list(
        current_session().scalars(
            select(PlanGoal)
            .where(PlanGoal.plan_id == plan_id)
            .order_by(PlanGoal.position, PlanGoal.id)
        )
    )


def version_to_change(version_id: int) -> PlanVersion | None:
    """One version, locked."""
    return current_session().scalar(
        select(PlanVersion)
        .where(PlanVersion.id == version_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def numbered_version_to_change(employer: str, number: int) -> PlanVersion | None:
    """One version of the employer's plans, closed ones too, locked."""
    return current_session().scalar(
        select(PlanVersion)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .join(Employer, Employer.id == Plan.employer_id)
        .where(Employer.reference == employer, PlanVersion.number == number)
        .with_for_update(of=PlanVersion)
        .execution_options(populate_existing=True)
    )


def business_case_to_change(plan_id: int) -> PlanBusinessCase | None:
    """The saved figures, to be changed under the plan's lock."""
    return current_session().scalar(
        select(PlanBusinessCase).where(PlanBusinessCase.plan_id == plan_id)
    )
