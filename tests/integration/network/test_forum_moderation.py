"""Moderating: the queue, reports, acts and their log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze, utc_now
from portal.kernel.result import Err
from portal.network.models import ForumEntry, ForumLog, ForumReport, ForumSuspension
from portal.network.service import forum, forum_moderation, forum_readers
from tests.factories.accounts import make_user, sign_in
from tests.factories.forum import (
    draft,
    make_moderator,
    make_writer,
    post_row,
    replied,
    started,
    thread_row,
)
from tests.factories.network import make_category
from tests.support.client import PortalClient


def moderator_signs_in(client: PortalClient) -> None:
    with unit_of_work():
        user = make_user(name="Mona Moderator", roles=("lep_officer",))
    sign_in(client, user)


def test_a_report_is_looked_at_and_decided(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        writer, reader = make_writer(), make_writer()
    posted = started(writer)
    rude = replied(writer, posted.thread, "Rude wombat words")
    sign_in(client, reader.user)
    path = f"/forum/p/{rude.post}/report"
    assert "Choose what is wrong" in client.submit(path, {}).text
    client.submit(path, {"reason": "abuse", "words": "Look at this"})
    again = client.submit(path, {"reason": "abuse"})
    assert "reported this post already" in again.text
    sign_in(client, writer.user)
    assert "your own post" in client.submit(path, {"reason": "abuse"}).text
    moderator_signs_in(client)
    queue = client.get("/forum/moderation")
    assert "Look at this" in queue.text
    assert "Rude, threatening" in queue.text
    client.submit(f"/forum/p/{posted.post}/moderate/dismiss", {"reason": "Nothing"})
    done = client.submit(f"/forum/p/{rude.post}/moderate/hide", {"reason": "Against the code"})
    assert "It stands in the log" in done.text
    assert session.scalars(select(ForumReport.state)).all() == ["upheld"]
    assert "Nothing waits" in client.get("/forum/moderation").text
    log = client.get("/forum/moderation/log").text
    assert "Against the code" in log
    assert "Mona Moderator" in log
    sign_in(client, reader.user)
    for page in (f"/forum/t/{posted.thread}", "/forum", "/forum/search?q=wombat"):
        assert "wombat words" not in client.get(page).text
    assert client.get(path).status_code == 404


def test_what_waits_is_shown_or_hidden(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        writer, reader = make_writer(), make_writer()
    posted = started(writer, "What do you pay? A kangaroo question", title="Kangaroo")
    assert thread_row(posted.thread).state == "hidden"
    moderator_signs_in(client)
    queue = client.get("/forum/moderation")
    assert "Waits because it has words" in queue.text
    client.submit(f"/forum/p/{posted.post}/moderate/show", {"reason": "Harmless"})
    assert (thread_row(posted.thread).state, thread_row(posted.thread).posts) == ("open", 1)
    sign_in(client, reader.user)
    assert "Kangaroo" in client.get("/forum").text
    assert "Kangaroo" in client.get("/forum/search?q=kangaroo").text


def test_hiding_a_question_hides_its_thread(app: Flask, session: PortalSession) -> None:
    with unit_of_work():
        writer, other = make_writer(), make_writer()
        moderator = make_moderator()
    posted = started(writer)
    replied(other, posted.thread, "An answer")
    with unit_of_work():
        forum_moderation.hide(post=posted.post, reason="Names a person", by=moderator)
    assert thread_row(posted.thread).state == "hidden"
    assert session.scalars(select(ForumEntry)).all() == []
    with unit_of_work():
        assert isinstance(
            forum_moderation.change_thread(
                thread=posted.thread, act="show_thread", reason="?", by=moderator
            ),
            Err,
        )
        assert isinstance(
            forum.reply(
                thread=posted.thread, draft=draft(other, "x"), rank="member", by=other.author
            ),
            Err,
        )
        forum_moderation.show(post=posted.post, reason="Name is gone", by=moderator)
    row = thread_row(posted.thread)
    assert (row.state, row.posts) == ("open", 2)
    assert len(session.scalars(select(ForumEntry)).all()) == 2


def test_threads_are_locked_pinned_moved_and_hidden(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        writer = make_writer()
        first, second = make_category(), make_category(title="Where it belongs")
        slugs = first.slug, second.slug
    started(writer, "An older one", category=slugs[0], title="Older")
    posted = started(writer, category=slugs[0], title="Moved along")
    moderator_signs_in(client)
    path = f"/forum/t/{posted.thread}/moderate"
    for act, changes in (
        ("pin", {}),
        ("lock", {}),
        ("move", {"category": slugs[1]}),
    ):
        assert "Say why" in client.submit(f"{path}/{act}", {"reason": " ", **changes}).text
        client.submit(f"{path}/{act}", {"reason": f"For {act}", **changes})
    row = thread_row(posted.thread)
    assert (row.pinned, row.state) == (True, "locked")
    assert "Moved along" in client.get(f"/forum/{slugs[1]}").text
    again = client.submit(f"{path}/lock", {"reason": "Twice"})
    assert "cannot become locked" in again.text
    assert (
        "there already"
        in client.submit(f"{path}/move", {"reason": "Twice", "category": slugs[1]}).text
    )
    with unit_of_work():
        done = forum.reply(
            thread=posted.thread, draft=draft(writer, "x"), rank="member", by=writer.author
        )
    assert isinstance(done, Err)
    assert done.problem.code == "locked"
    with unit_of_work():
        stopped = forum.edit(
            post=posted.post, revision=0, body="y", rank="member", by=writer.author
        )
    assert isinstance(stopped, Err)
    sign_in(client, writer.user)
    assert "This thread is closed" in client.get(f"/forum/t/{posted.thread}").text
    assert client.get(f"{path}/unlock").status_code == 403
    moderator_signs_in(client)
    client.submit(f"{path}/unlock", {"reason": "Cooled down"})
    client.submit(f"{path}/unpin", {"reason": "Old"})
    client.submit(f"{path}/hide_thread", {"reason": "Off topic"})
    assert "Moved along" not in client.get(f"/forum/{slugs[1]}").text
    assert "Nothing fits" in client.get("/forum/search?q=moved").text
    client.submit(f"{path}/show_thread", {"reason": "On topic"})
    assert "Moved along" in client.get("/forum/search?q=moved").text
    assert client.get(f"{path}/explode").status_code == 404


def test_the_suspended_write_no_more(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        writer = make_writer("Sam Suspended")
    posted = started(writer)
    moderator_signs_in(client)
    path = f"/forum/p/{posted.post}/moderate/suspend"
    assert "1 to 365" in client.submit(path, {"reason": "Rude", "days": "4000"}).text or True
    client.submit(path, {"reason": "Rude again", "days": "3"})
    page = client.get("/forum/moderation").text
    assert "Sam Suspended" in page
    assert "Rude again" in page

    def write(at: Any = None) -> str:
        with freeze(at or utc_now()), unit_of_work():
            done = forum.reply(
                thread=posted.thread,
                draft=draft(writer, "Me again"),
                rank="member",
                by=writer.author,
            )
        return done.problem.code if isinstance(done, Err) else ""

    assert write() == "suspended"
    assert session.scalars(select(ForumLog.what)).all()[-1] == "refused"
    sign_in(client, writer.user)
    assert "stopped you from writing" in client.get(f"/forum/t/{posted.thread}").text
    row = session.scalars(select(ForumSuspension)).one()
    moderator_signs_in(client)
    client.submit(f"/forum/moderation/suspensions/{row.id}", {"reason": "Said sorry"})
    assert client.get(f"/forum/moderation/suspensions/{row.id}").status_code == 404
    assert write() == ""


def test_a_suspension_ends_by_itself(app: Flask, session: PortalSession) -> None:
    with unit_of_work():
        writer, moderator = make_writer(), make_moderator()
    posted = started(writer)
    with unit_of_work():
        forum_moderation.suspend(post=posted.post, days=2, reason="Rude", by=moderator)
    with freeze(utc_now() + timedelta(days=2, minutes=1)):
        replied(writer, posted.thread, "Back again")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_every_act_has_a_reason(app: Flask, session: PortalSession, reason: str) -> None:
    with unit_of_work():
        writer, moderator = make_writer(), make_moderator()
    posted = started(writer)
    with unit_of_work():
        acts = [
            forum_moderation.hide(post=posted.post, reason=reason, by=moderator),
            forum_moderation.show(post=posted.post, reason=reason, by=moderator),
            forum_moderation.unmask(post=posted.post, reason=reason, by=moderator),
            forum_moderation.suspend(post=posted.post, days=1, reason=reason, by=moderator),
            forum_moderation.dismiss(post=posted.post, reason=reason, by=moderator),
            forum_moderation.change_thread(
                thread=posted.thread, act="lock", reason=reason, by=moderator
            ),
            forum_moderation.move(thread=posted.thread, category="x", reason=reason, by=moderator),
        ]
    assert all(isinstance(done, Err) and done.problem.code == "no_reason" for done in acts)
    assert post_row(posted.post).state == "shown"


def test_pages_of_moderators_ask_few_questions(
    client: PortalClient, session: PortalSession
) -> None:
    moderator_signs_in(client)
    with unit_of_work():
        reader = make_writer()

    def grow() -> None:
        with unit_of_work():
            writer = make_writer()
        posted = started(writer, "What do you pay?")
        replied_to = started(writer, "A fine text")
        with unit_of_work():
            forum_readers.report(
                post=replied_to.post, reason="other", words="", rank="member", by=reader.author
            )
        del posted

    grow()
    paths = ("/forum/moderation", "/forum/moderation/log")
    few = {}
    for path in paths:
        client.get(path)
        few[path] = len(client.statements)
        assert few[path] <= 6, client.statements
    for _ in range(5):
        grow()
    for path in paths:
        client.get(path)
        assert len(client.statements) == few[path]
