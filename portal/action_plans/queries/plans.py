"""Plans, goals, actions and the business case, read for pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from portal.action_plans.models import (
    ActionNote,
    Plan,
    PlanAction,
    PlanBusinessCase,
    PlanGoal,
)
from portal.action_plans.rules.plan import ActionStatus, Step, is_overdue
from portal.db import current_session
from portal.employers.models import Employer


@dataclass(frozen=True, slots=True)
class EmployerHead:
    """Whose plan it is."""

    id: int
    reference: str
    name: str


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan as pages need it; `closed_at` is None while it is active."""

    id: int
    reference: str
    employer_id: int
    employer_reference: str
    employer_name: str
    started_from_id: int
    response_id: int
    title: str
    revision: int
    created_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    closed_by_name: str | None


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """One action; effort and impact from 1 to 3, `due_on` a London day."""

    id: int
    reference: str
    goal_id: int
    recommendation_key: str | None
    title: str
    why: str
    first_step: str
    owner_name: str
    due_on: date | None
    status: ActionStatus
    withdrawn_reason: str | None
    effort: int
    impact: int
    evidence: str
    link_title: str
    link_url: str
    legal: bool
    because: tuple[Mapping[str, str], ...]
    position: int
    revision: int

    @property
    def step(self) -> Step:
        """The action as the rules count and rank it."""
        return Step(
            self.reference, self.status, self.due_on, self.effort, self.impact, legal=self.legal
        )

    def overdue(self, today: date) -> bool:
        """Whether its day has passed with something still to do."""
        return is_overdue(self.status, self.due_on, today)


