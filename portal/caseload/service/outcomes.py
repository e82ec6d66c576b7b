"""Recording outcomes, at the start and at a follow-up. Called inside a unit of work.

Employers agree to share data on outcomes (file 004, note 41): without that agreement nothing is
recorded. A later record of the same time replaces an earlier one, which is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.caseload import queries as cases_queries
from portal.caseload.models import Case, FollowUp, OutcomeRecord
from portal.caseload.queries import follow_up as follow_up_queries
from portal.caseload.queries import outcomes as queries
from portal.caseload.rules import follow_up as follow_up_rules
from portal.caseload.rules import outcomes as rules
from portal.caseload.rules.outcomes import Role, Value
from portal.caseload.rules.stages import Milestone, Stage
from portal.caseload.service import cases
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

CHANGED = "changed"
NOT_SHARED = Problem(
    "not_shared",
    "The employer has not agreed to share data on outcomes, so nothing can be recorded",
)
TOO_EARLY = Problem(
    "too_early", "Outcomes are recorded once the phone consultation or a session was held"
)


@dataclass(frozen=True, slots=True)
class Given:
    """Outcomes as they stood on ``true_on`` (a London day).

    ``seen`` is the reference of the record that this one replaces, "" where there was none.
    """

    true_on: date
    answers: Mapping[str, Value]
    roles: Sequence[Role]
    seen: str = ""


def may_begin(case_id: int, stage: Stage) -> bool:
    """Whether a case has come far enough for outcomes to be asked about."""
    held = cases_queries.held_milestones(case_id)
    return stage is not Stage.REFERRAL or bool(held & {Milestone.CONSULTATION, Milestone.SESSION})


def record(
    *, reference: str, months: int | None, given: Given, by: Author
) -> Ok[OutcomeRecord] | Err:
    """Record outcomes at the start (``months`` None) or at a follow-up that was done."""
    opened = _opened(reference, months)
    if isinstance(opened, Err):
        return opened
    case, follow_up = opened
    asked = rules.load_outcomes()
    problem = _wrong(given, asked)
    if problem is not None:
        return Err(problem)
    earlier = queries.to_replace(case.id, follow_up.id if follow_up else None)
    if (earlier.reference if earlier else "") != given.seen:
        return Err(
            Problem(
                CHANGED,
                "Somebody else recorded these outcomes while you had the page open. Compare them "
                "with yours below: saving again replaces theirs",
            )
        )
    now = utc_now()
    if earlier is not None:
        earlier.replaced_at = now
    made = OutcomeRecord(
        case_id=case.id,
        phase="baseline" if follow_up is None else "follow_up",
        follow_up_id=None if follow_up is None else follow_up.id,
        true_on=given.true_on,
        answers=dict(given.answers),
        roles=[role.as_data() for role in given.roles],
        quality_roles=rules.quality_count(asked, given.roles),
        recorded_at=now,
        by=by.user_id,
        by_name=by.shown,
    )
    session = current_session()
    session.add(made)
    session.flush()
    _tell(case, made, months, by, again=earlier is not None)
    return Ok(made)


def _opened(reference: str, months: int | None) -> tuple[Case, FollowUp | None] | Err:
    case = cases_queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    if not queries.agreement(case.id).shares:
        return Err(NOT_SHARED)
    if months is None:
        return (case, None) if may_begin(case.id, Stage(case.stage)) else Err(TOO_EARLY)
    follow_up = follow_up_queries.to_change(case.id, months)
    if follow_up is None or follow_up.state != "done":
        return Err(Problem("not_done", "Record the follow-up first, then its outcomes"))
    return case, follow_up


def _wrong(given: Given, asked: rules.OutcomeQuestions) -> Problem | None:
    if given.true_on > today():
        return Problem("future_day", "The day must be today or earlier", "true_on")
    if len(given.roles) > rules.MOST_ROLES:
        return Problem("too_many", f"List {rules.MOST_ROLES} posts at most")
    faults = rules.check(asked, given.answers, given.roles)
    for key, message in faults.items():
        return Problem("wrong_answer", message, key or None)
    return None


def _tell(case: Case, made: OutcomeRecord, months: int | None, by: Author, *, again: bool) -> None:
    when = "at the start" if months is None else f"at the {follow_up_rules.name(months)}"
    asked = rules.load_outcomes()
    parts = []
    if asked.role_question.key in made.answers:
        count = made.quality_roles
        parts.append(f"{count} quality part-time {'role' if count == 1 else 'roles'}")
    parts.append(f"{len(made.answers)} of {len(asked.questions)} questions answered")
    timeline.note(
        employer_id=case.employer_id,
        kind="follow_up",
        title=f"Outcomes {when} recorded{' again' if again else ''}",
        text=", ".join(parts),
        by=by,
        subject=f"outcomes:{made.reference}",
    )
    audit.record(
        action="outcomes.recorded",
        subject=f"outcomes:{made.reference}",
        detail={"case": case.reference, "months": months, "replaces": again},
        actor_id=by.user_id,
    )
