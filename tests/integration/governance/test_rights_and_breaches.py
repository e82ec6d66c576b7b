"""Requests of people with their month, and breaches with their 72 hours, as pages and mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import unit_of_work
from portal.db.outbox import OutboxEntry
from portal.governance.models import Breach, BreachStep, PersonCopy, RightsRequest, RightsStep
from portal.governance.service import breaches, rights
from portal.governance.service.breaches import Facts
from portal.integrations.jobs import run_entry, sweep
from portal.kernel.clock import freeze
from portal.kernel.people import Author
from tests.factories.accounts import make_user, sign_in
from tests.support.client import PortalClient

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINE = "/account/privacy"
BY = Author(None, "Example Manager")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


@pytest.fixture
def manager(app: Flask):
    return make_user("manager@example.org", name="Example Manager", roles=("lep_manager",))


def mails(session, to: str) -> list[str]:
    rows = session.scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [row["subject"] for row in rows if row["to"] == to]


def received(**changes) -> str:
    values = {
        "kind": "access",
        "channel": "letter",
        "name": "Example Person",
        "email": "person@example.org",
        "words": "What do you hold?",
        "by": BY,
    }
    with unit_of_work():
        return rights.receive(**{**values, **changes}).value.reference


def test_a_person_asks_and_takes_it_back(client: PortalClient, manager, session) -> None:
    me = sign_in(client, make_user("me@example.org"))
    page = f"{MINE}/ask"
    assert "There is a problem" in client.submit(page, {}).get_data(as_text=True)
    client.submit(page, {"kind": "erasure", "words": "My old posts"})
    client.submit(page, {"kind": "erasure", "words": "And my name"})
    request = session.scalars(select(RightsRequest)).one()
    assert (request.user_id, request.due_on) == (me.id, date(2026, 12, 23))
    assert mails(session, "manager@example.org") == ["A person asks about their data"]
    assert mails(session, "me@example.org") == ["We have your request about your data"]
    assert "answer by 23 December 2026" in client.soup(MINE).get_text()
    client.submit(MINE, form=f"{MINE}/requests/{request.reference}/withdraw")
    session.expire_all()
    assert session.scalar(select(RightsRequest.state)) == "withdrawn"


def test_nobody_takes_back_what_somebody_else_asked(client: PortalClient, session) -> None:
    other = make_user()
    reference = received(user_id=other.id, kind="erasure", channel="account")
    sign_in(client, make_user())
    token = client.soup(MINE).find("input", {"name": "csrf_token"})["value"]
    path = f"{MINE}/requests/{reference}/withdraw"
    assert client.post(path, data={"csrf_token": token}).status_code == 404
    session.expire_all()
    assert session.scalar(select(RightsRequest.state)) == "open"


def test_a_manager_notes_proves_extends_copies_and_answers(
    client: PortalClient, manager, session
) -> None:
    sign_in(client, manager)
    client.submit(
        "/governance/requests/new",
        {
            "kind": "access",
            "channel": "letter",
            "name": "Example Person",
            "email": "Person@Example.org",
            "words": "What do you hold?",
        },
    )
    request = session.scalars(select(RightsRequest)).one()
    page = f"/governance/requests/{request.reference}"
    step, copy = f"{page}/step", f"{page}/copy"
    # Nobody gets a copy before they showed who they are.
    assert "showed who they are" in client.submit(page, form=copy).get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(PersonCopy)) == 0
    client.submit(page, {"what": "identity_asked"}, form=step)
    assert "month begins when" in client.soup(page).get_text()
    client.submit(page, {"what": "identity_shown"}, form=step)
    client.submit(page, {"what": "extended", "words": "Many old files"}, form=step)
    session.expire_all()
    assert session.scalar(select(RightsRequest.due_on)) == date(2027, 2, 23)
    client.submit(page, form=copy)
    sweep()
    kept = session.scalars(select(PersonCopy)).one()
    answer = client.submit(page, form=f"{page}/copies/{kept.reference}/take")
    assert answer.mimetype == "application/zip"
    assert "Say what you decided" in client.submit(page, {"what": "done"}, form=step).text
    client.submit(page, {"what": "done", "words": "Sent by post"}, form=step)
    assert client.submit(page, {"what": "refused", "words": "x"}, form=step).status_code == 200
    session.expire_all()
    assert session.scalar(select(RightsRequest.state)) == "done"
    assert list(session.scalars(select(RightsStep.what).order_by(RightsStep.id))) == [
        *("received", "identity_asked", "identity_shown", "extended", "copy", "taken", "done")
    ]
    assert "Done" in client.soup("/governance/requests").get_text()
    assert mails(session, "person@example.org")[-1].startswith("The answer to your request")


def test_a_copy_is_taken_only_through_its_own_request(
    client: PortalClient, manager, session
) -> None:
    sign_in(client, manager)
    mine, other = received(), received(email="other@example.org")
    for reference in (mine, other):
        with unit_of_work():
            rights.step(reference=reference, what="identity_shown", words="", by=BY)
    page = f"/governance/requests/{mine}"
    client.submit(page, form=f"{page}/copy")
    sweep()
    copy = session.scalars(select(PersonCopy.reference)).one()
    token = client.soup(page).find("input", {"name": "csrf_token"})["value"]
    path = f"/governance/requests/{other}/copies/{copy}/take"
    assert client.post(path, data={"csrf_token": token}).status_code == 404


def test_managers_are_reminded_in_time_and_daily_when_late(manager, session) -> None:
    received()
    for days in range(33):
        with freeze(NOW + timedelta(days=days)):
            rights.remind()
            rights.remind()
    subjects = mails(session, "manager@example.org")[1:]
    assert len(subjects) == 5 + 2
    assert subjects[0] == "A request about data: 14 days left"
    assert subjects[-1] == "A request about data: 2 days late"


# Breaches ---------------------------------------------------------------------------------------


def typed(at: datetime, name: str = "found") -> dict[str, str]:
    return {
        f"{name}_on-day": str(at.day),
        f"{name}_on-month": str(at.month),
        f"{name}_on-year": str(at.year),
        f"{name}_time": f"{at:%H:%M}",
    }


def recorded(**changes) -> str:
    facts = {
        "title": "A list sent astray",
        "found_at": NOW,
        "what": "A list of contacts went to a wrong address",
        "kinds": ["contact"],
        "people": 12,
    }
    with unit_of_work():
        return breaches.record(facts=Facts(**{**facts, **changes}), by=BY).value.reference


def test_a_breach_from_the_first_word_to_the_last(client: PortalClient, manager, session) -> None:
    sign_in(client, manager)
    found = NOW - timedelta(hours=2)
    values = {"title": "A laptop lost", "what": "On a train", "kinds": ["contact", "notes"]}
    client.submit("/governance/breaches/new", {**values, **typed(found)})
    breach = session.scalars(select(Breach)).one()
    assert breach.found_at == found
    assert mails(session, "manager@example.org") == ["A breach of personal data was recorded"]
    page = f"/governance/breaches/{breach.reference}"
    assert "70 hours left to tell the ICO" in client.soup(page).get_text()
    assert not client.soup(page).find("form", id="close")
    edit = f"{page}/edit"
    # It is not judged without a reason, nor told in the future.
    wrong = client.submit(edit, {"risk": "high", **typed(NOW + timedelta(hours=1), "ico_told")})
    assert "Say why you judge the risk so" in wrong.text
    assert "between the time it was found and now" in wrong.text
    assert "14:30" in client.submit(edit, {"found_time": "25:00"}).text
    told = {"risk": "high", "why": "Not encrypted", "ico_reference": "IC-1", "lessons": "Encrypt"}
    client.submit(edit, {**told, **typed(NOW, "ico_told")})
    assert "Tell the people concerned first" in client.soup(page).get_text()
    client.submit(edit, typed(NOW, "people_told"))
    client.submit(page, {"words": "Police told"}, form=f"{page}/note")
    client.submit(page, form=f"{page}/close")
    session.expire_all()
    assert session.scalar(select(Breach.closed_at)) == NOW
    assert list(session.scalars(select(BreachStep.what).order_by(BreachStep.id))) == [
        *("found", "assessed", "assessed", "note", "closed")
    ]
    assert client.get(edit).status_code == 302
    assert "ICO told in time" in client.soup("/governance/breaches").get_text()


def test_two_managers_do_not_overwrite_each_other(client: PortalClient, manager, session) -> None:
    sign_in(client, manager)
    reference = recorded()
    edit = f"/governance/breaches/{reference}/edit"
    client.submit(edit, {"risk": "risk", "why": "Names"})
    answer = client.submit(edit, {"risk": "unknown", "why": "", "revision": "0"})
    assert "Somebody else changed it" in answer.text
    session.expire_all()
    assert session.scalar(select(Breach.risk)) == "risk"


def test_managers_are_woken_while_the_hours_run(manager, session) -> None:
    recorded()
    entries = session.scalars(
        select(OutboxEntry)
        .where(OutboxEntry.kind == breaches.REMINDER)
        .order_by(OutboxEntry.due_at)
    ).all()
    hours = [(entry.due_at - NOW).total_seconds() / 3600 for entry in entries]
    assert hours == [24, 48, 60, 70]
    keys = [(entry.id, entry.due_at) for entry in entries]
    assert not run_entry(keys[0][0])
    for key, due in keys:
        with freeze(due + timedelta(minutes=1)):
            assert run_entry(key)
    for _again in range(2):
        with freeze(NOW + timedelta(hours=73)):
            breaches.remind_late()
    subjects = mails(session, "manager@example.org")[1:]
    assert subjects[0] == "Breach of personal data: 47 hours left to tell the ICO"
    assert subjects[-1] == "Breach of personal data: 1 hour past the 72"
    assert len(subjects) == 5


def test_nobody_is_woken_about_what_is_decided(manager, session) -> None:
    recorded(risk="unlikely", why="Sealed", ico_reason="Nobody could read it")
    for entry in session.scalars(
        select(OutboxEntry.id).where(OutboxEntry.kind == breaches.REMINDER)
    ).all():
        with freeze(NOW + timedelta(hours=80)):
            assert run_entry(entry)
    with freeze(NOW + timedelta(hours=80)):
        breaches.remind_late()
    assert len(mails(session, "manager@example.org")) == 1
