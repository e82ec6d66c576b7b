"""How action plans are shown to the employer they are about."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, select

from portal.action_plans.models import (
    ActionNote,
    Plan,
    PlanAction,
    PlanBusinessCase,
    PlanGoal,
    PlanSignature,
    PlanVersion,
)
from portal.action_plans.rules.plan import ActionStatus
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of

_STATUSES: Final = {status.value: status.label for status in ActionStatus}


def _plans_of(employer_id: int) -> Any:
    return select(Plan.id).where(Plan.employer_id == employer_id)


def _plan(model: Any) -> ColumnElement[Any]:
    return select(Plan.reference).where(Plan.id == model.plan_id).scalar_subquery()


PLANS: Final = TableShown(
    table_of(Plan),
    lambda key: Plan.employer_id == key,
    {
        "reference": "Reference",
        "title": "Title",
        "status": "State",
        "created_by": "Made by",
        "created_at": "Made",
        "updated_at": "Last changed",
        "closed_at": "Closed",
        "closed_reason": "Why closed",
        "closed_by_name": "Closed by",
    },
    names("id employer_id started_from_id response_id revision"),
    words={"status": {"active": "In use", "closed": "Closed"}},
)
GOALS: Final = TableShown(
    table_of(PlanGoal),
    lambda key: PlanGoal.plan_id.in_(_plans_of(key)),
    {
        "title": "Goal",
        "benefit": "Benefit",
        "position": "Order",
        "created_at": "Made",
        "updated_at": "Last changed",
    },
    names("id plan_id goal_key revision"),
    more={"Plan": _plan(PlanGoal)},
)
ACTIONS: Final = TableShown(
    table_of(PlanAction),
    lambda key: PlanAction.plan_id.in_(_plans_of(key)),
    {
        "reference": "Reference",
        "title": "Action",
        "why": "Why",
        "first_step": "First step",
        "owner_name": "Who does it",
        "due_on": "Due",
        "status": "State",
        "withdrawn_reason": "Why withdrawn",
        "dimension": "Dimension",
        "effort": "Effort (1 to 3)",
        "impact": "Impact (1 to 3)",
        "evidence": "What shows it is done",
        "link_title": "Link",
        "link_url": "Address of the link",
        "legal": "Required by law",
        "because": "Answers it follows from",
        "position": "Order",
        "created_at": "Made",
        "updated_at": "Last changed",
    },
    names("id plan_id goal_id recommendation_key response_id revision"),
    more={
        "Goal": select(PlanGoal.title).where(PlanGoal.id == PlanAction.goal_id).scalar_subquery(),
        "Plan": _plan(PlanAction),
    },
    words={"status": _STATUSES},
)
NOTES: Final = TableShown(
    table_of(ActionNote),
    lambda key: ActionNote.action_id.in_(
        select(PlanAction.id).where(PlanAction.plan_id.in_(_plans_of(key)))
    ),
    {
        "at": "When",
        "by_name": "By",
        "old_status": "State before",
        "new_status": "State after",
        "note": "Note",
        "changes": "What else changed",
    },
    names("id action_id revision by"),
    more={
        "Action": select(PlanAction.title)
        .where(PlanAction.id == ActionNote.action_id)
        .scalar_subquery()
    },
    words={"old_status": _STATUSES, "new_status": _STATUSES},
)
VERSIONS: Final = TableShown(
    table_of(PlanVersion),
    lambda key: PlanVersion.plan_id.in_(_plans_of(key)),
    {
        "number": "Number",
        "state": "State",
        "failure": "What went wrong",
        "sha256": "SHA-256 of the PDF",
        "pages": "Pages",
        "signed_off": "Signed",
        "created_at": "Asked for",
        "created_by_name": "Asked for by",
        "ready_at": "Ready",
    },
    # What a version says is its PDF, which is in the download.
    names("id plan_id plan_revision document content_hash tries storage_key created_by"),
    more={"Plan": _plan(PlanVersion)},
    words={
        "state": {
            "queued": "Being made",
            "rendering": "Being made",
            "ready": "Ready",
            "failed": "Failed",
        }
    },
)
SIGNATURES: Final = TableShown(
    table_of(PlanSignature),
    lambda key: PlanSignature.version_id.in_(
        select(PlanVersion.id).where(PlanVersion.plan_id.in_(_plans_of(key)))
    ),
    {"role": "Signed for", "name": "Name", "job": "Job", "at": "When"},
    names("id version_id user_id"),
    more={
        "Version": select(PlanVersion.number)
        .where(PlanVersion.id == PlanSignature.version_id)
        .scalar_subquery()
    },
    words={"role": {"employer": "The employer", "adviser": "The provider"}},
)
BUSINESS_CASES: Final = TableShown(
    table_of(PlanBusinessCase),
    lambda key: PlanBusinessCase.plan_id.in_(_plans_of(key)),
    {
        "inputs": "Figures",
        "in_plan": "In the plan",
        "dated": "Dated",
        "saved_by_name": "Saved by",
        "created_at": "Made",
        "updated_at": "Last changed",
    },
    names("id plan_id revision saved_by"),
    more={"Plan": _plan(PlanBusinessCase)},
)
