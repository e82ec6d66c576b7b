"""A case from opening to closing: its stage, its one next action, and what it rests on.

Every function is called inside a unit of work. Each change is on the employer's timeline.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from portal.caseload import queries
from portal.caseload.models import Case, CaseMilestone, NextAction, StageChange
from portal.caseload.panels import tell_milestone
from portal.caseload.rules import stages
from portal.caseload.rules.stages import CLOSE_REASONS, Milestone, Stage
from portal.caseload.rules.words import ACTION_KINDS
from portal.caseload.service import follow_up_schedule
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.kernel.clock import london, today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

NO_CASE = Problem("no_case", "There is no such case")
CLOSED = Problem("case_closed", "This case is closed. Reopen it first")
OPEN_ALREADY = "open_already"
CHANGED = Problem(
    "changed",
    "Somebody else changed this case while you had it open. Look at it again, then repeat what "
    "you wanted to do",
)
MERGED = Problem(
    "employer_merged",
    "This record was merged into another one of the same employer. Open the case there",
    "employer",
)
_OPEN_ALREADY = Problem(
    OPEN_ALREADY, "This employer has an open case already: one case at a time in a programme"
)


def open_case(
    *,
    employer_id: int,
    organisation_id: int,
    adviser_id: int | None,
    by: Author,
    source_id: int | None = None,
    contact: tuple[str, str, str, str] = ("", "", "", ""),
) -> Ok[Case] | Err:
    """Open a provider's case for an employer; ``contact`` is name, job, e-mail and telephone.

    Refused while the employer has an open case in the programme, whoever's it is.
    """
    key = programme.settings().programme_key
    if queries.open_case_of(employer_id, key) is not None:
        return Err(_OPEN_ALREADY)
    if queries.is_merged(employer_id):
        return Err(MERGED)
    session = current_session()
    case = Case(
        employer_id=employer_id,
        organisation_id=organisation_id,
        programme=key,
        adviser_id=adviser_id,
        source_id=source_id,
        contact_name=contact[0],
        contact_job=contact[1],
        contact_email=contact[2],
        contact_phone=contact[3],
        opened_at=utc_now(),
        stage_since=utc_now(),
    )
    try:
        with session.begin_nested():
            session.add(case)
            session.flush()
    except IntegrityError:
        # Two people at the same moment: the database's own rule decides.
        return Err(_OPEN_ALREADY)
    session.add(
        StageChange(
            case_id=case.id, from_stage=None, to_stage=case.stage, by=by.user_id, by_name=by.shown
        )
    )
    _tell(case, by, title="Case opened")
    audit.record(action="case.opened", subject=f"case:{case.reference}", actor_id=by.user_id)
    session.flush()
    return Ok(case)


def set_next_action(
    *, case: Case, kind: str, what: str, due_on: date, by: Author, done: bool = False
) -> Ok[NextAction] | Err:
    """Put what is to be done next on a case, in place of what stood there.

    What stood there counts as done when ``done``, and as moved otherwise; it is kept either way.
    """
    if case.closed_at is not None:
        return Err(CLOSED)
    if kind not in ACTION_KINDS:
        return Err(Problem("unknown_kind", "Choose what kind of action it is", "next_kind"))
    words = " ".join(what.split())[:200] or ACTION_KINDS[kind]
    if due_on < today():
        return Err(Problem("past_day", "The next action must be today or later", "next_due_on"))
    end_next_action(case=case, state="done" if done else "moved", by=by)
    action = NextAction(
        case_id=case.id,
        kind=kind,
        what=words,
        due_on=due_on,
        created_by=by.user_id,
        created_at=utc_now(),
    )
    current_session().add(action)
    current_session().flush()
    return Ok(action)


def end_next_action(*, case: Case, state: str, by: Author) -> bool:
    """Mark the open next action as ``done``, ``moved`` or ``dropped``; False when there is none."""
    action = queries.open_action(case.id)
    if action is None:
        return False
    action.state = state
    action.ended_at = utc_now()
    action.ended_by = by.user_id
    current_session().flush()
    return True


def contact_made(*, case: Case, at: datetime, reached: bool) -> None:
    """Count a contact; one that reached somebody ends the wait for the employer."""
    if not reached:
        return
    case.contact_count += 1
    if case.last_contact_at is None or at > case.last_contact_at:
        case.last_contact_at = at
    if case.waiting_since is not None and at >= case.waiting_since:
        case.waiting_since, case.waiting_for = None, ""


def wait_for_employer(*, case: Case, what: str, since: datetime | None = None) -> None:
    """Note that the employer has promised something; an empty ``what`` ends the wait."""
    words = " ".join(what.split())[:200]
    case.waiting_for = words
    case.waiting_since = (since or utc_now()) if words else None


def note_milestone(
    *, case: Case, kind: Milestone, subject: str, by: Author, at: datetime | None = None
) -> None:
    """Keep that the case now has a record, and move it on as far as its records carry it.

    Saying so twice of the same ``subject`` changes nothing.
    """
    session = current_session()
    known = queries.milestone(case.id, kind, subject)
    if known is not None:
        known.withdrawn_at = None
    else:
        session.add(
            CaseMilestone(case_id=case.id, kind=kind.value, subject=subject, at=at or utc_now())
        )
    session.flush()
    if case.closed_at is None:
        _go_on(case, kind, by, at)
    tell_milestone(case.id, kind, by)


def _go_on(case: Case, kind: Milestone, by: Author, at: datetime | None) -> None:
    """Move a case on as far as its records carry it."""
    if kind is Milestone.PLAN:
        follow_up_schedule.schedule(case=case, agreed_on=london(at or utc_now()).date(), by=by)
    current = Stage(case.stage)
    reached = stages.reached_by(
        current, queries.held_milestones(case.id), queries.waived_milestones(case.id)
    )
    if reached is not current:
        _move(case, reached, by, missing=(), reason="")


def withdraw_milestone(*, case: Case, kind: Milestone, subject: str) -> None:
    """A record was withdrawn: the case no longer rests on it. Its stage stays, as history does."""
    known = queries.milestone(case.id, kind, subject)
    if known is not None and known.withdrawn_at is None:
        known.withdrawn_at = utc_now()
        current_session().flush()


def move_stage(
    *, reference: str, target: Stage, reason: str, revision: int, by: Author
) -> Ok[Case] | Err:
    """Move a case by hand. A stage that misses its record, or going back, needs a reason."""
    case = _to_change(reference, revision)
    if isinstance(case, Err):
        return case
    absent = stages.missing(
        target, queries.held_milestones(case.id), queries.waived_milestones(case.id)
    )
    problem = stages.check_move(
        current=Stage(case.stage), target=target, absent=absent, reason=reason
    )
    if problem is not None:
        return Err(problem)
    _move(case, target, by, missing=[item.value for item in absent], reason=reason.strip())
    return Ok(case)


def close_case(
    *, reference: str, reason: str, note: str, revision: int, by: Author
) -> Ok[Case] | Err:
    """Close a case with a reason. "Complete" with records missing asks for words."""
    case = _to_change(reference, revision)
    if isinstance(case, Err):
        return case
    if reason not in CLOSE_REASONS:
        return Err(Problem("no_reason", "Choose why the case is closed", "reason"))
    absent = stages.missing(
        Stage.FOLLOW_UP, queries.held_milestones(case.id), queries.waived_milestones(case.id)
    )
    if reason == "completed" and absent and not note.strip():
        words = ", ".join(item.label for item in absent)
        return Err(Problem("record_missing", f"Say why this is missing: {words}", "note"))
    if reason == "other" and not note.strip():
        return Err(Problem("note_needed", "Say why the case is closed", "note"))
    end_next_action(case=case, state="dropped", by=by)
    case.close_reason, case.close_note = reason, note.strip()
    case.closed_at = utc_now()
    wait_for_employer(case=case, what="")
    text = ". ".join(part for part in (CLOSE_REASONS[reason], note.strip()) if part)
    missing = [item.value for item in absent] if reason == "completed" else []
    _move(case, Stage.CLOSED, by, missing=missing, reason=text)
    audit.record(
        action="case.closed",
        subject=f"case:{case.reference}",
        detail={"reason": reason},
        actor_id=by.user_id,
    )
    return Ok(case)


def reopen_case(*, reference: str, reason: str, revision: int, by: Author) -> Ok[Case] | Err:
    """Take up a closed case where its records carry it; refused while another is open."""
    case = queries.case_to_change(reference)
    if case is None:
        return Err(NO_CASE)
    if case.closed_at is None or case.revision != revision:
        return Err(CHANGED)
    if not reason.strip():
        return Err(Problem("reason_needed", "Say why the case is reopened", "reason"))
    if queries.open_case_of(case.employer_id, case.programme) is not None:
        return Err(_OPEN_ALREADY)
    target = stages.reached_by(
        Stage.REFERRAL, queries.held_milestones(case.id), queries.waived_milestones(case.id)
    )
    case.closed_at, case.close_reason, case.close_note = None, None, ""
    _move(case, target, by, missing=(), reason=reason.strip())
    audit.record(action="case.reopened", subject=f"case:{case.reference}", actor_id=by.user_id)
    return Ok(case)


def _to_change(reference: str, revision: int) -> Case | Err:
    case = queries.case_to_change(reference)
    if case is None:
        return Err(NO_CASE)
    if case.closed_at is not None:
        return Err(CLOSED)
    return case if case.revision == revision else Err(CHANGED)


def _move(
    case: Case, target: Stage, by: Author, *, missing: tuple[()] | list[str], reason: str
) -> None:
    before = Stage(case.stage)
    now = utc_now()
    case.stage, case.stage_since = target.value, now
    case.revision += 1
    session = current_session()
    session.add(
        StageChange(
            case_id=case.id,
            from_stage=before.value,
            to_stage=target.value,
            at=now,
            by=by.user_id,
            by_name=by.shown,
            missing=list(missing),
            reason=reason,
        )
    )
    _tell(case, by, title=f"{before.label} → {target.label}", text=reason)
    session.flush()


def _tell(case: Case, by: Author, *, title: str, text: str = "") -> None:
    timeline.note(
        employer_id=case.employer_id,
        kind="case",
        title=title,
        text=text,
        by=by,
        subject=f"case:{case.reference}",
    )
