"""The forum in a browser: asking, answering, marking, searching, files, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.employers.panels import held_records
from portal.integrations.jobs import sweep
from portal.integrations.scanning import SCANNER_EXTENSION, Verdict
from portal.kernel.result import Err
from portal.network.models import (
    ForumAttachment,
    ForumHelpful,
    ForumLog,
    ForumPost,
    ForumSubscription,
    ForumText,
)
from portal.network.service import forum, forum_files, forum_readers
from tests.factories import files
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
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
from tests.factories.network import make_category, make_competitors, make_member
from tests.support.client import PortalClient


def writer_signed_in(client: PortalClient, **changes: Any) -> Writer:
    with unit_of_work():
        writer = make_writer(**changes)
    sign_in(client, writer.user)
    return writer


def refusals(session: PortalSession) -> list[str]:
    return [
        line.partition(":")[0]
        for line in session.scalars(
            select(ForumLog.reason).where(ForumLog.what == "refused").order_by(ForumLog.id)
        )
    ]


def test_members_and_staff_read_and_nobody_else(
    client: PortalClient, session: PortalSession
) -> None:
    assert "/account/login" in client.get("/forum").location
    with unit_of_work():
        stranger = make_user()
        owner = make_user()
        make_employer(owner_id=owner.id)
        adviser = make_user(roles=("adviser",))
        evaluator = make_user(roles=("evaluator",))
    sign_in(client, stranger)
    assert client.get("/forum").status_code == 403
    sign_in(client, owner)
    closed = client.get("/forum")
    assert closed.status_code == 403
    assert "for members of the network" in closed.text
    sign_in(client, evaluator)
    assert client.get("/forum").status_code == 403
    sign_in(client, adviser)
    assert client.get("/forum").status_code == 200
    assert client.get("/forum/moderation").status_code == 403


def test_who_has_left_the_network_reads_no_more(
    client: PortalClient, session: PortalSession
) -> None:
    from portal.kernel.clock import utc_now

    with unit_of_work():
        owner = make_user()
        make_member(make_employer(owner_id=owner.id), left_at=utc_now())
    sign_in(client, owner)
    assert client.get("/forum").status_code == 403


def test_a_question_is_asked_and_answered(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        part = make_category(slug="job-shares", title="Job shares")
    asker = writer_signed_in(client, name="Olive Asker", business="Asking Cafe Ltd", promised=False)
    page = client.get("/forum/new?part=job-shares", follow_redirects=True)
    assert "Code of conduct" in page.text
    assert "Competition and Markets Authority" in page.text
    missing = client.submit("/forum/code-of-conduct", {})
    assert "Tick the box" in missing.text
    client.submit("/forum/code-of-conduct", {"accept": "y"})
    values = {
        "category": part.slug,
        "title": "How do two people share one lead post?",
        "body": "We have **never** done it.\n\n- Who closes?\n- Who opens?",
    }
    box = client.get("/forum/new")
    assert "Do not agree prices, wages or rotas" in box.text
    done = client.submit("/forum/new", values)
    assert "Your post is in the forum" in done.text
    assert "Olive Asker, Asking Cafe Ltd" in done.text
    assert "<strong>never</strong>" in done.text
    thread = session.scalars(select(ForumPost)).one().thread_id
    reference = done.request.path.rpartition("/")[2]
    with unit_of_work():
        other = make_writer("Otto Answers", "Answering Inn Ltd")
    sign_in(client, other.user)
    answered = client.submit(
        f"/forum/t/{reference}", {"body": "One week about."}, form=f"/forum/t/{reference}/reply"
    )
    assert "One week about." in answered.text
    post = session.scalars(select(ForumPost).where(ForumPost.body == "One week about.")).one()
    assert post.thread_id == thread
    sign_in(client, asker.user)
    client.submit(f"/forum/t/{reference}", form=f"/forum/p/{post.reference}/helpful")
    solved = client.submit(f"/forum/t/{reference}", form=f"/forum/p/{post.reference}/solve")
    assert "The answer" in solved.text
    assert "1 found this helpful" in solved.text
    assert "Answered" in client.get("/forum/job-shares").text
    assert "How do two people" not in client.get("/forum/job-shares?unsolved=1").text
    assert "2 posts" in client.get("/forum").text


def test_nobody_votes_for_themselves_or_their_own_employer(
    app: Flask, session: PortalSession
) -> None:
    with unit_of_work():
        writer, reader = make_writer(), make_writer()
        colleague = make_writer(employer=writer.employer)
    posted = started(writer)
    for person, code in ((writer, "own_vote"), (colleague, "own_employer_vote"), (reader, "")):
        for _twice in range(2):
            with unit_of_work():
                done = forum_readers.helpful(
                    post=posted.post, helps=True, rank="member", by=person.author
                )
            assert (done.problem.code if isinstance(done, Err) else "") == code
    assert post_row(posted.post).helpful == 1
    assert session.scalar(select(func.count(ForumHelpful.id))) == 1
    assert refusals(session) == ["own_vote"] * 2 + ["own_employer_vote"] * 2
    with unit_of_work():
        forum_readers.helpful(post=posted.post, helps=False, rank="member", by=reader.author)
    assert post_row(posted.post).helpful == 0


def test_only_the_asker_marks_the_answer(app: Flask, session: PortalSession) -> None:
    with unit_of_work():
        asker, other = make_writer(), make_writer()
        moderator = make_moderator()
    posted = started(asker)
    answer = replied(other, posted.thread, "Like this.")

    def solve(post: str, by: Any, *, seen: str = "", rank: Any = "member") -> str:
        with unit_of_work():
            done = forum_readers.solve(post=post, seen=seen, rank=rank, by=by)
        return done.problem.code if isinstance(done, Err) else ""

    assert solve(answer.post, other.author) == "not_asker"
    assert solve(posted.post, asker.author) == "question"
    assert solve(answer.post, asker.author) == ""
    assert solve(answer.post, asker.author) == ""
    second = replied(other, posted.thread, "Or like that.")
    assert solve(second.post, asker.author) == "solved_meanwhile"
    assert solve(second.post, asker.author, seen=answer.post) == ""
    assert solve(answer.post, moderator, seen=second.post, rank="moderator") == ""
    assert thread_row(posted.thread).solved_by_id == post_row(answer.post).id
    with unit_of_work():
        forum.withdraw(post=answer.post, by=other.author)
    assert thread_row(posted.thread).solved_by_id is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<script>alert(1)</script>", "script"),
        ("Look \u202etxt.exe", "control_characters"),
        (" ".join(f"https://spam.example/{n}" for n in range(9)), "links"),
        (" ".join(f"@Person{n}" for n in range(9)), "mentions"),
    ],
)
def test_bad_posts_are_refused_with_the_reason_and_logged(
    client: PortalClient, session: PortalSession, body: str, code: str
) -> None:
    with unit_of_work():
        asker = make_writer()
    posted = started(asker)
    writer_signed_in(client)
    path = f"/forum/t/{posted.thread}"
    page = client.submit(path, {"body": body}, form=f"{path}/reply")
    assert "There is a problem" in page.text
    assert "<script>alert" not in page.text
    assert refusals(session) == [code]
    assert session.scalar(select(func.count(ForumPost.id))) == 1


def test_bursts_and_repeats_are_refused(app: Flask, session: PortalSession) -> None:
    with unit_of_work():
        asker, other = make_writer(), make_writer()
    posted = started(asker)
    replied(other, posted.thread, "The same thing")
    codes = []
    for number in range(6):
        with unit_of_work():
            body = "the SAME thing." if number == 0 else f"Thought {number}"
            done = forum.reply(
                thread=posted.thread, draft=draft(other, body), rank="member", by=other.author
            )
        codes.append(done.problem.code if isinstance(done, Err) else "")
    assert codes == ["duplicate", "", "", "", "", "burst"]
    assert refusals(session) == ["duplicate", "burst"]


def test_words_about_prices_wait_and_show_nowhere(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        part = make_category()
        reader = make_writer()
        slug = part.slug
    writer_signed_in(client)
    page = client.submit(
        "/forum/new",
        {"category": slug, "title": "Zebra question", "body": "We should all charge £4."},
    )
    assert "waits for a moderator" in page.text
    assert "Others do not see this" in page.text
    thread = page.request.path
    sign_in(client, reader.user)
    for path in ("/forum", f"/forum/{slug}", "/forum/search?q=zebra"):
        assert "Zebra question" not in client.get(path).text
    assert client.get(thread).status_code == 404
    assert "0 threads, 0 posts" in client.get("/forum").text
    log = session.scalars(select(ForumLog)).one()
    assert (log.what, "prices" in log.reason) == ("held", True)


def test_a_form_sent_twice_is_one_post(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        slug = make_category().slug
    writer_signed_in(client)
    values = {"category": slug, "title": "Once", "body": "Only once.", "key": "same-key"}
    first = client.submit("/forum/new", values, follow=False)
    again = client.submit("/forum/new", values, follow=False)
    assert first.location == again.location
    assert session.scalar(select(func.count(ForumPost.id))) == 1
    assert refusals(session) == []


def test_edits_keep_what_was_said_before(client: PortalClient, session: PortalSession) -> None:
    writer = writer_signed_in(client)
    posted = started(writer, "First words")
    edit = f"/forum/p/{posted.post}/edit"
    page = client.submit(edit, {"title": "Better title", "body": "Second words"})
    assert "changed on" in page.text
    assert "Better title" in page.text
    stale = client.submit(edit, {"body": "Third", "revision": "0"})
    assert "Look at it again" in stale.text
    texts = client.get(f"/forum/p/{posted.post}/texts").text
    assert "First words" in texts
    assert "How do two people share one post?" in texts
    assert session.scalar(select(func.count(ForumText.id))) == 1
    assert "Second words" in client.get("/forum/search?q=second+better").text
    assert "Nothing fits" in client.get("/forum/search?q=first").text
    held = client.submit(edit, {"title": "Better title", "body": "We should all pay the same."})
    assert "waits for a moderator" in held.text
    assert thread_row(posted.thread).posts == 0
    with unit_of_work():
        other = make_writer()
    sign_in(client, other.user)
    assert client.get(edit).status_code == 404
    assert client.get(f"/forum/p/{posted.post}/texts").status_code == 404


def test_authors_take_their_posts_back(client: PortalClient, session: PortalSession) -> None:
    writer = writer_signed_in(client)
    with unit_of_work():
        other = make_writer()
    posted = started(writer, "Pangolin question", title="Pangolins")
    answer = replied(other, posted.thread, "Pangolin answer")
    client.submit(f"/forum/p/{posted.post}/withdraw")
    page = client.get(f"/forum/t/{posted.thread}")
    assert "Its author has taken this back" in page.text
    assert "Pangolins" not in page.text
    assert "Pangolin answer" in page.text
    assert thread_row(posted.thread).posts == 1
    sign_in(client, other.user)
    assert client.get(f"/forum/p/{posted.post}/withdraw").status_code == 404
    gone = client.submit(f"/forum/p/{answer.post}/withdraw")
    assert "Your post is taken back" in gone.text
    assert client.get(f"/forum/t/{posted.thread}").status_code == 404
    assert "Nothing fits" in client.get("/forum/search?q=pangolin").text


def test_search_finds_other_forms_of_a_word_and_beginnings(
    client: PortalClient, session: PortalSession
) -> None:
    writer = writer_signed_in(client)
    with unit_of_work():
        part = make_category(title="Part One")
        slug = part.slug
    first = started(writer, "We ask the supervisors first.", title="Swapping", category=slug)
    started(writer, "Nothing about it. Supervisor once.", title="Rotas of cafés")
    for question, titles in (
        ("supervisor", {"Swapping", "Rotas of cafés"}),
        ("swaps supervisors", {"Swapping"}),
        ("cafe", {"Rotas of cafés"}),
        ("superv", {"Swapping", "Rotas of cafés"}),
        ("\"supervisor' OR 1=1 --*(", set()),
        ("unicorn", set()),
        ("the and of", set()),
    ):
        page = client.get("/forum/search", query_string={"q": question}).text
        assert {one for one in ("Swapping", "Rotas of cafés") if f">{one}</a>" in page} == titles
    only = client.get(f"/forum/search?q=supervisor&part={slug}").text
    assert "Rotas of caf" not in only
    assert f"/forum/p/{first.post}" in only
    assert client.get("/forum/search?q=%00&page=9999999999999").status_code == 200


def test_pages_ask_few_questions_however_long_they_are(
    client: PortalClient, session: PortalSession
) -> None:
    writer = writer_signed_in(client)
    with unit_of_work():
        part = make_category()
        slug = part.slug
        others = [make_writer() for _ in range(3)]
        make_competitors(writer.employer, others[0].employer)
    posted = started(writer, category=slug)
    paths = ["/forum", f"/forum/{slug}", f"/forum/t/{posted.thread}", "/forum/search?q=thought"]
    replied(others[0], posted.thread, "A thought")
    counts = {}
    for path in paths:
        client.get(path)
        counts[path] = len(client.statements)
        assert counts[path] <= 6, client.statements
    with unit_of_work():
        thread_id = thread_row(posted.thread).id
        for number in range(60):
            one = others[number % 3]
            session.add(
                ForumPost(
                    thread_id=thread_id,
                    by=one.user.id,
                    by_name=one.user.name,
                    employer_id=one.employer.id,
                    body=f"Another thought {number}",
                )
            )
    with unit_of_work():
        fresh = make_writer()
    replied(fresh, posted.thread, "The last thought")
    for path in paths:
        page = client.get(path)
        assert page.status_code == 200
        assert len(client.statements) <= counts[path]
    first = client.get(paths[2]).text
    assert first.count("<article") == 50
    assert "The last thought" not in first
    assert "The last thought" in client.get(f"{paths[2]}?page=2").text
    last = session.scalars(select(ForumPost).where(ForumPost.body == "The last thought")).one()
    assert "page=2" in client.get(f"/forum/p/{last.reference}").location


class Endless(io.RawIOBase):
    """Bytes without an end."""

    def readinto(self, buffer: Any) -> int:
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def test_pictures_and_documents_are_judged_by_their_bytes(
    client: PortalClient, session: PortalSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_signed_in(client)
    posted = started(writer)
    path = f"/forum/t/{posted.thread}"

    def send(data: bytes, name: str, body: str) -> Any:
        sent = {"body": body, "file": (io.BytesIO(data), name)}
        return client.submit(path, sent, form=f"{path}/reply")

    for data, name, words in (
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "Add a file as PDF"),
        (b"<!doctype html><script>1</script>", "a.pdf", "Add a file as PDF"),
        (b"MZ\x90\x00" + bytes(200), "a.jpg", "Add a file as PDF"),
        (b"", "a.png", "The file is empty"),
    ):
        assert words in send(data, name, f"See {name} {words}{len(data)}").text
    assert forum_files.largest() == 10 * 1024 * 1024
    monkeypatch.setattr(forum_files, "largest", lambda: 2048)
    large = send(files.png()[:-12] + bytes(4096) + files.png()[-12:], "a.png", "Big")
    assert "2 KB or smaller" in large.text
    cut_off = client.post(
        f"{path}/reply",
        environ_overrides={"CONTENT_LENGTH": str(50 * 1024 * 1024), "wsgi.input": Endless()},
        content_type="multipart/form-data; boundary=x",
    )
    assert cut_off.status_code == 413
    assert len(refusals(session)) == 5
    page = send(files.png(), "../plan <b>.png", "With a picture")
    row = session.scalars(select(ForumAttachment)).one()
    assert "plan  b" not in page.text
    assert row.file_name.endswith(".png")
    assert "/" not in row.file_name
    record = next(one for one in held_records() if one.file_name == "forum-files")
    assert record.files is not None
    assert [one.read() for one in record.files(writer.employer.id)] == [files.png()]
    assert len(record.table(writer.employer.id)[1]) == 1
    answer = client.get(f"/forum/files/{row.reference}")
    assert answer.data == files.png()
    assert answer.mimetype == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with unit_of_work():
        stranger = make_user()
        member = make_writer()
    sign_in(client, member.user)
    assert client.get(f"/forum/files/{row.reference}").status_code == 200
    assert client.get(f"/forum/files/{row.reference}/withdraw").status_code == 404
    sign_in(client, stranger)
    assert client.get(f"/forum/files/{row.reference}").status_code == 403
    sign_in(client, writer.user)
    client.submit(f"/forum/files/{row.reference}/withdraw")
    assert client.get(f"/forum/files/{row.reference}").status_code == 404


class FindsAll:
    scans = True

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def scan(self, data: bytes) -> Verdict:
        return Verdict(self.outcome, "Example")


@pytest.mark.parametrize(("outcome", "status"), [("clean", 200), ("infected", 409)])
def test_a_file_is_scanned_before_it_is_handed_out(
    app: Flask,
    client: PortalClient,
    session: PortalSession,
    monkeypatch: pytest.MonkeyPatch,
    outcome: str,
    status: int,
) -> None:
    monkeypatch.setitem(app.extensions, SCANNER_EXTENSION, FindsAll(outcome))
    writer = writer_signed_in(client)
    posted = started(writer)
    path = f"/forum/t/{posted.thread}"
    sent = {"body": "See this", "file": (io.BytesIO(files.pdf()), "plan.pdf")}
    assert "being checked" in client.submit(path, sent, form=f"{path}/reply").text
    row = session.scalars(select(ForumAttachment.reference)).one()
    assert client.get(f"/forum/files/{row}").status_code == 409
    sweep()
    assert client.get(f"/forum/files/{row}").status_code == status


def test_a_competitor_in_the_thread_is_pointed_out(
    client: PortalClient, session: PortalSession
) -> None:
    writer = writer_signed_in(client)
    with unit_of_work():
        rival = make_writer("Rita Rival", "Rival Rooms Ltd")
        secret = make_writer("Sid Secret", "Secret Rooms Ltd", shows_name=False)
        make_competitors(rival.employer, writer.employer)
        make_competitors(writer.employer, secret.employer)
    posted = started(writer)
    path = f"/forum/t/{posted.thread}"
    assert "A competitor of yours" not in client.get(path).text
    replied(rival, posted.thread, "Without a name", unnamed=True)
    replied(secret, posted.thread, "Its business shows no name")
    page = client.get(path).text
    assert "A competitor of yours" not in page
    assert "Write as if a competitor was reading" in page
    assert "Secret Rooms" not in page
    replied(rival, posted.thread, "With a name")
    assert "A competitor of yours writes in this thread: Rival Rooms Ltd" in client.get(path).text


def test_how_to_hear_of_a_thread_or_a_part(client: PortalClient, session: PortalSession) -> None:
    writer = writer_signed_in(client)
    with unit_of_work():
        slug = make_category().slug
    posted = started(writer, category=slug, follow=True)
    path = f"/forum/t/{posted.thread}"
    assert session.scalars(select(ForumSubscription.how)).all() == ["at_once"]
    client.submit(path, {"how": "digest"}, form="follow-thread")
    client.submit(f"/forum/{slug}", {"how": "at_once"}, form=f"/forum/{slug}/subscribe")
    assert sorted(session.scalars(select(ForumSubscription.how))) == ["at_once", "digest"]
    client.submit(path, {"how": ""}, form="follow-thread")
    assert session.scalars(select(ForumSubscription.how)).all() == ["at_once"]


def test_what_is_not_there_is_404(client: PortalClient, session: PortalSession) -> None:
    writer_signed_in(client)
    for path in ("/forum/nothing", "/forum/t/0000000000", "/forum/p/0000000000", "/forum/files/0"):
        assert client.get(path).status_code == 404


def test_staff_write_as_staff(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        slug = make_category().slug
        writer = make_writer()
        adviser = make_user(name="Ada Adviser", roles=("adviser",))
    sign_in(client, adviser)
    client.submit("/forum/code-of-conduct", {"accept": "y"})
    page = client.submit(
        "/forum/new", {"category": slug, "title": "News", "body": "What do you pay? Never ask so."}
    )
    assert "Ada Adviser, staff" in page.text
    with unit_of_work():
        done = forum.start(
            category=slug,
            draft=draft(writer, "x", as_whom="staff"),
            rank="member",
            by=writer.author,
        )
    assert isinstance(done, Err)
