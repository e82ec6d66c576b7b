"""What must happen after a commit and must not be lost: mail, files, renderings.

A row is written inside the unit of work. After the commit the job queue is told; should that
message be lost (a killed worker, a full disk), a sweep every minute finds the row again. Work is
done at least once, so handlers are idempotent.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol

from flask import current_app, has_app_context
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    String,
    UniqueConstraint,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base
from portal.db.promise_keys import refuse_addresses
from portal.db.session import after_commit, current_session
from portal.db.types import JsonDocument, UtcDateTime
from portal.kernel.clock import utc_now

_log = logging.getLogger(__name__)
QUEUE_EXTENSION = "portal_job_queue"
# A minute, two, four… at most an hour: three days until it is given up, longer than a mail server
# or a storage is down over a weekend.
MAX_ATTEMPTS = 78
# Work whose worker never came back so often in a row is what ends workers: a crash of a library,
# more memory than there is. It is parked until somebody says `flask jobs retry`.
MAX_UNENDED = 5
_RETRY_SECONDS = 30
_LONGEST_PAUSE = 3600
# A queue that did not answer is left alone by this process for so long; the sweep does its work.
_QUEUE_REST_FOR = timedelta(seconds=15)
_QUEUE_REST = "portal_job_queue_rests_until"


class JobQueue(Protocol):
    """Whatever wakes a worker for an entry; losing the call is harmless."""

    def enqueue(self, entry_id: int) -> None:
        """Ask a worker to run this entry soon."""


class OutboxEntry(Base):
    """One piece of work promised by a committed transaction.

    ``unended`` counts the last tries in a row that nobody ended, neither well nor by failing.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("unique_key"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        Index("ix_outbox_waiting", "done_at", "due_at"),
    )

    kind: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    unique_key: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    attempts: Mapped[int] = mapped_column(default=0)
    unended: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(String(500))


def add(
    *,
    kind: str,
    payload: Mapping[str, Any],
    unique_key: str | None = None,
    due_at: datetime | None = None,
) -> OutboxEntry:
    """Promise a piece of work inside the current unit of work.

    With a ``unique_key`` the same promise is made only once; the earlier entry is returned. It
    outlives the rest of the promise, so an address in it is refused (``ValueError``).
    """
    session = current_session()
    if unique_key is not None:
        refuse_addresses([unique_key])
        earlier = session.scalar(select(OutboxEntry).where(OutboxEntry.unique_key == unique_key))
        if earlier is not None:
            return earlier
    entry = OutboxEntry(
        kind=kind, payload=dict(payload), unique_key=unique_key, due_at=due_at or utc_now()
    )
    session.add(entry)
    session.flush()
    entry_id = entry.id
    after_commit(lambda: _announce(entry_id))
    return entry


def add_all(*, kind: str, work: Mapping[str, Mapping[str, Any]]) -> None:
    """Promise many pieces of work of a kind, each payload under its unique key.

    As many statements as for one; what was promised before is not promised again.
    """
    refuse_addresses(work)
    session = current_session()
    known = set(
        session.scalars(select(OutboxEntry.unique_key).where(OutboxEntry.unique_key.in_(work)))
    )
    fresh = [
        {"kind": kind, "payload": dict(payload), "unique_key": key}
        for key, payload in work.items()
        if key not in known
    ]
    if not fresh:
        return
    # Straight to the table: as objects, SQLite would take them one by one.
    table: Any = OutboxEntry.__table__
    session.execute(insert(table), fresh)
    keys = [row["unique_key"] for row in fresh]
    ids = session.scalars(
        select(OutboxEntry.id).where(OutboxEntry.unique_key.in_(keys)).order_by(OutboxEntry.id)
    ).all()

    def announce() -> None:
        for entry_id in ids:
            _announce(entry_id)

    after_commit(announce)


def _announce(entry_id: int) -> None:
    queue: JobQueue | None = (
        current_app.extensions.get(QUEUE_EXTENSION) if has_app_context() else None
    )
    if queue is None:
        return
    rests_until = current_app.extensions.get(_QUEUE_REST)
    if rests_until is not None and utc_now() < rests_until:
        return
    try:
        queue.enqueue(entry_id)
    except Exception:  # noqa: BLE001 - the row is safe and the sweep finds it: the user's action must not fail
        # Somebody waits for a page: each piece of work must not wait for the queue anew.
        current_app.extensions[_QUEUE_REST] = utc_now() + _QUEUE_REST_FOR
        _log.exception("The job queue did not answer; the sweep will run outbox entry %s", entry_id)


