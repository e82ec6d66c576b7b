"""What follows every change in the forum: counts, the search, the log, who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete

from portal.db import audit, current_session, outbox
from portal.integrations.markdown import plain_text
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Problem
from portal.network.models import ForumEntry, ForumLog, ForumPost, ForumThread
from portal.network.queries import forum_changes as found
from portal.network.queries.members import UNNAMED
from portal.network.rules import forum_search
from portal.network.rules.forum_words import REASON_LENGTH
from portal.network.service import ties

TELL_KIND: Final = "network.forum_tell"
# Several posts of a few minutes are one mail.
_GATHERED: Final = timedelta(minutes=5)


def keep_thread(thread: ForumThread) -> None:
    """Counts, the time of the last post, the answer and the search, after any change of a thread.

    All of it is worked out from the posts under the thread's lock, never added to.
    """
    session = current_session()
    session.flush()
    shown = found.shown_posts(thread.id)
    thread.posts = len(shown)
    if shown:
        thread.last_post_at = max(post.created_at for post in shown)
    if thread.solved_by_id is not None and all(post.id != thread.solved_by_id for post in shown):
        thread.solved_by_id = None
    session.flush()
    _index(thread, shown)
    # Who answered whom ties employers, and does no more once it is hidden or taken back.
    ties.renew_soon()


def keep_votes(post: ForumPost) -> None:
    """How many found a post helpful, counted anew under its lock."""
    current_session().flush()
    post.helpful = found.votes(post.id)
    current_session().flush()


def _index(thread: ForumThread, shown: list[ForumPost]) -> None:
    """The search holds what is shown, and nothing else."""
    session = current_session()
    wanted = {} if thread.state == "hidden" else {post.id: post for post in shown}
    known = found.indexed_of(thread.id)
    gone = known.keys() - wanted.keys()
    if gone:
        session.execute(delete(ForumEntry).where(ForumEntry.id.in_(gone)))
    for key, post in wanted.items():
        text = forum_search.entry(thread.title, plain_text(post.body))
        entry = known.get(key)
        if entry is None:
            session.add(ForumEntry(id=key, search_text=text))
        elif entry.search_text != text:
            entry.search_text = text
    session.flush()


def tell_later(thread: ForumThread) -> None:
    """Have those who follow a thread told of what is shown in it now and was not before."""
    outbox.add(
        kind=TELL_KIND,
        payload={"thread": thread.id},
        due_at=utc_now() + _GATHERED,
    )


def note(
    what: str,
    *,
    by: Author,
    reason: str = "",
    thread: ForumThread | None = None,
    post: ForumPost | None = None,
    about_user_id: int | None = None,
    unnamed: bool = False,
) -> None:
    """Append a line to the log and to the audit trail.

    With ``unnamed`` the log does not say who: whoever wants to know has to look it up on record.
    """
    session = current_session()
    session.flush()
    line = ForumLog(
        what=what,
        thread_id=None if thread is None else thread.id,
        post_id=None if post is None else post.id,
        about_user_id=about_user_id,
        reason=reason[: 2 * REASON_LENGTH],
        by=None if unnamed else by.user_id,
        by_name=UNNAMED if unnamed else by.shown,
    )
    session.add(line)
    session.flush()
    subject = f"forum_post:{post.reference}" if post is not None else "forum"
    if post is None and thread is not None:
        subject = f"forum_thread:{thread.reference}"
    audit.record(
        action="network.refused_in_forum" if what == "refused" else f"network.forum_{what}",
        subject=subject,
        # The reason stays in the log, whose time ends; the trail's does not.
        detail={"log": line.id} if reason else {},
        actor_id=by.user_id,
    )
    session.flush()


def refuse(
    problem: Problem,
    *,
    by: Author,
    thread: ForumThread | None = None,
    post: ForumPost | None = None,
    unnamed: bool = False,
) -> Err:
    """Refuse something with its reason, and keep that it was tried."""
    reason = f"{problem.code}: {problem.message}"
    note("refused", by=by, reason=reason, thread=thread, post=post, unnamed=unnamed)
    return Err(problem)
