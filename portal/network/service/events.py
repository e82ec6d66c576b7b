"""What staff do with events: make, change, publish and cancel them, and the series they are in.

Every function but ``end_events`` is called inside a unit of work.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import update

from portal.db import audit, current_session, unit_of_work
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference, new_token
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import Event, EventRegistration, EventSeries
from portal.network.queries import events as found
from portal.network.rules.event_questions import questions_of, with_keys
from portal.network.rules.events import EventDetails, EventTimes, faults, times_of
from portal.network.rules.states import EVENT_MOVES, refused
from portal.network.rules.words import AUDIENCES, NOBODY
from portal.network.service import event_invites
from portal.network.service import event_mails as mails
from portal.network.service.event_places import NO_EVENT, offer_places

STALE = Problem(
    "stale", "Somebody else has changed this event meanwhile. Look at it again, then change it"
)
NO_SERIES = Problem("no_series", "Choose one of the series", "series")
SERIES_TAKEN = Problem("series_taken", "Another series has this title", "title")
NO_REASON = Problem("no_reason", "Say why: everybody registered is told", "reason")
PAST = Problem("past", "The event must begin in the future", "day")
_CODE_LENGTH: Final = 16
# What everybody registered is told of when it changes.
_WORTH_TELLING: Final = ("starts_at", "ends_at", "mode", "place", "online_address", "title")


def add(
    *, details: EventDetails, organisation_id: int | None, by: Author
) -> Ok[Event] | list[Problem]:
    """Make an event, as a draft that only staff see."""
    judged = _judged(details)
    if isinstance(judged, list):
        return judged
    times, series = judged
    event = Event(
        reference=new_reference(),
        organisation_id=organisation_id,
        checkin_code=new_token()[:_CODE_LENGTH],
        created_by=by.user_id,
        questions=[],
        sectors=[],
    )
    _fill(event, details, times, series)
    current_session().add(event)
    current_session().flush()
    _record("added", event, by)
    return Ok(event)


def change(
    *, reference: str, revision: int, details: EventDetails, by: Author
) -> Ok[Event] | list[Problem]:
    """Change an event that is still to come.

    A published one gets the next ``sequence``, so that calendars take the change over, and
    everybody registered is told of another time or place. More places go to the queue at once.
    Refused for fewer places than are taken.
    """
    event = found.to_change(reference)
    if event is None:
        return [NO_EVENT]
    problem = _cannot_change(event, revision)
    if problem is not None:
        return [problem]
    judged = _judged(details)
    if isinstance(judged, list):
        return judged
    times, series = judged
    published = event.state == "published"
    if published and times.starts_at <= utc_now():
        return [PAST]
    held = found.taken(event.id)
    if details.capacity is not None and details.capacity < held:
        words = f"{held} places are taken already. You cannot offer fewer"
        return [Problem("capacity_taken", words, "capacity")]
    before = {name: getattr(event, name) for name in _WORTH_TELLING}
    _fill(event, details, times, series)
    event.revision += 1
    if published:
        event.sequence += 1
    current_session().flush()
    _record("changed", event, by)
    if before["starts_at"] != event.starts_at:
        # Another day has reminders of its own.
        _forget_reminders(event)
    if published:
        if any(getattr(event, name) != value for name, value in before.items()):
            mails.tell_everybody(event, what="changed")
        offer_places(event)
    return Ok(event)


def publish(*, reference: str, invite: str = NOBODY, by: Author) -> Ok[Event] | Err:
    """Show a draft to everybody and open its registration.

    ``invite`` says which members are invited by mail: a key of ``AUDIENCES``.
    """
    event = found.to_change(reference)
    if event is None:
        return Err(NO_EVENT)
    problem = refused(EVENT_MOVES, event.state, "published", what="An event")
    if problem is None and event.starts_at <= utc_now():
        problem = Problem("past", "The event has begun already: change its day first")
    if problem is None and invite not in AUDIENCES:
        problem = Problem("invite", "Choose whether members are invited", "invite")
    if problem is not None:
        return _refuse("publish", event, problem, by)
    event.state = "published"
    event.revision += 1
    current_session().flush()
    _record("published", event, by)
    if invite != NOBODY:
        event_invites.invite_later(event, invite)
    return Ok(event)


def cancel(*, reference: str, reason: str, by: Author) -> Ok[Event] | Err:
    """Cancel an event and have everybody registered or waiting told why.

    Refused once it has begun: whoever came, came.
    """
    event = found.to_change(reference)
    if event is None:
        return Err(NO_EVENT)
    problem = refused(EVENT_MOVES, event.state, "cancelled", what="An event")
    if problem is None and event.state == "published" and utc_now() >= event.starts_at:
        problem = Problem("begun", "The event has begun, so it cannot be cancelled any more")
    if problem is not None:
        return _refuse("cancel_event", event, problem, by)
    if not reason.strip():
        return Err(NO_REASON)
    was_published = event.state == "published"
    event.state, event.cancelled_reason = "cancelled", reason.strip()
    event.sequence += 1
    event.revision += 1
    current_session().flush()
    _record("cancelled", event, by)
    if was_published:
        mails.tell_everybody(event, what="cancelled")
    return Ok(event)


def end_events() -> int:
    """Mark events that are over as held; how many were. Done daily, twice does no harm."""
    ended = 0
    for reference in found.over(utc_now()):
        with unit_of_work():
            event = found.to_change(reference)
            if event is not None and event.state == "published" and utc_now() >= event.ends_at:
                event.state = "held"
                audit.record(action="event.held", subject=f"event:{reference}")
                ended += 1
    return ended


# --- Series ----------------------------------------------------------------------------------


def add_series(*, title: str, about: str, dimension: str, by: Author) -> Ok[EventSeries] | Err:
    """Begin a series of events on a theme."""
    if found.series_titled(title.strip()) is not None:
        return Err(SERIES_TAKEN)
    series = EventSeries(
        reference=new_reference(),
        title=title.strip(),
        about=about.strip(),
        dimension=dimension or None,
        created_by=by.user_id,
    )
    current_session().add(series)
    current_session().flush()
    _record_series("added", series, by)
    return Ok(series)


def change_series(
    *, reference: str, title: str, about: str, dimension: str, by: Author
) -> Ok[EventSeries] | Err:
    """Put the words of a series right."""
    series = found.series_to_change(reference)
    if series is None:
        return Err(NO_SERIES)
    if found.series_titled(title.strip()) not in {None, series.id}:
        return Err(SERIES_TAKEN)
    series.title, series.about, series.dimension = title.strip(), about.strip(), dimension or None
    current_session().flush()
    _record_series("changed", series, by)
    return Ok(series)


def _forget_reminders(event: Event) -> None:
    current_session().execute(
        update(EventRegistration)
        .where(EventRegistration.event_id == event.id)
        .values(reminded_before=None)
    )


def _cannot_change(event: Event, revision: int) -> Problem | None:
    if event.revision != revision:
        return STALE
    began = event.state == "published" and utc_now() >= event.starts_at
    if began or event.state not in {"draft", "published"}:
        return Problem("not_changed", "An event that has begun or is cancelled stays as it is")
    return None


def _judged(details: EventDetails) -> tuple[EventTimes, int | None] | list[Problem]:
    problems = faults(details)
    times = times_of(details)
    if isinstance(times, list):
        problems += times
    series = found.series(details.series) if details.series else None
    if details.series and series is None:
        problems.append(NO_SERIES)
    if problems or isinstance(times, list):
        return problems
    return times, None if series is None else series.id


def _fill(event: Event, details: EventDetails, times: EventTimes, series: int | None) -> None:
    event.series_id = series
    event.title = details.title.strip()
    event.summary = details.summary.strip()
    event.body = details.body.strip()
    event.dimension = details.dimension or None
    event.sectors = list(details.sectors)
    event.districts = list(details.districts)
    event.mode = details.mode
    event.place = "" if details.mode == "online" else details.place.strip()
    event.access_notes = details.access_notes.strip()
    event.online_address = details.online_address.strip()
    event.starts_at, event.ends_at = times.starts_at, times.ends_at
    event.closes_at = times.closes_at
    event.capacity = details.capacity
    event.offer_hours = details.offer_hours
    keyed = with_keys(details.questions, questions_of(event.questions))
    event.questions = [question.document() for question in keyed]


def _refuse(what: str, event: Event, problem: Problem, by: Author) -> Err:
    audit.record(
        action=f"network.refused_{what}",
        subject=f"event:{event.reference}",
        detail={"why": problem.code},
        actor_id=by.user_id,
    )
    return Err(problem)


def _record(what: str, event: Event, by: Author) -> None:
    audit.record(
        action=f"event.{what}",
        subject=f"event:{event.reference}",
        detail={"sequence": event.sequence},
        actor_id=by.user_id,
    )


def _record_series(what: str, series: EventSeries, by: Author) -> None:
    audit.record(
        action=f"event_series.{what}",
        subject=f"event_series:{series.reference}",
        actor_id=by.user_id,
    )
