"""Writing in the forum: threads, replies, edits and taking back.

Whatever one person sends comes one after the other (their promise is held), then the thread is
held: limits, counts and a form sent twice come out the same however many servers there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portal.db import audit, current_session
from portal.kernel.clock import utc_now
from portal.kernel.files import Kept
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import (
    ForumPost,
    ForumSubscription,
    ForumText,
    ForumThread,
)
from portal.network.queries import forum_changes as found
from portal.network.queries import forum_files as files
from portal.network.queries.forum_standing import Place, Standing, promise_to_change, standing
from portal.network.queries.members import UNNAMED
from portal.network.rules import forum_manners as manners
from portal.network.rules.forum_words import MOST_FILES, TAKEN_BACK_TITLE, Rank
from portal.network.rules.states import POST_MOVES, refused
from portal.network.service.forum_files import attach
from portal.network.service.forum_keeping import keep_thread, note, refuse, tell_later

NOT_IN = Problem("not_a_member", "The forum is for employers in the network and for staff")
NO_PROMISE = Problem("no_promise", "Accept the code of conduct before you write")
NO_THREAD = Problem("no_thread", "There is no such thread")
NO_POST = Problem("no_post", "There is no such post")
NO_CATEGORY = Problem(
    "no_category", "Choose a part of the forum in which one can write", "category"
)
LOCKED = Problem("locked", "This thread is closed: nothing can be added or changed in it")
STALE = Problem("stale", "You have changed this post meanwhile. Look at it again, then change it")
NO_FILE_UNNAMED: Final = Problem(
    "file_unnamed",
    "A file can say who made it, so a post without a name has none. Leave the file out, or post "
    "under your name",
    "file",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to post.

    ``as_whom`` is the reference of an employer, or "staff"; ``key`` is the form's, for a post sent
    twice; ``follow`` subscribes the writer to the thread.
    """

    body: str
    key: str
    as_whom: str = ""
    unnamed: bool = False
    follow: bool = False
    title: str = ""
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a draft, by reference; ``held`` says why it waits."""

    thread: str
    post: str
    held: str = ""


def start(
    *, category: str, draft: Draft, kept: Kept | None = None, rank: Rank, by: Author
) -> Ok[Posted] | Err:
    """Begin a thread with its first post."""
    who = _writer(rank, by)
    if isinstance(who, Err):
        return who
    if (earlier := _earlier(who, draft)) is not None:
        return Ok(earlier)
    part = found.category_of(category)
    if part is None or part.closed_at is not None:
        return Err(NO_CATEGORY)
    held = _judged(who, draft, kept, by=by, new_thread=True)
    if isinstance(held, Err):
        return held
    place = who.place(draft.as_whom)
    thread = ForumThread(
        category_id=part.id,
        title=draft.title.strip(),
        by=who.user_id,
        by_name=UNNAMED if draft.unnamed else by.shown,
        # Lists of threads are read by everybody: the post itself knows whose it is.
        employer_id=None if draft.unnamed or place is None else place.id,
        state="hidden" if held else "open",
    )
    current_session().add(thread)
    current_session().flush()
    return Ok(_post(thread, who, draft, held, kept, by))


def reply(
    *, thread: str, draft: Draft, kept: Kept | None = None, rank: Rank, by: Author
) -> Ok[Posted] | Err:
    """Add a post to a thread."""
    who = _writer(rank, by)
    if isinstance(who, Err):
        return who
    if (earlier := _earlier(who, draft)) is not None:
        return Ok(earlier)
    row = found.thread_to_change(thread)
    if row is None or row.state == "hidden":
        return Err(NO_THREAD)
    if row.state == "locked":
        return refuse(LOCKED, by=by, thread=row, unnamed=draft.unnamed)
    held = _judged(who, draft, kept, by=by, new_thread=False, thread=row)
    if isinstance(held, Err):
        return held
    return Ok(_post(row, who, draft, held, kept, by))


def edit(
    *,
    post: str,
    revision: int,
    body: str,
    title: str = "",
    kept: Kept | None = None,
    rank: Rank,
    by: Author,
) -> Ok[Posted] | Err:
    """Change a post of one's own; what it said before is kept."""
    who = _writer(rank, by)
    if isinstance(who, Err):
        return who
    loaded = found.post_to_change(post)
    if loaded is None or loaded[0].by != who.user_id:
        return Err(NO_POST)
    row, thread = loaded
    if row.state not in {"shown", "held"} or thread.state == "locked":
        return Err(LOCKED)
    if row.revision != revision:
        return Err(STALE)
    first = found.first_post(thread.id)
    is_first = first is not None and first.id == row.id
    new_title = title.strip() if is_first and title.strip() else thread.title
    problem = manners.refusal(new_title, body) or _names_problem(who, row.unnamed, new_title, body)
    if problem is None and kept is not None:
        problem = _file_problem(row.unnamed, files.how_many(row.id))
    if problem is not None:
        return refuse(problem, by=by, thread=thread, post=row, unnamed=row.unnamed)
    if (body, new_title) != (row.body, thread.title):
        before = row.body if new_title == thread.title else f"{thread.title}\n\n{row.body}"
        current_session().add(ForumText(post_id=row.id, revision=row.revision, body=before))
        row.body, thread.title = body, new_title
        row.edited_at = utc_now()
        row.revision += 1
    if kept is not None:
        attach(row, kept)
    before_this = found.recent(who.user_id).before
    held = "" if row.is_staff else manners.reason_to_hold(new_title, body, before=before_this)
    if held and row.state == "shown":
        _hold(row, thread, held, is_first=is_first, by=by)
    keep_thread(thread)
    audit.record(
        action="network.forum_edited", subject=f"forum_post:{row.reference}", actor_id=by.user_id
    )
    return Ok(Posted(thread.reference, row.reference, row.held_reason))


