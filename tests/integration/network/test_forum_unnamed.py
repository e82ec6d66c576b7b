"""Posts without a name: nobody but a moderator on record finds out who wrote them."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from sqlalchemy import select

from portal.caseload.merging import merge_policies
from portal.db import unit_of_work
from portal.db.outbox import OutboxEntry
from portal.db.session import PortalSession
from portal.employers.queries.held import read_table
from portal.kernel.clock import freeze, utc_now
from portal.kernel.result import Err
from portal.network.models import ForumAttachment, ForumLog, ForumPost
from portal.network.queries import forum_held
from portal.network.queries.members import UNNAMED
from portal.network.service import forum, forum_mails, forum_moderation, forum_readers
from tests.factories import files
from tests.factories.accounts import make_user, sign_in
from tests.factories.forum import (
    Writer,
    draft,
    make_moderator,
    make_writer,
    post_row,
    replied,
    started,
    thread_row,
)
from tests.factories.network import make_category, make_competitors
from tests.support.client import PortalClient

NAMES = re.compile(r"Quentin|Quokka|quokka", re.IGNORECASE)


@pytest.fixture
def hidden(app: Flask) -> Writer:
    with unit_of_work():
        return make_writer("Quentin Quiet", "Quokka Rooms Ltd")


def test_no_page_tells_who_wrote_it(
    client: PortalClient, session: PortalSession, hidden: Writer
) -> None:
    with unit_of_work():
        part = make_category()
        slug = part.slug
        reader = make_writer()
        make_competitors(reader.employer, hidden.employer)
        moderator = make_user(roles=("lep_manager",))
        adviser = make_user(roles=("adviser",))
    posted = started(hidden, "A quiet question", category=slug, unnamed=True, title="Whisper")
    answer = replied(hidden, posted.thread, "A quiet answer", unnamed=True)
    held = replied(hidden, posted.thread, "What do you pay?", unnamed=True)
    with unit_of_work():
        assert isinstance(
            forum.reply(
                thread=posted.thread,
                draft=draft(hidden, "<script>", unnamed=True),
                rank="member",
                by=hidden.author,
            ),
            Err,
        )
    paths = [
        *("/forum", f"/forum/{slug}", f"/forum/t/{posted.thread}", "/forum/search?q=quiet"),
        *(f"/forum/p/{answer.post}/report", "/forum/search?q=quokka", "/forum/search?q=quentin"),
    ]
    for user in (reader.user, adviser):
        sign_in(client, user)
        for path in paths:
            page = client.get(path)
            assert page.status_code == 200
            shown = page.text.replace("q=quokka", "")
            shown = re.sub(r'value="(?:quokka|quentin)"', "", shown)
            assert not NAMES.search(shown), path
            assert "A competitor of yours" not in page.text
        assert UNNAMED in client.get(f"/forum/t/{posted.thread}").text
    sign_in(client, moderator)
    staff_only = [
        *("/forum/moderation", "/forum/moderation/log", f"/forum/t/{posted.thread}"),
        *(f"/forum/p/{held.post}/moderate/{act}" for act in ("show", "hide", "suspend", "unmask")),
        f"/forum/p/{answer.post}/texts",
    ]
    for path in staff_only:
        page = client.get(path)
        assert page.status_code == 200, path
        assert not NAMES.search(page.text), path
    row = thread_row(posted.thread)
    assert (row.by_name, row.employer_id) == (UNNAMED, None)
    sign_in(client, hidden.user)
    assert "you, without your name" in client.get(f"/forum/t/{posted.thread}").text


def test_no_vote_and_no_mention_tells_it(
    app: Flask, session: PortalSession, hidden: Writer
) -> None:
    with unit_of_work():
        colleague = make_writer(employer=hidden.employer)
        other = make_writer("Olive Other")
    posted = started(hidden, "A quiet question", unnamed=True)
    answers = []
    for person in (colleague, other):
        with unit_of_work():
            done = forum_readers.helpful(
                post=posted.post, helps=True, rank="member", by=person.author
            )
        assert isinstance(done, Err)
        answers.append(done.problem)
    assert answers[0] == answers[1]
    replied(other, posted.thread, "Is it you, @Quentin Quiet?")
    run_tell(session)
    assert all(mail["to"] != hidden.user.email for mail in mails(session))


def run_tell(session: PortalSession) -> None:
    for payload in session.scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "network.forum_tell")
    ).all():
        forum_mails.tell_of(payload)


def mails(session: PortalSession) -> list[dict[str, str]]:
    return list(
        session.scalars(
            select(OutboxEntry.payload)
            .where(OutboxEntry.kind == "mail.send")
            .order_by(OutboxEntry.id)
        )
    )


def test_no_mail_tells_it(app: Flask, session: PortalSession, hidden: Writer) -> None:
    with unit_of_work():
        reader = make_writer("Rita Reader")
        weekly = make_writer("Wanda Weekly")
    posted = started(reader, follow=True)
    with unit_of_work():
        forum_readers.subscribe(how="digest", thread=posted.thread, rank="member", by=weekly.author)
    replied(hidden, posted.thread, "A quiet answer for @Rita Reader", unnamed=True)
    run_tell(session)
    from datetime import timedelta

    with freeze(utc_now() + timedelta(days=7)):
        assert forum_mails.send_digests() == 1
    sent = mails(session)
    assert {mail["to"] for mail in sent} == {reader.user.email, weekly.user.email}
    for mail in sent:
        assert not NAMES.search(" ".join(map(str, mail.values())))


def test_no_export_and_no_merge_tells_it(
    app: Flask, session: PortalSession, hidden: Writer
) -> None:
    posted = started(hidden, "A quiet question", unnamed=True)
    replied(hidden, posted.thread, "A loud answer")
    with unit_of_work():
        for text in ("A quieter question", "The quietest question"):
            revision = post_row(posted.post).revision
            forum.edit(
                post=posted.post, revision=revision, body=text, rank="member", by=hidden.author
            )
        forum_moderation.hide(post=posted.post, reason="Too quiet", by=make_moderator())
    for shown, count in (
        (forum_held.POSTS, 1),
        *((one, 0) for one in (forum_held.THREADS, forum_held.TEXTS, forum_held.LOG)),
        (forum_held.FILES, 0),
    ):
        columns = {column.name for column in shown.table.columns}
        assert columns == {*shown.columns, *shown.left_out}
        _head, rows = read_table(shown, hidden.employer.id)
        assert len(rows) == count
        assert "quiet" not in str(rows)
    policy = next(one for one in merge_policies() if one.column == "forum_posts.employer_id")
    row = post_row(posted.post)
    words = policy.words({name: getattr(row, name) for name in policy.columns})
    assert words == "A post without a name"


@pytest.mark.parametrize(
    "body",
    [
        "We at Quokka Rooms do it so.",
        "quokka rooms ltd does it so",
        "I am Quentin Quiet.",
        "See {website}",
        "Write to {email}",
    ],
)
def test_a_text_that_gives_it_away_is_refused(
    app: Flask, session: PortalSession, hidden: Writer, body: str
) -> None:
    from portal.network.models import NetworkMember

    website = session.scalars(
        select(NetworkMember.website).where(NetworkMember.employer_id == hidden.employer.id)
    ).one()
    with unit_of_work():
        slug = make_category().slug
    text = body.format(website=website, email=hidden.user.email)
    with unit_of_work():
        done = forum.start(
            category=slug,
            draft=draft(hidden, text, unnamed=True),
            rank="member",
            by=hidden.author,
        )
    assert isinstance(done, Err)
    assert done.problem.code == "gives_away"
    line = session.scalars(select(ForumLog)).one()
    assert line.by_name == UNNAMED
    assert line.by is None


def test_a_file_could_give_it_away(
    client: PortalClient, session: PortalSession, hidden: Writer
) -> None:
    posted = started(hidden)
    sign_in(client, hidden.user)
    path = f"/forum/t/{posted.thread}"
    sent = {"body": "See", "unnamed": "y", "file": (io.BytesIO(files.pdf()), "plan.pdf")}
    page = client.submit(path, sent, form=f"{path}/reply")
    assert "A file can say who made it" in page.text
    assert session.scalars(select(ForumAttachment)).all() == []
    assert session.scalars(select(ForumLog.by_name)).all() == [UNNAMED]
    answer = replied(hidden, posted.thread, "Quiet", unnamed=True)
    assert 'type="file"' not in client.get(f"/forum/p/{answer.post}/edit").text


def test_a_moderator_looks_it_up_on_record(
    client: PortalClient, session: PortalSession, hidden: Writer
) -> None:
    posted = started(hidden, "A quiet question", unnamed=True)
    with unit_of_work():
        moderator = make_user(name="Mona Moderator", roles=("lep_officer",))
        adviser = make_user(roles=("provider_manager",))
    path = f"/forum/p/{posted.post}/moderate/unmask"
    sign_in(client, adviser)
    assert client.get(path).status_code == 403
    sign_in(client, hidden.user)
    assert client.get(path).status_code == 403
    sign_in(client, moderator)
    assert "Say why" in client.submit(path, {"reason": ""}).text
    suspend = f"/forum/p/{posted.post}/moderate/suspend"
    refused = client.submit(suspend, {"reason": "Rude", "days": "3"})
    assert "Look up who wrote it first" in refused.text
    page = client.submit(path, {"reason": "The police asked"})
    assert "Quentin Quiet" in page.text
    assert "Quokka Rooms Ltd" in page.text
    log = client.get("/forum/moderation/log?what=unmask")
    assert "The police asked" in log.text
    assert "Mona Moderator" in log.text
    assert not NAMES.search(log.text)
    client.submit(suspend, {"reason": "Rude", "days": "3"})
    assert not NAMES.search(client.get("/forum/moderation/log").text)
    named = started_named(hidden, session)
    with unit_of_work():
        done = forum_moderation.unmask(post=named, reason="Why not", by=make_moderator())
    assert isinstance(done, Err)


def started_named(writer: Writer, session: PortalSession) -> str:
    from tests.factories.network import make_thread

    with unit_of_work():
        thread = make_thread(employer=writer.employer, by=writer.user.id)
        return session.scalars(
            select(ForumPost.reference).where(ForumPost.thread_id == thread.id)
        ).one()
