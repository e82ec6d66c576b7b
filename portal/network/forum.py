"""Ties the forum to the application: worker, merging of employers, and their downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from flask import Flask

from portal.caseload.merging import MergePolicy, register_merge_policy
from portal.employers.panels import HeldFile, HeldRecords, register_held_records
from portal.employers.queries.held import TableShown, read_table
from portal.integrations.jobs import register_daily, register_handler
from portal.kernel.result import Err
from portal.network.queries import forum_held
from portal.network.queries.forum_files import StoredFile
from portal.network.service import forum_files, forum_keeping, forum_mails

_WHO: Final = "Employers in the network, and staff"


def _held(
    order: int, name: str, file: str, about: str, shown: TableShown, *also: str
) -> HeldRecords:
    """``also`` names tables of other people's acts, of which only numbers are shown."""
    table = partial(read_table, shown)
    return HeldRecords(name, file, about, _WHO, (shown.table.name, *also), table, order=order)


def _reader(file: StoredFile) -> Callable[[], bytes | None]:
    def read() -> bytes | None:
        found = forum_files.read(file)
        return None if isinstance(found, Err) else found.value

    return read


def _files(employer_id: int) -> Iterator[HeldFile]:
    for file, size in forum_held.files_of(employer_id):
        yield HeldFile(f"{file.reference} {file.file_name}", size, _reader(file))


HELD: Final = (
    _held(
        84,
        "Threads in the forum",
        "forum-threads",
        "Threads that your people began in the forum under their names",
        forum_held.THREADS,
        "forum_subscriptions",
    ),
    _held(
        85,
        "Posts in the forum",
        "forum-posts",
        "Posts that your people wrote in the forum under their names, and how many found them "
        "helpful or reported them. What somebody posts without a name is in no list about an "
        "employer",
        forum_held.POSTS,
        "forum_helpful",
        "forum_reports",
        "forum_entries",
    ),
    _held(
        86,
        "Earlier texts in the forum",
        "forum-earlier-texts",
        "What those posts said before they were changed",
        forum_held.TEXTS,
    ),
    _held(
        87,
        "Moderation in the forum",
        "forum-moderation",
        "What moderators did with those posts and threads, and why",
        forum_held.LOG,
    ),
    replace(
        _held(
            88,
            "Files in the forum",
            "forum-files",
            "Files that your people added to those posts",
            forum_held.FILES,
        ),
        files=_files,
        folder="forum-files",
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
        # People answer each other across employers: that is what the forum is for.
        crossing=("thread_id", "reply_to_id"),
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
