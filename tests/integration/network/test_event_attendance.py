"""Coming to an event: checking in, and what it alone releases: certificate, feedback, output."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers.queries import employer_profile_by_id
from portal.employers.queries.held import TableShown
from portal.integrations.pdf import page_count
from portal.integrations.storage import storage
from portal.kernel.clock import freeze, london, today, utc_now
from portal.kernel.result import Err, Ok
from portal.network.events import FEEDBACK, REGISTRATIONS, same_events
from portal.network.models import Event, EventRegistration
from portal.network.queries import event_results
from portal.network.service import event_attendance as attendance
from portal.network.service import event_certificates as certificates
from portal.network.service.event_attendance import FeedbackWords
from tests.factories.employers import make_employer
from tests.integration.network.event_world import (
    SOMEBODY,
    STAFF,
    an_event,
    mails,
    officer_signs_in,
    place_of,
    refusals,
    registered,
    subjects,
    text_of,
)
from tests.support.client import PortalClient

Jobs = Callable[[], int]


def check_in(event: Event, reference: str) -> Any:
    with unit_of_work():
        return attendance.check_in(event_reference=event.reference, reference=reference, by=STAFF)


def came(event: Event, *people: Any) -> None:
    with freeze(event.starts_at):
        for one in people:
            assert isinstance(check_in(event, one.reference), Ok)


def say(token: str, **changes: Any) -> Any:
    with unit_of_work():
        said = FeedbackWords(**{"useful": 5, "again": 4, **changes})
        return attendance.say(token=token, said=said, by=SOMEBODY)


def test_registering_alone_releases_nothing(client: PortalClient, session: PortalSession) -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    with freeze(event.ends_at + timedelta(hours=1)):
        assert isinstance(certificates.file_of(ann.reference), Err)
        done = say(ann.token)
        assert isinstance(done, Err)
        assert done.problem.code == "not_came"
        page = client.get(f"/events/feedback/{ann.token}")
        assert "Only people who came can say" in page.text
        refused = client.get(f"/events/r/{ann.token}/certificate.pdf", follow_redirects=True)
        assert "The certificate is for those who came" in refused.text
    assert refusals() == [("network.refused_feedback", "not_came")]
    assert event_results.output() == event_results.Output(0, 0, 0)


def test_who_came_gets_a_certificate_by_the_worker_and_is_asked(
    client: PortalClient, session: PortalSession, run_jobs: Jobs
) -> None:
    event = an_event(title="Share <one> post & more")
    ann, _bob = registered(event, "ann@example.org", "bob@example.org")
    came(event, ann)
    with freeze(event.starts_at + timedelta(minutes=30)):
        run_jobs()
        assert place_of(ann.reference).certificate_state == "making"
        page = client.get(f"/events/r/{ann.token}")
        assert "It is made when the event is over" in page.text
    with freeze(event.ends_at + timedelta(minutes=1)):
        run_jobs()
        place = place_of(ann.reference)
        assert place.certificate_state == "ready"
        file = client.get(f"/events/r/{ann.token}/certificate.pdf")
        assert file.mimetype == "application/pdf"
        assert page_count(file.data) == 1
        # Run again after a crash: nothing is drawn or sent twice.
        certificates.draw({"registration": ann.reference})
        assert subjects("ann@example.org") == ["You have a place", "Thank you for coming"]
        thanks = mails("ann@example.org")[1]["text"]
        assert f"/events/feedback/{ann.token}" in thanks
        assert subjects("bob@example.org") == ["You have a place"]
    storage().delete(place.certificate_key)
    assert certificates.file_of(ann.reference) == Err(certificates.DAMAGED)


def test_feedback_is_given_once_and_read_without_names(
    client: PortalClient, session: PortalSession
) -> None:
    event = an_event()
    ann, bob = registered(event, "ann@example.org", "bob@example.org")
    came(event, ann, bob)
    path = f"/events/feedback/{ann.token}"
    assert "Choose how useful it was" in client.submit(path).text
    done = client.submit(
        path, {"useful": "5", "again": "4", "will_do": "Ask the team", "better": "<b>Tea</b>"}
    )
    assert "Thank you" in done.text
    assert say(ann.token) == Err(attendance.SAID)
    assert isinstance(say(bob.token, useful=2, again=2), Ok)
    bad = say(bob.token, useful=9)
    assert isinstance(bad, Err)
    said = event_results.said_of(event.id)
    assert (said.number, said.useful, said.again) == (2, 3.5, 3.0)
    officer_signs_in(client)
    page = text_of(client.get(f"/events/{event.reference}/results"))
    assert "Ask the team" in page
    assert "Ann" not in page
    assert "One network activity, with 2 people checked in from 0 employers" in page


def test_staff_check_in_from_the_list_and_take_it_back(
    client: PortalClient, session: PortalSession, run_jobs: Jobs
) -> None:
    event = an_event(capacity=1, starts_at=utc_now() + timedelta(hours=2))
    ann, bob = registered(event, "ann@example.org", "bob@example.org")
    officer_signs_in(client)
    path = f"/events/{event.reference}/attendees"
    early = client.submit(path, form=f"{path}/{ann.reference}/came")
    assert "Check-in opens an hour before" in early.text
    with freeze(event.starts_at - timedelta(minutes=30)):
        officer_signs_in(client)
        listed = client.submit(path, form=f"{path}/{ann.reference}/came")
        assert "Example Ann is checked in" in listed.text
        person = f"{path}/{ann.reference}"
        undone = client.submit(person, form=f"{person}/undo")
        assert "is not checked in any more" in undone.text
        assert place_of(ann.reference).certificate_state == "none"
        client.submit(person, form=f"{person}/came")
        waiting = check_in(event, bob.reference)
        assert isinstance(waiting, Err)
        assert waiting.problem.code == "no_place"
    with freeze(event.ends_at + timedelta(minutes=5)):
        run_jobs()
        assert place_of(ann.reference).certificate_state == "ready"
        assert len([one for one in subjects("ann@example.org") if "Thank" in one]) == 1
        assert isinstance(say(ann.token), Ok)
        officer_signs_in(client)
        kept = client.submit(person, form=f"{person}/undo")
        assert "so they did come" in kept.text
        assert client.get(f"{path}/0000000000").status_code == 404


def test_people_check_in_by_the_code_at_the_door(
    client: PortalClient, session: PortalSession
) -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    path = f"/events/check-in/{event.checkin_code}"
    assert "Check-in opens an hour before" in client.get(path).text
    with freeze(event.starts_at):
        wrong = client.submit(path, {"email": "bob@example.org"})
        assert "Nobody with this address has a place" in wrong.text
        done = client.submit(path, {"email": "Ann@Example.org"})
        assert "You are checked in" in done.text
        client.submit(path, {"email": "ann@example.org"})
    with freeze(event.ends_at + timedelta(hours=3)):
        assert "Check-in is closed" in client.get(path).text
        with unit_of_work():
            late = attendance.check_in_myself(
                code=event.checkin_code, email="ann@example.org", by=SOMEBODY
            )
        assert isinstance(late, Err)
    assert place_of(ann.reference).attended_at == event.starts_at
    assert refusals() == [
        ("network.refused_check_in", "unknown"),
        ("network.refused_check_in", "too_late"),
    ]
    assert client.get("/events/check-in/nobody").status_code == 404
    officer_signs_in(client)
    assert event.checkin_code in client.get(f"/events/{event.reference}/door").text
    assert client.get(f"/events/{event.reference}/door.svg").mimetype == "image/svg+xml"


def test_a_cancelled_event_checks_nobody_in(client: PortalClient, session: PortalSession) -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    with unit_of_work():
        found = current_session().get_one(Event, event.id)
        found.state, found.cancelled_reason = "cancelled", "Snow"
    with freeze(event.starts_at):
        done = check_in(event, ann.reference)
    assert isinstance(done, Err)
    assert done.problem.code == "event_state"


def test_the_output_counts_events_people_and_employers_by_londons_days(
    session: PortalSession,
) -> None:
    with unit_of_work():
        employer = make_employer()
    first, second, third = an_event(), an_event(capacity=None), an_event()
    ann, bob = registered(first, "ann@example.org", "bob@example.org")
    cem = registered(second, "cem@example.org")[0]
    registered(third, "dee@example.org")
    with unit_of_work():
        for one in (ann, cem):
            done = attendance.link_employer(
                event_reference=(first if one is ann else second).reference,
                reference=one.reference,
                employer=employer.reference.lower(),
                by=STAFF,
            )
            assert isinstance(done, Ok)
    came(first, ann, bob)
    came(second, cem)
    assert event_results.output() == event_results.Output(2, 3, 1)
    assert event_results.output(event_id=first.id) == event_results.Output(1, 2, 1)
    day = london(first.starts_at).date()
    assert event_results.output(since=day, until=day).activities == 2
    assert event_results.output(since=day + timedelta(days=1)).activities == 0
    assert event_results.output(until=today()).activities == 0


def test_staff_say_from_which_employer_somebody_came(
    client: PortalClient, session: PortalSession
) -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    with unit_of_work():
        employer = make_employer(name="Linked Ltd")
    officer_signs_in(client)
    path = f"/events/{event.reference}/attendees/{ann.reference}"
    wrong = client.submit(path, {"employer": "NOBODY"}, form=f"{path}/employer")
    assert "no employer with this reference" in wrong.text
    done = client.submit(path, {"employer": employer.reference}, form=f"{path}/employer")
    assert "Linked Ltd" in done.text


def test_the_same_person_of_two_records_of_one_employer_counts_once(
    session: PortalSession,
) -> None:
    event, other = an_event(), an_event()
    one = registered(event, "ann@example.org")[0]
    again = registered(other, "ann@example.org")[0]
    with unit_of_work():
        kept, merged = make_employer(), make_employer()
        place_of(one.reference).employer_id = merged.id
        place_of(again.reference).employer_id = merged.id
        cancelled = place_of(one.reference)
        cancelled.state = "cancelled"
        current_session().add(
            EventRegistration(
                event_id=event.id,
                employer_id=kept.id,
                name="Example Ann",
                email="ann@example.org",
                state="registered",
                answers={},
                token_hash="0" * 64,
            )
        )
    effect = same_events(kept.id, merged.id)
    assert list(effect.staying) == [cancelled.id]
    assert employer_profile_by_id(kept.id) is not None


@pytest.mark.parametrize("employer", [True, False])
def test_what_an_employer_is_given_leaves_out_what_people_told_the_organisers(
    session: PortalSession, employer: bool
) -> None:
    event = an_event(title="Share one post")
    ann = registered(event, "ann@example.org")[0]
    with unit_of_work():
        owner = make_employer()
        place_of(ann.reference).needs = "A private need"
        place_of(ann.reference).employer_id = owner.id if employer else None
    header, rows = REGISTRATIONS.table(owner.id)
    assert "Event" in header
    assert len(rows) == int(employer)
    assert "private need" not in str(rows)


@pytest.mark.parametrize("shown", [event_results.HELD, event_results.FEEDBACK])
def test_each_column_is_shown_or_left_out_by_name(shown: TableShown) -> None:
    assert {*shown.columns, *shown.left_out} == {column.name for column in shown.table.columns}
    assert not set(shown.columns) & shown.left_out


def test_an_employer_learns_that_feedback_was_given_and_not_what_it_says(
    session: PortalSession,
) -> None:
    event = an_event(title="Share one post")
    ann = registered(event, "ann@example.org")[0]
    with unit_of_work():
        owner = make_employer()
        place_of(ann.reference).employer_id = owner.id
    came(event, ann)
    assert isinstance(say(ann.token, better="Warmer tea"), Ok)
    header, rows = FEEDBACK.table(owner.id)
    assert header == ["Given", "Event"]
    assert [row[1] for row in rows] == ["Share one post"]
