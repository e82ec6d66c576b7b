"""The forum at the same moment from many sides, and its counts after anything in any order."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import current_session, unit_of_work
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.network.models import (
    ForumEntry,
    ForumHelpful,
    ForumPost,
    ForumSubscription,
    ForumThread,
)
from portal.network.queries import forum as reading
from portal.network.queries import forum_posts
from portal.network.queries.forum_search import search
from portal.network.queries.forum_standing import standing
from portal.network.rules import forum_manners
from portal.network.service import forum, forum_moderation, forum_readers
from portal.toolkit.rules.search import read_question
from tests.factories.forum import Writer, draft, make_moderator, make_writer, replied, started
from tests.factories.network import make_category


def together(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run each at the same moment in a thread of its own; what each returned."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(at: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                with unit_of_work():
                    done = act()
                    results[at] = done
            except Exception as error:  # noqa: BLE001 - each is looked at
                results[at] = error

    running = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert [result for result in results if isinstance(result, Exception)] == []
    return results


@pytest.mark.timeout(180)
def test_a_form_sent_by_many_at_once_is_one_post(committed_app: Flask) -> None:
    with committed_app.app_context():
        with unit_of_work():
            writer, other = make_writer(), make_writer()
            slug = make_category().slug
        posted = started(other, category=slug)
        author, reference = writer.author, writer.reference
    new = draft(writer_like(reference), "Only once", key="one-key")
    results = together(
        committed_app,
        *(
            lambda: forum.reply(thread=posted.thread, draft=new, rank="member", by=author)
            for _ in range(4)
        ),
    )
    assert len({result.value.post for result in results}) == 1
    again = draft(writer_like(reference), "A thread of its own", key="two-key")
    results = together(
        committed_app,
        *(
            lambda: forum.start(category=slug, draft=again, rank="member", by=author)
            for _ in range(4)
        ),
    )
    assert len({result.value.thread for result in results}) == 1
    with committed_app.app_context():
        assert current_session().scalar(select(func.count(ForumPost.id))) == 3


def writer_like(reference: str) -> Any:
    """What a draft needs of a writer, away from any session."""

    class Known:
        pass

    known = Known()
    known.reference = reference  # type: ignore[attr-defined]
    return known


@pytest.mark.timeout(180)
def test_a_burst_at_once_is_held_to_the_limit(committed_app: Flask) -> None:
    with committed_app.app_context():
        with unit_of_work():
            writer, other = make_writer(), make_writer()
        posted = started(other)
        author, reference = writer.author, writer.reference
    drafts = [draft(writer_like(reference), f"Thought {number}") for number in range(9)]
    results = together(
        committed_app,
        *(
            lambda one=one: forum.reply(thread=posted.thread, draft=one, rank="member", by=author)
            for one in drafts
        ),
    )
    taken = [result for result in results if isinstance(result, Ok)]
    assert len(taken) == forum_manners.MOST_IN_TEN_MINUTES
    with committed_app.app_context():
        row = current_session().query(ForumThread).one()
        assert row.posts == 1 + len(taken)


@pytest.mark.timeout(180)
def test_two_mark_different_answers_at_once_and_one_is_told(committed_app: Flask) -> None:
    for _ in range(4):
        with committed_app.app_context():
            with unit_of_work():
                asker, one, other = make_writer(), make_writer(), make_writer()
                moderator = make_moderator()
            posted = started(asker)
            first = replied(one, posted.thread, "This way")
            second = replied(other, posted.thread, "That way")
            author = asker.author
        results = together(
            committed_app,
            partial(forum_readers.solve, post=first.post, seen="", rank="member", by=author),
            partial(forum_readers.solve, post=second.post, seen="", rank="moderator", by=moderator),
        )
        faults = [result.problem.code for result in results if isinstance(result, Err)]
        assert faults == ["solved_meanwhile"]


@pytest.mark.timeout(180)
def test_votes_and_subscriptions_at_once_count_once(committed_app: Flask) -> None:
    with committed_app.app_context():
        with unit_of_work():
            writer = make_writer()
            readers = [make_writer() for _ in range(3)]
        posted = started(writer)
        authors = [one.author for one in readers]
    together(
        committed_app,
        *(
            lambda by=by: forum_readers.helpful(post=posted.post, helps=True, rank="member", by=by)
            for by in authors * 2
        ),
        *(
            lambda by=by: forum_readers.subscribe(
                how="digest", thread=posted.thread, rank="member", by=by
            )
            for by in authors[:1] * 3
        ),
    )
    with committed_app.app_context():
        session = current_session()
        assert session.query(ForumPost).one().helpful == 3
        assert session.scalar(select(func.count(ForumHelpful.id))) == 3
        assert session.scalar(select(func.count(ForumSubscription.id))) == 1


@pytest.mark.timeout(180)
def test_answering_while_it_is_hidden_leaves_right_counts(committed_app: Flask) -> None:
    for number in range(4):
        with committed_app.app_context():
            with unit_of_work():
                asker, other = make_writer(), make_writer()
                moderator = make_moderator()
            posted = started(asker)
            author, reference = other.author, other.reference
        new = draft(writer_like(reference), f"An answer {number}")
        together(
            committed_app,
            partial(forum.reply, thread=posted.thread, draft=new, rank="member", by=author),
            partial(forum_moderation.hide, post=posted.post, reason="Rude", by=moderator),
        )
        with committed_app.app_context():
            agrees_with_its_posts()


def agrees_with_its_posts() -> None:
    """Every number and list that is kept says what the posts say."""
    session = current_session()
    for thread in session.scalars(select(ForumThread)):
        shown = session.scalars(
            select(ForumPost)
            .where(ForumPost.thread_id == thread.id, ForumPost.state == "shown")
            .order_by(ForumPost.id)
        ).all()
        assert thread.posts == len(shown)
        if shown:
            assert thread.last_post_at == max(post.created_at for post in shown)
        assert thread.solved_by_id in {None, *(post.id for post in shown)}
        indexed = set(
            session.scalars(
                select(ForumEntry.id)
                .join(ForumPost, ForumPost.id == ForumEntry.id)
                .where(ForumPost.thread_id == thread.id)
            )
        )
        assert indexed == ({post.id for post in shown} if thread.state != "hidden" else set())
    for post in session.scalars(select(ForumPost)):
        votes = session.scalar(
            select(func.count(ForumHelpful.id)).where(ForumHelpful.post_id == post.id)
        )
        assert post.helpful == votes


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.timeout(180)
def test_counts_and_lists_are_right_after_anything_in_any_order(
    app: Flask, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(forum_manners, "MOST_IN_TEN_MINUTES", 10_000)
    monkeypatch.setattr(forum_manners, "MOST_THREADS_AN_HOUR", 10_000)
    monkeypatch.setattr(forum_manners, "MOST_A_DAY", 10_000)
    rng = random.Random(seed)  # noqa: S311 - the same order every time
    with unit_of_work():
        writers = [make_writer() for _ in range(3)]
        reader = make_writer()
        moderator = make_moderator()
        slugs = [make_category().slug for _ in range(2)]
    threads: list[str] = []
    posts: list[str] = []
    authors: dict[str, Writer] = {}
    for step in range(45):
        writer = rng.choice(writers)
        post = rng.choice(posts) if posts else ""
        text = f"word{step} " + ("We should all charge £4." if rng.random() < 0.2 else "Fine.")
        new = draft(writer, text, title=f"Title {step}", unnamed=rng.random() < 0.2)
        by = authors.get(post, writer).author
        acts = any_act(rng, rng.choice(threads) if threads else "", post, new, writer.author)
        acts["edit"] = partial(forum.edit, post=post, revision=0, body=text, rank="member", by=by)
        acts["withdraw"] = partial(forum.withdraw, post=post, by=by)
        acts["start"] = partial(
            forum.start, category=rng.choice(slugs), draft=new, rank="member", by=writer.author
        )
        for name in ("hide", "show"):
            acts[name] = partial(
                getattr(forum_moderation, name), post=post, reason="R", by=moderator
            )
        for name in ("lock", "unlock", "hide_thread", "show_thread"):
            acts[name] = partial(
                forum_moderation.change_thread,
                thread=rng.choice(threads) if threads else "",
                act=name,
                reason="R",
                by=moderator,
            )
        name = rng.choice([*acts, "reply"]) if threads else "start"
        with unit_of_work():
            done = acts[name]()
            if name in {"start", "reply"} and isinstance(done, Ok):
                threads.append(done.value.thread)
                posts.append(done.value.post)
                authors[done.value.post] = writer
        agrees_with_its_posts()
    nothing_hidden_is_seen(reader.user.id, threads)


def any_act(
    rng: random.Random, thread: str, post: str, new: Any, by: Author
) -> dict[str, Callable[[], Any]]:
    """What readers and writers may do."""
    return {
        "reply": partial(forum.reply, thread=thread, draft=new, rank="member", by=by),
        "vote": partial(
            forum_readers.helpful, post=post, helps=rng.random() < 0.7, rank="member", by=by
        ),
        "solve": partial(
            forum_readers.solve,
            post=post,
            seen="",
            solves=rng.random() < 0.8,
            rank="moderator",
            by=by,
        ),
    }


def nothing_hidden_is_seen(user_id: int, threads: list[str]) -> None:
    """Lists, pages, counts and the search hold what is shown, no more and no less."""
    session = current_session()
    who = standing(user_id, "member")
    assert who is not None
    shown = session.execute(
        select(ForumPost.reference, ForumPost.body, ForumThread.reference)
        .join(ForumThread, ForumThread.id == ForumPost.thread_id)
        .where(ForumPost.state == "shown", ForumThread.state != "hidden")
    ).all()
    by_thread: dict[str, set[str]] = {}
    for post, body, thread in shown:
        by_thread.setdefault(thread, set()).add(post)
        word = body.split()[0]
        hits, _more = search(read_question(f"{word} "))
        assert [hit.thread for hit in hits] == [thread]
    listed, _more = reading.threads(limit=1000)
    assert {one.reference: one.posts for one in listed} == {
        thread: len(found) for thread, found in by_thread.items()
    }
    parts = reading.categories(user_id)
    assert sum(part.posts for part in parts) == len(shown)
    assert sum(part.threads for part in parts) == len(by_thread)
    for thread in set(threads):
        facts = reading.thread(thread, who)
        assert (facts is not None) == (thread in by_thread)
        if facts is not None:
            lines, _more = forum_posts.posts(facts.id, who)
            seen = {line.reference for line in lines if line.state != "withdrawn"}
            assert seen == by_thread[thread]
