"""Logging a call, visit, video call, e-mail or note; called inside a unit of work."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from portal.caseload import queries
from portal.caseload.models import Case, Interaction
from portal.caseload.models.work import MOST_MINUTES
from portal.caseload.queries import contacts
from portal.caseload.rules import attention
from portal.caseload.rules.contacts import contact_title
from portal.caseload.rules.words import CONTACT_KINDS
from portal.caseload.service import cases, next_actions
from portal.db import current_session
from portal.employers.service import timeline
from portal.kernel.clock import london, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

NextStep = tuple[str, str, date]
# Clocks of phones and servers differ by seconds; nobody logs a call of tomorrow by that.
_TOLERANCE = timedelta(minutes=2)
_NAME_LENGTH = 120


def log(
    *,
    reference: str,
    kind: str,
    reached: bool,
    minutes: int,
    with_name: str,
    summary: str,
    by: Author,
    at: datetime | None = None,
    next_action: NextStep | None = None,
    finishes: bool = False,
    action_id: int | None = None,
    waiting_for: str | None = None,
    once: str | None = None,
) -> Ok[Interaction] | Err:
    """Log a contact or a note of so many minutes on an open case, ``at`` an instant (None: now).

    ``next_action`` (kind, words, day) replaces what is planned, which was done if this contact did
    it and else moved; ``finishes`` says it was done with nothing in its place. ``action_id`` is the
    one the writer saw: refused when another stands there by now. ``waiting_for`` is what the
    employer has promised ("" nothing, None: as it was). The same ``once`` gives the same contact.
    """
    case = _case_for(reference, once)
    if not isinstance(case, Case):
        return case
    when = at or utc_now()
    problem = _fault(kind, reached, minutes, with_name, summary) or _time_fault(when)
    if problem is not None:
        return Err(problem)
    contact = Interaction(
        case_id=case.id,
        kind=kind,
        at=when,
        reached=reached,
        minutes=minutes,
        with_name="" if kind == "note" else with_name.strip(),
        summary=summary.strip(),
        once=once or None,
        by=by.user_id,
        by_name=by.shown,
        recorded_at=utc_now(),
    )
    ahead = _go_on(case, contact, next_action, finishes=finishes, action_id=action_id, by=by)
    if isinstance(ahead, Err):
        return ahead
    _keep(case, contact, waiting_for)
    _note(case, contact, ahead.value, by)
    current_session().flush()
    return Ok(contact)


def _case_for(reference: str, once: str | None) -> Case | Ok[Interaction] | Err:
    """The case to log on; or the contact, where the same form logged it before."""
    case = queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    known = contacts.sent_before(case.id, once)
    if known is not None:
        return Ok(known)
    return Err(cases.CLOSED) if case.closed_at is not None else case


def _keep(case: Case, contact: Interaction, waiting_for: str | None) -> None:
    current_session().add(contact)
    current_session().flush()
    before, since = case.waiting_for, case.waiting_since
    cases.contact_made(case=case, at=contact.at, reached=contact.reached)
    if waiting_for is not None:
        # Waiting on for the same goes on from when it began.
        same = waiting_for.strip() == before and since is not None
        cases.wait_for_employer(case=case, what=waiting_for, since=since if same else None)


def _fault(kind: str, reached: bool, minutes: int, with_name: str, summary: str) -> Problem | None:  # noqa: FBT001 - a fact among facts
    if kind not in CONTACT_KINDS:
        return Problem("unknown_kind", "Choose what kind of contact it was", "kind")
    if kind == "note" and reached:
        return Problem("note_reaches_nobody", "A note reaches nobody: choose “No”", "reached")
    if not 0 <= minutes <= MOST_MINUTES:
        return Problem("minutes", f"Minutes must be between 0 and {MOST_MINUTES:,}", "minutes")
    if len(with_name.strip()) > _NAME_LENGTH:
        message = f"The name must be {_NAME_LENGTH} characters or fewer"
        return Problem("name_too_long", message, "with_name")
    if kind == "note" and not summary.strip():
        return Problem("no_summary", "Write the note", "happened")
    return None


def _time_fault(when: datetime) -> Problem | None:
    if when > utc_now() + _TOLERANCE:
        return Problem("in_the_future", "The contact cannot be later than now", "on")
    return None


def _go_on(
    case: Case,
    contact: Interaction,
    step: NextStep | None,
    *,
    finishes: bool,
    action_id: int | None,
    by: Author,
) -> Ok[str] | Err:
    """End what was planned and plan what comes next; gives the words for the timeline."""
    if step is None and not finishes:
        return Ok("")
    current = queries.open_action(case.id)
    changed = next_actions.changed_meanwhile(case, current, action_id)
    if changed is not None:
        return Err(changed)
    if step is None:
        cases.end_next_action(case=case, state="done", by=by)
        return Ok("Nothing is planned next.")
    kind, what, due_on = step
    planned = current.kind if current is not None else "other"
    ended = attention.ended_as(planned=planned, logged=contact.kind, reached=contact.reached)
    made = cases.set_next_action(
        case=case,
        kind=kind,
        what=what,
        due_on=due_on,
        by=by,
        done=finishes or ended == "done",
    )
    if isinstance(made, Err):
        return made
    return Ok(f"Next: {next_actions.in_words(made.value.kind, made.value.what, due_on)}.")


def _note(case: Case, contact: Interaction, ahead: str, by: Author) -> None:
    waiting = f"Waiting for the employer: {case.waiting_for}." if case.waiting_for else ""
    parts = (contact.summary, waiting, ahead)
    timeline.note(
        employer_id=case.employer_id,
        kind="contact",
        title=contact_title(
            kind=contact.kind,
            reached=contact.reached,
            with_name=contact.with_name,
            minutes=contact.minutes,
        ),
        text="\n".join(part for part in parts if part),
        by=by,
        at=contact.at,
        subject=f"interaction:{contact.reference}",
    )


def instant_of(day: date, *, now: datetime) -> datetime:
    """When on a London day a contact is put that has no time of its own: now, or noon."""
    if london(now).date() == day:
        return now
    return attention.start_of_day(day) + timedelta(hours=12)
