"""What readers do: find a post helpful, mark the answer, subscribe, report, accept the code."""

from __future__ import annotations

from portal.db import audit, current_session
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import (
    ForumHelpful,
    ForumPromise,
    ForumReport,
    ForumSubscription,
    ForumThread,
)
from portal.network.queries import forum_changes as found
from portal.network.queries.forum_standing import Standing, promise_to_change, standing
from portal.network.rules.forum_words import CODE_VERSION, HOWS, REASON_LENGTH, Rank
from portal.network.rules.words import REPORT_REASONS
from portal.network.service.forum import (
    LOCKED,
    NO_CATEGORY,
    NO_POST,
    NO_THREAD,
    NOT_IN,
    suspended_problem,
)
from portal.network.service.forum_keeping import keep_votes, refuse

OWN_VOTE = Problem("own_vote", "You cannot mark your own post as helpful")
OWN_EMPLOYER = Problem(
    "own_employer_vote", "This post comes from your own employer, so others mark it as helpful"
)
UNNAMED_VOTE = Problem(
    "unnamed_vote",
    "Posts without a name are not marked as helpful: nobody may learn from it whose they are",
)
SOLVED_MEANWHILE = Problem(
    "solved_meanwhile", "Another answer was marked meanwhile. Look at the thread again"
)
NOT_ASKER = Problem("not_asker", "Only the person who asked marks the answer")
TOO_MANY_REPORTS = Problem("reported", "You have reported this post already")


def promise(*, rank: Rank, by: Author) -> Ok[Standing] | Err:
    """Accept the code of conduct as it stands now; doing it twice is the same."""
    who = _reader(rank, by)
    if isinstance(who, Err):
        return who
    if promise_to_change(who.user_id) is None:
        current_session().add(ForumPromise(user_id=who.user_id, version=CODE_VERSION))
        audit.record(
            action="network.forum_promised",
            subject=f"code_of_conduct:{CODE_VERSION}",
            actor_id=by.user_id,
        )
        current_session().flush()
    return Ok(who)


def helpful(*, post: str, helps: bool, rank: Rank, by: Author) -> Ok[str] | Err:  # noqa: PLR0911
    """Find a post helpful, or no longer; twice is once. Never one's own, nor one's employer's."""
    who = _reader(rank, by)
    if isinstance(who, Err):
        return who
    loaded = found.post_to_change(post)
    if loaded is None or loaded[0].state != "shown" or loaded[1].state == "hidden":
        return Err(NO_POST)
    row, thread = loaded
    if row.by == who.user_id:
        return refuse(OWN_VOTE, by=by, thread=thread, post=row, unnamed=row.unnamed)
    if row.unnamed:
        return Err(UNNAMED_VOTE)
    if row.employer_id is not None and row.employer_id in who.employer_ids:
        return refuse(OWN_EMPLOYER, by=by, thread=thread, post=row)
    if who.suspended_until is not None:
        return Err(suspended_problem(who))
    known = found.vote(row.id, who.user_id)
    if helps and known is None:
        current_session().add(ForumHelpful(post_id=row.id, user_id=who.user_id))
    elif not helps and known is not None:
        current_session().delete(known)
    keep_votes(row)
    audit.record(
        action="network.forum_helpful" if helps else "network.forum_helpful_taken_back",
        subject=f"forum_post:{row.reference}",
        actor_id=by.user_id,
    )
    return Ok(thread.reference)


def solve(*, post: str, seen: str, solves: bool = True, rank: Rank, by: Author) -> Ok[str] | Err:
    """Mark the answer to a question, or take the mark away.

    ``seen`` is the answer that stood on the page, empty for none: of two who mark at once, the
    second is told. Marking the same one twice is the same.
    """
    who = _reader(rank, by)
    if isinstance(who, Err):
        return who
    loaded = found.post_to_change(post)
    if loaded is None or loaded[0].state != "shown" or loaded[1].state == "hidden":
        return Err(NO_POST)
    row, thread = loaded
    problem = _solving_problem(row.id, thread, who)
    if problem is not None:
        return refuse(problem, by=by, thread=thread, post=row)
    then = row.id if solves else None
    if thread.solved_by_id != then:
        now = None if not seen else found.post_in(thread.id, seen)
        if thread.solved_by_id != now:
            return Err(SOLVED_MEANWHILE)
        thread.solved_by_id = then
        audit.record(
            action="network.forum_solved" if solves else "network.forum_unsolved",
            subject=f"forum_post:{row.reference}",
            actor_id=by.user_id,
        )
        current_session().flush()
    return Ok(thread.reference)


def _solving_problem(post_id: int, thread: ForumThread, who: Standing) -> Problem | None:
    if thread.by != who.user_id and not who.is_moderator:
        return NOT_ASKER
    if thread.state == "locked" and not who.is_moderator:
        return LOCKED
    first = found.first_post(thread.id)
    if first is not None and first.id == post_id:
        return Problem("question", "A question is not its own answer")
    return None


def subscribe(
    *, how: str, thread: str = "", category: str = "", rank: Rank, by: Author
) -> Ok[str] | Err:
    """Hear of a thread, or of a part of the forum: ``how`` is empty for no more."""
    who = _reader(rank, by)
    if isinstance(who, Err):
        return who
    if how and how not in HOWS:
        return Err(Problem("how", "Choose how you want to hear of it", "how"))
    about: dict[str, int] = {}
    if thread:
        row = found.thread_to_change(thread)
        if row is None or row.state == "hidden":
            return Err(NO_THREAD)
        about["thread_id"] = row.id
    else:
        part = found.category_of(category)
        if part is None:
            return Err(NO_CATEGORY)
        about["category_id"] = part.id
    known = found.subscription_to_change(who.user_id, **about)
    if known is None and how:
        current_session().add(ForumSubscription(user_id=who.user_id, how=how, **about))
    elif known is not None and how:
        known.how = how
    elif known is not None:
        current_session().delete(known)
    audit.record(
        action="network.forum_subscribed" if how else "network.forum_unsubscribed",
        subject=f"forum_thread:{thread}" if thread else f"forum_category:{category}",
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(how)


def report(*, post: str, reason: str, words: str, rank: Rank, by: Author) -> Ok[str] | Err:
    """Ask a moderator to look at a post; once for each person and post."""
    who = _reader(rank, by)
    if isinstance(who, Err):
        return who
    if reason not in REPORT_REASONS:
        return Err(Problem("reason", "Choose what is wrong with the post", "reason"))
    loaded = found.post_to_change(post)
    if loaded is None or loaded[0].state != "shown" or loaded[1].state == "hidden":
        return Err(NO_POST)
    row, thread = loaded
    if row.by == who.user_id:
        return Err(Problem("own", "This is your own post: you can change it or take it back"))
    if found.report_of(row.id, who.user_id) is not None:
        return Err(TOO_MANY_REPORTS)
    current_session().add(
        ForumReport(
            post_id=row.id, by=who.user_id, reason=reason, words=words.strip()[:REASON_LENGTH]
        )
    )
    audit.record(
        action="network.forum_reported",
        subject=f"forum_post:{row.reference}",
        detail={"reason": reason},
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(thread.reference)


def _reader(rank: Rank, by: Author) -> Standing | Err:
    who = None if by.user_id is None else standing(by.user_id, rank)
    return Err(NOT_IN) if who is None or not who.may_read else who
