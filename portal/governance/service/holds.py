"""Placing and lifting legal holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.db import audit, current_session
from portal.governance.models.retention import LegalHold
from portal.governance.queries import erasure as people
from portal.governance.queries import holds as found
from portal.governance.rules.holds import SCOPES
from portal.governance.rules.retention import classes
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

NO_HOLD: Final = Problem("no_hold", "There is no such hold, or it was lifted already")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold to be placed. ``subject`` as typed: a reference, an address, a class, or nothing."""

    scope: str
    subject: str
    reason: str
    review_on: date


def place(wanted: Wanted, *, by: Author) -> Ok[LegalHold] | Err:
    """From now on nothing of the subject is deleted."""
    if wanted.scope not in SCOPES:
        return Err(Problem("unknown_scope", "Choose what must stay", "scope"))
    if not wanted.reason.strip():
        return Err(Problem("no_reason", "Say why", "reason"))
    if wanted.review_on <= today():
        return Err(Problem("past", "The day must be in the future", "review_on"))
    subject = _subject(wanted)
    if isinstance(subject, Err):
        return subject
    hold = LegalHold(
        scope=wanted.scope,
        subject=subject.value,
        reason=wanted.reason.strip(),
        review_on=wanted.review_on,
        placed_by=by.user_id,
        placed_name=by.shown,
    )
    current_session().add(hold)
    current_session().flush()
    audit.record(
        action="retention.hold_placed",
        subject=f"hold:{hold.reference}",
        detail={"scope": hold.scope, "subject": hold.subject},
        actor_id=by.user_id,
    )
    return Ok(hold)


def _subject(wanted: Wanted) -> Ok[str] | Err:
    typed = wanted.subject.strip()
    subject, missing = "", ""
    if wanted.scope == "class":
        known = classes().get(typed)
        subject = typed if known is not None and known.ends else ""
        missing = "There is no such class"
    elif wanted.scope == "employer":
        employer = people.employer_of(f"employer:{typed.upper()}")
        subject = f"employer:{employer.reference}" if employer is not None else ""
        missing = "There is no employer with that reference"
    elif wanted.scope == "person":
        user = people.user_by_email(typed)
        subject = f"user:{user.id}" if user is not None else ""
        missing = "There is no account with that address"
    if missing and not subject:
        return Err(Problem("unknown", missing, "subject"))
    return Ok(subject)


def lift(*, reference: str, reason: str, by: Author) -> Ok[LegalHold] | Err:
    """Let the schedule go on; what is over goes with the next run."""
    hold = found.hold_to_change(reference)
    if hold is None or hold.lifted_at is not None:
        return Err(NO_HOLD)
    if not reason.strip():
        return Err(Problem("no_reason", "Say why it is lifted", "reason"))
    hold.lifted_at, hold.lifted_by, hold.lifted_name = utc_now(), by.user_id, by.shown
    hold.lifted_reason = reason.strip()
    audit.record(
        action="retention.hold_lifted", subject=f"hold:{hold.reference}", actor_id=by.user_id
    )
    current_session().flush()
    return Ok(hold)
