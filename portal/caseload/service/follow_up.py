"""Recording a light-touch follow-up, skipping one, and adding a note to one that was done.

Each function is called inside a unit of work. A follow-up that was done is not edited: it says how
things stood on its day, and what comes to light later is added as a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from portal.caseload import queries as cases_queries
from portal.caseload.models import Case, FollowUp, FollowUpAnswer
from portal.caseload.panels import PracticeAnswer, PracticeItem, practice_source
from portal.caseload.queries import follow_up as queries
from portal.caseload.rules import follow_up as rules
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases
from portal.caseload.service.follow_up_schedule import schedule
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.kernel.clock import london, today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

__all__ = ["Given", "PracticeAnswer", "add_note", "plan", "record", "schedule", "skip"]

PLAN_CHANGED = "plan_changed"
SHORTEST_REASON = 3
_NO_FOLLOW_UP = Problem("no_follow_up", "There is no such follow-up")
_MOST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Given:
    """A follow-up as it is recorded. ``done_on`` is a London day, ``minutes`` the adviser's time.

    ``answers`` has one entry for each practice that was shown. ``next_action`` is kind, words and
    day; ``next_done`` says that what was to be done next is done.
    """

    done_on: date
    channel: str
    minutes: int
    with_name: str
    summary: str
    answers: Mapping[str, PracticeAnswer] = field(default_factory=dict)
    next_action: tuple[str, str, date] | None = None
    next_done: bool = False


def record(*, reference: str, months: int, given: Given, by: Author) -> Ok[FollowUp] | Err:
    """Record a follow-up of a case; a skipped one may still be done.

    Refused with the code ``plan_changed`` when the answers are not about the practices that the
    plan has now, and when somebody else has recorded it already.
    """
    facts = cases_queries.case_facts(reference)
    if facts is None:
        return Err(cases.NO_CASE)
    source = practice_source()
    # The plan before the case: whoever signs a plan off takes them in this order too.
    items = list(source.items(facts.employer_reference, change=True)) if source else []
    opened = _opened(reference, months)
    if isinstance(opened, Err):
        return opened
    case, follow_up = opened
    problem = _wrong(case, given, items)
    if problem is not None:
        return Err(problem)
    if given.next_action is not None:
        kind, what, due_on = given.next_action
        made = cases.set_next_action(
            case=case, kind=kind, what=what, due_on=due_on, by=by, done=given.next_done
        )
        if isinstance(made, Err):
            return made
    elif given.next_done:
        cases.end_next_action(case=case, state="done", by=by)
    _write(follow_up, given, items, by)
    told = {key: each for key, each in given.answers.items() if each.answer != rules.NOT_ASKED}
    if source is not None and told:
        day = f"{given.done_on.day} {given.done_on:%B %Y}"
        occasion = f"{rules.name(months)} on {day}".capitalize()
        source.apply(facts.employer_reference, told, occasion=occasion, by=by)
    _tell_done(case, follow_up, given, by)
    return Ok(follow_up)


def skip(*, reference: str, months: int, reason: str, by: Author) -> Ok[FollowUp] | Err:
    """Leave a planned follow-up out, with a reason."""
    opened = _opened(reference, months)
    if isinstance(opened, Err):
        return opened
    case, follow_up = opened
    if follow_up.state == "skipped":
        return Err(Problem("skipped_already", "This follow-up was skipped already"))
    words = reason.strip()
    if len(words) < SHORTEST_REASON:
        return Err(Problem("reason_needed", "Say why this follow-up is skipped", "reason"))
    follow_up.state, follow_up.skip_reason = "skipped", words
    follow_up.by, follow_up.by_name = by.user_id, by.shown
    _note(case, follow_up, by, title=f"{rules.name(months).capitalize()} skipped", text=words)
    _audit("skipped", follow_up, by)
    current_session().flush()
    return Ok(follow_up)


def add_note(*, reference: str, months: int, text: str, by: Author) -> Ok[FollowUp] | Err:
    """Add to a follow-up that was done what came to light later; nothing in it is changed."""
    case = cases_queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    follow_up = queries.to_change(case.id, months)
    if follow_up is None:
        return Err(_NO_FOLLOW_UP)
    if follow_up.state != "done":
        return Err(Problem("not_done", "A note can be added once the follow-up is recorded"))
    if not text.strip():
        return Err(Problem("text_needed", "Enter the note", "text"))
    title = f"{queries.NOTE_TITLE}{rules.name(months)}"
    _note(case, follow_up, by, title=title, text=text.strip())
    _audit("noted", follow_up, by)
    return Ok(follow_up)


def plan(*, reference: str, agreed_on: date, by: Author) -> Ok[list[FollowUp]] | Err:
    """Plan follow-ups by hand, for a plan that was agreed outside of the portal."""
    case = cases_queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    if agreed_on > today():
        return Err(Problem("future_day", "The plan must have been agreed by today", "agreed_on"))
    made = schedule(case=case, agreed_on=agreed_on, by=by)
    if not made:
        return Err(Problem("planned_already", "This case has its follow-ups already"))
    return Ok(made)


def _opened(reference: str, months: int) -> tuple[Case, FollowUp] | Err:
    """The case and a follow-up of it that is not done yet, both locked."""
    case = cases_queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    follow_up = queries.to_change(case.id, months)
    if follow_up is None:
        return Err(_NO_FOLLOW_UP)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    if follow_up.state == "done":
        words = f"{follow_up.by_name} has recorded this follow-up already. What you entered is kept"
        return Err(Problem("done_already", f"{words} on this page only: add it as a note"))
    return case, follow_up


def _wrong(case: Case, given: Given, items: list[PracticeItem]) -> Problem | None:
    day = london(case.opened_at).date()
    if given.channel not in rules.CHANNELS:
        return Problem("unknown_channel", "Choose how you followed up", "channel")
    if not 0 <= given.minutes <= _MOST_MINUTES:
        return Problem("minutes_range", "Enter minutes from 0 to 1,440", "minutes")
    if given.done_on > today():
        return Problem("future_day", "The follow-up must have been today or earlier", "done_on")
    if given.done_on < day:
        words = f"The case was opened on {day.day} {day:%B %Y}: a follow-up comes after that"
        return Problem("before_case", words, "done_on")
    if given.answers.keys() != {item.key for item in items}:
        return Problem(
            PLAN_CHANGED,
            "The action plan was changed while you had this page open. Look at its actions again, "
            "then save: what you entered is still here",
        )
    return None


def _write(follow_up: FollowUp, given: Given, items: list[PracticeItem], by: Author) -> None:
    follow_up.state, follow_up.skip_reason = "done", None
    follow_up.done_on = given.done_on
    follow_up.channel, follow_up.minutes = given.channel, given.minutes
    follow_up.with_name = given.with_name.strip()
    follow_up.summary = given.summary.strip()
    follow_up.by, follow_up.by_name = by.user_id, by.shown
    session = current_session()
    session.add_all(
        FollowUpAnswer(
            follow_up_id=follow_up.id,
            item=item.key,
            title=item.title,
            answer=given.answers[item.key].answer,
            note=given.answers[item.key].note.strip(),
        )
        for item in items
    )
    session.flush()


def _tell_done(case: Case, follow_up: FollowUp, given: Given, by: Author) -> None:
    at = rules.instant_of(given.done_on)
    subject = f"follow_up:{follow_up.reference}"
    cases.contact_made(case=case, at=at, reached=True)
    answers = [each.answer for each in given.answers.values()]
    timeline.note(
        employer_id=case.employer_id,
        kind="follow_up",
        title=f"{rules.name(follow_up.months).capitalize()}: {rules.counted_words(answers)}",
        text=given.summary.strip(),
        at=at,
        by=by,
        subject=subject,
    )
    cases.note_milestone(case=case, kind=Milestone.FOLLOW_UP, subject=subject, by=by, at=at)
    _audit("done", follow_up, by)


def _note(case: Case, follow_up: FollowUp, by: Author, *, title: str, text: str) -> None:
    timeline.note(
        employer_id=case.employer_id,
        kind="follow_up",
        title=title,
        text=text,
        by=by,
        subject=f"follow_up:{follow_up.reference}",
    )


def _audit(what: str, follow_up: FollowUp, by: Author) -> None:
    audit.record(
        action=f"follow_up.{what}",
        subject=f"follow_up:{follow_up.reference}",
        detail={"months": follow_up.months},
        actor_id=by.user_id,
    )
