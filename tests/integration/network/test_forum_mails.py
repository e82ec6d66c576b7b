"""Mail of the forum: at once and gathered, weekly, never to the author, never of what is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.outbox import OutboxEntry
from portal.db.session import PortalSession
from portal.integrations.jobs import sweep
from portal.kernel.clock import freeze, utc_now
from portal.network.models import NetworkMember
from portal.network.service import forum, forum_mails, forum_moderation, forum_readers, mails
from tests.factories.forum import (
    Writer,
    make_moderator,
    make_writer,
    post_row,
    replied,
    started,
)
from tests.factories.network import make_category


def sent(session: PortalSession) -> list[dict[str, Any]]:
    return list(
        session.scalars(
            select(OutboxEntry.payload)
            .where(OutboxEntry.kind == "mail.send")
            .order_by(OutboxEntry.id)
        )
    )


def tell() -> None:
    """What waits for five minutes is told."""
    with freeze(utc_now() + timedelta(minutes=6)):
        sweep()


@pytest.fixture
def people(app: Flask) -> tuple[Writer, Writer, Writer]:
    with unit_of_work():
        return make_writer("Ann Asker"), make_writer("Bob Baker"), make_writer("Cy Cook")


def test_posts_of_a_few_minutes_are_one_mail_and_nobody_hears_of_their_own(
    session: PortalSession, people: tuple[Writer, Writer, Writer]
) -> None:
    ann, bob, cy = people
    posted = started(ann, follow=True)
    replied(bob, posted.thread, "One thing", follow=True)
    replied(cy, posted.thread, "Another thing")
    sweep()
    assert sent(session) == []
    tell()
    tell()
    found = {mail["to"]: mail for mail in sent(session)}
    assert found.keys() == {ann.user.email, bob.user.email}
    assert len(sent(session)) == 2
    to_ann, to_bob = found[ann.user.email], found[bob.user.email]
    assert "One thing" in to_ann["text"]
    assert "Another thing" in to_ann["text"]
    assert "Who has done it?" not in to_ann["text"]
    assert "One thing" not in to_bob["text"]
    assert "Bob Baker, " in to_ann["html"]
    assert "/mail/stop/" in to_ann["unsubscribe"]
    assert to_ann["unsubscribe"] in to_ann["text"]
    replied(cy, posted.thread, "A later thing")
    tell()
    assert len(sent(session)) == 4


def test_what_is_hidden_or_waits_is_not_told_until_it_is_shown(
    session: PortalSession, people: tuple[Writer, Writer, Writer]
) -> None:
    ann, bob, cy = people
    posted = started(ann, follow=True)
    hidden = replied(bob, posted.thread, "Bad manners")
    held = replied(cy, posted.thread, "What do you pay your cooks?")
    gone = replied(cy, posted.thread, "Taken back")
    with unit_of_work():
        moderator = make_moderator()
        forum_moderation.hide(post=hidden.post, reason="Rude", by=moderator)
        forum.withdraw(post=gone.post, by=cy.author)
    tell()
    assert sent(session) == []
    with unit_of_work():
        forum_moderation.show(post=held.post, reason="Harmless", by=moderator)
    tell()
    (mail,) = sent(session)
    assert "What do you pay your cooks?" in mail["text"]
    assert "Bad manners" not in mail["text"]
    assert post_row(held.post).told_at is not None


def test_people_who_write_there_are_mentioned_and_others_are_not(
    session: PortalSession, people: tuple[Writer, Writer, Writer]
) -> None:
    ann, bob, cy = people
    posted = started(ann)
    replied(bob, posted.thread, "Hello")
    with unit_of_work():
        asker = make_writer("Dee Diner")
    replied(asker, posted.thread, "@Bob Baker, and @Cy Cook, and @Dee Diner?")
    tell()
    (mail,) = sent(session)
    assert mail["to"] == bob.user.email
    assert mail["subject"].startswith("You were mentioned: ")
    del cy


def test_who_refuses_a_kind_or_has_left_gets_none(
    session: PortalSession, people: tuple[Writer, Writer, Writer]
) -> None:
    ann, bob, cy = people
    with unit_of_work():
        slug = make_category().slug
        for one in (ann, bob):
            forum_readers.subscribe(how="at_once", category=slug, rank="member", by=one.author)
        mails.refuse(email=ann.user.email, kind="forum")
        left = session.scalars(
            select(NetworkMember).where(NetworkMember.employer_id == bob.employer.id)
        ).one()
        left.left_at = utc_now()
    started(cy, category=slug)
    tell()
    assert sent(session) == []


def test_what_one_says_of_a_thread_goes_before_its_part(
    session: PortalSession, people: tuple[Writer, Writer, Writer]
) -> None:
    ann, bob, _cy = people
    with unit_of_work():
        slug = make_category().slug
    posted = started(bob, category=slug)
    with unit_of_work():
        for how, about in (("at_once", {"category": slug}), ("digest", {"thread": posted.thread})):
            forum_readers.subscribe(how=how, rank="member", by=ann.author, **about)
    replied(bob, posted.thread, "More")
    tell()
    assert sent(session) == []


def test_the_digest_gathers_a_week_once(
    session: PortalSession, people: tuple[Writer, Writer, Writer]
) -> None:
    ann, bob, cy = people
    tuesday = datetime(2026, 11, 24, 12, tzinfo=UTC)
    monday = datetime(2026, 11, 30, 6, tzinfo=UTC)
    with freeze(tuesday):
        with unit_of_work():
            slug = make_category(title="A part").slug
            forum_readers.subscribe(how="digest", category=slug, rank="member", by=ann.author)
            forum_readers.subscribe(how="digest", category=slug, rank="member", by=bob.author)
        posted = started(bob, category=slug, title="A thread of the week")
        replied(cy, posted.thread, "One")
        hidden = started(cy, category=slug, title="A hidden thread", body="Rude words")
        with unit_of_work():
            forum_moderation.hide(post=hidden.post, reason="Rude", by=make_moderator())
    with freeze(monday):
        replied(cy, posted.thread, "This week already")
        with unit_of_work():
            forum_readers.subscribe(how="digest", category=slug, rank="member", by=cy.author)
        assert forum_mails.send_digests() == 2
        assert forum_mails.send_digests() == 0
    with freeze(monday + timedelta(days=2)):
        assert forum_mails.send_digests() == 0
    found = {mail["to"]: mail for mail in sent(session)}
    assert found.keys() == {ann.user.email, bob.user.email}
    assert "A thread of the week (2 new" in found[ann.user.email]["text"]
    assert "A thread of the week (1 new" in found[bob.user.email]["text"]
    assert all("hidden" not in mail["text"] for mail in found.values())
    with freeze(monday + timedelta(days=7)):
        assert forum_mails.send_digests() == 2


def test_who_hears_at_once_has_no_digest_of_it(
    session: PortalSession, people: tuple[Writer, Writer, Writer]
) -> None:
    ann, bob, _cy = people
    now = utc_now()
    with unit_of_work():
        slug = make_category().slug
        forum_readers.subscribe(how="digest", category=slug, rank="member", by=ann.author)
    posted = started(bob, category=slug)
    with unit_of_work():
        forum_readers.subscribe(how="at_once", thread=posted.thread, rank="member", by=ann.author)
        mails.refuse(email=bob.user.email, kind="digest")
        forum_readers.subscribe(how="digest", category=slug, rank="member", by=bob.author)
    with freeze(now + timedelta(days=7)):
        assert forum_mails.send_digests() == 0
