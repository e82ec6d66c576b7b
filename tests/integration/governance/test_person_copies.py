"""A person's copy: everything of theirs, nothing of others, made once, taken by them, removed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import audit, unit_of_work
from portal.db.audit import AuditEntry
from portal.governance import person_archive
from portal.governance.models import PersonCopy
from portal.governance.queries import person_data
from portal.governance.rules.person_data import Person
from portal.governance.service import person_copies
from portal.integrations.jobs import sweep
from portal.integrations.storage import storage
from portal.kernel.clock import freeze, utc_now
from portal.network.models import MailRefusal, NetworkInvitation
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.support.client import PortalClient

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINE = "/account/privacy"
OTHERS = ("Marker Otherperson", "marker-other@example.net", "0113 496 0999", "marker-own-mail")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


@pytest.fixture
def me(app: Flask):
    """Somebody with records of several kinds, beside somebody else's."""
    me = make_user("me@example.org", name="Example Me")
    other = make_user("marker-other@example.net", name="Marker Otherperson")
    with unit_of_work() as session:
        employer = make_employer(name="Example Bakers Ltd", owner_id=me.id)
        for by, to, words in (
            (me, "Marker Otherperson", "Come, Marker Otherperson! Ring 0113 496 0999 or me"),
            (other, "Example Me", "I am Marker Otherperson, marker-other@example.net"),
        ):
            session.add(
                NetworkInvitation(
                    from_employer_id=employer.id,
                    by=by.id,
                    by_name=by.name,
                    to_business="A business",
                    to_name=to,
                    to_email="marker-other@example.net" if by is me else "me@example.org",
                    words=words,
                    token_hash=f"secret-token-{by.id}",
                )
            )
        session.add(MailRefusal(email="me@example.org", kind="forum"))
        session.add(MailRefusal(email="marker-own-mail@example.net", kind="forum"))
        audit.record(action="example.done", subject="example:1", actor_id=me.id)
        audit.record(action="example.hidden", subject="example:2", actor_id=other.id)
    return me


def opened(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def leaks(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, word) for name, text in files.items() for word in OTHERS if word in text]


def test_a_copy_holds_ones_own_and_nothing_of_others(me) -> None:
    files = opened(person_archive.archive(person_data.person_of(user_id=me.id, email=me.email)))
    assert leaks(files) == []
    records = json.loads(files["data.json"])["records"]
    assert [row["name"] for row in records["users"]["rows"]] == ["Example Me"]
    assert len(records["network_invitations"]["rows"]) == 2
    assert len(records["mail_refusals"]["rows"]) == 1
    assert {"example.done"} <= {row["action"] for row in records["audit_entries"]["rows"]}
    assert "memberships" in records
    whole = " ".join(files.values())
    for hidden in ("example.hidden", "secret-token", me.password, me.fs_uniquifier):
        assert hidden not in whole
    assert "Example Me" in files["read-me.html"]
    assert "csv/mail_refusals.csv" in files


def test_without_taking_others_out_it_would_be_noticed(me, monkeypatch) -> None:
    monkeypatch.setattr(person_archive, "own_part", lambda _table, row, _person: dict(row))
    files = opened(person_archive.archive(Person(me.id, me.email, me.name)))
    assert {word for _name, word in leaks(files)} >= set(OTHERS[:3])
    assert "secret-token" in files["data.json"]


def test_somebody_without_an_account_is_found_by_their_address(me) -> None:
    del me
    person = person_data.person_of(user_id=None, email="Marker-Own-Mail@example.net")
    assert person.user_id is None
    records = json.loads(opened(person_archive.archive(person))["data.json"])["records"]
    assert list(records) == ["mail_refusals"]


def test_asked_for_made_by_the_worker_told_and_taken(client: PortalClient, me, session) -> None:
    sign_in(client, me)
    client.submit(MINE, form=f"{MINE}/copies")
    # Asking again while it is being made makes no second one.
    client.submit(MINE, form=f"{MINE}/copies")
    assert len(session.scalars(select(PersonCopy)).all()) == 1
    assert "being made" in client.soup(MINE).get_text()
    sweep()
    copy = session.scalar(select(PersonCopy))
    assert copy.state == "ready"
    assert copy.expires_at == utc_now() + timedelta(days=7)
    action = f"{MINE}/copies/{copy.reference}/take"
    answer = client.submit(MINE, form=action)
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert leaks(opened(answer.data)) == []
    noted = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject == f"person_copy:{copy.reference}")
    ).all()
    assert noted == ["person_copy.asked", "person_copy.made", "person_copy.taken"]
    # Making it again, as a worker that was killed would, changes nothing.
    before = copy.storage_key
    person_copies.make({"copy": copy.reference})
    session.expire_all()
    assert session.scalar(select(PersonCopy.storage_key)) == before


def test_nobody_takes_somebody_elses(client: PortalClient, app: Flask, me, session) -> None:
    sign_in(client, me)
    client.submit(MINE, form=f"{MINE}/copies")
    sweep()
    copy = session.scalar(select(PersonCopy))
    for roles in ((), ("lep_manager",), ("administrator",)):
        browser = app.test_client()
        sign_in(browser, make_user(roles=roles))
        token = browser.soup(MINE).find("input", {"name": "csrf_token"})["value"]
        answer = browser.post(f"{MINE}/copies/{copy.reference}/take", data={"csrf_token": token})
        assert answer.status_code == 404
    session.expire_all()
    assert session.scalar(select(PersonCopy.taken)) == 0


def test_its_time_ends_and_the_file_goes(client: PortalClient, me, session) -> None:
    sign_in(client, me)
    client.submit(MINE, form=f"{MINE}/copies")
    sweep()
    key, reference = session.execute(select(PersonCopy.storage_key, PersonCopy.reference)).one()
    assert storage().exists(key)
    with freeze(NOW + timedelta(days=6)):
        person_copies.expire()
        sweep()
        assert storage().exists(key)
    with freeze(NOW + timedelta(days=7, seconds=1)):
        person_copies.expire()
        person_copies.expire()
        sweep()
    assert not storage().exists(key)
    session.expire_all()
    assert session.scalar(select(PersonCopy.state)) == "expired"
    assert reference


def test_a_damaged_file_is_not_handed_out(client: PortalClient, me, session, monkeypatch) -> None:
    sign_in(client, me)
    client.submit(MINE, form=f"{MINE}/copies")
    sweep()
    copy = session.scalar(select(PersonCopy))
    key = copy.storage_key
    storage().delete(key)
    storage().put(key, b"something else")
    answer = client.submit(MINE, form=f"{MINE}/copies/{copy.reference}/take")
    assert "not the one that was made" in answer.get_data(as_text=True)
    storage().delete(key)
