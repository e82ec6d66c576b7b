"""Ties the forum to the application: worker, merging of employers, and their downloads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Flask

from portal.caseload.merging import MergePolicy, register_merge_policy
from portal.employers.panels import HeldRecords, register_held_records
from portal.employers.queries.held import read_table
from portal.integrations.jobs import register_daily, register_handler
from portal.network.queries import forum_held
from portal.network.service import forum_files, forum_keeping, forum_mails

_WHO: Final = "Employers in the network, and staff"

HELD: Final = (
    HeldRecords(
        "Threads in the forum",
        "forum-threads",
        "Threads that your people began in the forum under their names",
        _WHO,
        (forum_held.THREADS.table.name,),
        partial(read_table, forum_held.THREADS),
        order=84,
    ),
    HeldRecords(
        "Posts in the forum",
        "forum-posts",
        "Posts that your people wrote in the forum under their names. What somebody posts without "
        "a name is theirs alone and in no list about an employer",
        _WHO,
        (forum_held.POSTS.table.name,),
        partial(read_table, forum_held.POSTS),
        order=85,
    ),
)


def _thread_words(row: Mapping[str, Any]) -> str:
    return f"{row['reference']}: {row['title']}"


def _post_words(row: Mapping[str, Any]) -> str:
    # Whoever merges two employers learns nothing of who wrote what without a name.
    return "A post without a name" if row["unnamed"] else f"{row['reference']}: {row['by_name']}"


MERGING: Final = (
    MergePolicy(
        "forum_threads.employer_id", "Forum threads", _thread_words, ("reference", "title")
    ),
    MergePolicy(
        "forum_posts.employer_id",
        "Forum posts",
        _post_words,
        ("reference", "by_name", "unnamed"),
    ),
)


def _digests() -> None:
    forum_mails.send_digests()


def wire_forum(app: Flask) -> None:
    """Install what the forum needs beside its pages."""
    register_handler(app, forum_keeping.TELL_KIND, forum_mails.tell_of)
    register_handler(app, forum_files.SCAN_KIND, forum_files.scan)
    register_daily(app, "network.forum_digests", _digests)
    register_merge_policy(app, *MERGING)
    register_held_records(app, *HELD)
