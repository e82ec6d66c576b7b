"""Reminding those with a place, a week and a day before an event. Done daily."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from portal.db import current_session, unit_of_work
from portal.kernel.clock import utc_now
from portal.network.queries import event_people as found
from portal.network.queries import events
from portal.network.rules.events import REMINDERS, due_reminder
from portal.network.service import event_mails as mails

_AT_ONCE = 50


def remind_due() -> int:
    """Send what is due; how many were sent. Twice, or a day late, does no harm."""
    now = utc_now()
    waiting = found.to_remind(now, now + timedelta(days=max(REMINDERS) + 1))
    sent = 0
    for event_id, rows in groupby(waiting, key=lambda row: row[1]):
        keys = [key for key, _event in rows]
        for first in range(0, len(keys), _AT_ONCE):
            sent += _remind(event_id, keys[first : first + _AT_ONCE])
    return sent


def _remind(event_id: int, keys: list[int]) -> int:
    sent = 0
    with unit_of_work():
        event = events.to_change_by_id(event_id)
        if event.state != "published":
            return 0
        for place in found.of_keys(keys):
            days = due_reminder(
                starts_at=event.starts_at,
                since=place.created_at,
                now=utc_now(),
                sent=place.reminded_before,
            )
            if place.state != "registered" or days is None:
                continue
            place.reminded_before = days
            current_session().flush()
            sent += mails.remind(event, place, days=days)
    return sent
