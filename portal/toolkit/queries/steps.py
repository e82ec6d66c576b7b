"""How far employers have come with step-by-step toolkits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from portal.db import current_session
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.toolkit.models import Resource, ToolkitStep
from portal.toolkit.rules.steps import COMPLETED, StepDone


@dataclass(frozen=True, slots=True)
class Under:
    """A toolkit that an employer has begun, and when it had done every step."""

    resource_id: int
    slug: str
    title: str
    done: int
    completed_at: datetime | None
    last_at: datetime


def steps_done(employer_id: int, resource_id: int) -> dict[str, StepDone]:
    """What an employer has done of a toolkit, by the steps' keys; the mark of completion too."""
    rows = current_session().execute(
        select(ToolkitStep.step, ToolkitStep.done_at, ToolkitStep.by_name).where(
            ToolkitStep.employer_id == employer_id, ToolkitStep.resource_id == resource_id
        )
    )
    return {step: StepDone(done_at, by_name) for step, done_at, by_name in rows}


def begun(employer_id: int) -> list[Under]:
    """The toolkits that an employer has begun, the one worked on last first."""
    rows = current_session().execute(
        select(Resource.id, Resource.slug, Resource.title, ToolkitStep.step, ToolkitStep.done_at)
        .join(Resource, Resource.id == ToolkitStep.resource_id)
        .where(ToolkitStep.employer_id == employer_id)
        .order_by(ToolkitStep.done_at, ToolkitStep.id)
    )
    kept: dict[int, Under] = {}
    for key, slug, title, step, at in rows:
        now = kept.pop(key, None)
        mark = step == COMPLETED
        kept[key] = Under(
            key,
            slug,
            title,
            (now.done if now else 0) + (not mark),
            at if mark else (now.completed_at if now else None),
            at,
        )
    return list(reversed(kept.values()))


def steps_of(employer_ids: Collection[int]) -> list[tuple[int, int, int, str]]:
    """Rows of several employers: key, employer, resource and step."""
    rows = current_session().execute(
        select(ToolkitStep.id, ToolkitStep.employer_id, ToolkitStep.resource_id, ToolkitStep.step)
        .where(ToolkitStep.employer_id.in_(employer_ids))
        .order_by(ToolkitStep.id)
    )
    return [(key, employer, resource, step) for key, employer, resource, step in rows]


def _step_words(step: Any) -> str:
    return "Every step" if step == COMPLETED else str(step).replace("-", " ").capitalize()


STEPS: Final = TableShown(
    table_of(ToolkitStep),
    lambda key: ToolkitStep.employer_id == key,
    {
        "step": "Step",
        "done_at": "Marked as done",
        "by": "By",
        "by_name": "Their name then",
    },
    names("id employer_id resource_id"),
    more={
        "Toolkit": select(Resource.title)
        .where(Resource.id == ToolkitStep.resource_id)
        .scalar_subquery()
    },
    words={"step": _step_words},
)
