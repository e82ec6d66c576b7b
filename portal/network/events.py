"""Ties events to the application: the worker's jobs, merging, and what employers take away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Flask, url_for

from portal.caseload.merging import Effect, MergePolicy, register_merge_policy
from portal.employers.panels import HeldRecords, register_held_records, register_timeline_link
from portal.employers.queries.held import read_table
from portal.integrations.jobs import register_daily, register_handler
from portal.network.queries import event_results
from portal.network.service import (
    event_certificates,
    event_invites,
    event_mails,
    event_places,
    event_reminders,
    events,
)
from portal.web.access import Actor

REGISTRATIONS: Final = HeldRecords(
    "Events",
    "events",
    "Events that people of yours registered for, and which of them they came to",
    "You, and the staff who run the events",
    (event_results.HELD.table.name,),
    partial(read_table, event_results.HELD),
    order=70,
)
FEEDBACK: Final = HeldRecords(
    "Feedback on events",
    "event-feedback",
    "That people of yours said what they thought of an event. What they said is kept without "
    "their names and is not shown here",
    "The staff who run the events read it, without names",
    (event_results.FEEDBACK.table.name,),
    partial(read_table, event_results.FEEDBACK),
    order=71,
)


def same_events(kept_id: int, merged_id: int) -> Effect:
    """One person at one event is there once: what they cancelled for the other stays behind."""
    return Effect(staying=event_results.same_events(kept_id, merged_id))


def _words(row: Mapping[str, Any]) -> str:
    came = ", came" if row["attended_at"] else ""
    return f"{row['reference']}: {row['name']}, {row['state']}{came}"


PLACES: Final = MergePolicy(
    "event_registrations.employer_id",
    "Registrations for events",
    _words,
    ("reference", "name", "state", "attended_at"),
    rule=same_events,
)


def _end() -> None:
    events.end_events()


def _remind() -> None:
    event_reminders.remind_due()


def _carry(payload: Mapping[str, Any]) -> None:
    event_mails.carry(dict(payload))


def _address(reference: str, _actor: Actor) -> str | None:
    return url_for("network.event", reference=reference)


def wire_events(app: Flask) -> None:
    """Install what the pages of events need beside them."""
    register_handler(app, event_mails.TELL_KIND, _carry)
    register_handler(app, event_invites.KIND, event_invites.carry)
    register_handler(app, event_places.LAPSE_KIND, event_places.lapse_due)
    register_handler(app, event_certificates.KIND, event_certificates.draw)
    register_daily(app, "network.event_offers", event_places.sweep_offers)
    register_daily(app, "network.event_reminders", _remind)
    register_daily(app, "network.events_held", _end)
    register_timeline_link(app, "event", _address)
    register_merge_policy(app, PLACES)
    register_held_records(app, REGISTRATIONS, FEEDBACK)
