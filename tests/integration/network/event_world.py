"""What tests of events share."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any

from sqlalchemy import select

from portal.db import audit, current_session, outbox, unit_of_work
from portal.kernel.clock import LONDON, today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.network.models import Event, EventRegistration
from portal.network.service import event_places as places
from portal.network.service.event_places import Attendee, Registered
from tests.factories.accounts import make_user, sign_in
from tests.factories.network import make_event
from tests.support.client import PortalClient

SOMEBODY = Author(None, "Example Person")
STAFF = Author(None, "Example Officer")


def an_event(**changes: Any) -> Event:
    """A published event in ten days at ten in London, of two hours, for two people."""
    # Not at this hour: near midnight an hour before it would be another day.
    starts = datetime.combine(today() + timedelta(days=10), time(10), LONDON)
    values: dict[str, Any] = {"capacity": 2, "starts_at": starts.astimezone(UTC)}
    with unit_of_work():
        return make_event(**{**values, **changes})


def registering(event: Event, email: str, **changes: Any) -> Any:
    """What the service says to somebody who registers."""
    values = {"given": {}, "accepts_queue": True, **changes}
    who = Attendee(name=f"Example {email.partition('@')[0].title()}", email=email)
    with unit_of_work():
        return places.register(
            event_reference=event.reference, who=values.pop("who", who), by=SOMEBODY, **values
        )


def registered(event: Event, *emails: str) -> list[Registered]:
    """People who registered, or wait."""
    found = []
    for email in emails:
        done = registering(event, email)
        assert isinstance(done, Ok), done
        found.append(done.value)
    return found


def place_of(reference: str) -> EventRegistration:
    """A registration, read afresh."""
    return (
        current_session()
        .scalars(
            select(EventRegistration)
            .where(EventRegistration.reference == reference)
            .execution_options(populate_existing=True)
        )
        .one()
    )


def states(event: Event) -> dict[str, str]:
    """In which state everybody of an event is, by the name before the sign of the address."""
    rows = current_session().execute(
        select(EventRegistration.email, EventRegistration.state)
        .where(EventRegistration.event_id == event.id)
        .order_by(EventRegistration.id)
    )
    return {email.partition("@")[0]: state for email, state in rows}


def mails(to: str = "") -> list[dict[str, Any]]:
    """Every mail that was promised, or those to one address, in their order."""
    rows = current_session().scalars(
        select(outbox.OutboxEntry)
        .where(outbox.OutboxEntry.kind == "mail.send")
        .order_by(outbox.OutboxEntry.id)
    )
    return [dict(row.payload) for row in rows if not to or row.payload["to"] == to]


def subjects(to: str = "") -> list[str]:
    """Their subjects, up to the colon."""
    return [mail["subject"].partition(":")[0] for mail in mails(to)]


def refusals() -> list[tuple[str, str]]:
    """What was refused, and why, as it was kept."""
    rows = current_session().execute(
        select(audit.AuditEntry.action, audit.AuditEntry.detail)
        .where(audit.AuditEntry.action.startswith("network.refused"))
        .order_by(audit.AuditEntry.id)
    )
    return [(action, detail["why"]) for action, detail in rows]


def officer_signs_in(client: PortalClient) -> None:
    """A member of the LEP's staff."""
    with unit_of_work():
        user = make_user(roles=("lep_officer",))
    sign_in(client, user)


def text_of(response: Any) -> str:
    """The words of a page on one line."""
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


def filled(day: datetime, **changes: Any) -> dict[str, Any]:
    """The form of an event, filled in as a browser sends it."""
    return {
        "title": "Share one post",
        "about": "How others share one post between two people.",
        "body": "## Who speaks\n\nTwo employers.",
        "mode": "both",
        "place": "Example Hall\nExample Street, Leeds LS1 4AP",
        "online_address": "https://meet.example/secret-room",
        "day-day": str(day.day),
        "day-month": str(day.month),
        "day-year": str(day.year),
        "starts": "9:30",
        "ends": "11am",
        "capacity": "20",
        "offer_hours": "24",
        "sectors": ["retail"],
        "q1_text": "Do you have a rota?",
        "q1_kind": "yes_no",
        "q1_required": "y",
        "q2_text": "Which table?",
        "q2_kind": "choice",
        "q2_choices": "Care\nRetail",
        **changes,
    }
