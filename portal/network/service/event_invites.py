"""Inviting members to an event that is published: by mail, once to each person, refusable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portal.db import audit, outbox, unit_of_work
from portal.integrations.mail import public_link
from portal.kernel.clock import utc_now
from portal.network.models import Event
from portal.network.queries import event_audience as found
from portal.network.queries import events
from portal.network.service.event_mails import facts_of
from portal.network.service.mails import tell

KIND: Final = "network.event_invite"
_AT_ONCE: Final = 50


def invite_later(event: Event, audience: str) -> None:
    """Have a worker invite them; call it in the unit of work that publishes the event."""
    outbox.add(
        kind=KIND,
        payload={"event": event.reference, "audience": audience},
        unique_key=f"{KIND}:{event.reference}",
    )


def carry(payload: Mapping[str, Any]) -> None:
    """Invite them, some at a time; each person gets one mail however often this runs."""
    reference, audience = str(payload["event"]), str(payload["audience"])
    after, sent = 0, 0
    while True:
        with unit_of_work():
            event = events.to_change(reference)
            facts = events.event(reference)
            if event is None or facts is None or not _is_to_come(event):
                return
            people = found.people(facts, audience, after=after, limit=_AT_ONCE)
            sent += sum(_invite(event, person) for person in people)
            if not people:
                audit.record(
                    action="event.invited",
                    subject=f"event:{reference}",
                    detail={"audience": audience, "people": sent},
                )
                return
            after = people[-1].user_id


def _is_to_come(event: Event) -> bool:
    return event.state == "published" and utc_now() < event.closes_at


def _invite(event: Event, person: found.Invited) -> bool:
    return tell(
        kind=found.KIND,
        to=person.email,
        subject=" ".join(f"An event for you: {event.title}".split())[:200],
        template="network_event_news",
        context={
            "to_name": person.name or person.email,
            "summary": event.summary,
            "facts": facts_of(event, with_address=False),
            "link": public_link("network.event", reference=event.reference),
        },
        unique_key=f"{KIND}:{event.reference}:{person.user_id}",
    )
