"""What moderators do; every act stands in the log with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from portal.db import current_session
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import ForumPost, ForumSuspension, ForumThread
from portal.network.queries import forum_changes as found
from portal.network.queries import forum_moderation as looked
from portal.network.queries.forum_standing import suspension_to_lift
from portal.network.rules.forum_words import LONGEST_SUSPENSION, REASON_LENGTH
from portal.network.rules.states import POST_MOVES, THREAD_MOVES, refused
from portal.network.service.forum import NO_CATEGORY, NO_POST, NO_THREAD
from portal.network.service.forum_keeping import keep_thread, note, tell_later

NO_REASON = Problem("no_reason", "Say why: it stands in the log", "reason")
NO_AUTHOR = Problem("no_author", "Nobody can be suspended for this post")
LOOK_UP_FIRST = Problem(
    "look_up_first",
    "This post has no name. Look up who wrote it first: that goes on record",
)
_THREAD_ACTS: Final = {
    "lock": "locked",
    "unlock": "open",
    "hide_thread": "hidden",
    "show_thread": "open",
}


@dataclass(frozen=True, slots=True)
class Unmasked:
    """Who wrote a post without a name, told once to a moderator."""

    name: str
    employer: str
    thread: str


def hide(*, post: str, reason: str, by: Author) -> Ok[str] | Err:
    """Take a post out of sight; the question of a thread takes the thread with it.

    Reports about it are upheld.
    """
    loaded = _loaded(post, reason)
    if isinstance(loaded, Err):
        return loaded
    row, thread = loaded
    problem = refused(POST_MOVES, row.state, "hidden", what="A post")
    if problem is not None:
        return Err(problem)
    row.state = "hidden"
    if _is_first(row, thread) and thread.state != "hidden":
        thread.state = "hidden"
    keep_thread(thread)
    if thread.posts == 0:
        thread.state = "hidden"
    _decide(row, "upheld", by)
    note("hide", by=by, reason=reason, thread=thread, post=row)
    return Ok(thread.reference)


def show(*, post: str, reason: str, by: Author) -> Ok[str] | Err:
    """Let everybody see a post that waited or was hidden; those who follow are told then."""
    loaded = _loaded(post, reason)
    if isinstance(loaded, Err):
        return loaded
    row, thread = loaded
    problem = refused(POST_MOVES, row.state, "shown", what="A post")
    if problem is not None:
        return Err(problem)
    row.state, row.held_reason = "shown", ""
    row.shown_at = row.shown_at or utc_now()
    if thread.state == "hidden" and _is_first(row, thread):
        thread.state = "open"
    keep_thread(thread)
    if row.told_at is None and thread.state != "hidden":
        tell_later(thread)
    note("show", by=by, reason=reason, thread=thread, post=row)
    return Ok(thread.reference)


def dismiss(*, post: str, reason: str, by: Author) -> Ok[str] | Err:
    """Leave a post that was reported as it is."""
    loaded = _loaded(post, reason)
    if isinstance(loaded, Err):
        return loaded
    row, thread = loaded
    if not _decide(row, "dismissed", by):
        return Err(Problem("no_report", "There is no open report about this post"))
    note("dismiss", by=by, reason=reason, thread=thread, post=row)
    return Ok(thread.reference)


def change_thread(*, thread: str, act: str, reason: str, by: Author) -> Ok[str] | Err:
    """Lock, open, hide, show, pin or unpin a thread."""
    if not reason.strip():
        return Err(NO_REASON)
    row = found.thread_to_change(thread)
    if row is None:
        return Err(NO_THREAD)
    if act in {"pin", "unpin"}:
        row.pinned = act == "pin"
    else:
        then = _THREAD_ACTS[act]
        problem = refused(THREAD_MOVES, row.state, then, what="A thread")
        if problem is not None:
            return Err(problem)
        first = found.first_post(row.id)
        if act == "show_thread" and first is not None and first.state not in {"shown", "withdrawn"}:
            return Err(
                Problem("first_hidden", "Show the first post: the thread is shown along with it")
            )
        row.state = then
        keep_thread(row)
    note(act, by=by, reason=reason, thread=row)
    return Ok(row.reference)


def move(*, thread: str, category: str, reason: str, by: Author) -> Ok[str] | Err:
    """Put a thread into another part of the forum."""
    if not reason.strip():
        return Err(NO_REASON)
    row = found.thread_to_change(thread)
    if row is None:
        return Err(NO_THREAD)
    part = found.category_of(category)
    if part is None or part.closed_at is not None:
        return Err(NO_CATEGORY)
    if part.id == row.category_id:
        return Err(Problem("there_already", "The thread stands there already", "category"))
    row.category_id = part.id
    note("move", by=by, reason=f"To {part.title}. {reason}", thread=row)
    return Ok(row.reference)


def suspend(*, post: str, days: int, reason: str, by: Author) -> Ok[str] | Err:
    """Stop the author of a post from writing for a number of days."""
    loaded = _loaded(post, reason)
    if isinstance(loaded, Err):
        return loaded
    row, thread = loaded
    if row.by is None or row.by == by.user_id:
        return Err(NO_AUTHOR)
    if not 1 <= days <= LONGEST_SUSPENSION:
        return Err(Problem("days", f"Enter 1 to {LONGEST_SUSPENSION} days", "days"))
    if row.unnamed and not looked.was_unmasked(row.id, by.user_id):
        return Err(LOOK_UP_FIRST)
    current_session().add(
        ForumSuspension(
            user_id=row.by,
            until=utc_now() + timedelta(days=days),
            reason=reason.strip()[:REASON_LENGTH],
            by=by.user_id,
        )
    )
    said = f"For {days} {'day' if days == 1 else 'days'}. {reason}"
    note("suspend", by=by, reason=said, thread=thread, post=row, about_user_id=row.by)
    return Ok(thread.reference)


def lift(*, suspension_id: int, reason: str, by: Author) -> Ok[int] | Err:
    """Let somebody write again."""
    if not reason.strip():
        return Err(NO_REASON)
    row = suspension_to_lift(suspension_id)
    if row is None or row.lifted_at is not None:
        return Err(Problem("not_suspended", "This suspension is over"))
    row.lifted_at = utc_now()
    note("lift", by=by, reason=reason, about_user_id=row.user_id)
    return Ok(row.id)


def unmask(*, post: str, reason: str, by: Author) -> Ok[Unmasked] | Err:
    """Who wrote a post without a name; each look is on record with its reason."""
    loaded = _loaded(post, reason)
    if isinstance(loaded, Err):
        return loaded
    row, thread = loaded
    if not row.unnamed:
        return Err(Problem("named", "This post stands under its author's name"))
    note("unmask", by=by, reason=reason, thread=thread, post=row)
    return Ok(Unmasked(row.by_name, looked.employer_name(row.employer_id), thread.reference))


def _loaded(post: str, reason: str) -> tuple[ForumPost, ForumThread] | Err:
    if not reason.strip():
        return Err(NO_REASON)
    return found.post_to_change(post) or Err(NO_POST)


def _is_first(row: ForumPost, thread: ForumThread) -> bool:
    first = found.first_post(thread.id)
    return first is not None and first.id == row.id


def _decide(row: ForumPost, state: str, by: Author) -> int:
    reports = found.open_reports(row.id)
    for report in reports:
        report.state, report.decided_at, report.decided_by = state, utc_now(), by.user_id
    return len(reports)
