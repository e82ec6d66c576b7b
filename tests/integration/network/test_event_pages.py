"""Pages of events: what visitors see and do, and what stays with those who may read it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import Employer
from portal.kernel.clock import london, utc_now
from portal.network.models import Event, EventRegistration
from portal.network.queries import events as queries
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_provider
from tests.factories.employers import make_employer
from tests.factories.network import make_event
from tests.integration.network.event_world import (
    an_event,
    filled,
    mails,
    officer_signs_in,
    place_of,
    refusals,
    registered,
    states,
    text_of,
)
from tests.support.client import PortalClient

SCRIPT = "<script>alert(1)</script>"


def only_event() -> Event:
    return current_session().query(Event).populate_existing().one()


def token_on(client: PortalClient, path: str) -> str:
    """The token of the forms on a page."""
    found = client.soup(path).find("input", {"name": "csrf_token"})
    assert found is not None
    return str(found["value"])


def registers(client: PortalClient, event: Event, **data: object) -> str:
    """Register on the page; the address of the place."""
    values = {"name": "Example Ann", "email": "ann@example.org", **data}
    done = client.submit(f"/events/{event.reference}/register", values, follow=False)
    assert done.status_code == 302, text_of(done)
    return str(done.location)


def test_staff_make_publish_and_change_an_event(
    client: PortalClient, session: PortalSession
) -> None:
    officer_signs_in(client)
    day = london(utc_now() + timedelta(days=20))
    wrong = client.submit("/events/new", filled(day, ends="9:00", q2_choices="Care"))
    assert "The end must be after the start" in wrong.text
    assert "Enter 2 to 10 different choices" in wrong.text
    done = client.submit("/events/new", filled(day), follow=False)
    assert done.status_code == 302
    event = only_event()
    assert (event.state, event.sequence) == ("draft", 0)
    assert (london(event.starts_at).hour, london(event.ends_at).hour) == (9, 11)
    assert [question["key"] for question in event.questions] == ["q1", "q2"]
    assert "This is a draft" in client.get(done.location).text
    assert "Share one post" in client.get("/events").text
    client.submit(f"{done.location}/publish", {"invite": "nobody"})
    assert only_event().state == "published"
    edit = f"{done.location}/edit"
    stale = client.submit(edit, filled(day, revision="99"))
    assert "Somebody else has changed this event" in stale.text
    client.submit(edit, filled(day, starts="10:00", q1_text=""))
    event = only_event()
    assert (event.sequence, london(event.starts_at).hour) == (1, 10)
    assert [question["key"] for question in event.questions] == ["q2"]


def test_a_draft_is_for_those_who_run_it_only(client: PortalClient, session: PortalSession) -> None:
    event = an_event(state="draft", title="Not yet")
    for path in ("", "/event.ics", "/register"):
        assert client.get(f"/events/{event.reference}{path}").status_code == 404
    assert "Not yet" not in client.get("/events").text
    with unit_of_work():
        provider = make_provider()
    sign_in(client, provider.adviser)
    assert client.get(f"/events/{event.reference}").status_code == 404
    assert client.get("/events/NOBODY").status_code == 404
    assert client.get("/events/%00").status_code == 404


def test_somebody_registers_without_an_account_and_gives_the_place_back(
    client: PortalClient, session: PortalSession
) -> None:
    event = an_event(
        mode="both",
        online_address="https://meet.example/secret",
        questions=[
            {"key": "q1", "text": "A rota?", "kind": "yes_no", "choices": [], "required": True},
            {
                "key": "q2",
                "text": "Table",
                "kind": "choice",
                "choices": ["A", "B"],
                "required": False,
            },
        ],
    )
    page = client.get(f"/events/{event.reference}")
    assert "2 of 2 are free" in text_of(page)
    assert "meet.example" not in page.text
    missing = client.submit(f"/events/{event.reference}/register", {"name": "Example Ann"})
    assert "Enter your email address" in missing.text
    assert "Answer “A rota?”" in missing.text
    address = registers(client, event, answer_q1="yes", answer_q2="B", needs="Captions")
    place = current_session().query(EventRegistration).one()
    assert place.answers == {
        "q1": {"text": "A rota?", "answer": "Yes"},
        "q2": {"text": "Table", "answer": "B"},
    }
    page = client.get(address)
    assert "You have a place" in page.text
    assert "https://meet.example/secret" in page.text
    assert client.get(f"{address}/ticket.svg").mimetype == "image/svg+xml"
    twice = client.submit(
        f"/events/{event.reference}/register",
        {"name": "Example Ann", "email": "Ann@example.org", "answer_q1": "no"},
    )
    assert "This address is registered for this event already" in twice.text
    gone = client.submit(address, form=f"{address}/cancel")
    assert "You are not registered any more" in gone.text
    assert "meet.example" not in gone.text
    assert states(event) == {"ann": "cancelled"}


def test_the_last_place_goes_while_a_page_is_open(
    client: PortalClient, session: PortalSession
) -> None:
    event = an_event(capacity=1)
    path = f"/events/{event.reference}/register"
    values = {"name": "Example Bob", "email": "bob@example.org", "queue": ""}
    token = token_on(client, path)
    registered(event, "ann@example.org")
    late = client.post(path, data={**values, "csrf_token": token})
    assert "The last place has just been taken" in late.text
    assert "Join the waiting list" in late.text
    address = registers(client, event, name="Example Bob", email="bob@example.org")
    assert "You are number 1 in the queue" in client.get(address).text


def test_an_offer_is_taken_by_its_link_and_looking_changes_nothing(
    client: PortalClient, session: PortalSession
) -> None:
    event = an_event(capacity=1)
    ann, bob = registered(event, "ann@example.org", "bob@example.org")
    client.submit(f"/events/r/{ann.token}", form=f"/events/r/{ann.token}/cancel")
    link = re.search(r"/events/r/[\w-]+", mails("bob@example.org")[-1]["text"])
    assert link is not None
    assert link[0] == f"/events/r/{bob.token}"
    page = client.get(link[0])
    assert "A place is yours if you take it" in page.text
    assert states(event)["bob"] == "offered"
    taken = client.submit(link[0], form=f"{link[0]}/accept")
    assert "The place is yours" in taken.text
    assert states(event)["bob"] == "registered"
    again = client.post(
        f"{link[0]}/accept",
        data={"csrf_token": token_on(client, link[0])},
        follow_redirects=True,
    )
    assert "cannot become registered" in again.text
    assert client.get("/events/r/nobody").status_code == 404


def test_scripts_in_every_field_stay_letters(client: PortalClient, session: PortalSession) -> None:
    officer_signs_in(client)
    day = london(utc_now() + timedelta(days=20))
    words = dict.fromkeys(("title", "about", "body", "place", "access_notes", "q1_text"), SCRIPT)
    done = client.submit(
        "/events/new",
        filled(day, **words, q1_kind="text", q1_required="", q2_text=""),
        follow=False,
    )
    client.submit(f"{done.location}/publish", {"invite": "nobody"})
    event = only_event()
    registers(client, event, name=SCRIPT, business=SCRIPT, needs=SCRIPT, answer_q1=SCRIPT)
    place = current_session().query(EventRegistration).one()
    paths = [
        *("", "/register", "/attendees", f"/attendees/{place.reference}", "/edit", "/results"),
        *("/door", "/cancel"),
    ]
    pages = [client.get(f"/events/{event.reference}{path}") for path in paths]
    for page in [*pages, client.get("/events")]:
        assert page.status_code == 200
        assert SCRIPT not in page.text
    mail = mails("ann@example.org")[0]
    assert SCRIPT not in mail["html"]


def test_names_are_for_those_who_run_the_event(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        provider, other = make_provider(), make_provider()
        event = make_event(organisation_id=provider.organisation.id)
    ann = registered(event, "ann@example.org")[0]
    paths = ("attendees", "attendees.csv", f"attendees/{ann.reference}", "results", "door")
    for path in paths:
        assert client.get(f"/events/{event.reference}/{path}").status_code == 302
    for page in ("/events", f"/events/{event.reference}", "/events/feed.ics"):
        assert "Ann" not in client.get(page).text
    sign_in(client, other.adviser)
    for path in (*paths, "edit", "cancel"):
        assert client.get(f"/events/{event.reference}/{path}").status_code == 403
    sign_in(client, provider.adviser)
    for path in paths:
        assert client.get(f"/events/{event.reference}/{path}").status_code == 200
    assert "Example Ann" in client.get(f"/events/{event.reference}/attendees").text


def test_the_list_to_take_away_is_harmless_in_a_spreadsheet(
    client: PortalClient, session: PortalSession
) -> None:
    question = {"key": "q1", "text": "Why?", "kind": "text", "choices": [], "required": False}
    event = an_event(questions=[question])
    registers(client, event, name="=HYPERLINK(1)", answer_q1="+1", business="Example Ltd")
    officer_signs_in(client)
    lines = client.get(f"/events/{event.reference}/attendees.csv").data.decode("utf-8-sig")
    head, row = lines.splitlines()
    assert head.endswith("Came,Needs,Why?")
    assert row.startswith("'=HYPERLINK(1),ann@example.org,Example Ltd")
    assert row.endswith(",'+1")


def test_a_member_registers_for_one_of_their_own_employers_only(
    client: PortalClient, session: PortalSession
) -> None:
    event = an_event(capacity=None)
    with unit_of_work():
        user = make_user("owner@example.org", name="Example Owner")
        own = make_employer(owner_id=user.id, name="Own Ltd")
        other = make_employer(name="Other Ltd")
    sign_in(client, user)
    path = f"/events/{event.reference}/register"
    page = client.get(path)
    assert "Own Ltd" in page.text
    assert "Other Ltd" not in page.text
    wrong = client.submit(path, {"employer": other.reference})
    assert "Choose one of the options on the page" in wrong.text
    client.submit(path, {"employer": own.reference})
    place = current_session().query(EventRegistration).one()
    found = current_session().get(Employer, place.employer_id)
    assert found is not None
    assert (found.name, place.user_id, place.business) == ("Own Ltd", user.id, "Own Ltd")


def test_staff_cancel_an_event_and_everybody_is_told(
    client: PortalClient, session: PortalSession, run_jobs: object
) -> None:
    event = an_event()
    ann = registered(event, "ann@example.org")[0]
    officer_signs_in(client)
    path = f"/events/{event.reference}/cancel"
    assert "Say why" in client.submit(path).text
    done = client.submit(path, {"reason": "The hall floods."})
    assert "This event is cancelled: The hall floods." in text_of(done)
    assert callable(run_jobs)
    run_jobs()
    assert mails("ann@example.org")[-1]["subject"].startswith("Cancelled")
    page = client.get(f"/events/r/{ann.token}")
    assert "The hall floods." in page.text
    assert "Give my place back" not in page.text
    refused = client.get(f"/events/{event.reference}/register")
    assert "This event is cancelled" in refused.text
    again = client.submit(path, {"reason": "Once more"})
    assert "cannot become cancelled" in again.text
    assert ("network.refused_cancel_event", "state") in refusals()


def test_registering_is_limited(client: PortalClient, session: PortalSession) -> None:
    event = an_event()
    path = f"/events/{event.reference}/register"
    token = token_on(client, path)
    statuses = {
        client.post(path, data={"csrf_token": token, "name": "x"}).status_code for _ in range(21)
    }
    assert statuses == {200, 429}


def test_events_are_found_by_series_theme_sector_and_time(
    client: PortalClient, session: PortalSession
) -> None:
    officer_signs_in(client)
    client.submit("/events/series/new", {"title": "Rotas", "about": "What works."})
    twice = client.submit("/events/series/new", {"title": "rotas"})
    assert "Another series has this title" in twice.text
    one = queries.all_series()[0]
    client.submit(f"/events/series/{one.reference}/edit", {"title": "Fair rotas"})
    with unit_of_work():
        make_event(title="In the series", series_id=one.id, mode="online", sectors=["retail"])
        make_event(title="For care", sectors=["social_care"], dimension="training")
        make_event(title="For all", mode="both")
        make_event(title="Long ago", starts_at=utc_now() - timedelta(days=9), state="held")
    shown = {
        f"series={one.reference}": {"In the series"},
        "mode=online": {"In the series", "For all"},
        "sector=retail": {"In the series", "For all"},
        "dimension=training": {"For care"},
        "when=past": {"Long ago"},
        "": {"In the series", "For care", "For all"},
        "mode=no&sector=%22&page=-1": {"In the series", "For care", "For all"},
        "series=%00": set(),
    }
    everything = {"In the series", "For care", "For all", "Long ago"}
    for asked, titles in shown.items():
        text = text_of(client.get(f"/events?{asked}"))
        assert {title for title in everything if title in text} == titles, asked
    assert "What works." not in client.get("/events").text
    assert "<h1" in client.get(f"/events?series={one.reference}").text


@pytest.mark.parametrize("number", [3, 40])
def test_pages_ask_the_database_as_often_for_many_as_for_few(
    client: PortalClient, session: PortalSession, number: int
) -> None:
    event = an_event(capacity=None)
    people = [f"p{one}@example.org" for one in range(number)]
    with unit_of_work():
        for _ in range(number):
            make_event()
    registered(event, *people)
    client.get("/events")
    assert len(client.statements) <= 3
    client.get(f"/events/{event.reference}")
    assert len(client.statements) <= 1
    client.get("/events/feed.ics")
    assert len(client.statements) <= 1
    officer_signs_in(client)
    client.get(f"/events/{event.reference}/attendees")
    assert len(client.statements) <= 8, client.statements
    assert place_of(event_place(event)).state == "registered"


def event_place(event: Event) -> str:
    found = current_session().query(EventRegistration).filter_by(event_id=event.id).first()
    assert found is not None
    return found.reference
