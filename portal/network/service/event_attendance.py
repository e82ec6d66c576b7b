"""Who came to an event. Being checked in, not registering, gives the certificate and a say.

Every function is called inside a unit of work; the event is held before the registration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portal.db import audit, current_session
from portal.employers import queries as employers
from portal.employers.rules.timeline import line
from portal.employers.service import timeline
from portal.kernel.clock import utc_now
from portal.kernel.ids import normalise_reference, token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import Event, EventFeedback, EventRegistration
from portal.network.queries import event_people as found
from portal.network.queries import event_results as results
from portal.network.queries import events
from portal.network.rules.events import DOORS_OPEN, doors_closed
from portal.network.service import event_certificates as certificates
from portal.network.service import ties
from portal.network.service.event_places import NO_EVENT, NO_PLACE

MOST_MARK: Final = 5
WORDS_LENGTH: Final = 2000
NOT_CAME = Problem(
    "not_came", "Only people who came can say what they thought: you were not checked in"
)
SAID = Problem("said", "You have told us what you thought already. Thank you")
UNKNOWN = Problem(
    "unknown",
    "Nobody with this address has a place at this event. Ask whoever runs it to find your name",
    "email",
)
NO_EMPLOYER = Problem("no_employer", "There is no employer with this reference", "employer")


@dataclass(frozen=True, slots=True)
class FeedbackWords:
    """What somebody says of an event; marks from 1 to 5."""

    useful: int
    again: int
    will_do: str = ""
    better: str = ""


def check_in(*, event_reference: str, reference: str, by: Author) -> Ok[EventRegistration] | Err:
    """Mark that a person came, as staff. From an hour before the event, and any time after it."""
    held = _hold(event_reference, reference)
    if held is None:
        return Err(NO_PLACE)
    event, place = held
    problem = _cannot_come(event, place)
    if problem is None and utc_now() < event.starts_at - DOORS_OPEN:
        problem = Problem("too_early", "Check-in opens an hour before the event begins")
    if problem is not None:
        return _refuse("check_in", event, problem, by)
    _came(event, place, by)
    return Ok(place)


def check_in_myself(*, code: str, email: str, by: Author) -> Ok[EventRegistration] | Err:
    """A person at the door checks in by the event's code and the address they registered with."""
    facts = events.event_by_code(code)
    event = None if facts is None else events.to_change(facts.reference)
    if event is None:
        return Err(NO_EVENT)
    problem = doors_closed(starts_at=event.starts_at, ends_at=event.ends_at, now=utc_now())
    place = found.with_place(event.id, email.strip().lower()) if problem is None else None
    if problem is None:
        problem = UNKNOWN if place is None else _cannot_come(event, place)
    if problem is not None or place is None:
        return _refuse("check_in", event, problem or UNKNOWN, by)
    _came(event, place, by)
    return Ok(place)


def undo(*, event_reference: str, reference: str, by: Author) -> Ok[EventRegistration] | Err:
    """Take back that a person came, with their certificate; not after they said what they think."""
    held = _hold(event_reference, reference)
    if held is None:
        return Err(NO_PLACE)
    event, place = held
    if place.attended_at is None:
        return Err(Problem("not_came", "This person is not checked in"))
    if results.feedback_of(place.id) is not None:
        words = "This person has said what they thought of the event, so they did come"
        return _refuse("undo_check_in", event, Problem("said", words), by)
    place.attended_at, place.checked_in_by = None, None
    place.certificate_state, place.certificate_key = "none", ""
    place.certificate_sha256 = None
    current_session().flush()
    _note("check_in_undone", place, event, by)
    ties.renew_soon()
    return Ok(place)


def link_employer(
    *, event_reference: str, reference: str, employer: str, by: Author
) -> Ok[EventRegistration] | Err:
    """Say which employer of the portal a person came from, or that it is none (empty)."""
    held = _hold(event_reference, reference)
    if held is None:
        return Err(NO_PLACE)
    event, place = held
    profile = employers.employer_profile(normalise_reference(employer)) if employer else None
    if employer and profile is None:
        return Err(NO_EMPLOYER)
    place.employer_id = None if profile is None else profile.id
    current_session().flush()
    _note("linked", place, event, by)
    if place.attended_at is not None:
        ties.renew_soon()
    return Ok(place)


def say(*, token: str, said: FeedbackWords, by: Author) -> Ok[EventFeedback] | Err:
    """Take what somebody who came thought, once. Refused, and kept, for who did not come."""
    hashed = token_hash(token)
    event_id = found.event_of(hash_=hashed)
    if event_id is None:
        return Err(NO_PLACE)
    event = events.to_change_by_id(event_id)
    place = found.to_change_by_token(hashed)
    if place is None:
        return Err(NO_PLACE)
    problem = None
    if place.attended_at is None:
        problem = NOT_CAME
    elif results.feedback_of(place.id) is not None:
        problem = SAID
    if problem is not None:
        return _refuse("feedback", event, problem, by)
    if not all(1 <= mark <= MOST_MARK for mark in (said.useful, said.again)):
        return Err(Problem("marks", "Choose a mark from 1 to 5 for both questions"))
    feedback = EventFeedback(
        registration_id=place.id,
        useful=said.useful,
        again=said.again,
        will_do=said.will_do.strip(),
        better=said.better.strip(),
    )
    current_session().add(feedback)
    current_session().flush()
    # Without saying by whom: what is said is read without names.
    audit.record(action="event.feedback", subject=f"event:{event.reference}")
    return Ok(feedback)


def _hold(event_reference: str, reference: str) -> tuple[Event, EventRegistration] | None:
    event = events.to_change(event_reference)
    place = None if event is None else found.to_change(reference)
    if event is None or place is None or place.event_id != event.id:
        return None
    return event, place


def _cannot_come(event: Event, place: EventRegistration) -> Problem | None:
    if event.state not in {"published", "held"}:
        return Problem("event_state", "The event does not take place, so nobody is checked in")
    if place.state != "registered":
        words = "This person has no place: they wait for one, or have cancelled"
        return Problem("no_place", words)
    return None


def _came(event: Event, place: EventRegistration, by: Author) -> None:
    if place.attended_at is not None:
        return
    place.attended_at, place.checked_in_by = utc_now(), by.user_id
    place.certificate_state = "making"
    current_session().flush()
    certificates.ask(event, place)
    _note("came", place, event, by)
    _on_timeline(event, place, by)
    ties.renew_soon()


def _on_timeline(event: Event, place: EventRegistration, by: Author) -> None:
    if place.employer_id is not None:
        timeline.note(
            employer_id=place.employer_id,
            kind="network",
            title=line(f"Somebody came to the event “{event.title}”"),
            text="",
            by=by,
            subject=f"event:{event.reference}",
        )


def _refuse(what: str, event: Event, problem: Problem, by: Author) -> Err:
    audit.record(
        action=f"network.refused_{what}",
        subject=f"event:{event.reference}",
        detail={"why": problem.code},
        actor_id=by.user_id,
    )
    return Err(problem)


def _note(what: str, place: EventRegistration, event: Event, by: Author) -> None:
    audit.record(
        action=f"event_registration.{what}",
        subject=f"event_registration:{place.reference}",
        detail={"event": event.reference},
        actor_id=by.user_id,
    )
