"""The in-depth session: recorded, changed until the employer is asked about it, or withdrawn."""

from __future__ import annotations

from dataclasses import asdict

from portal.caseload import queries
from portal.caseload.models import Case, DiagnosticSession
from portal.caseload.panels import tell_withdrawn, withdraw_problem
from portal.caseload.queries import confirmations as questions
from portal.caseload.queries import work
from portal.caseload.rules.confirmations import length, long_day
from portal.caseload.rules.stages import Milestone
from portal.caseload.rules.words import BENEFITS, CHALLENGES, SESSION_MODES
from portal.caseload.rules.work import Held, Present, check_session, instant_of, words_of
from portal.caseload.service import cases, confirmations
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

CHANGED = "session_changed"
NO_SESSION = Problem("no_session", "There is no such session")
GONE = Problem("withdrawn", "This record was withdrawn")
_ASKED = Problem(
    "asked",
    "The employer was asked to confirm this, so it stays as it is. Withdraw it and record it again",
)
_CHANGED = Problem(
    CHANGED,
    "Somebody else changed this record while you had it open. Nothing of yours is lost: compare, "
    "then save again to keep what you typed",
)


def record(
    *, reference: str, given: Held, by: Author, finishes: bool = False, once: str | None = None
) -> Ok[DiagnosticSession] | Err:
    """Record an in-depth session on an open case.

    ``finishes``: the next action that stands there was this session. The same ``once`` sent again
    gives the same record.
    """
    case = queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    known = work.sent_session(case.id, once)
    if known is not None:
        return Ok(known)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    given = tidy(given)
    problem = check_session(given, today=today())
    if problem is not None:
        return Err(problem)
    held_at = instant_of(given.held_on, now=utc_now())
    kept = DiagnosticSession(
        case_id=case.id, once=once or None, by=by.user_id, by_name=by.shown, revision=1
    )
    _set(kept, given)
    session = current_session()
    session.add(kept)
    session.flush()
    cases.contact_made(case=case, at=held_at, reached=True)
    if finishes:
        cases.end_next_action(case=case, state="done", by=by)
    cases.note_milestone(
        case=case, kind=Milestone.SESSION, subject=f"session:{kept.reference}", by=by, at=held_at
    )
    confirmations.follow_session(case)
    timeline.note(
        employer_id=case.employer_id,
        kind="diagnostic",
        title=f"In-depth session, {SESSION_MODES[kept.mode].lower()}, {length(kept.minutes)}",
        text=_summary(kept),
        at=held_at,
        by=by,
        subject=f"session:{kept.reference}",
    )
    _audit("case.session_recorded", case, kept, by)
    return Ok(kept)


def edit(
    *, reference: str, record_reference: str, revision: int, given: Held, by: Author
) -> Ok[DiagnosticSession] | Err:
    """Change the record of a session, until the employer was asked to confirm it.

    Refused with ``session_changed`` when somebody else changed it after ``revision``.
    """
    opened = _open(reference, record_reference)
    if isinstance(opened, Err):
        return opened
    case, kept = opened
    given = tidy(given)
    problem = check_session(given, today=today())
    if was_asked(kept.id):
        problem = _ASKED
    elif problem is None and kept.revision != revision:
        problem = _CHANGED
    if problem is not None:
        return Err(problem)
    _set(kept, given)
    kept.revision += 1
    current_session().flush()
    confirmations.follow_session(case)
    _tell(case, kept, by, "was changed", _summary(kept))
    _audit("case.session_changed", case, kept, by)
    return Ok(kept)


def withdraw(
    *, reference: str, record_reference: str, reason: str, by: Author
) -> Ok[DiagnosticSession] | Err:
    """Withdraw a session with a reason: it stays readable, counts no more, asks nobody any more."""
    opened = _open(reference, record_reference)
    if isinstance(opened, Err):
        return opened
    case, kept = opened
    if not reason.strip():
        return Err(Problem("no_reason", "Say why the record is withdrawn", "reason"))
    problem = withdraw_problem(f"session:{kept.reference}")
    if problem is not None:
        return Err(problem)
    kept.withdrawn_at, kept.withdrawn_reason = utc_now(), reason.strip()
    kept.revision += 1
    current_session().flush()
    cases.withdraw_milestone(case=case, kind=Milestone.SESSION, subject=f"session:{kept.reference}")
    confirmations.drop(case=case, subject="session", record_ids=[kept.id])
    _tell(case, kept, by, "was withdrawn", reason.strip())
    _audit("case.session_withdrawn", case, kept, by)
    tell_withdrawn(f"session:{kept.reference}", reason.strip(), by)
    return Ok(kept)


def tidy(given: Held) -> Held:
    """The same without rows of people that were left empty and without space at the ends."""
    people = tuple(
        Present(one.name.strip(), one.job.strip(), one.side)
        for one in given.present
        if one.name.strip() or one.job.strip()
    )
    values = {name: getattr(given, name) for name in Held.__slots__}
    values.update({name: value.strip() for name, value in values.items() if isinstance(value, str)})
    return Held(**{**values, "present": people})


def was_asked(session_id: int) -> bool:
    """Whether the employer was ever asked to confirm a session."""
    now = questions.of_subjects("session", [session_id])
    return bool(now or questions.earlier_of("session", session_id))


def _open(reference: str, record_reference: str) -> tuple[Case, DiagnosticSession] | Err:
    case = queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    kept = work.session_of(case.id, record_reference, to_change=True)
    if kept is None:
        return Err(NO_SESSION)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    return (case, kept) if kept.withdrawn_at is None else Err(GONE)


def _set(kept: DiagnosticSession, given: Held) -> None:
    kept.held_on, kept.minutes = given.held_on, given.minutes
    kept.mode, kept.place = given.mode, given.place
    kept.present = [asdict(one) for one in given.present]
    kept.challenges, kept.challenges_text = list(given.challenges), given.challenges_text
    kept.benefits, kept.benefits_text = list(given.benefits), given.benefits_text
    kept.goals_text, kept.solutions_text = given.goals_text, given.solutions_text


def _summary(kept: DiagnosticSession) -> str:
    lines = [f"Present: {', '.join(one['name'] for one in kept.present)}"]
    for title, words in (
        ("Challenges", words_of(kept.challenges, CHALLENGES, kept.challenges_text)),
        ("Business benefits", words_of(kept.benefits, BENEFITS, kept.benefits_text)),
        ("Possible goals", [kept.goals_text] if kept.goals_text else []),
    ):
        if words:
            lines.append(f"{title}: {'; '.join(words)}")
    return "\n".join(lines)


def _tell(case: Case, kept: DiagnosticSession, by: Author, done: str, text: str) -> None:
    timeline.note(
        employer_id=case.employer_id,
        kind="diagnostic",
        title=f"The record of the in-depth session on {long_day(kept.held_on)} {done}",
        text=text,
        by=by,
        subject=f"session:{kept.reference}",
    )


def _audit(action: str, case: Case, kept: DiagnosticSession, by: Author) -> None:
    audit.record(
        action=action,
        subject=f"session:{kept.reference}",
        detail={"case": case.reference, "revision": kept.revision},
        actor_id=by.user_id,
    )
