"""Places at events: registering, the queue and its offers, giving a place back.

Every function but ``sweep_offers`` and ``lapse_due`` is called inside a unit of work. The event is
held before any of its registrations, here and everywhere, so that the last place goes once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.db import audit, current_session, outbox, unit_of_work
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference, token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import Event, EventRegistration
from portal.network.queries import event_people as found
from portal.network.queries import events
from portal.network.queries.event_people import Place
from portal.network.rules.event_questions import questions_of, read_answers
from portal.network.rules.events import cannot_cancel, closed_because, offer_until
from portal.network.rules.states import REGISTRATION_MOVES, refused
from portal.network.service import event_mails as mails

LAPSE_KIND: Final = "network.event_offer"
NO_EVENT = Problem("no_event", "There is no such event")
NO_PLACE = Problem("no_place", "There is no such registration")
FULL = Problem(
    "full", "The last place has just been taken. You can join the waiting list: press again"
)
TWICE = Problem(
    "registered_twice",
    "This address is registered for this event already. We have sent its link to it again",
    "email",
)
NOT_OFFERED = Problem("not_offered", "No place is offered to you now")
OVER = Problem("offer_over", "The time to take this place is over. You can join the queue again")


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who registers; an account and an employer where the person is signed in."""

    name: str
    email: str
    business: str = ""
    needs: str = ""
    user_id: int | None = None
    employer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of it: the secret of the link, and whether a mail goes out."""

    reference: str
    token: str
    state: str
    mailed: bool


def register(
    *,
    event_reference: str,
    who: Attendee,
    given: Mapping[str, str],
    accepts_queue: bool,
    by: Author,
) -> Ok[Registered] | list[Problem]:
    """Give a person a place, or put them into the queue if they agreed to wait.

    Refused, and the refusal kept, for an event that is closed, over or cancelled, for an address
    that is registered already (however it is tagged), and for a place that has just gone.
    """
    event = events.to_change(event_reference)
    if event is None:
        return [NO_EVENT]
    now = utc_now()
    email = who.email.strip().lower()
    problem = closed_because(
        state=event.state, starts_at=event.starts_at, closes_at=event.closes_at, now=now
    )
    earlier = None if problem else found.active_of(event.id, email)
    if earlier is not None:
        mails.again(event, earlier)
        problem = TWICE
    if problem is not None:
        _refuse("register", event, problem, by)
        return [problem]
    answers = read_answers(questions_of(event.questions), given)
    if isinstance(answers, list):
        return answers
    has_place = _has_place(event)
    if not has_place and not accepts_queue:
        _refuse("register", event, FULL, by)
        return [FULL]
    place = _added(event, who, email, answers, waits=not has_place)
    _note("registered" if has_place else "waits", place, event, by)
    if has_place:
        mailed = mails.confirm(event, place)
    else:
        mailed = mails.queued(event, place, ahead=_ahead(place))
    token = mails.token_of(place.reference)
    return Ok(Registered(place.reference, token, place.state, mailed))


def give_back(*, token: str, by: Author) -> Ok[Event] | Err:
    """Give a place back, or leave the queue; the place is offered to the next at once.

    Refused once the event has begun, and the refusal kept.
    """
    held = _hold(token)
    if held is None:
        return Err(NO_PLACE)
    event, place = held
    why = cannot_cancel(
        state=event.state, starts_at=event.starts_at, ends_at=event.ends_at, now=utc_now()
    )
    problem = Problem("too_late", why) if why else None
    if problem is None and place.state in {"cancelled", "lapsed"}:
        problem = Problem("not_registered", "You are not registered for this event any more")
    if problem is not None:
        _refuse("cancel", event, problem, by)
        return Err(problem)
    place.state, place.offered_until = "cancelled", None
    current_session().flush()
    _note("cancelled", place, event, by)
    mails.given_back(event, place)
    offer_places(event)
    return Ok(event)


def accept(*, token: str, by: Author) -> Ok[Event] | Err:
    """Take the place that was offered, before its deadline."""
    held = _hold(token)
    if held is None:
        return Err(NO_PLACE)
    event, place = held
    problem = _cannot_go_on(event, place, "registered")
    if problem is None and place.state == "lapsed":
        problem = OVER
    if problem is None and (place.state != "offered" or place.offered_until is None):
        problem = NOT_OFFERED
    if problem is None and place.offered_until and utc_now() >= place.offered_until:
        problem = OVER
        _lapse(event, place)
    if problem is not None:
        _refuse("accept", event, problem, by)
        return Err(problem)
    place.state, place.offered_until = "registered", None
    current_session().flush()
    _note("accepted", place, event, by)
    mails.confirm(event, place)
    return Ok(event)


def queue_again(*, token: str, by: Author) -> Ok[Event] | Err:
    """Join the end of the queue after a place was offered and not taken."""
    held = _hold(token)
    if held is None:
        return Err(NO_PLACE)
    event, place = held
    problem = _cannot_go_on(event, place, "waiting")
    if problem is None and place.state != "lapsed":
        problem = Problem("not_lapsed", "Register for the event again")
    if problem is None and found.active_of(event.id, place.email) is not None:
        problem = TWICE
    if problem is not None:
        _refuse("queue", event, problem, by)
        return Err(problem)
    place.state, place.queued_at = "waiting", utc_now()
    current_session().flush()
    _note("waits", place, event, by)
    mails.queued(event, place, ahead=_ahead(place))
    offer_places(event)
    return Ok(event)


def offer_places(event: Event) -> int:
    """Offer every free place to the next in the queue; how many were offered. The event is held.

    A place is kept for the event's hours, or until it begins.
    """
    offered = 0
    if event.state != "published":
        return offered
    while event.capacity is None or events.taken(event.id) < event.capacity:
        now = utc_now()
        until = offer_until(now=now, starts_at=event.starts_at, hours=event.offer_hours)
        place = None if until is None else found.next_waiting(event.id)
        if until is None or place is None:
            break
        place.state, place.offered_until = "offered", until
        current_session().flush()
        outbox.add(
            kind=LAPSE_KIND,
            payload={"registration": place.reference},
            unique_key=f"{LAPSE_KIND}:{place.reference}:{until.isoformat()}",
            due_at=until,
        )
        _note("offered", place, event, Author(None, "The portal"))
        mails.offer(event, place)
        offered += 1
    return offered


def lapse_due(payload: Mapping[str, Any]) -> None:
    """End an offer whose time is over and offer the place to the next. May be called twice."""
    _lapse_one(str(payload["registration"]))


def sweep_offers() -> None:
    """End every offer that is over, and offer places that nobody was offered. Done daily too."""
    for reference in found.offers_over(utc_now()):
        _lapse_one(reference)
    for reference in found.queues_with_places(utc_now()):
        with unit_of_work():
            event = events.to_change(reference)
            if event is not None:
                offer_places(event)


def _lapse_one(reference: str) -> None:
    event_id = found.event_of(reference=reference)
    if event_id is None:
        return
    with unit_of_work():
        event = events.to_change_by_id(event_id)
        place = found.to_change(reference)
        over = (
            place is not None
            and place.state == "offered"
            and place.offered_until is not None
            and utc_now() >= place.offered_until
        )
        if place is not None and over:
            _lapse(event, place)


def _lapse(event: Event, place: EventRegistration) -> None:
    place.state, place.offered_until = "lapsed", None
    current_session().flush()
    _note("lapsed", place, event, Author(None, "The portal"))
    if event.state == "published" and utc_now() < event.starts_at:
        mails.lapsed(event, place)
    offer_places(event)


def _hold(token: str) -> tuple[Event, EventRegistration] | None:
    hashed = token_hash(token)
    event_id = found.event_of(hash_=hashed)
    if event_id is None:
        return None
    event = events.to_change_by_id(event_id)
    place = found.to_change_by_token(hashed)
    return None if place is None else (event, place)


def _cannot_go_on(event: Event, place: EventRegistration, then: str) -> Problem | None:
    """The queue goes on after registration is closed, until the event begins."""
    return closed_because(
        state=event.state,
        starts_at=event.starts_at,
        closes_at=event.starts_at,
        now=utc_now(),
    ) or refused(REGISTRATION_MOVES, place.state, then, what="A registration")


def _has_place(event: Event) -> bool:
    if event.capacity is None:
        return True
    queue = found.next_waiting(event.id)
    return queue is None and events.taken(event.id) < event.capacity


def _added(
    event: Event,
    who: Attendee,
    email: str,
    answers: Mapping[str, Any],
    *,
    waits: bool,
) -> EventRegistration:
    reference = new_reference()
    place = EventRegistration(
        reference=reference,
        event_id=event.id,
        user_id=who.user_id,
        employer_id=who.employer_id,
        name=who.name,
        email=email,
        business=who.business,
        answers=dict(answers),
        needs=who.needs,
        state="waiting" if waits else "registered",
        queued_at=utc_now() if waits else None,
        token_hash=token_hash(mails.token_of(reference)),
    )
    current_session().add(place)
    current_session().flush()
    return place


def _ahead(place: EventRegistration) -> int:
    one: Place | None = found.place(place.reference)
    return 0 if one is None else found.ahead_of(one)


def _refuse(what: str, event: Event, problem: Problem, by: Author) -> None:
    audit.record(
        action=f"network.refused_{what}",
        subject=f"event:{event.reference}",
        detail={"why": problem.code},
        actor_id=by.user_id,
    )


def _note(what: str, place: EventRegistration, event: Event, by: Author) -> None:
    audit.record(
        action=f"event_registration.{what}",
        subject=f"event_registration:{place.reference}",
        detail={"event": event.reference},
        actor_id=by.user_id,
    )