def _to_be_tried() -> ColumnElement[bool]:
    return and_(OutboxEntry.attempts < MAX_ATTEMPTS, OutboxEntry.unended < MAX_UNENDED)


def _given_up() -> ColumnElement[bool]:
    # The last try of what kills its worker may be under way.
    parked = and_(OutboxEntry.unended >= MAX_UNENDED, OutboxEntry.due_at <= utc_now())
    return and_(OutboxEntry.done_at.is_(None), or_(OutboxEntry.attempts >= MAX_ATTEMPTS, parked))


def waiting(*, limit: int = 100) -> list[int]:
    """Identifiers of entries due and not done, oldest first, given up ones left out.

    What may have ended a worker comes last, so that nothing waits behind it.
    """
    return list(
        current_session().scalars(
            select(OutboxEntry.id)
            .where(OutboxEntry.done_at.is_(None), OutboxEntry.due_at <= utc_now(), _to_be_tried())
            .order_by(OutboxEntry.unended, OutboxEntry.due_at, OutboxEntry.id)
            .limit(limit)
        )
    )


class Backlog(NamedTuple):
    """How far behind the worker is: entries due, the oldest one's age in seconds, given up ones."""

    due: int
    oldest_seconds: float
    given_up: int


def backlog() -> Backlog:
    """The work that is due and not done, and what was tried too often to be tried again."""
    now = utc_now()
    open_ = OutboxEntry.done_at.is_(None)
    due, oldest = (
        current_session()
        .execute(
            select(func.count(), func.min(OutboxEntry.due_at)).where(
                open_, OutboxEntry.due_at <= now, _to_be_tried()
            )
        )
        .one()
    )
    given_up = current_session().scalar(select(func.count()).where(_given_up()))
    age = 0.0 if oldest is None else (now - oldest).total_seconds()
    return Backlog(due, age, given_up or 0)


def claim(entry_id: int, *, lease: timedelta = timedelta(minutes=5)) -> OutboxEntry | None:
    """Take an entry to work on, for the length of the lease; None when another has it.

    Taking it moves its due time beyond the lease, so a killed worker's entry comes back by itself.
    """
    session = current_session()
    now = utc_now()
    taken = session.execute(
        update(OutboxEntry)
        .where(
            OutboxEntry.id == entry_id,
            OutboxEntry.done_at.is_(None),
            OutboxEntry.due_at <= now,
            _to_be_tried(),
        )
        .values(
            due_at=now + lease,
            attempts=OutboxEntry.attempts + 1,
            unended=OutboxEntry.unended + 1,
        )
        .returning(OutboxEntry.id)
    ).scalar_one_or_none()
    if taken is None:
        return None
    entry = session.get_one(OutboxEntry, taken, populate_existing=True)
    if entry.unended > 1:
        # Nobody may be there to say so afterwards.
        entry.last_error = (
            f"Begun {entry.unended} times in a row and never ended: its worker was killed or "
            f"crashed. After {MAX_UNENDED} such tries it is parked until flask jobs retry"
        )
    return entry


def finish(entry_id: int) -> None:
    """Mark an entry as done."""
    entry = current_session().get_one(OutboxEntry, entry_id)
    entry.done_at = utc_now()
    entry.unended = 0
    entry.last_error = None


def fail(entry_id: int, *, error: str) -> None:
    """Note a failure and try again later, with growing pauses."""
    entry = current_session().get_one(OutboxEntry, entry_id)
    entry.last_error = error[:500]
    entry.unended = 0
    entry.due_at = utc_now() + pause_after(entry.attempts)


def pause_after(attempts: int) -> timedelta:
    """How long work rests that was tried so often."""
    return timedelta(seconds=min(_RETRY_SECONDS * 2 ** min(attempts, 10), _LONGEST_PAUSE))


def given_up(*, limit: int = 100) -> list[OutboxEntry]:
    """What is not tried any more, the oldest first."""
    return list(
        current_session().scalars(
            select(OutboxEntry).where(_given_up()).order_by(OutboxEntry.id).limit(limit)
        )
    )


def retry(ids: Collection[int] | None = None) -> list[int]:
    """Have what was given up tried anew, all of it or these; the identifiers of what will be.

    Inside a unit of work. What was not given up is left alone.
    """
    wanted = _given_up() if ids is None else and_(_given_up(), OutboxEntry.id.in_(ids))
    taken = list(
        current_session().scalars(
            update(OutboxEntry)
            .where(wanted)
            .values(attempts=0, unended=0, due_at=utc_now())
            .returning(OutboxEntry.id)
        )
    )
    for entry_id in sorted(taken):
        after_commit(partial(_announce, entry_id))
    return sorted(taken)
