"""Mail about events: what each says, to whom it goes, and the link by which a place is managed."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from flask import current_app

from portal.db import current_session, outbox, unit_of_work
from portal.integrations.mail import public_link
from portal.kernel.clock import utc_now
from portal.kernel.ids import token_hash
from portal.network.models import Event, EventRegistration
from portal.network.queries import event_people as found
from portal.network.queries import events
from portal.network.rules.events import until_words, when_words
from portal.network.rules.words import EVENT_MODES
from portal.network.service.mails import tell

TELL_KIND: Final = "network.event_tell"
ALL_ACTIVE: Final = ("registered", "waiting", "offered")
_AT_ONCE: Final = 50
Pair = tuple[str, str]


def token_of(reference: str) -> str:
    """The secret in the link to a place. Only its hash is kept; mails make it again."""
    key = str(current_app.secret_key).encode()
    digest = hmac.new(key, f"a place at an event: {reference}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def link_to(place: EventRegistration) -> str:
    """The address by which a person manages their place, for a mail to them.

    After the portal's key was changed the person gets a new link: the old one stops working.
    """
    token = token_of(place.reference)
    if place.token_hash != token_hash(token):
        place.token_hash = token_hash(token)
        current_session().flush()
    return public_link("network.registration", token=token)


def confirm(event: Event, place: EventRegistration) -> bool:
    """Tell a person that they have a place."""
    lines = [
        "You have a place at this event.",
        (
            "If you cannot come, give the place back by the link below: somebody may be waiting "
            "for it."
        ),
    ]
    return _send(event, place, f"You have a place: {event.title}", lines, f"place:{_stamp(place)}")


def queued(event: Event, place: EventRegistration, *, ahead: int) -> bool:
    """Tell a person that they are in the queue."""
    lines = [
        f"The event is full. You are number {ahead + 1} in the queue.",
        (
            "When a place becomes free we offer it to the first in the queue, and keep it for "
            f"{event.offer_hours} hours. You take it by a link in that mail."
        ),
    ]
    subject = f"You are on the waiting list: {event.title}"
    return _send(event, place, subject, lines, f"queue:{_stamp(place)}")


def offer(event: Event, place: EventRegistration) -> bool:
    """Offer the place that has become free, with its deadline."""
    until = place.offered_until
    if until is None:
        raise ValueError(f"Registration {place.reference} is offered no place")
    lines = [
        f"A place has become free, and you are next. It is kept for you until {until_words(until)}."
    ]
    lines += ["Take it by the link below, or say there that you do not need it any more."]
    subject = f"A place for you until {until_words(until)}: {event.title}"
    return _send(event, place, subject[:200], lines, f"offer:{until.isoformat()}", "Take the place")


def lapsed(event: Event, place: EventRegistration) -> bool:
    """Tell a person that the place offered went to the next."""
    lines = [
        "The time to take the place we offered you is over, and it goes to the next in the queue.",
        "If you would still like to come, join the queue again by the link below.",
    ]
    stamp = utc_now().isoformat()
    return _send(event, place, f"The place was not taken: {event.title}", lines, f"lapsed:{stamp}")


def given_back(event: Event, place: EventRegistration) -> bool:
    """Confirm that a place was given back, or that a person left the queue."""
    lines = ["You are not registered for this event any more. Thank you for letting us know."]
    subject = f"You are not coming: {event.title}"
    return _send(event, place, subject, lines, "cancelled", "See the event")


def again(event: Event, place: EventRegistration) -> bool:
    """Send the link once more to somebody who tries to register twice; at most once an hour."""
    lines = ["You are registered for this event already. Here is your link once more."]
    hour = utc_now().strftime("%Y-%m-%dT%H")
    return _send(event, place, f"Your registration: {event.title}", lines, f"again:{hour}")


def remind(event: Event, place: EventRegistration, *, days: int) -> bool:
    """Remind a person with a place."""
    when = "a week before the event" if days > 1 else "the day before the event"
    lines = [f"This is a reminder {when}. We look forward to seeing you."]
    lines += ["If you cannot come, give the place back by the link below."]
    key = f"remind:{days}:{event.starts_at.isoformat()}"
    return _send(event, place, f"Reminder: {event.title}", lines, key)


def thank(event: Event, place: EventRegistration) -> bool:
    """Thank somebody who came: the certificate is there, and we ask what they thought."""
    lines = [
        "Thank you for coming. Your certificate of attendance is ready.",
        (
            "Please tell us what you thought of the event. It takes two minutes, and what you say "
            "is read without your name."
        ),
    ]
    asked = public_link("network.event_feedback", token=token_of(place.reference))
    return _send(
        event,
        place,
        f"Thank you for coming: {event.title}",
        lines,
        f"thanks:{place.attended_at}",
        "Get your certificate",
        more=[("Say what you thought", asked)],
    )


# --- To everybody ----------------------------------------------------------------------------


def tell_everybody(event: Event, *, what: str) -> None:
    """Have a worker tell everybody registered or waiting that an event changed or is cancelled."""
    outbox.add(
        kind=TELL_KIND,
        payload={"event": event.reference, "what": what, "sequence": event.sequence},
        unique_key=f"{TELL_KIND}:{event.reference}:{what}:{event.sequence}",
    )


def carry(payload: dict[str, Any]) -> None:
    """Tell them, some at a time; each mail goes out once however often this runs."""
    facts = events.event(str(payload["event"]))
    if facts is None:
        return
    after = 0
    while keys := found.to_tell(facts.id, after=after, limit=_AT_ONCE, states=ALL_ACTIVE):
        with unit_of_work():
            event = events.to_change_by_id(facts.id)
            for place in found.of_keys(keys):
                _tell_one(event, place, payload)
        after = keys[-1]


def _tell_one(event: Event, place: EventRegistration, payload: dict[str, Any]) -> None:
    key = f"{payload['what']}:{payload['sequence']}"
    if payload["what"] == "cancelled":
        lines = [
            "We are sorry: this event does not take place.",
            f"The reason: {event.cancelled_reason}",
        ]
        subject = f"Cancelled: {event.title}"
        _send(event, place, subject, lines, key, "See the event", calendar=True)
    else:
        lines = [
            "The event has changed. This is how it stands now.",
            (
                "Please take the calendar file again. If you cannot come any more, give your place "
                "back by the link below."
            ),
        ]
        _send(event, place, f"Changed: {event.title}", lines, key)


def _stamp(place: EventRegistration) -> str:
    """What makes a second confirmation of one registration a mail of its own."""
    return (place.queued_at or place.created_at or utc_now()).isoformat()


def _send(
    event: Event,
    place: EventRegistration,
    subject: str,
    lines: Sequence[str],
    key: str,
    button: str = "See or change your registration",
    *,
    more: Sequence[Pair] = (),
    calendar: bool | None = None,
) -> bool:
    link = link_to(place)
    has_place = place.state == "registered" and event.state != "cancelled"
    links = list(more)
    if has_place if calendar is None else calendar:
        file = public_link("network.registration_ics", token=token_of(place.reference))
        links.append(("Calendar file", file))
    return tell(
        kind="events",
        to=place.email,
        subject=" ".join(subject.split())[:200],
        template="network_event",
        context={
            "to_name": place.name,
            "lines": list(lines),
            "facts": facts_of(event, with_address=has_place),
            "button": button,
            "link": link,
            "links": links,
        },
        unique_key=f"network.event:{place.reference}:{key}"[:200],
    )


def facts_of(event: Event, *, with_address: bool) -> list[Pair]:
    """What an event is, when and where; its online address to those with a place only."""
    facts = [
        ("What", event.title),
        ("When", f"{when_words(event.starts_at, event.ends_at)} (UK time)"),
        ("How", EVENT_MODES[event.mode]),
    ]
    if event.place and event.mode != "online":
        facts.append(("Where", " ".join(event.place.split())))
    if with_address and event.online_address:
        facts.append(("Online at", event.online_address))
    return facts
