"""Finding posts of the forum by their words, on SQLite's FTS5 and PostgreSQL's tsvector alike.

Misspellings are not looked up: the words of what was hidden would have to be forgotten with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, case, func, select, text, true

from portal.db import current_session
from portal.integrations.search import AllOf, AnyOf, Expression, Word, fts5, tsquery
from portal.network.models import ForumCategory, ForumPost, ForumThread
from portal.network.queries.forum import LISTED
from portal.network.rules.forum_search import BODY, TITLE
from portal.network.rules.forum_words import A_PAGE
from portal.toolkit.rules.search import How, Sought


@dataclass(frozen=True, slots=True)
class Hit:
    """A thread that was found, with the first of its posts that fit."""

    thread: str
    title: str
    solved: bool
    posts: int
    last_post_at: datetime
    category: str
    category_slug: str
    fitting: int
    post: str
    body: str


def search(
    sought: Sequence[Sought], *, category: str = "", page: int = 1
) -> tuple[list[Hit], bool]:
    """Threads with posts that hold every word, in the title first, then the latest; and if more."""
    if not sought:
        return [], False
    in_title = func.max(case((_matches(sought, (TITLE,), "in_title"), 1), else_=0))
    found = (
        select(
            ForumPost.thread_id.label("thread_id"),
            func.min(ForumPost.id).label("post_id"),
            func.count(ForumPost.id).label("fitting"),
            in_title.label("in_title"),
        )
        .where(ForumPost.state == "shown", _matches(sought, (TITLE, BODY), "anywhere"))
        .group_by(ForumPost.thread_id)
        .subquery()
    )
    rows: Any = (
        current_session()
        .execute(
            select(
                ForumThread.reference,
                ForumThread.title,
                ForumThread.solved_by_id,
                ForumThread.posts,
                ForumThread.last_post_at,
                ForumCategory.title,
                ForumCategory.slug,
                found.c.fitting,
                ForumPost.reference,
                ForumPost.body,
            )
            .join(found, found.c.thread_id == ForumThread.id)
            .join(ForumPost, ForumPost.id == found.c.post_id)
            .join(ForumCategory, ForumCategory.id == ForumThread.category_id)
            .where(LISTED, ForumCategory.slug == category if category else true())
            .order_by(
                found.c.in_title.desc(), ForumThread.last_post_at.desc(), ForumThread.id.desc()
            )
            .limit(A_PAGE + 1)
            .offset((page - 1) * A_PAGE)
        )
        .all()
    )
    return [_hit(row) for row in rows[:A_PAGE]], len(rows) > A_PAGE


def _hit(row: Any) -> Hit:
    values: list[Any] = list(row)
    values[2] = row[2] is not None
    return Hit(*values)


def _matches(sought: Sequence[Sought], places: Sequence[str], name: str) -> TextClause:
    """That a post's words match; the names of tables are ours, the words are bound."""
    sqlite = current_session().get_bind().dialect.name == "sqlite"
    question = AllOf(tuple(_one(each, places) for each in sought))
    keys = (
        f"SELECT rowid FROM forum_search WHERE forum_search MATCH :{name}"  # noqa: S608
        if sqlite
        else f"SELECT entry_id FROM forum_search WHERE words @@ CAST(:{name} AS tsquery)"  # noqa: S608
    )
    return text(f"forum_posts.id IN ({keys})").bindparams(
        **{name: (fts5 if sqlite else tsquery)(question)}
    )


def _one(sought: Sought, places: Sequence[str]) -> Expression:
    """One word of the question, in any of the places and any of the ways."""
    ways: list[Expression] = [
        AllOf(tuple(Word(letter + stem) for stem in phrase))
        for letter in places
        for how in (How.TYPED, How.OTHER)
        for phrase in sought.phrases(how)
    ]
    if sought.beginning:
        ways += [
            AllOf(
                (
                    *(Word(letter + stem) for stem in sought.phrase[:-1]),
                    Word(letter + sought.beginning, prefix=True),
                )
            )
            for letter in places
        ]
    return AnyOf(tuple(ways))
