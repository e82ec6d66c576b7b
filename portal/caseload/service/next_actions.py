"""The next action of a case: done, moved or planned, and only the one that somebody saw.

Called inside a unit of work. Two tabs may show different actions of one case: what is done to an
action names it, and is refused when another stands there by now.
"""

from __future__ import annotations

from datetime import date

from portal.caseload import queries
from portal.caseload.models import Case, NextAction
from portal.caseload.rules.words import ACTION_KINDS
from portal.caseload.service import cases
from portal.db import current_session
from portal.employers.service import timeline
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

ACTION_CHANGED = "action_changed"
NextStep = tuple[str, str, date]


def in_words(kind: str, what: str, due_on: date) -> str:
    """An action on one line: its kind, its words unless they say the same, and its day."""
    label = ACTION_KINDS.get(kind, kind)
    named = what if what == label or kind == "other" else f"{label}: {what}"
    return f"{named}, {due_on.day} {due_on:%B %Y}"


def changed_meanwhile(
    case: Case, current: NextAction | None, action_id: int | None
) -> Problem | None:
    """Why the action that somebody saw cannot be acted on: it no longer stands there."""
    if (current.id if current is not None else None) == action_id:
        return None
    if current is None:
        now = "Nothing is planned on this case now"
    else:
        now = f"The next action is now “{in_words(current.kind, current.what, current.due_on)}”"
    return Problem(
        ACTION_CHANGED, f"Somebody else changed the next action of {case.reference}. {now}"
    )


def end(
    *,
    reference: str,
    action_id: int | None,
    by: Author,
    done: bool = True,
    then: NextStep | None = None,
) -> Ok[NextAction | None] | Err:
    """End the action that stands on a case (``action_id``; None when none does) and plan the next.

    ``done`` tells what was done from what is only moved or changed; ``then`` is what comes next as
    kind, words and day. Gives the new action, or None where nothing is planned.
    """
    case = queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    current = queries.open_action(case.id)
    changed = changed_meanwhile(case, current, action_id)
    if changed is not None:
        return Err(changed)
    if current is None and then is None:
        return Err(Problem("nothing_planned", "Say what comes next", "when"))
    before = None if current is None else (current.kind, current.what, current.due_on)
    made: NextAction | None = None
    if then is None:
        cases.end_next_action(case=case, state="done" if done else "dropped", by=by)
    else:
        kind, what, due_on = then
        planned = cases.set_next_action(
            case=case, kind=kind, what=what, due_on=due_on, by=by, done=done
        )
        if isinstance(planned, Err):
            return planned
        made = planned.value
    _note(case, before, made, by, done=done)
    current_session().flush()
    return Ok(made)


def _note(
    case: Case, before: NextStep | None, made: NextAction | None, by: Author, *, done: bool
) -> None:
    after = "" if made is None else in_words(made.kind, made.what, made.due_on)
    if before is None:
        title, text = f"Next action planned: {after}", ""
    elif done:
        title = f"Next action done: {in_words(*before)}"
        text = f"Next: {after}." if after else "Nothing is planned next."
    elif made is None:
        title, text = f"Next action dropped: {in_words(*before)}", ""
    elif before[:2] == (made.kind, made.what):
        title = f"Next action moved to {made.due_on.day} {made.due_on:%B %Y}"
        text = f"It was: {in_words(*before)}."
    else:
        title, text = f"Next action changed: {after}", f"It was: {in_words(*before)}."
    timeline.note(
        employer_id=case.employer_id,
        kind="case",
        title=title,
        text=text,
        by=by,
        subject=f"case:{case.reference}",
    )
