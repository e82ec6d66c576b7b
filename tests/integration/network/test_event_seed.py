"""The demonstration's events are what they say they are."""

from __future__ import annotations

from sqlalchemy import select

from portal.cli.seed_network_events import seed_network_events
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.people import Author
from portal.network.models import Event
from portal.network.queries import event_results
from portal.network.queries import events as queries
from tests.factories.accounts import make_user
from tests.factories.employers import make_employer
from tests.factories.network import make_member


def test_one_event_was_one_is_full_and_one_is_online(session: PortalSession) -> None:
    with unit_of_work():
        people = [make_user(f"seed{number}@example.org") for number in range(3)]
        cafe, home = (make_employer(owner_id=person.id) for person in people[:2])
        for employer in (cafe, home, make_employer(), make_employer()):
            make_member(employer)
    authors = [Author(person.id, "Example Person", person.email) for person in people]
    made = seed_network_events(
        cafe=cafe.reference, home=home.reference, owner=authors[0], carer=authors[1], by=authors[2]
    )
    assert made == 4
    references = current_session().scalars(select(Event.reference).order_by(Event.starts_at))
    past, full, online, draft = (queries.event(reference) for reference in references)
    assert past is not None
    assert full is not None
    assert online is not None
    assert draft is not None
    assert [one.state for one in (past, full, online, draft)] == [
        *("held", "published"),
        *("published", "draft"),
    ]
    assert all("example" in one.title.lower() for one in (past, full, online, draft))
    assert event_results.said_of(past.id).number == 3
    assert event_results.output(event_id=past.id) == event_results.Output(1, 5, 4)
    assert event_results.counts(past.id)["registered"] == 6
    assert (full.is_full, full.taken, full.waiting) == (True, 3, 2)
    assert online.online_address
    assert online.taken == 2
