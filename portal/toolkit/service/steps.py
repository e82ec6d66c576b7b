"""Marking steps of a toolkit as done for an employer. Finishing one counts once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import current_session
from portal.employers.service import timeline
from portal.integrations.markdown import Section, render
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import ToolkitStep
from portal.toolkit.queries import resources as found
from portal.toolkit.queries import steps as queries
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.steps import COMPLETED, Progress, progress

NO_STEP = Problem(
    "no_step",
    "This toolkit has no such step now. It may have been rewritten: look at it again",
)


@dataclass(frozen=True, slots=True)
class Marked:
    """How far an employer is after a step was marked, and whether that finished the toolkit."""

    progress: Progress
    finished: bool


def steps_in(body: str) -> tuple[Section, ...]:
    """The steps of a toolkit: its parts that begin with a heading of level 2."""
    return tuple(section for section in render(body).sections if section.key)


def mark(*, slug: str, employer_id: int, step: str, done: bool, by: Author) -> Ok[Marked] | Err:
    """Mark a step as done for an employer, or take that back; doing so twice changes nothing.

    The first time that every step is done is written on the employer's timeline.
    """
    # Held until the end, so that of two people who mark the last two steps at once one finishes.
    resource = found.to_change_by_slug(slug)
    facts = None if resource is None else found.published(slug)
    if facts is None or facts.state is not ResourceState.PUBLISHED or facts.format != "toolkit":
        return Err(Problem("no_resource", "There is no such toolkit any more"))
    keys = [section.key for section in steps_in(facts.content.body)]
    if step not in keys:
        return Err(NO_STEP)
    if done:
        _add(employer_id, facts.id, step, by)
    else:
        current_session().execute(
            delete(ToolkitStep).where(
                ToolkitStep.employer_id == employer_id,
                ToolkitStep.resource_id == facts.id,
                ToolkitStep.step == step,
            )
        )
    standing = progress(keys, queries.steps_done(employer_id, facts.id))
    finished = standing.is_whole and _add(employer_id, facts.id, COMPLETED, by)
    if finished:
        timeline.note(
            employer_id=employer_id,
            kind="toolkit",
            title=f"Toolkit completed: {facts.content.title}",
            text=f"All {standing.total} steps are done.",
            by=by,
            subject=f"resource:{slug}",
        )
        standing = progress(keys, queries.steps_done(employer_id, facts.id))
    return Ok(Marked(standing, finished))


def _add(employer_id: int, resource_id: int, step: str, by: Author) -> bool:
    """Write a step down, unless it is; says whether it was not."""
    session = current_session()
    values = {
        "employer_id": employer_id,
        "resource_id": resource_id,
        "step": step,
        "done_at": utc_now(),
        "by": by.user_id,
        "by_name": by.shown,
    }
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    written = session.execute(
        dialect.insert(ToolkitStep)
        .values(values)
        .on_conflict_do_nothing()
        .returning(ToolkitStep.id)
    )
    return written.first() is not None
