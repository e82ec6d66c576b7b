"""The main navigation: drawn once for each set of entries, and never somebody else's."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from portal.db import unit_of_work
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_lep_officer, make_provider
from tests.factories.employers import make_employer, make_membership


def entries(soup) -> dict[str, str]:
    found = soup.select('nav[aria-label="Main"] a')
    return {link.get_text(strip=True): link["href"] for link in found}


def lit(soup) -> list[str]:
    here = soup.select('nav[aria-label="Main"] [aria-current]')
    return [link.get_text(strip=True) for link in here]


def test_each_sees_their_own_and_where_they_are(app: Flask, session) -> None:
    with unit_of_work():
        officer, provider = make_lep_officer(), make_provider()
    seen = {}
    # Twice, since the second time nothing is drawn.
    for _ in range(2):
        for name, person in (("officer", officer), ("adviser", provider.adviser)):
            client = app.test_client()
            sign_in(client, person)
            for path in ("/cases", "/events"):
                soup = client.soup(path)
                assert seen.setdefault((name, path), (entries(soup), lit(soup))) == (
                    entries(soup),
                    lit(soup),
                )
        visitor = app.test_client().soup("/events")
        assert "/cases" not in entries(visitor).values()
    assert entries(client.soup("/cases")) == seen["adviser", "/events"][0]
    assert seen["officer", "/cases"][0] != seen["adviser", "/cases"][0]
    for name in ("officer", "adviser"):
        (at_cases,), (at_events,) = seen[name, "/cases"][1], seen[name, "/events"][1]
        assert at_cases != at_events


def test_people_of_two_employers_are_each_led_to_their_own(app: Flask, session) -> None:
    with unit_of_work():
        people = []
        for name in ("First Example Ltd", "Second Example Ltd"):
            person, employer = make_user(), make_employer(name=name)
            make_membership(employer_id=employer.id, user_id=person.id)
            people.append((person, employer.reference))
    for _ in range(2):
        for person, reference in people:
            client = app.test_client()
            sign_in(client, person)
            own = [href for href in entries(client.soup("/help")).values() if reference in href]
            others = {other for _person, other in people} - {reference}
            assert own
            assert not any(other in client.get("/help").text for other in others)


def test_addresses_begin_with_the_folder_it_is_served_from(app: Flask, session) -> None:
    with unit_of_work():
        officer = make_lep_officer()
    client = app.test_client()
    sign_in(client, officer)
    plain = entries(client.soup("/help"))
    # A client that does not look where links lead: here there is no such folder.
    bare = FlaskClient(app, app.response_class)
    sign_in(bare, officer)
    within = bare.get("/help", environ_overrides={"SCRIPT_NAME": "/talent"}).text
    assert all(f'href="/talent{href}"' in within for href in plain.values())
    assert entries(client.soup("/help")) == plain