@dataclass(frozen=True, slots=True)
class GoalFacts:
    """A goal with its actions in order, withdrawn ones among them."""

    id: int
    goal_key: str | None
    title: str
    benefit: str
    revision: int
    actions: tuple[ActionFacts, ...] = ()

    @property
    def live(self) -> tuple[ActionFacts, ...]:
        """Its actions without the withdrawn ones."""
        return tuple(item for item in self.actions if item.status is not ActionStatus.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """A line of an action's history; `changes` maps a field to [before, after] as text."""

    revision: int
    at: datetime
    by_name: str
    old_status: str | None
    new_status: str | None
    note: str
    changes: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The figures saved for a plan; `dated` is the London day, `in_plan` whether they print."""

    inputs: Mapping[str, Mapping[str, str]]
    in_plan: bool
    revision: int
    dated: date
    saved_by_name: str


_ACTION = (
    PlanAction.id,
    PlanAction.reference,
    PlanAction.goal_id,
    PlanAction.recommendation_key,
    PlanAction.title,
    PlanAction.why,
    PlanAction.first_step,
    PlanAction.owner_name,
    PlanAction.due_on,
    PlanAction.status,
    PlanAction.withdrawn_reason,
    PlanAction.effort,
    PlanAction.impact,
    PlanAction.evidence,
    PlanAction.link_title,
    PlanAction.link_url,
    PlanAction.legal,
    PlanAction.because,
    PlanAction.position,
    PlanAction.revision,
)


def employer_head(reference: str) -> EmployerHead | None:
    """The employer of this reference."""
    row = (
        current_session()
        .execute(
            select(Employer.id, Employer.reference, Employer.name).where(
                Employer.reference == reference
            )
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else EmployerHead(**row)


def _plans() -> Select[*tuple[Any, ...]]:
    return select(
        Plan.id,
        Plan.reference,
        Plan.employer_id,
        Employer.reference.label("employer_reference"),
        Employer.name.label("employer_name"),
        Plan.started_from_id,
        Plan.response_id,
        Plan.title,
        Plan.revision,
        Plan.created_at,
        Plan.closed_at,
        Plan.closed_reason,
        Plan.closed_by_name,
    ).join(Employer, Employer.id == Plan.employer_id)


def active_plan(employer: str) -> PlanFacts | None:
    """The active plan of the employer with this reference."""
    query = _plans().where(Employer.reference == employer, Plan.status == "active")
    row = current_session().execute(query).mappings().one_or_none()
    return None if row is None else PlanFacts(**row)


def plan_facts(plan_id: int) -> PlanFacts:
    """One plan, active or closed.

    Raises:
        sqlalchemy.exc.NoResultFound: when there is none.
    """
    row = current_session().execute(_plans().where(Plan.id == plan_id)).mappings().one()
    return PlanFacts(**row)


def closed_plans(employer: str) -> list[PlanFacts]:
    """The closed plans of the employer with this reference, the newest first."""
    query = (
        _plans()
        .where(Employer.reference == employer, Plan.status == "closed")
        .order_by(Plan.closed_at.desc(), Plan.id.desc())
    )
    return [PlanFacts(**row) for row in current_session().execute(query).mappings()]


def goals_with_actions(plan_id: int) -> tuple[GoalFacts, ...]:
    """A plan's goals in order, each with its actions: two statements, however many there are."""
    session = current_session()
    goals = session.execute(
        select(PlanGoal.id, PlanGoal.goal_key, PlanGoal.title, PlanGoal.benefit, PlanGoal.revision)
        .where(PlanGoal.plan_id == plan_id)
        .order_by(PlanGoal.position, PlanGoal.id)
    ).mappings()
    actions: dict[int, list[ActionFacts]] = {}
    query = (
        select(*_ACTION)
        .where(PlanAction.plan_id == plan_id)
        .order_by(PlanAction.position, PlanAction.id)
    )
    for row in session.execute(query).mappings():
        item = _action(row)
        actions.setdefault(item.goal_id, []).append(item)
    return tuple(GoalFacts(**row, actions=tuple(actions.get(row["id"], ()))) for row in goals)


def _action(row: Mapping[Any, Any]) -> ActionFacts:
    facts = {**row, "status": ActionStatus(row["status"]), "because": tuple(row["because"])}
    return ActionFacts(**facts)


def action_facts(plan_id: int, reference: str) -> ActionFacts | None:
    """One action of a plan."""
    row = (
        current_session()
        .execute(
            select(*_ACTION).where(PlanAction.plan_id == plan_id, PlanAction.reference == reference)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else _action(row)


def goal_choices(plan_id: int) -> list[tuple[int, str]]:
    """Identifier and title of a plan's goals, in order."""
    rows = current_session().execute(
        select(PlanGoal.id, PlanGoal.title)
        .where(PlanGoal.plan_id == plan_id)
        .order_by(PlanGoal.position, PlanGoal.id)
    )
    return [(row.id, row.title) for row in rows]


def goal_facts(plan_id: int, goal_id: int) -> GoalFacts | None:
    """One goal, without its actions."""
    row = (
        current_session()
        .execute(
            select(
                PlanGoal.id,
                PlanGoal.goal_key,
                PlanGoal.title,
                PlanGoal.benefit,
                PlanGoal.revision,
            ).where(PlanGoal.plan_id == plan_id, PlanGoal.id == goal_id)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else GoalFacts(**row)


def recommendations_in_plan(plan_id: int) -> frozenset[str]:
    """Keys of the recommendations a plan holds, withdrawn ones too."""
    keys = current_session().scalars(
        select(PlanAction.recommendation_key).where(
            PlanAction.plan_id == plan_id, PlanAction.recommendation_key.is_not(None)
        )
    )
    return frozenset(key for key in keys if key is not None)


def _notes(action_id: int) -> Select[*tuple[Any, ...]]:
    return select(
        ActionNote.revision,
        ActionNote.at,
        ActionNote.by_name,
        ActionNote.old_status,
        ActionNote.new_status,
        ActionNote.note,
        ActionNote.changes,
    ).where(ActionNote.action_id == action_id)


def history(action_id: int) -> list[NoteFacts]:
    """What happened to an action, the newest first."""
    query = _notes(action_id).order_by(ActionNote.revision.desc())
    return [NoteFacts(**row) for row in current_session().execute(query).mappings()]


def notes_after(action_id: int, revision: int) -> list[NoteFacts]:
    """What happened to an action since a revision, the oldest first."""
    query = _notes(action_id).where(ActionNote.revision > revision).order_by(ActionNote.revision)
    return [NoteFacts(**row) for row in current_session().execute(query).mappings()]


def business_case(plan_id: int) -> CaseFacts | None:
    """The figures saved for a plan."""
    row = (
        current_session()
        .execute(
            select(
                PlanBusinessCase.inputs,
                PlanBusinessCase.in_plan,
                PlanBusinessCase.revision,
                PlanBusinessCase.dated,
                PlanBusinessCase.saved_by_name,
            ).where(PlanBusinessCase.plan_id == plan_id)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else CaseFacts(**row)
