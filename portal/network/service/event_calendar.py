"""Events as calendar files (RFC 5545), on London's clock with the rules for summer time inside.

The library is imported with the first file: most processes never need it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from portal.db.programmes import settings_here
from portal.integrations.mail import public_link
from portal.kernel.clock import london
from portal.network.queries.events import EventFacts
from portal.network.rules.events import CalendarEntry

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_NAME: Final = "Part-Time Talent Portal: events"
_FRESH: Final = timedelta(hours=6)


def entry_of(event: EventFacts, *, token: str = "") -> CalendarEntry:
    """An event for a calendar; with the link of a place, its online address too."""
    where = [" ".join(event.place.split())] if event.place and event.mode != "online" else []
    about = [event.summary]
    if token:
        if event.online_address:
            where.append(event.online_address)
        address = public_link("network.registration", token=token)
        about.append(f"See, change or give back your place: {address}")
    else:
        address = public_link("network.event", reference=event.reference)
        if event.mode != "in_person":
            where.append("Online: the address is given to those who register")
    if event.access_notes:
        about.append(event.access_notes)
    host = settings_here().public_url.partition("//")[2].partition("/")[0]
    return CalendarEntry(
        uid=f"event-{event.reference}@{host.partition(':')[0]}",
        title=event.title,
        about="\n\n".join(about),
        place="; ".join(where),
        address=address,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        changed_at=event.updated_at,
        sequence=event.sequence,
        cancelled=event.state == "cancelled",
    )


def calendar_file(entries: Iterable[CalendarEntry], *, feed: bool = False) -> bytes:
    """The file; equal entries give equal bytes. A feed says how often to look again."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Part-Time Talent Portal//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    if feed:
        calendar.add("x-wr-calname", _NAME)
        calendar.add("refresh-interval", _FRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT6H")
    for entry in entries:
        calendar.add_component(_component(entry))
    calendar.add_missing_timezones()
    data: bytes = calendar.to_ical()
    return data


def _component(entry: CalendarEntry) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", entry.uid)
    event.add("summary", entry.title)
    event.add("description", entry.about)
    event.add("location", entry.place)
    event.add("url", entry.address)
    event.add("dtstart", london(entry.starts_at))
    event.add("dtend", london(entry.ends_at))
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    return event
