"""An employer's timeline: one stream, newest first, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select

from portal.db import current_session
from portal.employers.models import Employer, TimelineEntry
from portal.kernel.clock import LONDON

PAGE: Final = 50
_MOST_WORDS: Final = 6


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """What is asked for: kinds, part of a name, London days from and to, words."""

    kinds: tuple[str, ...] = ()
    person: str = ""
    start: date | None = None
    end: date | None = None
    words: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everything is asked for."""
        return self == TimelineFilter()


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """An employer's name, lines of its timeline, and where the next page begins, if there is one.

    Lines have ``id, at, kind, title, text, by_name, subject``.
    """

    employer_id: int
    employer_name: str
    lines: Sequence[Any]
    next_before: str | None


# Plain columns and a statement built once: the stream is read more often than anything else.
_employer = Employer.__table__.c
_entry = TimelineEntry.__table__.c
_LINE = (
    *(_entry.id, _entry.at, _entry.kind, _entry.title, _entry.text, _entry.by_name, _entry.subject),
)
_HEAD = (_employer.id.label("employer_id"), _employer.name, _employer.trading_name)


def _page(conditions: Sequence[ColumnElement[bool]] = ()) -> Select[Any]:
    """The employer and its newest lines in one statement; the employer alone without any."""
    return (
        select(*_HEAD, *_LINE)
        .select_from(Employer.__table__)
        .outerjoin(TimelineEntry.__table__, and_(_entry.employer_id == _employer.id, *conditions))
        .where(_employer.reference == bindparam("reference"), _employer.merged_into_id.is_(None))
        .order_by(_entry.at.desc(), _entry.id.desc())
        .limit(PAGE + 1)
    )


_NEWEST = _page()


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _conditions(asked: TimelineFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.kinds:
        found.append(_entry.kind.in_(asked.kinds))
    if asked.person:
        found.append(_entry.by_name.icontains(asked.person, autoescape=True))
    if asked.start is not None:
        found.append(_entry.at >= _begin(asked.start))
    # There is no day after the last that can be named.
    if asked.end is not None and asked.end < date.max:
        found.append(_entry.at < _begin(asked.end + timedelta(days=1)))
    found.extend(
        or_(
            _entry.title.icontains(word, autoescape=True),
            _entry.text.icontains(word, autoescape=True),
        )
        for word in asked.words.split()[:_MOST_WORDS]
    )
    return found


def _before(key: str) -> ColumnElement[bool] | None:
    """Lines older than the one a key names; None for a key that names nothing."""
    instant, _, number = key.partition("_")
    if not (instant.isdecimal() and number.isdecimal()) or len(key) > 40:  # noqa: PLR2004
        return None
    try:
        at = datetime.fromtimestamp(int(instant) // 1_000_000, UTC)
        at = at.replace(microsecond=int(instant) % 1_000_000)
    except (OverflowError, ValueError, OSError):
        return None
    return or_(_entry.at < at, and_(_entry.at == at, _entry.id < int(number)))


def _key(line: Any) -> str:
    at = int(line.at.replace(microsecond=0).timestamp()) * 1_000_000 + line.at.microsecond
    return f"{at}_{line.id}"


def timeline_page(
    reference: str, asked: TimelineFilter | None = None, *, before: str = ""
) -> TimelinePage | None:
    """A page of an employer's timeline in one statement; None for an employer not known.

    ``before`` is the ``next_before`` of the page above; anything else begins at the newest.
    """
    conditions = _conditions(asked) if asked is not None else []
    older = _before(before)
    if older is not None:
        conditions.append(older)
    statement = _page(conditions) if conditions else _NEWEST
    rows = current_session().execute(statement, {"reference": reference}).all()
    if not rows:
        return None
    lines = [row for row in rows[:PAGE] if row.id is not None]
    return TimelinePage(
        employer_id=rows[0].employer_id,
        employer_name=rows[0].trading_name or rows[0].name,
        lines=lines,
        next_before=_key(lines[-1]) if len(rows) > PAGE else None,
    )


def timeline_lines(employer_id: int, asked: TimelineFilter) -> Iterator[Any]:
    """Every line that is asked for, newest first, to take away."""
    yield from current_session().execute(
        select(*_LINE, _entry.recorded_at)
        .where(_entry.employer_id == employer_id, *_conditions(asked))
        .order_by(_entry.at.desc(), _entry.id.desc())
    )
