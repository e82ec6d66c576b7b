"""Members invited by mail as an event is published: whom it suits, and each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.accounts.models import User
from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import Employer
from portal.kernel.clock import london, utc_now
from portal.kernel.result import Err, Ok
from portal.network.models import Event, ForumSubscription
from portal.network.queries import event_audience
from portal.network.queries import events as queries
from portal.network.service import event_invites, events
from portal.network.service import mails as refusals
from tests.factories.accounts import make_user
from tests.factories.employers import make_employer, make_membership
from tests.factories.network import make_category, make_member
from tests.factories.peers import make_offer, make_request, make_scores
from tests.integration.network.event_world import (
    STAFF,
    an_event,
    filled,
    mails,
    officer_signs_in,
    text_of,
)
from tests.support.client import PortalClient


def member(name: str, *, sector: str = "retail", district: str = "leeds") -> tuple[Employer, User]:
    """Somebody of an employer in the network."""
    user = make_user(name=name, email=f"{name.lower()}@example.org")
    employer = make_employer(owner_id=user.id, sector=sector, district=district)
    make_member(employer)
    return employer, user


def reached(event: Event, audience: str) -> list[str]:
    facts = queries.event(event.reference)
    assert facts is not None
    people = event_audience.people(facts, audience, after=0, limit=50)
    assert event_audience.numbers(facts)[audience] == len(people)
    return [person.name for person in people]


def a_draft(**changes: object) -> Event:
    values = {"state": "draft", "dimension": "scheduling", "sectors": ["retail"], **changes}
    return an_event(**{"districts": ["leeds", "york"], **values})


def published(event: Event, invite: str) -> Ok[Event] | Err:
    with unit_of_work():
        return events.publish(reference=event.reference, invite=invite, by=STAFF)


def test_sector_and_district_must_suit(session: PortalSession) -> None:
    with unit_of_work():
        member("Ann")
        member("Bob", district="york")
        member("Cem", sector="hospitality")
        member("Dee", district="bradford")
        outside = make_user(name="Eve", email="eve@example.org")
        make_employer(owner_id=outside.id, sector="retail", district="leeds")
    assert reached(a_draft(), "place") == ["Ann", "Bob"]
    assert reached(a_draft(sectors=[], districts=[]), "place") == ["Ann", "Bob", "Cem", "Dee"]


def test_a_theme_suits_by_what_a_member_did_itself(session: PortalSession) -> None:
    with unit_of_work():
        member("Nobody")
        asks, _ = member("Asks")
        make_request(asks, topic="scheduling")
        offers, _ = member("Offers")
        make_offer(offers, topics=("scheduling",))
        gap, _ = member("Gap")
        make_scores(gap, {"scheduling": 30})
        strong, _ = member("Strong")
        make_scores(strong, {"scheduling": 80})
        _follows, person = member("Follows")
        part = make_category(dimension="scheduling")
        session.add(ForumSubscription(user_id=person.id, category_id=part.id, how="digest"))
    event = a_draft()
    assert reached(event, "theme") == ["Asks", "Offers", "Gap", "Follows"]
    assert len(reached(event, "place")) == 6
    assert len(reached(a_draft(dimension=None), "theme")) == 6


def test_each_person_is_invited_once_and_may_refuse(
    session: PortalSession, run_jobs: Callable[[], object]
) -> None:
    with unit_of_work():
        employer, ann = member("Ann")
        second = make_employer(sector="retail", district="leeds")
        make_member(second)
        make_membership(employer_id=second.id, user_id=ann.id)
        colleague = make_user(name="Bob", email="bob@example.org")
        make_membership(employer_id=employer.id, user_id=colleague.id)
        _third, _cem = member("Cem")
        refusals.refuse(email="cem@example.org", kind="event_news")
        # Mail about one's own places is of another kind.
        refusals.refuse(email="bob@example.org", kind="events")
    event = a_draft()
    assert isinstance(published(event, "place"), Ok)
    payload = {"event": event.reference, "audience": "place"}
    event_invites.carry(payload)
    event_invites.carry(payload)
    assert sorted(mail["to"] for mail in mails()) == ["ann@example.org", "bob@example.org"]
    [mail] = mails("ann@example.org")
    assert mail["subject"].startswith("An event for you: ")
    assert "/mail/stop/" in mail["unsubscribe"]


def test_nobody_is_invited_unless_it_was_chosen(session: PortalSession) -> None:
    with unit_of_work():
        member("Ann")
    event = a_draft()
    wrong = published(event, "everybody")
    assert isinstance(wrong, Err)
    assert wrong.problem.field == "invite"
    assert isinstance(published(event, "nobody"), Ok)
    assert mails() == []


def test_an_event_that_is_cancelled_meanwhile_invites_nobody(session: PortalSession) -> None:
    with unit_of_work():
        member("Ann")
    event = a_draft()
    published(event, "place")
    with unit_of_work():
        events.cancel(reference=event.reference, reason="The hall is shut", by=STAFF)
    event_invites.carry({"event": event.reference, "audience": "place"})
    assert mails() == []


@pytest.mark.parametrize("theme", ["scheduling", None])
def test_staff_see_how_many_are_invited_before_they_publish(
    client: PortalClient, session: PortalSession, theme: str | None
) -> None:
    with unit_of_work():
        asks, _ = member("Ann")
        make_request(asks, topic="scheduling")
        member("Bob")
    event = a_draft(dimension=theme)
    officer_signs_in(client)
    path = f"/events/{event.reference}/publish"
    words = text_of(client.get(path))
    assert "Members in its sectors and districts: 2 people" in words
    assert ("whom its theme suits too: 1 person" in words) == (theme is not None)
    done = client.submit(path, {"invite": "place"})
    assert "Invitations are on their way" in done.text
    again = client.get(path)
    assert again.status_code == 302


def test_an_event_of_several_days_is_made_listed_and_put_into_a_calendar(
    client: PortalClient, session: PortalSession
) -> None:
    officer_signs_in(client)
    day = london(utc_now() + timedelta(days=20))
    last = day + timedelta(days=2)
    ends = {"ends_on-day": last.day, "ends_on-month": last.month, "ends_on-year": last.year}
    done = client.submit("/events/new", filled(day, **ends, ends="4pm"), follow=False)
    assert done.status_code == 302, text_of(done)
    client.submit(f"{done.location}/publish", {"invite": "nobody"})
    words = f"{last:%A} {last.day} {last:%B %Y}, 16:00"
    assert words in text_of(client.get(done.location))
    assert words in text_of(client.get("/events"))
    file = client.get(f"{done.location}/event.ics").get_data(as_text=True)
    assert f"DTEND;TZID=Europe/London:{last:%Y%m%d}T160000" in file
    # What was saved stands in the form again, and is kept when it is saved once more.
    client.submit(f"{done.location}/edit", {"title": "Share one post, again"})
    assert words in text_of(client.get(done.location))
