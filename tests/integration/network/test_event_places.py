"""Places at events: registering, the queue, offers and their deadlines, giving back, reminders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal.db import current_session, unit_of_work
from portal.integrations.jobs import run_daily
from portal.kernel.clock import freeze, london, utc_now
from portal.kernel.ids import token_hash
from portal.kernel.result import Err, Ok
from portal.network.models import MailRefusal
from portal.network.queries import event_people
from portal.network.queries import events as queries
from portal.network.rules.events import EventDetails
from portal.network.service import event_mails, event_reminders
from portal.network.service import event_places as places
from portal.network.service import events as running
from tests.integration.network.event_world import (
    SOMEBODY,
    STAFF,
    an_event,
    mails,
    place_of,
    refusals,
    registered,
    registering,
    states,
    subjects,
)

pytestmark = pytest.mark.usefixtures("app")
Jobs = Callable[[], int]


def give_back(token: str) -> object:
    with unit_of_work():
        return places.give_back(token=token, by=SOMEBODY)


def accept(token: str) -> object:
    with unit_of_work():
        return places.accept(token=token, by=SOMEBODY)


def codes(done: object) -> list[str]:
    return [problem.code for problem in done] if isinstance(done, list) else []


def test_places_are_given_until_they_are_taken_then_people_wait() -> None:
    event = an_event()
    registered(event, "ann@example.org", "bob@example.org", "cem@example.org", "dee@example.org")
    assert states(event) == {
        "ann": "registered",
        "bob": "registered",
        "cem": "waiting",
        "dee": "waiting",
    }
    facts = queries.event(event.reference)
    assert facts is not None
    assert (facts.taken, facts.free, facts.waiting, facts.is_full) == (2, 0, 2, True)
    assert subjects() == ["You have a place"] * 2 + ["You are on the waiting list"] * 2
    assert "You are number 2 in the queue" in mails("dee@example.org")[0]["text"]


def test_over_capacity_is_refused_unless_one_agrees_to_wait() -> None:
    event = an_event(capacity=1)
    registered(event, "ann@example.org")
    done = registering(event, "bob@example.org", accepts_queue=False)
    assert codes(done) == ["full"]
    assert refusals() == [("network.refused_register", "full")]
    assert states(event) == {"ann": "registered"}


@pytest.mark.parametrize("again", ["ann@example.org", "ANN@Example.org", "ann+two@example.org"])
def test_registering_twice_is_refused_logged_and_the_link_is_sent_again(again: str) -> None:
    event = an_event()
    first = registered(event, "ann@example.org")[0]
    for _ in range(2):
        assert codes(registering(event, again)) == ["registered_twice"]
    assert refusals() == [("network.refused_register", "registered_twice")] * 2
    assert subjects() == ["You have a place", "Your registration"]
    assert mails()[1]["to"] == "ann@example.org"
    assert first.token in mails()[1]["text"]


def test_another_mailbox_that_begins_alike_is_another_person() -> None:
    event = an_event(capacity=None)
    registered(event, "ann@example.org", "anna@example.org", "ann@other.example", "a_n@example.org")
    assert set(states(event).values()) == {"registered"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"closes_at": datetime(2020, 1, 1, tzinfo=UTC)}, "closed"),
        ({"state": "cancelled", "cancelled_reason": "Snow"}, "event_cancelled"),
        ({"state": "draft"}, "not_published"),
        ({"state": "held"}, "event_over"),
    ],
)
def test_a_closed_or_cancelled_event_takes_nobody(changes: dict[str, object], code: str) -> None:
    event = an_event(**changes)
    assert codes(registering(event, "ann@example.org")) == [code]
    assert refusals() == [("network.refused_register", code)]
    assert mails() == []


def test_a_place_given_back_is_offered_to_the_next_with_a_deadline(run_jobs: Jobs) -> None:
    event = an_event(capacity=1, offer_hours=24)
    ann, bob, _cem = registered(event, "ann@example.org", "bob@example.org", "cem@example.org")
    begin = utc_now()
    with freeze(begin):
        assert isinstance(give_back(ann.token), Ok)
        assert states(event) == {"ann": "cancelled", "bob": "offered", "cem": "waiting"}
        assert place_of(bob.reference).offered_until == begin + timedelta(hours=24)
        # A place on offer is nobody else's.
        assert codes(registering(event, "dee@example.org", accepts_queue=False)) == ["full"]
    with freeze(begin + timedelta(hours=23)):
        assert isinstance(accept(bob.token), Ok)
        assert states(event)["bob"] == "registered"
    with freeze(begin + timedelta(hours=25)):
        run_jobs()
        assert states(event)["bob"] == "registered"
    assert subjects("bob@example.org") == [
        "You are on the waiting list",
        mails("bob@example.org")[1]["subject"].partition(":")[0],
        "You have a place",
    ]


def test_an_offer_not_taken_goes_to_the_next_by_the_worker(run_jobs: Jobs) -> None:
    event = an_event(capacity=1, offer_hours=2)
    ann, bob, cem = registered(event, "ann@example.org", "bob@example.org", "cem@example.org")
    begin = utc_now()
    with freeze(begin):
        give_back(ann.token)
    with freeze(begin + timedelta(hours=1)):
        run_jobs()
        assert states(event)["bob"] == "offered"
    with freeze(begin + timedelta(hours=2, seconds=1)):
        run_jobs()
        assert states(event) == {"ann": "cancelled", "bob": "lapsed", "cem": "offered"}
        done = accept(bob.token)
        assert isinstance(done, Err)
        with unit_of_work():
            assert isinstance(places.queue_again(token=bob.token, by=SOMEBODY), Ok)
        assert states(event)["bob"] == "waiting"
        assert isinstance(give_back(cem.token), Ok)
        assert states(event)["bob"] == "offered"


def test_an_offer_taken_too_late_is_refused_even_before_the_worker_comes() -> None:
    event = an_event(capacity=1, offer_hours=2)
    ann, bob, _cem = registered(event, "ann@example.org", "bob@example.org", "cem@example.org")
    begin = utc_now()
    with freeze(begin):
        give_back(ann.token)
    with freeze(begin + timedelta(hours=2)):
        done = accept(bob.token)
    assert isinstance(done, Err)
    assert done.problem.code == "offer_over"
    assert states(event) == {"ann": "cancelled", "bob": "lapsed", "cem": "offered"}
    assert ("network.refused_accept", "offer_over") in refusals()


def test_only_a_place_that_is_offered_can_be_taken() -> None:
    event = an_event(capacity=1)
    ann, bob = registered(event, "ann@example.org", "bob@example.org")
    for one, code in ((ann, "state"), (bob, "not_offered")):
        done = accept(one.token)
        assert isinstance(done, Err)
        assert done.problem.code == code
    assert states(event) == {"ann": "registered", "bob": "waiting"}
    give_back(bob.token)
    done = accept(bob.token)
    assert isinstance(done, Err)
    assert done.problem.code == "not_offered"
    assert states(event) == {"ann": "registered", "bob": "cancelled"}


def test_the_daily_job_finds_what_the_worker_lost() -> None:
    event = an_event(capacity=1, offer_hours=2)
    ann, _bob = registered(event, "ann@example.org", "bob@example.org")
    with unit_of_work():
        place_of(ann.reference).state = "cancelled"
    places.sweep_offers()
    assert states(event)["bob"] == "offered"
    with freeze(utc_now() + timedelta(hours=3)):
        places.sweep_offers()
        assert states(event)["bob"] == "lapsed"


def test_a_queue_that_everybody_left_gives_the_place_to_the_next_to_come() -> None:
    event = an_event(capacity=1)
    ann, bob = registered(event, "ann@example.org", "bob@example.org")
    give_back(bob.token)
    give_back(ann.token)
    assert registered(event, "cem@example.org")[0].state == "registered"


def test_nobody_passes_the_queue() -> None:
    event = an_event(capacity=1)
    registered(event, "ann@example.org", "bob@example.org")
    with unit_of_work():
        running_event = queries.to_change(event.reference)
        assert running_event is not None
        running_event.capacity = 2
    assert registered(event, "cem@example.org")[0].state == "waiting"


@pytest.mark.parametrize(
    ("later", "words"), [(timedelta(minutes=1), "has begun"), (timedelta(days=1), "is over")]
)
def test_cancelling_after_the_event_is_refused_with_the_reason(
    later: timedelta, words: str
) -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    with freeze(event.starts_at + later):
        done = give_back(ann.token)
    assert isinstance(done, Err)
    assert words in done.problem.message
    assert refusals() == [("network.refused_cancel", "too_late")]
    assert states(event) == {"ann": "registered"}


def test_a_place_is_given_back_once_and_its_owner_may_come_back() -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    assert isinstance(give_back(ann.token), Ok)
    done = give_back(ann.token)
    assert isinstance(done, Err)
    assert done.problem.code == "not_registered"
    again = registered(event, "ann@example.org")[0]
    assert again.token != ann.token
    assert isinstance(give_back("nobody"), Err)


def test_more_places_go_to_the_queue_at_once() -> None:
    event = an_event(capacity=1)
    registered(event, "ann@example.org", "bob@example.org", "cem@example.org")
    with unit_of_work():
        found = queries.to_change(event.reference)
        assert found is not None
        found.capacity = 3
        assert places.offer_places(found) == 2
        assert places.offer_places(found) == 0
    assert states(event) == {"ann": "registered", "bob": "offered", "cem": "offered"}


def test_the_link_works_after_the_portals_key_was_changed(app: Flask) -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    before = app.secret_key
    app.secret_key = "another key altogether"
    try:
        assert event_people.by_token(token_hash(ann.token)) is not None
        with unit_of_work():
            link = event_mails.link_to(place_of(ann.reference))
        token = link.rpartition("/")[2]
        assert token != ann.token
        found = event_people.by_token(token_hash(token))
        assert found is not None
        assert found.reference == ann.reference
    finally:
        app.secret_key = before


# --- Reminders and mail ----------------------------------------------------------------------


def test_reminders_a_week_and_a_day_before_once_each() -> None:
    event = an_event(online_address="https://meet.example/a", mode="both")
    registered(event, "ann@example.org", "bob@example.org", "cem@example.org")
    counted = []
    for days in (8, 7, 6, 1, 1, 0):
        with freeze(event.starts_at - timedelta(days=days, hours=1)):
            counted.append(event_reminders.remind_due())
    assert counted == [0, 2, 0, 2, 0, 0]
    assert subjects("ann@example.org") == ["You have a place", "Reminder", "Reminder"]
    assert subjects("cem@example.org") == ["You are on the waiting list"]
    assert "https://meet.example/a" in mails("ann@example.org")[1]["text"]
    assert "https://meet.example/a" not in mails("cem@example.org")[0]["text"]


def test_an_event_that_moves_is_reminded_of_again() -> None:
    event = an_event()
    registered(event, "ann@example.org")
    begins = event.starts_at
    with freeze(begins - timedelta(days=7)):
        assert event_reminders.remind_due() == 1
        day = london(begins + timedelta(days=30)).date()
        details = EventDetails(
            title=event.title,
            summary=event.summary,
            mode="in_person",
            day=day,
            starts="10:00",
            ends="12:00",
            place=event.place,
            capacity=2,
        )
        with unit_of_work():
            done = running.change(reference=event.reference, revision=0, details=details, by=STAFF)
        assert isinstance(done, Ok), done
        assert event_reminders.remind_due() == 0
    for days in (7, 1):
        with freeze(begins + timedelta(days=30 - days)):
            assert event_reminders.remind_due() == 1


def test_places_that_are_taken_cannot_be_taken_away() -> None:
    event = an_event(capacity=3)
    registered(event, "ann@example.org", "bob@example.org")
    details = EventDetails(
        title="x",
        summary="x",
        mode="in_person",
        day=london(event.starts_at).date(),
        starts="10:00",
        ends="12:00",
        place="Hall",
        capacity=1,
    )
    with unit_of_work():
        done = running.change(reference=event.reference, revision=0, details=details, by=STAFF)
    assert codes(done) == ["capacity_taken"]


def test_a_cancelled_event_is_not_reminded_of() -> None:
    event = an_event()
    registered(event, "ann@example.org")
    with unit_of_work():
        running.cancel(reference=event.reference, reason="Snow", by=STAFF)
    with freeze(event.starts_at - timedelta(days=1)):
        assert event_reminders.remind_due() == 0


def test_who_refuses_mail_about_events_gets_none_and_staff_see_it() -> None:
    event = an_event()
    with unit_of_work():
        current_session().add(MailRefusal(email="ann@example.org", kind="events"))
    ann = registered(event, "ann@example.org")[0]
    assert ann.mailed is False
    assert mails() == []
    people, _total = event_people.people(event.id)
    assert [one.no_mail for one in people] == [True]


def test_everybody_is_told_once_that_an_event_is_cancelled(run_jobs: Jobs) -> None:
    event = an_event()
    registered(event, "ann@example.org", "bob@example.org", "cem@example.org")
    with unit_of_work():
        assert isinstance(
            running.cancel(reference=event.reference, reason="The hall floods.", by=STAFF), Ok
        )
    run_jobs()
    event_mails.carry({"event": event.reference, "what": "cancelled", "sequence": 1})
    for name in ("ann", "bob", "cem"):
        to_them = mails(f"{name}@example.org")
        assert [mail["subject"].partition(":")[0] for mail in to_them][1:] == ["Cancelled"]
        assert "The hall floods." in to_them[1]["text"]
        assert to_them[1]["unsubscribe"]


def test_mails_say_londons_time_in_summer_and_winter() -> None:
    for month, hour in ((7, 9), (12, 10)):
        starts = datetime(2030, month, 2, hour, 0, tzinfo=UTC)
        event = an_event(starts_at=starts, ends_at=starts + timedelta(hours=1), closes_at=starts)
        registered(event, f"m{month}@example.org")
        assert "10:00 to 11:00 (UK time)" in mails(f"m{month}@example.org")[0]["text"]


def test_the_days_work_is_safe_to_repeat() -> None:
    event = an_event()
    registered(event, "ann@example.org")
    with freeze(event.ends_at + timedelta(hours=1)):
        assert running.end_events() == 1
        assert running.end_events() == 0
        assert [name for name in run_daily() if name.startswith("network.event")] == []
    assert current_session().get_one(type(event), event.id).state == "held"
