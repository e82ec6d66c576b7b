"""What shows that the law was kept, and the forum, end one day as well: each leaves a tombstone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import current_session, outbox, unit_of_work
from portal.db.audit import AuditEntry
from portal.db.outbox import OutboxEntry
from portal.governance.models import Breach, BreachStep, PersonCopy, RightsRequest, RightsStep
from portal.governance.models.retention import ErasureRequest, LegalHold, RetentionTombstone
from portal.governance.queries.anchors import table_of
from portal.governance.service import audit_chain, breaches, erasure, holds, person_copies, rights
from portal.governance.service import retention as service
from portal.governance.service.breaches import Facts
from portal.integrations.jobs import sweep
from portal.kernel.clock import freeze, today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.network.models import ForumEntry, ForumLog, ForumText, ForumThread
from portal.network.service import forum, forum_moderation
from portal.payments.service.proving import prove
from portal.programme import queries as programme
from portal.reports.service import counting
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_lep_officer
from tests.factories.forum import (
    make_moderator,
    make_writer,
    post_row,
    replied,
    started,
    thread_row,
)
from tests.support.client import PortalClient

BY = Author(None, "Mara Manager")


def months_on(months: int) -> Any:
    return freeze(utc_now() + timedelta(days=31 * months))


@pytest.fixture
def whole(app: Flask) -> Iterator[None]:
    """Money, reports and the audit trail hold before and after."""
    proofs = lambda: (  # noqa: E731
        prove("command").fault,
        counting.differences(),
        audit_chain.verify().fault,
    )
    assert proofs() == (None, [], None)
    yield
    assert proofs() == (None, [], None)


def stones(class_key: str) -> list[tuple[str, str]]:
    rows = current_session().scalars(
        select(RetentionTombstone)
        .where(RetentionTombstone.class_key == class_key)
        .order_by(RetentionTombstone.holding)
    )
    return [(row.holding, row.why) for row in rows]


def everything(*names: str) -> str:
    return "\n".join(
        str(tuple(row))
        for name in names
        for row in current_session().execute(select(table_of(name)))
    )


@pytest.fixture
def answered(app: Flask) -> None:
    """A request with its steps and a copy, an erasure that was refused, and a hold that is over."""
    with unit_of_work():
        request = rights.receive(
            kind="access",
            channel="letter",
            name="Erika Example",
            email="erika@example.org",
            words="What do you hold of Erika?",
            by=BY,
        )
        assert isinstance(request, Ok)
        reference = request.value.reference
    with unit_of_work() as session:
        rights.step(reference=reference, what="identity_shown", words="Passport seen", by=BY)
        found = session.scalars(select(RightsRequest)).one()
        assert isinstance(person_copies.ask_for(request=found, by=BY), Ok)
    sweep()
    with unit_of_work():
        rights.step(reference=reference, what="done", words="Sent to Erika", by=BY)
        asked = erasure.ask(erasure.Asked("contact", "erika@example.org", today()), by=BY)
        assert isinstance(asked, Ok)
        erasure.refuse(reference=asked.value.reference, words="Erika is at court", by=BY)
        wanted = holds.Wanted("class", "plans", "Erika's claim", today() + timedelta(days=9))
        hold = holds.place(wanted, by=BY)
        assert isinstance(hold, Ok)
        holds.lift(reference=hold.value.reference, reason="Erika lost", by=BY)


_OF_RIGHTS = ("rights_requests", "rights_steps", "person_copies", "erasure_requests", "legal_holds")


def test_requests_copies_erasures_and_holds_end(answered: None, whole: None) -> None:
    with months_on(1):
        person_copies.expire()
    before = programme.settings().retention_months
    assert (before["rights"], before["copies"]) == (72, 12)
    with months_on(14):
        assert service.run("command").went["copies"] == 1
        copy = current_session().scalars(select(PersonCopy)).one()
        assert (copy.asked_name, copy.state) == ("Name removed", "expired")
        assert copy.email.endswith("@removed.invalid")
        assert "Erika" in everything("rights_requests")
    with months_on(74):
        done = service.run("command")
        assert done.went["rights"] == 3
        left = everything(*_OF_RIGHTS).lower()
        assert not [word for word in ("erika", "mara", "passport") if word in left]
        request = current_session().scalars(select(RightsRequest)).one()
        assert (request.kind, request.state, request.channel) == ("access", "done", "letter")
        assert request.decided_at is not None
        steps = current_session().scalars(select(RightsStep.what).order_by(RightsStep.id)).all()
        assert steps == ["received", "identity_shown", "copy", "done"]
        assert current_session().scalar(select(ErasureRequest.state)) == "refused"
        assert current_session().scalar(select(LegalHold.subject)) == "plans"
        assert stones("rights") == [
            ("erasure_requests", "schedule"),
            ("legal_holds", "schedule"),
            ("rights_requests", "schedule"),
        ]
        assert stones("copies") == [("person_copies", "schedule")]
        assert not service.run("command").went


def test_an_open_request_and_an_open_breach_never_end(app: Flask, whole: None) -> None:
    with unit_of_work():
        rights.receive(
            kind="access", channel="mail", name="Erika", email="e@example.org", words="", by=BY
        )
        breaches.record(facts=facts(), by=BY)
    with months_on(200):
        went = service.run("command").went
        assert not {"rights", "breaches"} & went.keys()
        assert "Erika" in everything("rights_requests")


def facts(**changes: Any) -> Facts:
    values = {
        "title": "List sent to Erika",
        "found_at": utc_now(),
        "what": "Erika got the list of Carl",
        "kinds": ["contact"],
        "people": 3,
    }
    return Facts(**{**values, **changes})


def test_breaches_end(app: Flask, whole: None) -> None:
    with unit_of_work():
        recorded = breaches.record(facts=facts(), by=BY)
        assert isinstance(recorded, Ok)
        reference = recorded.value.reference
        found_at = recorded.value.found_at
    with unit_of_work():
        judged = facts(
            found_at=found_at,
            risk="unlikely",
            why="Erika deleted it",
            ico_reason="No risk to Carl",
            lessons="Erika is shown twice",
        )
        assert isinstance(breaches.judge(reference=reference, revision=0, facts=judged, by=BY), Ok)
        assert isinstance(breaches.close(reference=reference, by=BY), Ok)
    with months_on(70):
        assert not service.run("command").went["breaches"]
    with months_on(74):
        assert service.run("command").went["breaches"] == 1
        left = everything("breaches", "breach_steps")
        assert not [word for word in ("Erika", "Carl", "Mara") if word in left]
        row = current_session().scalars(select(Breach)).one()
        assert (row.risk, row.people, row.kinds) == ("unlikely", 3, ["contact"])
        assert len(current_session().scalars(select(BreachStep)).all()) == 3
        assert stones("breaches") == [("breaches", "schedule")]


def test_an_old_thread_says_no_longer_who_wrote(app: Flask, whole: None) -> None:
    with unit_of_work():
        erika, carl = make_writer("Erika Example"), make_writer("Carl Control")
        moderator = make_moderator()
    begun = started(erika, "Ask me, Erika, at erika@example.org. Rota of two?", title="Rota, Carl?")
    answer = replied(carl, begun.thread, "Thanks Erika Example, we share a rota.", unnamed=True)
    with unit_of_work():
        changed = forum.edit(
            post=begun.post,
            revision=0,
            title="Rota, Carl?",
            body="Ask Erika on 0113 496 0000. Rota of two?",
            rank="member",
            by=erika.author,
        )
        assert isinstance(changed, Ok), changed
    with unit_of_work():
        hidden = forum_moderation.hide(post=answer.post, reason="Carl is rude", by=moderator)
        assert isinstance(hidden, Ok), hidden
    with unit_of_work():
        forum_moderation.show(post=answer.post, reason="Carl says sorry", by=moderator)
    # The reason of a moderator is in the log, and not in the trail that nobody can empty.
    noted = str(current_session().scalars(select(AuditEntry.detail)).all())
    assert "Carl" not in noted
    assert "'log'" in noted
    with months_on(58):
        assert not service.run("command").went["forum"]
    with months_on(62):
        assert service.run("command").went["forum"] == 3
        thread, first, second = (
            thread_row(begun.thread),
            post_row(begun.post),
            post_row(answer.post),
        )
        assert (thread.title, thread.by, thread.by_name) == (
            "Rota, [a name]?",
            None,
            "Name removed",
        )
        assert first.body == "Ask [a name] on [a telephone number]. Rota of two?"
        assert second.body == "Thanks [a name], we share a rota."
        assert (second.by, second.by_name) == (None, "Name removed")
        assert current_session().scalars(select(ForumText.body)).all() == ["Removed"]
        reasons = current_session().scalars(select(ForumLog.reason)).all()
        assert set(reasons) == {"Removed"}
        texts = current_session().scalars(select(ForumEntry.search_text)).all()
        assert len(texts) == 2
        assert not [text for text in texts if "erika" in text or "carl" in text]
        assert [text for text in texts if "rota" in text]
        assert len(stones("forum")) == 3
        assert not service.run("command").went
        # Somebody answers once more: its time begins again.
        with unit_of_work() as session:
            row = session.scalars(select(ForumThread)).one()
            row.last_post_at = utc_now()
        with freeze(utc_now() + timedelta(days=31 * 62)):
            assert service.run("command").went["forum"] == 1


def test_a_failed_mail_loses_the_address_in_its_error(app: Flask) -> None:
    with unit_of_work():
        entry = outbox.add(kind="x", payload={})
        entry.attempts, entry.last_error = outbox.MAX_ATTEMPTS, "550 carl@example.org unknown"
    with months_on(4):
        assert service.run("command").went["mail"] == 1
        assert current_session().scalar(select(OutboxEntry.last_error)) == "Removed"
        assert not service.run("command").went


def test_a_period_that_is_changed_is_what_everybody_reads(client: PortalClient) -> None:
    with unit_of_work():
        manager = make_lep_officer("lep_manager")
    assert "5 years after the last post of a thread" in client.get("/privacy").text
    sign_in(client, manager)
    client.submit("/governance/retention/forum/period", {"months": "36"})
    assert "3 years after the last post of a thread" in client.get("/privacy").text
    # What was published before stays as it was.
    assert "after a set time" in client.get("/privacy/versions/1").text
