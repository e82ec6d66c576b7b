"""Recording a phone consultation, with what it adds to the employer's record."""

from __future__ import annotations

from datetime import datetime

from portal.caseload import queries
from portal.caseload.models import Case, Consultation
from portal.caseload.queries import work
from portal.caseload.rules.confirmations import long_day
from portal.caseload.rules.stages import Milestone
from portal.caseload.rules.words import CHALLENGES
from portal.caseload.rules.work import (
    NEXT_STEPS,
    WANTS,
    Consulted,
    RecordAnswers,
    check_answers,
    check_consultation,
    instant_of,
    words_of,
)
from portal.caseload.service import cases
from portal.db import audit, current_session
from portal.employers import queries as employers
from portal.employers import service as records
from portal.employers.queries import EmployerProfile
from portal.employers.rules.facts import StaffNumbers
from portal.employers.service import timeline
from portal.kernel.clock import london, today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

WAITS_FOR = "Their decision whether to go on"
IN_DEPTH = "In-depth session"
RING_BACK = "Ring back: do they want to go on?"

NOTHING_TO_CORRECT = Problem("nothing_to_correct", "The consultation to correct is not here")


class _RefusedError(Exception):
    """Undoes everything that this consultation has written so far."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def record(
    *,
    reference: str,
    given: Consulted,
    answers: RecordAnswers,
    version: int,
    by: Author,
    corrects: str = "",
    once: str | None = None,
) -> Ok[Consultation] | Err:
    """Record a consultation on an open case: all of it, or nothing.

    Only what was answered goes on the employer's record, dated to the day of the call. ``version``
    is the record's as the adviser saw it: refused with ``changed_meanwhile`` when somebody else has
    answered the same since. ``corrects`` is the reference of an earlier consultation that this one
    corrects; it counts no second contact. The same ``once`` sent again gives the same consultation.
    """
    case = queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    known = work.sent_consultation(case.id, once)
    if known is not None:
        return Ok(known)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    corrected = work.consultation(case.id, corrects) if corrects else None
    try:
        with current_session().begin_nested():
            _refuse(NOTHING_TO_CORRECT if corrects and corrected is None else None)
            _refuse(check_consultation(given, today=today(), correction=corrected is not None))
            _save_answers(case, given, answers, version, by)
            kept = _keep(case, given, corrected, by, once)
            _go_on(case, given, kept, corrected, by)
    except _RefusedError as refused:
        return Err(refused.problem)
    return Ok(kept)


def _save_answers(
    case: Case, given: Consulted, answers: RecordAnswers, version: int, by: Author
) -> None:
    profile = employers.employer_profile_by_id(case.employer_id)
    assert profile is not None  # noqa: S101 - a case has an employer
    _refuse(
        check_answers(
            answers,
            on=given.held_on,
            known_part_time=profile.part_time_headcount,
            known_on={
                "headcount_on": profile.headcount_on,
                "iip_on": profile.iip_on,
                "training_on": profile.training_on,
            },
        )
    )
    said_by = f"Said by {given.with_name.strip()} in the phone consultation"
    if answers.headcount is not None:
        staff = StaffNumbers(answers.headcount, answers.part_time_headcount, given.held_on)
        _take(
            records.update_staff_numbers(
                reference=profile.reference, version=version, staff=staff, by=by.user_id
            )
        )
    if answers.iip_status is not None:
        _take(
            records.update_accreditation(
                reference=profile.reference,
                version=version,
                status=answers.iip_status,
                on=given.held_on,
                evidence=answers.iip_evidence.strip() or said_by,
                by=by.user_id,
            )
        )
    if answers.training_answer is not None:
        _save_training(profile, given, answers, version, said_by, by)


def _save_training(
    profile: EmployerProfile,
    given: Consulted,
    answers: RecordAnswers,
    version: int,
    said_by: str,
    by: Author,
) -> None:
    assert answers.training_answer is not None  # noqa: S101 - asked only then
    _take(
        records.update_training(
            reference=profile.reference,
            version=version,
            answer=answers.training_answer,
            on=given.held_on,
            last_on=answers.training_last_on,
            evidence=answers.training_note.strip() or said_by,
            by=by.user_id,
        )
    )


def _take(result: Ok[object] | Err) -> None:
    if isinstance(result, Err):
        raise _RefusedError(result.problem)


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise _RefusedError(problem)


def _keep(
    case: Case, given: Consulted, corrected: Consultation | None, by: Author, once: str | None
) -> Consultation:
    kept = Consultation(
        case_id=case.id,
        held_at=instant_of(given.held_on, now=utc_now()),
        minutes=given.minutes,
        with_name=given.with_name.strip(),
        with_job=given.with_job.strip(),
        business=given.business.strip(),
        challenges=list(given.challenges),
        challenges_text=given.challenges_text.strip(),
        tried=given.tried.strip(),
        wants=list(given.wants),
        wants_text=given.wants_text.strip(),
        next_step=given.next_step,
        next_step_text=given.next_step_text.strip(),
        shares_outcomes=given.shares_outcomes,
        corrects_id=corrected.id if corrected else None,
        once=once or None,
        recorded_at=utc_now(),
        by=by.user_id,
        by_name=by.shown,
    )
    session = current_session()
    session.add(kept)
    session.flush()
    return kept


def _go_on(
    case: Case, given: Consulted, kept: Consultation, corrected: Consultation | None, by: Author
) -> None:
    if corrected is None:
        cases.contact_made(case=case, at=kept.held_at, reached=True)
    _plan(case, given, by, correction=corrected is not None)
    cases.note_milestone(
        case=case,
        kind=Milestone.CONSULTATION,
        subject=f"consultation:{kept.reference}",
        by=by,
        at=kept.held_at,
    )
    timeline.note(
        employer_id=case.employer_id,
        kind="contact",
        title=_title(kept, corrected),
        text=_summary(kept),
        at=kept.held_at if corrected is None else None,
        by=by,
        subject=f"consultation:{kept.reference}",
    )
    audit.record(
        action="case.consultation_recorded",
        subject=f"consultation:{kept.reference}",
        detail={"case": case.reference, "next_step": kept.next_step},
        actor_id=by.user_id,
    )


def _plan(case: Case, given: Consulted, by: Author, *, correction: bool) -> None:
    """What comes next takes the place of what stood there, which was this call."""
    if given.next_step == "session" and given.next_on is not None:
        kind = given.next_kind if given.next_kind in {"visit", "video"} else "visit"
        _take(
            cases.set_next_action(
                case=case, kind=kind, what=IN_DEPTH, due_on=given.next_on, by=by, done=True
            )
        )
    elif given.next_step == "think" and given.next_on is not None:
        _take(
            cases.set_next_action(
                case=case, kind="call", what=RING_BACK, due_on=given.next_on, by=by, done=True
            )
        )
    elif not correction:
        cases.end_next_action(case=case, state="done", by=by)
        if given.next_step == "think":
            cases.wait_for_employer(case=case, what=WAITS_FOR, since=_since(given))


def _since(given: Consulted) -> datetime:
    return instant_of(given.held_on, now=utc_now())


def _title(kept: Consultation, corrected: Consultation | None) -> str:
    if corrected is None:
        return f"Phone consultation with {kept.with_name}"
    day = long_day(london(corrected.held_at).date())
    return f"Phone consultation of {day} corrected"


def _summary(kept: Consultation) -> str:
    lines = [NEXT_STEPS[kept.next_step]]
    if kept.next_step_text:
        lines.append(kept.next_step_text)
    challenges = words_of(kept.challenges, CHALLENGES, kept.challenges_text)
    if challenges:
        lines.append(f"Challenges: {'; '.join(challenges)}")
    wants = words_of(kept.wants, WANTS, kept.wants_text)
    if wants:
        lines.append(f"Support wanted: {'; '.join(wants)}")
    return "\n".join(lines)
