"""Calendar files and the feed: read back as a calendar would read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze, london, utc_now
from portal.network.models import Event
from portal.network.service import events as running
from tests.integration.network.event_world import (
    STAFF,
    an_event,
    filled,
    officer_signs_in,
    registered,
)
from tests.support.client import PortalClient


def read(data: bytes) -> Any:
    from icalendar import Calendar

    return Calendar.from_ical(data)


def only(data: bytes) -> Any:
    found = read(data).walk("VEVENT")
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("starts", "local"),
    [
        (datetime(2030, 7, 2, 9, tzinfo=UTC), "20300702T100000"),
        (datetime(2030, 12, 2, 10, tzinfo=UTC), "20301202T100000"),
        (datetime(2030, 3, 31, 1, tzinfo=UTC), "20300331T020000"),
    ],
    ids=["summer", "winter", "the hour the clocks go forward"],
)
def test_an_event_stands_at_londons_time_with_the_rules_of_its_clock(
    client: PortalClient, session: PortalSession, starts: datetime, local: str
) -> None:
    event = an_event(starts_at=starts, title="Rotas; a, b", place="Hall\nLeeds")
    answer = client.get(f"/events/{event.reference}/event.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    text = answer.get_data(as_text=True)
    assert f"DTSTART;TZID=Europe/London:{local}" in text
    assert "BEGIN:VTIMEZONE" in text
    assert "TZNAME:BST" in text
    found = only(answer.data)
    assert found.decoded("dtstart").astimezone(UTC) == starts
    assert found.decoded("dtend").astimezone(UTC) == starts + timedelta(hours=2)
    assert (str(found["summary"]), str(found["location"])) == ("Rotas; a, b", "Hall Leeds")
    assert str(found["uid"]).startswith(f"event-{event.reference}@")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_the_online_address_is_in_the_file_of_those_with_a_place_only(
    client: PortalClient, session: PortalSession
) -> None:
    address = "https://meet.example/secret"
    event = an_event(capacity=1, mode="online", place="", online_address=address)
    ann, bob = registered(event, "ann@example.org", "bob@example.org")
    for path in (f"/events/{event.reference}/event.ics", f"/events/r/{bob.token}/event.ics"):
        assert "secret" not in client.get(path).text
    assert "secret" not in client.get("/events/feed.ics").text
    mine = only(client.get(f"/events/r/{ann.token}/event.ics").data)
    assert str(mine["location"]) == address
    assert ann.token in str(mine["description"])


def test_a_change_has_the_next_sequence_and_a_cancellation_says_so(
    client: PortalClient, session: PortalSession
) -> None:
    officer_signs_in(client)
    day = london(utc_now() + timedelta(days=20))
    made = client.submit("/events/new", filled(day), follow=False).location
    client.submit(f"{made}/publish", {"invite": "nobody"})
    event = current_session().query(Event).one()
    first = only(client.get(f"{made}/event.ics").data)
    client.submit(f"{made}/edit", filled(day, starts="10:00"))
    second = only(client.get(f"{made}/event.ics").data)
    with unit_of_work():
        running.cancel(reference=event.reference, reason="Snow", by=STAFF)
    third = only(client.get(f"{made}/event.ics").data)
    assert [int(one["sequence"]) for one in (first, second, third)] == [0, 1, 2]
    assert [str(one["status"]) for one in (first, second, third)] == [
        *("CONFIRMED", "CONFIRMED"),
        "CANCELLED",
    ]
    assert first["uid"] == second["uid"] == third["uid"]
    assert second.decoded("dtstart") - first.decoded("dtstart") == timedelta(minutes=30)


def test_the_feed_holds_what_is_on_and_what_was_cancelled(
    client: PortalClient, session: PortalSession
) -> None:
    an_event(title="To come")
    an_event(title="Called off", state="cancelled", cancelled_reason="Snow")
    an_event(title="Not yet", state="draft")
    an_event(title="Long ago", state="held", starts_at=utc_now() - timedelta(days=200))
    answer = client.get("/events/feed.ics")
    titles = {str(one["summary"]) for one in read(answer.data).walk("VEVENT")}
    assert titles == {"To come", "Called off"}
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H" in answer.text
    assert client.get("/events/feed.ics").data == answer.data
    with freeze(utc_now() + timedelta(days=200)):
        assert read(client.get("/events/feed.ics").data).walk("VEVENT") == []
    assert read(client.get("/events/feed.ics?series=%00nothing").data).walk("VEVENT") == []
