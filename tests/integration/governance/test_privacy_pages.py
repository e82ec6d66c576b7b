"""The notice, what people and employers agree to, and the register over all of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.audit import AuditEntry
from portal.governance.models import ConsentRecord
from portal.governance.queries import consents
from portal.governance.rules.consents import load_consents
from portal.kernel.clock import freeze
from portal.network.models import MailRefusal, NetworkConsent
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer, make_membership
from tests.support.client import PortalClient

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINE = "/account/privacy"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


def press(client: PortalClient, page: str, purpose: str, given: str) -> None:
    actions = [f["action"] for f in client.soup(page).find_all("form") if f.get("action")]
    action = next(one for one in actions if one.endswith(f"/{purpose}"))
    done = client.submit(page, {"given": given}, form=action)
    assert done.status_code == 200


def test_the_notice_stands_in_every_footer_and_keeps_its_versions(client: PortalClient) -> None:
    link = client.soup("/").find("footer").find("a", string="Privacy")
    soup = client.soup(link["href"])
    assert "Lawful basis" in soup.get_text()
    assert "Version 1" in soup.get_text()
    assert client.get("/privacy/versions/1").status_code == 200
    assert client.get("/privacy/versions/99").status_code == 404


def test_agreeing_and_taking_back_are_one_press_each_and_both_stay(
    client: PortalClient, session
) -> None:
    me = sign_in(client, make_user("me@example.org", name="Example Me"))
    assert client.soup(MINE).find(string="Not agreed")
    press(client, MINE, "news", "yes")
    assert client.soup(MINE).find(string="Agreed")
    # Pressing twice says nothing new.
    press(client, MINE, "news", "yes")
    press(client, MINE, "news", "no")
    rows = session.scalars(select(ConsentRecord).order_by(ConsentRecord.id)).all()
    assert [(r.user_id, r.purpose, r.given, r.words_version, r.how) for r in rows] == [
        (me.id, "news", True, 1, "page"),
        (me.id, "news", False, 1, "page"),
    ]
    said = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject == f"user:{me.id}")
    ).all()
    assert [one for one in said if one.startswith("consent")] == [
        "consent.given",
        "consent.withdrawn",
    ]


def test_nobody_agrees_for_an_employer_but_its_owners(client: PortalClient, app: Flask) -> None:
    owner, member, other = make_user(), make_user(), make_user()
    with unit_of_work():
        employer = make_employer(owner_id=owner.id)
        make_membership(employer_id=employer.id, user_id=member.id)
        key, page = employer.id, f"/employers/{employer.reference}/agreements"
    sign_in(client, owner)
    press(client, page, "named", "yes")
    assert consents.of_employer(key)["named"].given
    for person, read in ((member, 200), (other, 403)):
        browser = app.test_client()
        sign_in(browser, person)
        assert browser.get(page).status_code == read
        token = browser.soup(MINE).find("input", {"name": "csrf_token"})["value"]
        answer = browser.post(f"{page}/named", data={"given": "no", "csrf_token": token})
        assert answer.status_code == 403
    assert consents.of_employer(key)["named"].given
    # A purpose of people is none of employers, and the other way round.
    token = client.soup(page).find("input", {"name": "csrf_token"})["value"]
    answer = client.post(f"{page}/news", data={"given": "yes", "csrf_token": token})
    assert answer.status_code == 404


def test_a_forged_form_agrees_to_nothing(client: PortalClient, session) -> None:
    sign_in(client, make_user())
    assert client.post(f"{MINE}/consents/news", data={"given": "yes"}).status_code == 419
    assert session.scalar(select(ConsentRecord.id)) is None


def test_the_register_shows_every_place_of_the_portal(client: PortalClient) -> None:
    person = make_user("agrees@example.org", name="Example Agreeing")
    with unit_of_work() as session:
        employer = make_employer(name="Example Bakers Ltd", owner_id=person.id)
        session.add_all(
            [
                ConsentRecord(
                    user_id=person.id,
                    purpose="research",
                    words_version=1,
                    given=True,
                    how="page",
                    by_name="Example Agreeing",
                ),
                NetworkConsent(
                    employer_id=employer.id, field="about", shown=True, by_name="Example Agreeing"
                ),
                MailRefusal(email="refuses@example.org", kind="forum"),
            ]
        )
    sign_in(client, make_user(roles=("lep_manager",)))
    for source, words in (
        ("agreements", "agrees@example.org"),
        ("directory", "Example Bakers Ltd"),
        ("mail", "refuses@example.org"),
    ):
        assert words in client.soup(f"/governance/consents?source={source}").get_text(), source
    for source in consents.SOURCES:
        assert client.get(f"/governance/consents?source={source}").status_code == 200
    counted = len(client.statements)
    assert client.get("/governance/consents?source=nothing").status_code == 404
    assert client.get("/governance/consents?before=x%27").status_code == 200
    assert client.get("/governance/consents?before=1").status_code == 200
    assert counted < 25


def test_a_list_holds_only_who_agrees_now_and_taking_it_is_noted(
    client: PortalClient, session
) -> None:
    people = [make_user(f"p{n}@example.org", name=f"=Example {n}") for n in range(3)]
    with unit_of_work() as writing:
        for person, said in zip(people, ([True], [True, False], [False, True]), strict=True):
            for given in said:
                writing.add(
                    ConsentRecord(
                        user_id=person.id,
                        purpose="research",
                        words_version=1,
                        given=given,
                        how="page",
                        by_name="x",
                    )
                )
                writing.flush()
    sign_in(client, make_user(roles=("lep_manager",)))
    page = "/governance/consents"
    answer = client.submit(page, form="/governance/consents/research/list")
    text = answer.get_data(as_text=True)
    assert "p0@example.org" in text
    assert "p1@example.org" not in text
    assert "p2@example.org" in text
    assert "'=Example 0" in text
    noted = session.scalar(select(AuditEntry).where(AuditEntry.action == "consent.list_taken"))
    assert noted.detail == {"rows": 2}


def test_the_record_of_processing_is_a_page_and_a_table(client: PortalClient) -> None:
    sign_in(client, make_user(roles=("administrator",)))
    assert "Legal obligation" in client.soup("/governance/processing").get_text()
    answer = client.get("/governance/processing.csv")
    assert answer.get_data(as_text=True).count("Limitation Act") >= 1
    assert "consent_records" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", ["adviser", "provider_manager", "lep_officer", "evaluator"])
def test_other_staff_see_none_of_it(client: PortalClient, role: str) -> None:
    sign_in(client, make_user(roles=(role,)))
    for page in ("consents", "requests", "requests/new", "breaches", "breaches/new", "processing"):
        assert client.get(f"/governance/{page}").status_code == 403, page


def test_every_purpose_offered_has_words_today() -> None:
    for purpose in load_consents():
        assert purpose.words_on(NOW.date()) is not None, purpose.key
