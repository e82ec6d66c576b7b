"""The chained record of decisions, searched and read a page at a time, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select

from portal.db import current_session
from portal.kernel.clock import LONDON
from portal.payments.models import ChainHead, Decision

PAGE: Final = 50
_table = Decision.__table__


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What is asked for: part of a subject or a name, an action, London days from and to."""

    subject: str = ""
    person: str = ""
    action: str = ""
    start: date | None = None
    end: date | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != LogFilter()


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries as they are kept, hashes and all, and the position below which the next page is."""

    rows: Sequence[Mapping[str, Any]]
    next_before: int | None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def log_page(asked: LogFilter, *, before: int | None = None) -> LogPage:
    """A page of the record, in one statement."""
    query = select(_table).order_by(_table.c.sequence.desc()).limit(PAGE + 1)
    if asked.subject:
        query = query.where(_table.c.subject.icontains(asked.subject, autoescape=True))
    if asked.person:
        query = query.where(_table.c.by_name.icontains(asked.person, autoescape=True))
    if asked.action:
        query = query.where(_table.c.action == asked.action)
    if asked.start is not None:
        query = query.where(_table.c.at >= _begin(asked.start))
    # There is no day after the last that can be named.
    if asked.end is not None and asked.end < date.max:
        query = query.where(_table.c.at < _begin(asked.end + timedelta(days=1)))
    if before is not None:
        query = query.where(_table.c.sequence < before)
    rows = [dict(row) for row in current_session().execute(query).mappings()]
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return LogPage(rows, rows[-1]["sequence"] if more else None)


def heads() -> dict[str, tuple[int, str]]:
    """Where each chain ends: how many entries it has, and the hash of the last."""
    rows = current_session().execute(select(ChainHead.chain, ChainHead.sequence, ChainHead.hash))
    return {row[0]: (row[1], row[2]) for row in rows}
