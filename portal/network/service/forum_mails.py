"""Mail of the forum: at once to those who follow or are mentioned, and a digest each week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from portal.db import unit_of_work
from portal.integrations.mail import public_link
from portal.integrations.markdown import plain_text
from portal.kernel.clock import today, utc_now
from portal.network.queries import forum_mails as found
from portal.network.queries.forum_mails import Digest, Fresh, Reader
from portal.network.rules.forum_mentions import mentioned
from portal.network.service.mails import tell

_LONDON: Final = ZoneInfo("Europe/London")
_EXCERPT: Final = 400
_MOST_THREADS: Final = 30


def tell_of(payload: Mapping[str, Any]) -> None:
    """Tell everybody who wants to know of what is new in a thread, one mail to each.

    What was told is marked in the same unit of work, so that nobody hears of a post twice; a post
    that is hidden by now is not told of.
    """
    with unit_of_work():
        thread = found.thread_by_key(int(payload["thread"]))
        if thread is None:
            return
        fresh = found.fresh_of(thread.id)
        rows = found.posts_to_tell([post.id for post in fresh])
        known = {row.id for row in rows}
        fresh = [post for post in fresh if post.id in known]
        if not fresh:
            return
        for row in rows:
            row.told_at = utc_now()
        people = found.people_in(thread.id, thread.category_id)
        named = {post.id: mentioned(post.body, people) for post in fresh}
        everybody = {one.user_id: one for one in found.at_once(thread.id, thread.category_id)}
        called = frozenset().union(*named.values()) - everybody.keys()
        extra = {one.user_id: one for one in found.readers(called)} if called else {}
        for reader in (*everybody.values(), *extra.values()):
            mine = [
                post
                for post in fresh
                if post.by != reader.user_id
                and (reader.user_id in everybody or reader.user_id in named[post.id])
            ]
            if mine:
                calls = any(reader.user_id in named[post.id] for post in mine)
                _send(reader, thread.title, thread.reference, mine, calls=calls)


def _send(reader: Reader, title: str, thread: str, posts: list[Fresh], *, calls: bool) -> None:
    """One mail about the posts of one thread."""
    words = "You were mentioned: " if calls else "New in the forum: "
    tell(
        kind="forum",
        to=reader.email,
        subject=f"{words}{title}",
        template="network_forum_posts",
        context={
            "name": reader.name,
            "title": title,
            "calls": calls,
            "posts": [
                {
                    "who": post.who,
                    "text": _excerpt(post.body),
                    "href": public_link("network.post", reference=post.reference),
                }
                for post in posts
            ],
            "href": public_link("network.thread", reference=thread),
        },
        unique_key=f"forum:{reader.user_id}:{posts[0].reference}:{posts[-1].reference}",
    )


def send_digests(day: date | None = None) -> int:
    """Send last week's digests, Monday to Sunday in London, unless they were sent; how many.

    Run daily: a week whose Monday was missed is sent a day late, and never twice.
    """
    chosen = day or today()
    monday = chosen - timedelta(days=chosen.weekday())
    start, end = _moment(monday - timedelta(days=7)), _moment(monday)
    sent = 0
    digests = found.digests(start=start, end=end)
    known = found.promised({_digest_key(key, monday) for key in digests})
    for key, digest in digests.items():
        if _digest_key(key, monday) not in known:
            with unit_of_work():
                sent += _send_digest(digest, monday)
    return sent


def _digest_key(user_id: int, monday: date) -> str:
    return f"forum_digest:{user_id}:{monday.isoformat()}"


def _send_digest(digest: Digest, monday: date) -> bool:
    shown = digest.threads[:_MOST_THREADS]
    number = sum(thread.fresh for thread in digest.threads)
    return tell(
        kind="digest",
        to=digest.reader.email,
        subject=f"The forum last week: {number} new {'post' if number == 1 else 'posts'}",
        template="network_forum_digest",
        context={
            "name": digest.reader.name,
            "threads": [
                {
                    "title": thread.title,
                    "category": thread.category,
                    "fresh": thread.fresh,
                    "href": public_link("network.thread", reference=thread.reference),
                }
                for thread in shown
            ],
            "more": len(digest.threads) - len(shown),
            "href": public_link("network.forum"),
        },
        unique_key=_digest_key(digest.reader.user_id, monday),
    )


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_LONDON).astimezone(UTC)


def _excerpt(body: str) -> str:
    plain = plain_text(body)
    return plain if len(plain) <= _EXCERPT else f"{plain[:_EXCERPT].rpartition(' ')[0]} \u2026"