def withdraw(*, post: str, by: Author) -> Ok[str] | Err:
    """Take back a post of one's own; its text, its files and its place in the search are gone.

    A question with answers keeps its place without its words, so that the answers can be read.
    Returns the thread's reference, empty when nothing is left to see.
    """
    loaded = found.post_to_change(post)
    if loaded is None or loaded[0].by != by.user_id or by.user_id is None:
        return Err(NO_POST)
    row, thread = loaded
    problem = refused(POST_MOVES, row.state, "withdrawn", what="A post")
    if problem is not None:
        return Err(problem)
    first = found.first_post(thread.id)
    row.state, row.held_reason = "withdrawn", ""
    for file in files.live_of(row.id):
        file.withdrawn_at = utc_now()
    if first is not None and first.id == row.id:
        thread.title = TAKEN_BACK_TITLE
    keep_thread(thread)
    if thread.posts == 0:
        thread.state = "hidden"
    note("withdrawn", by=by, thread=thread, post=row, unnamed=row.unnamed)
    return Ok(thread.reference if thread.posts else "")


def _writer(rank: Rank, by: Author) -> Standing | Err:
    """Whoever may write now, with their promise held."""
    who = None if by.user_id is None else standing(by.user_id, rank)
    if who is None or not who.may_read:
        return Err(NOT_IN)
    if promise_to_change(who.user_id) is None:
        return Err(NO_PROMISE)
    if who.suspended_until is not None:
        return refuse(suspended_problem(who), by=by)
    return who


def suspended_problem(who: Standing) -> Problem:
    """Why somebody may not write now."""
    assert who.suspended_until is not None  # noqa: S101 - asked before
    return Problem(
        "suspended",
        f"A moderator has stopped you from writing until {who.suspended_until:%-d %B %Y}. "
        "You were told why",
    )


def _earlier(who: Standing, draft: Draft) -> Posted | None:
    known = found.sent_before(who.user_id, draft.key) if draft.key else None
    return None if known is None else Posted(*known)


def _judged(
    who: Standing,
    draft: Draft,
    kept: Kept | None,
    *,
    by: Author,
    new_thread: bool,
    thread: ForumThread | None = None,
) -> str | Err:
    """Why a draft waits for a moderator, empty when it does not; or its refusal, on record."""
    staff = draft.as_whom == "staff" and who.is_staff
    if not staff and who.place(draft.as_whom) is None:
        return Err(Problem("as_whom", "Choose for whom you write", "as_whom"))
    if staff and draft.unnamed:
        return Err(Problem("staff_named", "Staff write under their names", "unnamed"))
    lately = found.recent(who.user_id)
    problem = (
        manners.refusal(draft.title if new_thread else "", draft.body)
        or manners.pace(draft.body, lately, new_thread=new_thread)
        or _names_problem(who, draft.unnamed, draft.title, draft.body)
        or (None if kept is None else _file_problem(draft.unnamed, 0))
    )
    if problem is None and new_thread and not draft.title.strip():
        problem = Problem("empty", "Enter a title", "title")
    if problem is not None:
        return refuse(problem, by=by, thread=thread, unnamed=draft.unnamed)
    if staff:
        return ""
    return manners.reason_to_hold(draft.title, draft.body, before=lately.before)


def _names_problem(who: Standing, unnamed: bool, title: str, body: str) -> Problem | None:  # noqa: FBT001
    if not unnamed:
        return None
    names = [name for place in who.places for name in place.names] or [who.name]
    found_name = manners.given_away(f"{title}\n{body}", names)
    if found_name is None:
        return None
    return Problem(
        "gives_away",
        f"The text holds “{found_name}”, which tells whose it is. Take it out, or post under your "
        "name",
        "body",
    )


def _file_problem(unnamed: bool, there: int) -> Problem | None:  # noqa: FBT001
    if unnamed:
        return NO_FILE_UNNAMED
    if there >= MOST_FILES:
        return Problem("too_many_files", f"A post has at most {MOST_FILES} files", "file")
    return None


def _post(
    thread: ForumThread, who: Standing, draft: Draft, held: str, kept: Kept | None, by: Author
) -> Posted:
    place: Place | None = who.place(draft.as_whom)
    answered = found.post_in(thread.id, draft.answers) if draft.answers else None
    row = ForumPost(
        thread_id=thread.id,
        reply_to_id=answered,
        by=who.user_id,
        by_name=by.shown,
        employer_id=None if place is None else place.id,
        is_staff=place is None,
        unnamed=draft.unnamed,
        body=draft.body,
        state="held" if held else "shown",
        held_reason=held,
        submit_key=draft.key or None,
        shown_at=None if held else utc_now(),
    )
    current_session().add(row)
    current_session().flush()
    if kept is not None:
        attach(row, kept)
    if draft.follow and found.subscription(who.user_id, thread_id=thread.id) is None:
        current_session().add(
            ForumSubscription(user_id=who.user_id, thread_id=thread.id, how="at_once")
        )
    keep_thread(thread)
    if held:
        note("held", by=by, reason=held, thread=thread, post=row, unnamed=draft.unnamed)
    else:
        tell_later(thread)
    audit.record(
        action="network.forum_posted", subject=f"forum_post:{row.reference}", actor_id=by.user_id
    )
    return Posted(thread.reference, row.reference, held)


def _hold(row: ForumPost, thread: ForumThread, why: str, *, is_first: bool, by: Author) -> None:
    row.state, row.held_reason = "held", why
    if is_first:
        thread.state = "hidden"
    note("held", by=by, reason=why, thread=thread, post=row, unnamed=row.unnamed)
